package suites

import (
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"net/netip"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"policyd-spf/spf"
	"policyd-spf/spf/dns"
	"policyd-spf/spf/dns/dnsfake"
)

// Prefetching does not change the verdict and the events of the sequential run, over
// all suites, published records and random ones.
func TestPrefetchEquivalence(t *testing.T) {
	all := allScenarios(t)
	t.Run("suites and random records", func(t *testing.T) { comparePrefetching(t, all, prefetched) })
	t.Run("published records", func(t *testing.T) { comparePrefetching(t, publishedRecords(t), prefetched) })
}

// The same where prefetches are lost, refused, or fail in other ways.
func TestPrefetchEquivalenceUnderLoss(t *testing.T) {
	all := allScenarios(t)
	t.Run("suites and random records", func(t *testing.T) { comparePrefetching(t, all, lossy) })
	t.Run("published records", func(t *testing.T) { comparePrefetching(t, publishedRecords(t), lossy) })
}

// publishedZone returns the path of the zone of published records.
func publishedZone(tb testing.TB) string {
	path := filepath.Join("..", "..", "shared", "lab", "zones", "realworld.yml")
	if !fileExists(path) {
		tb.Skip("../shared/lab/zones/realworld.yml is missing")
	}
	return path
}

// publishedRecords returns a scenario with each name in the zone of published records.
func publishedRecords(t *testing.T) []scenario {
	path := publishedZone(t)
	s := scenario{suite: filepath.Base(path), name: "published records", zone: readZone(t, path)}
	for domain, n := range s.zone {
		for _, r := range n.records {
			if r.typ != "TXT" {
				continue
			}
			for _, host := range []string{"203.0.113.9", "2001:db8::9", "209.85.221.41", "40.107.22.83", "2a00:1450:4864:20::32"} {
				s.cases = append(s.cases, suiteCase{
					name: domain + " " + host, host: host, helo: "mail." + domain, mailFrom: "user@" + domain,
				})
			}
			break
		}
	}
	return []scenario{s}
}

func comparePrefetching(t *testing.T, scenarios []scenario, m mode) {
	for _, s := range scenarios {
		for _, c := range s.cases {
			synctest.Test(t, func(t *testing.T) {
				want := observe(t, s, c, cached)
				got := observe(t, s, c, m)
				if m == lossy || want.failed() {
					want.took = max(want.took, got.took) // a prefetch that failed is repeated
				}
				if d := want.difference(got); d != "" {
					t.Errorf("%s: %s: %s\n%v", s.suite, s.name, c.name, c)
					t.Error(d)
				}
			})
		}
	}
}

// mode is how a check is made.
type mode uint8

const (
	uncached   mode = iota // every lookup is a query
	cached                 // answers are cached
	prefetched             // and prefetched
	lossy                  // the same, and a third of the prefetches fails
	expired                // the cache has expired answers, of other records
)

// observation is all that can be seen of a check.
type observation struct {
	verdict spf.Verdict
	events  []spf.Event
	took    time.Duration
	queries int
}

// Event records an event without what prefetching may change: how long a lookup took,
// and where its answer came from.
func (o *observation) Event(e spf.Event) {
	if l, ok := e.(spf.LookupEvent); ok {
		a := l.Answer
		l.Took, l.Answer = 0, dns.Answer{TXT: a.TXT, Addrs: a.Addrs, Names: a.Names, NXDomain: a.NXDomain, Size: a.Size, TCP: a.TCP, FromFile: a.FromFile}
		e = l
	}
	o.events = append(o.events, e)
}

// failed reports whether a lookup failed.
func (o *observation) failed() bool {
	return slices.ContainsFunc(o.events, func(e spf.Event) bool {
		l, ok := e.(spf.LookupEvent)
		return ok && l.Err != nil
	})
}

