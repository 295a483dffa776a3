package suites

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"policyd-spf/spf"
)

// everything is all scenarios that there are in a fresh clone.
func everything(t *testing.T) []scenario {
	var all []scenario
	for _, path := range suitePaths(t) {
		all = append(all, readSuite(t, path)...)
	}
	for seed := range uint64(12) {
		all = append(all, corpus(seed, 100, false))
	}
	return all
}

// TestVaryIsComplete holds that a verdict does not depend on what its Vary
// does not name: it may be used for another local part and another HELO name.
func TestVaryIsComplete(t *testing.T) {
	varied := map[spf.Vary]int{}
	for _, s := range everything(t) {
		checker := &spf.Checker{Resolver: &fake{zone: s.zone}, Limits: spf.DefaultLimits()}
		for _, c := range s.cases {
			q := c.query(t)
			want := checker.CheckHost(context.Background(), q)
			varied[want.Vary]++
			if want.Vary&spf.VaryLocalPart == 0 {
				other := q
				other.Sender = "somebody-else" + q.Sender[strings.LastIndexByte(q.Sender, '@'):]
				sameVerdict(t, s, c, "local part", want, checker.CheckHost(context.Background(), other))
			}
			if want.Vary&spf.VaryHELO == 0 {
				other := q
				other.HELO = "another-host.example.net"
				sameVerdict(t, s, c, "HELO name", want, checker.CheckHost(context.Background(), other))
			}
		}
	}
	for _, v := range []spf.Vary{0, spf.VaryLocalPart, spf.VaryHELO, spf.VaryLocalPart | spf.VaryHELO} {
		if varied[v] == 0 {
			t.Errorf("no verdict has Vary %d", v)
		}
	}
}

func sameVerdict(t *testing.T, s scenario, c suiteCase, what string, want, got spf.Verdict) {
	if !reflect.DeepEqual(want, got) {
		t.Errorf("%s: %s: %s: with another %s\n%+v (%v), not\n%+v (%v)\n%v",
			s.suite, s.name, c.name, what, got, got.Err, want, want.Err, c)
	}
}

// leastTTL finds the smallest TTL of the answers, and whether a lookup failed.
type leastTTL struct {
	ttl    time.Duration
	failed bool
}

func (l *leastTTL) Event(e spf.Event) {
	if e, ok := e.(spf.LookupEvent); ok {
		if e.Err != nil {
			l.failed = true
		} else {
			l.ttl = min(l.ttl, e.Answer.TTL)
		}
	}
}

// TestTTLIsTheLeast holds that a verdict may be used as long as each answer
// that it came from, and not at all if it came from a failure.
func TestTTLIsTheLeast(t *testing.T) {
	kept := 0
	for _, s := range everything(t) {
		for _, c := range s.cases {
			const day = 24 * time.Hour // for a verdict that no answer limits
			least := &leastTTL{ttl: day}
			checker := &spf.Checker{
				Resolver: &spf.TracingResolver{Resolver: &fake{zone: s.zone}, Observer: least}, Limits: spf.DefaultLimits(),
			}
			v := checker.CheckHost(context.Background(), c.query(t))
			want := least.ttl
			if least.failed {
				want = 0
			}
			if v.TTL != want {
				t.Errorf("%s: %s: %s: TTL %v, want %v\n%v", s.suite, s.name, c.name, v.TTL, want, c)
			}
			if want > 0 {
				kept++
			}
		}
	}
	if kept < 1000 {
		t.Errorf("only %d verdicts may be kept, which proves little", kept)
	}
}
