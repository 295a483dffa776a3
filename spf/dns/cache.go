package dns

import (
	"math"
	"strings"
	"time"

	"policyd-spf/internal/lru"
)

const (
	// maxEntries bounds the number of answers. Most names that a mail server
	// looks up are HELO names, which have no record and do not come back. The
	// records of frequent senders and of their providers come back within a few
	// thousand lookups.
	maxEntries = 4096

	// maxBytes bounds the memory of the answers, whatever the name servers send.
	maxBytes = 1 << 20

	// maxEntryBytes bounds the memory of one answer: an answer of 64 kB must not
	// evict everything else. An SPF record has a few hundred bytes.
	maxEntryBytes = maxBytes / 32

	// entryBytes is the memory of an entry without name and data: itself and its
	// slot in the map. dataBytes is the memory of an Answer.
	entryBytes, dataBytes = 150, 120
)

// Cache is a Resolver that caches the answers of another one, each for its TTL.
// Negative answers are cached (RFC 2308, 5), failures and answers with a TTL of 0
// are not. It is bounded in entries and in bytes, and evicts the answers that were
// used least recently. Answers that have expired stay until they are evicted: see
// Peek.
//
// A Cache is not safe for concurrent use.
type Cache struct {
	resolver AsyncResolver
	answers  *lru.Cache[Question, entry]
	start    time.Time // entry.expires is relative to it, which is monotonic and short

	pending []*pending // in the order in which they were started
	prefetches
}

// entry is a cached answer. There are thousands of them, and most have no data, so
// it is small.
type entry struct {
	data     *Answer       // nil if the answer is void
	expires  time.Duration // since Cache.start
	size     uint16        // of the message, or the largest value
	nxdomain bool
	tcp      bool
}

// pending is a lookup in progress, or one whose outcome was not fetched yet. The
// answer to a prefetch is returned once even if it cannot be cached: otherwise the
// lookup that it was made for would send the query again.
type pending struct {
	*Call
	prefetch bool // started by Prefetch
	crowded  bool // other prefetches were in flight at the same time
	sent     time.Time
	wanted   time.Time // when a Lookup began to wait for it; the zero time if none did
	until    time.Time // the deadline of that Lookup
	settled  bool      // its outcome has been seen,
	arrived  time.Time // at this time
	seen     bool      // Next has returned it
}

// NewCache returns an empty cache of the answers of r. Prefetching needs an
// AsyncResolver.
func NewCache(r Resolver) *Cache {
	c := &Cache{
		answers: lru.New(maxEntries, maxBytes, func(q Question, e entry) int { return entrySize(q, e.data) }),
		start:   time.Now(),
	}
	if c.resolver, c.async = r.(AsyncResolver); !c.async {
		c.resolver = blocking{r}
	}
	return c
}

// Lookup implements Resolver.
func (c *Cache) Lookup(q Question, deadline time.Time) (Answer, error) {
	p := c.find(q)
	if expired(deadline) && (p == nil || p.wanted.IsZero()) {
		return Answer{}, &Error{Kind: OutOfTime, Question: q}
	}
	if p == nil {
		if e, ok := c.answers.Get(q); ok && e.expires > time.Since(c.start) {
			return c.answer(e), nil
		}
	}
	for {
		p := c.want(q, deadline)
		switch {
		case p.settled:
			return c.take(p, deadline)
		case expired(deadline): // a prefetch may last longer
			return Answer{}, &Error{Kind: Timeout, Question: q}
		}
		c.progress(deadline)
	}
}

// want returns the pending lookup of q, and starts it if necessary.
func (c *Cache) want(q Question, deadline time.Time) *pending {
	p := c.find(q)
	if p == nil {
		crowded := c.isPrefetching()
		p = c.add(&pending{Call: c.resolver.Start(q, deadline), crowded: crowded})
	}
	if p.wanted.IsZero() {
		p.wanted, p.until = time.Now(), deadline
	}
	return p
}

// find returns the pending lookup of q, or nil.
func (c *Cache) find(q Question) *pending {
	for _, p := range c.pending {
		if p.Question == q {
			return p
		}
	}
	return nil
}

