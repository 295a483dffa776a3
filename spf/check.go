package spf

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"policyd-spf/spf/dns"
)

// Args are the arguments of check_host() (RFC 7208, 4.1).
type Args struct {
	IP     netip.Addr // the SMTP client; an IPv4-mapped IPv6 address is an IPv4 address
	Domain string     // the checked domain: that of MAIL FROM, or the HELO name; U-labels are allowed
	Sender string     // MAIL FROM; "" means postmaster@Domain (RFC 7208, 2.4 and 4.3)
	HELO   string     // the HELO name, for %{h}
}

// Checker evaluates check_host(). Its fields must not be changed while it is in use.
type Checker struct {
	Resolver      dns.Resolver
	Limits        Limits
	LookupTimeout time.Duration  // of each lookup; 0: the check's deadline only
	Receiver      string         // %{r}: the host that checks; "" expands to "unknown"
	Records       *RecordCache   // parsed records; nil: each is parsed when it is used
	Prefetcher    dns.Prefetcher // the cache under Resolver, for prefetching; nil: none
	Observer      Observer       // receives every step; may be nil
}

// Evaluation is one check_host() with all recursive ones.
type Evaluation struct {
	*Checker
	ctx      context.Context // nil: only the deadline ends the check
	deadline time.Time
	domain   string
	macros   macros
	budget   budget
	prefetch *prefetcher // nil: no prefetching
	stack    []frame     // what is being evaluated, from the first record to the innermost
	ttl      time.Duration
	vary     Vary

	includeByAll bool // the last include matched by a term that Verdict.ByAll describes

	validated      []string       // the client's validated names (RFC 7208, 5.5)
	validatedVoids []dns.Question // the void lookups made for them
	validatedDone  bool
	macroNamesDone bool // they were used for %{p}
}

// frame is a record that is being evaluated, or an MX or PTR answer whose hosts are.
type frame struct {
	question dns.Question // whose answer it is
	record   *Record      // nil for MX and PTR answers
	hosts    []string     // the names in these
}

// push pushes a frame onto the stack; pop removes it and those above it.
func (e *Evaluation) push(f frame) (depth int) {
	if e.stack == nil {
		const usualDepth = 4 // a provider's record in an include, and its includes
		e.stack = make([]frame, 0, usualDepth)
	}
	e.stack = append(e.stack, f)
	return len(e.stack) - 1
}

func (e *Evaluation) pop(depth int) { e.stack = e.stack[:depth] }

// maxTTL limits Verdict.TTL: no verdict is reused after a day, whatever the TTLs
// of the records.
const maxTTL = 24 * time.Hour

// CheckHost evaluates check_host() for q. It returns a verdict soon after the
// deadline of ctx: temperror, if the lookups took that long. If ctx is cancelled, the
// check ends at its next lookup.
func (c *Checker) CheckHost(ctx context.Context, q Args) Verdict {
	e := c.Prepare(q)
	e.ctx = ctx
	deadline, _ := ctx.Deadline()
	v := e.CheckHost(deadline)
	if c.Prefetcher != nil {
		c.Prefetcher.Cancel()
	}
	return v
}

// Prepare returns an evaluation of check_host() for q. A caller that makes several
// checks for one request uses it in place of Checker.CheckHost, and calls
// Prefetcher.Cancel once after the last one.
func (c *Checker) Prepare(q Args) *Evaluation {
	e := &Evaluation{
		Checker: c, domain: q.Domain, macros: newMacros(q, c.Receiver),
		budget: budget{limits: c.Limits}, ttl: maxTTL,
	}
	if c.Prefetcher != nil {
		e.prefetch = newPrefetcher(c, &e.macros)
	}
	return e
}

// Then announces that next is evaluated after e. While e waits for lookups, those of
// next are prefetched.
func (e *Evaluation) Then(next *Evaluation) {
	if e.prefetch != nil && next.prefetch != nil {
		e.prefetch.next = next.prefetch
		next.prefetch.planDomain(next.domain)
	}
}

// CheckHost evaluates check_host(). It returns a verdict soon after the deadline; the
// zero time is no deadline. It must be called once only.
func (e *Evaluation) CheckHost(deadline time.Time) Verdict {
	e.deadline = deadline
	o := e.checkHost(e.domain, "", 0)
	v := Verdict{
		Result: o.result, Err: o.err, Domain: o.domain, Record: o.record, Term: o.term, Root: o.root, ByAll: o.byAll,
	}
	if o.result == Fail && o.exp != nil {
		v.Explanation = e.explain(o.exp, o.domain)
	}
	v.Lookups, v.VoidLookups, v.TTL, v.Vary = e.budget.lookups, e.budget.voidLookups, e.ttl, e.vary
	if v.Result == Temperror {
		v.TTL = 0
	}
	return v
}

