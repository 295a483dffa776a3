package suites

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"policyd-spf/spf"
	"policyd-spf/spf/dns"
	"policyd-spf/spf/lint"
)

// replaced is a resolver that answers with text as the one TXT record of a name.
type replaced struct {
	dns.Resolver
	name, text string
}

func (r replaced) Lookup(q dns.Question, deadline time.Time) (dns.Answer, error) {
	a, err := r.Resolver.Lookup(q, deadline)
	if q == (dns.Question{Name: r.name, Type: dns.TypeTXT}) {
		a = dns.Answer{TXT: [][]string{{r.text}}, TTL: a.TTL}
	}
	return a, err
}

// spfNames returns the names of a zone that have TXT records, in order.
func spfNames(z zone) []string {
	var names []string
	for name, n := range z {
		if slices.ContainsFunc(n.records, func(r record) bool { return r.typ == "TXT" }) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// The shorter records that the audit proposes for published records have the same
// effect as these: the same result, explanation
// and error at the boundaries of every network, each plus and minus one, and for
// 10,000 random addresses. Names that macros make are in the zone or are not, as
// published. It does not use the comparison that the audit makes itself.
func TestRewrite_publishedRecords(t *testing.T) {
	z := readZone(t, publishedZone(t))
	resolver := &zoneResolver{zone: z, cache: make(map[dns.Question]dns.Answer)}
	audited, rewritten := 0, 0
	for _, name := range spfNames(z) {
		report := lint.Domain(t.Context(), resolver, name, spf.DefaultLimits())
		audited++
		w := report.Rewrite(t.Context())
		if w == nil {
			continue
		}
		rewritten++
		t.Run(name, func(t *testing.T) {
			if w.Lookups > w.LookupsBefore || w.Terms > w.TermsBefore || w.Lookups == w.LookupsBefore && w.Terms == w.TermsBefore {
				t.Errorf("%d of %d lookups and %d of %d terms", w.Lookups, w.LookupsBefore, w.Terms, w.TermsBefore)
			}
			sameEffect(t, resolver, report, w.Text)
		})
	}
	t.Logf("%d names, %d shorter records", audited, rewritten)
	if rewritten == 0 {
		t.Error("no record was rewritten")
	}
}

// sameEffect compares check_host() with the published record and with another text
// in its place.
func sameEffect(t *testing.T, resolver dns.Resolver, report *lint.Report, text string) {
	t.Helper()
	name := report.Domain
	other := replaced{resolver, name, text}
	for i, ip := range probes(report) {
		q := spf.Args{IP: ip, Domain: name, Sender: fmt.Sprintf("user%d@%s", i%3, name), HELO: fmt.Sprintf("mail%d.%s", i%5, name)}
		check := func(r dns.Resolver, limits spf.Limits) spf.Verdict {
			return (&spf.Checker{Resolver: r, Limits: limits}).CheckHost(t.Context(), q)
		}
		before, after := check(resolver, spf.DefaultLimits()), check(other, spf.DefaultLimits())
		var limit *spf.LimitError
		if errors.As(before.Err, &limit) && limit.Kind <= spf.VoidLookupLimit && after.Result != spf.Permerror {
			before = check(resolver, spf.Limits{Lookups: 1000, VoidLookups: 1000})
		}
		if before.Result != after.Result || before.Explanation != after.Explanation || reflect.TypeOf(before.Err) != reflect.TypeOf(after.Err) {
			t.Fatalf("%v: %v (%v), and with %s: %v (%v)", ip, before.Result, before.Err, text, after.Result, after.Err)
		}
	}
}

// probes returns addresses at the boundaries of all networks of a report and
// random ones.
func probes(report *lint.Report) []netip.Addr {
	found := make(map[netip.Addr]bool)
	for _, r := range report.Records {
		for _, term := range r.Terms {
			d, ok := term.Term.(*spf.Directive)
			if !ok {
				continue
			}
			addrs := []netip.Addr{d.Addr}
			for _, l := range term.Lookups {
				addrs = append(addrs, l.Answer.Addrs...)
			}
			for _, a := range addrs {
				bits := d.IP6CIDRLen
				if a.Is4() {
					bits = d.IP4CIDRLen
				}
				if bits == spf.NoCIDR {
					bits = a.BitLen()
				}
				if n, err := a.Prefix(bits); a.IsValid() && err == nil {
					end := last(n)
					for _, a := range []netip.Addr{n.Addr(), n.Addr().Next(), n.Addr().Prev(), end, end.Next(), end.Prev()} {
						found[a] = a.IsValid()
					}
				}
			}
		}
	}
	delete(found, netip.Addr{})
	list := slices.SortedFunc(maps.Keys(found), netip.Addr.Compare)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 10_000 {
		var b [16]byte
		for k := range b {
			b[k] = byte(random.Uint32())
		}
		if i%2 == 0 {
			list = append(list, netip.AddrFrom4([4]byte(b[:4])))
		} else {
			b[0] = 0x20 | b[0]&0x1f // global unicast (RFC 4291, 2.4)
			list = append(list, netip.AddrFrom16(b))
		}
	}
	return list
}

// last returns the last address of a network.
func last(n netip.Prefix) netip.Addr {
	b := n.Addr().AsSlice()
	for i := n.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// TestEffect_publishedRecords holds the effect that the audit computes to the
// result of check_host(), for records without terms that depend on the client.
func TestEffect_publishedRecords(t *testing.T) {
	z := readZone(t, publishedZone(t))
	resolver := &zoneResolver{zone: z, cache: make(map[dns.Question]dns.Answer)}
	compared := 0
	for _, name := range spfNames(z) {
		report := lint.Domain(t.Context(), resolver, name, spf.DefaultLimits())
		if report.ClientDependent {
			continue
		}
		compared++
		effect := report.Effect()
		c := spf.Checker{Resolver: resolver, Limits: spf.Limits{Lookups: 1000, VoidLookups: 1000}}
		for _, ip := range probes(report)[:200] {
			v := c.CheckHost(t.Context(), spf.Args{IP: ip, Domain: name, Sender: "user@" + name, HELO: name})
			if !effect[v.Result].Contains(ip) {
				t.Errorf("%s: %v is %v, and not in that effect", name, ip, v.Result)
				break
			}
		}
	}
	t.Logf("%d names", compared)
	if compared < 50 {
		t.Errorf("only %d names were compared", compared)
	}
}
