package suites

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"policyd-spf/spf"
)

// allScenarios returns all scenarios that a fresh clone has.
func allScenarios(t *testing.T) []scenario {
	var all []scenario
	for _, path := range suitePaths(t) {
		all = append(all, readSuite(t, path)...)
	}
	for seed := range uint64(12) {
		all = append(all, randomScenario(seed, 100, false))
	}
	return all
}

// A verdict does not depend on inputs that its Vary does not contain, so it may be used
// for another local part or HELO name.
func TestVaryIsComplete(t *testing.T) {
	varied := map[spf.Vary]int{}
	for _, s := range allScenarios(t) {
		checker := &spf.Checker{Resolver: &zoneResolver{zone: s.zone}, Limits: spf.DefaultLimits()}
		for _, c := range s.cases {
			q := c.args(t)
			want := checker.CheckHost(context.Background(), q)
			varied[want.Vary]++
			if want.Vary&spf.VaryLocalPart == 0 {
				other := q
				other.Sender = "somebody-else" + q.Sender[strings.LastIndexByte(q.Sender, '@'):]
				compareVerdicts(t, s, c, "local part", want, checker.CheckHost(context.Background(), other))
			}
			if want.Vary&spf.VaryHELO == 0 {
				other := q
				other.HELO = "another-host.example.net"
				compareVerdicts(t, s, c, "HELO name", want, checker.CheckHost(context.Background(), other))
			}
		}
	}
	for _, v := range []spf.Vary{0, spf.VaryLocalPart, spf.VaryHELO, spf.VaryLocalPart | spf.VaryHELO} {
		if varied[v] == 0 {
			t.Errorf("no verdict has Vary %d", v)
		}
	}
}

func compareVerdicts(t *testing.T, s scenario, c suiteCase, what string, want, got spf.Verdict) {
	if !reflect.DeepEqual(want, got) {
		t.Errorf("%s: %s: %s: with another %s\n%+v (%v), not\n%+v (%v)\n%v",
			s.suite, s.name, c.name, what, got, got.Err, want, want.Err, c)
	}
}

// minTTL records the smallest TTL of the answers, and whether a lookup failed.
type minTTL struct {
	ttl    time.Duration
	failed bool
}

func (l *minTTL) Event(e spf.Event) {
	if e, ok := e.(spf.LookupEvent); ok {
		if e.Err != nil {
			l.failed = true
		} else {
			l.ttl = min(l.ttl, e.Answer.TTL)
		}
	}
}

// The TTL of a verdict is the smallest TTL of its answers, or 0 if a lookup failed.
func TestMinTTL(t *testing.T) {
	kept := 0
	for _, s := range allScenarios(t) {
		for _, c := range s.cases {
			const day = 24 * time.Hour // for a verdict without any answer
			least := &minTTL{ttl: day}
			checker := &spf.Checker{
				Resolver: &spf.TracingResolver{Resolver: &zoneResolver{zone: s.zone}, Observer: least}, Limits: spf.DefaultLimits(),
			}
			v := checker.CheckHost(context.Background(), c.args(t))
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
		t.Errorf("only %d verdicts may be cached, which proves little", kept)
	}
}
