package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"policyd-spf/internal/html"
)

// findings adds a table for each kind of findings.
func (p *page) findings() {
	var parts html.Group
	for _, k := range kindTitles {
		var rows [][]html.Part
		left := 0
		for i := range p.r.Findings {
			f := &p.r.Findings[i]
			switch {
			case f.Kind != k.kind:
			case len(rows) == maxPageFindings:
				left++
			default:
				rows = append(rows, p.findingRow(f))
			}
		}
		if len(rows) == 0 {
			continue
		}
		columns := []html.Column{{Title: "Who"}, {Title: "Messages", Numbers: true}, {Title: "Refused", Numbers: true},
			{Title: "Domains", Numbers: true}, {Title: "Recipients", Numbers: true}, {Title: "What the log shows", Prose: true}}
		parts = append(parts, html.Table(html.El("h3", html.Text(k.title)), columns, rows))
		if left > 0 {
			parts = append(parts, para("%s more are in the JSON.", number(int64(left))))
		}
	}
	if len(parts) > 0 {
		p.section("findings", "Findings", parts...)
	}
}

// findingRow returns the cells of a finding.
func (p *page) findingRow(f *Finding) []html.Part {
	who := html.El("div")
	for _, name := range [...]string{f.Name, f.Domain} {
		if name != "" {
			who.Add(html.El("div", html.Data(name)))
		}
	}
	shown := f.Clients[:min(len(f.Clients), maxShownAddrs)]
	for _, client := range shown {
		who.Add(html.El("div", html.Data(client)))
	}
	if rest := len(f.Clients) - len(shown); rest > 0 {
		who.Add(html.El("div", html.Text(fmt.Sprintf("and %d more", rest))))
	}
	if f.Name+f.Domain == "" && len(shown) == 0 {
		who.Add(html.Text("in sum"))
	}
	shows := html.El("div", html.El("p", html.Text(strings.Join(f.Evidence, " "))))
	if !f.First.IsZero() {
		shows.Add(html.El("p", html.Note(f.First.Format(time.DateTime)+" to "+f.Last.Format(time.DateTime))))
	}
	if p.r.hasDMARC() && f.DMARC.Total() > 0 {
		shows.Add(html.El("div", html.Text("DMARC: "), dmarcCell(&f.DMARC)))
	}
	if f.Value != "" {
		shows.Add(html.Code(f.Option + " = " + f.Value))
	}
	row := []html.Part{who}
	for _, n := range []int64{f.Messages, f.Refused, f.Domains, f.Recipients} {
		row = append(row, html.Text(number(n)))
	}
	return slices.Concat(row, []html.Part{shows})
}
