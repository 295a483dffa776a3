package dns

import (
	"context"
	"math"
	"strings"
	"sync"
	"time"
)

const (
	// maxEntries bounds the answers kept. Most of what a process meets is asked
	// for once: HELO names, which have no record. What pays are the senders'
	// records and the providers' that they include, and they come back within
	// some thousand questions.
	maxEntries = 4096

	// maxBytes bounds what the answers kept take up, so that a process stays
	// small whatever the name servers send.
	maxBytes = 1 << 20

	// maxEntryBytes bounds a single answer: one of 64 kB must not push out
	// everything else. SPF records are some hundred octets long.
	maxEntryBytes = maxBytes / 32

	// entryBytes is what an entry takes up beside name and data: itself and its
	// place in the map. dataBytes is what data takes up beside its octets.
	entryBytes, dataBytes = 150, 120
)

// Cache keeps the answers of another Resolver by question, each for its TTL,
// negative ones too (RFC 2308, 5), but neither failures nor answers without a
// TTL. Lookups of one question at the same time become one. It is bounded in
// entries and bytes; the answers used least recently go first.
//
// What Ask asked for is handed over once even if it cannot be kept, as
// long as its context lasts: it was asked on behalf of a Lookup to come, which
// would otherwise ask again.
type Cache struct {
	resolver Resolver
	starter  Starter // the same, if it is one

	mu      sync.Mutex
	entries map[Question]*entry
	ring    entry // of entries, latest used first; this one is none itself
	bytes   int
	flights map[Question]*flight
	start   time.Time // what entry.expires is relative to: monotonic
}

// entry is what is known of a question. It stays when it has expired, until
// others need the room: see Stale. There are thousands of them, so they are
// small: most have neither data nor errand.
type entry struct {
	prev, next *entry
	question   Question
	data       *Answer       // nil if the answer is void
	expires    time.Duration // since Cache.start; 0 if there is no answer
	size       uint16        // of the answer's message, as far as that can tell
	bytes      uint16        // of this entry
	nxdomain   bool
	tcp        bool
	errand     *errand // nil once it is done
}

// errand is the outcome of an Ask that is still to be handed over.
type errand struct {
	owner context.Context // whose Ask it was
	err   error           // its failure; the entry's answer is then an older one
}

// answer gives the answer that an entry holds.
func (e *entry) answer() Answer {
	if e.data != nil {
		return *e.data
	}
	return Answer{NXDomain: e.nxdomain, Size: int(e.size), TCP: e.tcp}
}

// NewCache makes an empty cache of the answers that r gives.
func NewCache(r Resolver) *Cache {
	c := &Cache{resolver: r, entries: make(map[Question]*entry), flights: make(map[Question]*flight), start: time.Now()}
	c.starter, _ = r.(Starter)
	c.ring.prev, c.ring.next = &c.ring, &c.ring
	return c
}

// Stale gives the last answer to q that is known, even if it has expired. It
// is no more than a hint at what is going to be asked.
func (c *Cache) Stale(q Question) (Answer, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[q]
	if e == nil || e.expires == 0 {
		return Answer{}, false
	}
	a := e.answer()
	a.TTL, a.Cached = max(e.expires-time.Since(c.start), 0), true
	return a, true
}

// kept gives what is kept of q, if that can be used. A lookup that is itself
// ahead is not who has to be handed it.
func (c *Cache) kept(q Question, ahead bool) (a Answer, err error, ok bool) {
	e := c.entries[q]
	if e == nil {
		return Answer{}, nil, false
	}
	left := e.expires - time.Since(c.start)
	awaited := e.errand != nil && e.errand.owner.Err() == nil
	if !awaited && left <= 0 {
		return Answer{}, nil, false
	}
	if awaited {
		err = e.errand.err
	}
	a = e.answer()
	a.TTL, a.Cached = max(left, 0), true
	e.unlink()
	e.linkBehind(&c.ring)
	if awaited && !ahead {
		a.Ahead, a.Cached = true, false
		e.errand = nil
	}
	if err != nil {
		return Answer{}, err, true
	}
	return a, nil, true
}

// keep keeps the outcome of a lookup. An owner has yet to be handed it.
func (c *Cache) keep(q Question, f *flight, owner context.Context) {
	e := c.entries[q]
	if e != nil {
		c.drop(e)
	}
	if f.err == nil {
		e = newEntry(q, f.answer)
		if e == nil {
			return
		}
		e.expires = time.Since(c.start) + f.answer.TTL
	} else if e == nil {
		e = newEntry(q, Answer{})
	}
	e.errand = nil
	if owner != nil {
		e.errand = &errand{owner, f.err}
	}
	c.entries[e.question] = e
	c.bytes += int(e.bytes)
	e.linkBehind(&c.ring)
	for len(c.entries) > maxEntries || c.bytes > maxBytes {
		c.drop(c.ring.prev)
	}
}

// newEntry makes an entry of an answer, nil if that is too large to be kept.
func newEntry(q Question, a Answer) *entry {
	bytes := entryBytes + len(q.Name)
	e := &entry{size: uint16(min(a.Size, math.MaxUint16)), nxdomain: a.NXDomain, tcp: a.TCP}
	if !a.Void() {
		bytes += dataBytes + weight(a)
		e.data = &a
	}
	if bytes > maxEntryBytes {
		return nil
	}
	e.bytes = uint16(bytes)
	e.question = Question{strings.Clone(q.Name), q.Type} // it may be a part of a whole request
	return e
}

// drop forgets an entry.
func (c *Cache) drop(e *entry) {
	e.unlink()
	delete(c.entries, e.question)
	c.bytes -= int(e.bytes)
}

func (e *entry) unlink() {
	e.prev.next, e.next.prev = e.next, e.prev
}

func (e *entry) linkBehind(p *entry) {
	e.prev, e.next = p, p.next
	p.next.prev = e
	p.next = e
}

// weight estimates the octets that an answer's data take up.
func weight(a Answer) int {
	const (
		header = 16 // of a string
		slice  = 24 // or an address
	)
	n := slice*(len(a.TXT)+len(a.Addrs)) + header*len(a.Names)
	for _, record := range a.TXT {
		n += header * len(record)
		for _, s := range record {
			n += len(s)
		}
	}
	for _, name := range a.Names {
		n += len(name)
	}
	return n
}
