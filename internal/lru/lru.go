// Package lru implements a cache bounded in entries and in bytes, which evicts
// the entries used least recently.
package lru

// Cache maps keys to values. It is not safe for concurrent use.
//
// A key or a value that is part of a larger string keeps that string in memory;
// callers clone what they store.
type Cache[K comparable, V any] struct {
	maxEntries int
	maxBytes   int
	sizeOf     func(K, V) int

	entries map[K]*entry[K, V]
	used    entry[K, V] // sentinel of a ring: next is the most recently used, prev the least
	bytes   int
}

// entry is one element of the ring.
type entry[K comparable, V any] struct {
	prev, next *entry[K, V]
	key        K
	value      V
	size       int
}

// New returns an empty cache of at most maxEntries entries whose sizes add up to
// at most maxBytes. sizeOf estimates the memory that an entry occupies.
func New[K comparable, V any](maxEntries, maxBytes int, sizeOf func(K, V) int) *Cache[K, V] {
	c := &Cache[K, V]{
		maxEntries: maxEntries, maxBytes: maxBytes, sizeOf: sizeOf,
		entries: make(map[K]*entry[K, V]),
	}
	c.used.prev, c.used.next = &c.used, &c.used
	return c
}

// Len returns the number of entries.
func (c *Cache[K, V]) Len() int { return len(c.entries) }

// Bytes returns the sum of the entries' sizes.
func (c *Cache[K, V]) Bytes() int { return c.bytes }

// Get returns the value stored for key and marks it as the most recently used.
func (c *Cache[K, V]) Get(key K) (V, bool) {
	e, ok := c.entries[key]
	if !ok {
		var zero V
		return zero, false
	}
	e.unlink()
	e.insertAfter(&c.used)
	return e.value, true
}

// Peek returns the value stored for key without marking it as used.
func (c *Cache[K, V]) Peek(key K) (V, bool) {
	e, ok := c.entries[key]
	if !ok {
		var zero V
		return zero, false
	}
	return e.value, true
}

// Put stores value for key, replaces an earlier one, and evicts other entries as
// needed. An entry larger than the whole cache is not stored, but the earlier
// one is removed anyway.
func (c *Cache[K, V]) Put(key K, value V) {
	size := c.sizeOf(key, value)
	if size > c.maxBytes || c.maxEntries <= 0 {
		c.Remove(key)
		return
	}
	e, ok := c.entries[key]
	switch {
	case ok:
		e.unlink()
		c.bytes -= e.size
	case len(c.entries) == c.maxEntries:
		e = c.used.prev // reuse its memory
		c.remove(e)
		e.key = key
		c.entries[key] = e
	default:
		e = &entry[K, V]{key: key}
		c.entries[key] = e
	}
	e.value, e.size = value, size
	c.bytes += size
	e.insertAfter(&c.used)
	for c.bytes > c.maxBytes {
		c.remove(c.used.prev)
	}
}

// Remove deletes the entry for key, if there is one.
func (c *Cache[K, V]) Remove(key K) {
	if e, ok := c.entries[key]; ok {
		c.remove(e)
	}
}

func (c *Cache[K, V]) remove(e *entry[K, V]) {
	e.unlink()
	delete(c.entries, e.key)
	c.bytes -= e.size
}

func (e *entry[K, V]) unlink() {
	e.prev.next, e.next.prev = e.next, e.prev
}

func (e *entry[K, V]) insertAfter(p *entry[K, V]) {
	e.prev, e.next = p, p.next
	p.next.prev = e
	p.next = e
}