// add adds a lookup that was started just now.
func (c *Cache) add(p *pending) *pending {
	p.sent = time.Now()
	c.pending = append(c.pending, p)
	if p.Done {
		c.settle(p)
	}
	return p
}

// progress waits until a pending lookup ends, or until a point in time.
func (c *Cache) progress(until time.Time) {
	c.resolver.Progress(until)
	for i := 0; i < len(c.pending); {
		p := c.pending[i]
		if p.Done && !p.settled {
			c.settle(p)
		}
		if i < len(c.pending) && c.pending[i] == p { // settle removes prefetches that failed
			i++
		}
	}
}

// settle records when a lookup ended, and drops a prefetch that failed.
func (c *Cache) settle(p *pending) {
	p.settled, p.arrived = true, time.Now()
	switch {
	case p.Err == nil:
		c.put(p.Question, p.Answer)
	case p.prefetch && !p.wanted.IsZero() && expired(p.until): // no time to send it again
		c.pausedUntil = p.arrived.Add(prefetchPause)
	case p.prefetch:
		c.prefetchFailed(p)
	}
}

// take removes a lookup and returns its outcome.
func (c *Cache) take(p *pending, deadline time.Time) (Answer, error) {
	c.remove(p)
	a, err := p.Answer, p.Err
	if err != nil {
		a, err = c.repeat(p, deadline)
	}
	a.TTL = max(a.TTL-time.Since(p.arrived), 0)
	a.Prefetched, a.Duration = p.prefetch, max(p.arrived.Sub(p.wanted), 0)
	return a, err
}

// remove removes a pending lookup.
func (c *Cache) remove(p *pending) {
	for i := range c.pending {
		if c.pending[i] == p {
			c.pending = append(c.pending[:i], c.pending[i+1:]...)
			return
		}
	}
}

// Peek implements Prefetcher.
func (c *Cache) Peek(q Question) (Answer, bool) {
	e, ok := c.answers.Peek(q)
	if !ok {
		return Answer{}, false
	}
	return c.answer(e), true
}

// answer returns the answer in an entry.
func (c *Cache) answer(e entry) Answer {
	a := Answer{NXDomain: e.nxdomain, Size: int(e.size), TCP: e.tcp}
	if e.data != nil {
		a = *e.data
	}
	a.TTL, a.Cached = max(e.expires-time.Since(c.start), 0), true
	return a
}

// put caches an answer, unless it is too large.
func (c *Cache) put(q Question, a Answer) {
	e := entry{
		expires:  time.Since(c.start) + a.TTL,
		size:     uint16(min(a.Size, math.MaxUint16)),
		nxdomain: a.NXDomain, tcp: a.TCP,
	}
	if !a.Void() {
		e.data = &a
	}
	if entrySize(q, e.data) > maxEntryBytes {
		c.answers.Remove(q)
		return
	}
	q.Name = strings.Clone(q.Name) // it may be part of a whole request
	c.answers.Put(q, e)
}

// entrySize estimates the memory of an entry.
func entrySize(q Question, data *Answer) int {
	const (
		stringHeader = 16
		sliceHeader  = 24 // and the size of an address
	)
	n := entryBytes + len(q.Name)
	if data == nil {
		return n
	}
	n += dataBytes + sliceHeader*(len(data.TXT)+len(data.Addrs)) + stringHeader*len(data.Names)
	for _, record := range data.TXT {
		n += stringHeader * len(record)
		for _, s := range record {
			n += len(s)
		}
	}
	for _, name := range data.Names {
		n += len(name)
	}
	return n
}

// blocking makes an AsyncResolver of a Resolver, whose Start blocks.
type blocking struct{ Resolver }

func (b blocking) Start(q Question, deadline time.Time) *Call {
	a, err := b.Lookup(q, deadline)
	return &Call{Question: q, Answer: a, Err: err, Done: true}
}

func (b blocking) StartOnce(q Question, deadline time.Time) *Call { return b.Start(q, deadline) }
func (b blocking) Cancel(*Call)                                   {}
func (b blocking) Progress(until time.Time)                       { time.Sleep(time.Until(until)) }
