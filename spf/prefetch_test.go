package spf

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"policyd-spf/spf/dns"
	"policyd-spf/spf/dns/dnsfake"
)

func TestPlannedLookups(t *testing.T) {
	for _, test := range []struct {
		name, ip, record string
		limit            int
		want             string // "-": the record exceeds the limit
		terms            int    // 0: not compared
	}{
		{name: "every kind", ip: "192.0.2.1", record: "a mx:m.example ptr include:i.example exists:%{ir}.e.example redirect=r.example", limit: 10,
			want: "d.example A, m.example MX, 1.2.0.192.in-addr.arpa PTR, i.example TXT, 1.2.0.192.e.example A, r.example TXT"},
		{name: "IPv6", ip: "2001:db8::1", record: "a exists:e.example", limit: 10, want: "d.example AAAA, e.example A"},
		{name: "after all", ip: "192.0.2.1", record: "a -all mx redirect=r.example", limit: 10, want: "d.example A"},
		{name: "after the client's network", ip: "192.0.2.1", record: "a ip4:192.0.2.0/24 mx redirect=r.example", limit: 10, want: "d.example A"},
		{name: "after another network", ip: "192.0.2.1", record: "ip6:::/0 ip4:198.51.100.0/24 mx", limit: 10, want: "d.example MX"},
		{name: "at the limit", ip: "192.0.2.1", record: "a mx include:i.example redirect=r.example", limit: 4, want: "d.example A, d.example MX, i.example TXT, r.example TXT"},
		{name: "over the limit", ip: "192.0.2.1", record: "a mx include:i.example", limit: 2, want: "-"},
		{name: "over the limit by a redirect", ip: "192.0.2.1", record: "a redirect=r.example", limit: 1, want: "-"},
		{name: "over the limit after all", ip: "192.0.2.1", record: "a -all mx", limit: 1, want: "d.example A"},
		{name: "after a known include that matches", ip: "192.0.2.1", record: "a include:pass.example mx", limit: 10, want: "d.example A", terms: 1},
		{name: "after a known include that does not match", ip: "192.0.3.1", record: "include:pass.example mx", limit: 10, want: "pass.example TXT, d.example MX"},
		{name: "after a known include that fails", ip: "192.0.2.1", record: "include:fail.example mx", limit: 10, want: "fail.example TXT, d.example MX"},
		{name: "after a known include with lookups", ip: "192.0.2.1", record: "include:lookup.example mx", limit: 10, want: "lookup.example TXT, d.example MX"},
		{name: "after nested known includes", ip: "192.0.2.1", record: "include:include.example mx", limit: 10},
		{name: "after a known redirect", ip: "192.0.2.1", record: "include:redirect.example mx", limit: 10},
		{name: "after a known include of an unknown one", ip: "192.0.2.1", record: "include:unknown.example mx", limit: 10, want: "unknown.example TXT, d.example MX"},
		{name: "after a known include of itself", ip: "192.0.2.1", record: "include:self.example mx", limit: 10, want: "self.example TXT, d.example MX"},
		{name: "targets that need lookups", ip: "192.0.2.1", record: "exists:%{p} a", limit: 2, want: "d.example A"},
		{name: "targets that are not names", ip: "192.0.2.1", record: "a:x..example a", limit: 2, want: "d.example A"},
	} {
		t.Run(test.name, func(t *testing.T) {
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
				return parsed(t, text)
			}
			list, terms := plannedLookups(parsed(t, "v=spf1 "+test.record), "d.example", &m, test.limit, known)
			var got []string
			for _, q := range list {
				got = append(got, q.String())
			}
			s := strings.Join(got, ", ")
			if terms > test.limit {
				s = "-" + s
			}
			if s != test.want || test.terms > 0 && terms != test.terms {
				t.Errorf("got  %s, %d terms\nwant %s, %d", s, terms, test.want, test.terms)
			}
		})
	}
}

