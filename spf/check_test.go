package spf

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"policyd-spf/spf/dns"
	"policyd-spf/spf/dns/dnsfake"
)

// zoneResolver is a resolver with the answers of dnsfake.Lines.
type zoneResolver struct{ *dnsfake.Resolver }

func newZoneResolver(lines string) *zoneResolver { return &zoneResolver{dnsfake.Lines(lines)} }

// asked returns the questions that a resolver was asked, as text.
func asked(r *dnsfake.Resolver) []string {
	var list []string
	for _, q := range r.Asked {
		list = append(list, q.String())
	}
	return list
}

func (r *zoneResolver) check(sender string) Verdict {
	return r.checkFrom("192.0.2.1", sender)
}

func (r *zoneResolver) checkFrom(ip, sender string) Verdict {
	c := &Checker{Resolver: r, Limits: DefaultLimits()}
	return c.CheckHost(context.Background(), query(ip, sender))
}

func query(ip, sender string) Args {
	_, domain, _ := strings.Cut(sender, "@")
	return Args{IP: netip.MustParseAddr(ip), Domain: domain, Sender: sender, HELO: "helo.example"}
}

// TestVerdict tests the fields of a verdict. The suites test the results.
func TestVerdict(t *testing.T) {
	tests := []struct {
		name, zone, sender string
		want               Verdict // without Err
	}{
		{name: "the term that matched", zone: `
			a.example TXT v=spf1 ip4:198.51.100.1 +a -all
			a.example A 192.0.2.1`, sender: "u@a.example",
			want: Verdict{Result: Pass, Domain: "a.example", Record: "v=spf1 ip4:198.51.100.1 +a -all", Root: "v=spf1 ip4:198.51.100.1 +a -all", Term: "+a", Lookups: 1, TTL: time.Hour}},
		{name: "no term matched", zone: `a.example TXT v=spf1 ip4:198.51.100.1`, sender: "u@a.example",
			want: Verdict{Result: Neutral, Domain: "a.example", Record: "v=spf1 ip4:198.51.100.1", Root: "v=spf1 ip4:198.51.100.1", TTL: time.Hour}},
		{name: "no record", zone: `a.example TXT hello`, sender: "u@a.example",
			want: Verdict{Result: None, Domain: "a.example", TTL: time.Hour}},
		{name: "a void lookup", zone: `a.example TXT v=spf1 mx -all`, sender: "u@a.example",
			want: Verdict{Result: Fail, Domain: "a.example", Record: "v=spf1 mx -all", Root: "v=spf1 mx -all", Term: "-all", Lookups: 1, VoidLookups: 1, TTL: time.Hour}},
		{name: "after a redirect", zone: `
			a.example TXT v=spf1 redirect=b.example
			b.example TXT v=spf1 ~all`, sender: "u@a.example",
			want: Verdict{Result: Softfail, Domain: "b.example", Record: "v=spf1 ~all", Root: "v=spf1 redirect=b.example", Term: "~all", Lookups: 1, TTL: time.Hour}},
		{name: "an include", zone: `
			a.example TXT v=spf1 include:b.example -all
			b.example TXT v=spf1 +all`, sender: "u@a.example",
			want: Verdict{Result: Pass, Domain: "a.example", Record: "v=spf1 include:b.example -all", Root: "v=spf1 include:b.example -all", Term: "include:b.example", ByAll: true, Lookups: 1, TTL: time.Hour}},
		{name: "the local part is used", zone: `
			a.example TXT v=spf1 exists:%{l}.a.example -all
			u.a.example A 127.0.0.2`, sender: "u@a.example",
			want: Verdict{Result: Pass, Domain: "a.example", Record: "v=spf1 exists:%{l}.a.example -all", Root: "v=spf1 exists:%{l}.a.example -all", Term: "exists:%{l}.a.example", Lookups: 1, TTL: time.Hour, Vary: VaryLocalPart}},
		{name: "HELO is used", zone: `
			a.example TXT v=spf1 exists:%{h}.a.example -all`, sender: "u@a.example",
			want: Verdict{Result: Fail, Domain: "a.example", Record: "v=spf1 exists:%{h}.a.example -all", Root: "v=spf1 exists:%{h}.a.example -all", Term: "-all", Lookups: 1, VoidLookups: 1, TTL: time.Hour, Vary: VaryHELO}},
		{name: "an explanation that uses the local part", zone: `
			a.example TXT v=spf1 -all exp=e.a.example
			e.a.example TXT %{s} may not`, sender: "u@a.example",
			want: Verdict{Result: Fail, Domain: "a.example", Record: "v=spf1 -all exp=e.a.example", Root: "v=spf1 -all exp=e.a.example", Term: "-all", Explanation: "u@a.example may not", TTL: time.Hour, Vary: VaryLocalPart}},
		{name: "an explanation with the time", zone: `
			a.example TXT v=spf1 -all exp=e.a.example
			e.a.example TXT now%{t1.}`, sender: "u@a.example",
			want: Verdict{Result: Fail, Domain: "a.example", Record: "v=spf1 -all exp=e.a.example", Root: "v=spf1 -all exp=e.a.example", Term: "-all", Explanation: "now946684800"}},
		{name: "an explanation whose lookup fails", zone: `
			a.example TXT v=spf1 -all exp=e.a.example
			e.a.example TXT !`, sender: "u@a.example",
			want: Verdict{Result: Fail, Domain: "a.example", Record: "v=spf1 -all exp=e.a.example", Root: "v=spf1 -all exp=e.a.example", Term: "-all"}},
		{name: "an explanation that does not exist is no void lookup", zone: `
			a.example TXT v=spf1 -all exp=e.a.example`, sender: "u@a.example",
			want: Verdict{Result: Fail, Domain: "a.example", Record: "v=spf1 -all exp=e.a.example", Root: "v=spf1 -all exp=e.a.example", Term: "-all", TTL: time.Hour}},
		{name: "an explanation whose %{p} exceeds the limit of void lookups", zone: `
			a.example TXT v=spf1 a:x.example a:y.example -all exp=e.a.example
			e.a.example TXT %{p} and %{p}
			1.2.0.192.in-addr.arpa PTR h1.example
			1.2.0.192.in-addr.arpa PTR h2.example
			h1.example A 192.0.2.1`, sender: "u@a.example",
			want: Verdict{Result: Fail, Domain: "a.example", Record: "v=spf1 a:x.example a:y.example -all exp=e.a.example", Root: "v=spf1 a:x.example a:y.example -all exp=e.a.example", Term: "-all",
				Explanation: "unknown and unknown", Lookups: 2, VoidLookups: 3, TTL: time.Hour}},
		{name: "a PTR lookup that fails", zone: `
			a.example TXT v=spf1 ptr -all
			1.2.0.192.in-addr.arpa PTR !`, sender: "u@a.example",
			want: Verdict{Result: Fail, Domain: "a.example", Record: "v=spf1 ptr -all", Root: "v=spf1 ptr -all", Term: "-all", Lookups: 1}},
		{name: "a PTR name whose lookup fails", zone: `
			a.example TXT v=spf1 ptr -all
			1.2.0.192.in-addr.arpa PTR h.a.example
			h.a.example A !`, sender: "u@a.example",
			want: Verdict{Result: Fail, Domain: "a.example", Record: "v=spf1 ptr -all", Root: "v=spf1 ptr -all", Term: "-all", Lookups: 1}},
		{name: "a PTR lookup with too long a CNAME chain", zone: `
			a.example TXT v=spf1 ptr -all
			1.2.0.192.in-addr.arpa PTR @`, sender: "u@a.example",
			want: Verdict{Result: Fail, Domain: "a.example", Record: "v=spf1 ptr -all", Root: "v=spf1 ptr -all", Term: "-all", Lookups: 1}},
		{name: "the TTL of a term's answer", zone: `
			a.example TXT v=spf1 a -all
			a.example A 192.0.2.1
			a.example TTL 60`, sender: "u@a.example",
			want: Verdict{Result: Pass, Domain: "a.example", Record: "v=spf1 a -all", Root: "v=spf1 a -all", Term: "a", Lookups: 1, TTL: time.Minute}},
		{name: "the TTL of a void answer", zone: `
			a.example TXT v=spf1 a:x.example -all
			x.example TTL 60`, sender: "u@a.example",
			want: Verdict{Result: Fail, Domain: "a.example", Record: "v=spf1 a:x.example -all", Root: "v=spf1 a:x.example -all", Term: "-all", Lookups: 1, VoidLookups: 1, TTL: time.Minute}},
		{name: "the TTL of the explanation", zone: `
			a.example TXT v=spf1 -all exp=e.example
			e.example TXT no
			e.example TTL 60`, sender: "u@a.example",
			want: Verdict{Result: Fail, Domain: "a.example", Record: "v=spf1 -all exp=e.example", Root: "v=spf1 -all exp=e.example", Term: "-all", Explanation: "no", TTL: time.Minute}},
		{name: "a TTL over a day", zone: `
			a.example TXT v=spf1 -all
			a.example TTL 86401`, sender: "u@a.example",
			want: Verdict{Result: Fail, Domain: "a.example", Record: "v=spf1 -all", Root: "v=spf1 -all", Term: "-all", TTL: 24 * time.Hour}},
		{name: "temperror", zone: `
			a.example TXT v=spf1 a -all
			a.example A !`, sender: "u@a.example",
			want: Verdict{Result: Temperror, Domain: "a.example", Record: "v=spf1 a -all", Root: "v=spf1 a -all", Term: "a", Lookups: 1}},
		{name: "too long a CNAME chain", zone: `
			a.example TXT v=spf1 a -all
			a.example A @`, sender: "u@a.example",
			want: Verdict{Result: Permerror, Domain: "a.example", Record: "v=spf1 a -all", Root: "v=spf1 a -all", Term: "a", Lookups: 1, TTL: time.Hour}},
		{name: "a syntax error", zone: `
			a.example TXT v=spf1 moo`, sender: "u@a.example",
			want: Verdict{Result: Permerror, Domain: "a.example", Record: "v=spf1 moo", Root: "v=spf1 moo", TTL: time.Hour}},
		{name: "a syntax error in an include", zone: `
			a.example TXT v=spf1 include:b.example -all
			b.example TXT v=spf1 moo`, sender: "u@a.example",
			want: Verdict{Result: Permerror, Domain: "a.example", Record: "v=spf1 include:b.example -all", Root: "v=spf1 include:b.example -all", Term: "include:b.example", Lookups: 1, TTL: time.Hour}},
		{name: "a syntax error after a redirect", zone: `
			a.example TXT v=spf1 redirect=b.example
			b.example TXT v=spf1 moo`, sender: "u@a.example",
			want: Verdict{Result: Permerror, Domain: "b.example", Record: "v=spf1 moo", Root: "v=spf1 redirect=b.example", Lookups: 1, TTL: time.Hour}},
		{name: "a redirect without record", zone: `
			a.example TXT v=spf1 redirect=b.example
			b.example TXT hello`, sender: "u@a.example",
			want: Verdict{Result: Permerror, Domain: "a.example", Record: "v=spf1 redirect=b.example", Root: "v=spf1 redirect=b.example", Term: "redirect=b.example", Lookups: 1, TTL: time.Hour}},
		{name: "no explanation of an include's fail", zone: `
			a.example TXT v=spf1 include:b.example ?all
			b.example TXT v=spf1 -all exp=e.example
			e.example TXT no`, sender: "u@a.example",
			want: Verdict{Result: Neutral, Domain: "a.example", Record: "v=spf1 include:b.example ?all", Root: "v=spf1 include:b.example ?all", Term: "?all", Lookups: 1, TTL: time.Hour}},
		{name: "two explanations", zone: `
			a.example TXT v=spf1 -all exp=e.example
			e.example TXT no
			e.example TXT never`, sender: "u@a.example",
			want: Verdict{Result: Fail, Domain: "a.example", Record: "v=spf1 -all exp=e.example", Root: "v=spf1 -all exp=e.example", Term: "-all", TTL: time.Hour}},
		{name: "an explanation beyond US-ASCII", zone: `
			a.example TXT v=spf1 -all exp=e.example
			e.example TXT nö`, sender: "u@a.example",
			want: Verdict{Result: Fail, Domain: "a.example", Record: "v=spf1 -all exp=e.example", Root: "v=spf1 -all exp=e.example", Term: "-all", TTL: time.Hour}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // for %{t}
				got := newZoneResolver(test.zone).check(test.sender)
				got.Err = nil
				if got != test.want {
					t.Errorf("got  %+v\nwant %+v", got, test.want)
				}
			})
		})
	}
}

