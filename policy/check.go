package policy

import (
	"context"
	"time"

	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// lookupPatience is the time for one lookup where Lookup_Time does not limit
// the whole.
const lookupPatience = 20 * time.Second

// check is a check that is going to be made, or one whose verdict is known.
type check struct {
	query   spf.Args
	verdict spf.Verdict
	known   bool

	checker    *spf.Checker
	evaluation *spf.Evaluation // once it has begun
}

// prepare readies a check that may take some seconds.
func (q *inquiry) prepare(query spf.Args, seconds int) check {
	c := check{query: query}
	if seconds >= 0 { // else there is no time at all
		c.verdict, c.known = q.server.verdicts.get(query, q.set.VoidLimit, time.Now())
	}
	if c.known {
		return c
	}
	c.checker = &spf.Checker{
		Resolver: q.server.Resolver,
		Limits:   spf.Limits{Lookups: spf.DefaultLimits().Lookups, VoidLookups: q.set.VoidLimit},
	}
	if q.server.Observer != nil {
		c.checker.Observer = q.server.Observer
	}
	if seconds == 0 {
		c.checker.Resolver = patient{q.server.Resolver}
	}
	if q.set.LookupsAhead && seconds >= 0 {
		c.checker.Ahead = q.server.Ahead
	}
	return c
}

// waits tells whether the check has to wait for name servers.
func (c *check) waits() bool { return !c.known && c.checker.NeedsLookup(c.query.Domain) }

// start begins with the lookups of a check that is made later.
func (q *inquiry) start(c *check) {
	if c.known {
		return
	}
	defer func() {
		if fault := recover(); fault != nil {
			c.evaluation = nil
			q.server.logFault(fault)
		}
	}()
	c.evaluation = c.checker.Prepare(q.context(), c.query)
	c.evaluation.Prefetch()
}

// check gives the verdict of a check that was prepared. It always gives one.
func (q *inquiry) check(c check, seconds int) (v spf.Verdict) {
	if c.known {
		return c.verdict
	}
	defer func() {
		if fault := recover(); fault != nil {
			v = spf.Verdict{Result: spf.Temperror, Err: errInternal}
			q.server.logFault(fault)
		}
	}()
	if c.evaluation == nil {
		c.evaluation = c.checker.Prepare(q.context(), c.query)
	}
	limit := q.checkTime(seconds)
	defer limit.end()
	v = c.evaluation.CheckHost(limit)
	q.server.verdicts.put(c.query, q.set.VoidLimit, v, time.Now())
	return v
}

// checkTime gives the time for a check: some seconds; as long as the request
// has if there are none; no time at all if they are negative.
func (q *inquiry) checkTime(seconds int) *timeLimit {
	switch {
	case seconds == 0:
		return within(q.context(), requestTime)
	case seconds < 0:
		return until(q.context(), time.Unix(0, 0))
	}
	return within(q.context(), time.Duration(min(seconds, maxSeconds))*time.Second)
}

// verdict makes the check of an identity, and logs it.
func (q *inquiry) verdict(id identity, c check) (spf.Verdict, string) {
	observe(q, CheckStep{id.String(), c.query, c.known})
	v := q.check(c, q.set.LookupTime)
	reason := reasonOf(v)
	if q.set.DebugLevel >= 2 {
		q.log(2, Info, `spfcheck: pyspf result: "['`, title(v.Result), `', `, quotePython(reason), `, '`, id.String(), `']"`)
	}
	return v, clean(reason)
}

// patient is a Resolver that gives a lookup no more than lookupPatience.
type patient struct{ dns.Resolver }

// Lookup implements dns.Resolver.
func (p patient) Lookup(ctx context.Context, question dns.Question) (dns.Answer, error) {
	limit := within(ctx, lookupPatience)
	defer limit.end()
	return p.Resolver.Lookup(limit, question)
}
