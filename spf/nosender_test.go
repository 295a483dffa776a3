package spf

import (
	"context"
	"net/netip"
	"policyd-spf/spf/dns/dnsfake"
	"testing"
)

// An empty sender is postmaster at the domain (RFC 7208, 2.4 and 4.3).
func TestCheckHost_emptySender(t *testing.T) {
	zone := `
		x.example TXT v=spf1 exists:%{l}.%{o}.%{h}.e.example -all
		postmaster.x.example.helo.example.e.example A 127.0.0.2`
	for _, domain := range []string{"x.example", "x.example.", "X.Example"} {
		t.Run(domain, func(t *testing.T) {
			c := &Checker{Resolver: dnsfake.Lines(zone), Limits: DefaultLimits()}
			v := c.CheckHost(context.Background(), Args{IP: netip.MustParseAddr("192.0.2.1"), Domain: domain, HELO: "helo.example"})
			if v.Result != Pass {
				t.Errorf("got %s (%v), want pass", v.Result, v.Err)
			}
		})
	}
}
