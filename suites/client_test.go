package suites

import (
	"net/netip"
	"time"

	"policyd-spf/spf/dns"
)

// newClient returns a resolver that queries the name server at an address, and that
// several goroutines can use. Some cases wait for its time-out; no other may reach it
// on a busy machine.
func newClient(at netip.AddrPort) dns.Resolver { return clientPerLookup{at} }

// clientPerLookup is a resolver that uses a new dns.Client for each lookup.
type clientPerLookup struct{ at netip.AddrPort }

// Lookup implements dns.Resolver.
func (c clientPerLookup) Lookup(q dns.Question, deadline time.Time) (dns.Answer, error) {
	return dns.NewClient(dns.ResolvConf{
		Servers: []netip.AddrPort{c.at}, Timeout: 3 * time.Second, Attempts: 1,
	}).Lookup(q, deadline)
}
