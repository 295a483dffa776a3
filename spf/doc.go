// Package spf evaluates SPF (RFC 7208) with RFC 8616 for internationalised
// mail: is a host allowed to send mail for a domain?
//
//	conf, err := spf.ReadResolvConf("/etc/resolv.conf")
//	checker := &spf.Checker{Resolver: spf.NewCache(spf.NewClient(conf)), Limits: spf.DefaultLimits()}
//	verdict := checker.Check(ctx, spf.Query{
//		IP:     netip.MustParseAddr("192.0.2.1"),
//		Domain: "example.org",
//		Sender: "user@example.org",
//		HELO:   "mail.example.org",
//	})
//
// # The way of a check
//
//	check.go        check_host(): the domain (4.3), its terms (4.6, 4.7), redirect (6.1)
//	selection.go    the domain's record (4.4, 4.5)
//	parse.go        the record as text to the record as a tree (12); parsemacro.go for what has macros
//	record.go       the tree
//	mechanism.go    does a mechanism match? (5)
//	macro.go        macros expanded (7); name.go and idna.go make names of them
//	explanation.go  exp= (6.2), for a fail only
//	limits.go       what may be used, counted where it is used (4.6.4)
//	result.go       the verdict; errors.go, why it is permerror
//	ahead.go        which questions a record is going to ask; scout.go asks them early
//	trace.go        the steps as events, for whoever asks why
//	resolver.go     what a resolver is
//	client.go       asks name servers, those of resolvconf.go: lookup.go goes from server to server
//	                and alias to alias, exchange.go puts a query and reads the answer, loop.go
//	                carries on all of them at once with poll_linux.go or poll_bsd.go
//	cache.go        keeps answers; flight.go, one lookup for all who want the same
//	zone.go         answers from a file
//	codec.go        the wire format, with wire.go; presentation.go, how names and strings are written
//
// # How many queries
//
// A check evaluates at most Limits.Terms terms (10), each of one lookup, and
// for an mx or a ptr the addresses of ten hosts; the client's PTR names are
// looked up once. So it asks 1 record, 10 terms, 10 hosts for each mx among
// them, 11 questions for PTR names and 1 explanation at most, 123 in all; void
// lookups end it far earlier. Ahead of the evaluation another 10 terms and
// their hosts may be asked for that it then does not come to, so that the bound
// with lookups ahead is twice that. An alias that a name server does not follow
// itself, a retry or a change to TCP repeats a question.
//
// # Where it departs from the letter
//
// The lookup of the checked domain's own record counts as a void lookup if it
// is one, as in other implementations: it shows with a limit of 0 only. An
// include of the record's own name is permerror when it is met, not ten terms
// later. A record is US-ASCII; one that is not is permerror.
package spf