func parsed(t *testing.T, text string) *Record {
	t.Helper()
	r, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// prefetching returns a Checker that prefetches from r, and its cache.
func prefetching(r *dnsfake.Resolver) (*Checker, *dns.Cache) {
	cache := dns.NewCache(r)
	return &Checker{Resolver: cache, Limits: DefaultLimits(), Records: NewRecordCache(), Prefetcher: cache}, cache
}

// roundTrips returns the time of a check in seconds, which is what a lookup takes.
func roundTrips(c *Checker, sender string) (int, Verdict) {
	start := time.Now()
	v := c.CheckHost(context.Background(), query("192.0.2.1", sender))
	return int(time.Since(start) / time.Second), v
}

func TestPrefetchRoundTrips(t *testing.T) {
	var twentyHosts strings.Builder
	for i := range 10 {
		fmt.Fprintf(&twentyHosts, "m.example MX m%d.example\nn.example MX n%d.example\nm%d.example A 198.51.100.1\nn%d.example A 198.51.100.1\n", i, i, i, i)
	}
	for _, test := range []struct {
		name, zone string
		want       int
	}{
		{name: "no record", want: 1},
		{name: "no lookups", zone: "a.example TXT v=spf1 ip4:192.0.2.1 a mx -all", want: 1},
		{name: "side by side", zone: `
			a.example TXT v=spf1 a mx include:b.example include:c.example exists:e.example -all
			a.example A 198.51.100.1
			a.example MX h.example
			h.example A 198.51.100.1
			b.example TXT v=spf1 ~all
			c.example TXT v=spf1 ?all
			e.example TXT hello`, want: 3},
		{name: "nested includes", zone: `
			a.example TXT v=spf1 include:b.example a:x.example -all
			b.example TXT v=spf1 include:c.example a:y.example -all
			c.example TXT v=spf1 mx:z.example -all
			z.example MX h.example
			h.example A 198.51.100.1
			x.example A 198.51.100.1
			y.example A 198.51.100.1`, want: 5},
		{name: "ten includes", zone: "a.example TXT v=spf1" + numberedTerms("include", 10) + " -all\n" + numberedRecords(10, "v=spf1 -all"), want: 2},
		{name: "terms that were evaluated do not count twice", zone: `
			a.example TXT v=spf1 a:1.example a:2.example a:3.example include:b.example -all
			b.example TXT v=spf1 include:c.example -all
			c.example TXT v=spf1 include:d.example -all
			d.example TXT v=spf1 a:4.example a:5.example a:6.example a:7.example -all
			1.example A 198.51.100.1
			2.example A 198.51.100.1
			3.example A 198.51.100.1
			4.example A 198.51.100.1
			5.example A 198.51.100.1
			6.example A 198.51.100.1
			7.example A 198.51.100.1`, want: 5},
		{name: "more hosts than may be in flight", zone: "a.example TXT v=spf1 mx:m.example mx:n.example -all\n" + twentyHosts.String(), want: 4},
		{name: "ptr", zone: `
			a.example TXT v=spf1 ptr mx -all
			1.2.0.192.in-addr.arpa PTR h1.example
			1.2.0.192.in-addr.arpa PTR h2.example
			1.2.0.192.in-addr.arpa PTR h3.example
			h1.example A 192.0.2.1
			h2.example A 192.0.2.1
			h3.example A 192.0.2.1`, want: 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, _ := prefetching(dnsfake.Lines(test.zone).SetDelay(time.Second))
				if got, _ := roundTrips(c, "u@a.example"); got != test.want {
					t.Errorf("%d round trips, want %d", got, test.want)
				}
			})
		})
	}
}

// numberedTerms returns the terms with the targets 0.example, 1.example and so on.
func numberedTerms(mechanism string, n int) string {
	var s strings.Builder
	for i := range n {
		fmt.Fprintf(&s, " %s:%d.example", mechanism, i)
	}
	return s.String()
}

// numberedRecords returns the lines of TXT records for the same names.
func numberedRecords(n int, text string) string {
	var s strings.Builder
	for i := range n {
		fmt.Fprintf(&s, "%d.example TXT %s\n", i, text)
	}
	return s.String()
}

// A known sender is checked in one round trip when its records have expired,
// however deep they are.
func TestPrefetchExpired(t *testing.T) {
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
		c, _ := prefetching(dnsfake.Lines(zone).SetDelay(time.Second))
		for _, want := range []int{5, 0, 1} {
			got, v := roundTrips(c, "u@a.example")
			if v.Result != Pass || got != want {
				t.Errorf("%v after %d round trips, want pass after %d", v.Result, got, want)
			}
			if want == 0 {
				time.Sleep(2 * time.Hour) // the records expire
			}
		}
	})
}

