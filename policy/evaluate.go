package policy

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"policyd-spf/conf"
	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

const (
	// requestTimeout is the time for all lookups of a request. smtpd waits for
	// 100 s (smtpd_policy_service_timeout), and then refuses the mail.
	requestTimeout = conf.ReplyTimeout

	// lookupTimeout is the time for one lookup where Lookup_Time does not limit
	// the whole check.
	lookupTimeout = 20 * time.Second
)

// evaluator evaluates SPF and looks up names for one request.
type evaluator struct {
	resolver  dns.Resolver
	ahead     dns.Asker // for prefetching; nil: none
	observer  Observer  // may be nil
	verdicts  *verdictCache
	log       *Log
	voidLimit int
	parent    context.Context
	deadline  *lazyDeadline // of the request; nil before the first lookup
}

// context returns the context of the request. Its time begins with the first
// lookup.
func (e *evaluator) context() context.Context {
	if e.deadline == nil {
		e.deadline = withTimeout(e.parent, requestTimeout)
	}
	return e.deadline
}

// close ends the lookups that are still in progress.
func (e *evaluator) close() {
	if e.deadline == nil {
		return
	}
	e.deadline.cancel()
	if e.ahead != nil {
		e.ahead.Abandon(e.deadline)
	}
}

// observe tells the observer what the next evaluation is for.
func (e *evaluator) observe(s Subject) {
	if e.observer != nil {
		e.observer.Evaluate(s)
	}
}

// evaluation is a check to be made, or one whose verdict is cached.
type evaluation struct {
	args    spf.Args
	verdict spf.Verdict
	cached  bool

	checker *spf.Checker
	started *spf.Evaluation // nil before it has begun
}

// prepare prepares a check that may take some seconds; see checkDeadline.
func (e *evaluator) prepare(args spf.Args, seconds int) evaluation {
	c := evaluation{args: args}
	if seconds >= 0 { // else there is no time at all
		c.verdict, c.cached = e.verdicts.get(args, e.voidLimit, time.Now())
	}
	if c.cached {
		return c
	}
	c.checker = &spf.Checker{
		Resolver: e.resolver,
		Limits:   spf.Limits{Lookups: spf.DefaultLimits().Lookups, VoidLookups: e.voidLimit},
	}
	if e.observer != nil {
		c.checker.Observer = e.observer
	}
	if seconds == 0 {
		c.checker.Resolver = timeoutResolver{e.resolver}
	}
	if seconds >= 0 {
		c.checker.Ahead = e.ahead
	}
	return c
}

// needsLookup reports whether the check has to wait for name servers.
func (c *evaluation) needsLookup() bool { return !c.cached && c.checker.NeedsLookup(c.args.Domain) }

// prefetch starts the first lookups of a check that is made later.
func (e *evaluator) prefetch(c *evaluation) {
	if c.cached {
		return
	}
	defer func() {
		if p := recover(); p != nil {
			c.started = nil
			logPanic(e.log, p)
		}
	}()
	c.started = c.checker.Prepare(e.context(), c.args)
	c.started.Prefetch()
}

// run returns the verdict of a prepared check. A panic makes it temperror.
func (e *evaluator) run(c evaluation, seconds int) (v spf.Verdict) {
	if c.cached {
		return c.verdict
	}
	defer func() {
		if p := recover(); p != nil {
			v = spf.Verdict{Result: spf.Temperror, Err: errInternal}
			logPanic(e.log, p)
		}
	}()
	if c.started == nil {
		c.started = c.checker.Prepare(e.context(), c.args)
	}
	limit := e.checkDeadline(seconds)
	defer limit.cancel()
	v = c.started.CheckHost(limit)
	e.verdicts.put(c.args, e.voidLimit, v, time.Now())
	return v
}

// check makes a prepared check.
func (e *evaluator) check(id Identity, c evaluation, seconds int) Check {
	e.observe(Subject{Identity: id})
	return Check{Identity: id, Args: c.args, Cached: c.cached, Verdict: e.run(c, seconds)}
}

// checkDeadline returns the time for a check: some seconds, which package conf
// limits to 32 bits; 0 is as long as the request has; negative is no time at all.
func (e *evaluator) checkDeadline(seconds int) *lazyDeadline {
	if seconds == 0 {
		return withTimeout(e.context(), requestTimeout)
	}
	return withTimeout(e.context(), time.Duration(seconds)*time.Second)
}

// whitelistDeadline returns the time for HELO_Whitelist or Domain_Whitelist_PTR.
func (e *evaluator) whitelistDeadline(seconds int) *lazyDeadline {
	if seconds <= 0 {
		return withTimeout(e.context(), whitelistTimeout)
	}
	return withTimeout(e.context(), time.Duration(seconds)*time.Second)
}

// timeoutResolver is a Resolver that spends at most lookupTimeout on a lookup.
type timeoutResolver struct{ dns.Resolver }

// Lookup implements dns.Resolver.
func (r timeoutResolver) Lookup(ctx context.Context, q dns.Question) (dns.Answer, error) {
	limit := withTimeout(ctx, lookupTimeout)
	defer limit.cancel()
	return r.Resolver.Lookup(limit, q)
}

// logPanic logs a panic. It never gets out: the message must have its reply.
func logPanic(l *Log, p any) {
	l.Line(Always, Err, "ERROR: internal error: ", fmt.Sprint(p))
}

// heloArgs returns the arguments of check_host() for a HELO name (RFC 7208, 2.3
// and 4.3).
func heloArgs(client netip.Addr, name string) spf.Args {
	return spf.Args{IP: client, Domain: name, HELO: name}
}

// mailFromArgs returns the arguments of check_host() for a sender (RFC 7208, 2.4
// and 4.3). Its domain follows the last "@", because a quoted local part may
// contain others. A sender without "@" is a domain.
func mailFromArgs(client netip.Addr, sender, heloName string) spf.Args {
	at := strings.LastIndexByte(sender, '@')
	domain := sender[at+1:]
	if at <= 0 {
		sender = "postmaster@" + domain
	}
	return spf.Args{IP: client, Domain: domain, Sender: sender, HELO: heloName}
}

// heloDomain returns the name to check as HELO: the client's, or else the
// sender's domain.
func heloDomain(heloName, sender string) string {
	switch {
	case heloName != "":
		return heloName
	case strings.Contains(sender, "@"):
		return domainOf(sender)
	}
	return "unknown"
}

// domainOf returns the domain of a sender without its final dot. A sender without
// "@" is a domain.
func domainOf(sender string) string {
	if at := strings.LastIndexByte(sender, '@'); at >= 0 {
		return strings.TrimSuffix(sender[at+1:], ".")
	}
	return sender
}
