package explain

import (
	"fmt"
	"math/big"
	"net/netip"
	"strings"

	"policyd-spf/internal/term"
	"policyd-spf/spf"
	"policyd-spf/spf/dns"
	"policyd-spf/spf/lint"
)

// maxShownNetworks is how many of the widest networks are printed.
const maxShownNetworks = 5

// Text returns the report as text for people, the most severe findings first.
func (d *Audit) Text(style Style) string {
	p := newPrinter(style)
	s := d.report
	headline, color := d.headline()
	p.Text(indent("", "  "), p.Safe(headline), color)
	p.Line(span(fmt.Sprintf("  terms with lookups      %d/%d", s.Lookups, s.Limits.Lookups), term.Plain))
	p.Line(span(fmt.Sprintf("  void lookups            %d/%d for IPv4 clients, %d/%d for IPv6", s.VoidLookups4, s.Limits.VoidLookups, s.VoidLookups6, s.Limits.VoidLookups), term.Plain))
	p.Line(span(fmt.Sprintf("  records                 %d", len(s.Records)), term.Plain))
	p.Text(indent("  addresses that pass     ", strings.Repeat(" ", 26)), passText(s), term.Plain)
	titles := [...]string{"Broken", "Risky", "For information"}
	titled := lint.Severity(len(titles))
	for _, f := range s.Findings {
		if severity := f.Kind.Severity(); severity != titled {
			titled = severity
			p.Line()
			p.Line(span(titles[severity], [...]term.Color{term.Red, term.Yellow, term.Bold}[severity]))
		}
		p.finding(f)
	}
	p.repair(d.Repair)
	p.auditTree(s)
	p.networks(s)
	return p.String()
}

// passText says how many addresses pass.
func passText(s *lint.Report) string {
	ip4, ip6 := s.Pass.Count()
	text := amount(ip4) + " of IPv4, " + amount(ip6) + " of IPv6"
	if s.PassDependent {
		text += ", and those that macros or ptr match"
	}
	return text
}

// amount writes a number of addresses: as a power of two where it is a large one,
// and otherwise exactly up to nine digits.
func amount(n *big.Int) string {
	const digits = 9
	text := n.String()
	if len(text) <= digits {
		return text
	}
	power := n.BitLen() - 1
	if n.TrailingZeroBits() == uint(power) {
		return fmt.Sprintf("2^%d", power)
	}
	return fmt.Sprintf("more than 2^%d", power)
}

// Brief returns the worst that the audit found, in one line without its line feed.
func (d *Audit) Brief(style Style) string {
	headline, _ := d.headline()
	return style.Safe(headline)
}

// headline returns a summary of the audit.
func (d *Audit) headline() (string, term.Color) {
	worst := lint.Info
	for _, f := range d.report.Findings {
		worst = min(worst, f.Kind.Severity())
	}
	switch worst {
	case lint.Broken:
		return d.Domain + ": SPF does not work as it should", term.Red
	case lint.Risky:
		return d.Domain + ": SPF works, but some of it is unwise", term.Yellow
	}
	return d.Domain + ": SPF works", term.Green
}

// finding prints a finding, and its place in the record.
func (p *printer) finding(f lint.Finding) {
	p.Text(indent("  * ", "    "), p.Safe(message(f)), term.Plain)
	in := indent("      ", "      ")
	switch text, at, length := location(f); {
	case f.Kind == lint.MultipleRecords:
		for _, record := range lintLookup(lint.Lookup{Question: dns.Question{Name: f.Record.Domain, Type: dns.TypeTXT}, Answer: f.Record.Answer}).records() {
			p.recordWithCarets(indent(in.First, in.Rest+"  "), record, 0, 0, "")
		}
	case length > 0:
		p.linesWithCarets(in.First, text, at, length)
	case text != "" && f.Kind != lint.Large && f.Kind != lint.NeedsTCP:
		p.recordWithCarets(indent(in.First, in.Rest+"  "), text, 0, 0, "")
	}
	if meant := hint(f); meant != "" {
		p.Text(indent("      meant: ", "        "), p.Safe(meant), term.Plain)
	}
	if f.Kind == lint.ExplanationExpanded && f.Text != "" {
		p.Text(indent("      = ", "        "), p.Safe(f.Text), term.Plain)
	}
}

// addresses says how many addresses a network has.
func addresses(n netip.Prefix) string {
	if n.IsSingleIP() {
		return "1 address"
	}
	return addressCount(n) + " addresses"
}

// addressCount returns the number of addresses of a network.
func addressCount(n netip.Prefix) string {
	bits := n.Addr().BitLen() - n.Bits()
	if bits > 32 {
		return fmt.Sprintf("2^%d", bits)
	}
	return fmt.Sprint(uint64(1) << bits)
}

// hosts writes a number of names, of which at most dns.MaxNames are known.
func hosts(n int) string {
	if n >= dns.MaxNames {
		return fmt.Sprintf("%d or more", n)
	}
	return fmt.Sprint(n)
}

