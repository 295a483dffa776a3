package dns

import (
	"errors"
	"slices"
	"syscall"
	"time"
)

const (
	// maxPrefetches is the number of prefetches that a process may have in
	// flight. It keeps a mail server's processes well below the limits of small
	// resolvers (dnsmasq forwards 150 queries at a time), and lets most records
	// be prefetched at once.
	maxPrefetches = 12

	// maxRequestPrefetches is the number of prefetches that may be started
	// between two calls of Cancel. It bounds the queries that a sender can cause
	// beyond those that the evaluation of its records needs: the 133 of a check (see
	// package spf) become 160.
	maxRequestPrefetches = 27

	// prefetchTimeout is how long a prefetch waits for its answer. A
	// resolver that has not answered by then has probably dropped the query, and
	// a lookup that needs the answer must not wait longer for that.
	prefetchTimeout = 2 * time.Second

	// prefetchPause is how long a process does not prefetch after a prefetch has
	// failed. The resolver then has the load of a sequential client; a weak one
	// loses at most one burst of prefetches in that time.
	prefetchPause = 30 * time.Second

	// abandonedTime is how long a prefetch that was cancelled before its answer
	// came counts as in flight: a resolver continues that long with a query whose
	// client is gone (dnsmasq: 10 s).
	abandonedTime = 10 * time.Second

	// firstRepeatPause is the pause before a lookup that was refused is repeated.
	// Each further one is twice as long.
	firstRepeatPause = 100 * time.Millisecond

	// maxRequestRepeats is the number of lookups that may be repeated between two
	// calls of Cancel: enough for one to wait until the resolver has given up all
	// prefetches. Without it, a resolver that refuses every other query would get
	// each query of a check twice.
	maxRequestRepeats = 7
)

// prefetches is the part of a Cache that limits prefetching. Prefetches share the
// resolver with the lookups that are needed, and must not slow them down or make them
// fail: a prefetch is one query to one server, its failure is never returned by Lookup,
// and it stops prefetching for a while.
type prefetches struct {
	async       bool        // the resolver can prefetch
	started     int         // since Cancel
	repeats     int         // since Cancel
	lastSent    time.Time   // when the last one was started
	pausedUntil time.Time   // after a failure
	abandoned   []time.Time // until when those that were cancelled count as in flight
}

// Prefetch implements Prefetcher. At most 27 prefetches are started between two
// calls of Cancel, at most 12 are in flight in one process, and none are started in
// the 30 s after one has failed.
func (c *Cache) Prefetch(q Question, deadline time.Time) bool {
	if a, ok := c.Peek(q); ok && a.TTL > 0 || c.find(q) != nil {
		return true
	}
	now := time.Now()
	if !c.async || c.started >= maxRequestPrefetches || now.Before(c.pausedUntil) || c.inFlight(now) >= maxPrefetches || expired(deadline) {
		return false
	}
	for _, p := range c.pending {
		p.crowded = p.crowded || !p.settled
	}
	c.started++
	c.lastSent = now
	expires := now.Add(prefetchTimeout)
	if !deadline.IsZero() {
		expires = earliest(expires, deadline)
	}
	c.add(&pending{Call: c.resolver.StartOnce(q, expires), prefetch: true})
	return true
}

// inFlight returns the number of prefetches that the resolver may be working on.
func (c *Cache) inFlight(now time.Time) int {
	c.abandoned = slices.DeleteFunc(c.abandoned, func(until time.Time) bool { return !now.Before(until) })
	n := len(c.abandoned)
	for _, p := range c.pending {
		if p.isPrefetching() {
			n++
		}
	}
	return n
}

// isPrefetching reports whether any prefetch is in flight.
func (c *Cache) isPrefetching() bool {
	return slices.ContainsFunc(c.pending, (*pending).isPrefetching)
}

func (p *pending) isPrefetching() bool { return p.prefetch && !p.settled }

// prefetchFailed removes a prefetch, so that a lookup that needs the answer sends
// its own query, and stops prefetching for a while.
func (c *Cache) prefetchFailed(p *pending) {
	c.remove(p)
	c.pausedUntil = time.Now().Add(prefetchPause)
}

