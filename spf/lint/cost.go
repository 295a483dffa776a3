package lint

import (
	"cmp"
	"slices"

	"policyd-spf/spf"
)

// Cost is what an include, redirect or other term of the domain's own record costs.
type Cost struct {
	Term    *Term
	Lookups int // terms that cause lookups, this one included
	Voids   int // void lookups, for the family that has more
}

// Costs returns the terms of the domain's own record that cause lookups, the most
// expensive first.
func (s *Report) Costs() []Cost {
	if len(s.Records) == 0 {
		return nil
	}
	var costs []Cost
	for _, t := range s.Records[0].Terms {
		if causesLookup(t) {
			lookups, voids := s.cost([]*Term{t})
			costs = append(costs, Cost{t, lookups, voids})
		}
	}
	slices.SortStableFunc(costs, func(a, b Cost) int { return cmp.Compare(b.Lookups, a.Lookups) })
	return costs
}

// cost returns the lookups and the void lookups of terms of the domain's own
// record, as count counts them.
func (s *Report) cost(terms []*Term) (lookups, voids int) {
	r := *s.Records[0]
	r.Terms = terms
	w := &linter{result: &Report{Limits: spf.Limits{Lookups: maxCounted, VoidLookups: maxCounted}}, found: make(map[Kind]int), loops: make(map[*Term]bool)}
	c := newCounter(w)
	c.costOnly = true
	c.stack = []*Record{s.Records[0]} // r is a copy
	c.walk(&r, false)
	return w.result.Lookups, max(w.result.VoidLookups4, w.result.VoidLookups6)
}

func causesLookup(t *Term) bool {
	d, ok := t.Term.(*spf.Directive)
	return !ok || d.Mechanism.CausesLookup()
}

// Flatten is an include that could be replaced by the networks it stands for now.
// It is a last resort: the record then has to follow each change of the other one;
// otherwise its mail fails.
type Flatten struct {
	Term     *Term
	Lookups  int // that it saves
	Networks int // that take its place
}

// Flatten returns the includes whose networks could take their place to bring the
// domain's own record under the limit of lookups, nil if it is under the limit or
// if that is not possible.
func (s *Report) Flatten() []Flatten {
	if len(s.Records) == 0 {
		return nil
	}
	return s.flatten(s.Records[0].Terms, s.Lookups-s.Limits.Lookups)
}

// flatten returns includes that together cost excess lookups at least: those that
// save most for each network first.
func (s *Report) flatten(terms []*Term, excess int) []Flatten {
	if excess <= 0 {
		return nil
	}
	var candidates []Flatten
	e := newEffects(false)
	for _, t := range terms {
		d, ok := t.Term.(*spf.Directive)
		if !ok || d.Mechanism != spf.Include || t.Record == nil || !isStatic(t.Record, make(map[*Record]bool)) {
			continue
		}
		lookups, _ := s.cost([]*Term{t})
		networks := len(e.record(t.Record)[spf.Pass].Prefixes())
		candidates = append(candidates, Flatten{t, lookups, networks})
	}
	if e.isTruncated() {
		return nil
	}
	slices.SortStableFunc(candidates, func(a, b Flatten) int {
		return cmp.Compare(b.Lookups*(a.Networks+1), a.Lookups*(b.Networks+1))
	})
	for i, f := range candidates {
		if excess -= f.Lookups; excess <= 0 {
			return candidates[:i+1]
		}
	}
	return nil
}

// isStatic reports whether a record and those it leads to stand for networks
// only: valid, and without terms that depend on the client.
func isStatic(r *Record, seen map[*Record]bool) bool {
	if r == nil || r.Record == nil || hasClientTerm(r) {
		return false
	}
	if seen[r] {
		return true
	}
	seen[r] = true
	for _, t := range r.Terms {
		d, ok := t.Term.(*spf.Directive)
		if (!ok || d.Mechanism == spf.Include) && !isStatic(t.Record, seen) || ok && d.Mechanism == spf.Exists {
			return false
		}
		for _, l := range t.Lookups {
			if l.Err != nil {
				return false
			}
		}
	}
	return true
}
