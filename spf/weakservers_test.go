package spf

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"policyd-spf/spf/dns"
	"policyd-spf/spf/dns/dnstest"
)

// longTimeout must not be reached by any test.
const longTimeout = 20 * time.Second

// zoneHandler answers from a map of zone file records, by name and type as in
// "x.test. TXT"; other names do not exist.
func zoneHandler(zone map[string][]string) func(query []byte) []byte {
	return func(query []byte) []byte {
		records, ok := zone[question(query)]
		if !ok {
			return dnstest.WithSOA(3)(query)
		}
		return dnstest.Records(records...)(query)
	}
}

// question returns the question of a query as "x.test. TXT".
func question(query []byte) string {
	q := dnstest.Reply(query, 0).Question[0]
	return q.Name + " " + dns.Type(q.Qtype).String()
}

// includes returns a zone with a record of n includes, of which none matches.
func includes(n int) map[string][]string {
	zone := map[string][]string{}
	var terms strings.Builder
	for i := range n {
		name := fmt.Sprintf("i%d.test.", i)
		fmt.Fprintf(&terms, " include:%s", name)
		zone[name+" TXT"] = []string{name + ` 60 TXT "v=spf1 ip4:203.0.113.1 -all"`}
	}
	zone["x.test. TXT"] = []string{`x.test. 60 TXT "v=spf1` + terms.String() + ` -all"`}
	return zone
}

// clientChecker returns a Checker that queries a name server, with and without
// prefetching.
func clientChecker(s *dnstest.Server, timeout time.Duration, prefetch bool) *Checker {
	cache := dns.NewCache(dns.NewClient(dns.ResolvConf{Servers: []netip.AddrPort{s.Addr}, Timeout: timeout, Attempts: 2}))
	c := &Checker{Resolver: cache, Limits: DefaultLimits()}
	if prefetch {
		c.Prefetcher = cache
	}
	return c
}

// The check ends even if a server answers none of a record's includes before it has
// been queried for all of them.
func TestPrefetchOverSockets(t *testing.T) {
	type received struct {
		query []byte
		from  netip.AddrPort
	}
	var held []received
	zone := zoneHandler(includes(3))
	s := dnstest.Start(t, "127.0.0.1", func(s *dnstest.Server, query []byte, from netip.AddrPort) {
		if question(query) == "x.test. TXT" {
			s.Send(from, zone(query))
			return
		}
		if held = append(held, received{slices.Clone(query), from}); len(held) == 3 {
			for _, r := range slices.Backward(held) {
				s.Send(r.from, zone(r.query))
			}
		}
	}, nil)
	v := clientChecker(s, longTimeout, true).CheckHost(t.Context(), query("192.0.2.1", "u@x.test"))
	if v.Result != Fail || v.Lookups != 3 || len(s.Queries()) != 4 {
		t.Errorf("got %s after %d terms and %d queries (%v)", v.Result, v.Lookups, len(s.Queries()), v.Err)
	}
}

// A check that does not need what was prefetched leaves no descriptor, and counts what
// has no answer yet as in flight.
func TestPrefetchCanceled(t *testing.T) {
	var a []byte
	var fromA netip.AddrPort
	silent := false
	s := dnstest.Start(t, "127.0.0.1", func(s *dnstest.Server, query []byte, from netip.AddrPort) {
		switch question(query) {
		case "x.test. TXT":
			s.Send(from, dnstest.Records(`x.test. 60 TXT "v=spf1 include:a.test include:silent.test -all"`)(query))
		case "a.test. TXT":
			a, fromA = slices.Clone(query), from
		case "silent.test. TXT":
			silent = true
		}
		if silent && a != nil { // not before the other one was prefetched
			s.Send(fromA, dnstest.Records(`a.test. 60 TXT "v=spf1 +all"`)(a))
		}
	}, nil)
	c := clientChecker(s, longTimeout, true)
	files := openFiles(t)
	if v := c.CheckHost(t.Context(), query("192.0.2.1", "u@x.test")); v.Result != Pass {
		t.Errorf("got %s (%v), want pass", v.Result, v.Err)
	}
	if n := openFiles(t); n != files {
		t.Errorf("%d descriptors are left", n-files)
	}
	started := 0
	for i := range 20 {
		if c.Prefetcher.Prefetch(dns.Question{Name: fmt.Sprint(i, ".test"), Type: dns.TypeTXT}, time.Time{}) {
			started++
		}
	}
	c.Prefetcher.Cancel()
	if started != 11 {
		t.Errorf("%d further prefetches, want 11", started)
	}
}