// What an expired record would match says nothing about the terms after its include.
func TestPrefetchAfterExpiredInclude(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zone := func(b string) *dnsfake.Resolver {
			return dnsfake.Lines("a.example TXT v=spf1 include:b.example mx -all\na.example MX h.example\nh.example A 192.0.2.1\n" +
				"b.example TTL 1\nb.example TXT " + b).SetDelay(time.Second)
		}
		r := zone("v=spf1 ip4:192.0.2.1 -all")
		c, _ := prefetching(r)
		for _, want := range []int{2, 1} {
			if got, v := roundTrips(c, "u@a.example"); v.Result != Pass || got != want {
				t.Errorf("%v after %d round trips, want pass after %d", v.Result, got, want)
			}
			time.Sleep(time.Minute)
			r.Answer = zone("v=spf1 -all").Answer
		}
	})
}

// Either an expired record or the one that replaces it is followed, not both.
func TestPrefetchFollowsOneAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lines := func(record, extra string) *dnsfake.Resolver {
			return dnsfake.Lines("a.example TXT " + record + "\n" + extra).SetDelay(time.Second)
		}
		r := lines("v=spf1 a:old1.example a:old2.example a:old3.example -all", "old1.example A 192.0.2.1")
		c, _ := prefetching(r)
		roundTrips(c, "u@a.example")
		time.Sleep(2 * time.Hour)
		r.Asked = nil
		r.Answer = lines("v=spf1 a:new1.example a:new2.example a:new3.example -all", "new1.example A 192.0.2.1").Answer
		roundTrips(c, "u@a.example")
		want := []string{"a.example TXT", "old1.example A", "old2.example A", "old3.example A", "new1.example A"}
		if got := asked(r); !slices.Equal(got, want) {
			t.Errorf("got  %v\nwant %v", got, want)
		}
	})
}

// While HELO is evaluated, the lookups of MAIL FROM are prefetched.
func TestPrefetchThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := dnsfake.Lines(`
			helo.example TXT v=spf1 a:h.example -all
			a.example TXT v=spf1 include:b.example -all
			b.example TXT v=spf1 ip4:192.0.2.1 -all
			h.example A 198.51.100.1`).SetDelay(time.Second)
		c, cache := prefetching(r)
		helo := c.Prepare(Args{IP: netip.MustParseAddr("192.0.2.1"), Domain: "helo.example", HELO: "helo.example"})
		mailFrom := c.Prepare(query("192.0.2.1", "u@a.example"))
		helo.Then(mailFrom)
		start := time.Now()
		if v := helo.CheckHost(time.Time{}); v.Result != Fail {
			t.Error(v)
		}
		if v := mailFrom.CheckHost(time.Time{}); v.Result != Pass {
			t.Error(v)
		}
		cache.Cancel()
		if d := time.Since(start); d != 2*time.Second {
			t.Errorf("took %v, want two round trips", d)
		}
		want := []string{"helo.example TXT", "a.example TXT", "h.example A", "b.example TXT"}
		if got := asked(r); !slices.Equal(got, want) {
			t.Errorf("got  %v\nwant %v", got, want)
		}
	})
}

// What is not prefetched.
func TestPrefetchStops(t *testing.T) {
	hosts := func(name string, n int) string {
		var s strings.Builder
		for i := range n {
			fmt.Fprintf(&s, "%s MX h%d.%s\n", name, i, name)
		}
		return s.String()
	}
	var tenMX strings.Builder
	for i := range 10 {
		tenMX.WriteString(hosts(fmt.Sprintf("%d.example", i), 10))
	}
	var ptrNames strings.Builder
	for i := range 13 {
		fmt.Fprintf(&ptrNames, "1.2.0.192.in-addr.arpa PTR p%d.example\np%d.example A 198.51.100.1\n", i, i)
	}
	for _, test := range []struct {
		name, zone string
		most       int // lookups
		mostAtOnce int
	}{
		{name: "a record that is too large", zone: `
			a.example TXT v=spf1 include:b.example include:big.example -all
			b.example TXT v=spf1 a:c.example -all
			big.example TXT v=spf1 a:d.example -all
			c.example A 192.0.2.1`, most: 4, mostAtOnce: 2},
		{name: "hosts that are not looked up", zone: "a.example TXT v=spf1 mx a:b.example -all\na.example MX h1.example\na.example MX h\xfc.example\na.example MX .\n" +
			"h1.example A 192.0.2.1", most: 4, mostAtOnce: 2},
		{name: "too many terms", zone: "a.example TXT v=spf1" + numberedTerms("a", 11) + " -all\n0.example A 192.0.2.1", most: 2, mostAtOnce: 1},
		{name: "more terms than are left", zone: `
			a.example TXT v=spf1 include:b.example include:c.example a:1.example a:2.example a:3.example -all
			b.example TXT v=spf1 a:4.example -all
			c.example TXT v=spf1 a:11.example a:12.example a:13.example a:14.example a:15.example a:16.example -all
			4.example A 192.0.2.1`, most: 7, mostAtOnce: 5},
		{name: "too many void lookups", zone: "a.example TXT v=spf1 a:v1.example a:v2.example a:v3.example include:b.example -all\n" +
			"b.example TXT v=spf1 a:x1.example a:x2.example -all", most: 5, mostAtOnce: 4},
		{name: "more PTR names than are used", zone: "a.example TXT v=spf1 ptr -all\n" + ptrNames.String(), most: 2 + 10, mostAtOnce: 10},
		{name: "hosts of many mx", zone: "a.example TXT v=spf1" + numberedTerms("mx", 10) + " -all\n" + tenMX.String() + "h0.0.example A 192.0.2.1", most: 1 + 1 + 10 + 27, mostAtOnce: 13},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := dnsfake.Lines(test.zone).SetDelay(time.Second)
				if strings.Contains(test.zone, "big.example") {
					old := r.Answer
					r.Answer = func(q dns.Question) (dns.Answer, error) {
						a, err := old(q)
						if q.Name == "big.example" {
							a.Size = maxPrefetchSize + 1
						}
						return a, err
					}
				}
				c, _ := prefetching(r)
				roundTrips(c, "u@a.example")
				if len(r.Asked) > test.most || r.MaxInFlight > test.mostAtOnce {
					t.Errorf("%d lookups, %d at a time, want at most %d and %d\n%v", len(r.Asked), r.MaxInFlight, test.most, test.mostAtOnce, r.Asked)
				}
			})
		})
	}
}

