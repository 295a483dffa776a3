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
	// ClientTerms reports whether other results change for clients that macros or
	// ptr match. Which clients these are is not known.
	ClientTerms bool
}

// Compare compares two audits of one domain.
func Compare(before, after *Report) *Comparison {
	c := &Comparison{Before: before, After: after}
	old, now := before.Effect(), after.Effect()
	c.Gained = now[spf.Pass].Difference(old[spf.Pass])
	c.Lost = old[spf.Pass].Difference(now[spf.Pass])
	for from := range old {
		for to := range now {
			if set := old[from].Intersect(now[to]); from != to && !set.IsEmpty() {
				c.Changes = append(c.Changes, Change{spf.Result(from), spf.Result(to), set})
			}
		}
	}
	slices.SortStableFunc(c.Changes, func(a, b Change) int { return cmp.Compare(passRank(b), passRank(a)) })
	c.ClientTerms = !slices.Equal(before.clientTerms(), after.clientTerms()) || clientResultsDiffer(before, after)
	return c
}

// clientResultsDiffer reports whether results change if the terms that depend on the
// client match everybody, but not if they match nobody: for example, if such a term
// and a network are swapped.
func clientResultsDiffer(before, after *Report) bool {
	if len(before.Records) == 0 || len(after.Records) == 0 {
		return false
	}
	old, now := effectOf(before.Records[0], true), effectOf(after.Records[0], true)
	for from := range old {
		for to := range now {
			plain := before.effect[from].Intersect(after.effect[to])
			if from != to && !plain.ContainsSet(old[from].Intersect(now[to])) {
				return true
			}
		}
	}
	return false
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

// clientTerms returns the terms that depend on the client, in the order of
// evaluation.
func (s *Report) clientTerms() []string {
	var terms []string
	for _, r := range s.Records {
		for _, t := range r.Terms {
			if isClientTerm(t) {
				terms = append(terms, r.Domain+" "+t.Term.String())
			}
		}
	}
	return terms
}