// newMacros returns the macro values of a check.
func newMacros(q Args, receiver string) macros {
	m := macros{ip: q.IP.WithZone("").Unmap(), receiver: receiver}
	if receiver == "" {
		m.receiver = "unknown"
	}
	at := strings.LastIndexByte(q.Sender, '@')
	m.local, m.origin = q.Sender[:max(at, 0)], macroDomain(q.Sender[at+1:])
	if q.Sender == "" {
		m.origin = macroDomain(q.Domain) // RFC 7208, 2.4
	}
	if m.local == "" {
		m.local = "postmaster" // RFC 7208, 4.3
	}
	m.helo = macroDomain(q.HELO)
	return m
}

// evalResult is the result of a record. term is "" for the default result.
type evalResult struct {
	result Result
	err    error
	domain string
	record string
	term   string
	root   string
	byAll  bool      // see Verdict.ByAll
	exp    *Modifier // exp= of the record that decided
}

// errorResult returns the result for an error.
func errorResult(err error) evalResult {
	var dns *dns.Error
	if errors.As(err, &dns) {
		return evalResult{result: Temperror, err: err} // RFC 7208, 2.6.6
	}
	return evalResult{result: Permerror, err: err} // RFC 7208, 2.6.7
}

// checkHost evaluates check_host() (RFC 7208, 4) for the checked domain and for each
// include and redirect. term is the include or redirect, depth the number of
// includes.
func (e *Evaluation) checkHost(domain, term string, depth int) evalResult {
	name, nameErr := toName(domain)
	switch {
	case nameErr == nameUnencodable && strings.ContainsRune(domain, utf8.RuneError):
		// Not valid UTF-8: permerror as in pypolicyd-spf. RFC 7208, 4.3 says none.
		return errorResult(&RecordError{UnencodableName, domain, term})
	case nameErr != nameOK:
		return evalResult{result: None, domain: domain} // RFC 7208, 4.3: malformed
	case strings.IndexByte(name, '.') < 0 || name[0] == '[':
		// RFC 7208, 4.3: not a multi-label name, or an address literal (2.3).
		// Neither is looked up, but both count as void lookups.
		if _, err := e.budget.countVoid(); err != nil {
			return errorResult(err)
		}
		return evalResult{result: None, domain: domain}
	}
	r, err := e.lookupRecord(name, term)
	var text string
	switch bad, ok := err.(*SyntaxError); {
	case ok:
		text = bad.Record
	case r != nil:
		text = r.Text
	}
	if err != nil {
		e.recordEvent(RecordEvent{Depth: depth, Domain: name, Text: text, Err: err})
		o := errorResult(err)
		o.domain, o.record, o.root = name, text, text
		return o
	}
	if r == nil {
		e.recordEvent(RecordEvent{Depth: depth, Domain: name})
		return evalResult{result: None, domain: name} // RFC 7208, 4.5
	}
	e.recordEvent(RecordEvent{Depth: depth, Domain: name, Text: text, Record: r})
	mark := e.push(frame{question: dns.Question{Name: name, Type: dns.TypeTXT}, record: r})
	o := e.terms(r, name, depth)
	e.pop(mark)
	o.root = text
	return o
}

// terms evaluates the terms of a record: the directives from left to right, then
// redirect; the default is neutral (RFC 7208, 4.6 and 4.7).
func (e *Evaluation) terms(r *Record, domain string, depth int) evalResult {
	here := evalResult{domain: domain, record: r.Text, exp: r.Exp}
	for _, t := range r.Terms {
		d, ok := t.(*Directive)
		if !ok {
			continue
		}
		matched, err := e.matches(d, domain, depth)
		e.matchEvent(depth, d, matched, d.Result(), err)
		if err != nil {
			o := errorResult(err)
			o.domain, o.record, o.term = domain, r.Text, d.Source()
			return o
		}
		if matched {
			here.result, here.term = d.Result(), d.Source() // RFC 7208, 4.6.2
			here.byAll = here.result == Pass && e.matchesNearlyAll(d)
			return here
		}
	}
	if r.Redirect != nil {
		return e.redirect(r, domain, depth)
	}
	here.result = Neutral // RFC 7208, 4.7
	return here
}

