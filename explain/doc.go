// Package explain tells people why a request was answered as it was, what is in
// all of a domain's SPF records, and what is wrong with a configuration. It
// observes the code that serves Postfix; it decides nothing itself.
//
// Each answer is a document first, which JSON shows as it is, and which is then
// printed as text:
//
//	explain.go      a policy.Server that is observed
//	collect.go      the steps of an answer become a Document; decide.go, who decided
//	document.go     the Document of a request
//	text.go         it as text; tree.go, its checks; lookup.go, its lookups
//	survey.go       the document of a survey; surveytext.go, it as text
//	checkconfig.go  the document of a configuration's problems
//	postfix.go      those of Postfix's side; postconf.go, how that is read
//	showconfig.go   the options in force
//	printer.go      lines of 80 columns, colours, and what is safe to print
//
// docs/json.md documents the names in the documents.
package explain
