package explain

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"policyd-spf/internal/term"
	"policyd-spf/spf"
	"policyd-spf/spf/dns"
	"policyd-spf/spf/lint"
)

// maxShownNetworks is how many of the widest networks of each family are printed.
const maxShownNetworks = 5

// Text returns the audit as text for people, the worst findings first.
func (d *Audit) Text(style Style) string {
	p := &printer{term.NewPrinter(style)}
	s := d.survey
	broken, risky := 0, 0
	for _, f := range s.Findings {
		switch f.Kind.Severity() {
		case lint.Broken:
			broken++
		case lint.Risky:
			risky++
		}
	}
	switch {
	case broken > 0:
		p.Text(indent("", "  "), p.Safe(s.Domain)+": SPF does not work as it should", term.Red)
	case risky > 0:
		p.Text(indent("", "  "), p.Safe(s.Domain)+": SPF works, but some of it is unwise", term.Yellow)
	default:
		p.Text(indent("", "  "), p.Safe(s.Domain)+": SPF works", term.Green)
	}
	p.Line(span(fmt.Sprintf("  terms with lookups      %d/%d", s.Lookups, s.Limits.Lookups), term.Plain))
	p.Line(span(fmt.Sprintf("  void lookups            %d/%d for IPv4 clients, %d/%d for IPv6", s.VoidLookups4, s.Limits.VoidLookups, s.VoidLookups6, s.Limits.VoidLookups), term.Plain))
	p.Line(span(fmt.Sprintf("  records                 %d", len(s.Records)), term.Plain))
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
	p.auditTree(s)
	p.networks(s)
	return p.String()
}

// finding prints a finding and its place in the record.
func (p *printer) finding(f lint.Finding) {
	p.Text(indent("  * ", "    "), p.Safe(message(f)), term.Plain)
	if at, length := location(f); length > 0 && f.Record != nil {
		p.linesWithCarets("      ", f.Record.Text, at, length)
	}
	if f.Kind == lint.FoundSeveralRecords {
		l := lookup(spf.LookupEvent{Question: dns.Question{Name: f.Record.Domain, Type: dns.TypeTXT}, Answer: f.Record.Answer})
		for _, text := range l.records() {
			p.recordWithCarets(indent("      ", "        "), text, 0, 0, "")
		}
	}
}

