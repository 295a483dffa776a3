package spf

import (
	"strings"

	"policyd-spf/internal/idn"
	"policyd-spf/spf/dns"
)

// maxExpansion is how many bytes at the end of a macro's expansion can matter.
// 253 of them are kept, and truncation cuts at the first dot before those, at
// most a label further left (RFC 7208, 7.3; RFC 1035, 2.3.4).
const maxExpansion = 2 * (dns.MaxNameLen + dns.MaxLabelLen)

// nameError is the reason why a text cannot be looked up.
type nameError uint8

const (
	nameOK          nameError = iota
	nameMalformed             // an empty label, a label over 63 bytes, a name over 253
	nameUnencodable           // no A-label form, or a local part beyond ASCII
)

// toName returns text in the form of Question.Name: A-labels (RFC 8616, 4),
// lower case, no final dot.
func toName(text string) (string, nameError) {
	text, ok := idn.ToASCII(text)
	if !ok {
		return "", nameUnencodable
	}
	text = strings.TrimSuffix(text, ".")
	if !dns.IsName(text) {
		return "", nameMalformed
	}
	return dns.ToLower(text), nameOK
}

// macroDomain returns a domain of the query as a macro's value: in A-labels
// (RFC 8616, 4), without its final dot. A domain without A-label form stays as it
// is, and cannot be looked up.
func macroDomain(text string) string {
	if ascii, ok := idn.ToASCII(text); ok {
		text = ascii
	}
	return strings.TrimSuffix(text, ".")
}

// truncateName removes labels from the left until the name fits, not counting
// its final dot (RFC 7208, 7.3).
func truncateName(name string) string {
	for len(strings.TrimSuffix(name, ".")) > dns.MaxNameLen {
		_, rest, ok := strings.Cut(name, ".")
		if !ok {
			break
		}
		name = rest
	}
	return name
}
