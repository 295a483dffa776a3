package suites

import (
	"net/netip"
	"time"

	"policyd-spf/spf/dns"
)

// newClient makes a client of the name server at an address. Some cases wait
// for its time-out; no other may run into it on a busy machine.
func newClient(at netip.AddrPort) dns.Resolver {
	return dns.NewClient(dns.ResolvConf{
		Servers: []netip.AddrPort{at}, Timeout: 1500 * time.Millisecond, Attempts: 1,
	})
}
