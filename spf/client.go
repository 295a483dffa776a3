package spf

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxAliases is how many CNAME records may lie between a name and its
	// data, over all the messages that it takes. RFC 1034, 3.6.2 wants no
	// chains at all; ten is what SPF checkers have always followed.
	maxAliases = 10

	// udpSize is the length of answers that no path fragments: an IPv6 packet
	// of 1280 octets less its headers.
	udpSize = 1232

	// udpSizeLoopback is the length of answers from this host itself, where
	// nothing is fragmented: it spares most TXT sets the way over TCP.
	udpSizeLoopback = 4096

	// shunTime is for how long a name server that did not answer is asked
	// after the others only: a dead one beside a live one costs a time-out
	// once in that time, and one that comes back is soon used again.
	shunTime = 30 * time.Second
)

// Client asks recursive name servers: over UDP, and over TCP what UDP cannot
// carry. It goes from server to server until one gives an answer of RCODE 0 or
// 3; when none does it fails with the most telling failure.
//
// It keeps no answers (see Cache), only which servers did not answer lately and
// which cannot do EDNS(0).
type Client struct {
	conf    ResolvConf
	servers []server
	start   time.Time     // what times of server are relative to: monotonic
	turn    atomic.Uint32 // of ResolvConf.Rotate
	buffers sync.Pool     // of *buffers
	reading sync.Mutex    // held while a message of TCP is read: 64 kB become megabytes
}

// server is a name server and what is known of it.
type server struct {
	addr    netip.AddrPort
	udpAddr *net.UDPAddr // the same
	udpSize uint16
	plain   atomic.Bool  // refuses EDNS(0)
	shunned atomic.Int64 // until then it comes last: a duration since Client.start
}

// NewClient makes a client of the name servers and options in conf, of which
// those out of range get the values of DefaultResolvConf.
func NewClient(conf ResolvConf) *Client {
	fallback := DefaultResolvConf()
	if len(conf.Servers) == 0 {
		conf.Servers = fallback.Servers
	}
	if conf.Timeout <= 0 {
		conf.Timeout = fallback.Timeout
	}
	if conf.Attempts <= 0 {
		conf.Attempts = fallback.Attempts
	}
	c := &Client{conf: conf, start: time.Now(), servers: make([]server, len(conf.Servers))}
	c.buffers.New = func() any { return new(buffers) }
	for i, addr := range conf.Servers {
		c.servers[i].addr, c.servers[i].udpAddr = addr, net.UDPAddrFromAddrPort(addr)
		c.servers[i].udpSize = udpSize
		if addr.Addr().IsLoopback() {
			c.servers[i].udpSize = udpSizeLoopback
		}
	}
	return c
}

// Lookup asks for q and follows aliases. Beside a *DNSError it can return a
// *LimitError, of kind CNAMELimit. Aliases that lead in a circle have no data;
// a name that no message can hold does not exist.
func (c *Client) Lookup(ctx context.Context, q Question) (Answer, error) {
	if !encodable(q.Name) {
		return Answer{NXDomain: true, TTL: maxTTL}, nil
	}
	asked, ttl := q, maxTTL
	t := trail{q.Name}
	for {
		r, failure := c.ask(ctx, asked)
		if failure != nil {
			failure.Question = q
			return Answer{}, failure
		}
		a := r.answer
		nothing := Answer{Size: a.Size, TCP: a.TCP}
		for _, alias := range r.aliases {
			if circle, err := t.add(alias); err != nil || circle {
				return nothing, err
			}
		}
		a.TTL = min(ttl, a.TTL)
		if !r.open {
			return a, nil
		}
		ttl, asked.Name = a.TTL, t[len(t)-1]
		if asked.Name == "" { // the root, or a name that Question cannot hold
			return nothing, nil
		}
	}
}

// trail is a name and, one by one, the names that it is an alias for.
type trail []string

// add takes a step. It tells whether that leads back to where the trail was;
// trails that are too long fail.
func (t *trail) add(alias string) (circle bool, err error) {
	circle = slices.Contains(*t, alias)
	*t = append(*t, alias)
	if !circle && len(*t) > 1+maxAliases {
		err = &LimitError{Kind: CNAMELimit, Limit: maxAliases}
	}
	return circle, err
}

// ask gets a response of RCODE 0 or 3 to q from one of the servers. What q is
// in a failure, Lookup fills in.
func (c *Client) ask(ctx context.Context, q Question) (response, *DNSError) {
	if over(ctx) {
		return response{}, &DNSError{Kind: DNSOutOfTime}
	}
	var worst *DNSError
	var space [maxServers]*server
	order := c.order(space[:0])
	for range c.conf.Attempts {
		for _, s := range order {
			r, err := c.askServer(ctx, s, q)
			if err == nil {
				s.shunned.Store(0)
				return r, nil
			}
			if worst == nil || err.Kind != DNSTimeout { // silence tells least
				worst = err
			}
			if ctx.Err() == context.Canceled {
				return response{}, worst // nobody waits any more: no fault of the server's
			}
			if err.Kind == DNSTimeout || err.Kind == DNSNetwork {
				s.shunned.Store(int64(time.Since(c.start) + shunTime))
			}
			if over(ctx) {
				return response{}, worst
			}
		}
	}
	return response{}, worst
}

// over tells whether ctx is done or its deadline has come, of which its timer
// may not know yet.
func over(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ctx.Err() != nil || ok && !time.Now().Before(deadline)
}

// order appends the servers to list in the order in which to ask them.
func (c *Client) order(list []*server) []*server {
	first := 0
	if c.conf.Rotate {
		first = int(c.turn.Add(1)-1) % len(c.servers)
	}
	now := int64(time.Since(c.start))
	shunned := make([]*server, 0, maxServers)
	for i := range c.servers {
		s := &c.servers[(first+i)%len(c.servers)]
		if s.shunned.Load() <= now { // read once: other lookups change it
			list = append(list, s)
		} else {
			shunned = append(shunned, s)
		}
	}
	return append(list, shunned...)
}

// askServer gets a response of RCODE 0 or 3 to q from s.
func (c *Client) askServer(ctx context.Context, s *server, q Question) (response, *DNSError) {
	size := s.udpSize
	if s.plain.Load() {
		size = 0
	}
	r, err := c.exchange(ctx, s, q, size)
	if err == nil && size != 0 && refusesOptions(r.rcode) { // RFC 6891, 7
		r, err = c.exchange(ctx, s, q, 0)
		if err == nil && !refusesOptions(r.rcode) {
			s.plain.Store(true)
		}
	}
	if err == nil && r.rcode != rcodeSuccess && r.rcode != rcodeNXDomain {
		err = &DNSError{Kind: DNSRcode, Server: s.addr, Rcode: r.rcode}
	}
	return r, err
}

// refusesOptions tells whether rcode is what servers that do not know EDNS(0),
// or our version of it, answer to it (RFC 6891, 6.1.3 and 7).
func refusesOptions(rcode int) bool {
	return rcode == rcodeFormErr || rcode == rcodeNotImp || rcode == rcodeBadVers
}
