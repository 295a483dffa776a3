package suites

import (
	"context"
	"fmt"
	"hash/fnv"
	"path/filepath"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// TestAheadChangesNothing holds that lookups ahead give the verdict and the
// events of the plain sequential run, over all suites, records as people
// publish them and random ones.
func TestAheadChangesNothing(t *testing.T) {
	all := everything(t)
	t.Run("suites and random records", func(t *testing.T) { aheadChangesNothing(t, all) })
	t.Run("published records", func(t *testing.T) { aheadChangesNothing(t, publishedRecords(t)) })
}

// publishedZone returns the path of the zone of published records.
func publishedZone(tb testing.TB) string {
	path := filepath.Join("..", "..", "shared", "lab", "zones", "realworld.yml")
	if !exists(path) {
		tb.Skip("../shared/lab/zones/realworld.yml is missing")
	}
	return path
}

// publishedRecords is a scenario of each name of the zone of real records.
func publishedRecords(t *testing.T) []scenario {
	path := publishedZone(t)
	s := scenario{suite: filepath.Base(path), name: "published records", zone: readZone(t, path)}
	for domain, n := range s.zone {
		for _, r := range n.records {
			if r.typ != "TXT" {
				continue
			}
			for _, host := range []string{"203.0.113.9", "2001:db8::9", "209.85.221.41", "40.107.22.83", "2a00:1450:4864:20::32"} {
				s.cases = append(s.cases, suiteCase{
					name: domain + " " + host, host: host, helo: "mail." + domain, mailFrom: "user@" + domain,
				})
			}
			break
		}
	}
	return []scenario{s}
}

func aheadChangesNothing(t *testing.T, scenarios []scenario) {
	for _, s := range scenarios {
		for _, c := range s.cases {
			synctest.Test(t, func(t *testing.T) {
				want := observe(t, s, c, cached)
				got := observe(t, s, c, ahead)
				if d := want.difference(got); d != "" {
					t.Errorf("%s: %s: %s\n%v", s.suite, s.name, c.name, c)
					t.Error(d)
				}
			})
		}
	}
}

// How a check is made.
type mode uint8

const (
	uncached mode = iota // every lookup asks
	cached               // answers are kept
	ahead                // and asked for ahead
)

// observation is all that can be seen of a check.
type observation struct {
	verdict spf.Verdict
	events  []spf.Event
	took    time.Duration
	queries int
}

// Event keeps an event, without what may well be another with lookups ahead:
// how long a lookup took and where its answer was.
func (o *observation) Event(e spf.Event) {
	if l, ok := e.(spf.LookupEvent); ok {
		a := l.Answer
		l.Took, l.Answer = 0, dns.Answer{TXT: a.TXT, Addrs: a.Addrs, Names: a.Names, NXDomain: a.NXDomain, Size: a.Size, TCP: a.TCP, File: a.File}
		e = l
	}
	o.events = append(o.events, e)
}

// observe runs a case, with answers that take their time, each its own.
func observe(t *testing.T, s scenario, c suiteCase, m mode) *observation {
	ctx, cancel := context.WithCancel(context.Background())
	defer synctest.Wait()
	defer cancel()
	f := &fake{zone: s.zone, delay: func(q dns.Question) time.Duration {
		h := fnv.New32a()
		fmt.Fprint(h, q)
		return time.Duration(1+h.Sum32()%40) * time.Millisecond
	}}
	o := &observation{}
	cache := dns.NewCache(f)
	tracer := &spf.TracingResolver{Resolver: f, Observer: o}
	checker := &spf.Checker{Resolver: tracer, Limits: spf.DefaultLimits(), Observer: o}
	if m != uncached {
		tracer.Resolver = cache
	}
	if m == ahead {
		checker.Ahead = cache
	}
	began := time.Now()
	o.verdict = checker.CheckHost(ctx, c.query(t))
	o.took = time.Since(began)
	f.mu.Lock()
	o.queries = len(f.asked)
	f.mu.Unlock()
	return o
}

// difference tells in what another observation differs. A TTL may differ by
// the time that passed since the answer came.
func (o *observation) difference(other *observation) string {
	v, w := o.verdict, other.verdict
	apart := (v.TTL - w.TTL).Abs()
	if apart > max(o.took, other.took) || (v.TTL == 0) != (w.TTL == 0) {
		return fmt.Sprintf("TTL %v, ahead %v", v.TTL, w.TTL)
	}
	v.TTL, w.TTL = 0, 0
	if !reflect.DeepEqual(v, w) {
		return fmt.Sprintf("%+v (%v)\nahead %+v (%v)", v, v.Err, w, w.Err)
	}
	for i := range max(len(o.events), len(other.events)) {
		if i >= min(len(o.events), len(other.events)) {
			return fmt.Sprintf("%d events, ahead %d", len(o.events), len(other.events))
		}
		if !reflect.DeepEqual(o.events[i], other.events[i]) {
			return fmt.Sprintf("event %d: %+v\nahead %+v", i, o.events[i], other.events[i])
		}
	}
	if other.took > o.took {
		return fmt.Sprintf("took %v, ahead %v", o.took, other.took)
	}
	return ""
}

// The bounds that package spf states: a record, 10 terms, 10 hosts for each mx
// among them, the client's names and their addresses, and an explanation; with
// lookups ahead at most twice that.
const (
	mostQueries      = 1 + 10 + 10*10 + 11 + 1
	mostQueriesAhead = 2 * mostQueries
)

// TestQueryBound holds the bound on queries over random records and over the
// worst that can be published.
func TestQueryBound(t *testing.T) {
	scenarios := append(readSuite(t, "testdata/bombs.yml"), corpus(99, 300, false))
	for _, s := range scenarios {
		for _, c := range s.cases {
			synctest.Test(t, func(t *testing.T) {
				plain := observe(t, s, c, uncached)
				early := observe(t, s, c, ahead)
				terms := min(plain.verdict.Lookups, 10)
				if most := 1 + terms + 10*terms + 11 + 1; plain.queries > most {
					t.Errorf("%s: %d queries for %d terms, want at most %d\n%v", c.name, plain.queries, terms, most, c)
				}
				if early.queries > mostQueriesAhead {
					t.Errorf("%s: %d queries ahead, want at most %d\n%v", c.name, early.queries, mostQueriesAhead, c)
				}
				if c.results != nil {
					c.judge(t, plain.verdict)
					t.Logf("%s: %d queries, ahead %d", c.name, plain.queries, early.queries)
				}
			})
		}
	}
}