func TestVerdictByAll(t *testing.T) {
	for _, test := range []struct {
		name, ip, zone string
		want           bool
	}{
		{name: "+all", zone: "a.example TXT v=spf1 +all", want: true},
		{name: "all", zone: "a.example TXT v=spf1 all", want: true},
		{name: "?all", zone: "a.example TXT v=spf1 ?all"},
		{name: "a host before +all", zone: "a.example TXT v=spf1 ip4:192.0.2.1 +all"},
		{name: "IPv4 /8", zone: "a.example TXT v=spf1 ip4:192.0.0.0/8 -all"},
		{name: "IPv4 /7", zone: "a.example TXT v=spf1 ip4:192.0.0.0/7 -all", want: true},
		{name: "IPv4 /0", zone: "a.example TXT v=spf1 ip4:0.0.0.0/0 -all", want: true},
		{name: "~ with IPv4 /0", zone: "a.example TXT v=spf1 ~ip4:0.0.0.0/0 -all"},
		{name: "IPv6 /16", ip: "2001:db8::1", zone: "a.example TXT v=spf1 ip6:2001::/16 -all"},
		{name: "IPv6 /15", ip: "2001:db8::1", zone: "a.example TXT v=spf1 ip6:2000::/15 -all", want: true},
		{name: "a/7", zone: "a.example TXT v=spf1 a/7 -all\na.example A 192.0.2.9", want: true},
		{name: "a//15 for IPv4", zone: "a.example TXT v=spf1 a//15 -all\na.example A 192.0.2.1"},
		{name: "a//15 for IPv6", ip: "2001:db8::1", zone: "a.example TXT v=spf1 a//15 -all\na.example AAAA 2001:db8::9", want: true},
		{name: "mx/0", zone: "a.example TXT v=spf1 mx/0 -all\na.example MX m.example.\nm.example A 198.51.100.1", want: true},
		{name: "exists", zone: "a.example TXT v=spf1 exists:a.example -all\na.example A 192.0.2.9"},
		{name: "+all in an include", zone: "a.example TXT v=spf1 include:b.example -all\nb.example TXT v=spf1 +all", want: true},
		{name: "+all in an include of an include", zone: "a.example TXT v=spf1 include:b.example -all\nb.example TXT v=spf1 include:c.example -all\nc.example TXT v=spf1 +all", want: true},
		{name: "a host in an include after one with +all that does not pass", zone: "a.example TXT v=spf1 ?include:b.example include:c.example -all\nb.example TXT v=spf1 -ip4:192.0.2.1 +all\nc.example TXT v=spf1 ip4:192.0.2.1 -all"},
		{name: "a host after an include with +all that ends Neutral", zone: "a.example TXT v=spf1 ?include:b.example -all\nb.example TXT v=spf1 +all"},
		{name: "+all in a redirect", zone: "a.example TXT v=spf1 redirect=b.example\nb.example TXT v=spf1 +all", want: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.ip == "" {
				test.ip = "192.0.2.1"
			}
			if v := newZoneResolver(test.zone).checkFrom(test.ip, "u@a.example"); v.ByAll != test.want {
				t.Errorf("ByAll is %t: %+v", v.ByAll, v)
			}
		})
	}
}

