package spf

import (
	"slices"
	"time"

	"policyd-spf/spf/dns"
)

const (
	// maxPrefetchSize is the size of the largest answer whose record is
	// prefetched. Mail senders do not have longer records, and parsing them takes
	// time.
	maxPrefetchSize = 8 << 10

	// maxPredicted is the number of records that are examined to predict the
	// results of a record's includes. A check evaluates no more of them (RFC
	// 7208, 4.6.4), and without a limit, records that include one another many
	// times would take exponential time.
	maxPredicted = 10
)

// prefetcher starts the lookups of one evaluation before it needs them, while it
// waits for another answer. It only fills the cache: results and counts are those of
// the evaluation, which is sequential.
type prefetcher struct {
	cache     dns.Prefetcher
	records   *RecordCache
	macros    *macros
	next      *prefetcher // of the evaluation after this one, or nil
	limits    Limits
	evaluated int            // terms that the evaluation has counted (RFC 7208, 4.6.4)
	reserved  int            // terms that were planned and not evaluated yet
	voids     int            // void lookups among the answers that have arrived
	stopped   bool           // there were more of them than the check allows
	seen      []seenQuestion // about ten; with many mx terms a few hundred
	queue     []dns.Question // to be prefetched, in this order
}

// seenQuestion is a question that the evaluation or the prefetcher has reached.
type seenQuestion struct {
	dns.Question
	reserved bool // see prefetcher.reserved
	counted  bool // as a void lookup
	followed bool // the lookups that follow from an answer are planned
}

func newPrefetcher(c *Checker, m *macros) *prefetcher {
	return &prefetcher{
		cache: c.Prefetcher, records: c.Records, macros: m, limits: c.Limits,
	}
}

// beforeLookup is called when the evaluation is about to look up q. If it has to
// wait for the answer, beforeLookup starts this lookup, and then prefetches what the
// records and answers on the stack need. If not, the evaluation may end before it
// needs them. lookups is the number of terms counted so far.
func (p *prefetcher) beforeLookup(q dns.Question, stack []frame, lookups int, deadline time.Time) {
	known, ok := p.cache.Peek(q)
	isFresh := ok && known.TTL > 0
	if isFresh && len(p.seen) == 0 {
		return // most checks get by with the cache
	}
	p.evaluated = lookups
	first := p.markSeen(q)
	if s := p.find(q); s.reserved {
		s.reserved = false
		p.reserved--
	}
	if isFresh {
		return
	}
	p.cache.Start(q, deadline)
	later := p.queue
	p.queue = nil
	for i := range slices.Backward(stack) { // the innermost is needed first
		p.followFrame(&stack[i])
	}
	if first && ok {
		p.followAnswer(q, known) // the new answer is probably the same
	}
	p.queue = append(p.queue, later...)
	for {
		p.fill(deadline)
		arrived, a, ok := p.cache.Next(q, deadline)
		if !ok {
			return
		}
		for each := p; each != nil; each = each.next {
			each.countVoid(arrived, a)
			each.followAnswer(arrived, a)
		}
	}
}

// afterLookup is called with the answer to q.
func (p *prefetcher) afterLookup(q dns.Question, a dns.Answer) { p.countVoid(q, a) }

// fill starts as many of the queued lookups as the limits of the cache allow.
func (p *prefetcher) fill(deadline time.Time) {
	for each := p; each != nil; each = each.next {
		for len(each.queue) > 0 && p.cache.Prefetch(each.queue[0], deadline) {
			each.queue = each.queue[1:]
		}
	}
}

// planDomain plans the lookup of the record of the domain to check.
func (p *prefetcher) planDomain(domain string) {
	if name, flaw := toName(domain); flaw == nameOK {
		p.plan(dns.Question{Name: name, Type: dns.TypeTXT})
	}
}

// plan queues a lookup, each once. If an answer is known, what follows from it is
// planned as well: so all names of a known record are looked up at once when it has
// expired.
func (p *prefetcher) plan(q dns.Question) {
	if !p.markSeen(q) {
		return
	}
	known, ok := p.cache.Peek(q)
	if ok {
		p.followAnswer(q, known)
	}
	if !ok || known.TTL <= 0 {
		p.queue = append(p.queue, q)
	}
}

