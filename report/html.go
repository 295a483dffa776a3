package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"policyd-spf/internal/html"
)

const (
	// maxPageFindings is how many findings of a kind a page shows. JSON has all of
	// them.
	maxPageFindings = 50

	// maxFilledDays is the longest period, in days, in which days without mail have
	// an empty bar. A log that mixes decades would have thousands of them.
	maxFilledDays = 400
)

// Title returns the title of a page with the report.
func (r *Report) Title() string { return "SPF report" }

// HTML returns the report as a part of a page.
func (r *Report) HTML() *html.Element {
	p := &page{r: r, article: html.El("article")}
	p.article.Add(html.El("h1", html.Text("SPF report")), html.El("p", html.Class("lead"), p.period()), p.answer(), p.figures())
	p.nav = html.El("ul")
	p.article.Add(html.El("nav", html.Attr("aria-label", "On this page"), p.nav))
	p.next()
	p.days()
	p.results()
	p.settings()
	p.whatIfs()
	p.shadow()
	p.recheck()
	p.findings()
	p.limits()
	return p.article
}

// page makes the parts of a page.
type page struct {
	r       *Report
	article *html.Element
	nav     *html.Element // a link for each section
}

// section adds a section, which nav links to.
func (p *page) section(id, title string, parts ...html.Part) {
	p.nav.Add(html.El("li", html.El("a", html.Attr("href", "#"+id), html.Text(title))))
	p.article.Add(html.El("section", html.El("h2", html.Attr("id", id), html.Text(title)), html.Group(parts)))
}

func para(format string, args ...any) html.Part {
	return html.El("p", html.Text(fmt.Sprintf(format, args...)))
}

// period returns when the messages were logged, and where.
func (p *page) period() html.Part {
	l := &p.r.Logs
	var g html.Group
	if !l.First.IsZero() {
		g = append(g, html.Text(fmt.Sprintf("%s to %s, %.1f days. ", l.First.Format(time.DateTime), l.Last.Format(time.DateTime), l.Last.Sub(l.First).Hours()/24)))
	}
	for i, file := range l.Files {
		if i > 0 {
			g = append(g, html.Text(", "))
		}
		g = append(g, html.Data(file))
	}
	return g
}

// answer returns the answer, and the reasons against it.
func (p *page) answer() html.Part {
	a := &p.r.Advice
	level := html.Doubtful
	if a.Safe {
		level = html.Good
	}
	var reasons []html.Part
	if p.r.Interrupted {
		reasons = append(reasons, html.El("p", html.Class("wrong"), html.Text("Interrupted: this is what is known so far.")))
	}
	if len(a.Blockers) > 0 {
		list := html.El("ul")
		for _, b := range a.Blockers {
			list.Add(html.El("li", html.Text(b)))
		}
		reasons = append(reasons, list)
	}
	return html.Banner(level, html.Text(a.Text), reasons...)
}

// figures returns the numbers that the page begins with.
func (p *page) figures() html.Part {
	r := p.r
	of := func(n int64) string {
		if r.Messages == 0 {
			return ""
		}
		return percent(share(n, r.Messages)) + " of messages"
	}
	figures := []html.Figure{
		{Label: "Messages", Value: number(r.Messages), Note: "that the policy server answered"},
		{Label: "Refused", Value: number(r.Refused), Note: of(r.Refused)},
		{Label: "Deferred", Value: number(r.Deferred), Note: of(r.Deferred)},
		{Label: "Exempt from SPF", Value: number(r.Exempt), Note: of(r.Exempt)},
		{Label: "Lines read", Value: number(r.Logs.Lines), Note: number(r.Logs.Ours) + " of policy servers"},
	}
	if r.Logs.Unreadable > 0 {
		figures = append(figures, html.Figure{Label: "Unreadable lines", Value: number(r.Logs.Unreadable)})
	}
	return html.Figures(figures...)
}

// next adds the next steps.
func (p *page) next() {
	if len(p.r.Advice.Steps) == 0 {
		return
	}
	list := html.El("ol")
	for _, step := range p.r.Advice.Steps {
		item := html.El("li", html.Text(step.Text))
		if step.Line != "" {
			item.Add(html.Code(step.Line))
		}
		list.Add(item)
	}
	p.section("next", "What to do next", list)
}

// resultSeries returns the results in the order of the values of counts.
func resultSeries() []html.Series {
	var series []html.Series
	for _, name := range resultNames() {
		series = append(series, html.ResultSeries(name))
	}
	return series
}

func resultNames() []string {
	return []string{"pass", "none", "neutral", "softfail", "fail", "temperror", "permerror"}
}

// counts returns the numbers in the order of resultNames.
func (r *Results) counts() []int64 {
	return []int64{r.Pass, r.None, r.Neutral, r.Softfail, r.Fail, r.Temperror, r.Permerror}
}

// days adds a picture of the days, and their numbers.
func (p *page) days() {
	days := fillDays(p.r.Days)
	if len(days) == 0 {
		return
	}
	parts := html.Group{p.dayChart("days-mailfrom", "Messages a day, by the result of MAIL FROM", days, func(d *Day) *Results { return &d.MailFrom })}
	if p.r.Checks.HELO.Total() > 0 {
		parts = append(parts, p.dayChart("days-helo", "Messages a day, by the result of HELO", days, func(d *Day) *Results { return &d.HELO }))
	}
	p.section("days", "Days", parts...)
}

