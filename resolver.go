package main

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"

	"policyd-spf/spf/dns"
)

// resolvConf names the name servers.
const resolvConf = "/etc/resolv.conf"

// resolver gives what answers lookups: name servers behind a cache that can be
// asked ahead; or the zone file of --zone, before them with --zone-fallback.
func resolver(o *options) (dns.Resolver, dns.Asker, error) {
	cache := dns.NewCache(&nameServers{only: o.dns})
	if o.zone != "" {
		zone, err := dns.ReadZone(o.zone, "")
		if err == nil && o.fallback {
			zone.Fallback = cache
		}
		return zone, nil, err
	}
	return cache, cache, nil
}

// nameServers is an dns.Starter that finds out whom to ask when it is first
// used: many a process never is.
type nameServers struct {
	only   netip.AddrPort // whom to ask in place of those of resolvConf
	once   sync.Once
	client *dns.Client
}

// Lookup implements dns.Resolver.
func (n *nameServers) Lookup(ctx context.Context, q dns.Question) (dns.Answer, error) {
	return n.found().Lookup(ctx, q)
}

// Start implements dns.Starter.
func (n *nameServers) Start(ctx context.Context, q dns.Question, done func(dns.Answer, error)) {
	n.found().Start(ctx, q, done)
}

// Wait implements dns.Starter.
func (n *nameServers) Wait(ctx context.Context, landed *atomic.Bool) {
	n.found().Wait(ctx, landed)
}

// found gives the client of the name servers.
func (n *nameServers) found() *dns.Client {
	n.once.Do(func() {
		c, err := dns.ReadResolvConf(resolvConf)
		if err != nil {
			c = dns.DefaultResolvConf()
		}
		if n.only.IsValid() {
			c.Servers = []netip.AddrPort{n.only}
		}
		n.client = dns.NewClient(c)
	})
	return n.client
}
