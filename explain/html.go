package explain

import (
	"fmt"
	"strings"

	"policyd-spf/internal/html"
	"policyd-spf/internal/term"
)

// newHTMLPrinter returns a printer of sentences for HTML, which are escaped there.
func newHTMLPrinter() *printer {
	return &printer{Printer: term.NewPrinter(Style{}), raw: true}
}

// Title returns the title of a page with the report.
func (d *Report) Title() string { return "SPF for mail from " + newHTMLPrinter().sender(d) }

// HTML returns the report as a part of a page: what happens to the mail and why,
// the checks as trees, what decided, and the reply to Postfix.
func (d *Report) HTML() *html.Element {
	p := newHTMLPrinter()
	e := html.El("article", html.El("h1", html.Text("SPF for mail from "), html.Data(p.sender(d))))
	if d.Source != nil {
		e.Add(p.sourceHTML(d.Source))
	}
	headline, color := d.headline()
	var reasons []html.Part
	for i, why := range p.reasons(d) {
		reasons = append(reasons, html.El("p", html.Text(why)))
		if c := d.decider(); i == 0 && c != nil && c.Fault != nil && c.Fault.Record != "" {
			f := c.Fault
			reasons = append(reasons, html.Marked(f.Record, f.Offset, f.Length, f.Error))
		}
	}
	e.Add(html.Banner(level(color), html.Text(headline), reasons...), p.requestHTML(d))
	for _, l := range d.Lists {
		e.Add(p.listHTML(l))
	}
	for _, c := range d.Checks {
		e.Add(p.checkHTML(c, d.Request.HELOName == ""))
	}
	if m := d.DMARC; m != nil {
		e.Add(html.El("section", html.El("h2", html.Text(p.dmarcTitle(m))), p.lookupsHTML(m.Lookups, Verdict{}, "")))
	}
	e.Add(p.decisionHTML(d), adviceHTML(d.Advice), glossaryHTML(d.Glossary))
	return e
}

// sourceHTML returns where a message was found, and what is recorded about it there.
func (p *printer) sourceHTML(s *Source) html.Part {
	group := html.Group{html.El("p", html.Class("lead"), html.Text(p.sourceSentence(s)))}
	for _, line := range s.recordedText() {
		group = append(group, html.El("p", html.Class("lead"), html.Text(line.text)))
	}
	return group
}

// adviceHTML returns what people can do, nil if there is nothing to do.
func adviceHTML(a *Advice) html.Part {
	if a == nil {
		return nil
	}
	e := html.El("section", html.El("h2", html.Text("What to do")), html.El("h3", html.Text("Tell the sender")), html.El("p", html.Text(a.Sender)))
	if a.Line != "" {
		e.Add(html.El("h3", html.Text("On this server")), html.El("p", html.Text(a.When)), html.Code(a.Line))
	}
	if a.Neither != "" {
		e.Add(html.El("p", html.Text(a.Neither)))
	}
	return e
}

// glossaryHTML returns the meanings of terms, nil if there are none.
func glossaryHTML(entries []GlossaryEntry) html.Part {
	if len(entries) == 0 {
		return nil
	}
	var facts []html.Fact
	for _, entry := range entries {
		facts = append(facts, html.Fact{Label: entry.Term, Value: html.Text(entry.Meaning)})
	}
	return html.El("section", html.El("h2", html.Text("Terms")), html.Facts(facts...))
}

// level returns the level that a color stands for.
func level(c term.Color) html.Level {
	switch c {
	case term.Green:
		return html.Good
	case term.Yellow:
		return html.Doubtful
	case term.Red:
		return html.Bad
	}
	return html.Plain
}

