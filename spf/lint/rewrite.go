package lint

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"policyd-spf/spf"
)

// maxRewriteTerms limits the terms of a record that is rewritten. The effect of each is
// tested, so the time grows with the square.
const maxRewriteTerms = 200

// Step is a change that makes a record shorter.
type Step struct {
	Kind    StepKind
	Term    spf.Term // dropped, or the first of those that are merged
	Count   int      // terms that are dropped or merged
	Into    string   // the terms that replace merged ones
	Lookups int      // that it saves
	// Assumed is what makes the term redundant today, beside the domain's own
	// record: the name whose addresses are listed, or OtherRecords. "" is nothing.
	Assumed string
}

// OtherRecords in Step.Assumed stands for the records that the domain's own one refers
// to.
const OtherRecords = "the other records"

// StepKind is the kind of a step.
type StepKind uint8

// The kinds of steps.
const (
	DropUnreached StepKind = iota // a term after all, or a redirect beside it
	DropRedundant                 // a term without effect
	MergeNetworks                 // networks in a row that fewer networks cover
)

// Rewrite is a record with the same effect as the domain's own, and fewer lookups
// or terms. That the effect is the same has been tested: see Equality.
type Rewrite struct {
	Text                     string
	Steps                    []Step
	Lookups, LookupsBefore   int
	VoidLookups, VoidsBefore int // for the family that has more
	Terms, TermsBefore       int
	Equality                 Equality
	OverLimit                bool      // it still has more lookups than allowed
	Flatten                  []Flatten // what would bring it under the limit
}

// Rewrite returns a shorter record with the same effect. It is nil if there is none,
// if that cannot be shown, if the record has to be corrected first, or if some
// clients have a result of permerror or temperror for other reasons than the limits
// on lookups. It makes no lookups.
func (s *Report) Rewrite(ctx context.Context) *Rewrite {
	if len(s.Records) == 0 || s.Records[0].Record == nil || len(s.Records[0].Record.Terms) > maxRewriteTerms {
		return nil
	}
	if s.incomplete || s.needsCorrection() {
		return nil
	}
	// After an error no term has an effect: it has to be repaired first.
	if e := s.effect; !e[spf.Permerror].IsEmpty() || !e[spf.Temperror].IsEmpty() {
		return nil
	}
	b := newRewriter(s)
	b.dropUnreached()
	b.dropRedundant()
	b.mergeNetworks()
	if len(b.steps) == 0 {
		return nil
	}
	return b.finish(ctx)
}

// needsCorrection reports whether the record admits everybody, loops or has a slip: a
// shorter form of it would only preserve the mistake.
func (s *Report) needsCorrection() bool {
	return slices.ContainsFunc(s.Findings, func(f Finding) bool {
		switch f.Kind {
		case Loop, PassAll:
			return true
		case MechanismAsModifier, JoinedTerms:
			return f.Record == s.Records[0]
		case UnknownModifier:
			return f.Record == s.Records[0] && (f.Text != "" || f.Name == "v")
		case BadName, VoidLookup:
			return f.Record == s.Records[0] && f.Text != ""
		}
		return false
	})
}

// rewritten is a term of a rewritten record.
type rewritten struct {
	source string
	term   *Term // nil for merged networks
	after  *Term // the term whose place merged networks take
}

// rewriter changes the domain's own record step by step.
type rewriter struct {
	report *Report
	root   *Record
	terms  []rewritten // directives and the redirect
	steps  []Step
	// Traces of the other records are computed once. The work for them bounds how many
	// terms are tried.
	tracer *tracer
	before *trace
}

func newRewriter(s *Report) *rewriter {
	b := &rewriter{report: s, root: s.Records[0], tracer: newTracer()}
	for _, t := range b.root.Terms {
		b.terms = append(b.terms, rewritten{source: t.Term.Source(), term: t})
	}
	b.before = b.tracer.evaluate(b.root)
	return b
}

// dropUnreached drops what follows all (RFC 7208, 5.1), and a redirect beside it
// (6.1).
func (b *rewriter) dropUnreached() {
	for i, t := range b.terms {
		d, ok := t.term.Term.(*spf.Directive)
		if !ok || d.Mechanism != spf.All {
			continue
		}
		for _, rest := range b.terms[i+1:] {
			b.steps = append(b.steps, Step{Kind: DropUnreached, Term: rest.term.Term, Count: 1})
		}
		b.terms = b.terms[:i+1]
		return
	}
}

// dropRedundant drops terms without which each address has the same result: those
// that cost most first, then from the last to the first.
func (b *rewriter) dropRedundant() {
	order := slices.Clone(b.terms)
	slices.Reverse(order)
	slices.SortStableFunc(order, func(x, y rewritten) int {
		lookupsX, _ := b.report.cost([]*Term{x.term})
		lookupsY, _ := b.report.cost([]*Term{y.term})
		return cmp.Compare(lookupsY, lookupsX)
	})
	for _, t := range order {
		d, ok := t.term.Term.(*spf.Directive)
		if !ok || d.Mechanism == spf.All {
			continue
		}
		shorter := slices.DeleteFunc(slices.Clone(b.terms), func(other rewritten) bool { return other.term == t.term })
		if !b.sameEffect(shorter) {
			continue
		}
		lookups, _ := b.report.cost([]*Term{t.term})
		b.steps = append(b.steps, Step{Kind: DropRedundant, Term: d, Count: 1, Lookups: lookups, Assumed: b.assumed(t.term, shorter)})
		b.terms = shorter
	}
}

