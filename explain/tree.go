package explain

import (
	"fmt"
	"strings"

	"policyd-spf/internal/term"
	"policyd-spf/spf"
)

// outcomeIndent is the distance between a term's number and its outcome.
const outcomeIndent = len("term 10/10  ")

// check prints the check of an identity as a tree. Nameless reports whether the
// client sent no HELO name.
func (p *printer) check(c *Check, nameless bool) {
	p.Line()
	v := c.Verdict
	p.title(c.title()+" "+p.Safe(c.subject())+": ", v.Result)
	for _, note := range p.checkNotes(c, nameless) {
		color := term.Plain
		if c.Cached {
			color = term.Dim
		}
		p.Text(indent("  ", "  "), note, color)
	}
	if c.Cached {
		return
	}
	if c.Record != nil {
		p.record(indent("", ""), c.Record, v, "")
	}
	p.explanation(c.Explanation)
	p.lookups("  ", c.Lookups, v, "")
	p.Line(span(v.counts(), term.Dim))
}

// subject returns what is checked: a HELO name, or a sender.
func (c *Check) subject() string {
	if c.Identity == "helo" {
		return c.Domain
	}
	return c.Sender
}

// checkNotes says what there is to know of a check before its record, and why it
// has none.
func (p *printer) checkNotes(c *Check, nameless bool) []string {
	var notes []string
	v := c.Verdict
	if nameless && c.Identity == "helo" {
		notes = append(notes, "The client sent no HELO name; the sender's domain is checked instead.")
	}
	switch {
	case c.Cached:
		return append(notes, fmt.Sprintf("The verdict is cached from an earlier request, for another %s; nothing is looked up.", lifetime(v.TTL)))
	case c.Record != nil:
		return notes
	case v.Error != "":
		return append(notes, p.Safe(v.Error)+".")
	}
	text := "This is not a fully qualified domain name, and is not looked up (RFC 7208, 4.3)."
	if v.Voids > 0 {
		text += " It counts as a void lookup."
	}
	return append(notes, text)
}

// counts returns what the check used of its limits (RFC 7208, 4.6.4).
func (v Verdict) counts() string {
	return fmt.Sprintf("terms with lookups %d/%d, void lookups %d/%d", v.Terms, v.TermsLimit, v.Voids, v.VoidsLimit)
}

// title prints what is checked, and the result.
func (p *printer) title(text, result string) {
	if term.Columns(text)+len(result) > p.Width {
		p.Text(indent("", "  "), text+result, resultColor(result))
		return
	}
	p.Line(span(text, term.Bold), span(result, resultColor(result)))
}

// list prints the lookup of a whitelist entry.
func (p *printer) list(l *List) {
	p.Line()
	title := l.Option
	if l.Entry != "" {
		title += " " + p.Safe(l.Entry)
	}
	p.Text(indent("", "  "), title, term.Bold)
	v := whitelistVerdict()
	if l.Record != nil {
		p.record(indent("", ""), l.Record, v, "")
	}
	p.lookups("  ", l.Lookups, v, "")
}

// dmarc prints the DMARC policy and its lookups.
func (p *printer) dmarc(d *DMARC) {
	p.Line()
	p.Text(indent("", "  "), p.dmarcTitle(d), term.Bold)
	p.lookups("  ", d.Lookups, Verdict{}, "")
}

func (p *printer) dmarcTitle(d *DMARC) string {
	title := "DMARC policy of " + p.Safe(d.OrganizationalDomain) + ": " + d.Policy
	if d.RecordDomain != "" && d.RecordDomain != d.OrganizationalDomain {
		title += ", from " + p.Safe(d.RecordDomain)
	}
	return title
}

// whitelistVerdict returns the limits of the lookup of a whitelist entry.
func whitelistVerdict() Verdict { return Verdict{TermsLimit: spf.DefaultLimits().Lookups} }

// record prints a record and its terms. A result is what an include or redirect
// made of it.
func (p *printer) record(b term.Indent, r *Record, v Verdict, result string) {
	p.Pair(b, span(p.Safe(r.Domain), term.Bold), span(result, resultColor(r.Result)))
	if len(r.Terms) == 0 {
		p.body(b.Rest+"  ", r, v)
		return
	}
	stem := "| "
	if p.UTF8 {
		stem = "│ "
	}
	p.body(b.Rest+stem, r, v)
	rest := r.restText()
	_, marked, _ := r.errorRange()
	for i := 0; i < len(r.Terms); {
		run := r.networks(i)
		last := i+max(run, 1) == len(r.Terms) && rest == ""
		if run >= collapsedRun {
			p.Pair(p.Branch(b.Rest, last), span(p.collapsed(r.Terms[i].Text, run), term.Plain),
				span(strings.Repeat(" ", outcomeIndent)+"no match", term.Dim))
			i += run
			continue
		}
		p.term(p.Branch(b.Rest, i == len(r.Terms)-1 && rest == ""), r.Terms[i], v, marked > 0)
		i++
	}
	if rest != "" {
		p.Text(p.Branch(b.Rest, true), rest, term.Dim)
	}
}

