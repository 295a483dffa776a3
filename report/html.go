package report

import (
	"fmt"
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

func resultNames() []string {
	return []string{"pass", "none", "neutral", "softfail", "fail", "temperror", "permerror"}
}

// counts returns the numbers in the order of resultNames.
func (r *Results) counts() []int64 {
	return []int64{r.Pass, r.None, r.Neutral, r.Softfail, r.Fail, r.Temperror, r.Permerror}
}

// limits adds what was lost because memory is bounded.
func (p *page) limits() {
	var parts html.Group
	for _, sentence := range p.r.Limits.sentences() {
		parts = append(parts, para("%s", sentence))
	}
	if len(parts) > 0 {
		p.section("limits", "Limits", parts...)
	}
}
