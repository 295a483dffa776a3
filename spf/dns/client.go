package dns

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// UDPSize is the length of answers that no path fragments: an IPv6 packet
	// of 1280 octets less its headers.
	UDPSize = 1232

	// udpSizeLoopback is the length of answers from this host itself, where
	// nothing is fragmented: it spares most TXT sets the way over TCP.
	udpSizeLoopback = 4096
)

// Client asks recursive name servers: over UDP, and over TCP what UDP cannot
// carry. It goes from server to server until one gives an answer of RCODE 0 or
// 3; when none does it fails with the most telling failure.
//
// It keeps no answers (see Cache), only which servers did not answer lately and
// which cannot do EDNS(0).
//
// There is neither goroutine nor timer behind a lookup: those that are under way
// are carried on by whoever waits for one of them. So what was begun with Start
// wants a Wait, if only one whose context is done.
type Client struct {
	conf    ResolvConf
	servers []server
	start   time.Time // what server.shunned is relative to: monotonic

	mu      sync.Mutex
	turn    int           // of ResolvConf.Rotate
	active  []*lookup     // under way
	ended   []*lookup     // those whose done is yet to be called
	calling int           // how many goroutines call some done
	round   chan struct{} // closed when something has changed; nil if nobody waits for that
	idle    []*lookup     // to be used again
	sockets []socket      // for poll; nil while somebody has it
	reply   [udpSizeLoopback]byte
	first   [2]lookup // those of the first check
}

// server is a name server and what is known of it.
type server struct {
	addr    netip.AddrPort
	socket  syscall.Sockaddr // the same
	udpSize uint16
	plain   bool          // refuses EDNS(0)
	shunned time.Duration // until then it comes last, since Client.start
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
	for i, addr := range conf.Servers {
		c.servers[i] = server{addr: addr, socket: socketAddress(addr), udpSize: UDPSize}
		if addr.Addr().IsLoopback() {
			c.servers[i].udpSize = udpSizeLoopback
		}
	}
	c.idle = append(make([]*lookup, 0, maxIdle), &c.first[0], &c.first[1])
	return c
}

// socketAddress gives an address to the system.
func socketAddress(addr netip.AddrPort) syscall.Sockaddr {
	ip := addr.Addr().Unmap()
	if ip.Is4() {
		return &syscall.SockaddrInet4{Port: int(addr.Port()), Addr: ip.As4()}
	}
	return &syscall.SockaddrInet6{Port: int(addr.Port()), Addr: ip.As16(), ZoneId: zoneID(ip.Zone())}
}

// zoneID gives the number of the interface that a zone names (RFC 4007, 11.2).
func zoneID(zone string) uint32 {
	if zone == "" {
		return 0
	}
	if i, err := net.InterfaceByName(zone); err == nil {
		return uint32(i.Index)
	}
	n, _ := strconv.ParseUint(zone, 10, 32)
	return uint32(n)
}

// Lookup asks for q and follows aliases. Beside a *Error it can return a
// *LimitError, of kind CNAMELimit. Aliases that lead in a circle have no data;
// a name that no message can hold does not exist. When ctx is cancelled it
// returns within a tenth of a second.
func (c *Client) Lookup(ctx context.Context, q Question) (Answer, error) {
	var outcome struct {
		answer Answer
		err    error
		landed atomic.Bool
	}
	c.Start(ctx, q, func(a Answer, err error) {
		outcome.answer, outcome.err = a, err
		outcome.landed.Store(true)
	})
	c.Wait(ctx, &outcome.landed)
	if !outcome.landed.Load() { // ctx is done
		return Answer{}, &Error{Kind: Timeout, Question: q}
	}
	return outcome.answer, outcome.err
}

// Prefetch begins Lookup for q and returns at once.
func (c *Client) Start(ctx context.Context, q Question, done func(Answer, error)) {
	c.mu.Lock()
	defer c.unlock()
	var k *lookup
	if n := len(c.idle); n > 0 {
		k, c.idle = c.idle[n-1], c.idle[:n-1]
	} else {
		k = new(lookup)
	}
	k.client, k.ctx, k.question, k.done = c, ctx, q, done
	c.active = append(c.active, k)
	k.begin()
	c.changed()
}