// The verdict with prefetching is the sequential one, even if the server cannot cope
// with many queries at a time.
func TestPrefetchWeakServers(t *testing.T) {
	const shortTimeout = 300 * time.Millisecond
	for _, test := range []struct {
		name    string
		timeout time.Duration
		handler func(answer func([]byte) []byte) dnstest.UDPHandler
	}{
		{name: "answers the first of a burst", timeout: shortTimeout, handler: func(answer func([]byte) []byte) dnstest.UDPHandler {
			var last time.Time
			return func(s *dnstest.Server, query []byte, from netip.AddrPort) {
				if now := time.Now(); now.Sub(last) > 2*time.Millisecond {
					last = now
					s.Send(from, answer(query))
				}
			}
		}},
		{name: "answers ten queries in 200 ms", timeout: shortTimeout, handler: func(answer func([]byte) []byte) dnstest.UDPHandler {
			var recent []time.Time
			return func(s *dnstest.Server, query []byte, from netip.AddrPort) {
				now := time.Now()
				recent = slices.DeleteFunc(recent, func(t time.Time) bool { return now.Sub(t) > 200*time.Millisecond })
				if len(recent) < 10 {
					recent = append(recent, now)
					s.Send(from, answer(query))
				}
			}
		}},
		{name: "refuses more than two at a time", timeout: longTimeout, handler: limited(2, 5)},
		{name: "refuses more than five at a time", timeout: longTimeout, handler: limited(5, 5)},
		{name: "SERVFAIL for more than one at a time", timeout: longTimeout, handler: limited(1, 2)},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			zone := zoneHandler(includes(10))
			s := dnstest.Start(t, "127.0.0.1", test.handler(zone), nil)
			c := clientChecker(s, test.timeout, true)
			ctx, cancel := context.WithTimeout(t.Context(), longTimeout)
			defer cancel()
			for _, sender := range []string{"u@x.test", "u@i3.test"} {
				v := c.CheckHost(ctx, query("192.0.2.1", sender))
				if v.Result != Fail {
					t.Errorf("%s: got %s (%v), want fail", sender, v.Result, v.Err)
				}
			}
			if n := len(s.Queries()); n > 1+10+27+10 {
				t.Errorf("%d queries", n)
			}
		})
	}
}

// limited returns a handler that answers after 10 ms, and with an RCODE at once if it
// has n queries in progress.
func limited(n, rcode int) func(answer func([]byte) []byte) dnstest.UDPHandler {
	return func(answer func([]byte) []byte) dnstest.UDPHandler {
		free := make(chan struct{}, n)
		for range n {
			free <- struct{}{}
		}
		return func(s *dnstest.Server, query []byte, from netip.AddrPort) {
			select {
			case <-free:
				reply := answer(query)
				time.AfterFunc(10*time.Millisecond, func() {
					free <- struct{}{}
					s.Send(from, reply)
				})
			default:
				s.Send(from, dnstest.Rcode(rcode)(query))
			}
		}
	}
}

// A resolver that forwards few queries at a time, and answers REFUSED to others, holds
// its slots for silent names. A check of names that do answer is not affected.
func TestPrefetchHoldsNoSlots(t *testing.T) {
	zone := includes(1)
	var mx strings.Builder
	for i := range 10 {
		name := fmt.Sprintf("mx%d.test.", i)
		fmt.Fprintf(&mx, " mx:%s", name)
		for j := range 10 {
			zone[name+" MX"] = append(zone[name+" MX"], fmt.Sprintf("%s 60 MX 1 h%d.silent%d.test.", name, j, i))
		}
	}
	zone["evil.test. TXT"] = []string{`evil.test. 60 TXT "v=spf1` + mx.String() + ` -all"`}
	const slots = 12 + 4*2 + 1 // prefetches; both attempts of three lookups, one of which is repeated; one is free
	held := 0
	answer := zoneHandler(zone)
	s := dnstest.Start(t, "127.0.0.1", func(s *dnstest.Server, query []byte, from netip.AddrPort) {
		switch {
		case held >= slots:
			s.Send(from, dnstest.Rcode(5)(query))
		case strings.Contains(question(query), ".silent"):
			held++ // for longer than the test takes
		default:
			s.Send(from, answer(query))
		}
	}, nil)
	evil, other := clientChecker(s, 100*time.Millisecond, true), clientChecker(s, longTimeout, true)
	for range 3 {
		if v := evil.CheckHost(t.Context(), query("192.0.2.1", "u@evil.test")); v.Result != Temperror {
			t.Errorf("evil.test: %v", v)
		}
	}
	if v := other.CheckHost(t.Context(), query("192.0.2.1", "u@x.test")); v.Result != Fail {
		t.Errorf("x.test: got %s (%v), want fail", v.Result, v.Err)
	}
}

