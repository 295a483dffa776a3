package policy

import (
	"errors"
	"strconv"
	"time"

	"policyd-spf/conf"
	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// processTotals counts what a process does, for the last line of Log_Format = kv.
type processTotals struct {
	messages       int
	kinds          [RestrictionClass + 1]int
	results        [MailFrom + 1][spf.Permerror + 1]int
	cachedVerdicts int
	cachedLookups  int
	queries        int // lookups that the cache did not answer
	timeouts       int
}

// add counts a message.
func (t *processTotals) add(o *Outcome) {
	t.messages++
	t.kinds[o.Decision.Effect()]++
	for _, c := range [...]*Check{&o.HELO, &o.MailFrom} {
		if c.Identity == 0 {
			continue
		}
		t.results[c.Identity][c.Verdict.Result]++
		if c.Cached {
			t.cachedVerdicts++
		}
	}
}

// String returns the totals as name=value pairs. Actions and results that did not
// occur are left out.
func (t *processTotals) String() string {
	var b []byte
	pair := func(name string, n int) {
		if len(b) > 0 {
			b = append(b, ' ')
		}
		b = append(b, name...)
		b = strconv.AppendInt(append(b, '='), int64(n), 10)
	}
	pair("messages", t.messages)
	for kind, n := range t.kinds {
		if n > 0 {
			pair(Kind(kind).String(), n)
		}
	}
	for id := HELO; id <= MailFrom; id++ {
		for result, n := range t.results[id] {
			if n > 0 {
				pair(id.String()+"_"+spf.Result(result).String(), n)
			}
		}
	}
	pair("cached_verdicts", t.cachedVerdicts)
	pair("cached_lookups", t.cachedLookups)
	pair("queries", t.queries)
	pair("timeouts", t.timeouts)
	return string(b)
}

// LogsTotals reports whether a process sums itself up in a last line.
func LogsTotals(s *conf.Settings) bool { return s.LogFormat == formatKV }

// logTotals logs the last line of a process.
func (s *Server) logTotals() {
	if LogsTotals(&s.Settings) && s.totals.messages > 0 {
		s.Log.Line(levelResults, Info, s.totals.String())
	}
}

// lookups returns the resolver for a request. It counts for logTotals.
func (s *Server) lookups() dns.Resolver {
	if !LogsTotals(&s.Settings) {
		return s.Resolver
	}
	return statsResolver{s.Resolver, &s.totals}
}

// statsResolver is a Resolver that counts lookups.
type statsResolver struct {
	dns.Resolver
	totals *processTotals
}

// Lookup implements dns.Resolver.
func (r statsResolver) Lookup(q dns.Question, deadline time.Time) (dns.Answer, error) {
	a, err := r.Resolver.Lookup(q, deadline)
	if a.Cached {
		r.totals.cachedLookups++
	} else {
		r.totals.queries++
	}
	var e *dns.Error
	if errors.As(err, &e) && (e.Kind == dns.Timeout || e.Kind == dns.OutOfTime) {
		r.totals.timeouts++
	}
	return a, err
}
