// Package spf evaluates SPF (RFC 7208), with RFC 8616 for internationalized mail:
// it reports whether a host is authorized to send mail for a domain.
//
//	config, err := dns.ReadResolvConf("/etc/resolv.conf")
//	if err != nil {
//		return err
//	}
//	checker := &spf.Checker{Resolver: dns.NewCache(dns.NewClient(config)), Limits: spf.DefaultLimits()}
//	verdict := checker.CheckHost(ctx, spf.Args{
//		IP:     netip.MustParseAddr("192.0.2.1"),
//		Domain: "example.org",
//		Sender: "user@example.org",
//		HELO:   "mail.example.org",
//	})
//
// # Files
//
//	check.go        check_host(): the domain (4.3), its terms (4.6, 4.7), redirect (6.1)
//	txt.go          the record of a domain (4.4, 4.5)
//	parse.go        from the text of a record to its tree (12), parsemacro.go for
//	                domain-specs, parseall.go for all errors
//	record.go       the tree
//	mechanism.go    the mechanisms (5)
//	macro.go        macro expansion (7); name.go turns the result into a DNS name,
//	                question.go into a question
//	explanation.go  exp= (6.2), for fail only
//	limits.go       the processing limits (4.6.4)
//	result.go       the verdict; errors.go, the reasons for permerror
//	prefetch.go     starts the lookups that a record will need; predict.go finds them
//	trace.go        events that explain a verdict
//
// # How many queries
//
// A check evaluates at most 10 terms that cause lookups (Limits.Lookups), each with one
// lookup, and those of the addresses of ten hosts for an mx or a ptr. The client's PTR
// names are looked up once. So a check queries 1 record, 10 terms, 10 hosts for each mx
// among them, 11 names for ptr and %{p}, and 1 explanation: 123 different questions at
// most. Void lookups end it far earlier. Limits.DualStack adds the IPv4 addresses of
// ten hosts: 133.
//
// With Checker.Prefetcher, at most 27 prefetches are made for a request, some of
// which the evaluation then does not need, and at most seven lookups are repeated
// because prefetches may be why they failed. A check then queries at most 160
// questions, and HELO and MAIL FROM of one message at most 320, whatever is in the
// cache. A retry, a change to TCP, an alias that a name server does not follow, or a
// second ptr after a void lookup repeats a question.
//
// # Departures from RFC 7208
//
// If the lookup of the checked domain's own record is void, it counts as a void
// lookup, as in other implementations. This matters only for a limit of 0. An
// include of the record's own name is permerror at once rather than after ten
// terms. A record that is not US-ASCII is permerror. A checked domain that is not
// valid UTF-8 is permerror, where the RFC says none for a malformed domain.
package spf
