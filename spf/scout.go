package spf

import (
	"context"
	"slices"
	"sync"

	"policyd-spf/spf/dns"
)

// scout asks ahead for one evaluation, so that its answers are under way when
// it comes to them. It decides and counts nothing.
type scout struct {
	ctx    context.Context
	asker  dns.Asker
	macros *macros

	mu    sync.Mutex
	room  int            // terms that may still be asked ahead
	asked []dns.Question // some ten; with many mx some hundred
}

func newScout(ctx context.Context, asker dns.Asker, m *macros, terms int) *scout {
	return &scout{ctx: ctx, asker: asker, macros: m, room: terms}
}

// wait is told of a question that the evaluation comes to. If it has to wait for
// the answer, all that the records on its path are going to ask is asked
// meanwhile, and so are the hosts of an MX or PTR answer. Else the evaluation may
// well end before it comes to that.
func (s *scout) wait(q dns.Question, path []frame) {
	a, known := s.asker.Stale(q)
	if known && a.TTL > 0 {
		return
	}
	if s.first(q) && known { // the evaluation asks it
		s.next(q, a)
	}
	for i := range path {
		on := &path[i]
		switch {
		case on.followed:
		case on.record != nil:
			s.follow(on.record, on.domain)
		default:
			s.hosts(on.hosts)
		}
		on.followed = true
	}
}

// ask starts a lookup and goes on with its answer, once for each question. If
// the answer has expired, what followed from it is asked at once: so all names
// of a known record are asked for together with its renewal.
func (s *scout) ask(q dns.Question) {
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
	s.asker.Ask(s.ctx, q, func(a dns.Answer) {
		// What goes wrong here, the evaluation will meet again.
		defer func() { _ = recover() }()
		s.next(q, a)
	})
}

// first notes a question, and tells whether it is a new one.
func (s *scout) first(q dns.Question) bool {
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
func (s *scout) next(q dns.Question, a dns.Answer) {
	if a.Size > maxAhead {
		return
	}
	switch q.Type {
	case dns.TypeTXT:
		if r, _, _ := parseAnswer(a); r != nil {
			s.follow(r, q.Name)
		}
	case dns.TypeMX, dns.TypePTR:
		s.hosts(a.Names)
	}
}

// follow asks what a record is going to ask.
func (s *scout) follow(r *Record, domain string) {
	s.mu.Lock()
	room := s.room
	s.mu.Unlock()
	for _, q := range questions(r, domain, s.macros, room, s.known) {
		if s.take(q) {
			s.ask(q)
		}
	}
}

// known gives the record of a name if there is no need to ask for it.
func (s *scout) known(name string) *Record {
	a, ok := s.asker.Stale(dns.Question{Name: name, Type: dns.TypeTXT})
	if !ok || a.TTL <= 0 || a.Size > maxAhead {
		return nil
	}
	r, _, _ := parseAnswer(a)
	return r
}

// take uses up a term for a question, unless it was asked for already.
func (s *scout) take(q dns.Question) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.Contains(s.asked, q) || s.room == 0 {
		return false
	}
	s.room--
	return true
}

// hosts asks for the addresses of the hosts in an MX or PTR answer.
func (s *scout) hosts(names []string) {
	// Of PTR names no more are used; more MX hosts are permerror.
	for _, host := range names[:min(len(names), MaxMXHosts)] {
		if IsHostName(host) {
			s.ask(dns.Question{Name: host, Type: s.macros.addressType()})
		}
	}
}