func TestVoidTerms(t *testing.T) {
	const mx = "a.example TXT v=spf1 mx -all\na.example MX m1.example.\na.example MX m2.example.\na.example MX m3.example.\na.example MX m4.example.\nm4.example AAAA 2001:db8::1\n"
	for _, test := range []struct {
		name   string
		limits Limits
		zone   string
		want   Result
		voids  int
	}{
		{name: "an mx of four hosts, lookups", limits: DefaultLimits(), zone: mx, want: Permerror, voids: 3},
		{name: "an mx of four hosts, terms", limits: Limits{Lookups: 10, VoidLookups: 2, VoidTerms: true}, zone: mx, want: Pass, voids: 1},
		{name: "an mx of four hosts, no term may be void", limits: Limits{Lookups: 10, VoidTerms: true}, zone: mx, want: Permerror, voids: 1},
		{name: "three terms", limits: Limits{Lookups: 10, VoidLookups: 2, VoidTerms: true},
			zone: "a.example TXT v=spf1 a:x.example a:y.example a:z.example -all", want: Permerror, voids: 3},
		{name: "terms in an include count by themselves", limits: Limits{Lookups: 10, VoidLookups: 2, VoidTerms: true},
			zone: "a.example TXT v=spf1 include:b.example a:z.example -all\nb.example TXT v=spf1 a:x.example a:y.example -all", want: Permerror, voids: 3},
		{name: "names of ptr", limits: Limits{Lookups: 10, VoidLookups: 1, VoidTerms: true},
			zone: "a.example TXT v=spf1 ptr -all\n1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR x.example.\n1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR y.example.", want: Fail, voids: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := &Checker{Resolver: newZoneResolver(test.zone), Limits: test.limits}
			if v := c.CheckHost(context.Background(), query("2001:db8::1", "u@a.example")); v.Result != test.want || v.VoidLookups != test.voids {
				t.Errorf("%v, %d void lookups (%v); want %v, %d", v.Result, v.VoidLookups, v.Err, test.want, test.voids)
			}
		})
	}
}

