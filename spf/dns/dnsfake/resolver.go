// Package dnsfake provides resolvers for tests, with made-up answers and delays. In a
// testing/synctest bubble the delays take no real time.
package dnsfake

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"policyd-spf/spf/dns"
)

// Never is the delay of an answer that never comes.
const Never = time.Duration(1<<63 - 1)

// Func is a function as a dns.Resolver. Resolver can do more; Func allocates nothing.
type Func func(q dns.Question, deadline time.Time) (dns.Answer, error)

// Lookup implements dns.Resolver.
func (f Func) Lookup(q dns.Question, deadline time.Time) (dns.Answer, error) { return f(q, deadline) }

// Text returns a resolver with the same TXT record for every name, whatever the type of
// the question, and a TTL of an hour.
func Text(record string) Func {
	a := dns.Answer{TXT: [][]string{{record}}, TTL: time.Hour}
	return func(dns.Question, time.Time) (dns.Answer, error) { return a, nil }
}

// Silent is a resolver, as a Func, that never answers before the deadline.
func Silent(q dns.Question, deadline time.Time) (dns.Answer, error) {
	time.Sleep(time.Until(deadline))
	return dns.Answer{}, &dns.Error{Kind: dns.Timeout, Question: q}
}

// Resolver is a dns.AsyncResolver. It is not safe for concurrent use.
type Resolver struct {
	Answer func(q dns.Question) (dns.Answer, error)
	Delay  func(q dns.Question) time.Duration // nil: no delay

	Asked       []dns.Question // so far
	MaxInFlight int            // the most lookups that were in progress at a time

	calls []call
}

// call is a lookup in progress.
type call struct {
	*dns.Call
	done time.Time
	err  error // if it will fail
}

// Of returns a resolver with the answers of another one, each after a delay.
func Of(r dns.Resolver, delay time.Duration) *Resolver {
	return &Resolver{
		Answer: func(q dns.Question) (dns.Answer, error) { return r.Lookup(q, time.Time{}) },
		Delay:  func(dns.Question) time.Duration { return delay },
	}
}

// Lines returns a resolver for a zone written as lines "name TYPE data"; names not in it
// do not exist. The data "!" stands for SERVFAIL, "@" for too long a chain of aliases, and
// "?" for an answer that never comes. A line "name TTL seconds" sets the TTL of a name,
// which is an hour otherwise.
func Lines(zone string) *Resolver {
	lines := strings.Split(strings.TrimSpace(zone), "\n")
	find := func(name, typ string) (data []string, exists bool) {
		for _, line := range lines {
			f := strings.SplitN(strings.TrimSpace(line), " ", 3)
			if f[0] == name {
				exists = exists || f[1] != "TTL"
				if f[1] == typ {
					data = append(data, f[2])
				}
			}
		}
		return data, exists
	}
	return &Resolver{
		Answer: func(q dns.Question) (dns.Answer, error) {
			a := dns.Answer{TTL: time.Hour}
			if ttl, _ := find(q.Name, "TTL"); len(ttl) > 0 {
				seconds, _ := strconv.Atoi(ttl[0])
				a.TTL = time.Duration(seconds) * time.Second
			}
			data, exists := find(q.Name, q.Type.String())
			a.NXDomain = !exists
			for _, text := range data {
				switch {
				case text == "!":
					return dns.Answer{}, &dns.Error{Kind: dns.BadRcode, Question: q, Rcode: 2}
				case text == "@":
					return dns.Answer{}, &dns.Error{Kind: dns.TooManyCNAMEs, Question: q}
				case q.Type == dns.TypeTXT:
					a.TXT = append(a.TXT, []string{text})
				case q.Type == dns.TypeA, q.Type == dns.TypeAAAA:
					a.Addrs = append(a.Addrs, netip.MustParseAddr(text))
				default:
					a.Names = append(a.Names, strings.TrimSuffix(text, "."))
				}
			}
			return a, nil
		},
		Delay: func(q dns.Question) time.Duration {
			if data, _ := find(q.Name, q.Type.String()); len(data) > 0 && data[0] == "?" {
				return Never
			}
			return 0
		},
	}
}

// SetDelay makes all answers that come take a time.
func (r *Resolver) SetDelay(d time.Duration) *Resolver {
	old := r.Delay
	r.Delay = func(q dns.Question) time.Duration {
		if old != nil && old(q) == Never {
			return Never
		}
		return d
	}
	return r
}

// Lookup implements dns.Resolver.
func (r *Resolver) Lookup(q dns.Question, deadline time.Time) (dns.Answer, error) {
	c := r.Start(q, deadline)
	for !c.Done {
		r.Progress(time.Time{})
	}
	return c.Answer, c.Err
}

// Start implements dns.AsyncResolver.
func (r *Resolver) Start(q dns.Question, deadline time.Time) *dns.Call {
	r.Asked = append(r.Asked, q)
	c := call{Call: &dns.Call{Question: q, LastAttempt: time.Now()}}
	delay := time.Duration(0)
	if r.Delay != nil {
		delay = r.Delay(q)
	}
	now := time.Now()
	switch {
	case !deadline.IsZero() && !now.Before(deadline):
		c.done, c.err = now, &dns.Error{Kind: dns.OutOfTime, Question: q}
	case !deadline.IsZero() && deadline.Sub(now) <= delay:
		c.done, c.err = deadline, &dns.Error{Kind: dns.Timeout, Question: q}
	case delay == Never:
		panic("dnsfake: no answer and no deadline: " + q.String())
	default:
		c.done = now.Add(delay)
	}
	r.calls = append(r.calls, c)
	r.MaxInFlight = max(r.MaxInFlight, len(r.calls))
	return c.Call
}

// StartOnce implements dns.AsyncResolver.
func (r *Resolver) StartOnce(q dns.Question, deadline time.Time) *dns.Call {
	return r.Start(q, deadline)
}

// Progress implements dns.AsyncResolver.
func (r *Resolver) Progress(until time.Time) {
	for _, c := range r.calls {
		if until.IsZero() || c.done.Before(until) {
			until = c.done
		}
	}
	time.Sleep(time.Until(until))
	now := time.Now()
	r.calls = slices.DeleteFunc(r.calls, func(c call) bool {
		if c.done.After(now) {
			return false
		}
		c.Done, c.Err = true, c.err
		if c.err == nil {
			c.Answer, c.Err = r.Answer(c.Question)
		}
		return true
	})
}

// Cancel implements dns.AsyncResolver.
func (r *Resolver) Cancel(canceled *dns.Call) {
	r.calls = slices.DeleteFunc(r.calls, func(c call) bool { return c.Call == canceled })
	if !canceled.Done {
		canceled.Done, canceled.Err = true, &dns.Error{Kind: dns.Timeout, Question: canceled.Question}
	}
}

// InFlight returns the number of lookups in progress.
func (r *Resolver) InFlight() int { return len(r.calls) }

// Count returns how often a question was asked.
func (r *Resolver) Count(q dns.Question) int {
	n := 0
	for _, asked := range r.Asked {
		if asked == q {
			n++
		}
	}
	return n
}
