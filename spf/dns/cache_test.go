package dns

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// fakeResolver answers from functions and counts the questions.
type fakeResolver struct {
	mu     sync.Mutex
	asked  map[Question]int
	answer func(ctx context.Context, q Question, nth int) (Answer, error)
}

func (f *fakeResolver) Lookup(ctx context.Context, q Question) (Answer, error) {
	f.mu.Lock()
	if f.asked == nil {
		f.asked = make(map[Question]int)
	}
	f.asked[q]++
	nth := f.asked[q]
	f.mu.Unlock()
	return f.answer(ctx, q, nth)
}

func (f *fakeResolver) count(q Question) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked[q]
}

// after answers a after d, or fails with a time-out when ctx is done first.
func after(d time.Duration, a Answer, err error) func(context.Context, Question, int) (Answer, error) {
	return func(ctx context.Context, q Question, _ int) (Answer, error) {
		select {
		case <-time.After(d):
			return a, err
		case <-ctx.Done():
			return Answer{}, &Error{Kind: Timeout, Question: q}
		}
	}
}

var (
	someTXT    = Question{"example.org", TypeTXT}
	someAnswer = Answer{TXT: [][]string{{"v=spf1 -all"}}, TTL: time.Minute, Size: 80}
)

func TestCacheKeepsForTTL(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer Answer
		err    error
		later  time.Duration
		asked  int
		ttl    time.Duration
		cached bool
	}{
		{"at once", someAnswer, nil, 0, 1, time.Minute, true},
		{"remaining TTL", someAnswer, nil, 20 * time.Second, 1, 40 * time.Second, true},
		{"last moment", someAnswer, nil, time.Minute - 1, 1, 1, true},
		{"expired", someAnswer, nil, time.Minute, 2, time.Minute, false},
		{"NXDOMAIN kept", Answer{NXDomain: true, TTL: time.Minute}, nil, 59 * time.Second, 1, time.Second, true},
		{"NXDOMAIN expired", Answer{NXDomain: true, TTL: time.Minute}, nil, time.Minute, 2, time.Minute, false},
		{"NODATA kept", Answer{TTL: time.Minute}, nil, 59 * time.Second, 1, time.Second, true},
		{"TTL 0 never kept", Answer{TXT: someAnswer.TXT}, nil, 0, 2, 0, false},
		{"failure never kept", Answer{}, &Error{Kind: BadRcode, Rcode: rcodeServFail}, 0, 2, 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fakeResolver{answer: after(0, test.answer, test.err)}
				c := NewCache(f)
				if a, err := c.Lookup(t.Context(), someTXT); a.Cached || a.Ahead || a.TTL != test.answer.TTL || err != test.err {
					t.Fatalf("first: %+v, %v", a, err)
				}
				time.Sleep(test.later)
				a, err := c.Lookup(t.Context(), someTXT)
				if err != test.err || a.TTL != test.ttl || a.Cached != test.cached || a.Ahead {
					t.Errorf("got %+v, %v", a, err)
				}
				if len(a.TXT) != len(test.answer.TXT) || a.NXDomain != test.answer.NXDomain {
					t.Errorf("got %+v, want the data of %+v", a, test.answer)
				}
				if n := f.count(someTXT); n != test.asked {
					t.Errorf("asked %d times, want %d", n, test.asked)
				}
			})
		})
	}
}

func TestCacheTellsTypesApart(t *testing.T) {
	f := &fakeResolver{answer: after(0, someAnswer, nil)}
	c := NewCache(f)
	c.Lookup(t.Context(), Question{"example.org", TypeTXT})
	if a, _ := c.Lookup(t.Context(), Question{"example.org", TypeMX}); a.Cached {
		t.Error("MX answered from TXT")
	}
}

func TestCacheOneFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeResolver{answer: after(time.Second, someAnswer, nil)}
		c := NewCache(f)
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				if a, err := c.Lookup(t.Context(), someTXT); err != nil || a.TTL != time.Minute || a.Cached {
					t.Errorf("got %+v, %v", a, err)
				}
			})
		}
		all.Wait()
		if n := f.count(someTXT); n != 1 {
			t.Errorf("asked %d times, want 1", n)
		}
	})
}

func TestCacheWaiterLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewCache(&fakeResolver{answer: after(time.Minute, someAnswer, nil)})
		goAhead(c, t.Context(), someTXT)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := c.Lookup(ctx, someTXT)
		wantDNSError(t, err, Timeout)
		if d := time.Since(start); d != time.Second {
			t.Errorf("returned after %v, want 1s", d)
		}
		time.Sleep(time.Minute)
	})
}

