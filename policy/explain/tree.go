package explain

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"policyd-spf/spf"
)

// shownData bounds how many addresses or names of an answer are printed; the
// document has all.
const shownData = 8

// outcomeIndent is how far the outcome of a term stands behind its count.
const outcomeIndent = len("term 10/10  ")

// check prints the check of an identity as a tree.
func (p *printer) check(c *Check) {
	p.line()
	v := c.Verdict
	name := c.Domain
	if c.Identity != "helo" {
		name = c.Sender
	}
	p.line(span{fmt.Sprintf("%s %s: ", c.title(), p.safe(name)), bold}, span{v.Result, resultColor(v.Result)})
	switch {
	case c.Kept:
		p.text(branch{"  ", "  "}, fmt.Sprintf("The verdict is kept from an earlier request, for another %s; nothing is looked up.",
			lifetime(v.TTL)), dim)
		return
	case c.Record == nil:
		p.text(branch{"  ", "  "}, "This is no domain name that can have a record (RFC 7208, 4.3).", plainText)
	default:
		p.record(branch{"", ""}, c.Record, v, "")
	}
	p.explanation(c.Explanation)
	p.lookups("  ", c.Lookups, v, "")
	p.line(span{fmt.Sprintf("terms with lookups %d/%d, void lookups %d/%d", v.Terms, v.TermsLimit, v.Voids, v.VoidsLimit), dim})
}

// list prints the lookup of an entry of a whitelist.
func (p *printer) list(l *List) {
	p.line()
	title := l.Option
	if l.Entry != "" {
		title += " " + p.safe(l.Entry)
	}
	p.line(span{title, bold})
	v := Verdict{TermsLimit: spf.DefaultLimits().Terms}
	if l.Record != nil {
		p.record(branch{"", ""}, l.Record, v, "")
	}
	p.lookups("  ", l.Lookups, v, "")
}

// record prints a record and its terms. With a result, that is what an include
// or redirect made of it.
func (p *printer) record(b branch, r *Record, v Verdict, result string) {
	p.pair(b, span{p.safe(r.Domain), bold}, span{result, resultColor(r.Result)})
	if len(r.Terms) == 0 {
		p.body(b.rest+"  ", r, v)
		return
	}
	stem := "| "
	if p.style.UTF8 {
		stem = "│ "
	}
	p.body(b.rest+stem, r, v)
	rest := r.rest()
	_, marked, _ := r.flaw()
	for i, t := range r.Terms {
		p.term(p.tree(b.rest, i == len(r.Terms)-1 && rest == ""), t, v, marked > 0)
	}
	if rest != "" {
		p.text(p.tree(b.rest, true), rest, dim)
	}
}

// body prints a record's text, and the lookup that gave it.
func (p *printer) body(above string, r *Record, v Verdict) {
	in := branch{above, above}
	p.lookups(above, r.Lookups, v, r.Text)
	switch at, length, what := r.flaw(); {
	case r.Text != "":
		p.pointed(in, r.Text, at, length, p.safe(what))
	case r.Error != "" && len(r.Lookups) > 0 && r.Lookups[0].Error == "":
		p.text(in, p.safe(r.Error), red)
	case r.Error == "":
		p.text(in, "no SPF record", plainText)
	}
}

