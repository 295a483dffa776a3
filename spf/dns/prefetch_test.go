package dns_test

import (
	"errors"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"policyd-spf/spf/dns"
	"policyd-spf/spf/dns/dnsfake"
)

func TestPrefetch(t *testing.T) {
	noTTL, tooLarge := someAnswer, someAnswer
	noTTL.TTL = 0
	tooLarge.TXT = [][]string{make([]string, 5000)}
	for _, test := range []struct {
		name       string
		answer     dns.Answer
		err        error
		wait       time.Duration // before the lookup
		cancel     bool          // before the lookup
		prefetched bool          // the lookup returns what was prefetched
		asked      int           // until then
		again      int           // after another lookup
	}{
		{name: "in flight", answer: someAnswer, prefetched: true, asked: 1, again: 1},
		{name: "arrived", answer: someAnswer, wait: 2 * time.Second, prefetched: true, asked: 1, again: 1},
		{name: "arrived, then cancelled", answer: someAnswer, wait: time.Second, cancel: true, asked: 1, again: 1},
		{name: "cancelled in flight", answer: someAnswer, cancel: true, asked: 2, again: 2},
		{name: "without TTL, in flight", answer: noTTL, prefetched: true, asked: 1, again: 2},
		{name: "without TTL, arrived", answer: noTTL, wait: 2 * time.Second, prefetched: true, asked: 1, again: 2},
		{name: "without TTL, cancelled", answer: noTTL, wait: 2 * time.Second, cancel: true, asked: 2, again: 3},
		{name: "too large, arrived", answer: tooLarge, wait: 2 * time.Second, prefetched: true, asked: 1, again: 2},
		{name: "failure in flight", err: servfail, asked: 2, again: 3},
		{name: "failure arrived", err: servfail, wait: 2 * time.Second, asked: 2, again: 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := respond(time.Second, test.answer, test.err)
				c := dns.NewCache(f)
				for range 3 {
					if !c.Prefetch(someTXT, noTime) {
						t.Fatal("not started")
					}
				}
				time.Sleep(test.wait)
				if test.cancel {
					c.Cancel()
				}
				a, err := c.Lookup(someTXT, noTime)
				if err != test.err || a.Prefetched != test.prefetched || len(a.TXT) != len(test.answer.TXT) {
					t.Errorf("got %+v, %v", a, err)
				}
				if n := f.Count(someTXT); n != test.asked {
					t.Errorf("asked %d times, want %d", n, test.asked)
				}
				a, err = c.Lookup(someTXT, noTime)
				if err != test.err || a.Prefetched {
					t.Errorf("second lookup: %+v, %v", a, err)
				}
				if n := f.Count(someTXT); n != test.again {
					t.Errorf("asked %d times in all, want %d", n, test.again)
				}
			})
		})
	}
}

// The TTL of a prefetched answer counts from its arrival, and Duration from the time
// when a lookup wants it.
func TestPrefetchTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := dns.NewCache(respond(time.Second, someAnswer, nil))
		c.Prefetch(someTXT, noTime)
		c.Prefetch(numbered(1), noTime)
		time.Sleep(400 * time.Millisecond)
		if a, _ := c.Lookup(someTXT, noTime); a.Duration != 600*time.Millisecond || a.TTL != time.Minute {
			t.Errorf("waited for: %+v", a)
		}
		time.Sleep(5 * time.Second)
		if a, _ := c.Lookup(numbered(1), noTime); a.Duration != 0 || a.TTL != 55*time.Second {
			t.Errorf("arrived before: %+v", a)
		}
	})
}

