package lint

import (
	"cmp"
	"slices"

	"policyd-spf/spf"
)

// Change is the addresses whose result differs between two records.
type Change struct {
	From, To  spf.Result
	Addresses IPSet
}

// Comparison is the difference between the current and the future records of a domain.
// It ignores the limits on lookups, which are in the reports.
type Comparison struct {
	Before, After *Report
	Gained, Lost  IPSet    // addresses that gain or lose Pass
	Changes       []Change // all addresses whose result differs, Pass first
	// ClientTerms reports whether other results may change for clients that macros or
	// ptr match. Which clients these are is not known.
	ClientTerms bool
}

// Compare compares two audits of one domain.
func Compare(before, after *Report) *Comparison {
	c := &Comparison{Before: before, After: after}
	old, now := before.Effect(), after.Effect()
	c.Gained = now[spf.Pass].Difference(old[spf.Pass])
	c.Lost = old[spf.Pass].Difference(now[spf.Pass])
	same := allAddresses()
	for from := range old {
		for to := range now {
			if set := old[from].Intersect(now[to]); from != to && !set.IsEmpty() {
				c.Changes = append(c.Changes, Change{spf.Result(from), spf.Result(to), set})
				same = same.Difference(set)
			}
		}
	}
	slices.SortStableFunc(c.Changes, func(a, b Change) int { return cmp.Compare(passRank(b), passRank(a)) })
	x, y := before.trace(), after.trace()
	c.ClientTerms = !x.sameSteps(y) || !x.equal(y, same)
	return c
}

// passRank is higher for changes that concern Pass.
func passRank(c Change) int {
	switch spf.Pass {
	case c.From:
		return 2
	case c.To:
		return 1
	}
	return 0
}

// Same reports whether no result changes as far as is known.
func (c *Comparison) Same() bool { return len(c.Changes) == 0 && !c.ClientTerms }

// Effect returns the results of the domain by address. Terms that depend on the
// client match nobody.
func (s *Report) Effect() Effect { return s.effect }

// Otherwise returns the result of the largest number of addresses: those that no
// network of the records has.
func (s *Report) Otherwise() spf.Result {
	e := s.Effect()
	largest := spf.None
	for result := range e {
		_, n := e[result].Count()
		if _, most := e[largest].Count(); n.Cmp(most) > 0 {
			largest = spf.Result(result)
		}
	}
	return largest
}

// trace returns the trace of the domain's own record, nil if there is none.
func (s *Report) trace() *trace {
	if len(s.Records) == 0 {
		return nil
	}
	return newTracer().record(s.Records[0])
}
