package dns_test

import (
	"fmt"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"policyd-spf/spf/dns"
	"policyd-spf/spf/dns/dnsfake"
)

var (
	someTXT    = dns.Question{Name: "example.org", Type: dns.TypeTXT}
	someAnswer = dns.Answer{TXT: [][]string{{"v=spf1 -all"}}, TTL: time.Minute, Size: 80}
	servfail   = &dns.Error{Kind: dns.BadRcode, Rcode: 2}
	refused    = &dns.Error{Kind: dns.BadRcode, Rcode: 5}
	noTime     time.Time
)

// respond returns a resolver that has one answer to all questions, after a delay.
func respond(delay time.Duration, a dns.Answer, err error) *dnsfake.Resolver {
	return &dnsfake.Resolver{
		Answer: func(dns.Question) (dns.Answer, error) { return a, err },
		Delay:  func(dns.Question) time.Duration { return delay },
	}
}

// wantKind fails the test if err is not a *dns.Error of a kind.
func wantKind(t *testing.T, err error, kind dns.ErrorKind) {
	t.Helper()
	if e, ok := err.(*dns.Error); !ok || e.Kind != kind {
		t.Errorf("error %v, want one of kind %d", err, kind)
	}
}

// numbered returns the i-th of many questions.
func numbered(i int) dns.Question {
	return dns.Question{Name: fmt.Sprint(i, ".example"), Type: dns.TypeTXT}
}

// A cached name does not keep the request in memory of which it was a part.
func TestCacheKeepsNoRequest(t *testing.T) {
	const requests, size = 50, 1 << 20
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	c := dns.NewCache(dnsfake.Text("v=spf1 -all"))
	before := heap()
	for i := range requests {
		request := fmt.Sprintf("%020d.example%s", i, strings.Repeat("x", size))
		c.Lookup(dns.Question{Name: request[:28], Type: dns.TypeTXT}, noTime)
	}
	if after := heap(); after > before+requests*size/10 {
		t.Errorf("%d bytes more are in use", after-before)
	}
	runtime.KeepAlive(c)
}

func TestCacheKeepsForTTL(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer dns.Answer
		err    error
		later  time.Duration
		asked  int
		ttl    time.Duration
		cached bool
	}{
		{name: "at once", answer: someAnswer, asked: 1, ttl: time.Minute, cached: true},
		{name: "remaining TTL", answer: someAnswer, later: 20 * time.Second, asked: 1, ttl: 40 * time.Second, cached: true},
		{name: "last moment", answer: someAnswer, later: time.Minute - 1, asked: 1, ttl: 1, cached: true},
		{name: "expired", answer: someAnswer, later: time.Minute, asked: 2, ttl: time.Minute},
		{name: "NXDOMAIN kept", answer: dns.Answer{NXDomain: true, TTL: time.Minute}, later: 59 * time.Second, asked: 1, ttl: time.Second, cached: true},
		{name: "NXDOMAIN expired", answer: dns.Answer{NXDomain: true, TTL: time.Minute}, later: time.Minute, asked: 2, ttl: time.Minute},
		{name: "NODATA kept", answer: dns.Answer{TTL: time.Minute}, later: 59 * time.Second, asked: 1, ttl: time.Second, cached: true},
		{name: "TTL 0 never kept", answer: dns.Answer{TXT: someAnswer.TXT}, asked: 2},
		{name: "failure never kept", err: servfail, asked: 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := respond(0, test.answer, test.err)
				c := dns.NewCache(f)
				if a, err := c.Lookup(someTXT, noTime); a.Cached || a.Prefetched || a.TTL != test.answer.TTL || err != test.err {
					t.Fatalf("first: %+v, %v", a, err)
				}
				time.Sleep(test.later)
				a, err := c.Lookup(someTXT, noTime)
				if err != test.err || a.TTL != test.ttl || a.Cached != test.cached || a.Prefetched {
					t.Errorf("got %+v, %v", a, err)
				}
				if len(a.TXT) != len(test.answer.TXT) || a.NXDomain != test.answer.NXDomain {
					t.Errorf("got %+v, want the data of %+v", a, test.answer)
				}
				if n := f.Count(someTXT); n != test.asked {
					t.Errorf("asked %d times, want %d", n, test.asked)
				}
			})
		})
	}
}

func TestCacheDistinguishesTypes(t *testing.T) {
	c := dns.NewCache(respond(0, someAnswer, nil))
	c.Lookup(dns.Question{Name: "example.org", Type: dns.TypeTXT}, noTime)
	if a, _ := c.Lookup(dns.Question{Name: "example.org", Type: dns.TypeMX}, noTime); a.Cached {
		t.Error("MX answered from TXT")
	}
}

func TestCacheOutOfTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := respond(time.Minute, someAnswer, nil)
		c := dns.NewCache(f)
		_, err := c.Lookup(someTXT, time.Now())
		wantKind(t, err, dns.OutOfTime)
		if len(f.Asked) != 0 {
			t.Errorf("asked %v", f.Asked)
		}
		start := time.Now()
		_, err = c.Lookup(someTXT, start.Add(time.Second))
		wantKind(t, err, dns.Timeout)
		if d := time.Since(start); d != time.Second {
			t.Errorf("returned after %v, want 1s", d)
		}
	})
}

