package explain

import (
	"context"
	"fmt"
	"strings"

	"policyd-spf/internal/term"
	"policyd-spf/spf"
	"policyd-spf/spf/lint"
)

// Repair is how a domain's own record could be shortened.
type Repair struct {
	Costs   []RepairCost    `json:"costs"` // terms by the lookups that they cost, the most expensive first
	Rewrite *RepairRewrite  `json:"rewrite,omitempty"`
	Flatten []RepairFlatten `json:"flatten,omitempty"` // the last resort
}

// RepairCost is what a term costs.
type RepairCost struct {
	Term  string `json:"term"`
	Terms int    `json:"terms"` // that cause lookups, this one included
	Voids int    `json:"voids,omitempty"`
}

// RepairRewrite is a record with the same effect as the domain's own.
type RepairRewrite struct {
	Record      string       `json:"record"`
	Steps       []RepairStep `json:"steps"`
	Terms       int          `json:"terms"` // that cause lookups
	TermsBefore int          `json:"terms_before"`
	Voids       int          `json:"voids"`
	VoidsBefore int          `json:"voids_before"`
	All         int          `json:"all_terms"` // whether they cause lookups or not
	AllBefore   int          `json:"all_terms_before"`
	Compared    int          `json:"compared"` // evaluations in which both records agree
}

// RepairStep is a change to the record.
type RepairStep struct {
	Kind    string `json:"kind"` // unreached, redundant, merge
	Term    string `json:"term"`
	Count   int    `json:"count"` // terms that are dropped or merged
	Into    string `json:"into,omitempty"`
	Saved   int    `json:"saved,omitempty"`   // terms that cause lookups
	Assumed string `json:"assumed,omitempty"` // data that must stay as they are
}

// RepairFlatten is an include that its networks could replace.
type RepairFlatten struct {
	Term     string `json:"term"`
	Saved    int    `json:"saved"`    // terms that cause lookups
	Networks int    `json:"networks"` // that take its place now
}

// AddRepair adds to the report how the domain's own record could be shortened, unless
// it admits everybody: that has to be corrected first. AddRepair makes no lookups, but
// may take seconds; it returns soon after ctx is done.
func (d *Audit) AddRepair(ctx context.Context) {
	s := d.report
	if s.AdmitsEverybody() {
		return
	}
	r := &Repair{Costs: []RepairCost{}}
	for _, c := range s.Costs() {
		r.Costs = append(r.Costs, RepairCost{c.Term.Term.Source(), c.Lookups, c.Voids})
	}
	flatten := s.Flatten()
	if w := s.Rewrite(ctx); w != nil {
		r.Rewrite = newRewrite(w)
		flatten = w.Flatten
	}
	for _, f := range flatten {
		r.Flatten = append(r.Flatten, RepairFlatten{f.Term.Term.Source(), f.Lookups, f.Networks})
	}
	d.Repair = r
}

func newRewrite(w *lint.Rewrite) *RepairRewrite {
	d := &RepairRewrite{
		Record: w.Text, Terms: w.Lookups, TermsBefore: w.LookupsBefore, Voids: w.VoidLookups, VoidsBefore: w.VoidsBefore,
		All: w.Terms, AllBefore: w.TermsBefore, Compared: w.Equality.Probes,
	}
	for _, step := range w.Steps {
		kind := [...]string{lint.DropUnreached: "unreached", lint.DropRedundant: "redundant", lint.MergeNetworks: "merge"}[step.Kind]
		d.Steps = append(d.Steps, RepairStep{kind, step.Term.Source(), step.Count, step.Into, step.Lookups, step.Assumed})
	}
	return d
}

