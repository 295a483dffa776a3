package lint

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// randomZone returns records that refer to each other, of a.example and others below
// example. Their networks have few addresses, so that terms often overlap.
func randomZone(r *rand.Rand) string {
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	network := func() string {
		if r.IntN(3) == 0 {
			return fmt.Sprintf("ip6:2001:db8::%x/%d", r.IntN(16), 124+r.IntN(5))
		}
		return fmt.Sprintf("ip4:192.0.2.%d/%d", r.IntN(16), 28+r.IntN(5))
	}
	host := func() string { return pick("h0", "h1", "h2", "h3", "alias", "gone", "empty", "down.down") + ".example" }
	record := func(targets ...string) string {
		b := strings.Builder{}
		b.WriteString("v=spf1")
		for range 1 + r.IntN(7) {
			term := pick("", "", "", "-", "~", "?", "+")
			switch r.IntN(14) {
			case 0, 1, 2, 3, 4:
				term += network()
			case 5:
				term += pick("a", "mx", "a:"+host(), "a:"+host()+"/29//127", "mx:"+host())
			case 6:
				term += "a:" + pick("h0", "h1", "H0") + ".example" + pick("", "/32", "/30")
			case 7:
				term += "exists:" + pick("h0.example", "gone.example", "%{i}.x.example", "%{i}.y.example", "%{l}.x.example", "%{L}.x.example")
			case 8:
				term += pick("ptr", "ptr:b.example", "ptr:%{h}", "a:%{h}", "mx:%{d2}", "include:%{i}.z.example")
			case 9, 10, 11:
				if len(targets) == 0 {
					term += network()
				} else {
					term += "include:" + pick(targets...) + ".example"
				}
			case 12:
				term += network() + " " + term + network()
			case 13:
				if r.IntN(4) > 0 {
					term = "ra=x"
				} else {
					term += "all"
				}
			}
			b.WriteString(" " + term)
		}
		switch r.IntN(6) {
		case 0:
			if len(targets) > 0 {
				b.WriteString(" redirect=" + pick(targets...) + ".example")
			}
		case 1:
		default:
			b.WriteString(" " + pick("-", "-", "~", "?") + "all")
		}
		if r.IntN(4) == 0 {
			b.WriteString(" exp=" + pick("why", "gone", "%{i}.why") + ".example")
		}
		return b.String()
	}
	zone := strings.Builder{}
	for _, d := range []struct {
		name    string
		targets []string
	}{{"a", []string{"b", "c", "d"}}, {"b", []string{"c", "d"}}, {"c", []string{"d"}}, {"d", nil}} {
		fmt.Fprintf(&zone, "%s TXT %q\n", d.name, record(d.targets...))
		if r.IntN(2) == 0 {
			fmt.Fprintf(&zone, "%s A 192.0.2.%d\n%s MX 1 %s.\n", d.name, r.IntN(16), d.name, host())
		}
	}
	for i := range 4 {
		fmt.Fprintf(&zone, "h%d A 192.0.2.%d\n", i, r.IntN(16))
		if r.IntN(2) == 0 {
			fmt.Fprintf(&zone, "h%d AAAA 2001:db8::%x\n", i, r.IntN(16))
		}
	}
	return zone.String() + "alias CNAME h0\nempty PTR x\nwhy TXT \"%{i} is not %{d}\"\ndown NS ns.down\n"
}

// randomClient answers what depends on a client, the same each time: whatever is not in the
// zone. It answers with text as the SPF record of a.example.
type randomClient struct {
	zone *dns.Zone
	text string
	ip   netip.Addr
	seed uint64
}

func (c *randomClient) Lookup(q dns.Question, deadline time.Time) (dns.Answer, error) {
	if q == (dns.Question{Name: "a.example", Type: dns.TypeTXT}) {
		return txtAnswer(c.text), nil
	}
	known := q.Type != dns.TypePTR
	for _, suffix := range []string{".x.example", ".y.example", ".z.example", ".why.example", "client.example"} {
		known = known && !strings.HasSuffix(q.Name, suffix)
	}
	if known {
		return c.zone.Lookup(q, deadline)
	}
	h := fnv.New64a()
	fmt.Fprint(h, q, c.ip, c.seed)
	r := rand.New(rand.NewPCG(h.Sum64(), 0))
	switch r.IntN(6) {
	case 0:
		return dns.Answer{}, &dns.Error{Kind: dns.Timeout, Question: q}
	case 1, 2:
		return dns.Answer{NXDomain: true}, nil
	}
	switch q.Type {
	case dns.TypeTXT:
		return txtAnswer([]string{"v=spf1 +all", "v=spf1 -all", "%{i} %{c}"}[r.IntN(3)]), nil
	case dns.TypeA, dns.TypeAAAA:
		return dns.Answer{Addrs: []netip.Addr{c.ip}}, nil
	}
	return dns.Answer{Names: []string{[]string{"client.example", "x.a.client.example", "m.b.example"}[r.IntN(3)]}}, nil
}