func TestPrefetchLimits(t *testing.T) {
	t.Run("in flight", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := respond(time.Second, someAnswer, nil)
			c := dns.NewCache(f)
			if n := prefetch(c, 0, 50); n != 12 {
				t.Errorf("%d prefetches in flight, want 12", n)
			}
			if !c.Prefetch(numbered(0), noTime) {
				t.Error("a prefetch in flight is not repeated")
			}
			c.Lookup(numbered(0), noTime) // and all others arrive
			if n := prefetch(c, 12, 50); n != 12 || f.MaxInFlight != 12 {
				t.Errorf("then %d prefetches, at most %d in flight, want 12", n, f.MaxInFlight)
			}
		})
	})
	t.Run("a request", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := dns.NewCache(respond(0, someAnswer, nil))
			for range 2 {
				n := 0
				for i := range 50 {
					if c.Prefetch(numbered(100+i), noTime) {
						n++
						c.Lookup(numbered(100+i), noTime)
					}
				}
				if n != 27 {
					t.Errorf("%d prefetches, want 27", n)
				}
				c.Cancel()
				time.Sleep(time.Hour)
			}
		})
	})
	t.Run("cancelled without an answer", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := dns.NewCache(respond(time.Minute, someAnswer, nil))
			prefetch(c, 0, 50)
			time.Sleep(time.Second)
			c.Cancel()
			time.Sleep(9*time.Second - 1)
			if n := prefetch(c, 50, 50); n != 0 {
				t.Errorf("%d prefetches while the resolver works on 12", n)
			}
			time.Sleep(time.Nanosecond)
			if n := prefetch(c, 50, 50); n != 12 {
				t.Errorf("%d prefetches when the resolver is free again, want 12", n)
			}
		})
	})
	t.Run("after the deadline", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			if dns.NewCache(respond(0, someAnswer, nil)).Prefetch(someTXT, time.Now()) {
				t.Error("prefetches")
			}
		})
	})
}

// prefetch starts as many prefetches as are allowed of n, and returns their number.
func prefetch(c *dns.Cache, first, n int) int {
	started := 0
	for i := range n {
		if !c.Prefetch(numbered(first+i), noTime) {
			break
		}
		started++
	}
	return started
}

// A prefetch that fails stops prefetching for 30 s.
func TestPrefetchPauses(t *testing.T) {
	for _, test := range []struct {
		name  string
		err   error
		delay time.Duration
		wait  time.Duration // until it has failed
	}{
		{name: "refused", err: refused},
		{name: "SERVFAIL", err: servfail},
		{name: "system error", err: &dns.Error{Kind: dns.Network}},
		{name: "lost", delay: dnsfake.Never, wait: 2 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := respond(test.delay, someAnswer, test.err)
				c := dns.NewCache(f)
				c.Prefetch(numbered(0), noTime)
				f.Answer, f.Delay = failOnce(test.err), nil
				start := time.Now()
				if a, err := c.Lookup(numbered(0), noTime); err != nil || a.Prefetched {
					t.Errorf("got %+v, %v", a, err)
				}
				if d := time.Since(start); d != test.wait {
					t.Errorf("the lookup took %v, want %v", d, test.wait)
				}
				time.Sleep(30*time.Second - 1)
				if n := prefetch(c, 50, 50); n != 0 {
					t.Errorf("%d prefetches in the pause", n)
				}
				time.Sleep(time.Nanosecond)
				if n := prefetch(c, 50, 50); n != 12 {
					t.Errorf("%d prefetches after the pause, want 12", n)
				}
			})
		})
	}
}

// failOnce returns answers of which the first one is a failure, if there is one.
func failOnce(err error) func(dns.Question) (dns.Answer, error) {
	return func(dns.Question) (dns.Answer, error) {
		first := err
		err = nil
		if first != nil {
			return dns.Answer{}, first
		}
		return someAnswer, nil
	}
}

