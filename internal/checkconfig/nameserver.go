package checkconfig

import (
	"context"
	"net/netip"
	"time"

	"policyd-spf/conf"
	"policyd-spf/spf/dns"
)

// NameServer is a name server that was queried.
type NameServer struct {
	Address string  `json:"address"`
	Took    float64 `json:"took_ms"`
	Error   string  `json:"error,omitempty"`
}

const (
	// probeName exists for tests (RFC 6761, 6.5). Any answer about it will do.
	probeName = "example.com"

	// probeTimeout is how long a name server may take to answer: as long as the C
	// library waits.
	probeTimeout = 5 * time.Second
)

// checkNameServer queries a name server for a name that it must know.
func (c *checker) checkNameServer(ctx context.Context, server netip.AddrPort) NameServer {
	client := dns.NewClient(dns.ResolvConf{Servers: []netip.AddrPort{server}, Timeout: probeTimeout, Attempts: 1})
	start := time.Now()
	deadline, _ := ctx.Deadline()
	_, err := client.Lookup(dns.Question{Name: probeName, Type: dns.TypeTXT}, deadline)
	n := NameServer{Address: server.String(), Took: float64(time.Since(start).Microseconds()) / 1000}
	if err != nil {
		n.Error = err.Error()
		c.add(conf.Problem{Severity: conf.Faulty, File: c.ServerFile, Name: "nameserver", Value: n.Address,
			What: n.Error, Expected: "a name server that answers", Used: "the other ones; without any, each check is temperror"})
	}
	return n
}

// checkIgnoredLines reports the lines of resolv.conf that have no effect.
func (c *checker) checkIgnoredLines() {
	for _, l := range c.Ignored {
		c.add(conf.Problem{Severity: conf.Faulty, File: c.ServerFile, Line: l.Line, Value: l.Text, What: l.What, Expected: l.Expected,
			Used: l.Used})
	}
}