// collapsedRun is how many networks in a row become one line. The record's text
// shows them all.
const collapsedRun = 4

// networks returns the number of terms from i on that are networks without the
// client.
func (r *Record) networks(i int) int {
	n := 0
	for i+n < len(r.Terms) {
		if t := r.Terms[i+n]; t.Counts || t.Matched || t.Error != "" {
			break
		}
		n++
	}
	return n
}

// collapsed returns a run of networks as one.
func (p *printer) collapsed(first string, run int) string {
	return fmt.Sprintf("%s and %d more", p.Safe(first), run-1)
}

// body prints a record's text, and the lookup that found it.
func (p *printer) body(above string, r *Record, v Verdict) {
	in := indent(above, above)
	p.lookups(above, r.Lookups, v, r.Text)
	switch at, length, what := r.errorRange(); {
	case r.Text != "":
		p.recordWithCarets(in, r.Text, at, length, p.Safe(what))
		p.slips(in, r.Slips)
	case r.Error != "" && len(r.Lookups) > 0 && r.Lookups[0].Error == "":
		p.Text(in, p.Safe(r.Error), term.Red)
	case r.Error == "":
		p.Text(in, "no SPF record", term.Plain)
		p.nearMisses(in, r.NearMisses)
	}
}

// errorRange returns the part of a record that causes an error.
func (r *Record) errorRange() (at, length int, what string) {
	if r.Offset != nil {
		return *r.Offset, r.Length, r.Error
	}
	if n := len(r.Terms); n > 0 && r.Result == spf.Permerror.String() {
		if t := r.Terms[n-1]; t.Error != "" && (t.Record == nil || t.Record.Text == "") {
			return t.Offset, len(t.Text), t.Error
		}
	}
	return 0, 0, ""
}

// restText says what happens to the terms that were not evaluated.
func (r *Record) restText() string {
	switch left := r.evaluable - len(r.Terms); {
	case r.Default:
		return "no term matches: neutral (RFC 7208, 4.7)"
	case left == 1:
		return "1 more term is not evaluated"
	case left > 1:
		return fmt.Sprintf("%d more terms are not evaluated", left)
	}
	return ""
}

// term prints a term, and what it did. Marked reports whether the record's text
// shows what is wrong with it.
func (p *printer) term(b term.Indent, t *Term, v Verdict, marked bool) {
	outcome, result := t.outcome()
	c := term.Dim
	switch {
	case result != "":
		c = resultColor(result)
	case t.Error != "":
		c = term.Red
	}
	if t.Counts {
		count := fmt.Sprintf("term %d/%d", t.Counted, v.TermsLimit)
		outcome = fmt.Sprintf("%-*s%s", outcomeIndent, count, outcome)
	} else {
		outcome = strings.Repeat(" ", outcomeIndent) + outcome
	}
	p.Pair(b, span(p.Safe(t.Text), term.Plain), span(outcome, c))
	if t.Target != "" && strings.Contains(t.Text, "%") {
		p.Text(indent(b.Rest+"= ", b.Rest+"  "), p.Safe(t.Target), term.Plain)
	}
	p.lookups(b.Rest, t.Lookups, v, "")
	if t.Error != "" && t.Record == nil && !marked && !lastFailed(t.Lookups) {
		p.Text(indent(b.Rest, b.Rest), p.Safe(t.Error), term.Red)
	}
	if t.Record != nil {
		p.record(indent(b.Rest, b.Rest), t.Record, v, "")
	}
}

// outcome says what a term did. If that is a result, the text ends with it.
func (t *Term) outcome() (text, result string) {
	switch {
	case t.Error != "" && t.Record == nil:
		return "error", ""
	case t.Error != "" || t.Matched && t.redirect:
		return t.Record.Result, t.Record.Result
	case t.Matched:
		return "match: " + t.Result, t.Result
	case t.Record != nil:
		return "no match: " + t.Record.Result + " there", ""
	}
	return "no match", ""
}

// explanation prints what exp= led to.
func (p *printer) explanation(e *Explanation) {
	if e == nil {
		return
	}
	in := indent("    ", "    ")
	p.Text(indent("", "  "), "exp="+p.Safe(e.Target), term.Plain)
	p.lookups(in.First, e.Lookups, Verdict{}, "")
	if e.Error != "" {
		p.Text(in, "not used: "+p.Safe(e.Error), term.Yellow)
		return
	}
	p.Text(in, p.Safe(e.Text), term.Plain)
	if e.Value != e.Text {
		p.Text(indent("  = ", "    "), p.Safe(e.Value), term.Plain)
	}
}

func resultColor(result string) term.Color {
	switch result {
	case spf.Pass.String():
		return term.Green
	case spf.Fail.String(), spf.Permerror.String():
		return term.Red
	case spf.Softfail.String(), spf.Temperror.String():
		return term.Yellow
	}
	return term.Bold
}
