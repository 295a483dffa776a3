package spf

import "policyd-spf/spf/dns"

// plannedLookups returns the lookups that a record needs for this client, in the
// order of its terms, as far as they can be predicted: a term that matches without
// lookups ends the list, and targets with %{p} are left out. terms is the number of
// terms that cause lookups; if it exceeds the limit (RFC 7208, 4.6.4), list is empty.
// known returns the records that need not be looked up, and nil for others.
func plannedLookups(r *Record, domain string, m *macros, limit int, known func(name string) *Record) (list []dns.Question, terms int) {
	predictions := maxPredicted
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
			return list, terms
		case IP4, IP6:
			if d.contains(d.Addr, m.ip) {
				return list, terms
			}
			continue
		}
		if terms++; terms > limit {
			return nil, terms
		}
		target, flaw := m.expandWithoutLookup(d.Domain, domain)
		switch d.Mechanism {
		case Include:
			if result, sure := predict(target, m, known, &predictions); sure && result == Pass {
				return list, terms - 1 // it needs no lookups
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
	if r.Redirect != nil {
		if terms++; terms > limit {
			return nil, terms
		}
		target, flaw := m.expandWithoutLookup(r.Redirect.Value, domain)
		add(dns.Question{Name: target, Type: dns.TypeTXT}, flaw)
	}
	return list, terms
}

// expandWithoutLookup expands a domain-spec, if that needs no lookups.
func (m *macros) expandWithoutLookup(spec *MacroString, domain string) (string, nameError) {
	switch {
	case spec == nil:
		return domain, nameOK
	case spec.Uses("p"):
		return "", nameMalformed
	}
	return m.expandName(spec, domain, nil)
}

// predict returns the result of the record of a name for this client, if it needs no
// lookups: networks, and includes and redirects to known records. remaining is the
// number of records that may still be looked at.
func predict(name string, m *macros, known func(name string) *Record, remaining *int) (result Result, sure bool) {
	if *remaining == 0 {
		return None, false
	}
	*remaining--
	r := known(name)
	if r == nil {
		return None, false
	}
	predictTarget := func(spec *MacroString) (Result, bool) {
		target, flaw := m.expandWithoutLookup(spec, name)
		if flaw != nameOK {
			return None, false
		}
		return predict(target, m, known, remaining)
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
			result, sure := predictTarget(d.Domain)
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
		return predictTarget(r.Redirect.Value)
	}
	return Neutral, true // RFC 7208, 4.7
}