// markSeen records a question, and reports whether it is a new one.
func (p *prefetcher) markSeen(q dns.Question) bool {
	if p.find(q) != nil {
		return false
	}
	p.seen = append(p.seen, seenQuestion{Question: q})
	return true
}

func (p *prefetcher) find(q dns.Question) *seenQuestion {
	for i := range p.seen {
		if p.seen[i].Question == q {
			return &p.seen[i]
		}
	}
	return nil
}

// countVoid counts an answer that has no data, each once. If there are more than the
// check allows, it will probably end in permerror, and nothing more is prefetched.
func (p *prefetcher) countVoid(q dns.Question, a dns.Answer) {
	s := p.find(q)
	if s == nil || s.counted || !a.Void() {
		return
	}
	s.counted = true
	if p.voids++; p.voids > p.limits.VoidLookups {
		p.queue, p.stopped = nil, true
	}
}

// followAnswer plans what the evaluation needs after the answer to a question.
func (p *prefetcher) followAnswer(q dns.Question, a dns.Answer) {
	if a.Size > maxPrefetchSize || !p.markFollowed(q) {
		return
	}
	switch q.Type {
	case dns.TypeTXT:
		if r, _, _ := p.records.parseAnswer(a); r != nil {
			p.prefetchRecord(r, q.Name)
		}
	case dns.TypeMX, dns.TypePTR:
		p.planHosts(a.Names)
	}
}

// followFrame plans what the evaluation needs for a record or an answer that it has
// reached.
func (p *prefetcher) followFrame(f *frame) {
	p.markSeen(f.question) // unless it was answered from the cache, it was
	switch {
	case !p.markFollowed(f.question):
	case f.record != nil:
		p.prefetchRecord(f.record, f.question.Name)
	default:
		p.planHosts(f.hosts)
	}
}

// markFollowed records that an answer to a question is followed, and reports whether
// it is the first. Only one is followed: an expired answer or the new one.
func (p *prefetcher) markFollowed(q dns.Question) bool {
	s := p.find(q)
	if s == nil || s.followed || p.stopped {
		return false
	}
	s.followed = true
	return true
}

// prefetchRecord plans the lookups of a record, unless they would exceed the lookup
// limit of the check.
func (p *prefetcher) prefetchRecord(r *Record, domain string) {
	list, terms := plannedLookups(r, domain, p.macros, p.limits.Lookups, p.knownRecord)
	for _, q := range list {
		if a, ok := p.cache.Peek(q); p.find(q) != nil || ok && a.TTL > 0 {
			terms-- // it may have been evaluated
		}
	}
	if terms > p.remaining() {
		return
	}
	for _, q := range list {
		p.reserve(q)
	}
}

// remaining returns the number of terms that may still be planned.
func (p *prefetcher) remaining() int { return p.limits.Lookups - p.evaluated - p.reserved }

// reserve plans the lookup of a term, if it is a new one.
func (p *prefetcher) reserve(q dns.Question) {
	if p.find(q) != nil {
		return
	}
	p.plan(q)
	p.find(q).reserved = true
	p.reserved++
}

// knownRecord returns the record of a name if it need not be looked up.
func (p *prefetcher) knownRecord(name string) *Record {
	a, ok := p.cache.Peek(dns.Question{Name: name, Type: dns.TypeTXT})
	if !ok || a.TTL <= 0 || a.Size > maxPrefetchSize {
		return nil
	}
	r, _, _ := p.records.parseAnswer(a)
	return r
}

// planHosts plans the addresses of the hosts of an MX or PTR answer.
func (p *prefetcher) planHosts(names []string) {
	// More MX hosts are permerror; more PTR names are ignored.
	for _, host := range names[:min(len(names), MaxMXHosts)] {
		if IsHostName(host) {
			p.plan(dns.Question{Name: host, Type: p.macros.addressType()})
		}
	}
}
