// Package report analyzes mail logs: the results of SPF checks, what each setting would
// refuse, the DMARC results of that mail, who forwards mail, which servers are missing
// in records, and whether rejecting is safe.
//
// A Collector reads logs in one pass and returns a Report, a plain value from which the
// renderings are made. Memory is bounded, however long the log is and however many
// names it has; Report.Limits says what was lost to the bounds.
//
// The path of a message: maillog.Reader assembles it, a joiner adds what Postfix and a
// DMARC filter log about it, and then it is counted: in a table of results, in a table
// of clients if a setting could refuse it, and by each what-if.
package report
