package report

import (
	"fmt"
	"slices"
	"time"

	"policyd-spf/internal/term"
)

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
	if p.r.hasDMARC() {
		p.para("%s", dmarcMeaning)
	} else {
		p.para("%s", noDMARC)
	}
	if unknown {
		p.para("The log does not have all results: each setting may refuse more.")
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

func (p *textPrinter) whatIfs() {
	for i := range p.r.WhatIf {
		w := &p.r.WhatIf[i]
		p.title("What if " + p.Safe(w.Config) + " were in force")
		p.para("%s of %s refused, %s deferred (%s)", number(w.Refused), count(p.r.Messages, "message"), number(w.Deferred),
			percent(share(w.Refused+w.Deferred, p.r.Messages)))
		if p.r.hasDMARC() && w.DMARC.Total() > 0 {
			p.para("DMARC of these: pass %s, fail %s, none %s, unknown %s", number(w.DMARC.Pass), number(w.DMARC.Fail), number(w.DMARC.None), number(w.DMARC.Unknown))
		}
		if w.Unknown > 0 {
			p.para("Unknown for %s: the log lacks %s.", count(w.Unknown, "message"), w.Needs.String())
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
		p.para("and %s more; --json has all.", number(int64(rest)))
	}
}

func (p *textPrinter) shadow() {
	s := p.r.Shadow
	if s == nil {
		return
	}
	p.title("Shadow configuration")
	p.para("Where it decided differently: %s refused, %s deferred, %s not refused, %s unknown.",
		number(s.Refused), number(s.Deferred), number(s.Accepted), number(s.Unknown))
}

func (p *textPrinter) recheck() {
	c := p.r.Recheck
	if c == nil {
		return
	}
	p.title("Evaluated again today")
	p.para("%s: %s the same, %s different, %s that the log does not have.",
		count(c.Questions, "distinct check"), number(c.Same), number(c.Different), number(c.New))
	if c.LeftOut > 0 {
		p.para("%s were left out.", number(c.LeftOut))
	}
	for _, cause := range c.Causes {
		p.para("%s: %s, %s", cause.Cause, count(cause.Questions, "check"), count(cause.Messages, "message"))
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