// withDelays lets some answers come later than after a second.
func withDelays(r *dnsfake.Resolver, delays map[string]time.Duration) *dnsfake.Resolver {
	r.Delay = func(q dns.Question) time.Duration {
		if d, ok := delays[q.Name]; ok {
			return d
		}
		return time.Second
	}
	return r
}

// Once more void lookups have been found than a check may have, nothing is planned.
func TestPrefetchStopsAtVoidLimit(t *testing.T) {
	for name, terms := range map[string]string{
		"all prefetched":          "a:slow.example a:v1.example a:v2.example a:v3.example",
		"the first one evaluated": "a:v1.example a:slow.example a:v2.example a:v3.example",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := withDelays(dnsfake.Lines("a.example TXT v=spf1 "+terms+` include:b.example -all
					slow.example A 198.51.100.1
					b.example TXT v=spf1 a:x1.example a:x2.example -all
					x1.example A 198.51.100.1`), map[string]time.Duration{
					"slow.example": 1900 * time.Millisecond, "b.example": 1700 * time.Millisecond,
					"v2.example": 1500 * time.Millisecond, "v3.example": 1500 * time.Millisecond,
				})
				c, _ := prefetching(r)
				if _, v := roundTrips(c, "u@a.example"); v.Result != Permerror || v.VoidLookups != 3 {
					t.Errorf("%+v", v)
				}
				if n := len(r.Asked); n != 6 {
					t.Errorf("%d lookups, want 6: %v", n, r.Asked)
				}
			})
		})
	}
}

// A void lookup that is prefetched and then needed counts once.
func TestPrefetchCountsVoidLookupsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := withDelays(dnsfake.Lines(`
			a.example TXT v=spf1 a:slow.example a:v1.example a:v2.example include:b.example -all
			slow.example A 198.51.100.1
			b.example TXT v=spf1 include:c.example -all
			c.example TXT v=spf1 include:d.example -all
			d.example TXT v=spf1 a:x1.example a:x2.example -all
			x1.example A 198.51.100.1
			x2.example A 192.0.2.1`), map[string]time.Duration{"slow.example": 2500 * time.Millisecond})
		c, _ := prefetching(r)
		if got, v := roundTrips(c, "u@a.example"); v.Result != Pass || got != 5 {
			t.Errorf("%v after %d round trips, want pass after 5", v.Result, got)
		}
	})
}

// Terms whose answers are cached leave room for the others.
func TestPrefetchAfterCachedTerms(t *testing.T) {
	zone := `
		a.example TXT v=spf1 a:1.example a:2.example a:3.example a:4.example a:5.example a:6.example include:b.example a:7.example a:8.example -all
		b.example TXT v=spf1 -all
		b.example TTL 1
		7.example TTL 1
		8.example TTL 1`
	for i := range 9 {
		zone += fmt.Sprintf("\n%d.example A 198.51.100.1", i)
	}
	synctest.Test(t, func(t *testing.T) {
		c, _ := prefetching(dnsfake.Lines(zone).SetDelay(time.Second))
		roundTrips(c, "u@a.example")
		time.Sleep(time.Minute)
		if got, v := roundTrips(c, "u@a.example"); v.Result != Fail || got != 1 {
			t.Errorf("%v after %d round trips, want fail after 1", v.Result, got)
		}
	})
}