// observe runs a case with answers that are delayed, each by a different time.
func observe(t *testing.T, s scenario, c suiteCase, m mode) *observation {
	r := newDelayed(s.zone)
	o := &observation{}
	checker := &spf.Checker{Resolver: &spf.TracingResolver{Resolver: r, Observer: o}, Limits: s.limits(), Observer: o}
	if m != uncached {
		checker = cachedChecker(r, o, s.limits(), m)
	}
	if m == expired {
		expire(checker, r, s.zone)
	}
	began := time.Now()
	o.verdict = checker.CheckHost(context.Background(), c.args(t))
	o.took = time.Since(began)
	o.queries = distinct(r.Asked)
	return o
}

// cachedChecker returns a checker with a cache, which prefetches in most modes.
func cachedChecker(r *dnsfake.Resolver, o spf.Observer, limits spf.Limits, m mode) *spf.Checker {
	cache := dns.NewCache(r)
	if m == lossy {
		cache = dns.NewCache(&lossyResolver{Resolver: r, random: rand.New(rand.NewPCG(1, 2))})
	}
	c := &spf.Checker{Resolver: &spf.TracingResolver{Resolver: cache, Observer: o}, Limits: limits, Observer: o}
	if m != cached {
		c.Prefetcher = cache
	}
	return c
}

// newDelayed returns a resolver for a zone, whose answers take some milliseconds.
func newDelayed(z zone) *dnsfake.Resolver {
	r := dnsfake.Of(&zoneResolver{zone: z}, 0)
	r.Delay = func(q dns.Question) time.Duration {
		h := fnv.New32a()
		fmt.Fprint(h, q)
		return time.Duration(1+h.Sum32()%40) * time.Millisecond
	}
	return r
}

// lossyResolver fails a third of the lookups that are not repeated.
type lossyResolver struct {
	*dnsfake.Resolver
	random *rand.Rand
}

// StartOnce implements dns.AsyncResolver.
func (r *lossyResolver) StartOnce(q dns.Question, deadline time.Time) *dns.Call {
	failure := &dns.Error{Kind: dns.BadRcode, Question: q, Rcode: 5}
	switch r.random.IntN(9) {
	case 0: // lost
		delay := r.Delay
		r.Delay = func(dns.Question) time.Duration { return dnsfake.Never }
		defer func() { r.Delay = delay }()
	case 1: // refused, at once
		return &dns.Call{Question: q, Done: true, Err: failure}
	case 2: // no socket
		return &dns.Call{Question: q, Done: true, Err: &dns.Error{Kind: dns.Network, Question: q, Err: syscall.EMFILE}}
	}
	return r.Resolver.StartOnce(q, deadline)
}

// expire fills the cache with answers that differ from those of the zone, lets them
// expire, and forgets that they were asked for.
func expire(c *spf.Checker, r *dnsfake.Resolver, z zone) {
	answer := r.Answer
	r.Answer = func(q dns.Question) (dns.Answer, error) {
		a := dns.Answer{TTL: time.Second}
		switch q.Type {
		case dns.TypeTXT:
			text := "v=spf1"
			for i := range 5 {
				text += fmt.Sprintf(" mx:m%d.%s a:a%d.%s", i, q.Name, i, q.Name)
			}
			a.TXT = [][]string{{text + " -all"}}
		case dns.TypeMX:
			for i := range 10 {
				a.Names = append(a.Names, fmt.Sprintf("h%d.%s", i, q.Name))
			}
		}
		return a, nil
	}
	for _, name := range slices.Sorted(maps.Keys(z)) {
		for _, t := range []dns.Type{dns.TypeTXT, dns.TypeMX} {
			c.Resolver.Lookup(dns.Question{Name: name, Type: t}, time.Time{})
			for i := range 5 {
				c.Resolver.Lookup(dns.Question{Name: fmt.Sprintf("m%d.%s", i, name), Type: dns.TypeMX}, time.Time{})
			}
		}
	}
	time.Sleep(time.Hour)
	r.Answer, r.Asked = answer, nil
}

// distinct returns the number of different questions.
func distinct(asked []dns.Question) int {
	all := map[dns.Question]bool{}
	for _, q := range asked {
		all[q] = true
	}
	return len(all)
}