// message returns a finding as a sentence.
func message(f lint.Finding) string {
	domain, term := "", ""
	if f.Record != nil {
		domain = f.Record.Domain
	}
	if f.Term != nil {
		term = f.Term.Source()
	}
	switch f.Kind {
	case lint.FoundNoRecord:
		return domain + " has no SPF record"
	case lint.FoundSeveralRecords:
		return domain + " has more than one SPF record: permerror for every client (RFC 7208, 4.5)"
	case lint.FoundSyntaxError:
		return fmt.Sprintf("%s: permerror: %s", domain, f.Err.(*spf.SyntaxError).Kind)
	case lint.FoundLoop:
		return domain + ": this leads back to a record that leads here: permerror"
	case lint.FoundIncludeNoRecord:
		return fmt.Sprintf("%s: %s has no SPF record: permerror (RFC 7208, 5.2)", domain, f.Name)
	case lint.FoundRedirectNoRecord:
		return fmt.Sprintf("%s: %s has no SPF record: permerror (RFC 7208, 6.1)", domain, f.Name)
	case lint.FoundTermLimit:
		return fmt.Sprintf("%s: %d terms cause lookups, and the limit is %d: permerror from this one on (RFC 7208, 4.6.4)", domain, f.Count, f.Limit)
	case lint.FoundVoidLimit:
		return fmt.Sprintf("%d lookups find nothing, and the limit is %d: permerror for clients that no term matches (RFC 7208, 4.6.4)", f.Count, f.Limit)
	case lint.FoundVoidLimitIPv6:
		return fmt.Sprintf("%d lookups find nothing for IPv6 clients, and the limit is %d: permerror for those that no term matches (RFC 7208, 4.6.4)", f.Count, f.Limit)
	case lint.FoundMXLimit:
		return fmt.Sprintf("%s: %s has %s MX hosts, and the limit is %d: permerror (RFC 7208, 4.6.4)", domain, f.Name, hosts(f.Count), f.Limit)
	case lint.FoundDNSError:
		return fmt.Sprintf("%s cannot be looked up: temperror: %v", f.Name, f.Err)
	case lint.FoundPassAll:
		return domain + ": every client passes: anybody may send as " + domain
	case lint.FoundWideNetwork:
		return fmt.Sprintf("%s: %s is a wide network: %s", domain, f.Network, addresses(f.Network))
	case lint.FoundJoinedTerms:
		return fmt.Sprintf("%s: two strings of the TXT record join without a space to %q (RFC 7208, 3.3)", domain, f.Name)
	case lint.FoundAfterAll:
		return domain + ": a term after all is never evaluated (RFC 7208, 5.1)"
	case lint.FoundRedirectIgnored:
		return domain + ": redirect is ignored because of all (RFC 7208, 6.1)"
	case lint.FoundPTR:
		return domain + ": ptr is slow and unreliable, and should not be used (RFC 7208, 5.5)"
	case lint.FoundBadName:
		return domain + ": this name cannot exist"
	case lint.FoundDuplicateInclude:
		return fmt.Sprintf("%s: %s is already included", domain, f.Name)
	case lint.FoundUnknownModifier:
		return domain + ": unknown modifier, ignored"
	case lint.FoundNoAll:
		return domain + ": the record has neither all nor redirect: other clients are neutral (RFC 7208, 4.7)"
	case lint.FoundNeutralAll:
		return fmt.Sprintf("%s: %s says nothing about other clients", domain, term)
	case lint.FoundVoidLookup:
		return fmt.Sprintf("%s: %s has no data, a void lookup", domain, f.Name)
	case lint.FoundNeedsTCP:
		return fmt.Sprintf("%s: the answer has %d bytes; more than %d need TCP", domain, f.Count, f.Limit)
	case lint.FoundLarge:
		return fmt.Sprintf("%s: the answer has %d bytes; more than %d need EDNS", domain, f.Count, f.Limit)
	case lint.FoundMacro:
		return domain + ": this name depends on the client, and was not checked"
	}
	return "there is more than was checked"
}

// hosts returns a number of names; no more than dns.MaxNames are known.
func hosts(n int) string {
	if n >= dns.MaxNames {
		return fmt.Sprintf("%d or more", n)
	}
	return strconv.Itoa(n)
}

// addresses returns the size of a network.
func addresses(n netip.Prefix) string {
	bits := n.Addr().BitLen() - n.Bits()
	switch {
	case bits == 0:
		return "1 address"
	case bits <= 32:
		return fmt.Sprintf("%d addresses", 1<<bits)
	}
	return fmt.Sprintf("2^%d addresses", bits)
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
	switch {
	case r.Err != nil:
		p.Text(indent(b.Rest+"  ", b.Rest+"  "), p.Safe(strings.TrimPrefix(r.Err.Error(), r.Domain+": ")), term.Red)
	case r.Record == nil:
		p.Text(indent(b.Rest+"  ", b.Rest+"  "), "no SPF record", term.Red)
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

// countNetworks returns the number of leading terms that are networks.
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
	for _, event := range t.Lookups {
		l := lookup(spf.LookupEvent{Question: event.Question, Answer: event.Answer, Err: event.Err})
		if event.Err == nil && event.Answer.Void() && event.Question.Type == dns.TypeAAAA && s.VoidLookups6 <= s.Limits.VoidLookups {
			continue // most hosts have no IPv6 address, and it does not matter here
		}
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
	n := 0
	family := 0
	for _, network := range s.Networks {
		if bits := network.Network.Addr().BitLen(); bits != family {
			family, n = bits, 0
		}
		if n++; n > maxShownNetworks {
			continue
		}
		p.Pair(indent("  ", "  "), span(fmt.Sprintf("%-20s %s", network.Network, addresses(network.Network)), term.Plain),
			span(p.Safe(network.Term.Source())+" of "+p.Safe(network.Record.Domain), term.Dim))
	}
}