// The rest of a record whose evaluation has ended is not looked up.
func TestPrefetchAfterInclude(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := dnsfake.Lines(`
			a.example TXT v=spf1 include:b.example a:z.example -all
			b.example TXT v=spf1 -exists:x.example a:y.example -all
			x.example A 127.0.0.2
			y.example A 198.51.100.1
			y.example TTL 1
			z.example A 192.0.2.1`).SetDelay(time.Second)
		c, _ := prefetching(r)
		roundTrips(c, "u@b.example")
		time.Sleep(time.Minute)
		r.Asked = nil
		roundTrips(c, "u@a.example")
		if want := []string{"a.example TXT", "z.example A"}; !slices.Equal(asked(r), want) {
			t.Errorf("got  %v\nwant %v", asked(r), want)
		}
	})
}

// Terms whose answers have expired leave no room for others.
func TestPrefetchAfterExpiredTerms(t *testing.T) {
	zone := `
		a.example TXT v=spf1 include:b.example include:c.example a:1.example a:2.example a:3.example -all
		b.example TXT v=spf1 a:4.example -all
		c.example TXT v=spf1 a:11.example a:12.example a:13.example a:14.example a:15.example a:16.example -all
		4.example A 192.0.2.1
		z.example TXT v=spf1 a:11.example a:12.example a:13.example a:14.example a:15.example a:16.example -all`
	for i := 11; i <= 16; i++ {
		zone += fmt.Sprintf("\n%d.example TTL 1\n%d.example A 198.51.100.1", i, i)
	}
	synctest.Test(t, func(t *testing.T) {
		r := dnsfake.Lines(zone).SetDelay(time.Second)
		c, _ := prefetching(r)
		roundTrips(c, "u@z.example")
		time.Sleep(time.Minute)
		r.Asked = nil
		if _, v := roundTrips(c, "u@a.example"); v.Result != Pass || len(r.Asked) > 7 {
			t.Errorf("%v after %d lookups, want pass after 7: %v", v.Result, len(r.Asked), r.Asked)
		}
	})
}

// Verdicts and events are the same with and without prefetching; suites/ holds this
// for whole suites.
func TestPrefetchEquivalence(t *testing.T) {
	zone := `
		a.example TXT v=spf1 include:b.example mx:x.example a:y.example ptr -all exp=e.example
		b.example TXT v=spf1 include:c.example -all
		c.example TXT v=spf1 a:z.example ?all
		e.example TXT no`
	run := func(prefetch bool) (Verdict, steps) {
		var s steps
		cache := dns.NewCache(dnsfake.Lines(zone).SetDelay(time.Second))
		c := &Checker{Resolver: &TracingResolver{cache, &s}, Limits: DefaultLimits(), Observer: &s}
		if prefetch {
			c.Prefetcher = cache
		}
		v := c.CheckHost(context.Background(), query("192.0.2.1", "u@a.example"))
		v.TTL, v.Err = 0, nil
		return v, s
	}
	synctest.Test(t, func(t *testing.T) {
		v1, s1 := run(false)
		v2, s2 := run(true)
		if v1 != v2 {
			t.Errorf("%+v without, %+v with prefetching", v1, v2)
		}
		if !slices.Equal(s1, s2) {
			t.Errorf("without prefetching\n%s\nwith\n%s", strings.Join(s1, "\n"), strings.Join(s2, "\n"))
		}
	})
}

// Records that include one another many times, all of them known, are not all looked
// at.
func TestPredictBounded(t *testing.T) {
	m := newMacros(Args{IP: netip.MustParseAddr("192.0.2.1")}, "")
	r := parsed(t, "v=spf1"+strings.Repeat(" include:x.example", 400)+" -all")
	last := parsed(t, "v=spf1 ?all")
	n := 0
	plannedLookups(parsed(t, "v=spf1"+strings.Repeat(" include:x.example", 10)), "d.example", &m, 10, func(string) *Record {
		if n++; n%5 == 0 {
			return last
		}
		return r
	})
	if n != 10 {
		t.Errorf("looked at %d records, want 10", n)
	}
}
