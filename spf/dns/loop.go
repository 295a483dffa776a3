package dns

import (
	"context"
	"slices"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// shunTime is for how long a name server that did not answer is asked
	// after the others only: a dead one beside a live one costs a time-out
	// once in that time, and one that comes back is soon used again.
	shunTime = 30 * time.Second

	// attention is how long it may go unnoticed that a context was cancelled:
	// so nothing has to wake who waits for name servers.
	attention = 100 * time.Millisecond

	// maxIdle is how many lookups are kept to be used again: most checks have
	// no more of them at a time.
	maxIdle = 8
)

// socket is one of those that poll waits for: a pollfd of poll(2).
type socket struct {
	fd     int32
	events int16
	ready  int16 // what has happened; 0 if nothing
}

// The events to wait for.
const (
	readable = 0x1 // POLLIN
	writable = 0x4 // POLLOUT
)

// Wait carries on what was started until landed is set or ctx is done. All
// lookups wait for name servers in one system call. (With a goroutine for each,
// the run-time system wakes a thread for each, which costs more than the rest of
// a check.) Where several goroutines wait, each does so for the lookups that
// none of the others has taken.
func (c *Client) Wait(ctx context.Context, landed *atomic.Bool) {
	for !landed.Load() {
		now := time.Now()
		late := overAt(ctx, now) // first, so that the lookups of ctx expire with it
		others := c.carryOn(ctx, now, late)
		switch {
		case late:
			return
		case others != nil:
			timer := time.NewTimer(patienceOf(ctx, now))
			select {
			case <-others:
			case <-timer.C:
			}
			timer.Stop()
		}
	}
}

// carryOn moves on what can be moved, and waits for name servers if nothing can,
// and if it is not late. If there is nothing to wait for, it gives what is closed
// when that may have changed. Whatever happens, mu is free afterwards.
func (c *Client) carryOn(ctx context.Context, now time.Time, late bool) (others <-chan struct{}) {
	c.mu.Lock()
	defer c.unlock()
	c.expire(now)
	if len(c.ended) > 0 || late || c.calling == 0 && c.poll(ctx, now) {
		return nil
	}
	if c.round == nil {
		c.round = make(chan struct{})
	}
	return c.round
}

// poll waits for name servers, and has the lookups read what they sent. It
// frees mu meanwhile. It tells whether there was a lookup to wait for.
func (c *Client) poll(ctx context.Context, now time.Time) bool {
	sockets, timeout := c.sockets[:0], patienceOf(ctx, now)
	c.sockets = nil
	for _, k := range c.active {
		if k.exchange.taken {
			continue
		}
		k.exchange.taken = true
		events := int16(readable)
		if k.exchange.connecting() {
			events = writable
		}
		sockets = append(sockets, socket{fd: int32(k.exchange.fd), events: events})
		timeout = min(timeout, k.exchange.deadline.Sub(now))
	}
	if len(sockets) == 0 {
		c.sockets = sockets
		return false
	}
	c.mu.Unlock()
	poll(sockets, timeout)
	c.mu.Lock()
	c.sockets = sockets
	c.changed()
	for _, s := range sockets {
		// It is not there if another goroutine's expire has closed it.
		if k := c.lookupOf(s); k != nil {
			k.exchange.taken = false
		}
	}
	for _, s := range sockets {
		if k := c.lookupOf(s); k != nil && s.ready != 0 {
			k.ready()
		}
	}
	return true
}

// lookupOf gives the lookup whose socket it is, or nil.
func (c *Client) lookupOf(s socket) *lookup {
	i := slices.IndexFunc(c.active, func(k *lookup) bool { return k.exchange.fd == int(s.fd) })
	if i < 0 {
		return nil
	}
	return c.active[i]
}

// changed has those look again who wait for others.
func (c *Client) changed() {
	if c.round != nil {
		close(c.round)
		c.round = nil
	}
}

// expire moves on the lookups whose server, or whose time, is not to be waited
// for any longer.
func (c *Client) expire(now time.Time) {
	for _, k := range slices.Backward(c.active) { // which may end, and are then taken out
		if k.ctx.Err() != nil || !now.Before(k.exchange.deadline) {
			k.failed(syscall.ETIMEDOUT)
		}
	}
}

// unlock frees mu, and tells who asked what became of the lookups that have
// ended: all of them, even if one panics at it.
func (c *Client) unlock() {
	ended := c.ended
	c.ended = nil
	if len(ended) == 0 {
		c.mu.Unlock()
		return
	}
	c.calling++
	c.mu.Unlock()
	defer c.called(ended)
	for _, k := range ended {
		defer k.done(k.answer, k.err)
	}
}

// called notes that the done of these lookups has been called.
func (c *Client) called(ended []*lookup) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range ended {
		*k = lookup{}
		if len(c.idle) < maxIdle {
			c.idle = append(c.idle, k)
		}
	}
	c.calling--
	c.changed()
}

// order appends the servers to list in the order in which to ask them.
func (c *Client) order(list []*server) []*server {
	first := 0
	if c.conf.Rotate {
		first = c.turn % len(c.servers)
		c.turn++
	}
	now := time.Since(c.start)
	for _, shunned := range [...]bool{false, true} {
		for i := range c.servers {
			if s := &c.servers[(first+i)%len(c.servers)]; (s.shunned > now) == shunned {
				list = append(list, s)
			}
		}
	}
	return list
}

// patienceOf is how long to wait at most for the sake of ctx.
func patienceOf(ctx context.Context, now time.Time) time.Duration {
	if deadline, ok := ctx.Deadline(); ok {
		return min(deadline.Sub(now), attention)
	}
	return attention
}

// over tells whether ctx is done or its deadline has come, of which its timer
// may not know yet.
func over(ctx context.Context) bool { return overAt(ctx, time.Now()) }

func overAt(ctx context.Context, now time.Time) bool {
	deadline, ok := ctx.Deadline()
	return ctx.Err() != nil || ok && !now.Before(deadline)
}