// A resolver that drops queries beyond three at a time is busy with prefetches that the
// check does not need. A client that does not retry still gets the answer that it needs.
func TestPrefetchDropsNoLookup(t *testing.T) {
	t.Parallel()
	zone := map[string][]string{
		"x.test. TXT": {`x.test. 60 TXT "v=spf1 include:b.test a:silent1.test a:silent2.test a:silent3.test -all"`},
		"b.test. TXT": {`b.test. 60 TXT "v=spf1 exists:m.test -all"`},
		"m.test. A":   {"m.test. 60 A 127.0.0.2"},
	}
	answer := zoneHandler(zone)
	busy := make(chan struct{}, 3)
	var b []byte
	var fromB netip.AddrPort
	s := dnstest.Start(t, "127.0.0.1", func(s *dnstest.Server, query []byte, from netip.AddrPort) {
		switch name := question(query); {
		case strings.HasPrefix(name, "silent"):
			busy <- struct{}{}
			time.AfterFunc(200*time.Millisecond, func() { <-busy })
			if len(busy) == cap(busy) {
				s.Send(fromB, answer(b))
			}
		case name == "b.test. TXT":
			b, fromB = slices.Clone(query), from
		case len(busy) < cap(busy):
			s.Send(from, answer(query))
		}
	}, nil)
	cache := dns.NewCache(dns.NewClient(dns.ResolvConf{Servers: []netip.AddrPort{s.Addr}, Timeout: 300 * time.Millisecond, Attempts: 1}))
	c := &Checker{Resolver: cache, Limits: DefaultLimits(), Prefetcher: cache}
	if v := c.CheckHost(t.Context(), query("192.0.2.1", "u@x.test")); v.Result != Pass {
		t.Errorf("got %s (%v), want pass", v.Result, v.Err)
	}
}

// With few descriptors a check makes its lookups one after the other.
func TestPrefetchFewDescriptors(t *testing.T) {
	s := dnstest.Start(t, "127.0.0.1", dnstest.Respond(zoneHandler(includes(10))), nil)
	c := clientChecker(s, longTimeout, true)
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
		t.Skip(err)
	}
	for _, spare := range []int{1, 2, 5} {
		limit := old
		limit.Cur = 0
		for range nextDescriptor(t) + spare { // its type depends on the system
			limit.Cur++
		}
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
			t.Skip(err)
		}
		v := c.CheckHost(context.Background(), query("192.0.2.1", "u@x.test"))
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
			t.Fatal(err)
		}
		if v.Result != Fail {
			t.Errorf("%d descriptors: got %s (%v), want fail", spare, v.Result, v.Err)
		}
		c = clientChecker(s, longTimeout, true)
	}
}

// nextDescriptor returns the lowest free descriptor.
func nextDescriptor(t *testing.T) int {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	syscall.Close(fd)
	return fd
}

// The verdict does not depend on prefetching where a server loses queries.
func TestPrefetchUnderLoss(t *testing.T) {
	const attempts = 4
	timeouts := []time.Duration{50 * time.Millisecond, 5 * time.Second} // the second for a machine that is too busy for the first
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 0))
			zone := zoneHandler(includes(10))
			answered := map[string]int{}
			s := dnstest.Start(t, "127.0.0.1", func(s *dnstest.Server, query []byte, from netip.AddrPort) {
				q := question(query)
				// A third of the queries is lost, but never more than two in a row.
				if answered[q]%3 != 2 && random.IntN(3) == 0 {
					answered[q]++
					return
				}
				answered[q] = 0
				s.Send(from, zone(query))
			}, nil)
			for _, prefetch := range []bool{false, true} {
				var v Verdict
				for _, timeout := range timeouts {
					cache := dns.NewCache(dns.NewClient(dns.ResolvConf{Servers: []netip.AddrPort{s.Addr}, Timeout: timeout, Attempts: attempts}))
					c := &Checker{Resolver: cache, Limits: DefaultLimits()}
					if prefetch {
						c.Prefetcher = cache
					}
					if v = c.CheckHost(t.Context(), query("192.0.2.1", "u@x.test")); v.Result != Temperror {
						break
					}
				}
				if v.Result != Fail || v.Lookups != 10 || v.VoidLookups != 0 {
					t.Errorf("prefetching %v: %+v (%v)", prefetch, v, v.Err)
				}
			}
		})
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip(err)
	}
	return len(list)
}
