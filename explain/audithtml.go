package explain

import (
	"fmt"
	"net/netip"
	"strings"

	"policyd-spf/internal/html"
	"policyd-spf/spf"
	"policyd-spf/spf/dns"
	"policyd-spf/spf/lint"
)

// Title returns the title of a page with the audit.
func (d *Audit) Title() string { return "SPF of " + d.Domain }

// HTML returns the audit as a part of a page, the worst findings first.
func (d *Audit) HTML() *html.Element {
	headline, color := d.headline()
	e := html.El("article", html.El("h1", html.Text("SPF of "), html.Data(d.Domain)),
		html.Banner(level(color), html.Text(headline)),
		html.Figures(
			html.Figure{Label: "Terms with lookups", Value: fmt.Sprint(d.Terms), Note: fmt.Sprintf("of at most %d", d.TermsLimit)},
			html.Figure{Label: "Void lookups for IPv4", Value: fmt.Sprint(d.VoidsIPv4), Note: fmt.Sprintf("of at most %d", d.VoidsLimit)},
			html.Figure{Label: "Void lookups for IPv6", Value: fmt.Sprint(d.VoidsIPv6), Note: fmt.Sprintf("of at most %d", d.VoidsLimit)},
			html.Figure{Label: "Records", Value: fmt.Sprint(len(d.Records))},
		),
		html.El("p", html.Text("Addresses that pass: "+passText(d.report)+".")))
	for severity, title := range [...]string{lint.Broken: "Broken", lint.Risky: "Risky", lint.Info: "For information"} {
		e.Add(d.findingsHTML(lint.Severity(severity), title))
	}
	e.Add(newHTMLPrinter().repairHTML(d.Repair))
	if len(d.Records) > 0 {
		e.Add(html.El("section", html.El("h2", html.Text("Records")),
			html.El("div", html.Class("record"), newHTMLPrinter().auditedRecordHTML(d, &d.Records[0], make(map[string]bool)))))
	}
	e.Add(d.networksHTML())
	return e
}

// findingsHTML returns the findings of a severity, nil if there are none.
func (d *Audit) findingsHTML(severity lint.Severity, title string) html.Part {
	list := html.El("ul")
	n := 0
	for _, f := range d.report.Findings {
		if f.Kind.Severity() == severity {
			n++
			list.Add(findingHTML(f))
		}
	}
	if n == 0 {
		return nil
	}
	section := html.El("section", html.El("h2", html.Text(title)), list)
	if severity == lint.Info {
		section.Add(html.Class("information"))
	}
	return section
}

// findingHTML returns a finding, and its place in the record.
func findingHTML(f lint.Finding) html.Part {
	item := html.El("li", html.Text(message(f)))
	switch text, at, length := location(f); {
	case f.Kind == lint.MultipleRecords:
		for _, record := range lintLookup(lint.Lookup{Question: dns.Question{Name: f.Record.Domain, Type: dns.TypeTXT}, Answer: f.Record.Answer}).records() {
			item.Add(html.Code(record))
		}
	case text != "" && (length > 0 || f.Kind != lint.Large && f.Kind != lint.NeedsTCP):
		item.Add(html.Marked(text, at, length, ""))
	}
	if meant := hint(f); meant != "" {
		item.Add(html.El("p", html.Text("meant:")), html.Code(meant))
	}
	if f.Kind == lint.ExplanationExpanded && f.Text != "" {
		item.Add(html.Code(f.Text))
	}
	return item
}

// record returns the record of a domain, nil if there is none.
func (d *Audit) record(domain string) *AuditRecord {
	for i := range d.Records {
		if d.Records[i].Domain == domain {
			return &d.Records[i]
		}
	}
	return nil
}

// auditedRecordHTML returns a record and its terms. A record that was shown
// before is only named.
func (p *printer) auditedRecordHTML(d *Audit, r *AuditRecord, shown map[string]bool) html.Part {
	name := html.El("p", html.El("strong", html.Data(r.Domain)))
	if shown[r.Domain] {
		name.Add(html.Text(" "), html.Note("as above"))
		return name
	}
	shown[r.Domain] = true
	if r.Size > 0 {
		name.Add(html.Text(" "), html.Note(fmt.Sprintf("TTL %s, %d bytes", lifetime(r.TTL), r.Size)))
	}
	group := html.Group{name}
	if r.Text != "" {
		group = append(group, html.Code(r.Text))
	}
	switch {
	case r.Error != "":
		group = append(group, html.El("p", html.Class("wrong"), html.Text(strings.TrimPrefix(r.Error, r.Domain+": "))))
	case r.Text == "":
		group = append(group, html.El("p", html.Class("wrong"), html.Text("no SPF record")))
	}
	tree := html.El("ul", html.Class("tree"))
	for i := 0; i < len(r.Terms); {
		if run := countAuditNetworks(r.Terms[i:]); run >= collapsedRun {
			tree.Add(html.El("li", html.Data(p.collapsed(r.Terms[i].Text, run))))
			i += run
			continue
		}
		tree.Add(p.auditedTermHTML(d, &r.Terms[i], shown))
		i++
	}
	if len(r.Terms) > 0 {
		group = append(group, tree)
	}
	if r.Explanation != nil {
		group = append(group, p.explanationHTML(r.Explanation))
	}
	return group
}

// countAuditNetworks returns the number of leading terms without lookups.
func countAuditNetworks(terms []AuditTerm) int {
	for i, t := range terms {
		if t.Counted > 0 || t.Record != "" || t.Target != "" || len(t.Lookups) > 0 || isAll(t.Text) {
			return i
		}
	}
	return len(terms)
}

