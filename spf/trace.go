package spf

import (
	"context"
	"time"

	"policyd-spf/spf/dns"
)

// Observer is told of the steps of an evaluation, in their order, by the
// goroutine that evaluates.
type Observer interface{ Event(Event) }

// Event is one of the step types below. Depth is how many includes deep it
// happens.
type Event interface{ event() }

// RecordEvent is a name whose record is about to be evaluated, or why it
// cannot be. Record is nil if there is none; Text is the record's even if it
// does not parse.
type RecordEvent struct {
	Depth  int
	Domain string
	Text   string
	Record *Record
	Err    error
}

// TermEvent is a term about to be evaluated: a directive, or the redirect
// modifier. Target is what its domain-spec expands to, or the domain; "" if it
// has no use for one.
type TermEvent struct {
	Depth   int
	Term    Term
	Target  string
	Lookups int // counted so far, this one included
}

// MatchEvent is the outcome of the term of the last TermEvent of that depth.
type MatchEvent struct {
	Depth   int
	Term    Term
	Matched bool
	Result  Result // of the record, if the term matched; of the redirect's target
	Err     error  // ends the evaluation
}

// VoidEvent is a void lookup that was counted.
type VoidEvent struct {
	Question    dns.Question
	VoidLookups int
}

// LookupEvent is a lookup that was made, or answered from a cache.
type LookupEvent struct {
	Question dns.Question
	Answer   dns.Answer
	Err      error
	Took     time.Duration
}

// ExplanationEvent is the explanation of a fail: the name that exp= expands
// to, the text found there, and what that expands to. Err says why it is not
// used.
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

// The events below are made only if somebody is told of them: they would be the
// greater part of what an evaluation allocates.

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

// TracingResolver is a Resolver that reports lookups to an observer. What is asked
// ahead does not pass through it.
type TracingResolver struct {
	dns.Resolver
	Observer Observer
}

// Lookup looks q up and reports it.
func (t *TracingResolver) Lookup(ctx context.Context, q dns.Question) (dns.Answer, error) {
	start := time.Now()
	a, err := t.Resolver.Lookup(ctx, q)
	t.Observer.Event(LookupEvent{Question: q, Answer: a, Err: err, Took: time.Since(start)})
	return a, err
}
