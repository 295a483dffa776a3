package spf

import (
	"context"
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

	mu    sync.Mutex
	room  int // terms that may still be asked ahead
	asked map[Question]bool
}

func newScout(ctx context.Context, asker Asker, m *macros, terms int) *scout {
	return &scout{ctx: ctx, asker: asker, macros: m, room: terms}
}

// ask starts a lookup and goes on with its answer, once for each question.
func (s *scout) ask(q Question) {
	if !s.first(q) {
		return
	}
	go func() {
		// What goes wrong here, the evaluation will meet again.
		defer func() { _ = recover() }()
		s.recall(q)
		if a, err := s.asker.LookupAhead(s.ctx, q); err == nil {
			s.next(q, a)
		}
	}()
}

// first notes a question, and tells whether it is a new one.
func (s *scout) first(q Question) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked[q] {
		return false
	}
	if s.asked == nil {
		s.asked = make(map[Question]bool)
	}
	s.asked[q] = true
	return true
}

// recall goes on with what the answer to q was before it expired, so that all
// names of a known record are asked for together with its renewal.
func (s *scout) recall(q Question) {
	if a, ok := s.asker.Stale(q); ok {
		s.next(q, a)
	}
}

// next asks what follows from an answer.
func (s *scout) next(q Question, a Answer) {
	switch q.Type {
	case TypeTXT:
		text, n := selectRecord(a)
		if n != 1 {
			return
		}
		if r, err := Parse(text); err == nil {
			s.follow(r, q.Name, false)
		}
	case TypeMX, TypePTR:
		s.hosts(a, false)
	}
}

// follow asks what a record is going to ask. With begun, its evaluation begins
// now and asks the first question itself.
func (s *scout) follow(r *Record, domain string, begun bool) {
	s.mu.Lock()
	room := s.room
	s.mu.Unlock()
	list := questions(r, domain, s.macros, room)
	if begun && len(list) > 0 {
		list = list[1:]
	}
	for _, q := range list {
		if s.take(q) {
			s.ask(q)
		}
	}
}

// take uses up a term for a question, unless it was asked for already.
func (s *scout) take(q Question) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked[q] || s.room == 0 {
		return false
	}
	s.room--
	return true
}

// hosts asks for the addresses of the hosts in an MX or PTR answer; begun as
// for follow.
func (s *scout) hosts(a Answer, begun bool) {
	if len(a.Names) > maxMX {
		a.Names = a.Names[:maxMX] // of PTR names no more are used; more MX hosts are permerror
	}
	for i, host := range a.Names {
		if isHostName(host) && !(begun && i == 0) {
			s.ask(Question{host, s.macros.addressType()})
		}
	}
}