func TestDualStack(t *testing.T) {
	var elevenHosts strings.Builder
	elevenHosts.WriteString("a.example TXT v=spf1 mx a:h10.example -all")
	for i := range 11 {
		fmt.Fprintf(&elevenHosts, "\nh%d.example A 192.0.2.1", i)
		if i < 10 {
			fmt.Fprintf(&elevenHosts, "\na.example MX h%d.example", i)
		}
	}
	const hosts = "a.example TXT v=spf1 a:x.example a:y.example a:z.example -all\nx.example A 192.0.2.1\ny.example A 192.0.2.2\nz.example "
	for _, test := range []struct {
		name, ip, zone string
		dualStack      bool
		want           Result
		voids, lookups int
		ttl            time.Duration
	}{
		{name: "off", zone: hosts + "A 192.0.2.3", want: Permerror, voids: 3, lookups: 4, ttl: time.Hour},
		{name: "on", zone: hosts + "A 192.0.2.3", dualStack: true, want: Fail, lookups: 7, ttl: time.Hour},
		{name: "a host with IPv6 addresses has one lookup", zone: hosts + "AAAA 2001:db8::1", dualStack: true, want: Pass, lookups: 6, ttl: time.Hour},
		{name: "a host without addresses", zone: hosts + "TXT x", dualStack: true, want: Fail, voids: 1, lookups: 7, ttl: time.Hour},
		{name: "a host that does not exist has one lookup", zone: "a.example TXT v=spf1 a:x.example -all", dualStack: true, want: Fail, voids: 1, lookups: 2, ttl: time.Hour},
		{name: "a lookup of IPv4 addresses that fails", zone: hosts + "A !", dualStack: true, want: Fail, voids: 1, lookups: 7},
		{name: "the eleventh host counts", zone: elevenHosts.String(), dualStack: true, want: Fail, voids: 1, lookups: 2 + 10 + 10 + 1, ttl: time.Hour},
		{name: "an IPv4 client", ip: "198.51.100.1", zone: "a.example TXT v=spf1 a:x.example -all\nx.example AAAA 2001:db8::2", dualStack: true, want: Fail, voids: 1, lookups: 2, ttl: time.Hour},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.ip == "" {
				test.ip = "2001:db8::1"
			}
			r := newZoneResolver(test.zone)
			c := &Checker{Resolver: r, Limits: Limits{Lookups: 10, VoidLookups: 2, DualStack: test.dualStack}}
			v := c.CheckHost(context.Background(), query(test.ip, "u@a.example"))
			if v.Result != test.want || v.VoidLookups != test.voids || len(r.Asked) != test.lookups || v.TTL != test.ttl {
				t.Errorf("%v, %d void lookups, %d lookups, TTL %v; want %v, %d, %d, %v", v.Result, v.VoidLookups, len(r.Asked), v.TTL, test.want, test.voids, test.lookups, test.ttl)
			}
		})
	}
}