// The one who asked first goes away; those who wait for his answer get one.
func TestCacheAskerLeaves(t *testing.T) {
	for _, ahead := range []bool{false, true} {
		t.Run(fmt.Sprint("ahead=", ahead), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fakeResolver{answer: after(10*time.Second, someAnswer, nil)}
				c := NewCache(f)
				ctx, cancel := context.WithCancel(t.Context())
				if ahead {
					goAhead(c, ctx, someTXT)
				} else {
					go c.Lookup(ctx, someTXT)
				}
				synctest.Wait()
				var waiters sync.WaitGroup
				for range 3 {
					waiters.Go(func() {
						if a, err := c.Lookup(t.Context(), someTXT); err != nil || a.Void() {
							t.Errorf("got %+v, %v", a, err)
						}
					})
				}
				time.Sleep(time.Second)
				cancel()
				waiters.Wait()
				if n := f.count(someTXT); n != 2 {
					t.Errorf("asked %d times, want 2", n)
				}
			})
		})
	}
}

func TestCacheAhead(t *testing.T) {
	failure := &Error{Kind: BadRcode, Rcode: rcodeServFail}
	for _, test := range []struct {
		name   string
		answer Answer
		err    error
		wait   time.Duration // before the lookup
		done   bool          // Ask's context is done by then
		ahead  bool          // the lookup gets what Ask asked for
		again  int           // questions after another lookup
	}{
		{"under way", someAnswer, nil, 0, false, true, 1},
		{"arrived", someAnswer, nil, 2 * time.Second, false, true, 1},
		{"arrived, owner gone", someAnswer, nil, 2 * time.Second, true, false, 1},
		{"without TTL, under way", Answer{TXT: someAnswer.TXT}, nil, 0, false, true, 2},
		{"without TTL, arrived", Answer{TXT: someAnswer.TXT}, nil, 2 * time.Second, false, true, 2},
		{"without TTL, owner gone", Answer{TXT: someAnswer.TXT}, nil, 2 * time.Second, true, false, 3},
		{"failure under way", Answer{}, failure, 0, false, true, 2},
		{"failure arrived", Answer{}, failure, 2 * time.Second, false, true, 2},
		{"failure, owner gone", Answer{}, failure, 2 * time.Second, true, false, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fakeResolver{answer: after(time.Second, test.answer, test.err)}
				c := NewCache(f)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				goAhead(c, ctx, someTXT)
				goAhead(c, ctx, someTXT)
				goAhead(c, ctx, someTXT)
				time.Sleep(test.wait)
				goAhead(c, ctx, someTXT)
				if test.done {
					cancel()
				}
				a, err := c.Lookup(t.Context(), someTXT)
				if err != test.err || err == nil && a.Ahead != test.ahead {
					t.Errorf("got %+v, %v", a, err)
				}
				if test.ahead && f.count(someTXT) != 1 {
					t.Errorf("asked %d times, want 1", f.count(someTXT))
				}
				a, err = c.Lookup(t.Context(), someTXT)
				if err != test.err || a.Ahead {
					t.Errorf("second lookup: %+v, %v", a, err)
				}
				if n := f.count(someTXT); n != test.again {
					t.Errorf("asked %d times in all, want %d", n, test.again)
				}
			})
		})
	}
}

func TestCacheAheadOutOfTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeResolver{answer: after(0, someAnswer, nil)}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		c := NewCache(f)
		goAhead(c, ctx, someTXT)
		synctest.Wait()
		if n := f.count(someTXT); n != 0 {
			t.Errorf("asked %d times, want 0", n)
		}
		_, err := c.Lookup(ctx, someTXT)
		wantDNSError(t, err, OutOfTime)
	})
}

func TestCacheStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failure := &Error{Kind: Timeout}
		c := NewCache(&fakeResolver{answer: func(_ context.Context, _ Question, nth int) (Answer, error) {
			if nth == 1 {
				return someAnswer, nil
			}
			return Answer{}, failure
		}})
		if a, ok := c.Stale(someTXT); ok {
			t.Errorf("before any lookup: %+v", a)
		}
		c.Lookup(t.Context(), someTXT)
		time.Sleep(time.Hour)
		if a, ok := c.Stale(someTXT); !ok || a.Void() || a.TTL != 0 {
			t.Errorf("expired: %+v, %v", a, ok)
		}
		goAhead(c, t.Context(), someTXT)
		if a, ok := c.Stale(someTXT); !ok || a.Void() {
			t.Errorf("renewal failed: %+v, %v", a, ok)
		}
		if _, err := c.Lookup(t.Context(), someTXT); err != failure {
			t.Errorf("got %v, want the failure of the renewal", err)
		}
		if a, ok := c.Stale(someTXT); !ok || a.Void() {
			t.Errorf("failure handed over: %+v, %v", a, ok)
		}
	})
}

func TestCachePanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewCache(&fakeResolver{answer: func(context.Context, Question, int) (Answer, error) { panic("no") }})
		_, err := c.Lookup(t.Context(), someTXT)
		wantDNSError(t, err, Malformed)
		goAhead(c, t.Context(), someTXT)
		_, err = c.Lookup(t.Context(), someTXT)
		wantDNSError(t, err, Malformed)
	})
}

func TestCacheBounds(t *testing.T) {
	long := strings.Repeat("x", 200)
	for _, test := range []struct {
		name    string
		answer  Answer
		err     error
		entries int // -1: as many as the bytes allow
	}{
		{"small", Answer{TTL: time.Hour}, nil, maxEntries},
		{"TXT", Answer{TTL: time.Hour, TXT: [][]string{{long, long, long, long, long, long}}}, nil, -1},
		{"addresses", Answer{TTL: time.Hour, Addrs: make([]netip.Addr, 1000)}, nil, -1},
		{"names", Answer{TTL: time.Hour, Names: []string{long, long, long, long, long, long}}, nil, -1},
		{"too large", Answer{TTL: time.Hour, TXT: [][]string{make([]string, 5000)}}, nil, 0},
		{"failures", Answer{}, errors.New("failure"), maxEntries},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := NewCache(&fakeResolver{answer: after(0, test.answer, test.err)})
				for i := range maxEntries + 100 {
					goAhead(c, t.Context(), Question{fmt.Sprint(i, ".example"), TypeTXT})
				}
				sum, n := 0, 0
				for e := c.ring.next; e != &c.ring; e = e.next {
					sum += int(e.bytes)
					n++
				}
				if n != len(c.entries) || sum != c.bytes {
					t.Errorf("the ring has %d entries and %d bytes, the cache %d and %d", n, sum, len(c.entries), c.bytes)
				}
				if test.entries >= 0 && n != test.entries || n > maxEntries || sum > maxBytes {
					t.Errorf("%d entries, %d bytes", n, sum)
				}
				if test.entries < 0 && sum < maxBytes-maxEntryBytes {
					t.Errorf("only %d bytes used", sum)
				}
			})
		})
	}
}

func TestCacheForgetsLeastUsed(t *testing.T) {
	f := &fakeResolver{answer: after(0, Answer{TTL: time.Hour}, nil)}
	c := NewCache(f)
	name := func(i int) Question { return Question{fmt.Sprint(i, ".example"), TypeTXT} }
	for i := range maxEntries {
		c.Lookup(t.Context(), name(i))
	}
	c.Lookup(t.Context(), name(0))
	c.Lookup(t.Context(), name(maxEntries))
	if a, _ := c.Lookup(t.Context(), name(0)); !a.Cached {
		t.Error("what was used last is gone")
	}
	if a, _ := c.Lookup(t.Context(), name(1)); a.Cached {
		t.Error("what was used least is still there")
	}
}

func TestCacheHitAllocates(t *testing.T) {
	c := NewCache(&fakeResolver{answer: after(0, someAnswer, nil)})
	c.Lookup(t.Context(), someTXT)
	if n := testing.AllocsPerRun(100, func() { c.Lookup(t.Context(), someTXT) }); n != 0 {
		t.Errorf("%v allocations a lookup, want 0", n)
	}
}

func BenchmarkCacheHit(b *testing.B) {
	c := NewCache(&fakeResolver{answer: after(0, someAnswer, nil)})
	b.ReportAllocs()
	for b.Loop() {
		c.Lookup(b.Context(), someTXT)
	}
}

func BenchmarkCacheMiss(b *testing.B) {
	c := NewCache(resolverFunc(func(context.Context, Question) (Answer, error) { return Answer{}, nil }))
	b.ReportAllocs()
	for b.Loop() {
		c.Lookup(b.Context(), someTXT)
	}
}

// goAhead asks ahead, as far as that goes without waiting.
func goAhead(c *Cache, ctx context.Context, q Question) {
	c.Ask(ctx, q, func(Answer) {})
	synctest.Wait()
}

type resolverFunc func(context.Context, Question) (Answer, error)

func (f resolverFunc) Lookup(ctx context.Context, q Question) (Answer, error) { return f(ctx, q) }

// wantDNSError tells when err is no *Error of the kind.
func wantDNSError(t *testing.T, err error, kind ErrorKind) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Kind != kind {
		t.Errorf("got error %v, want one of kind %d", err, kind)
	}
}
