package dns

import (
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// UDPSize is the size of answers that no path fragments: an IPv6 packet of
	// 1280 bytes without its headers.
	UDPSize = 1232

	// udpSizeLoopback is the size of answers from this host, where nothing is
	// fragmented. Most large TXT sets then need no TCP connection.
	udpSizeLoopback = 4096

	// serverBackoff is how long a name server that did not answer is tried only
	// after the others. A dead server next to a live one costs one time-out in
	// this period, and a server that recovers is soon used again.
	serverBackoff = 30 * time.Second

	// noDeadline replaces the zero deadline. Retries end far earlier.
	noDeadline = 24 * time.Hour
)

// Client queries recursive name servers over UDP, and over TCP if an answer does
// not fit into a datagram. It tries each server in turn until one answers with RCODE
// 0 or 3, and follows CNAMEs.
//
// A Client does not store answers (see Cache). It remembers which servers did not
// answer recently and which do not support EDNS(0).
//
// A Client is not safe for concurrent use. It starts no goroutines: whoever waits
// for one call advances all calls in progress.
type Client struct {
	conf    ResolvConf
	servers []server
	rotated int // how often the servers' order was rotated

	calls  []*Call // in progress
	polled []*Call // the calls of fds, in the same order
	fds    []unix.PollFd
	reply  [udpSizeLoopback]byte
}

// server is a name server and what is known about it.
type server struct {
	addr      netip.AddrPort
	sockaddr  unix.Sockaddr
	udpSize   uint16
	noEDNS    bool      // it does not support EDNS(0)
	downUntil time.Time // until then it is tried last
}

// NewClient returns a client for the name servers and options in conf. Missing or
// invalid values are replaced by those of DefaultResolvConf.
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
	c := &Client{conf: conf, servers: make([]server, len(conf.Servers))}
	for i, addr := range conf.Servers {
		c.servers[i] = server{addr: addr, sockaddr: sockaddrOf(addr), udpSize: UDPSize}
		if addr.Addr().IsLoopback() {
			c.servers[i].udpSize = udpSizeLoopback
		}
	}
	return c
}

// Lookup implements Resolver. A loop of aliases is an answer without data, and a name
// that no message can hold is NXDOMAIN. Each error is an *Error.
func (c *Client) Lookup(q Question, deadline time.Time) (Answer, error) {
	return c.Wait(c.Start(q, deadline))
}

// Start starts a lookup and returns at once. The lookup ends at the deadline; the
// zero time is no deadline.
func (c *Client) Start(q Question, deadline time.Time) *Call {
	return c.start(&Call{Question: q, deadline: deadline})
}

// StartOnce is Start for a lookup that is not repeated: one server is tried, once.
func (c *Client) StartOnce(q Question, deadline time.Time) *Call {
	return c.start(&Call{Question: q, deadline: deadline, once: true})
}

func (c *Client) start(call *Call) *Call {
	if call.deadline.IsZero() {
		call.deadline = time.Now().Add(noDeadline)
	}
	call.fd = noSocket
	c.calls = append(c.calls, call)
	c.advance(call, response{}, errNotSent)
	return call
}

// Wait advances all calls in progress until call is done, and returns its outcome.
func (c *Client) Wait(call *Call) (Answer, error) {
	for !call.Done {
		c.Progress(call.deadline)
	}
	return call.Answer, call.Err
}

// Cancel ends a call that is no longer needed. If it is not done, its error is of
// kind Timeout.
func (c *Client) Cancel(call *Call) {
	if !call.Done {
		c.finish(call, Answer{}, &Error{Kind: Timeout, Question: call.Question})
	}
}

// Progress waits until a server answers, a call expires, or the time until is
// reached, and advances the calls concerned.
func (c *Client) Progress(until time.Time) {
	if until.IsZero() {
		until = time.Now().Add(noDeadline)
	}
	c.polled, c.fds = append(c.polled[:0], c.calls...), c.fds[:0]
	for _, call := range c.polled {
		c.fds = append(c.fds, call.pollFD())
		until = earliest(until, call.expires)
	}
	wait := max(time.Until(until), 0)
	if _, err := unix.Poll(c.fds, int((wait+time.Millisecond-1)/time.Millisecond)); err != nil && err != unix.EINTR {
		time.Sleep(min(wait, time.Millisecond)) // poll(2) is out of memory; do not spin
	}
	now := time.Now()
	for i, call := range c.polled {
		r, err := response{}, errWouldBlock
		if c.fds[i].Revents != 0 {
			r, err = call.receive(c.reply[:])
		}
		if err == errWouldBlock && !now.Before(call.expires) {
			err = unix.ETIMEDOUT
		}
		c.advance(call, r, err)
	}
	clear(c.polled) // calls that are done are garbage
}

// serverOrder appends the servers to list in the order in which to try them.
func (c *Client) serverOrder(list []*server) []*server {
	first := 0
	if c.conf.Rotate {
		first = c.rotated % len(c.servers)
		c.rotated++
	}
	now := time.Now()
	for _, down := range [...]bool{false, true} {
		for i := range c.servers {
			if s := &c.servers[(first+i)%len(c.servers)]; now.Before(s.downUntil) == down {
				list = append(list, s)
			}
		}
	}
	return list
}

// finish ends a call.
func (c *Client) finish(call *Call, a Answer, err error) {
	call.close()
	call.Answer, call.Err, call.Done = a, err, true
	i := slices.Index(c.calls, call)
	c.calls = slices.Delete(c.calls, i, i+1)
}

// earliest returns the earlier of two times.
func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// expired reports whether a deadline has passed; the zero time is no deadline.
func expired(deadline time.Time) bool {
	return !deadline.IsZero() && !time.Now().Before(deadline)
}
