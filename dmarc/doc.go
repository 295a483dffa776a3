// Package dmarc finds the DMARC policy of a domain (RFC 9989). It does not evaluate
// DMARC, which takes the message's From header field and its DKIM signatures.
//
//	record.go    a DMARC policy record
//	treewalk.go  the DNS tree walk to the organizational domain
package dmarc