func TestVerdictErr(t *testing.T) {
	terms := func(n int) string {
		s := "a.example TXT v=spf1"
		for i := range n {
			s += fmt.Sprintf(" a:h%d.a.example", i)
		}
		for i := range n {
			s += fmt.Sprintf("\nh%d.a.example A 198.51.100.1", i)
		}
		return s
	}
	mx := func(n int) string {
		s := "a.example TXT v=spf1 mx -all"
		for i := range n {
			s += fmt.Sprintf("\na.example MX h%d.a.example\nh%d.a.example A 198.51.100.1", i, i)
		}
		return s
	}
	tests := []struct {
		name, zone string
		result     Result
		want       error
	}{
		{name: "ten terms", zone: terms(10), result: Neutral},
		{name: "eleven terms", zone: terms(11), result: Permerror, want: &LimitError{LookupLimit, 10}},
		{name: "two void lookups", zone: "a.example TXT v=spf1 a:x.example mx:x.example -all", result: Fail},
		{name: "three void lookups", zone: "a.example TXT v=spf1 a:x.example mx:x.example a:y.example -all", result: Permerror, want: &LimitError{VoidLookupLimit, 2}},
		{name: "three void lookups, the last for %{p}", zone: "a.example TXT v=spf1 a:x.example a:y.example exists:%{p}.e.example -all\nunknown.e.example A 127.0.0.2",
			result: Permerror, want: &LimitError{VoidLookupLimit, 2}},
		{name: "three void lookups, the last for %{p} of an include", zone: "a.example TXT v=spf1 a:x.example a:y.example include:%{p}.e.example -all\nunknown.e.example TXT v=spf1 +all",
			result: Permerror, want: &LimitError{VoidLookupLimit, 2}},
		{name: "three void lookups, the last for %{p} of a redirect", zone: "a.example TXT v=spf1 a:x.example a:y.example redirect=%{p}.e.example\nunknown.e.example TXT v=spf1 +all",
			result: Permerror, want: &LimitError{VoidLookupLimit, 2}},
		{name: "three void lookups, the last for %{p} of exp", zone: "a.example TXT v=spf1 a:x.example a:y.example -all exp=%{p}.e.example\nunknown.e.example TXT no", result: Fail},
		{name: "the void PTR lookup of three ptr", zone: "a.example TXT v=spf1 ptr ptr:b.example include:b.example +all\nb.example TXT v=spf1 ptr", result: Permerror, want: &LimitError{VoidLookupLimit, 2}},
		{name: "the void PTR lookup of two ptr", zone: "a.example TXT v=spf1 ptr ptr:b.example +all", result: Pass},
		{name: "the void PTR lookup of a ptr and a %{p}", zone: "a.example TXT v=spf1 ptr exists:%{p}.e.example a:x.example +all\nunknown.e.example A 127.0.0.2",
			result: Pass},
		{name: "the void PTR lookup of a ptr, a %{p} and a ptr", zone: "a.example TXT v=spf1 ptr ?exists:%{p}.f.example ptr -all\nunknown.f.example A 127.0.0.2",
			result: Neutral},
		{name: "the void PTR lookup of four %{p}", zone: "a.example TXT v=spf1 include:b.example +all\nb.example TXT v=spf1 " +
			"-exists:%{p}.e.example -exists:%{p}.e.example -exists:%{p}.e.example", result: Permerror, want: &LimitError{VoidLookupLimit, 2}},
		{name: "ten MX hosts", zone: mx(10), result: Fail},
		{name: "eleven MX hosts", zone: mx(11), result: Permerror, want: &LimitError{MXLimit, 10}},
		{name: "two records", zone: "a.example TXT v=spf1 a\na.example TXT v=spf1 mx", result: Permerror, want: &RecordError{MultipleRecords, "a.example", ""}},
		{name: "an include without record", zone: "a.example TXT v=spf1 include:b.example", result: Permerror, want: &RecordError{IncludeNoRecord, "b.example", "include:b.example"}},
		{name: "an include without record, in capitals", zone: "a.example TXT v=spf1 include:B.%{d2}.C.", result: Permerror, want: &RecordError{IncludeNoRecord, "B.a.example.C", "include:B.%{d2}.C."}},
		{name: "an include of no name", zone: "a.example TXT v=spf1 include:b..example", result: Permerror, want: &RecordError{IncludeNoRecord, "b..example", "include:b..example"}},
		{name: "a redirect to no name", zone: "a.example TXT v=spf1 redirect=b..example", result: Permerror, want: &RecordError{RedirectNoRecord, "b..example", "redirect=b..example"}},
		{name: "a redirect without record", zone: "a.example TXT v=spf1 redirect=b.example", result: Permerror, want: &RecordError{RedirectNoRecord, "b.example", "redirect=b.example"}},
		{name: "an include of a long name without record", zone: "a.example TXT v=spf1 include:" + strings.Repeat("B.", 126) + "Cd.example", result: Permerror,
			want: &RecordError{IncludeNoRecord, strings.Repeat("B.", 121) + "Cd.example", "include:" + strings.Repeat("B.", 126) + "Cd.example"}},
		{name: "an include of itself", zone: "a.example TXT v=spf1 include:%{d}", result: Permerror, want: &RecordError{SelfInclude, "a.example", "include:%{d}"}},
		{name: "an error in an include", zone: "a.example TXT v=spf1 include:b.example\nb.example TXT v=spf1 moo", result: Permerror,
			want: &SyntaxError{Kind: UnknownMechanism, Domain: "b.example", Record: "v=spf1 moo", Term: "moo", Offset: 7}},
		{name: "SERVFAIL in an include", zone: "a.example TXT v=spf1 include:b.example -all\nb.example TXT !", result: Temperror, want: &dns.Error{Kind: dns.BadRcode, Question: dns.Question{Name: "b.example", Type: dns.TypeTXT}, Rcode: 2}},
		{name: "exists of a name without A records", zone: "a.example TXT v=spf1 exists:b.example -all\nb.example TXT x", result: Fail},
		{name: "SERVFAIL", zone: "a.example TXT !", result: Temperror, want: &dns.Error{Kind: dns.BadRcode, Question: dns.Question{Name: "a.example", Type: dns.TypeTXT}, Rcode: 2}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v := newZoneResolver(test.zone).check("u@a.example")
			if v.Result != test.result {
				t.Errorf("result %v, want %v", v.Result, test.result)
			}
			if !reflect.DeepEqual(v.Err, test.want) {
				t.Errorf("error %#v, want %#v", v.Err, test.want)
			}
		})
	}
}

