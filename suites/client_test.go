package suites

import (
	"net/netip"
	"time"

	"policyd-spf/spf"
)

// newClient makes a client of the name server at an address. Some cases wait
// for its time-out; no other may run into it on a busy machine.
func newClient(at netip.AddrPort) spf.Resolver {
	return spf.NewClient(spf.ResolvConf{
		Servers: []netip.AddrPort{at}, Timeout: 1500 * time.Millisecond, Attempts: 1,
	})
}