// Next returns what was prefetched, each once, until the lookup is answered.
func TestPrefetchNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := respond(0, someAnswer, nil)
		delays := map[string]time.Duration{"1.example": 2, "2.example": 1, "3.example": 3, "4.example": 5}
		f.Delay = func(q dns.Question) time.Duration { return delays[q.Name] }
		c := dns.NewCache(f)
		c.Start(numbered(6), noTime) // no prefetch
		c.Start(numbered(3), noTime)
		for _, i := range []int{1, 2, 4} {
			c.Prefetch(numbered(i), noTime)
		}
		var got []string
		for {
			q, a, ok := c.Next(numbered(3), noTime)
			if !ok {
				break
			}
			if a.Void() {
				t.Errorf("%v: %+v", q, a)
			}
			got = append(got, q.Name)
		}
		if len(got) != 2 || got[0] != "2.example" || got[1] != "1.example" {
			t.Errorf("got %v", got)
		}
		if a, err := c.Lookup(numbered(3), noTime); err != nil || a.Prefetched || a.Duration != 3 {
			t.Errorf("got %+v, %v", a, err)
		}
		c.Start(numbered(5), noTime)
		if q, _, ok := c.Next(numbered(3), noTime); ok {
			t.Errorf("%v while the answer is cached", q)
		}
	})
}

// A lookup that fails beside prefetches is repeated without them, so that it fails
// only where it would fail without prefetching.
func TestPrefetchRepeatsLookup(t *testing.T) {
	for _, test := range []struct {
		name     string
		err      error
		before   time.Duration // since the last prefetch
		failures int
		want     error
		asked    int
		took     time.Duration
		pauses   bool // prefetching
	}{
		{name: "SERVFAIL once", err: servfail, failures: 1, asked: 2, pauses: true},
		{name: "SERVFAIL twice", err: servfail, failures: 2, want: servfail, asked: 2},
		{name: "time-out once", err: &dns.Error{Kind: dns.Timeout}, failures: 1, asked: 2, pauses: true},
		{name: "time-out twice", err: &dns.Error{Kind: dns.Timeout}, failures: 2, want: &dns.Error{Kind: dns.Timeout}, asked: 2},
		{name: "no socket", err: &dns.Error{Kind: dns.Network, Err: syscall.EMFILE}, failures: 1, asked: 2, pauses: true},
		{name: "closed port", err: &dns.Error{Kind: dns.Network, Err: syscall.ECONNREFUSED}, failures: 1, want: &dns.Error{Kind: dns.Network, Err: syscall.ECONNREFUSED}, asked: 1},
		{name: "refused three times", err: refused, failures: 3, asked: 4, took: 300 * time.Millisecond, pauses: true},
		{name: "refused always", err: refused, failures: 100, want: refused, asked: 8, took: 6300 * time.Millisecond, pauses: true},
		{name: "refused until the resolver has given up the prefetches", err: refused, before: 5 * time.Second, failures: 100, want: refused, asked: 7, took: 3100 * time.Millisecond, pauses: true},
		{name: "refused, long after the prefetch", err: refused, before: 10 * time.Second, failures: 1, want: refused, asked: 1},
		{name: "SERVFAIL, after the prefetch", err: servfail, before: 3 * time.Second, failures: 1, want: servfail, asked: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				failures := test.failures
				f := &dnsfake.Resolver{
					Delay: func(q dns.Question) time.Duration {
						if q == someTXT {
							return 0
						}
						return dnsfake.Never
					},
				}
				f.Answer = func(q dns.Question) (dns.Answer, error) {
					if f.Count(someTXT) > 1 && f.InFlight() > 1 {
						t.Error("repeated beside a prefetch")
					}
					if q == someTXT && failures > 0 {
						failures--
						return dns.Answer{}, test.err
					}
					return someAnswer, nil
				}
				c := dns.NewCache(f)
				c.Prefetch(numbered(0), noTime)
				if test.before > 0 {
					c.Cancel()
				}
				time.Sleep(test.before)
				start := time.Now()
				a, err := c.Lookup(someTXT, noTime)
				if (err == nil) != (test.want == nil) || err != nil && err.Error() != test.want.Error() || err == nil && a.Void() {
					t.Errorf("got %+v, %v, want %v", a, err, test.want)
				}
				if n := f.Count(someTXT); n != test.asked {
					t.Errorf("asked %d times, want %d", n, test.asked)
				}
				if d := time.Since(start); d != test.took {
					t.Errorf("took %v, want %v", d, test.took)
				}
				if err == nil {
					if a, _ := c.Lookup(someTXT, noTime); !a.Cached {
						t.Error("the answer is not cached")
					}
				}
				c.Cancel()
				if c.Prefetch(numbered(1), noTime) == test.pauses {
					t.Errorf("prefetching pauses: %v, want %v", !test.pauses, test.pauses)
				}
			})
		})
	}
}

