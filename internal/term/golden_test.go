package term

import (
	"fmt"
	"path/filepath"
	"policyd-spf/internal/golden"
	"strings"
	"testing"
)

const (
	record   = "v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.0/24 include:_spf.mail.example include:_spf.crm.example ipv4:203.0.113.1 a:relay.example -all"
	sentence = "The message was rejected because no term of the record matches the client's address, and because Mail_From_reject = Fail rejects a fail."
)

// renderings are what the golden files show, each in every style.
var renderings = []struct {
	name   string
	render func(p *Printer)
}{
	{name: "text", render: func(p *Printer) {
		p.Text(Spaces(0, 2), sentence, Bold)
		p.Text(Indent{"- ", "  "}, sentence, Plain)
	}},
	{name: "pair", render: func(p *Printer) {
		p.Pair(Spaces(2, 4), Span{"a:mail.example", Plain}, Span{"term 1/10, no match", Dim})
		p.Pair(Spaces(2, 4), Span{"a:" + strings.Repeat("long.", 8) + "example", Plain}, Span{"no match", Dim})
		p.Pair(Spaces(2, 4), Span{"a:" + strings.Repeat("long.", 12) + "example", Plain}, Span{"term 10/10, an error that takes a line", Red})
	}},
	{name: "tree", render: func(p *Printer) {
		p.Pair(Indent{}, Span{"example.com", Bold}, Span{})
		p.Pair(p.Branch("", false), Span{"mx", Plain}, Span{"term 1/10", Dim})
		include := p.Branch("", false)
		p.Pair(include, Span{"include:_spf.example.net", Plain}, Span{})
		p.Pair(p.Branch(include.Rest, true), Span{"ip4:192.0.2.0/24", Plain}, Span{"match: pass", Green})
		p.Pair(p.Branch("", true), Span{"-all", Plain}, Span{"not evaluated", Dim})
	}},
	{name: "carets", render: func(p *Printer) {
		p.Carets(Spaces(2, 2), record, Mark{Offset: strings.Index(record, "ipv4"), Length: len("ipv4:203.0.113.1"), Message: "unknown mechanism; ip4 is meant?"})
	}},
	{name: "carets, two marks", render: func(p *Printer) {
		p.Carets(Spaces(2, 2), "v=spf1 ipv4:192.0.2.1 ~al", Mark{Offset: 22, Length: 3, Message: "unknown mechanism al", Color: Yellow}, Mark{Offset: 7, Length: 14, Message: "unknown mechanism ipv4"})
	}},
	{name: "carets, message on its own line", render: func(p *Printer) {
		p.Carets(Spaces(2, 2), "v=spf1 include:mail.example redirect:other.example", Mark{Offset: 28, Length: 22, Message: sentence})
	}},
	{name: "carets, other scripts", render: func(p *Printer) {
		p.Carets(Spaces(2, 2), "v=spf1 a:müller.example a:一二.example \xff -all", Mark{Offset: 7, Length: 17, Message: "the umlaut is one column"}, Mark{Offset: 27, Length: 3, Message: "wide"}, Mark{Offset: 42, Length: 1, Message: "invalid"})
	}},
	{name: "carets, a marked space at a line break", render: func(p *Printer) {
		p.Carets(Indent{}, strings.Repeat("x", p.Width)+"  y", Mark{Offset: p.Width + 1, Length: 1, Message: "a space"})
	}},
	{name: "excerpt", render: func(p *Printer) {
		p.Excerpt(Spaces(2, 2), record, Mark{Offset: strings.Index(record, "ipv4"), Length: len("ipv4:203.0.113.1"), Message: "unknown mechanism"})
	}},
	{name: "table", render: func(p *Printer) {
		p.Table("  ", []Column{{Title: "domain"}, {Title: "messages", Right: true}, {Title: "advice"}}, [][]string{
			{"example.com", "12", "nothing to do"},
			{"mail.example.net", "10293", sentence},
			{"example.org", "1"},
		})
	}},
	{name: "bar chart", render: func(p *Printer) {
		p.BarChart("  ", []BarRow{{"pass", 9712, "9,712", Green}, {"softfail", 1000, "1,000", Yellow}, {"fail", 3, "3", Red}, {"permerror", 0, "0", Plain}})
	}},
	{name: "sparkline", render: func(p *Printer) { p.Line(Span{p.Sparkline([]float64{0, 1, 2, 5, 9, 20, 12, 3}), Plain}) }},
}

func TestGolden(t *testing.T) {
	for name, style := range map[string]Style{
		"utf8-80":  {UTF8: true, Width: 80},
		"utf8-120": {UTF8: true, Width: 120},
		"ascii-60": {Width: 60},
		"color-80": {UTF8: true, Color: true},
	} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			for _, r := range renderings {
				p := NewPrinter(style)
				r.render(p)
				for line := range strings.Lines(p.String()) {
					if n := Columns(strings.TrimSuffix(line, "\n")); n > p.Width && !style.Color {
						t.Errorf("%s: a line of %d columns, want at most %d: %q", r.name, n, p.Width, line)
					}
				}
				fmt.Fprintf(&b, "-- %s --\n%s", r.name, strings.ReplaceAll(p.String(), "\x1b", "^["))
			}
			golden.Compare(t, filepath.Join("testdata", name+".txt"), b.String())
		})
	}
}
