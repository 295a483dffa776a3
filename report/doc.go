// Package report says what mail logs tell of SPF: what the checks found, what each
// setting would refuse, what DMARC says of that mail, who forwards mail or has
// forgotten a server in a record, and whether rejecting is safe.
//
// A Collector reads logs in one pass and returns a Report, a plain value that the
// renderings need nothing beside. Memory is bounded however long the log is and
// however many names it has; Report.Limits says what was lost to that.
//
// A message takes this way: maillog.Reader assembles it, a joiner adds what Postfix
// and a DMARC filter log of it, and then it is counted: in a table of results, in a
// table of clients if a setting could refuse it, and by each what-if.
package report