func TestCheckHostEndsWithContext(t *testing.T) {
	tests := []struct {
		name, zone string
		time       time.Duration
		result     Result
		kind       dns.ErrorKind
	}{
		{name: "during a lookup", zone: "a.example TXT ?", time: time.Second, result: Temperror, kind: dns.Timeout},
		{name: "before a lookup", zone: "a.example TXT v=spf1 -all", time: -1, result: Temperror, kind: dns.OutOfTime},
		{name: "a PTR lookup that times out", zone: "a.example TXT v=spf1 ptr -all\n1.2.0.192.in-addr.arpa PTR ?", time: time.Second, result: Fail, kind: 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(context.Background(), test.time)
				defer cancel()
				c := &Checker{Resolver: newZoneResolver(test.zone), Limits: DefaultLimits()}
				v := c.CheckHost(ctx, query("192.0.2.1", "u@a.example"))
				if v.Result != test.result {
					t.Errorf("result %v, want %v", v.Result, test.result)
				}
				var dns *dns.Error
				if test.result == Temperror && (!errors.As(v.Err, &dns) || dns.Kind != test.kind) {
					t.Errorf("error %v, want kind %d", v.Err, test.kind)
				}
			})
		})
	}
}

// A check whose context is cancelled makes no more lookups.
func TestCheckHostEndsWithCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	zone := newZoneResolver("a.example TXT v=spf1 a -all\na.example A 192.0.2.1")
	c := &Checker{Limits: DefaultLimits(), Resolver: dnsfake.Func(func(q dns.Question, deadline time.Time) (dns.Answer, error) {
		cancel()
		return zone.Lookup(q, deadline)
	})}
	v := c.CheckHost(ctx, query("192.0.2.1", "u@a.example"))
	var dns *dns.Error
	if v.Result != Temperror || !errors.As(v.Err, &dns) || len(zone.Asked) != 1 {
		t.Errorf("got %v (%v) after the lookups %v", v.Result, v.Err, zone.Asked)
	}
}

