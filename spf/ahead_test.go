package spf

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"policyd-spf/spf/dns"
)

func TestQuestions(t *testing.T) {
	tests := []struct {
		name, ip, record string
		room             int
		want             string
	}{
		{"every kind", "192.0.2.1", "a mx:m.example ptr include:i.example exists:%{ir}.e.example redirect=r.example", 10,
			"d.example A, m.example MX, 1.2.0.192.in-addr.arpa PTR, i.example TXT, 1.2.0.192.e.example A, r.example TXT"},
		{"IPv6", "2001:db8::1", "a exists:e.example", 10, "d.example AAAA, e.example A"},
		{"behind all", "192.0.2.1", "a -all mx redirect=r.example", 10, "d.example A"},
		{"behind a network of the client", "192.0.2.1", "a ip4:192.0.2.0/24 mx redirect=r.example", 10, "d.example A"},
		{"behind a network of others", "192.0.2.1", "ip6:::/0 ip4:198.51.100.0/24 mx", 10, "d.example MX"},
		{"beyond the limit", "192.0.2.1", "a mx include:i.example redirect=r.example", 2, "d.example A, d.example MX"},
		{"at the limit", "192.0.2.1", "a redirect=r.example", 1, "d.example A"},
		{"behind a known include that matches", "192.0.2.1", "a include:pass.example mx", 10, "d.example A"},
		{"behind a known include of others", "192.0.3.1", "include:pass.example mx", 10, "pass.example TXT, d.example MX"},
		{"behind a known include that fails", "192.0.2.1", "include:fail.example mx", 10, "fail.example TXT, d.example MX"},
		{"behind a known include with lookups", "192.0.2.1", "include:lookup.example mx", 10, "lookup.example TXT, d.example MX"},
		{"behind known includes within a known include", "192.0.2.1", "include:include.example mx", 10, ""},
		{"behind a known redirect", "192.0.2.1", "include:redirect.example mx", 10, ""},
		{"behind a known include of an unknown one", "192.0.2.1", "include:unknown.example mx", 10, "unknown.example TXT, d.example MX"},
		{"behind a known include of itself", "192.0.2.1", "include:self.example mx", 10, "self.example TXT, d.example MX"},
		{"names that need lookups", "192.0.2.1", "exists:%{p}.example a", 2, "d.example A"},
		{"names that cannot be", "192.0.2.1", "a:x..example a", 2, "d.example A"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, err := Parse("v=spf1 " + test.record)
			if err != nil {
				t.Fatal(err)
			}
			m := newMacros(Args{IP: netip.MustParseAddr(test.ip)}, "")
			known := func(name string) *Record {
				text, ok := map[string]string{
					"pass.example":     "v=spf1 ip4:198.51.100.1 ip4:192.0.2.0/24 a -all",
					"fail.example":     "v=spf1 -ip4:192.0.2.0/24 +all",
					"lookup.example":   "v=spf1 a ip4:192.0.2.0/24 -all",
					"include.example":  "v=spf1 include:fail.example include:pass.example -all",
					"redirect.example": "v=spf1 ip4:198.51.100.1 redirect=pass.example",
					"unknown.example":  "v=spf1 include:nobody.example ip4:192.0.2.0/24 -all",
					"self.example":     "v=spf1 redirect=self.example",
				}[name]
				if !ok {
					return nil
				}
				r, err := Parse(text)
				if err != nil {
					t.Fatal(err)
				}
				return r
			}
			var got []string
			for _, q := range questions(r, "d.example", &m, test.room, known) {
				got = append(got, q.String())
			}
			if s := strings.Join(got, ", "); s != test.want {
				t.Errorf("got  %s\nwant %s", s, test.want)
			}
		})
	}
}

// slow is a book whose answers take a second each, to whoever asks.
type slow struct {
	mu sync.Mutex
	*book
}

func (s *slow) Lookup(ctx context.Context, q dns.Question) (dns.Answer, error) {
	time.Sleep(time.Second) // of synctest's time
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.book.Lookup(ctx, q)
}