func (p *printer) auditedTermHTML(d *Audit, t *AuditTerm, shown map[string]bool) html.Part {
	note := ""
	if t.Counted > 0 {
		note = fmt.Sprintf("term %d/%d", t.Counted, d.TermsLimit)
	}
	e := html.El("li", termLine(t.Text, note, nil), p.lookupsHTML(t.Lookups, Verdict{VoidsLimit: d.VoidsLimit}, ""))
	if r := d.record(t.Record); t.Record != "" && r != nil {
		e.Add(p.auditedRecordHTML(d, r, shown))
	}
	return e
}

// networksHTML returns the networks that pass, widest first, nil if there are none.
func (d *Audit) networksHTML() html.Part {
	var rows [][]html.Part
	for _, n := range d.Networks {
		size := ""
		if network, err := netip.ParsePrefix(n.Network); err == nil {
			size = addresses(network)
		}
		rows = append(rows, []html.Part{html.Data(n.Network), html.Text(size), html.Data(n.Term), html.Data(n.Domain)})
	}
	if len(rows) == 0 {
		return nil
	}
	return html.El("section", html.El("h2", html.Text("Networks")),
		html.Table(html.Text("Clients that pass, the widest networks first"),
			[]html.Column{{Title: "Network"}, {Title: "Size"}, {Title: "Term"}, {Title: "Record of"}}, rows))
}

// repairHTML returns how the record could be shortened, nil if there is nothing to
// say.
func (p *printer) repairHTML(r *Repair) html.Part {
	if r == nil || len(r.Costs) < 2 && r.Rewrite == nil {
		return nil
	}
	e := html.El("section", html.El("h2", html.Text("Repair")))
	if w := r.Rewrite; w != nil {
		list := html.El("ul")
		for _, step := range w.Steps {
			list.Add(html.El("li", html.Text(stepText(step))))
		}
		e.Add(html.El("p", html.Text("A shorter record with the same result for every client: "+savings(w)+".")), html.Code(w.Record), list)
		if w.TermsBefore > spf.DefaultLimits().Lookups {
			e.Add(html.El("p", html.Text(rewriteEndsPermerror)))
		}
		e.Add(html.El("p", html.Note(comparedText(w))))
	}
	if len(r.Flatten) > 0 {
		list := html.El("ul")
		for _, f := range r.Flatten {
			list.Add(html.El("li", html.Data(f.Term), html.Text(flattenText(f))))
		}
		e.Add(html.El("p", html.Text(flattenHead(r))), list, html.El("p", html.Text(flattenPrice)))
	}
	if len(r.Costs) > 1 {
		var rows [][]html.Part
		for _, c := range r.Costs {
			rows = append(rows, []html.Part{html.Data(c.Term), html.Text(fmt.Sprint(c.Terms)), html.Text(fmt.Sprint(c.Voids))})
		}
		e.Add(html.CompactTable(html.Text("What each term costs"),
			[]html.Column{{Title: "Term"}, {Title: "Terms with lookups", Numbers: true}, {Title: "Void lookups", Numbers: true}}, rows))
	}
	return e
}

// Title returns the title of a page about the address.
func (d *Address) Title() string { return "SPF of " + d.Domain + " for " + d.IP }

// HTML returns the report as a part of a page.
func (d *Address) HTML() *html.Element {
	e := html.El("article", html.El("h1", html.Text("SPF of "), html.Data(d.Domain), html.Text(" for "), html.Data(d.IP)),
		html.Banner(level(resultColor(d.Result)), html.Text(d.Result)))
	list := html.El("ol")
	for _, m := range d.Path {
		list.Add(html.El("li", html.Data(m.Term), html.Text(" in the record of "), html.Data(m.Domain)))
	}
	switch {
	case len(d.Path) > 0:
		e.Add(list)
	case d.Error == "" && d.Result == spf.None.String():
		e.Add(html.El("p", html.Data(d.Domain), html.Text(" has no SPF record.")))
	case d.Error == "":
		e.Add(html.El("p", html.Text("No term matches (RFC 7208, 4.7).")))
	}
	if d.Error != "" {
		e.Add(html.El("p", html.Class("wrong"), html.Text(d.Error)))
	}
	e.Add(html.El("p", html.Note(d.counts())))
	return e
}

// Title returns the title of a page with the comparison.
func (d *Comparison) Title() string { return "A new SPF record of " + d.Domain }

// HTML returns the report as a part of a page.
func (d *Comparison) HTML() *html.Element {
	headline, color := d.headline()
	e := html.El("article", html.El("h1", html.Text("A new SPF record of "), html.Data(d.Domain)), html.Banner(level(color), html.Text(headline)))
	for _, r := range [...]struct{ title, text string }{{"Now", d.Before}, {"New", d.After}} {
		e.Add(html.El("h2", html.Text(r.title)))
		if r.text == "" {
			e.Add(html.El("p", html.Text("no valid SPF record")))
			continue
		}
		e.Add(html.Code(r.text))
	}
	for i, x := range d.comparison.Changes {
		e.Add(html.El("h2", html.Text("From "), html.Result(x.From.String()), html.Text(" to "), html.Result(x.To.String())),
			html.El("p", html.Text(sizeText(x.Addresses))))
		if d.Changes[i].Otherwise {
			e.Add(html.El("p", html.Text("all other addresses")))
		}
		list := html.El("ul")
		for _, network := range d.Changes[i].Networks {
			list.Add(html.El("li", html.Data(network)))
		}
		if len(d.Changes[i].Networks) > 0 {
			e.Add(list)
		}
	}
	if d.ClientTerms {
		e.Add(html.El("p", html.Text(clientTermsDiffer)))
	}
	return e
}