// difference describes how another observation differs, "" if it does not. A TTL may
// differ by the time since the answer came.
func (o *observation) difference(other *observation) string {
	v, w := o.verdict, other.verdict
	apart := (v.TTL - w.TTL).Abs()
	if apart > max(o.took, other.took) || (v.TTL == 0) != (w.TTL == 0) {
		return fmt.Sprintf("TTL %v; with prefetching %v", v.TTL, w.TTL)
	}
	v.TTL, w.TTL = 0, 0
	if !reflect.DeepEqual(v, w) {
		return fmt.Sprintf("%+v (%v)\nwith prefetching %+v (%v)", v, v.Err, w, w.Err)
	}
	for i := range max(len(o.events), len(other.events)) {
		if i >= min(len(o.events), len(other.events)) {
			return fmt.Sprintf("%d events; with prefetching %d", len(o.events), len(other.events))
		}
		if !reflect.DeepEqual(o.events[i], other.events[i]) {
			return fmt.Sprintf("event %d: %+v\nwith prefetching %+v", i, o.events[i], other.events[i])
		}
	}
	if other.took > o.took {
		return fmt.Sprintf("took %v; with prefetching %v", o.took, other.took)
	}
	return ""
}

// The bounds that package spf states: a record, 10 terms, 10 hosts for each mx among
// them, the client's names and their addresses, and an explanation; and 27 prefetches a
// request.
const (
	maxQueries         = 1 + 10 + 10*10 + 11 + 1
	maxIPv4Hosts       = 10 // with spf.Limits.DualStack
	maxPrefetches      = 27
	maxWithPrefetching = 160 // of one check
	maxForBoth         = 320 // of HELO and MAIL FROM
)

// The bounds on queries hold over random records and the worst that can be published,
// whatever the cache has.
func TestQueryBound(t *testing.T) {
	random := randomScenario(99, 300, false)
	scenarios := append(readSuite(t, "testdata/bombs.yml"), random)
	random.dualStack = true
	scenarios = append(scenarios, random, dualStackBombs())
	most := 0
	for _, s := range scenarios {
		for _, c := range s.cases {
			synctest.Test(t, func(t *testing.T) {
				plain := observe(t, s, c, uncached)
				terms := min(plain.verdict.Lookups, 10)
				bound := 1 + terms + 10*terms + 11 + 1
				if s.dualStack {
					bound += maxIPv4Hosts
				}
				if plain.queries > bound {
					t.Errorf("%s: %d queries for %d terms, want at most %d\n%v", c.name, plain.queries, terms, bound, c)
				}
				for _, m := range []mode{prefetched, lossy, expired} {
					got := observe(t, s, c, m).queries
					if limit := min(plain.queries+maxPrefetches, maxWithPrefetching); got > limit {
						t.Errorf("%s: %d queries with prefetching (mode %d), want at most %d\n%v", c.name, got, m, limit, c)
					}
				}
				if n := queriesForBoth(t, s, c); n > maxForBoth {
					t.Errorf("%s: %d queries for HELO and MAIL FROM, want at most %d", c.name, n, maxForBoth)
				} else {
					most = max(most, n)
				}
				if c.results != nil {
					c.checkVerdict(t, plain.verdict)
				}
			})
		}
	}
	if most < 2*(maxQueries+maxIPv4Hosts)-11 { // both look up the client's names
		t.Errorf("at most %d queries for HELO and MAIL FROM, which proves little", most)
	}
}

