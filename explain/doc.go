// Package explain explains to people the reply to a message, a domain's SPF records,
// and the options in force. It observes the code that serves Postfix and decides
// nothing.
//
// Each result is plain data first, which JSON shows as it is, and text is a
// rendering of it:
//
//	explain.go        decides each message in a text, and emits a Report on it
//	source.go         Source, where a message was found; sourcetext.go, as text
//	logsearch.go      finds a message in a mail log
//	collect.go        what happens during an evaluation, as a tree
//	outcome.go        the outcome of a request, added to its Report
//	errorlocation.go  the place in a record that an error comes from
//	report.go         Report, the data
//	advice.go         what people can do about a result
//	glossary.go       what the terms in a report mean
//	brief.go          Outcome, and a Report as one line
//	text.go           a Report as text; tree.go, its checks; lookup.go, its lookups
//	html.go           a Report as HTML; audithtml.go, reports on a domain
//	slips.go          NearMiss and Slip: what records were probably meant to be
//	audit.go          Audit, of a domain's records; audittext.go and findingtext.go,
//	                  as text
//	repair.go         Repair, a shorter record; changes.go, lines of JSON and what
//	                  has changed since earlier ones
//	address.go        Address, whether a host passes; compare.go, Comparison with a
//	                  new record
//	showconfig.go     ShownConfig, of the options in force
//	printer.go        what text output needs besides internal/term
//
// docs/json.md documents the names in JSON.
package explain
