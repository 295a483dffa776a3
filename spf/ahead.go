package spf

import "policyd-spf/spf/dns"

// questions lists what a record is going to ask for this client, in the order
// of its terms, as far as can be told without DNS: the first term that matches
// by itself ends the list, and what needs %{p} is left out. room is how many
// terms may still cause lookups (RFC 7208, 4.6.4); known gives the records that
// need none, nil for the others.
func questions(r *Record, domain string, m *macros, room int, known func(name string) *Record) []dns.Question {
	var list []dns.Question
	left := maxForetold
	add := func(q dns.Question, flaw nameError) {
		if flaw == nameOK {
			list = append(list, q)
		}
	}
	for _, t := range r.Terms {
		d, ok := t.(*Directive)
		if !ok {
			continue
		}
		switch d.Mechanism {
		case All:
			return list
		case IP4, IP6:
			if d.contains(d.Addr, m.ip) {
				return list
			}
			continue
		}
		if room--; room < 0 {
			return list
		}
		target, flaw := m.expandAhead(d.Domain, domain)
		switch d.Mechanism {
		case Include:
			if result, sure := foretell(target, m, known, &left); sure && result == Pass {
				return list
			}
			add(dns.Question{Name: target, Type: dns.TypeTXT}, flaw)
		case A:
			add(dns.Question{Name: target, Type: m.addressType()}, flaw)
		case MX:
			add(dns.Question{Name: target, Type: dns.TypeMX}, flaw)
		case Exists:
			add(dns.Question{Name: target, Type: dns.TypeA}, flaw)
		case PTR:
			add(dns.Question{Name: dns.ReverseName(m.ip), Type: dns.TypePTR}, nameOK)
		}
	}
	if r.Redirect != nil && room > 0 {
		target, flaw := m.expandAhead(r.Redirect.Value, domain)
		add(dns.Question{Name: target, Type: dns.TypeTXT}, flaw)
	}
	return list
}

// expandAhead expands a domain-spec that needs no lookups for it.
func (m *macros) expandAhead(spec *MacroString, domain string) (string, nameError) {
	switch {
	case spec == nil:
		return domain, nameOK
	case spec.Uses("p"):
		return "", nameMalformed
	}
	return m.expandName(spec, domain, nil)
}

// maxForetold is how many records are looked at to foretell what a record's
// includes come to: a check comes to no more of them (RFC 7208, 4.6.4), and
// records that include one another many times over would take for ever.
const maxForetold = 10

// foretell gives the result of the record of a name for this client if nothing
// has to be asked for it: from networks, and from records that are known. left is
// how many of them may still be looked at.
func foretell(name string, m *macros, known func(name string) *Record, left *int) (result Result, sure bool) {
	if *left == 0 {
		return None, false
	}
	*left--
	r := known(name)
	if r == nil {
		return None, false
	}
	within := func(spec *MacroString) (Result, bool) {
		target, flaw := m.expandAhead(spec, name)
		if flaw != nameOK {
			return None, false
		}
		return foretell(target, m, known, left)
	}
	for _, t := range r.Terms {
		d, ok := t.(*Directive)
		if !ok {
			continue
		}
		matched := false
		switch d.Mechanism {
		case All:
			matched = true
		case IP4, IP6:
			matched = d.contains(d.Addr, m.ip)
		case Include:
			result, sure := within(d.Domain)
			if !sure {
				return None, false
			}
			matched = result == Pass // RFC 7208, 5.2
		default:
			return None, false
		}
		if matched {
			return d.Result(), true
		}
	}
	if r.Redirect != nil {
		return within(r.Redirect.Value)
	}
	return Neutral, true // RFC 7208, 4.7
}
