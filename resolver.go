package main

import (
	"context"
	"sync"

	"policyd-spf/spf"
)

// resolvConf names the name servers.
const resolvConf = "/etc/resolv.conf"

// resolver gives what answers lookups: the zone file of --zone, or name servers
// behind a cache that can be asked ahead.
func resolver(o options) (spf.Resolver, spf.Asker, error) {
	if o.zone != "" {
		zone, err := spf.ReadZone(o.zone, "")
		return zone, nil, err
	}
	cache := spf.NewCache(&nameServers{})
	return cache, cache, nil
}

// nameServers is a Resolver that finds out whom to ask when it is first used:
// many a process never is.
type nameServers struct {
	once   sync.Once
	client *spf.Client
}

// Lookup implements spf.Resolver.
func (n *nameServers) Lookup(ctx context.Context, q spf.Question) (spf.Answer, error) {
	n.once.Do(func() {
		c, err := spf.ReadResolvConf(resolvConf)
		if err != nil {
			c = spf.DefaultResolvConf()
		}
		n.client = spf.NewClient(c)
	})
	return n.client.Lookup(ctx, q)
}
