package report

import (
	"fmt"
	"strings"
	"time"

	"policyd-spf/internal/term"
)

const (
	// maxDayRows is up to how many days have a row each; more are shown as a
	// sparkline.
	maxDayRows = 31

	// maxShown is how many findings of a kind are shown.
	maxShown = 10

	// maxShownAddrs is how many addresses of a finding are shown.
	maxShownAddrs = 6

	// maxShownMessages is how many messages of a what-if are shown.
	maxShownMessages = 1000
)

// Text renders the report for people.
func (r *Report) Text(style term.Style) string {
	p := &textPrinter{term.NewPrinter(style), r}
	p.answer()
	p.log()
	p.results()
	p.days()
	p.settings()
	p.whatIfs()
	p.shadow()
	p.recheck()
	p.findings()
	p.next()
	p.limits()
	return p.String()
}

// Brief returns the answer in one line.
func (r *Report) Brief(style term.Style) string { return style.Safe(r.Advice.Text) }

// textPrinter prints a report. Text from senders and files goes through Safe.
type textPrinter struct {
	*term.Printer
	r *Report
}

func (p *textPrinter) title(text string) {
	p.Line()
	p.Line(term.Span{Text: text, Color: term.Bold})
}

// para prints an indented paragraph.
func (p *textPrinter) para(format string, args ...any) {
	p.Text(term.Spaces(2, 2), p.Safe(fmt.Sprintf(format, args...)), term.Plain)
}

func (p *textPrinter) answer() {
	a := &p.r.Advice
	color := term.Yellow
	if a.Safe {
		color = term.Green
	}
	p.Text(term.Indent{}, p.Safe(a.Text), color)
	if p.r.Interrupted {
		p.Text(term.Indent{}, "Interrupted: this is what is known so far.", term.Red)
	}
}

func (p *textPrinter) log() {
	l := &p.r.Logs
	p.title("Log")
	if !l.First.IsZero() {
		p.para("%s to %s, %.1f days", l.First.Format(time.DateTime), l.Last.Format(time.DateTime), l.Last.Sub(l.First).Hours()/24)
	}
	unreadable := ""
	if l.Unreadable > 0 {
		unreadable = fmt.Sprintf(", %s unreadable", number(l.Unreadable))
	}
	p.para("%s, %s of policy servers%s, in %s", count(l.Lines, "line"), number(l.Ours), unreadable, count(int64(len(l.Files)), "log"))
	p.para("%s: %s refused and %s deferred by the policy server, %s exempt from SPF",
		count(p.r.Messages, "message"), number(p.r.Refused), number(p.r.Deferred), number(p.r.Exempt))
}

// rows returns the results, most interesting first.
func (r *Results) rows() []term.BarRow {
	total := r.Total()
	var rows []term.BarRow
	for _, x := range []struct {
		label string
		n     int64
		color term.Color
	}{
		{"pass", r.Pass, term.Green}, {"none", r.None, term.Plain}, {"neutral", r.Neutral, term.Plain},
		{"softfail", r.Softfail, term.Yellow}, {"fail", r.Fail, term.Red},
		{"temperror", r.Temperror, term.Yellow}, {"permerror", r.Permerror, term.Yellow},
	} {
		if x.n > 0 {
			rows = append(rows, term.BarRow{
				Label: x.label, Value: float64(x.n), Color: x.color,
				Text: fmt.Sprintf("%s  %6s", number(x.n), percent(float64(x.n)/float64(total))),
			})
		}
	}
	return rows
}

func (p *textPrinter) results() {
	for _, x := range []struct {
		title string
		r     *Results
	}{{"MAIL FROM results", &p.r.Checks.MailFrom}, {"HELO results", &p.r.Checks.HELO}} {
		if rows := x.r.rows(); len(rows) > 0 {
			p.title(x.title)
			p.BarChart("  ", rows)
		}
	}
}

func (p *textPrinter) days() {
	days := p.r.Days
	if len(days) == 0 {
		return
	}
	p.title("Messages a day")
	if len(days) > maxDayRows {
		const perLine = 60
		for len(days) > 0 {
			part := days[:min(perLine, len(days))]
			days = days[len(part):]
			values := make([]float64, len(part))
			for i := range part {
				values[i] = float64(part[i].Messages)
			}
			p.Line(term.Span{Text: "  " + part[0].Day + "  " + p.Sparkline(values)})
		}
		return
	}
	var rows []term.BarRow
	for _, d := range days {
		rows = append(rows, term.BarRow{
			Label: d.Day, Value: float64(d.Messages),
			Text: fmt.Sprintf("%s, %s fail", number(d.Messages), number(d.MailFrom.Fail+d.MailFrom.Softfail)),
		})
	}
	p.BarChart("  ", rows)
}

func (p *textPrinter) next() {
	if len(p.r.Advice.Steps) == 0 {
		return
	}
	p.title("What to do next")
	for i, step := range p.r.Advice.Steps {
		head := fmt.Sprintf("  %d. ", i+1)
		p.Text(term.Indent{First: head, Rest: strings.Repeat(" ", len(head))}, p.Safe(step.Text), term.Plain)
		if step.Line != "" { // not wrapped: it is to be pasted
			p.Line(term.Span{Text: strings.Repeat(" ", len(head)) + p.Safe(step.Line), Color: term.Green})
		}
	}
}

func (p *textPrinter) limits() {
	for i, sentence := range p.r.Limits.sentences() {
		if i == 0 {
			p.title("Limits")
		}
		p.para("%s", sentence)
	}
}
