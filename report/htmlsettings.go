package report

import (
	"fmt"
	"time"

	"policyd-spf/internal/html"
)

// dmarcSeries returns the DMARC results, in the order of the values of dmarcBar.
func dmarcSeries() []html.Series {
	return []html.Series{html.NewSeries("DMARC pass", "dmarc-pass"), html.NewSeries("DMARC fail", "dmarc-fail"),
		html.NewSeries("DMARC none", "dmarc-none"), html.NewSeries("DMARC unknown", "dmarc-unknown")}
}

func dmarcBar(label string, d *DMARC) html.Bar {
	return html.Bar{Label: label, Values: []int64{d.Pass, d.Fail, d.None, d.Unknown}}
}

// dmarcCell returns the DMARC results of messages: a picture and numbers.
func dmarcCell(d *DMARC) html.Part {
	if d.Total() == 0 {
		return html.Text("–")
	}
	return html.Group{
		html.SplitBar(dmarcSeries(), dmarcBar("messages", d)),
		html.Note(fmt.Sprintf("pass %s, fail %s, none %s, unknown %s", number(d.Pass), number(d.Fail), number(d.None), number(d.Unknown))),
	}
}

// settings adds what each setting would refuse.
func (p *page) settings() {
	columns := []html.Column{{Title: "Setting"}, {Title: "Refused", Numbers: true}, {Title: "Deferred", Numbers: true},
		{Title: "Unknown", Numbers: true}, {Title: "Clients", Numbers: true}, {Title: "Domains", Numbers: true}}
	if p.r.hasDMARC() {
		columns = append(columns, html.Column{Title: "What DMARC says of these", Prose: true})
	}
	var rows [][]html.Part
	unknown := false
	for i := range p.r.Settings {
		s := &p.r.Settings[i]
		row := []html.Part{html.El("code", html.Text(s.Option+" = "+s.Value))}
		for _, n := range []int64{s.Refused, s.Deferred, s.Unknown, s.Clients, s.Domains} {
			row = append(row, html.Text(number(n)))
		}
		if p.r.hasDMARC() {
			row = append(row, dmarcCell(&s.DMARC))
		}
		rows = append(rows, row)
		unknown = unknown || s.Unknown > 0
	}
	var parts html.Group
	if p.r.hasDMARC() {
		parts = append(parts, para(dmarcMeaning),
			html.Legend(dmarcSeries(), nil))
	} else {
		parts = append(parts, para(noDMARC))
	}
	parts = append(parts, html.Table(html.Text("Messages in the log that each setting would refuse by itself"), columns, rows))
	if unknown {
		parts = append(parts, para("Unknown: the log does not have the result that the setting needs, so it may refuse more."))
	}
	p.section("settings", "Settings", parts...)
}

// whatIfs adds what each configuration file would have refused.
func (p *page) whatIfs() {
	if len(p.r.WhatIf) == 0 {
		return
	}
	var parts html.Group
	for i := range p.r.WhatIf {
		w := &p.r.WhatIf[i]
		parts = append(parts, html.El("h3", html.Text("With "), html.Data(w.Config)), html.Figures(
			html.Figure{Label: "Refused", Value: number(w.Refused), Note: percent(share(w.Refused, p.r.Messages)) + " of messages"},
			html.Figure{Label: "Deferred", Value: number(w.Deferred), Note: percent(share(w.Deferred, p.r.Messages)) + " of messages"},
			html.Figure{Label: "Unknown", Value: number(w.Unknown)}))
		if p.r.hasDMARC() && w.DMARC.Total() > 0 {
			bar := dmarcBar("refused and deferred", &w.DMARC)
			parts = append(parts, html.Legend(dmarcSeries(), []html.Bar{bar}), html.SplitBar(dmarcSeries(), bar))
		}
		if w.Unknown > 0 {
			parts = append(parts, para("Unknown for %s: the log lacks %s.", count(w.Unknown, "message"), w.Needs.String()))
		}
		parts = append(parts, messageTable(w))
	}
	p.section("what-if", "What if", parts...)
}

// messageTable returns the messages that a configuration file refuses, nil without
// --list.
func messageTable(w *WhatIf) html.Part {
	if len(w.Messages) == 0 {
		return nil
	}
	shown := w.Messages[:min(len(w.Messages), maxShownMessages)]
	var rows [][]html.Part
	for _, m := range shown {
		rows = append(rows, []html.Part{html.Unbroken(m.Time.Format(time.DateTime)), html.Data(m.Client), html.Data(m.HELO),
			html.Data("<" + m.Sender + ">"), html.Data("<" + m.Recipient + ">"), html.Text(m.Action), html.Text(m.Option + " = " + m.Value)})
	}
	table := html.Table(html.Text("The messages"), []html.Column{{Title: "Time"}, {Title: "Client"}, {Title: "HELO"}, {Title: "Sender"},
		{Title: "Recipient"}, {Title: "Action"}, {Title: "Because of"}}, rows)
	if rest := len(w.Messages) - len(shown); rest > 0 {
		return html.Group{table, para("%s more are in the JSON.", number(int64(rest)))}
	}
	return table
}

// shadow adds what the shadow configuration decided.
func (p *page) shadow() {
	s := p.r.Shadow
	if s == nil {
		return
	}
	p.section("shadow", "Shadow configuration", para("Where it decided differently:"), html.Figures(
		html.Figure{Label: "Refused", Value: number(s.Refused)}, html.Figure{Label: "Deferred", Value: number(s.Deferred)},
		html.Figure{Label: "Not refused", Value: number(s.Accepted)}, html.Figure{Label: "Unknown", Value: number(s.Unknown)}))
}
