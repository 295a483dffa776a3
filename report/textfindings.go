package report

import (
	"fmt"
	"strings"

	"policyd-spf/internal/term"
)

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
			p.para("and %s more; --json has all.", number(int64(left)))
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