// redirect evaluates the record of the redirect's target (RFC 7208, 6.1).
func (e *Evaluation) redirect(r *Record, domain string, depth int) evalResult {
	e.budget.beginTerm()
	err := e.budget.countLookup() // RFC 7208, 4.6.4
	target, nameErr := "", nameOK
	if err == nil {
		target, nameErr, err = e.target(r.Redirect.Value, domain)
	}
	e.termEvent(depth, r.Redirect, target)
	var o evalResult
	switch {
	case err != nil:
		o = errorResult(err)
	case nameErr != nameOK:
		o = evalResult{result: None, domain: target}
	default:
		o = e.checkHost(target, r.Redirect.Source(), depth)
	}
	if o.result == None { // RFC 7208, 6.1
		o = errorResult(&RecordError{RedirectNoRecord, e.expandForError(r.Redirect.Value, domain), r.Redirect.Source()})
	}
	if o.err != nil && o.record == "" {
		o.domain, o.record, o.term = domain, r.Text, r.Redirect.Source()
	}
	e.matchEvent(depth, r.Redirect, true, o.result, o.err)
	return o
}

// lookup looks up q and counts a void lookup (RFC 7208, 4.6.4).
func (e *Evaluation) lookup(q dns.Question) (dns.Answer, error) {
	a, err := e.lookupUnlimited(q)
	if err != nil || !a.Void() || e.isIPv4Host(q, a) {
		return a, err
	}
	return a, e.countVoid(q)
}

// countVoid counts a void lookup. The error is a *LimitError.
func (e *Evaluation) countVoid(q dns.Question) error {
	counted, err := e.budget.countVoid()
	if counted {
		e.voidEvent(q)
	}
	return err
}

// isIPv4Host reports whether a void answer about a host's IPv6 addresses does not
// count because the host has IPv4 addresses (Limits.DualStack). If the lookup of these
// fails, the void answer counts, and the verdict is not cached.
func (e *Evaluation) isIPv4Host(q dns.Question, a dns.Answer) bool {
	if q.Type != dns.TypeAAAA || a.NXDomain || !e.budget.allowIPv4Host() {
		return false
	}
	a, err := e.lookupUnlimited(dns.Question{Name: q.Name, Type: dns.TypeA})
	if err != nil {
		e.ttl = 0
	}
	return err == nil && !a.Void()
}

// lookupUnlimited looks up q, and keeps the smallest TTL of all answers.
func (e *Evaluation) lookupUnlimited(q dns.Question) (dns.Answer, error) {
	if e.isOver() {
		return dns.Answer{}, &dns.Error{Kind: dns.OutOfTime, Question: q}
	}
	deadline := e.deadline
	if e.LookupTimeout > 0 {
		if own := time.Now().Add(e.LookupTimeout); deadline.IsZero() || own.Before(deadline) {
			deadline = own
		}
	}
	if e.prefetch != nil {
		e.prefetch.beforeLookup(q, e.stack, e.budget.lookups, deadline)
	}
	a, err := e.Resolver.Lookup(q, deadline)
	if err != nil {
		return dns.Answer{}, limitError(err)
	}
	if e.prefetch != nil {
		e.prefetch.afterLookup(q, a)
	}
	e.ttl = min(e.ttl, a.TTL)
	return a, nil
}

// limitError returns the error of a lookup, and a *LimitError for too many aliases (RFC
// 7208, 4.6.4).
func limitError(err error) error {
	var e *dns.Error
	if errors.As(err, &e) && e.Kind == dns.TooManyCNAMEs {
		return &LimitError{CNAMELimit, dns.MaxCNAMEs}
	}
	return err
}

// isOver reports whether the time for the check has run out.
func (e *Evaluation) isOver() bool {
	return !e.deadline.IsZero() && !time.Now().Before(e.deadline) || e.ctx != nil && e.ctx.Err() != nil
}

// target expands the domain-spec of a term, and records what the verdict depends
// on. The error is a *LimitError: the lookups for %{p} exceed the limit of void lookups.
func (e *Evaluation) target(spec *MacroString, domain string) (name string, nameErr nameError, err error) {
	e.recordVary(spec)
	if spec.Uses("p") {
		if _, err := e.macroNames(); err != nil {
			return "", nameOK, err // RFC 7208, 4.6.4
		}
	}
	name, nameErr = e.macros.expandName(spec, domain, e.validatedName(domain))
	return name, nameErr, nil
}

// expandForError expands a domain-spec for an error message, without changing
// case and even if the result is not a valid name.
func (e *Evaluation) expandForError(spec *MacroString, domain string) string {
	text := e.macros.expandText(spec, domain, e.validatedName(domain))
	return truncateName(strings.TrimSuffix(text, "."))
}

// recordVary records the inputs that the macros of m use.
func (e *Evaluation) recordVary(m *MacroString) {
	if m.Uses("sl") {
		e.vary |= VaryLocalPart
	}
	if m.Uses("h") {
		e.vary |= VaryHELO
	}
}
