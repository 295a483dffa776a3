package checkconfig

import (
	"context"
	"net/netip"
	"slices"
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

// checkNameServers queries the name servers of resolv.conf or of the command line, and
// then those that services name with --dns.
func (c *checker) checkNameServers(ctx context.Context) []NameServer {
	var checked []NameServer
	for _, server := range c.Servers {
		checked = append(checked, c.checkNameServer(ctx, server, conf.Problem{File: c.ServerFile, Name: "nameserver", Value: server.String(),
			Used: "the other ones; without any, each check is temperror"}))
	}
	if c.ServerFile != resolvConf {
		return checked
	}
	for _, config := range c.configs {
		for _, s := range config.services {
			server := c.parseArgs(s).NameServer
			isChecked := slices.ContainsFunc(checked, func(n NameServer) bool { return n.Address == server.String() })
			if !server.IsValid() || isChecked {
				continue
			}
			checked = append(checked, c.checkNameServer(ctx, server, conf.Problem{File: c.postfix.File("master.cf"), Line: s.Line(),
				Name: s.Name + " argv", Value: "--dns " + server.String(), Used: "no other one: each check is temperror"}))
		}
	}
	return checked
}

// checkNameServer queries a name server for a name that it must know. If it does not
// answer, p is added with the reason.
func (c *checker) checkNameServer(ctx context.Context, server netip.AddrPort, p conf.Problem) NameServer {
	client := dns.NewClient(dns.ResolvConf{Servers: []netip.AddrPort{server}, Timeout: probeTimeout, Attempts: 1})
	start := time.Now()
	deadline, _ := ctx.Deadline()
	_, err := client.Lookup(dns.Question{Name: probeName, Type: dns.TypeTXT}, deadline)
	n := NameServer{Address: server.String(), Took: float64(time.Since(start).Microseconds()) / 1000}
	if err != nil {
		n.Error = err.Error()
		p.Severity, p.What, p.Expected = conf.Faulty, n.Error, "a name server that answers"
		c.add(p)
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
