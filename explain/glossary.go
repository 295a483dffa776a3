package explain

import (
	"fmt"
	"strings"

	"policyd-spf/internal/term"
	"policyd-spf/spf"
)

// GlossaryEntry explains a term of SPF that occurs in a report.
type GlossaryEntry struct {
	Term    string `json:"term"`
	Meaning string `json:"meaning"`
}

// explainTerms adds the meanings of the terms that occur in the report.
func (r *Report) explainTerms() {
	occurs := make(map[string]bool)
	termsLimit, voidsLimit := 0, 0
	for _, c := range r.Checks {
		occurs[c.Verdict.Result] = true
		occurs["void lookup"] = occurs["void lookup"] || c.Verdict.Voids > 0
		occurs["terms with lookups"] = occurs["terms with lookups"] || c.Verdict.Terms > 0
		occurs["exp"] = occurs["exp"] || c.Explanation != nil
		c.Record.terms(occurs)
		termsLimit, voidsLimit = c.Verdict.TermsLimit, c.Verdict.VoidsLimit
	}
	for _, entry := range glossary(termsLimit, voidsLimit) {
		if occurs[entry.Term] {
			r.Glossary = append(r.Glossary, entry)
		}
	}
}

// terms adds the terms that occur in a record.
func (r *Record) terms(occurs map[string]bool) {
	if r == nil {
		return
	}
	for _, t := range r.Terms {
		name := strings.ToLower(strings.TrimLeft(t.Text, "+-~?"))
		if end := strings.IndexAny(name, ":=/"); end >= 0 {
			name = name[:end]
		}
		occurs[name] = true
		occurs["macro"] = occurs["macro"] || strings.Contains(t.Text, "%{")
		t.Record.terms(occurs)
	}
}

// glossary returns the terms that are explained, in the order in which they are
// printed.
func glossary(termsLimit, voidsLimit int) []GlossaryEntry {
	return []GlossaryEntry{
		{spf.Softfail.String(), "the domain says that the host is probably not permitted (~)"},
		{spf.Neutral.String(), "the domain says nothing about the host (?, or no term matches)"},
		{spf.None.String(), "there is no SPF record"},
		{spf.Permerror.String(), "the record has an error, which its owner must correct"},
		{spf.Temperror.String(), "a DNS lookup failed; trying again later may help"},
		{"terms with lookups", fmt.Sprintf("terms that need the DNS: at most %d (RFC 7208, 4.6.4)", termsLimit)},
		{"void lookup", fmt.Sprintf("a lookup that finds nothing: at most %d (RFC 7208, 4.6.4)", voidsLimit)},
		{"include", "a term that matches if the other domain's record passes"},
		{"redirect", "a modifier that uses the other domain's record instead"},
		{"exists", "a term that matches if the name has an IPv4 address"},
		{"ptr", "a term that matches hosts whose names are in the domain"},
		{"macro", "a part such as %{i} that stands for the client or the sender"},
		{"exp", "a modifier with the domain's own text for a refusal"},
	}
}

// glossary prints the meanings of terms.
func (p *printer) glossary(entries []GlossaryEntry) {
	if len(entries) == 0 {
		return
	}
	p.Line()
	p.Line(span("Terms", term.Bold))
	rows := make([][]string, len(entries))
	for i, entry := range entries {
		rows[i] = []string{entry.Term, entry.Meaning}
	}
	p.Table("  ", make([]term.Column, 2), rows)
}
