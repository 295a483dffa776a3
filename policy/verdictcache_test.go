package policy

import (
	"fmt"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"policyd-spf/spf"
)

// voidLimit returns limits with some void lookups.
func voidLimit(n int) spf.Limits { return spf.Limits{VoidLookups: n} }

func TestVerdictCache(t *testing.T) {
	now := time.Now()
	query := spf.Args{IP: netip.MustParseAddr("192.0.2.1"), Domain: "example.org", Sender: "alice@example.org", HELO: "mail.example.org"}
	with := func(change func(*spf.Args)) spf.Args {
		q := query
		change(&q)
		return q
	}
	otherSender := with(func(q *spf.Args) { q.Sender = "bob@example.org" })
	otherHELO := with(func(q *spf.Args) { q.HELO = "mx.example.org" })
	for _, test := range []struct {
		name  string
		kept  spf.Verdict
		query spf.Args
		voids int
		after time.Duration
		want  bool
	}{
		{name: "the same", kept: spf.Verdict{Result: spf.Pass, TTL: time.Minute}, query: query, voids: 2, after: 59 * time.Second, want: true},
		{name: "expired", kept: spf.Verdict{Result: spf.Pass, TTL: time.Minute}, query: query, voids: 2, after: time.Minute},
		{name: "not to be kept", kept: spf.Verdict{Result: spf.Pass}, query: query, voids: 2},
		{name: "temperror", kept: spf.Verdict{Result: spf.Temperror, TTL: time.Minute}, query: query, voids: 2},
		{name: "None", kept: spf.Verdict{Result: spf.None, TTL: time.Minute}, query: query, voids: 2, want: true},
		{name: "another client", kept: spf.Verdict{TTL: time.Minute}, query: with(func(q *spf.Args) { q.IP = q.IP.Next() }), voids: 2},
		{name: "the client in IPv6's words", kept: spf.Verdict{TTL: time.Minute}, query: with(func(q *spf.Args) { q.IP = netip.MustParseAddr("::ffff:192.0.2.1") }), voids: 2, want: true},
		{name: "another domain", kept: spf.Verdict{TTL: time.Minute}, query: with(func(q *spf.Args) { q.Domain = "example.net" }), voids: 2},
		{name: "another limit", kept: spf.Verdict{TTL: time.Minute}, query: query, voids: 10},
		{name: "another sender", kept: spf.Verdict{TTL: time.Minute}, query: otherSender, voids: 2, want: true},
		{name: "another sender, which counted", kept: spf.Verdict{TTL: time.Minute, Vary: spf.VaryLocalPart}, query: otherSender, voids: 2},
		{name: "the same sender, which counted", kept: spf.Verdict{TTL: time.Minute, Vary: spf.VaryLocalPart}, query: query, voids: 2, want: true},
		{name: "another HELO name", kept: spf.Verdict{TTL: time.Minute}, query: otherHELO, voids: 2, want: true},
		{name: "another HELO name, which counted", kept: spf.Verdict{TTL: time.Minute, Vary: spf.VaryHELO}, query: otherHELO, voids: 2},
		{name: "another sender, but the HELO name counted", kept: spf.Verdict{TTL: time.Minute, Vary: spf.VaryHELO}, query: otherSender, voids: 2, want: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var c verdictCache
			c.put(query, voidLimit(2), test.kept, now)
			if _, ok := c.get(test.query, voidLimit(test.voids), now.Add(test.after)); ok != test.want {
				t.Errorf("found = %t, want %t", ok, test.want)
			}
		})
	}
}

// TestVerdictCacheKeepsNoRequest: a domain is part of a request, which must not stay in
// memory when a verdict is stored, replaced, or used.
func TestVerdictCacheKeepsNoRequest(t *testing.T) {
	var c verdictCache
	now := time.Now()
	args := func(domain string) spf.Args {
		return spf.Args{IP: netip.MustParseAddr("192.0.2.1"), Domain: domain, Sender: "a@" + domain, HELO: domain}
	}
	put := func(request string) {
		c.put(args(request[:20]), voidLimit(2), spf.Verdict{TTL: time.Hour, Domain: request[:20]}, now)
	}
	retainsNoRequest(t, put)
	retainsNoRequest(t, func(request string) {
		if _, ok := c.get(args(request[:20]), voidLimit(2), now); !ok {
			t.Fatal("the verdict is lost")
		}
	})
	retainsNoRequest(t, put)
	runtime.KeepAlive(&c)
}

// TestVerdictCacheBounds: neither entries nor bytes grow without limit, and
// verdicts in use stay.
func TestVerdictCacheBounds(t *testing.T) {
	for _, test := range []struct {
		name   string
		record string
		stays  int // other entries that fit
	}{
		{name: "entries", record: "", stays: maxVerdicts - 1},
		{name: "bytes", record: strings.Repeat("x", 10_000), stays: 49},
		{name: "one as large as may be", record: strings.Repeat("x", maxVerdictSize-verdictOverhead-len("4999.example")), stays: 7},
		{name: "one larger than that", record: strings.Repeat("x", maxVerdictSize-verdictOverhead), stays: 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			var c verdictCache
			now := time.Now()
			used := spf.Args{Domain: "used.example"}
			c.put(used, voidLimit(2), spf.Verdict{TTL: time.Hour}, now)
			for i := range 5000 {
				c.put(spf.Args{Domain: fmt.Sprintf("%d.example", i)}, voidLimit(2), spf.Verdict{TTL: time.Hour, Record: test.record}, now)
				if _, ok := c.get(used, voidLimit(2), now); !ok {
					t.Fatalf("the verdict in use was evicted after %d others", i)
				}
				if c.entries.Len() > maxVerdicts || c.entries.Bytes() > maxVerdictBytes {
					t.Fatalf("%d entries, %d bytes", c.entries.Len(), c.entries.Bytes())
				}
			}
			if n := c.entries.Len() - 1; n != test.stays {
				t.Errorf("%d others stay, want %d", n, test.stays)
			}
		})
	}
}
