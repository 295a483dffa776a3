package spf

import (
	"time"

	"policyd-spf/spf/dns"
)

// Observer receives the steps of an evaluation in order, from the goroutine
// that evaluates.
type Observer interface{ Event(Event) }

// Event is one of the event types below. Their Depth is the number of includes
// that the step is nested in.
type Event interface{ event() }

// RecordEvent reports that the record of Domain is about to be evaluated, or
// the error that prevents it. Record is nil if there is no valid record; Text
// is the text of an invalid one as well.
type RecordEvent struct {
	Depth  int
	Domain string
	Text   string
	Record *Record
	Err    error
}

// TermEvent reports that a term is about to be evaluated: a directive or the
// redirect modifier. Target is its target-name (RFC 7208, 4.8), "" for a
// mechanism that has none.
type TermEvent struct {
	Depth   int
	Term    Term
	Target  string
	Lookups int // counted so far, this one included
}

// MatchEvent reports the outcome of the last TermEvent of the same depth.
type MatchEvent struct {
	Depth   int
	Term    Term
	Matched bool
	Result  Result // of the record if the term matched; for a redirect, of its target
	Err     error  // an error that ends the evaluation
}

// VoidEvent reports a void lookup. VoidLookups includes it.
type VoidEvent struct {
	Question    dns.Question
	VoidLookups int
}

// LookupEvent reports a lookup and the time it took. The answer may have come
// from a cache.
type LookupEvent struct {
	Question dns.Question
	Answer   dns.Answer
	Err      error
	Took     time.Duration
}

// ExplanationEvent reports the explanation of a fail: the name that exp=
// expands to, the text found there and its expansion. Err is the reason why it
// is not used.
type ExplanationEvent struct {
	Target string
	Text   string
	Value  string
	Err    error
}

func (RecordEvent) event()      {}
func (TermEvent) event()        {}
func (MatchEvent) event()       {}
func (VoidEvent) event()        {}
func (LookupEvent) event()      {}
func (ExplanationEvent) event() {}

// The functions below create an event only if there is an observer: most of the
// memory that an evaluation allocates would be events.

func (e *Evaluation) recordEvent(ev RecordEvent) {
	if e.Observer != nil {
		e.Observer.Event(ev)
	}
}

func (e *Evaluation) termEvent(depth int, t Term, target string) {
	if e.Observer != nil {
		e.Observer.Event(TermEvent{Depth: depth, Term: t, Target: target, Lookups: e.budget.lookups})
	}
}

func (e *Evaluation) matchEvent(depth int, t Term, matched bool, r Result, err error) {
	if e.Observer == nil {
		return
	}
	if !matched {
		r = None
	}
	e.Observer.Event(MatchEvent{Depth: depth, Term: t, Matched: matched, Result: r, Err: err})
}

func (e *Evaluation) voidEvent(q dns.Question) {
	if e.Observer != nil {
		e.Observer.Event(VoidEvent{Question: q, VoidLookups: e.budget.voidLookups})
	}
}

// TracingResolver is a Resolver that reports lookups to an Observer. Prefetches do
// not pass through it.
type TracingResolver struct {
	dns.Resolver
	Observer Observer
}

// Lookup implements dns.Resolver.
func (t *TracingResolver) Lookup(q dns.Question, deadline time.Time) (dns.Answer, error) {
	start := time.Now()
	a, err := t.Resolver.Lookup(q, deadline)
	took := max(time.Since(start), a.Duration) // an evaluation that prefetches waits before
	t.Observer.Event(LookupEvent{Question: q, Answer: a, Err: err, Took: took})
	return a, err
}