func TestLookupsMade(t *testing.T) {
	tests := []struct {
		name, ip, zone string
		want           []string
	}{
		{name: "only A for IPv4", ip: "192.0.2.1", zone: "a.example TXT v=spf1 a -all", want: []string{"a.example TXT", "a.example A"}},
		{name: "only AAAA for IPv6", ip: "2001:db8::1", zone: "a.example TXT v=spf1 a -all", want: []string{"a.example TXT", "a.example AAAA"}},
		{name: "A for a mapped address", ip: "::ffff:192.0.2.1", zone: "a.example TXT v=spf1 a -all", want: []string{"a.example TXT", "a.example A"}},
		{name: "A for exists", ip: "2001:db8::1", zone: "a.example TXT v=spf1 exists:e.example -all", want: []string{"a.example TXT", "e.example A"}},
		{name: "no exp for softfail", ip: "192.0.2.1", zone: "a.example TXT v=spf1 ~all exp=e.example", want: []string{"a.example TXT"}},
		{name: "a void PTR lookup for ptr and for the first %{p}", ip: "192.0.2.1", zone: "a.example TXT v=spf1 ptr:x.example a:%{p} exists:%{p} -all\nunknown A 198.51.100.1",
			want: []string{"a.example TXT", "1.2.0.192.in-addr.arpa PTR", "1.2.0.192.in-addr.arpa PTR", "unknown A", "unknown A"}},
		{name: "nothing for a redirect over the limit", ip: "192.0.2.1", zone: "a.example TXT v=spf1" + strings.Repeat(" a", 10) + " redirect=%{p}\na.example A 192.0.2.9",
			want: append([]string{"a.example TXT"}, slices.Repeat([]string{"a.example A"}, 10)...)},
		{name: "nothing before a syntax error", ip: "192.0.2.1", zone: "a.example TXT v=spf1 a moo", want: []string{"a.example TXT"}},
		{name: "no invalid names", ip: "192.0.2.1", zone: "a.example TXT v=spf1 a:a..example -all", want: []string{"a.example TXT"}},
		{name: "no PTR for other macros", ip: "192.0.2.1", zone: "a.example TXT v=spf1 exists:%{s}.%{l}.%{o}.%{d}.%{i}.%{v}.%{h} -all",
			want: []string{"a.example TXT", "u@a.example.u.a.example.a.example.192.0.2.1.in-addr.helo.example A"}},
		{name: "no explanation whose name exceeds the limit of void lookups", ip: "192.0.2.1", zone: "a.example TXT v=spf1 a:x.example a:y.example -all exp=%{p}.e.example",
			want: []string{"a.example TXT", "x.example A", "y.example A", "1.2.0.192.in-addr.arpa PTR"}},
		{name: "only void lookups for a second ptr", ip: "192.0.2.1", zone: "a.example TXT v=spf1 ptr:x.example ptr:y.example -all\n" +
			"1.2.0.192.in-addr.arpa PTR h1.example\n1.2.0.192.in-addr.arpa PTR h2.example\nh2.example A 192.0.2.1",
			want: []string{"a.example TXT", "1.2.0.192.in-addr.arpa PTR", "h1.example A", "h2.example A", "h1.example A"}},
		{name: "a validated name resolves to the address", ip: "192.0.2.1", zone: "a.example TXT v=spf1 exists:%{p} -all\n" +
			"1.2.0.192.in-addr.arpa PTR h1.example\n1.2.0.192.in-addr.arpa PTR h2.example\nh1.example A 192.0.2.9\nh2.example A 192.0.2.1",
			want: []string{"a.example TXT", "1.2.0.192.in-addr.arpa PTR", "h1.example A", "h2.example A", "h2.example A"}},
		{name: "all MX hosts, even after a match", ip: "192.0.2.1", zone: "a.example TXT v=spf1 mx -all\na.example MX h1.example\na.example MX h2.example\nh1.example A 192.0.2.1",
			want: []string{"a.example TXT", "a.example MX", "h1.example A", "h2.example A"}},
		{name: "no MX hosts beyond US-ASCII", ip: "192.0.2.1", zone: "a.example TXT v=spf1 mx -all\na.example MX h\xfc.example\na.example MX h2.example",
			want: []string{"a.example TXT", "a.example MX", "h2.example A"}},
		{name: "no null MX host", ip: "192.0.2.1", zone: "a.example TXT v=spf1 mx -all\na.example MX .",
			want: []string{"a.example TXT", "a.example MX"}},
		{name: "no PTR names beyond US-ASCII", ip: "192.0.2.1", zone: "a.example TXT v=spf1 ptr -all\n1.2.0.192.in-addr.arpa PTR h\xfc.example\n1.2.0.192.in-addr.arpa PTR h2.example",
			want: []string{"a.example TXT", "1.2.0.192.in-addr.arpa PTR", "h2.example A"}},
		{name: "the domain itself for %{p}", ip: "192.0.2.1", zone: "a.example TXT v=spf1 exists:%{p}.e.example -all\n" +
			"1.2.0.192.in-addr.arpa PTR h.a.example\n1.2.0.192.in-addr.arpa PTR a.example\nh.a.example A 192.0.2.1\na.example A 192.0.2.1",
			want: []string{"a.example TXT", "1.2.0.192.in-addr.arpa PTR", "h.a.example A", "a.example A", "a.example.e.example A"}},
		{name: "the first subdomain for %{p}", ip: "192.0.2.1", zone: "a.example TXT v=spf1 exists:%{p}.e.example -all\n" +
			"1.2.0.192.in-addr.arpa PTR x.example\n1.2.0.192.in-addr.arpa PTR h1.a.example\n1.2.0.192.in-addr.arpa PTR h2.a.example\n" +
			"x.example A 192.0.2.1\nh1.a.example A 192.0.2.1\nh2.a.example A 192.0.2.1",
			want: []string{"a.example TXT", "1.2.0.192.in-addr.arpa PTR", "x.example A", "h1.a.example A", "h2.a.example A", "h1.a.example.e.example A"}},
		{name: "the first name for %{p}", ip: "192.0.2.1", zone: "a.example TXT v=spf1 exists:%{p}.e.example -all\n" +
			"1.2.0.192.in-addr.arpa PTR x.example\n1.2.0.192.in-addr.arpa PTR ba.example\nx.example A 192.0.2.1\nba.example A 192.0.2.1",
			want: []string{"a.example TXT", "1.2.0.192.in-addr.arpa PTR", "x.example A", "ba.example A", "x.example.e.example A"}},
		{name: "ten PTR names", ip: "192.0.2.1", zone: "a.example TXT v=spf1 ptr -all" +
			strings.Repeat("\n1.2.0.192.in-addr.arpa PTR h.example", 12) + "\nh.example A 192.0.2.9",
			want: append([]string{"a.example TXT", "1.2.0.192.in-addr.arpa PTR"}, slices.Repeat([]string{"h.example A"}, 10)...)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newZoneResolver(test.zone)
			r.checkFrom(test.ip, "u@a.example")
			if !slices.Equal(asked(r.Resolver), test.want) {
				t.Errorf("got  %q\nwant %q", asked(r.Resolver), test.want)
			}
		})
	}
	for _, domain := range []string{"example", "", ".", "a..example", "[192.0.2.1]", strings.Repeat("a", 64) + ".example"} {
		t.Run("no lookup for "+domain, func(t *testing.T) {
			r := newZoneResolver("")
			if v := r.check("u@" + domain); v.Result != None || len(asked(r.Resolver)) > 0 {
				t.Errorf("result %v, lookups %q", v.Result, asked(r.Resolver))
			}
		})
	}
}

