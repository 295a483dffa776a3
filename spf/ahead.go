package spf

import (
	"context"
	"slices"
	"sync"
)

// questions lists what a record is going to ask for this client, in the order
// of its terms, as far as can be told without DNS: the first term that matches
// by itself ends the list, and what needs %{p} is left out. room is how many
// terms may still cause lookups (RFC 7208, 4.6.4).
func questions(r *Record, domain string, m *macros, room int) []Question {
	var list []Question
	add := func(q Question, flaw nameError) {
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
			add(Question{target, TypeTXT}, flaw)
		case A:
			add(Question{target, m.addressType()}, flaw)
		case MX:
			add(Question{target, TypeMX}, flaw)
		case Exists:
			add(Question{target, TypeA}, flaw)
		case PTR:
			add(Question{reverseName(m.ip), TypePTR}, nameOK)
		}
	}
	if r.Redirect != nil && room > 0 {
		target, flaw := m.expandAhead(r.Redirect.Value, domain)
		add(Question{target, TypeTXT}, flaw)
	}
	return list
}

// expandAhead expands a domain-spec that needs no lookups for it.
func (m *macros) expandAhead(spec *MacroString, domain string) (string, nameError) {
	switch {
	case spec == nil:
		return domain, nameOK
	case spec.uses("p"):
		return "", nameMalformed
	}
	return m.expandName(spec, domain, nil)
}

// scout asks ahead for one evaluation, so that its answers are under way when
// it comes to them. It decides and counts nothing.
type scout struct {
	ctx    context.Context
	asker  Asker
	macros *macros
	begun  bool // by the evaluation, which alone reads it

	mu    sync.Mutex
	room  int        // terms that may still be asked ahead
	asked []Question // some ten; with many mx some hundred
}

func newScout(ctx context.Context, asker Asker, m *macros, terms int) *scout {
	return &scout{ctx: ctx, asker: asker, macros: m, room: terms}
}

// begin begins when the evaluation comes to the first question that it has to
// wait for, with all that the records on its path are going to ask. Before
// that, answers are in the cache and cost less than asking for them ahead.
func (s *scout) begin(q Question, path []scene) {
	if s.begun {
		return
	}
	a, known := s.asker.Stale(q)
	if known && a.TTL > 0 {
		return
	}
	s.begun = true
	s.first(q) // the evaluation asks it
	if known {
		s.next(q, a)
	}
	for _, on := range path {
		s.follow(on.record, on.domain)
	}
}

// ask starts a lookup and goes on with its answer, once for each question. If
// the answer has expired, what followed from it is asked at once: so all names
// of a known record are asked for together with its renewal.
func (s *scout) ask(q Question) {
	if !s.first(q) {
		return
	}
	known, ok := s.asker.Stale(q)
	if ok {
		s.next(q, known)
	}
	if ok && known.TTL > 0 {
		return
	}
	s.asker.Ask(s.ctx, q, func(a Answer) {
		// What goes wrong here, the evaluation will meet again.
		defer func() { _ = recover() }()
		s.next(q, a)
	})
}

// first notes a question, and tells whether it is a new one.
func (s *scout) first(q Question) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.Contains(s.asked, q) {
		return false
	}
	s.asked = append(s.asked, q)
	return true
}

// maxAhead is the size of the largest answer that is looked at ahead. Longer
// records than this are nobody's mail setup, and costly to parse.
const maxAhead = 8 << 10

// next asks what follows from an answer.
func (s *scout) next(q Question, a Answer) {
	if a.Size > maxAhead {
		return
	}
	switch q.Type {
	case TypeTXT:
		if r, _, _ := parseAnswer(a); r != nil {
			s.follow(r, q.Name)
		}
	case TypeMX, TypePTR:
		s.hosts(a)
	}
}

// follow asks what a record is going to ask.
func (s *scout) follow(r *Record, domain string) {
	s.mu.Lock()
	room := s.room
	s.mu.Unlock()
	for _, q := range questions(r, domain, s.macros, room) {
		if s.take(q) {
			s.ask(q)
		}
	}
}

// take uses up a term for a question, unless it was asked for already.
func (s *scout) take(q Question) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.Contains(s.asked, q) || s.room == 0 {
		return false
	}
	s.room--
	return true
}

// hosts asks for the addresses of the hosts in an MX or PTR answer.
func (s *scout) hosts(a Answer) {
	if len(a.Names) > maxMX {
		a.Names = a.Names[:maxMX] // of PTR names no more are used; more MX hosts are permerror
	}
	for _, host := range a.Names {
		if isHostName(host) {
			s.ask(Question{host, s.macros.addressType()})
		}
	}
}