// requestHTML returns the request, and where the options are from.
func (p *printer) requestHTML(d *Report) html.Part {
	r := d.Request
	facts := []html.Fact{
		{Label: "Client", Value: html.Data(p.orNone(r.ClientAddress))},
		{Label: "HELO", Value: html.Data(p.helo(d))},
		{Label: "Sender", Value: html.Data(p.sender(d))},
	}
	for _, optional := range []struct{ label, value string }{
		{"Recipient", r.Recipient}, {"Message", r.Instance}, {"Queue ID", r.QueueID},
	} {
		if optional.value != "" {
			facts = append(facts, html.Fact{Label: optional.label, Value: html.Data(optional.value)})
		}
	}
	facts = append(facts, html.Fact{Label: "Options", Value: html.Text(p.options(d))})
	return html.Facts(facts...)
}

// listHTML returns the lookup of a whitelist entry.
func (p *printer) listHTML(l *List) html.Part {
	e := html.El("section", html.El("h2", html.Text(l.Option+" "), html.Data(l.Entry)))
	if l.Record != nil {
		e.Add(html.El("div", html.Class("record"), p.recordHTML(l.Record, whitelistVerdict())))
	}
	e.Add(p.lookupsHTML(l.Lookups, whitelistVerdict(), ""))
	return e
}

// checkHTML returns the check of an identity as a tree. Nameless reports whether
// the client sent no HELO name.
func (p *printer) checkHTML(c *Check, nameless bool) html.Part {
	v := c.Verdict
	e := html.El("section", html.El("h2", html.Text(c.title()+" "), html.Data(c.subject()), html.Text(" "), html.Result(v.Result)))
	for _, note := range p.checkNotes(c, nameless) {
		e.Add(html.El("p", html.Text(note)))
	}
	if c.Cached {
		return e
	}
	body := html.El("div", html.Class("record"))
	if c.Record != nil {
		body.Add(p.recordHTML(c.Record, v))
	}
	if x := c.Explanation; x != nil {
		body.Add(p.explanationHTML(x))
	}
	body.Add(p.lookupsHTML(c.Lookups, v, ""), html.El("p", html.Class("note"), html.Text(v.counts())))
	e.Add(body)
	return e
}

// recordHTML returns a record and its terms.
func (p *printer) recordHTML(r *Record, v Verdict) html.Part {
	group := html.Group{html.El("p", html.El("strong", html.Data(r.Domain)), html.Text(" "), html.Result(r.Result))}
	group = append(group, p.lookupsHTML(r.Lookups, v, r.Text))
	at, length, what := r.errorRange()
	switch {
	case r.Text != "":
		group = append(group, html.Marked(r.Text, at, length, what))
	case r.Error != "" && !lastFailed(r.Lookups):
		group = append(group, html.El("p", html.Class("wrong"), html.Text(r.Error)))
	case r.Error == "":
		group = append(group, html.El("p", html.Text("no SPF record")))
	}
	group = append(group, slipsHTML(r.Slips), nearMissesHTML(r.NearMisses))
	tree := html.El("ul", html.Class("tree"))
	for i := 0; i < len(r.Terms); {
		if run := r.networks(i); run >= collapsedRun {
			tree.Add(html.El("li", termLine(p.collapsed(r.Terms[i].Text, run), "", html.Text("no match"))))
			i += run
			continue
		}
		tree.Add(p.termHTML(r.Terms[i], v, length > 0))
		i++
	}
	if rest := r.restText(); rest != "" {
		tree.Add(html.El("li", html.Class("note"), html.Text(rest)))
	}
	if len(r.Terms) > 0 {
		group = append(group, tree)
	}
	return group
}

// slipsHTML returns the terms of a record that were meant as others.
func slipsHTML(slips []Slip) html.Part {
	var group html.Group
	for _, s := range slips {
		group = append(group, html.El("p", html.Data(s.Term), html.Text(" was probably meant as "), html.Data(s.Meant)))
	}
	return group
}