// dayChart returns a picture of the days by the results of a check, and a table of
// what it shows.
func (p *page) dayChart(id, title string, days []Day, results func(*Day) *Results) html.Part {
	series := append(resultSeries(), html.NewSeries("no result", "missing"))
	bars := make([]html.Bar, len(days))
	columns := []html.Column{{Title: "Day"}, {Title: "Messages", Numbers: true}}
	for _, name := range resultNames() {
		columns = append(columns, html.Column{Title: name, Numbers: true})
	}
	var rows [][]html.Part
	top := 0
	for i := range days {
		d := &days[i]
		counts := results(d).counts()
		bars[i] = html.Bar{Label: d.Day, Values: append(counts, max(d.Messages-results(d).Total(), 0))}
		if d.Messages > days[top].Messages {
			top = i
		}
		if d.Messages == 0 {
			continue
		}
		row := []html.Part{html.Unbroken(d.Day), html.Text(number(d.Messages))}
		for _, n := range counts {
			row = append(row, html.Text(number(n)))
		}
		rows = append(rows, row)
	}
	description := fmt.Sprintf("Bars for %s from %s to %s. The highest is %s with %s. The numbers of all days are in the table below.",
		count(int64(len(days)), "day"), days[0].Day, days[len(days)-1].Day, days[top].Day, count(days[top].Messages, "message"))
	return html.Group{
		html.StackedBars(id, title, description, series, bars),
		html.El("details", html.El("summary", html.Text("The numbers of each day")), html.Table(html.Text(title), columns, rows)),
	}
}

// fillDays adds the days without mail in between, if the period is not too long.
func fillDays(days []Day) []Day {
	if len(days) < 2 {
		return days
	}
	first, err := time.Parse(time.DateOnly, days[0].Day)
	last, err2 := time.Parse(time.DateOnly, days[len(days)-1].Day)
	if err != nil || err2 != nil || last.Sub(first) > maxFilledDays*24*time.Hour {
		return days
	}
	var filled []Day
	for date, rest := first, days; !date.After(last); date = date.AddDate(0, 0, 1) {
		name := date.Format(time.DateOnly)
		if len(rest) > 0 && rest[0].Day == name {
			filled = append(filled, rest[0])
			rest = rest[1:]
			continue
		}
		filled = append(filled, Day{Day: name})
	}
	return filled
}

// results adds the results of each check.
func (p *page) results() {
	group := html.El("div", html.Class("columns"))
	for _, x := range []struct {
		title   string
		results *Results
	}{{"MAIL FROM", &p.r.Checks.MailFrom}, {"HELO", &p.r.Checks.HELO}} {
		total := x.results.Total()
		if total == 0 {
			continue
		}
		var rows [][]html.Part
		for i, n := range x.results.counts() {
			name := resultNames()[i]
			rows = append(rows, []html.Part{html.Result(name), html.Text(number(n)), html.Text(percent(share(n, total))),
				html.ShareBar(html.ResultSeries(name), n, total)})
		}
		group.Add(html.CompactTable(html.El("h3", html.Text(x.title+": "+count(total, "check"))),
			[]html.Column{{Title: "Result"}, {Title: "Messages", Numbers: true}, {Title: "Share", Numbers: true}, {Title: ""}}, rows))
	}
	p.section("results", "Results", group)
}

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
		parts = append(parts, para("DMARC pass is legitimate mail that rejecting would lose. DMARC fail is refused or filed as spam anyway. With none, only SPF can refuse the mail. Unknown has no line of a DMARC filter."),
			html.Legend(dmarcSeries(), nil))
	} else {
		parts = append(parts, para("The log has no lines of a DMARC filter, so it does not tell which forwarded mail passes DKIM."))
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

// recheck adds the results of evaluating checks again.
func (p *page) recheck() {
	c := p.r.Recheck
	if c == nil {
		return
	}
	parts := html.Group{html.Figures(
		html.Figure{Label: "Distinct checks", Value: number(c.Questions)}, html.Figure{Label: "The same", Value: number(c.Same)},
		html.Figure{Label: "Different", Value: number(c.Different)}, html.Figure{Label: "Not in the log", Value: number(c.New)},
		html.Figure{Label: "Left out", Value: number(c.LeftOut)})}
	for i := range c.Causes {
		cause := &c.Causes[i]
		var rows [][]html.Part
		for _, d := range cause.Differences {
			what := html.Group{html.Text("HELO "), html.Data(d.HELO)}
			if d.Identity == "mailfrom" {
				what = html.Group{html.Text("MAIL FROM "), html.Data("<" + d.Sender + ">")}
			}
			now := html.Group{html.Result(d.Now)}
			if d.Error != "" {
				now = append(now, html.Text(" "), html.Note(d.Error))
			}
			rows = append(rows, []html.Part{what, html.Data(d.Client), html.Text(number(d.Messages)), html.Result(d.Logged), now})
		}
		parts = append(parts, html.El("h3", html.Text(cause.Cause)),
			para("%s, %s", count(cause.Questions, "check"), count(cause.Messages, "message")),
			html.Table(html.Text("Results that are not the logged ones"), []html.Column{{Title: "Check"}, {Title: "Client"}, {Title: "Messages", Numbers: true}, {Title: "In the log"}, {Title: "Now"}}, rows))
	}
	p.section("recheck", "Evaluated again today", parts...)
}

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

// limits adds what was lost because memory is bounded.
func (p *page) limits() {
	l := &p.r.Limits
	var parts html.Group
	if l.EvictedClients > 0 {
		parts = append(parts, para("%s with %s found no room in memory: the totals count them, findings do not.", count(l.EvictedClients, "client"), count(l.EvictedCount, "message")))
	}
	if l.EvictedDomains > 0 {
		parts = append(parts, para("%s with broken records found no room in memory.", count(l.EvictedDomains, "domain")))
	}
	if l.Unresolved > 0 {
		parts = append(parts, para("%s could not be decided again: there was no room for them.", count(l.Unresolved, "message")))
	}
	if len(parts) > 0 {
		p.section("limits", "Limits", parts...)
	}
}