// assumed returns what makes a term redundant beside the domain's own record, as
// in Step.Assumed.
func (b *rewriter) assumed(t *Term, others []rewritten) string {
	d := t.Term.(*spf.Directive)
	key := matchKey(d, t)
	for _, other := range others {
		if o, ok := other.term.Term.(*spf.Directive); ok && matchKey(o, other.term) == key {
			return ""
		}
	}
	if d.Addr.IsValid() {
		own := IPSet{}
		for _, other := range others {
			if o, ok := other.term.Term.(*spf.Directive); ok && o.Addr.IsValid() {
				own = own.Union(NewIPSet(networksOf(o, other.term)...))
			}
		}
		if own.ContainsSet(NewIPSet(networksOf(d, t)...)) {
			return ""
		}
		return OtherRecords
	}
	if d.Mechanism == spf.Include {
		return OtherRecords
	}
	return t.Target
}

// sameEffect reports whether other terms have the effect of the record.
func (b *rewriter) sameEffect(terms []rewritten) bool {
	shorter := *b.root
	shorter.Terms = nil
	for _, t := range terms {
		shorter.Terms = append(shorter.Terms, t.term)
	}
	after := b.tracer.evaluate(&shorter)
	return !b.tracer.effects.isTruncated() && b.before.equal(after, allAddresses())
}

// mergeNetworks replaces consecutive ip4 and ip6 terms of one qualifier with fewer
// terms that have the same addresses.
func (b *rewriter) mergeNetworks() {
	var out []rewritten
	for i := 0; i < len(b.terms); {
		run := 0
		for i+run < len(b.terms) && isNetworkLike(b.terms[i].term, b.terms[i+run].term) {
			run++
		}
		if run < 2 {
			out = append(out, b.terms[i])
			i++
			continue
		}
		merged := mergedNetworks(b.terms[i : i+run])
		if len(merged) < run {
			b.steps = append(b.steps, Step{Kind: MergeNetworks, Term: b.terms[i].term.Term, Count: run, Into: strings.Join(merged, " ")})
			for _, source := range merged {
				out = append(out, rewritten{source: source, after: b.terms[i].term})
			}
		} else {
			out = append(out, b.terms[i:i+run]...)
		}
		i += run
	}
	b.terms = out
}

// isNetworkLike reports whether both terms are ip4 or ip6 with the same result.
func isNetworkLike(first, t *Term) bool {
	f, ok := first.Term.(*spf.Directive)
	d, ok2 := t.Term.(*spf.Directive)
	return ok && ok2 && f.Addr.IsValid() && d.Addr.IsValid() && f.Result() == d.Result()
}

// mergedNetworks returns the fewest terms for the networks of a run.
func mergedNetworks(run []rewritten) []string {
	qualifier := ""
	first := run[0].term.Term.(*spf.Directive)
	if first.Result() != spf.Pass {
		qualifier = string(first.Qualifier)
	}
	var set IPSet
	for _, t := range run {
		set = set.Union(NewIPSet(networksOf(t.term.Term.(*spf.Directive), t.term)...))
	}
	var terms []string
	for _, n := range set.Prefixes() {
		terms = append(terms, qualifier+networkTerm(n))
	}
	return terms
}

// text returns the rewritten record: its terms, with the modifiers that are left
// where they were.
func (b *rewriter) text() string {
	kept := make(map[spf.Term][]string) // by the first term of a merged run
	for _, t := range b.terms {
		at := t.term
		if at == nil {
			at = t.after
		}
		kept[at.Term] = append(kept[at.Term], t.source)
	}
	var text strings.Builder
	text.WriteString(spf.Version)
	for _, t := range b.root.Record.Terms {
		sources := kept[t]
		if m, ok := t.(*spf.Modifier); ok && m != b.root.Record.Redirect {
			sources = []string{m.Source()}
		}
		for _, source := range sources {
			text.WriteString(" " + source)
		}
	}
	return text.String()
}

// finish returns the rewritten record if its effect is shown to be the same.
func (b *rewriter) finish(ctx context.Context) *Rewrite {
	s := b.report
	out := &Rewrite{Text: b.text(), Steps: b.steps, TermsBefore: len(b.root.Record.Terms)}
	parsed, err := spf.Parse(out.Text)
	if err != nil {
		return nil
	}
	out.Terms = len(parsed.Terms)
	var left []*Term
	for _, t := range b.terms {
		if t.term != nil {
			left = append(left, t.term)
		}
	}
	out.LookupsBefore, out.VoidsBefore = s.cost(b.root.Terms)
	out.Lookups, out.VoidLookups = s.cost(left)
	if out.Terms >= out.TermsBefore && out.Lookups >= out.LookupsBefore {
		return nil
	}
	out.Equality = s.CompareText(ctx, out.Text)
	if out.Equality.Difference != nil || out.Equality.Incomplete {
		return nil
	}
	out.OverLimit = out.Lookups > s.Limits.Lookups
	out.Flatten = s.flatten(left, out.Lookups-s.Limits.Lookups)
	return out
}
