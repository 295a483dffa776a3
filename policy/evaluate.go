package policy

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"policyd-spf/conf"
	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

const (
	// requestTimeout limits all lookups of a request together. smtpd waits for
	// 100 s (smtpd_policy_service_timeout), and then refuses the mail.
	requestTimeout = conf.ReplyTimeout

	// lookupTimeout limits one lookup if Lookup_Time does not limit the whole
	// check.
	lookupTimeout = 20 * time.Second
)

// evaluator evaluates SPF and looks up names for one request.
type evaluator struct {
	resolver   dns.Resolver
	prefetcher dns.Prefetcher // nil: nothing is prefetched
	records    *spf.RecordCache
	observer   Observer // may be nil
	verdicts   *verdictCache
	log        *Log
	limits     spf.Limits
	deadline   time.Time // of the request; zero before the first lookup
}

// requestDeadline returns the deadline of the request. Its time begins with the
// first lookup.
func (e *evaluator) requestDeadline() time.Time {
	if e.deadline.IsZero() {
		e.deadline = time.Now().Add(requestTimeout)
	}
	return e.deadline
}

// within returns the time d from now, or the deadline of the request if it is earlier.
func (e *evaluator) within(d time.Duration) time.Time {
	t := time.Now().Add(d)
	if e.requestDeadline().Before(t) {
		return e.deadline
	}
	return t
}

// limitsOf returns the limits of a check (RFC 7208, 4.6.4).
func limitsOf(s *conf.Settings) spf.Limits {
	return spf.Limits{
		Lookups: spf.DefaultLimits().Lookups, VoidLookups: s.VoidLimit,
		VoidTerms: s.VoidCountTerms, DualStack: s.VoidDualStack,
	}
}

// close cancels the lookups that are still in progress.
func (e *evaluator) close() {
	if !e.deadline.IsZero() && e.prefetcher != nil {
		e.prefetcher.Cancel()
	}
}

// observe passes the subject of the next evaluation to the observer.
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

	check *spf.Evaluation // nil if the verdict is cached
}

// prepare prepares a check that may take some seconds; see checkDeadline.
func (e *evaluator) prepare(args spf.Args, seconds int) evaluation {
	c := evaluation{args: args}
	if seconds >= 0 { // otherwise there is no time at all
		c.verdict, c.cached = e.verdicts.get(args, e.limits, time.Now())
	}
	if c.cached {
		return c
	}
	checker := &spf.Checker{
		Resolver:   e.resolver,
		Limits:     e.limits,
		Records:    e.records,
		Prefetcher: e.prefetcher,
	}
	if e.observer != nil {
		checker.Observer = e.observer
	}
	if seconds == 0 {
		checker.LookupTimeout = lookupTimeout
	}
	c.check = checker.Prepare(args)
	return c
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
	v = c.check.CheckHost(e.checkDeadline(seconds))
	e.verdicts.put(c.args, e.limits, v, time.Now())
	return v
}

// check makes a prepared check.
func (e *evaluator) check(id Identity, c evaluation, seconds int) Check {
	e.observe(Subject{Identity: id})
	return Check{Identity: id, Args: c.args, Cached: c.cached, Verdict: e.run(c, seconds)}
}

// checkDeadline returns the deadline of a check that may take some seconds, which
// package conf limits to 32 bits; 0 is as long as the request may take, and negative
// is no time at all.
func (e *evaluator) checkDeadline(seconds int) time.Time {
	switch {
	case seconds == 0:
		return e.requestDeadline()
	case seconds < 0:
		return time.Unix(0, 0)
	}
	return e.within(time.Duration(seconds) * time.Second)
}

// whitelistDeadline returns the deadline of the lookups for HELO_Whitelist or
// Domain_Whitelist_PTR.
func (e *evaluator) whitelistDeadline(seconds int) time.Time {
	if seconds <= 0 {
		return e.within(whitelistTimeout)
	}
	return e.within(time.Duration(seconds) * time.Second)
}

// logPanic logs a panic. A panic never ends the process: each request must get a reply.
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