// The zone of a link-local client is not part of its address.
func TestCheckHost_clientWithZone(t *testing.T) {
	r := newZoneResolver("a.example TXT v=spf1 ip6:fe80::1 -all")
	if v := r.checkFrom("fe80::1%eth0", "u@a.example"); v.Result != Pass {
		t.Errorf("result %v, want pass", v.Result)
	}
}

func TestVoidLookupLimit(t *testing.T) {
	tests := []struct {
		name   string
		domain string
		helo   string
		zone   string
		limit  int
		result Result
		voids  int
	}{
		{name: "a single-label name over the limit", domain: "localhost", limit: 0, result: Permerror, voids: 1},
		{name: "a single-label name at the limit", domain: "localhost", limit: 1, result: None, voids: 1},
		{name: "an address literal over the limit", domain: "[192.0.2.1]", limit: 0, result: Permerror, voids: 1},
		{name: "a malformed name is not a void lookup", domain: "a..example", limit: 0, result: None},
		{name: "a name without A-label is not a void lookup", domain: "☃.example", limit: 0, result: None},
		{name: "no such domain over the limit", domain: "x.example", limit: 0, result: Permerror, voids: 1},
		{name: "TXT records without SPF record", domain: "a.example", zone: "a.example TXT hello", limit: 0, result: None},
		{name: "a single-label include over the limit", domain: "a.example", helo: "localhost", zone: "a.example TXT v=spf1 include:%{h} -all", limit: 0, result: Permerror, voids: 1},
		{name: "a single-label include at the limit", domain: "a.example", helo: "localhost", zone: "a.example TXT v=spf1 a include:%{h} -all\na.example A 192.0.2.9", limit: 1, result: Permerror, voids: 1},
		{name: "a single-label redirect over the limit", domain: "a.example", helo: "localhost", zone: "a.example TXT v=spf1 redirect=%{h}", limit: 0, result: Permerror, voids: 1},
		{name: "void lookups in an include count", domain: "a.example", zone: "a.example TXT v=spf1 a:x.example include:b.example -all\nb.example TXT v=spf1 mx:x.example -all", limit: 1, result: Permerror, voids: 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := &Checker{Resolver: newZoneResolver(test.zone), Limits: Limits{Lookups: 10, VoidLookups: test.limit}}
			v := c.CheckHost(context.Background(), Args{IP: netip.MustParseAddr("192.0.2.1"), Domain: test.domain, HELO: test.helo})
			if v.Result != test.result || v.VoidLookups != test.voids {
				t.Errorf("result %v, %d void lookups, want %v, %d (%v)", v.Result, v.VoidLookups, test.result, test.voids, v.Err)
			}
			var limit *LimitError
			if over := test.voids > test.limit; errors.As(v.Err, &limit) != over {
				t.Errorf("error %v, want a limit error: %t", v.Err, over)
			}
		})
	}
}

// steps is an Observer that records events in short form.
type steps []string

func (s *steps) Event(ev Event) {
	switch ev := ev.(type) {
	case RecordEvent:
		*s = append(*s, fmt.Sprintf("%d record %s %q", ev.Depth, ev.Domain, ev.Text))
	case TermEvent:
		*s = append(*s, fmt.Sprintf("%d term %s %q %d", ev.Depth, ev.Term, ev.Target, ev.Lookups))
	case MatchEvent:
		*s = append(*s, fmt.Sprintf("%d match %v %v", ev.Depth, ev.Matched, ev.Result))
	case VoidEvent:
		*s = append(*s, fmt.Sprintf("void %s %d", ev.Question, ev.VoidLookups))
	case LookupEvent:
		*s = append(*s, fmt.Sprintf("lookup %s", ev.Question))
	case ExplanationEvent:
		*s = append(*s, fmt.Sprintf("explanation %s %q", ev.Target, ev.Value))
	}
}

func TestEvents(t *testing.T) {
	r := newZoneResolver(`
		a.example TXT v=spf1 include:%{d1}.b.example mx -all exp=e.example
		example.b.example TXT v=spf1 ip4:198.51.100.1 redirect=c.example
		c.example TXT v=spf1 ?all
		e.example TXT no`)
	var got steps
	c := &Checker{Resolver: &TracingResolver{r, &got}, Limits: DefaultLimits(), Observer: &got}
	c.CheckHost(context.Background(), query("192.0.2.1", "u@a.example"))
	want := steps{
		`lookup a.example TXT`,
		`0 record a.example "v=spf1 include:%{d1}.b.example mx -all exp=e.example"`,
		`0 term include:%{d1}.b.example "example.b.example" 1`,
		`lookup example.b.example TXT`,
		`1 record example.b.example "v=spf1 ip4:198.51.100.1 redirect=c.example"`,
		`1 term ip4:198.51.100.1 "" 1`,
		`1 match false none`,
		`1 term redirect=c.example "c.example" 2`,
		`lookup c.example TXT`,
		`1 record c.example "v=spf1 ?all"`,
		`1 term ?all "" 2`,
		`1 match true neutral`,
		`1 match true neutral`,
		`0 match false none`,
		`0 term mx "a.example" 3`,
		`lookup a.example MX`,
		`void a.example MX 1`,
		`0 match false none`,
		`0 term -all "" 3`,
		`0 match true fail`,
		`lookup e.example TXT`,
		`explanation e.example "no"`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