func TestCachePeek(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := respond(0, someAnswer, nil)
		c := dns.NewCache(f)
		if a, ok := c.Peek(someTXT); ok {
			t.Errorf("before any lookup: %+v", a)
		}
		c.Lookup(someTXT, noTime)
		time.Sleep(time.Hour)
		f.Answer = func(dns.Question) (dns.Answer, error) { return dns.Answer{}, servfail }
		if a, ok := c.Peek(someTXT); !ok || a.Void() || a.TTL != 0 {
			t.Errorf("expired: %+v, %v", a, ok)
		}
		if _, err := c.Lookup(someTXT, noTime); err != servfail {
			t.Errorf("got %v, want the failure", err)
		}
		if a, ok := c.Peek(someTXT); !ok || a.Void() {
			t.Errorf("after a failure: %+v, %v", a, ok)
		}
	})
}

func TestCacheBounds(t *testing.T) {
	const maxEntries = 4096
	long := strings.Repeat("x", 200)
	for _, test := range []struct {
		name   string
		answer dns.Answer
		err    error
		min    int
		max    int
	}{
		{name: "small", answer: dns.Answer{TTL: time.Hour}, min: maxEntries, max: maxEntries},
		{name: "TXT", answer: dns.Answer{TTL: time.Hour, TXT: [][]string{{long, long, long, long, long, long}}}, min: 500, max: 1000},
		{name: "addresses", answer: dns.Answer{TTL: time.Hour, Addrs: make([]netip.Addr, 1000)}, min: 30, max: 50},
		{name: "names", answer: dns.Answer{TTL: time.Hour, Names: []string{long, long, long, long, long, long}}, min: 500, max: 1000},
		{name: "too large", answer: dns.Answer{TTL: time.Hour, TXT: [][]string{make([]string, 5000)}}},
		{name: "failures", err: servfail},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := dns.NewCache(respond(0, test.answer, test.err))
			for i := range maxEntries + 100 {
				c.Lookup(numbered(i), noTime)
			}
			n := 0
			for i := range maxEntries + 100 {
				if _, ok := c.Peek(numbered(i)); ok {
					n++
				}
			}
			if n < test.min || n > test.max {
				t.Errorf("%d answers, want %d to %d", n, test.min, test.max)
			}
		})
	}
}

// An answer too large for the cache replaces a smaller one that has expired.
func TestCacheForgetsBeforeTooLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := respond(0, someAnswer, nil)
		c := dns.NewCache(f)
		c.Lookup(someTXT, noTime)
		time.Sleep(time.Hour)
		f.Answer = func(dns.Question) (dns.Answer, error) {
			return dns.Answer{TTL: time.Hour, TXT: [][]string{make([]string, 5000)}}, nil
		}
		c.Lookup(someTXT, noTime)
		if a, ok := c.Peek(someTXT); ok {
			t.Errorf("the cache has %d strings", len(a.TXT[0]))
		}
	})
}

func TestCacheEvictsLeastUsed(t *testing.T) {
	const maxEntries = 4096
	c := dns.NewCache(respond(0, dns.Answer{TTL: time.Hour}, nil))
	for i := range maxEntries {
		c.Lookup(numbered(i), noTime)
	}
	c.Lookup(numbered(0), noTime)
	c.Lookup(numbered(maxEntries), noTime)
	if a, _ := c.Lookup(numbered(0), noTime); !a.Cached {
		t.Error("the answer used last is gone")
	}
	if a, _ := c.Lookup(numbered(1), noTime); a.Cached {
		t.Error("the answer used least is still there")
	}
}

func TestCacheHitAllocates(t *testing.T) {
	c := dns.NewCache(respond(0, someAnswer, nil))
	c.Lookup(someTXT, noTime)
	if n := testing.AllocsPerRun(100, func() { c.Lookup(someTXT, noTime) }); n != 0 {
		t.Errorf("%v allocations a lookup, want 0", n)
	}
}

// A Resolver that is not an AsyncResolver is cached, but not used for prefetches.
func TestCacheOfResolver(t *testing.T) {
	zone, err := dns.ParseZone(strings.NewReader("example.org. TXT x\n"), "", "zone")
	if err != nil {
		t.Fatal(err)
	}
	c := dns.NewCache(zone)
	if c.Prefetch(someTXT, noTime) {
		t.Error("prefetches")
	}
	for _, cached := range []bool{false, true} {
		if a, err := c.Lookup(someTXT, noTime); err != nil || a.Void() || a.Cached != cached || !a.FromFile {
			t.Errorf("got %+v, %v", a, err)
		}
	}
}

func BenchmarkCacheHit(b *testing.B) {
	c := dns.NewCache(respond(0, someAnswer, nil))
	b.ReportAllocs()
	for b.Loop() {
		c.Lookup(someTXT, noTime)
	}
}

func BenchmarkCacheMiss(b *testing.B) {
	c := dns.NewCache(respond(0, dns.Answer{}, nil))
	b.ReportAllocs()
	for b.Loop() {
		c.Lookup(someTXT, noTime)
	}
}
