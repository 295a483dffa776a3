// Package lint audits the SPF records of a domain, and of all the names that they
// include or redirect to, without a client: what is wrong, what a check costs,
// who passes, and how the record can be shortened without a change to any result.
//
//	lint.go         the records, looked up and parsed: Domain returns a Report
//	count.go        terms that cause lookups, void lookups, and networks that pass
//	checks.go       findings on records and terms; finding.go, their kinds
//	networks.go     findings on networks; reserved.go, ranges that are not public
//	explanation.go  the text that exp= names
//	nearmiss.go     TXT records that were meant as SPF records
//	slips.go        syntax errors and what was meant; torn.go, spaces within terms
//	hint.go         what one invalid term was meant to be: hintname.go, hintchars.go,
//	                hintnetwork.go; separate.go, terms without spaces between them
//	effect.go       the result for each address; ipset.go, sets of addresses
//	cost.go         what each term costs, and what flattening would save
//	rewrite.go      a shorter record: trace.go, what results depend on; equality.go, a
//	                comparison by evaluation
//	host.go         the result for one address; compare.go, what a new record changes
//
// The number of lookups, records, networks and findings is limited, whatever the
// records hold.
package lint
