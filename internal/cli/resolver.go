package cli

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"

	"policyd-spf/spf/dns"
)

// resolvConf is the file that names the DNS servers.
const resolvConf = "/etc/resolv.conf"

// newResolver returns what answers lookups: DNS servers with a cache in front,
// which also prefetches; or the zone file of --zone, before them with
// --zone-fallback.
func newResolver(o *Options) (dns.Resolver, dns.Asker, error) {
	cache := dns.NewCache(&lazyClient{server: o.dnsServer})
	if o.zone != "" {
		zone, err := dns.ReadZone(o.zone, "")
		if err == nil && o.zoneFallback {
			zone.Fallback = cache
		}
		return zone, nil, err
	}
	return cache, cache, nil
}

// dnsServers returns the DNS servers that lookups query, and the flag or file
// that names them.
func dnsServers(o *Options) (servers []netip.AddrPort, source string) {
	switch {
	case o.zone != "" && !o.zoneFallback:
		return nil, ""
	case o.dnsServer.IsValid():
		return []netip.AddrPort{o.dnsServer}, "--dns"
	}
	return readResolvConf().Servers, resolvConf
}

// lazyClient is a DNS client that reads resolv.conf when it is first used: many
// processes never need it.
type lazyClient struct {
	server netip.AddrPort // queried instead of those in resolv.conf if it is valid
	once   sync.Once
	client *dns.Client
}

// Lookup implements dns.Resolver.
func (c *lazyClient) Lookup(ctx context.Context, q dns.Question) (dns.Answer, error) {
	return c.get().Lookup(ctx, q)
}

// Start implements dns.Starter.
func (c *lazyClient) Start(ctx context.Context, q dns.Question, done func(dns.Answer, error)) {
	c.get().Start(ctx, q, done)
}

// Wait implements dns.Starter.
func (c *lazyClient) Wait(ctx context.Context, finished *atomic.Bool) {
	c.get().Wait(ctx, finished)
}

func (c *lazyClient) get() *dns.Client {
	c.once.Do(func() {
		config := readResolvConf()
		if c.server.IsValid() {
			config.Servers = []netip.AddrPort{c.server}
		}
		c.client = dns.NewClient(config)
	})
	return c.client
}

// readResolvConf returns the contents of resolv.conf, or the defaults if it
// cannot be read.
func readResolvConf() dns.ResolvConf {
	config, err := dns.ReadResolvConf(resolvConf)
	if err != nil {
		return dns.DefaultResolvConf()
	}
	return config
}