// lastAttempt is a resolver that makes the last attempt of each lookup after a time.
type lastAttempt struct {
	*dnsfake.Resolver
	after time.Duration
}

func (r lastAttempt) Start(q dns.Question, deadline time.Time) *dns.Call {
	call := r.Resolver.Start(q, deadline)
	call.LastAttempt = call.LastAttempt.Add(r.after)
	return call
}

// A lookup that times out is repeated unless the resolver has retried it after the
// prefetches had timed out, or there is no time left.
func TestPrefetchRepeatsLookup_timeout(t *testing.T) {
	for _, test := range []struct {
		name        string
		lastAttempt time.Duration
		time        time.Duration // for the lookup
		asked       int
	}{
		{name: "retried beside prefetches", lastAttempt: 2*time.Second - 1, time: time.Minute, asked: 2},
		{name: "retried after prefetches", lastAttempt: 2 * time.Second, time: time.Minute, asked: 1},
		{name: "no time left", time: 3 * time.Second, asked: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := respond(3*time.Second, dns.Answer{}, &dns.Error{Kind: dns.Timeout})
				c := dns.NewCache(lastAttempt{f, test.lastAttempt})
				c.Prefetch(numbered(0), noTime)
				_, err := c.Lookup(someTXT, time.Now().Add(test.time))
				wantKind(t, err, dns.Timeout)
				if n := f.Count(someTXT); n != test.asked {
					t.Errorf("asked %d times, want %d", n, test.asked)
				}
			})
		})
	}
}

// The queries that a refused lookup repeats count for the whole request, and end with
// its time.
func TestPrefetchRepeatsLookup_refused(t *testing.T) {
	for _, test := range []struct {
		name string
		time time.Duration // for the lookups
		want []int         // how often each lookup was asked
		took time.Duration
	}{
		{name: "seven a request", time: time.Minute, want: []int{8, 1}, took: 6300 * time.Millisecond},
		{name: "until the deadline", time: time.Second, want: []int{5, 3}, took: 800 * time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := respond(0, dns.Answer{}, refused)
				c := dns.NewCache(f)
				c.Prefetch(numbered(0), noTime)
				start := time.Now()
				for i, want := range test.want {
					if _, err := c.Lookup(numbered(i+1), start.Add(test.time)); err == nil || err.Error() != refused.Error() {
						t.Errorf("lookup %d: %v", i, err)
					}
					if n := f.Count(numbered(i + 1)); n != want {
						t.Errorf("lookup %d was asked %d times, want %d", i, n, want)
					}
				}
				if d := time.Since(start); d != test.took {
					t.Errorf("took %v, want %v", d, test.took)
				}
			})
		})
	}
}

// A resolver that refuses each query once gets few of a request's queries twice.
func TestPrefetchRepeatsLookup_limit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const lookups, repeats = 10, 7
		f := respond(0, someAnswer, nil)
		c := dns.NewCache(f)
		for request := range 2 {
			seen := make(map[dns.Question]bool)
			asked := 0
			f.Answer = func(q dns.Question) (dns.Answer, error) {
				if asked++; !seen[q] {
					seen[q] = true
					return dns.Answer{}, refused
				}
				return someAnswer, nil
			}
			c.Prefetch(numbered(100+request), noTime)
			c.Cancel()
			asked = 0
			failed := 0
			for i := range lookups {
				if _, err := c.Lookup(numbered(request*lookups+i), noTime); err != nil {
					failed++
				}
			}
			if failed != lookups-repeats || asked != lookups+repeats {
				t.Errorf("request %d: %d lookups failed and %d were asked, want %d and %d", request, failed, asked, lookups-repeats, lookups+repeats)
			}
			c.Cancel()
			time.Sleep(time.Minute) // until prefetching resumes
		}
	})
}

