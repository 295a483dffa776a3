// Package dns looks up names. It has what an SPF evaluator needs from DNS, and nothing
// about SPF.
//
//	conf, err := dns.ReadResolvConf("/etc/resolv.conf")
//	cache := dns.NewCache(dns.NewClient(conf))
//	answer, err := cache.Lookup(dns.Question{Name: "example.org", Type: dns.TypeTXT}, deadline)
//
// A [Resolver] returns an [Answer] to a [Question], or an [Error]. [Client] queries
// recursive name servers (RFC 1035; RFC 6891; RFC 7766), [Cache] caches the answers of
// another resolver (RFC 2308), and [Zone] answers from a zone file.
//
// Client and Cache belong to one goroutine. They start no goroutines and set no timers:
// whoever waits for an answer advances all lookups in progress, in one poll(2). Time is
// a deadline that is passed down; the zero time is no deadline.
//
// # Prefetching
//
// A [Prefetcher], which Cache is, starts lookups before they are needed. They share
// the name server with lookups that are needed, and must not slow them down or make
// them fail:
//
//   - A prefetch is one query to one server, with one time-out of 2 s. It is repeated
//     only where a truncated answer has to be fetched over TCP, a server refuses
//     EDNS(0), or an alias has to be followed.
//   - A prefetch that fails is never the outcome of a Lookup, which sends its own query.
//     A Lookup that fails while prefetches are in flight is repeated without them, at
//     most seven times per request.
//   - A process has at most 12 prefetches in flight, and starts at most 27 per request. A
//     prefetch that was cancelled unanswered counts as in flight for 10 s, as the name
//     server may go on with it.
//   - A prefetch that fails stops all prefetching for 30 s. So a weak name server gets
//     the queries of a sequential client.
//
// # Platforms
//
// Linux and FreeBSD are built from the same files. FreeBSD is not tested.
package dns