// TestAheadRoundTrips holds how many round trips a check takes whose lookups
// are made ahead.
func TestAheadRoundTrips(t *testing.T) {
	tests := []struct {
		name, zone string
		want       int
	}{
		{"no record", "", 1},
		{"no lookups", "a.example TXT v=spf1 ip4:192.0.2.1 a mx -all", 1},
		{"side by side", `
			a.example TXT v=spf1 a mx include:b.example include:c.example exists:e.example -all
			a.example A 198.51.100.1
			a.example MX h.example
			h.example A 198.51.100.1
			b.example TXT v=spf1 ~all
			c.example TXT v=spf1 ?all
			e.example TXT hello`, 3},
		{"includes within one another", `
			a.example TXT v=spf1 include:b.example a:x.example -all
			b.example TXT v=spf1 include:c.example a:y.example -all
			c.example TXT v=spf1 mx:z.example -all
			z.example MX h.example
			h.example A 198.51.100.1
			x.example A 198.51.100.1
			y.example A 198.51.100.1`, 5},
		{"ten includes", "a.example TXT v=spf1" + strings.Repeat(" include:b.example", 10) + " -all\nb.example TXT v=spf1 -all", 2},
		{"ptr", `
			a.example TXT v=spf1 ptr mx -all
			1.2.0.192.in-addr.arpa PTR h1.example
			1.2.0.192.in-addr.arpa PTR h2.example
			1.2.0.192.in-addr.arpa PTR h3.example
			h1.example A 192.0.2.1
			h2.example A 192.0.2.1
			h3.example A 192.0.2.1`, 3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				cache := dns.NewCache(&slow{book: newBook(test.zone)})
				c := &Checker{Resolver: cache, Limits: DefaultLimits(), Ahead: cache}
				start := time.Now()
				c.CheckHost(ctx, query("192.0.2.1", "u@a.example"))
				if got := int(time.Since(start) / time.Second); got != test.want {
					t.Errorf("%d round trips, want %d", got, test.want)
				}
			})
		})
	}
}

// TestRecall holds that a sender known from before is checked in one round trip,
// whatever the depth of his record, once it has expired.
func TestRecall(t *testing.T) {
	zone := `
		a.example TXT v=spf1 include:b.example mx -all
		b.example TXT v=spf1 include:c.example -all
		c.example TXT v=spf1 a:z.example redirect=d.example
		d.example TXT v=spf1 mx:z.example -all
		z.example A 198.51.100.1
		z.example MX h.example
		a.example MX h.example
		h.example A 192.0.2.1`
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		world := &slow{book: newBook(zone)}
		cache := dns.NewCache(world)
		c := &Checker{Resolver: cache, Limits: DefaultLimits(), Ahead: cache}
		for _, want := range []int{5, 0, 1} {
			start := time.Now()
			if v := c.CheckHost(ctx, query("192.0.2.1", "u@a.example")); v.Result != Pass {
				t.Fatal(v)
			}
			if got := int(time.Since(start) / time.Second); got != want {
				t.Errorf("%d round trips, want %d", got, want)
			}
			if want == 0 {
				time.Sleep(2 * time.Hour) // the records expire
			}
		}
	})
}

// TestAheadChangesNothing holds that verdicts and events are the same with and
// without lookups ahead; suites/ does the same for whole suites.
func TestAheadChangesNothing(t *testing.T) {
	zone := `
		a.example TXT v=spf1 include:b.example mx:x.example a:y.example ptr -all exp=e.example
		b.example TXT v=spf1 include:c.example -all
		c.example TXT v=spf1 a:z.example ?all
		e.example TXT no`
	run := func(ahead bool) (Verdict, steps) {
		var s steps
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		cache := dns.NewCache(&slow{book: newBook(zone)})
		c := &Checker{Resolver: &TracingResolver{cache, &s}, Limits: DefaultLimits(), Observer: &s}
		if ahead {
			c.Ahead = cache
		}
		v := c.CheckHost(ctx, query("192.0.2.1", "u@a.example"))
		v.TTL = 0
		v.Err = nil
		return v, s
	}
	synctest.Test(t, func(t *testing.T) {
		v1, s1 := run(false)
		v2, s2 := run(true)
		if v1 != v2 {
			t.Errorf("%+v without, %+v with lookups ahead", v1, v2)
		}
		if !slices.Equal(s1, s2) {
			t.Errorf("without lookups ahead\n%s\nwith\n%s", strings.Join(s1, "\n"), strings.Join(s2, "\n"))
		}
	})
}

// Records that include one another many times over, all of them known, are not
// gone through.
func TestForetellBounded(t *testing.T) {
	m := newMacros(Args{IP: netip.MustParseAddr("192.0.2.1")}, "")
	r, err := Parse("v=spf1" + strings.Repeat(" include:x.example", 400) + " -all")
	if err != nil {
		t.Fatal(err)
	}
	last, err := Parse("v=spf1 ?all")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	questions(r, "d.example", &m, 10, func(string) *Record {
		if n++; n%5 == 0 {
			return last
		}
		return r
	})
	if n != maxForetold {
		t.Errorf("looked at %d records, want %d", n, maxForetold)
	}
}
