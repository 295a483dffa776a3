package report

import (
	"fmt"
	"slices"
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

// para prints a paragraph.
func (p *textPrinter) para(indent int, format string, args ...any) {
	p.Text(term.Spaces(indent, indent), p.Safe(fmt.Sprintf(format, args...)), term.Plain)
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
		p.para(2, "%s to %s, %.1f days", l.First.Format(time.DateTime), l.Last.Format(time.DateTime), l.Last.Sub(l.First).Hours()/24)
	}
	unreadable := ""
	if l.Unreadable > 0 {
		unreadable = fmt.Sprintf(", %s unreadable", number(l.Unreadable))
	}
	p.para(2, "%s, %s of policy servers%s, in %s", count(l.Lines, "line"), number(l.Ours), unreadable, count(int64(len(l.Files)), "log"))
	p.para(2, "%s: %s refused and %s deferred by the policy server, %s exempt from SPF",
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

// hasDMARC reports whether the log has lines of a DMARC filter.
func (r *Report) hasDMARC() bool { return r.DMARC.Pass+r.DMARC.Fail+r.DMARC.None > 0 }

// wideTable is the least width, in columns, at which a table of settings has room for
// DMARC.
const wideTable = 100

func (p *textPrinter) settings() {
	p.title("What each setting would refuse by itself")
	name := []term.Column{{Title: "setting"}}
	columns := []term.Column{{Title: "messages", Right: true}, {Title: "clients", Right: true}, {Title: "domains", Right: true}}
	var rows, dmarcRows [][]string
	unknown := false
	for _, s := range p.r.Settings {
		setting := s.Option + " = " + s.Value
		rows = append(rows, []string{setting, number(s.Refused + s.Deferred), number(s.Clients), number(s.Domains)})
		dmarcRows = append(dmarcRows, append([]string{setting}, dmarcCells(&s.DMARC)...))
		unknown = unknown || s.Unknown > 0
	}
	switch {
	case !p.r.hasDMARC():
		p.Table("  ", append(name, columns...), rows)
	case p.Width >= wideTable:
		for i := range rows {
			rows[i] = append(rows[i], dmarcRows[i][1:]...)
		}
		p.Table("  ", slices.Concat(name, columns, dmarcColumns()), rows)
	default:
		p.Table("  ", slices.Concat(name, columns), rows)
		p.title("What DMARC says of that mail")
		p.Table("  ", slices.Concat(name, dmarcColumns()), dmarcRows)
	}
	p.dmarcText()
	if unknown {
		p.para(2, "The log does not have all results: each setting may refuse more.")
	}
}

func dmarcColumns() []term.Column {
	var columns []term.Column
	for i, t := range []string{"pass", "fail", "none", "unknown"} {
		if i == 0 {
			t = "DMARC: " + t
		}
		columns = append(columns, term.Column{Title: t, Right: true})
	}
	return columns
}

func dmarcCells(d *DMARC) []string {
	return []string{number(d.Pass), number(d.Fail), number(d.None), number(d.Unknown)}
}

func (p *textPrinter) dmarcText() {
	if !p.r.hasDMARC() {
		p.para(2, "The log has no lines of a DMARC filter: it does not tell forwarded mail that DKIM saves.")
		return
	}
	p.para(2, "DMARC pass is legitimate mail that rejecting would lose; DMARC fail is refused or filed as spam anyway; with none, only SPF can refuse it; unknown has no line of the filter.")
}

func (p *textPrinter) whatIfs() {
	for i := range p.r.WhatIf {
		w := &p.r.WhatIf[i]
		p.title("What if " + p.Safe(w.Config) + " were in force")
		p.para(2, "%s of %s refused, %s deferred (%s)", number(w.Refused), count(p.r.Messages, "message"), number(w.Deferred),
			percent(share(w.Refused+w.Deferred, p.r.Messages)))
		if p.r.hasDMARC() && w.DMARC.Total() > 0 {
			p.para(2, "DMARC of these: pass %s, fail %s, none %s, unknown %s", number(w.DMARC.Pass), number(w.DMARC.Fail), number(w.DMARC.None), number(w.DMARC.Unknown))
		}
		if w.Unknown > 0 {
			p.para(2, "Unknown for %s: the log lacks %s.", count(w.Unknown, "message"), w.Needs.String())
		}
		p.messages(w.Messages)
	}
}

func (p *textPrinter) messages(list []Message) {
	if len(list) == 0 {
		return
	}
	shown := list[:min(len(list), maxShownMessages)]
	for _, m := range shown {
		p.Text(term.Spaces(2, 6), p.Safe(fmt.Sprintf("%s %s %s: from <%s> to <%s>, HELO %s (%s = %s)",
			m.Time.Format(time.DateTime), m.Client, m.Action, m.Sender, m.Recipient, m.HELO, m.Option, m.Value)), term.Plain)
	}
	if rest := len(list) - len(shown); rest > 0 {
		p.para(2, "and %s more; --json has all.", number(int64(rest)))
	}
}

func share(n, of int64) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// String returns what is missing in words.
func (n Needs) String() string {
	var parts []string
	for _, x := range []struct {
		n    int64
		what string
	}{
		{n.HELO, "the HELO result"}, {n.MailFrom, "the MAIL FROM result"}, {n.NoMail, `whether the record is "v=spf1 -all" (No_Mail)`},
		{n.ByAll, "whether nearly every client passes (Pass_By_All)"}, {n.Authentication, "whether the client has authenticated (Skip_Authenticated)"},
		{n.DMARC, "whether the domain has a DMARC policy (Leave_DMARC)"},
		{n.Recipient, "the recipient (Per_User)"}, {n.Envelope, "the client, HELO name or sender"}, {n.Whitelist, "the lookup for a whitelist"},
	} {
		if x.n > 0 {
			parts = append(parts, fmt.Sprintf("%s (%s)", x.what, number(x.n)))
		}
	}
	return strings.Join(parts, ", ")
}

func (p *textPrinter) shadow() {
	s := p.r.Shadow
	if s == nil {
		return
	}
	p.title("Shadow configuration")
	p.para(2, "Where it decided differently: %s refused, %s deferred, %s not refused, %s unknown.",
		number(s.Refused), number(s.Deferred), number(s.Accepted), number(s.Unknown))
}

func (p *textPrinter) recheck() {
	c := p.r.Recheck
	if c == nil {
		return
	}
	p.title("Evaluated again today")
	p.para(2, "%s: %s the same, %s different, %s that the log does not have.",
		count(c.Questions, "distinct check"), number(c.Same), number(c.Different), number(c.New))
	if c.LeftOut > 0 {
		p.para(2, "%s were left out.", number(c.LeftOut))
	}
	for _, cause := range c.Causes {
		p.para(2, "%s: %s, %s", cause.Cause, count(cause.Questions, "check"), count(cause.Messages, "message"))
		for _, d := range cause.Differences[:min(len(cause.Differences), maxShown)] {
			what := "HELO " + d.HELO
			if d.Identity == "mailfrom" {
				what = "MAIL FROM <" + d.Sender + ">"
			}
			text := fmt.Sprintf("%s from %s: %s in the log, %s now", what, d.Client, d.Logged, d.Now)
			if d.Error != "" {
				text += " (" + d.Error + ")"
			}
			p.Text(term.Spaces(4, 6), p.Safe(text), term.Plain)
		}
	}
}

// kindTitles are the titles of the kinds of findings.
var kindTitles = [...]struct{ kind, title string }{
	{Forwarder, "Forwarders and lists"},
	{Misconfigured, "Servers missing in their domain's record"},
	{Undecided, "Clients about which the log shows too little"},
	{OwnHost, "Hosts of your own network"},
	{Permerror, "Domains with a broken record"},
	{ForgedOwn, "Your own domains, used by others"},
	{Forger, "Everything else that would be refused: forgers"},
}

func (p *textPrinter) findings() {
	for _, k := range kindTitles {
		shown, left := 0, 0
		for i := range p.r.Findings {
			f := &p.r.Findings[i]
			if f.Kind != k.kind {
				continue
			}
			if shown == 0 {
				p.title(k.title)
			}
			if shown == maxShown {
				left++
				continue
			}
			shown++
			p.finding(f)
		}
		if left > 0 {
			p.para(2, "and %s more; --json has all.", number(int64(left)))
		}
	}
}

func (p *textPrinter) finding(f *Finding) {
	who := f.Name
	if f.Kind == Permerror || f.Kind == ForgedOwn || f.Kind == Misconfigured && f.Domain != "" {
		who = f.Domain
	}
	if addrs := f.Clients; len(addrs) > 0 && f.Kind != Permerror && f.Kind != ForgedOwn {
		shown := strings.Join(addrs[:min(len(addrs), maxShownAddrs)], ", ")
		if rest := len(addrs) - maxShownAddrs; rest > 0 {
			shown += fmt.Sprintf(" and %d more", rest)
		}
		who = strings.TrimSpace(who + " [" + shown + "]")
	}
	if who != "" {
		p.Text(term.Spaces(2, 4), p.Safe(who), term.Bold)
	}
	p.Text(term.Spaces(4, 4), p.Safe(strings.Join(f.Evidence, " ")), term.Plain)
	if f.Value != "" {
		p.Line(term.Span{Text: p.Safe(fmt.Sprintf("    %s = %s", f.Option, f.Value)), Color: term.Green}) // not wrapped: it is to be pasted
	}
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
	l := &p.r.Limits
	if l.EvictedClients+l.EvictedDomains+l.Unresolved == 0 {
		return
	}
	p.title("Limits")
	if l.EvictedClients > 0 {
		p.para(2, "%s with %s found no room in memory: the totals count them, findings do not.",
			count(l.EvictedClients, "client"), count(l.EvictedCount, "message"))
	}
	if l.EvictedDomains > 0 {
		p.para(2, "%s with broken records found no room in memory.", count(l.EvictedDomains, "domain"))
	}
	if l.Unresolved > 0 {
		p.para(2, "%s could not be decided again: there was no room for them.", count(l.Unresolved, "message"))
	}
}