// Start implements Prefetcher.
func (c *Cache) Start(q Question, deadline time.Time) {
	if a, ok := c.Peek(q); c.find(q) != nil || !ok || a.TTL <= 0 {
		c.want(q, deadline)
	}
}

// Next implements Prefetcher.
func (c *Cache) Next(q Question, deadline time.Time) (Question, Answer, bool) {
	for {
		c.Start(q, deadline) // again, if it was prefetched and that has failed
		if p := c.find(q); p == nil || p.settled || expired(deadline) {
			return Question{}, Answer{}, false
		}
		for _, p := range c.pending {
			if p.prefetch && p.settled && !p.seen {
				p.seen = true
				return p.Question, p.Answer, true
			}
		}
		c.progress(deadline)
	}
}

// Cancel implements Prefetcher. Prefetches whose answers have arrived by now are
// cached. The others count as in flight for another 10 s, as the resolver does not
// learn that their answers are not needed any more.
func (c *Cache) Cancel() {
	c.cancelPrefetches()
	for _, p := range c.pending {
		c.resolver.Cancel(p.Call)
	}
	clear(c.pending)
	c.pending, c.started, c.repeats = c.pending[:0], 0, 0
}

// cancelPrefetches closes the sockets of the prefetches in flight.
func (c *Cache) cancelPrefetches() {
	if c.isPrefetching() {
		c.progress(time.Now())
	}
	for _, p := range slices.Clone(c.pending) {
		if p.isPrefetching() {
			c.resolver.Cancel(p.Call)
			c.abandoned = append(c.abandoned, p.sent.Add(abandonedTime))
			c.remove(p)
		}
	}
}

// repeat repeats a lookup that failed if prefetches may be the cause: they may have
// used up the resolver's capacity, or this process's descriptors. So a lookup fails
// only if it would fail in a process without prefetching.
func (c *Cache) repeat(p *pending, deadline time.Time) (Answer, error) {
	freed := c.lastSent.Add(abandonedTime) // the resolver has given up all prefetches
	refused := isRefused(p.Err) && p.sent.Before(freed)
	if expired(deadline) || c.repeats >= maxRequestRepeats || !refused && (!p.crowded || !c.isRepeatable(p)) {
		return p.Answer, p.Err
	}
	c.cancelPrefetches()
	c.repeats++
	a, err := c.resolver.Lookup(p.Question, deadline)
	for pause := firstRepeatPause; isRefused(err) && c.repeats < maxRequestRepeats; pause *= 2 {
		until := time.Now().Add(pause)
		if until.After(freed) || !deadline.IsZero() && !until.Before(deadline) {
			break
		}
		for time.Now().Before(until) {
			c.resolver.Progress(until)
		}
		c.repeats++
		a, err = c.resolver.Lookup(p.Question, deadline)
	}
	p.arrived = time.Now()
	if err == nil {
		c.put(p.Question, a)
	}
	if err == nil || refused {
		c.pausedUntil = p.arrived.Add(prefetchPause)
	}
	return a, err
}

// isRepeatable reports whether a lookup that failed may succeed without concurrent
// prefetches. A lookup that has timed out is repeated only if its last attempt was made
// beside prefetches, as the time for the check is short. A closed port is not due to
// prefetches, and hosts limit the rate at which they report it: Linux sends six ICMP
// messages, then one a second, and further queries time out.
func (c *Cache) isRepeatable(p *pending) bool {
	e, ok := p.Err.(*Error)
	switch {
	case !ok:
		return false
	case e.Kind == Timeout:
		return p.LastAttempt.Before(c.lastSent.Add(prefetchTimeout))
	case e.Kind == Network:
		return !errors.Is(e.Err, syscall.ECONNREFUSED)
	}
	return e.Kind == BadRcode || e.Kind == Malformed
}

// isRefused reports whether a server answered REFUSED, as dnsmasq does when it has
// too many queries in progress.
func isRefused(err error) bool {
	e, ok := err.(*Error)
	return ok && e.Kind == BadRcode && e.Rcode == rcodeRefused
}
