package lint

import (
	"slices"
	"strings"

	"policyd-spf/spf"
)

// Mistake is a syntax error and the term that was probably meant.
type Mistake struct {
	Err   *spf.SyntaxError
	Meant string // "" if that is not known
}

// parseMistakes parses the text of a record. It returns its valid terms and its mistakes.
// If a term has several errors, because spaces were put into it, it is one mistake. all
// is false if the record may have more errors than maxSyntaxErrors.
func parseMistakes(text string) (valid *spf.Record, mistakes []Mistake, all bool) {
	valid, errs := spf.ParseAll(text, maxSyntaxErrors)
	list := splitWords(text)
	next := 1 // the first word after the mistakes so far; the version is not one
	for _, e := range errs {
		start := e.Offset - strings.Index(e.Term, e.Detail)
		i, _ := slices.BinarySearchFunc(list, start, func(w word, at int) int { return w.offset - at })
		if i < next {
			continue
		}
		meant, after, ok := tornAt(list, i, next)
		if next = after; !ok {
			meant, _ = Hint(e.Term)
			next = i + 1
		}
		mistakes = append(mistakes, Mistake{e, meant})
	}
	return valid, mistakes, len(errs) < maxSyntaxErrors
}

// Slip is a term that is invalid, or ignored as an unknown modifier, and what it
// was probably meant to be.
type Slip struct {
	Term   string
	Offset int // in the record, in bytes
	Meant  string
}

// FindSlips returns the slips in the text of a record, at most maxSyntaxErrors.
func FindSlips(text string) []Slip {
	r, mistakes, _ := parseMistakes(text)
	var slips []Slip
	for _, m := range mistakes {
		if m.Meant != "" {
			slips = append(slips, Slip{m.Err.Term, m.Err.Offset - strings.Index(m.Err.Term, m.Err.Detail), m.Meant})
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
