package report

import (
	"context"
	"sync"
	"time"

	"policyd-spf/conf"
	"policyd-spf/policy"
	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// evaluation is a check that was made again.
type evaluation struct {
	once    sync.Once
	verdict spf.Verdict
	check   policy.CheckResult
	err     error // of the context: the check was not made
}

// evaluator makes checks for several goroutines, each distinct one once.
type evaluator struct {
	mu    sync.Mutex
	calls map[call]*evaluation
}

// call is a question under settings.
type call struct {
	question
	voidLimit, lookupTime int
	voidTerms, dualStack  bool
}

func (e *evaluator) evaluate(ctx context.Context, r dns.Resolver, s *conf.Settings, q question) *evaluation {
	key := call{q, s.VoidLimit, s.LookupTime, s.VoidCountTerms, s.VoidDualStack}
	e.mu.Lock()
	x := e.calls[key]
	if x == nil {
		x = new(evaluation)
		e.calls[key] = x
	}
	e.mu.Unlock()
	x.once.Do(func() {
		x.verdict, x.check = policy.EvaluateIdentity(r, s, q.identity, policy.Facts{Client: q.client, HELOName: q.helo, Sender: q.sender})
		if x.verdict.Result == spf.Temperror {
			x.err = ctx.Err()
		}
	})
	return x
}

// afterLogs does the work that needs DNS: it decides the what-ifs' messages that wait
// for it, and evaluates questions again.
func (c *Collector) afterLogs(ctx context.Context) {
	if c.options.NewResolver == nil {
		return
	}
	e := &evaluator{calls: make(map[call]*evaluation)}
	defaults := conf.Default()
	var jobs []func(dns.Resolver)
	var mu sync.Mutex
	results := make(map[question]*evaluation)
	if c.recheck != nil {
		for _, q := range c.recheck.sorted() {
			jobs = append(jobs, func(r dns.Resolver) {
				x := e.evaluate(ctx, r, &defaults, q)
				mu.Lock()
				results[q] = x
				mu.Unlock()
			})
		}
	}
	for _, w := range c.whatIf {
		for m, x := range w.deferred {
			jobs = append(jobs, func(r dns.Resolver) {
				d, reason := w.decideOverDNS(ctx, e, r, m)
				mu.Lock()
				w.settle(&m, x, d, reason)
				mu.Unlock()
			})
		}
	}
	c.runJobs(ctx, jobs)
	if c.recheck != nil {
		c.report.Recheck = c.recheck.compare(results)
	}
}

// interruptible is a Resolver whose lookups fail once ctx is done.
type interruptible struct {
	ctx context.Context
	dns.Resolver
}

// Lookup implements dns.Resolver.
func (r interruptible) Lookup(q dns.Question, deadline time.Time) (dns.Answer, error) {
	if r.ctx.Err() != nil {
		return dns.Answer{}, &dns.Error{Kind: dns.Timeout, Question: q}
	}
	return r.Resolver.Lookup(q, deadline)
}

// runJobs runs jobs, recheckWorkers at a time.
func (c *Collector) runJobs(ctx context.Context, jobs []func(dns.Resolver)) {
	queue := make(chan func(dns.Resolver))
	finished := make(chan struct{})
	var workers sync.WaitGroup
	for range min(recheckWorkers, len(jobs)) {
		workers.Go(func() {
			r := interruptible{ctx, c.options.NewResolver()}
			for job := range queue {
				job(r)
				finished <- struct{}{}
			}
		})
	}
	go func() {
		for _, job := range jobs {
			queue <- job
		}
		close(queue)
	}()
	for done := range jobs {
		<-finished
		if c.options.Progress != nil {
			c.options.Progress(Progress{Done: done + 1, Total: len(jobs)})
		}
	}
	workers.Wait()
}

// decideOverDNS decides a message, and looks up what is missing in the log.
func (w *whatIf) decideOverDNS(ctx context.Context, e *evaluator, r dns.Resolver, m logged) (policy.Decision, unknownReason) {
	s, own := &w.settings, false
	if w.users != nil {
		s, own = w.settingsOf(m.recipient)
	}
	f := m.facts(s)
	f.PerUser = own
	for {
		d := policy.Decide(s, f)
		if d.Needs == policy.NeedNothing {
			return d, nothingUnknown
		}
		reason := reasonOf(d, &f)
		if !w.canWait[d.Needs] || ctx.Err() != nil {
			return d, reason
		}
		switch d.Needs {
		case policy.NeedWhitelist:
			f.Exemption, f.ExemptionNeeds = policy.LookupExemption(r, s, f), ""
			continue
		case policy.NeedHELO:
			x := e.evaluate(ctx, r, s, question{identity: policy.HELO, client: f.Client, helo: f.HELOName})
			if x.err != nil {
				return d, reason
			}
			f.HELO = x.check
		case policy.NeedMailFrom:
			x := e.evaluate(ctx, r, s, question{identity: policy.MailFrom, client: f.Client, helo: f.HELOName, sender: f.Sender})
			if x.err != nil {
				return d, reason
			}
			f.MailFrom = x.check
		case policy.NeedDMARC:
			found, err := policy.LookupDMARC(r, f.Sender)
			if err != nil {
				return d, reason
			}
			f.DMARC = found
		}
	}
}

// settingsOf is settingsFor without the cache: it is called by several goroutines.
func (w *whatIf) settingsOf(recipient string) (*conf.Settings, bool) {
	u := conf.NewPerUser(w.settings.PerUser).Lookup(recipient, w.settings)
	if !u.Found {
		return &w.settings, false
	}
	return &u.Settings, true
}