// dualStackBombs returns the worst that can be published for a check with
// spf.Limits.DualStack: ten mx of ten hosts, of which some have IPv4 addresses only, in
// a record with an explanation that names the client.
func dualStackBombs() scenario {
	s := scenario{suite: "dual stack", name: "hosts with IPv4 addresses only", zone: zone{}, dualStack: true}
	client := netip.MustParseAddr("2001:db8::7")
	ptr := &zoneNode{}
	for i := range 10 {
		name := fmt.Sprintf("p%d.example.net", i)
		ptr.records = append(ptr.records, record{typ: "PTR", ttl: 60, name: name})
		s.zone[name] = &zoneNode{records: []record{{typ: "AAAA", ttl: 60, addr: client}}}
	}
	s.zone[dns.ReverseName(client)] = ptr
	for _, bomb := range []struct {
		name    string
		ip4Only func(host int) bool
		results []string
	}{
		{name: "the first ten hosts", ip4Only: func(host int) bool { return host < 10 }, results: []string{"fail"}},
		{name: "the last ten hosts", ip4Only: func(host int) bool { return host >= 90 }, results: []string{"fail"}},
		{name: "one host of each mx", ip4Only: func(host int) bool { return host%10 == 9 }, results: []string{"fail"}},
		{name: "twelve hosts", ip4Only: func(host int) bool { return host%9 == 8 || host == 0 }, results: []string{"fail"}}, // two count
		{name: "every second host", ip4Only: func(host int) bool { return host%2 == 0 }, results: []string{"permerror"}},
		{name: "all hosts", ip4Only: func(int) bool { return true }, results: []string{"permerror"}},
	} {
		domain := fmt.Sprintf("d%d.example.com", len(s.cases))
		text := "v=spf1"
		for i := range 10 {
			mx := &zoneNode{}
			for j := range 10 {
				host := fmt.Sprintf("h%d.m%d.%s", j, i, domain)
				mx.records = append(mx.records, record{typ: "MX", ttl: 60, name: host})
				r := record{typ: "AAAA", ttl: 60, addr: netip.MustParseAddr("2001:db8::1")}
				if bomb.ip4Only(10*i + j) {
					r.typ, r.addr = "A", netip.MustParseAddr("192.0.2.1")
				}
				s.zone[host] = &zoneNode{records: []record{r}}
			}
			name := fmt.Sprintf("m%d.%s", i, domain)
			s.zone[name] = mx
			text += " mx:" + name
		}
		s.zone[domain] = &zoneNode{records: []record{{typ: "TXT", ttl: 60, strings: []string{text + " -all exp=x." + domain}}}}
		s.zone["x."+domain] = &zoneNode{records: []record{{typ: "TXT", ttl: 60, strings: []string{"from %{p}"}}}}
		s.cases = append(s.cases, suiteCase{name: bomb.name, host: client.String(), helo: "mail." + domain, mailFrom: "user@" + domain, results: bomb.results})
	}
	return s
}

// queriesForBoth returns the number of queries of a request whose HELO name and sender
// have the same record, at different names.
func queriesForBoth(t *testing.T, s scenario, c suiteCase) int {
	both := zone{}
	maps.Copy(both, s.zone)
	q := c.args(t)
	r := newDelayed(both)
	answer := r.Answer
	r.Answer = func(q dns.Question) (dns.Answer, error) { // names below helo.test are copies
		name, isCopy := strings.CutSuffix(q.Name, ".helo.test")
		a, err := answer(dns.Question{Name: name, Type: q.Type})
		if !isCopy || err != nil {
			return a, err
		}
		a.Names = slices.Clone(a.Names)
		for i := range a.Names {
			a.Names[i] += ".helo.test"
		}
		a.TXT = slices.Clone(a.TXT)
		for i, record := range a.TXT {
			text := strings.Join(record, "")
			for _, suffix := range []string{".example.com", ".example.net"} {
				text = strings.ReplaceAll(text, suffix, suffix+".helo.test")
			}
			a.TXT[i] = []string{text}
		}
		return a, nil
	}
	checker := cachedChecker(r, &observation{}, s.limits(), prefetched)
	expire(checker, r, s.zone)
	mailFrom := checker.Prepare(q)
	q.Domain += ".helo.test"
	helo := checker.Prepare(q)
	helo.Then(mailFrom)
	helo.CheckHost(time.Time{})
	mailFrom.CheckHost(time.Time{})
	checker.Prefetcher.Cancel()
	return distinct(r.Asked)
}