// nearMissesHTML returns TXT records that were meant as SPF records.
func nearMissesHTML(misses []NearMiss) html.Part {
	var group html.Group
	for _, m := range misses {
		group = append(group, html.El("p", html.Class("wrong"), html.Text("this TXT record is not an SPF record: "+m.Reason)),
			html.Marked(m.Text, m.Offset, m.Length, ""))
		if m.Meant != "" {
			group = append(group, html.El("p", html.Text("meant:")), html.Code(m.Meant))
		}
	}
	return group
}

// termHTML returns a term, and what it did. Marked reports whether the record's
// text shows what is wrong with it.
func (p *printer) termHTML(t *Term, v Verdict, marked bool) html.Part {
	text, result := t.outcome()
	outcome := html.Group{html.Text(text)}
	if result != "" {
		outcome = html.Group{html.Text(strings.TrimSuffix(text, result)), html.Result(result)}
	}
	note := ""
	if t.Counts {
		note = fmt.Sprintf("term %d/%d", t.Counted, v.TermsLimit)
	}
	e := html.El("li", termLine(t.Text, note, outcome))
	if t.Target != "" && strings.Contains(t.Text, "%") {
		e.Add(html.El("p", html.Text("= "), html.Data(t.Target)))
	}
	e.Add(p.lookupsHTML(t.Lookups, v, ""))
	if t.Error != "" && t.Record == nil && !marked && !lastFailed(t.Lookups) {
		e.Add(html.El("p", html.Class("wrong"), html.Text(t.Error)))
	}
	if t.Record != nil {
		e.Add(p.recordHTML(t.Record, v))
	}
	return e
}

// termLine returns a term with what there is to say about it.
func termLine(text, note string, outcome html.Part) html.Part {
	line := html.El("div", html.Class("term"), html.Data(text))
	if outcome != nil {
		line.Add(html.El("span", outcome))
	}
	if note != "" {
		line.Add(html.Note(note))
	}
	return line
}

// lookupsHTML returns lookups. Record is the SPF record that they found.
func (p *printer) lookupsHTML(lookups []Lookup, v Verdict, record string) html.Part {
	if len(lookups) == 0 {
		return nil
	}
	list := html.El("ul", html.Class("lookups"))
	for _, l := range lookups {
		item := html.El("li", html.Text(l.Type+" "), html.Data(l.Name), html.Text(": "))
		if l.Error != "" {
			item.Add(html.El("span", html.Class("wrong"), html.Text(l.outcome(record))))
		} else {
			item.Add(html.Text(l.outcome(record)))
		}
		item.Add(html.Text(" "), html.Note("("+l.remarks(v)+")"))
		if records := l.records(); len(records) > 1 {
			for _, text := range records {
				item.Add(html.Code(text))
			}
		}
		list.Add(item)
	}
	return list
}

// explanationHTML returns what exp= led to.
func (p *printer) explanationHTML(x *Explanation) html.Part {
	group := html.Group{
		html.El("p", html.Text("exp="), html.Data(x.Target)),
		p.lookupsHTML(x.Lookups, Verdict{}, ""),
	}
	if x.Error != "" {
		return append(group, html.El("p", html.Class("wrong"), html.Text("not used: "+x.Error)))
	}
	group = append(group, html.Code(x.Text))
	if x.Value != x.Text {
		group = append(group, html.El("p", html.Text("with its macros expanded:")), html.Code(x.Value))
	}
	return group
}

// decisionHTML returns what decided, and the reply.
func (p *printer) decisionHTML(d *Report) html.Part {
	list := html.El("ul")
	for _, sentence := range p.decisionSentences(d) {
		list.Add(html.El("li", html.Text(sentence)))
	}
	e := html.El("section", html.El("h2", html.Text("Decision")), list,
		html.El("h3", html.Text("Postfix gets")), html.Code(d.Reply))
	if d.Shadow != nil {
		e.Add(html.El("h3", html.Text("Shadow configuration")), html.El("p", html.Text(p.shadowSentence(*d.Shadow))))
	}
	return e
}