// A prefetch beside which a lookup begins, and one that begins beside a lookup, both
// count as prefetches beside it.
func TestPrefetchRepeatsLookup_startedBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := respond(0, someAnswer, nil)
		f.Answer = failOnce(servfail)
		f.Delay = func(q dns.Question) time.Duration {
			if q == someTXT {
				return time.Millisecond
			}
			return dnsfake.Never
		}
		c := dns.NewCache(f)
		c.Start(someTXT, noTime)
		c.Prefetch(numbered(0), noTime)
		if a, err := c.Lookup(someTXT, noTime); err != nil || a.Void() {
			t.Errorf("got %+v, %v", a, err)
		}
	})
}

// A prefetch ends at the deadline.
func TestPrefetchDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := respond(dnsfake.Never, someAnswer, nil)
		c := dns.NewCache(f)
		start := time.Now()
		c.Prefetch(someTXT, start.Add(time.Second))
		f.Delay = nil
		if a, err := c.Lookup(someTXT, start.Add(time.Minute)); err != nil || a.Prefetched || time.Since(start) != time.Second {
			t.Errorf("got %+v, %v after %v", a, err, time.Since(start))
		}
	})
}

// A lookup that Start has sent and Next has waited for ends in a timeout, not in an
// error that it was never sent.
func TestCacheLookup_afterNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := dns.NewCache(respond(dnsfake.Never, someAnswer, nil))
		deadline := time.Now().Add(time.Second)
		c.Start(someTXT, deadline)
		if _, _, ok := c.Next(someTXT, deadline); ok {
			t.Error("Next has an answer")
		}
		var e *dns.Error
		if _, err := c.Lookup(someTXT, deadline); !errors.As(err, &e) || e.Kind != dns.Timeout {
			t.Errorf("Lookup's error is %v, want a time-out", err)
		}
		c.Cancel()
		if _, err := c.Lookup(someTXT, deadline); !errors.As(err, &e) || e.Kind != dns.OutOfTime {
			t.Errorf("the error of a lookup that was not sent is %v, want out of time", err)
		}
		c.Prefetch(numbered(1), deadline.Add(time.Second))
		if _, err := c.Lookup(numbered(1), deadline); !errors.As(err, &e) || e.Kind != dns.OutOfTime {
			t.Errorf("the error of a lookup that was only prefetched is %v, want out of time", err)
		}
	})
}

// A cache of a resolver that blocks returns as soon as that one does.
func TestCacheLookup_blocking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := dns.NewCache(dnsfake.Text("v=spf1 -all"))
		start := time.Now()
		if a, err := c.Lookup(someTXT, start.Add(time.Minute)); err != nil || a.Void() || time.Since(start) != 0 {
			t.Errorf("got %+v, %v after %v", a, err, time.Since(start))
		}
		if c.Prefetch(numbered(1), noTime) {
			t.Error("prefetches")
		}
	})
}

// A prefetch that fails when the time of the lookup that waits for it is up has timed
// out, too: there is no time to send it again.
func TestCacheLookup_prefetchFailsAtDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := dns.NewCache(respond(dnsfake.Never, someAnswer, nil))
		deadline := time.Now().Add(time.Second)
		c.Prefetch(someTXT, deadline)
		var e *dns.Error
		if _, err := c.Lookup(someTXT, deadline); !errors.As(err, &e) || e.Kind != dns.Timeout {
			t.Errorf("Lookup's error is %v, want a time-out", err)
		}
		if c.Cancel(); c.Prefetch(numbered(1), time.Now().Add(time.Second)) {
			t.Error("prefetching does not pause")
		}
	})
}