// flaw gives the part of a record that makes an error.
func (r *Record) flaw() (at, length int, what string) {
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

// rest tells what becomes of the terms that were not evaluated.
func (r *Record) rest() string {
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

// term prints a term, and what it took. marked tells whether the record's text
// shows what is wrong with it.
func (p *printer) term(b branch, t *Term, v Verdict, marked bool) {
	outcome, c := "no match", dim
	switch {
	case t.Error != "" && t.Record == nil:
		outcome, c = "error", red
	case t.Error != "" || t.Matched && t.redirect:
		outcome, c = t.Record.Result, resultColor(t.Record.Result)
	case t.Matched:
		outcome, c = "match: "+t.Result, resultColor(t.Result)
	case t.Record != nil:
		outcome = "no match: " + t.Record.Result + " there"
	}
	if t.Counts {
		count := fmt.Sprintf("term %d/%d", t.Counted, v.TermsLimit)
		outcome = fmt.Sprintf("%-*s%s", outcomeIndent, count, outcome)
	} else {
		outcome = strings.Repeat(" ", outcomeIndent) + outcome
	}
	p.pair(b, span{octets(t.Text), plainText}, span{outcome, c})
	if t.Target != "" && strings.Contains(t.Text, "%") {
		p.text(branch{b.rest + "= ", b.rest + "  "}, p.safe(t.Target), plainText)
	}
	p.lookups(b.rest, t.Lookups, v, "")
	if t.Error != "" && t.Record == nil && !marked && !failed(t.Lookups) {
		p.text(branch{b.rest, b.rest}, p.safe(t.Error), red)
	}
	if t.Record != nil {
		p.record(branch{b.rest, b.rest}, t.Record, v, "")
	}
}

// failed tells whether the last lookup failed.
func failed(lookups []Lookup) bool {
	n := len(lookups)
	return n > 0 && lookups[n-1].Error != ""
}

// lookups prints lookups; record is the SPF record found by them.
func (p *printer) lookups(above string, lookups []Lookup, v Verdict, record string) {
	for _, l := range lookups {
		c := dim
		if l.Error != "" {
			c = red
		} else if l.Void > 0 {
			c = yellow
		}
		left := fmt.Sprintf("%s %s: %s", l.Type, p.safe(l.Name), p.safe(l.outcome(record)))
		p.pair(branch{above, above}, span{left, c}, span{l.remarks(v), dim})
		if records := l.records(); len(records) > 1 {
			for _, text := range records {
				p.pointed(branch{above + "  ", above + "    "}, text, 0, 0, "")
			}
		}
	}
}

// records gives the SPF records of an answer.
func (l Lookup) records() []string {
	var found []string
	if l.Type != spf.TypeTXT.String() {
		return nil
	}
	for _, text := range l.Data {
		if isRecord(text) {
			found = append(found, text)
		}
	}
	return found
}

// isRecord tells whether a TXT record is an SPF record, good or bad.
func isRecord(text string) bool {
	const version = "v=spf1"
	return len(text) >= len(version) && strings.EqualFold(text[:len(version)], version)
}

// outcome tells what a name server said.
func (l Lookup) outcome(record string) string {
	switch {
	case l.Error != "":
		return strings.TrimPrefix(l.Error, l.Name+" "+l.Type+": ")
	case l.NXDomain && len(l.Data) == 0:
		return "no such name"
	case len(l.Data) == 0:
		return "no data"
	case l.Type == spf.TypeTXT.String() && record != "" && len(l.Data) > 1:
		return fmt.Sprintf("a record among %d", len(l.Data))
	case l.Type == spf.TypeTXT.String():
		return count(len(l.Data), "record")
	case len(l.Data) > shownData:
		return strings.Join(l.Data[:shownData], ", ") + fmt.Sprintf(" and %d more", len(l.Data)-shownData)
	}
	return strings.Join(l.Data, ", ")
}

// remarks tells where an answer is from, and how long that took and holds.
func (l Lookup) remarks(v Verdict) string {
	var parts []string
	if l.Void > 0 {
		parts = append(parts, fmt.Sprintf("void %d/%d", l.Void, v.VoidsLimit))
	}
	if l.Error == "" {
		parts = append(parts, "TTL "+lifetime(l.TTL))
	}
	switch l.Source {
	case FromFile:
		parts = append(parts, "zone file")
	case FromCache:
		parts = append(parts, "cache")
	case FromAhead:
		parts = append(parts, "asked ahead")
		if l.Took >= 1 {
			parts = append(parts, "waited "+milliseconds(l.Took))
		}
	default:
		parts = append(parts, milliseconds(l.Took))
	}
	if l.TCP {
		parts = append(parts, fmt.Sprintf("TCP, %d octets", l.Size))
	}
	return strings.Join(parts, ", ")
}

func milliseconds(ms float64) string {
	if ms < 10 {
		return strconv.FormatFloat(ms, 'f', 1, 64) + " ms"
	}
	return strconv.FormatFloat(ms, 'f', 0, 64) + " ms"
}

// lifetime writes a TTL, in seconds, as master files may: 5m, 1h.
func lifetime(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second)).Round(time.Second)
	if d < time.Minute {
		return fmt.Sprintf("%ds", int(d.Seconds()))
	}
	text := d.String()
	text = strings.TrimSuffix(text, "0s")
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// explanation prints what became of exp=.
func (p *printer) explanation(e *Explanation) {
	if e == nil {
		return
	}
	in := branch{"    ", "    "}
	p.line(span{"exp=" + p.safe(e.Target), plainText})
	p.lookups(in.first, e.Lookups, Verdict{}, "")
	if e.Error != "" {
		p.text(in, "not used: "+p.safe(e.Error), yellow)
		return
	}
	p.text(in, p.safe(e.Text), plainText)
	if e.Value != e.Text {
		p.text(branch{"  = ", "    "}, p.safe(e.Value), plainText)
	}
}

func resultColor(result string) color {
	switch result {
	case spf.Pass.String():
		return green
	case spf.Fail.String(), spf.Permerror.String():
		return red
	case spf.Softfail.String(), spf.Temperror.String():
		return yellow
	}
	return bold
}