// A rewriting of random records has the effect of the record before CompareText is asked:
// for each address, sender and HELO name, whatever the answers are that depend on them.
// CompareText is there for what the sets of addresses do not show: a limit on lookups that
// a client meets because no term decides before, and whose explanation a fail has.
func TestRewrite_randomRecords(t *testing.T) {
	rewritten := 0
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 7208))
		text := randomZone(r)
		zone := testZone(t, text)
		s := Domain(t.Context(), zone, "a.example", spf.DefaultLimits())
		e := s.effect
		if s.Records[0].Record == nil || !e[spf.Permerror].IsEmpty() || !e[spf.Temperror].IsEmpty() || s.needsCorrection() {
			continue
		}
		b := newRewriter(s)
		b.dropUnreached()
		b.dropRedundant()
		b.mergeNetworks()
		if len(b.steps) == 0 {
			continue
		}
		rewritten++
		for i := range 320 {
			ip := netip.AddrFrom4([4]byte{192, 0, 2, byte(i % 20)})
			if i%5 > 2 {
				ip = netip.MustParseAddr(fmt.Sprintf("2001:db8::%x", i%20))
			}
			q := spf.Args{IP: ip, Domain: "a.example", Sender: []string{"user", "a/b", "c"}[i%3] + "@a.example", HELO: []string{"client.example", "h0.example"}[i%2]}
			check := func(record string, limits spf.Limits) spf.Verdict {
				c := spf.Checker{Resolver: &randomClient{zone, record, ip, uint64(i)}, Limits: limits, Receiver: "mx.example.org"}
				return c.CheckHost(t.Context(), q)
			}
			before, after := check(s.Records[0].Text, spf.DefaultLimits()), check(b.text(), spf.DefaultLimits())
			if isLookupLimit(before.Err) && !isLookupLimit(after.Err) {
				before = check(s.Records[0].Text, spf.Limits{Lookups: 1000, VoidLookups: 1000})
			}
			if isLookupLimit(after.Err) && !isLookupLimit(before.Err) || isFailElsewhere(before, after) {
				if s.CompareText(t.Context(), b.text()).Difference == nil {
					t.Errorf("no difference is found: seed %d, %+v\n%s\n%s\n%s", seed, q, s.Records[0].Text, b.text(), text)
				}
				break
			}
			if before.Result != after.Result || withoutTime(before.Explanation) != withoutTime(after.Explanation) || reflect.TypeOf(before.Err) != reflect.TypeOf(after.Err) {
				t.Fatalf("seed %d, %+v: %v %v %q and then %v %v %q\n%s\n%s\n%s", seed, q, before.Result, before.Err, before.Explanation, after.Result, after.Err, after.Explanation, s.Records[0].Text, b.text(), text)
			}
		}
	}
	if rewritten < 100 {
		t.Errorf("%d records were rewritten", rewritten)
	}
	t.Logf("%d records", rewritten)
}

// isFailElsewhere reports whether two verdicts are a fail with different explanations, by
// the domain's own record and by one that it redirects to.
func isFailElsewhere(a, b spf.Verdict) bool {
	return a.Result == spf.Fail && b.Result == spf.Fail && a.Explanation != b.Explanation
}

// matches observes whether an evaluation ends before the terms do.
type matches struct{ early bool }

func (m *matches) Event(e spf.Event) {
	if e, ok := e.(spf.MatchEvent); ok && (e.Matched || e.Err != nil) {
		d, ok := e.Term.(*spf.Directive)
		m.early = m.early || ok && d.Mechanism != spf.All || e.Err != nil
	}
}

// The lookups and void lookups of an audit are those of an evaluation for a client that no
// term matches.
func TestDomain_countsOfRandomRecords(t *testing.T) {
	compared := 0
	for seed := range uint64(400) {
		text := randomZone(rand.New(rand.NewPCG(seed, 4408)))
		zone := testZone(t, text)
		s := Domain(t.Context(), zone, "a.example", spf.DefaultLimits())
		for ip, voids := range map[string]int{"203.0.113.1": s.VoidLookups4, "2001:db9::1": s.VoidLookups6} {
			m := &matches{}
			c := spf.Checker{Resolver: zone, Limits: spf.Limits{Lookups: 1000, VoidLookups: 1000}, Observer: m}
			v := c.CheckHost(t.Context(), spf.Args{IP: netip.MustParseAddr(ip), Domain: "a.example", Sender: "user@a.example", HELO: "h0.example"})
			if m.early || slices.ContainsFunc(s.Records, hasClientTerm) {
				continue
			}
			compared++
			if v.Lookups != s.Lookups || v.VoidLookups != voids {
				t.Errorf("seed %d, %s: %d lookups and %d void ones; the audit has %d and %d\n%s", seed, ip, v.Lookups, v.VoidLookups, s.Lookups, voids, text)
			}
		}
	}
	if compared < 100 {
		t.Errorf("%d evaluations", compared)
	}
}
