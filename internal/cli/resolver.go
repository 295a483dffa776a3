package cli

import (
	"net/netip"
	"time"

	"policyd-spf/spf/dns"
)

// resolvConf is the file that names the DNS servers.
const resolvConf = "/etc/resolv.conf"

// newResolver returns what answers lookups: DNS servers with a cache in front,
// which also prefetches; or the zone file of --zone, before them with
// --zone-fallback.
func newResolver(o *Options) (dns.Resolver, dns.Prefetcher, error) {
	cache := dns.NewCache(&lazyClient{server: o.dnsServer})
	if o.zone != "" {
		zone, err := dns.ReadZone(o.zone, o.origin)
		if err == nil && o.zoneFallback {
			zone.Fallback = cache
		}
		return zone, nil, err
	}
	return cache, cache, nil
}

// dnsServers returns the DNS servers that lookups query, the flag or file that
// names them, and what the file has without effect.
func dnsServers(o *Options) (servers []netip.AddrPort, source string, ignored []dns.IgnoredLine) {
	switch {
	case o.zone != "" && !o.zoneFallback:
		return nil, "", nil
	case o.dnsServer.IsValid():
		return []netip.AddrPort{o.dnsServer}, "--dns", nil
	}
	config := readResolvConf()
	return config.Servers, resolvConf, config.Ignored
}

// lazyClient is a DNS client that reads resolv.conf when it is first used: many
// processes never need it.
type lazyClient struct {
	server netip.AddrPort // queried instead of those in resolv.conf if it is valid
	client *dns.Client    // nil until it is used
}

func (c *lazyClient) get() *dns.Client {
	if c.client == nil {
		config := readResolvConf()
		if c.server.IsValid() {
			config.Servers = []netip.AddrPort{c.server}
		}
		c.client = dns.NewClient(config)
	}
	return c.client
}

// Lookup implements dns.Resolver.
func (c *lazyClient) Lookup(q dns.Question, deadline time.Time) (dns.Answer, error) {
	return c.get().Lookup(q, deadline)
}

// Start implements dns.AsyncResolver.
func (c *lazyClient) Start(q dns.Question, deadline time.Time) *dns.Call {
	return c.get().Start(q, deadline)
}

// StartOnce implements dns.AsyncResolver.
func (c *lazyClient) StartOnce(q dns.Question, deadline time.Time) *dns.Call {
	return c.get().StartOnce(q, deadline)
}

// Progress implements dns.AsyncResolver.
func (c *lazyClient) Progress(until time.Time) { c.get().Progress(until) }

// Cancel implements dns.AsyncResolver.
func (c *lazyClient) Cancel(call *dns.Call) { c.get().Cancel(call) }

// readResolvConf returns the contents of resolv.conf, or the defaults if it
// cannot be read.
func readResolvConf() dns.ResolvConf {
	config, err := dns.ReadResolvConf(resolvConf)
	if err != nil {
		return dns.DefaultResolvConf()
	}
	return config
}
