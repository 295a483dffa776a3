package lint

import (
	"slices"
	"strings"

	"policyd-spf/spf"
)

// Slip is a term that is invalid, or ignored as an unknown modifier, and what it
// was probably meant to be.
type Slip struct {
	Term   string
	Offset int // in the record, in bytes
	Meant  string
}

// FindSlips returns the slips in the text of a record, at most maxSyntaxErrors.
func FindSlips(text string) []Slip {
	r, errs := spf.ParseAll(text, maxSyntaxErrors)
	var slips []Slip
	for _, e := range withoutTorn(errs) {
		if meant, ok := hintFor(e); ok {
			slips = append(slips, Slip{e.Term, e.Offset - strings.Index(e.Term, e.Detail), meant})
		}
	}
	for _, t := range r.Terms {
		m, ok := t.(*spf.Modifier)
		if !ok || m == r.Redirect || m == r.Exp || len(slips) == maxSyntaxErrors {
			continue
		}
		if meant, ok := Hint(m.Source()); ok {
			slips = append(slips, Slip{m.Source(), m.Offset(), meant})
		}
	}
	slices.SortFunc(slips, func(a, b Slip) int { return a.Offset - b.Offset })
	return slips
}

// withoutTorn returns errors without those of terms that belong to the invalid
// term before them: a space was put after its colon.
func withoutTorn(errs []*spf.SyntaxError) []*spf.SyntaxError {
	var list []*spf.SyntaxError
	second := -1 // where such a term is in the record
	for _, e := range errs {
		start := e.Offset - strings.Index(e.Term, e.Detail)
		if start == second {
			continue
		}
		list = append(list, e)
		words := firstFields(e.Record[start:])
		if _, ok := joinedTerm(words); ok {
			rest := e.Record[start+len(words[0]):]
			second = start + len(words[0]) + len(rest) - len(strings.TrimLeft(rest, " "))
		}
	}
	return list
}

// hintFor returns the term that an invalid one was probably meant to be, together
// with the one after it if a space was put into it.
func hintFor(e *spf.SyntaxError) (meant string, ok bool) {
	start := e.Offset - strings.Index(e.Term, e.Detail)
	if meant, ok = joinedTerm(firstFields(e.Record[start:])); ok {
		return meant, true
	}
	return Hint(e.Term)
}

// firstFields returns the first two words of a text.
func firstFields(text string) []string {
	first, rest, _ := strings.Cut(text, " ")
	second, _, _ := strings.Cut(strings.TrimLeft(rest, " "), " ")
	return []string{first, second}
}
