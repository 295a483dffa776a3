package lint

import (
	"slices"

	"policyd-spf/spf"
)

// trace is what the result for each address depends on: the terms that depend on the
// client in another way, such as by macros, and the result if none of them decides.
// Records with equal traces have the same results, whatever is true for such terms.
type trace struct {
	effect *Effect
	steps  []traceStep
}

// traceStep is a term that depends on the client, or leads to a record that does.
type traceStep struct {
	key     string     // the same for terms that match the same clients
	result  spf.Result // of those
	reached IPSet      // the addresses that no term before it decides
	inner   *trace     // of an include or redirect; nil if it has none, or returns to a record in evaluation
}

// equal reports whether traces are equal for all addresses of a set.
func (t *trace) equal(other *trace, set IPSet) bool {
	if t == nil || other == nil {
		return t == other
	}
	for result, addresses := range t.effect {
		if !addresses.Intersect(set).Equal(other.effect[result].Intersect(set)) {
			return false
		}
	}
	return slices.EqualFunc(t.within(set), other.within(set), func(a, b traceStep) bool {
		return a.isSame(b) && a.reached.Equal(b.reached) && a.inner.equal(b.inner, a.reached)
	})
}

// within returns the steps that an address of a set reaches, with those.
func (t *trace) within(set IPSet) []traceStep {
	var steps []traceStep
	for _, s := range t.steps {
		if s.reached = s.reached.Intersect(set); !s.reached.IsEmpty() {
			steps = append(steps, s)
		}
	}
	return steps
}

// sameSteps reports whether traces have the same steps, whatever addresses reach them.
func (t *trace) sameSteps(other *trace) bool {
	if t == nil || other == nil {
		return t == other
	}
	return slices.EqualFunc(t.steps, other.steps, func(a, b traceStep) bool { return a.isSame(b) && a.inner.sameSteps(b.inner) })
}

func (s traceStep) isSame(other traceStep) bool {
	return s.key == other.key && s.result == other.result
}

// tracer computes traces. The work for their effects is bounded.
type tracer struct {
	effects *effects
	known   map[*Record]*trace // nil for a record in evaluation
}

func newTracer() *tracer {
	t := &tracer{effects: newEffects(false), known: make(map[*Record]*trace)}
	t.effects.undecided = make(map[*Term]bool)
	return t
}

// record returns the trace of a record, nil for one in evaluation.
func (t *tracer) record(r *Record) *trace {
	if known, ok := t.known[r]; ok {
		return known
	}
	t.known[r] = nil
	out := t.evaluate(r)
	t.known[r] = out
	return out
}

// evaluate is record without a memory of r.
func (t *tracer) evaluate(r *Record) *trace {
	for _, term := range r.Terms {
		if _, ok := t.effects.undecided[term]; !ok {
			t.effects.undecided[term] = dependsOnClient(term, make(map[*Record]bool))
		}
	}
	reached := make(map[*Term]IPSet)
	t.effects.reached = reached
	out := &trace{effect: t.effects.evaluate(r)}
	keys := make(map[string]bool)
	for _, term := range r.Terms {
		set := reached[term]
		if set.IsEmpty() {
			continue
		}
		step := traceStep{key: "redirect", reached: set}
		if d, ok := term.Term.(*spf.Directive); ok {
			step.key, step.result = matchKey(d, term), d.Result()
		}
		if keys[step.key] {
			continue // it repeats an earlier term, and never decides
		}
		keys[step.key] = true
		if term.Record != nil {
			step.inner = t.record(term.Record)
		}
		out.steps = append(out.steps, step)
	}
	return out
}

// dependsOnClient reports whether a term depends on the client in another way than by
// its address, or leads to a record that does.
func dependsOnClient(t *Term, seen map[*Record]bool) bool {
	if isClientTerm(t) {
		return true
	}
	if t.Record == nil || seen[t.Record] {
		return false
	}
	seen[t.Record] = true
	return slices.ContainsFunc(t.Record.Terms, func(inner *Term) bool { return dependsOnClient(inner, seen) })
}
