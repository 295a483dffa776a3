package spf

import (
	"net/netip"
	"testing"

	"policyd-spf/spf/dns"
	"policyd-spf/spf/dns/dnsfake"
)

// BenchmarkCheck evaluates a record like that of a large provider, with all
// answers cached, for a client that matches a late term.
func BenchmarkCheck(b *testing.B) {
	zone := dnsfake.Lines(`
		a.example TXT v=spf1 include:_spf.p.example include:m.example ip4:198.51.100.0/24 ~all
		_spf.p.example TXT v=spf1 include:n1.p.example include:n2.p.example include:n3.p.example ~all
		n1.p.example TXT v=spf1 ip4:198.51.100.0/25 ip4:203.0.113.0/26 ip4:203.0.113.64/26 ip4:203.0.113.128/26 ~all
		n2.p.example TXT v=spf1 ip6:2001:db8:1::/48 ip6:2001:db8:2::/48 ip6:2001:db8:3::/48 ~all
		n3.p.example TXT v=spf1 ip4:203.0.113.192/26 ip4:198.18.0.0/16 ip4:198.19.0.0/17 ip4:198.19.128.0/17 ~all
		m.example TXT v=spf1 ip4:192.0.2.0/24 -all`)
	cache, records := dns.NewCache(zone), NewRecordCache()
	for _, bm := range []struct {
		name       string
		prefetcher dns.Prefetcher
	}{{name: "sequential"}, {name: "prefetching", prefetcher: cache}} {
		b.Run(bm.name, func(b *testing.B) {
			ctx := b.Context()
			c := &Checker{Resolver: cache, Limits: DefaultLimits(), Records: records, Prefetcher: bm.prefetcher}
			q := Args{IP: netip.MustParseAddr("192.0.2.1"), Domain: "a.example", Sender: "u@a.example", HELO: "helo.example"}
			b.ReportAllocs()
			for b.Loop() {
				if v := c.CheckHost(ctx, q); v.Result != Pass {
					b.Fatal(v)
				}
			}
		})
	}
}