// auditTree prints the records as a tree.
func (p *printer) auditTree(s *lint.Report) {
	p.Line()
	p.Line(span("Records", term.Bold))
	if len(s.Records) > 0 {
		p.auditedRecord(indent("  ", "  "), s, s.Records[0], make(map[*lint.Record]bool))
	}
}

func (p *printer) auditedRecord(b term.Indent, s *lint.Report, r *lint.Record, shown map[*lint.Record]bool) {
	var remark string
	if !r.Answer.Void() {
		remark = fmt.Sprintf("TTL %s, %d bytes", lifetime(seconds(r.Answer.TTL)), r.Answer.Size)
	}
	if shown[r] {
		p.Pair(b, span(p.Safe(r.Domain), term.Bold), span("as above", term.Dim))
		return
	}
	shown[r] = true
	p.Pair(b, span(p.Safe(r.Domain), term.Bold), span(remark, term.Dim))
	in := indent(b.Rest+"  ", b.Rest+"  ")
	switch {
	case len(r.SyntaxErrors) > 0:
		p.Text(in, count(len(r.SyntaxErrors), "syntax error"), term.Red)
	case r.Err != nil:
		p.Text(in, p.Safe(strings.TrimPrefix(r.Err.Error(), r.Domain+": ")), term.Red)
	case r.Record == nil:
		p.Text(in, "no SPF record", term.Red)
	}
	if len(r.SyntaxErrors) > 0 {
		p.recordWithCarets(indent(in.First, in.Rest+"  "), r.Text, 0, 0, "")
	}
	for i := 0; i < len(r.Terms); {
		run := countNetworks(r.Terms[i:])
		if run >= collapsedRun {
			p.Text(p.Branch(b.Rest, i+run == len(r.Terms)), p.collapsed(r.Terms[i].Term.Source(), run), term.Plain)
			i += run
			continue
		}
		p.auditedTerm(p.Branch(b.Rest, i == len(r.Terms)-1), s, r.Terms[i], shown)
		i++
	}
}

// countNetworks returns how many of the first terms are ip4 or ip6.
func countNetworks(terms []*lint.Term) int {
	for i, t := range terms {
		if d, ok := t.Term.(*spf.Directive); !ok || !d.Addr.IsValid() {
			return i
		}
	}
	return len(terms)
}

func (p *printer) auditedTerm(b term.Indent, s *lint.Report, t *lint.Term, shown map[*lint.Record]bool) {
	remark := ""
	if t.LookupNumber > 0 {
		remark = fmt.Sprintf("term %d/%d", t.LookupNumber, s.Limits.Lookups)
	}
	c := term.Plain
	if t.LookupNumber > s.Limits.Lookups {
		c = term.Red
	}
	p.Pair(b, span(p.Safe(t.Term.Source()), term.Plain), span(remark, c))
	for _, lookup := range t.Lookups {
		if lookup.Err == nil && lookup.Answer.Void() && lookup.Question.Type == dns.TypeAAAA && s.VoidLookups6 <= s.Limits.VoidLookups {
			continue // most hosts have none, and it does not matter
		}
		l := lintLookup(lookup)
		p.Text(indent(b.Rest, b.Rest+"  "), fmt.Sprintf("%s %s: %s", l.Type, p.Safe(l.Name), p.Safe(l.outcome(""))), term.Dim)
	}
	if t.Record != nil {
		p.auditedRecord(indent(b.Rest, b.Rest), s, t.Record, shown)
	}
}

// networks prints the widest networks.
func (p *printer) networks(s *lint.Report) {
	if len(s.Networks) == 0 {
		return
	}
	p.Line()
	p.Line(span("Widest networks", term.Bold))
	rows := []networkRow{{"network", "addresses", "term", term.Bold}}
	for _, n := range widest(s.Networks) {
		by := p.Safe(n.Term.Source()) + " of " + p.Safe(n.Record.Domain)
		rows = append(rows, networkRow{n.Network.String(), addressCount(n.Network), by, term.Plain})
	}
	width, countWidth := 0, 0
	for _, r := range rows {
		width, countWidth = max(width, len(r.network)), max(countWidth, len(r.count))
	}
	for _, r := range rows {
		line := fmt.Sprintf("  %-*s  %*s", width, r.network, countWidth, r.count)
		if term.Columns(line)+2+term.Columns(r.term) <= p.Width {
			p.Line(span(line+"  "+r.term, r.color))
			continue
		}
		p.Line(span(line, r.color))
		p.Text(indent("      ", "      "), r.term, r.color)
	}
}

// networkRow is a row of the table of networks. A term that does not fit is on a line of
// its own.
type networkRow struct {
	network, count, term string
	color                term.Color
}

// widest returns the widest networks of each family, each once.
func widest(networks []lint.Network) []lint.Network {
	var list []lint.Network
	n := make(map[bool]int) // by whether the family is IPv4
	shown := make(map[netip.Prefix]bool)
	for _, network := range networks {
		is4 := network.Network.Addr().Is4()
		if !shown[network.Network] && n[is4] < maxShownNetworks {
			list = append(list, network)
			n[is4]++
		}
		shown[network.Network] = true // by another term too
	}
	return list
}