// repair prints how the record could be shortened.
func (p *printer) repair(r *Repair) {
	if r == nil || len(r.Costs) < 2 && r.Rewrite == nil {
		return
	}
	p.Line()
	p.Line(span("Repair", term.Bold))
	if len(r.Costs) > 1 {
		p.Line(span("  What each term costs, in terms that cause lookups:", term.Plain))
	}
	const maxShownCosts = 12
	for i, c := range r.Costs {
		if i == maxShownCosts {
			p.Line(span(fmt.Sprintf("    and %d more terms", len(r.Costs)-i), term.Dim))
			break
		}
		if len(r.Costs) == 1 {
			break
		}
		text := fmt.Sprint(c.Terms)
		if c.Voids > 0 {
			text += ", with " + count(c.Voids, "void lookup")
		}
		p.Pair(indent("    ", "    "), span(p.Safe(c.Term), term.Plain), span(text, term.Plain))
	}
	if r.Rewrite != nil {
		p.rewrite(r.Rewrite)
	}
	if len(r.Flatten) > 0 {
		p.flatten(r)
	}
}

// rewrite prints a record with the same effect.
func (p *printer) rewrite(w *RepairRewrite) {
	in := indent("  ", "  ")
	p.Text(in, "A shorter record with the same result for every client: "+savings(w)+".", term.Green)
	p.recordWithCarets(indent("    ", "      "), w.Record, 0, 0, "")
	for _, step := range w.Steps {
		p.Text(indent("  * ", "    "), p.Safe(stepText(step)), term.Plain)
	}
	if limit := spf.DefaultLimits().Lookups; w.TermsBefore > limit {
		p.Text(in, rewriteEndsPermerror, term.Plain)
	}
	p.Text(in, comparedText(w), term.Dim)
}

const rewriteEndsPermerror = "Clients that the limit makes permerror now get the result that the record means."

// comparedText says how a rewritten record was compared with the published one.
func comparedText(w *RepairRewrite) string {
	return fmt.Sprintf("Both records had the same result, error and explanation in %d evaluations: at the boundaries of every network, each plus and minus one, and at random addresses.", w.Compared)
}

// savings says what a rewritten record saves.
func savings(w *RepairRewrite) string {
	parts := []string{fmt.Sprintf("%s instead of %d", count(w.All, "term"), w.AllBefore)}
	if w.TermsBefore != w.Terms {
		parts = append(parts, fmt.Sprintf("%s with lookups instead of %d", count(w.Terms, "term"), w.TermsBefore))
	}
	if w.VoidsBefore != w.Voids {
		parts = append(parts, fmt.Sprintf("%s instead of %d", count(w.Voids, "void lookup"), w.VoidsBefore))
	}
	return strings.Join(parts, ", ")
}

// stepText says what a step does.
func stepText(s RepairStep) string {
	switch s.Kind {
	case "unreached":
		return s.Term + " is dropped: it is never evaluated"
	case "merge":
		return fmt.Sprintf("%d networks from %s on become %s", s.Count, s.Term, s.Into)
	}
	text := s.Term + " is dropped: no result depends on it"
	if s.Assumed != "" {
		text += ", as long as " + s.Assumed + " stays as it is"
		if s.Assumed == lint.OtherRecords {
			text = strings.TrimSuffix(text, "stays as it is") + "stay as they are"
		}
	}
	return text
}

// flatten prints which includes could be replaced by networks, and the price.
func (p *printer) flatten(r *Repair) {
	in := indent("  ", "  ")
	p.Text(in, flattenHead(r), term.Yellow)
	for _, f := range r.Flatten {
		p.Text(indent("  * ", "    "), p.Safe(f.Term)+flattenText(f), term.Plain)
	}
	p.Text(in, flattenPrice, term.Plain)
}

func flattenHead(r *Repair) string {
	head := "Too many lookups"
	if r.Rewrite != nil {
		head = "Still too many lookups"
	}
	return head + ". The best way out is to stop using a service, or to send its mail from a subdomain with its own record. As a last resort, networks can take the place of:"
}

// flattenText says what an include would become; the term stands before it.
func flattenText(f RepairFlatten) string {
	return fmt.Sprintf(": %s, which saves %d", count(f.Networks, "network"), f.Saved)
}

const flattenPrice = "The price: the owners of these records change them without notice. Unless somebody follows each change at once, mail is rejected that should pass, and hosts pass that no longer belong to them."
