package dns

import (
	"context"
	"fmt"
	"sync/atomic"
)

// flight is a lookup of a Cache under way.
type flight struct {
	landed atomic.Bool   // answer, err and lost are final
	done   chan struct{} // closed when that is so; nil with a Starter
	answer Answer
	err    error
	lost   bool // it failed because the context of the one who asks is done

	ahead bool           // Ask began it, and no Lookup has joined it yet
	then  []func(Answer) // who goes on with the answer
}

// Lookup gives the answer kept, or asks. A panic of the Resolver becomes a
// *Error.
func (c *Cache) Lookup(ctx context.Context, q Question) (Answer, error) {
	for {
		if over(ctx) {
			return Answer{}, &Error{Kind: OutOfTime, Question: q}
		}
		c.mu.Lock()
		if a, err, ok := c.kept(q, false); ok {
			c.mu.Unlock()
			return a, err
		}
		f := c.flights[q]
		first := f == nil
		if first {
			f = c.newFlight(q)
		}
		handed := f.ahead
		f.ahead = false
		c.mu.Unlock()

		if first {
			c.fly(ctx, q, f)
		}
		if !c.await(ctx, f) {
			return Answer{}, &Error{Kind: Timeout, Question: q}
		}
		if first || !f.lost {
			a := f.answer
			a.Ahead = handed
			return a, f.err
		}
	}
}

// Ask begins a lookup on behalf of a Lookup that may come. If the Resolver is no
// Starter, it takes a goroutine.
func (c *Cache) Ask(ctx context.Context, q Question, then func(Answer)) {
	if over(ctx) {
		return
	}
	c.mu.Lock()
	if a, err, ok := c.kept(q, true); ok {
		c.mu.Unlock()
		if err == nil {
			then(a)
		}
		return
	}
	f := c.flights[q]
	first := f == nil
	if first {
		f = c.newFlight(q)
		f.ahead = true
	}
	f.then = append(f.then, then)
	c.mu.Unlock()

	switch {
	case !first:
	case c.starter != nil:
		c.fly(ctx, q, f)
	default:
		go c.fly(ctx, q, f)
	}
}

// Abandon ends what was asked on behalf of ctx, which is done.
func (c *Cache) Abandon(ctx context.Context) {
	if c.starter != nil {
		c.starter.Wait(ctx, new(atomic.Bool))
	}
}

func (c *Cache) newFlight(q Question) *flight {
	f := new(flight)
	if c.starter == nil {
		f.done = make(chan struct{})
	}
	c.flights[q] = f
	return f
}

// fly asks the Resolver. It waits for the answer if that is no Starter.
func (c *Cache) fly(ctx context.Context, q Question, f *flight) {
	if c.starter != nil {
		c.starter.Start(ctx, q, func(a Answer, err error) { c.land(ctx, q, f, a, err) })
		return
	}
	var a Answer
	var err error
	defer func() {
		if p := recover(); p != nil {
			err = &Error{Kind: Malformed, Question: q, Err: fmt.Errorf("panic: %v", p)}
		}
		c.land(ctx, q, f, a, err)
	}()
	a, err = c.resolver.Lookup(ctx, q)
}

// await waits for the end of a flight, and tells whether it came before that of
// ctx.
func (c *Cache) await(ctx context.Context, f *flight) bool {
	if c.starter != nil {
		c.starter.Wait(ctx, &f.landed)
	} else if !f.landed.Load() {
		select {
		case <-f.done:
		case <-ctx.Done():
		}
	}
	return f.landed.Load()
}

// land keeps the outcome of a flight and tells those who wait for it.
func (c *Cache) land(ctx context.Context, q Question, f *flight, a Answer, err error) {
	f.answer, f.err = a, err
	f.lost = err != nil && over(ctx)
	c.mu.Lock()
	delete(c.flights, q)
	if f.ahead && !f.lost {
		c.keep(q, f, ctx)
	} else if err == nil {
		c.keep(q, f, nil)
	}
	then := f.then
	c.mu.Unlock()
	f.landed.Store(true)
	if f.done != nil {
		close(f.done)
	}
	if err != nil {
		return
	}
	for _, next := range then {
		next(a)
	}
}
