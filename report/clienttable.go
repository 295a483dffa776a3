package report

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"net/netip"
)

const (
	// maxClients bounds the table of clients with mail that a setting could
	// refuse. An entry takes less than 600 bytes.
	maxClients = 1 << 16

	// evictionSample is the number of entries from which the one to evict is chosen.
	evictionSample = 16

	// maxFilter is the size of the filter of evicted clients, in words: with five
	// million clients in it, the rate of false positives is one in 15.
	maxFilter = 1 << 19
)

// clientTable holds a limited number of clients. It evicts the one that is least likely
// to be a forwarder or a domain's own server: seen on few days, with few messages, and
// without a forward-confirmed name. A client that returns after its eviction is marked,
// so a flood of clients that are seen once does not displace one that sends a message
// a day.
type clientTable struct {
	chunks   [][]client // of chunkSize each
	n        int
	seed     uint64
	nameSeed maphash.Seed
	index    []uint32 // open addressing: the number of a client, from 1
	hand     int      // where the next sample begins
	filter   []uint64 // a Bloom filter of evicted clients
	evicted  int64

	// lost counts the messages of evicted clients; lostConfirmed those of clients
	// with a forward-confirmed HELO name.
	lost, lostConfirmed tally
}

// chunkSize is how many clients are allocated at a time.
const chunkSize = 1 << 10

// indexSize keeps the index half empty.
const indexSize = 2 * maxClients

func (t *clientTable) at(i int) *client { return &t.chunks[i/chunkSize][i%chunkSize] }

func (t *clientTable) hash(key *[16]byte) uint64 {
	return mix(mix(binary.LittleEndian.Uint64(key[:8]), t.seed), binary.LittleEndian.Uint64(key[8:]))
}

// get returns the entry of a client.
func (t *clientTable) get(addr netip.Addr) *client {
	if t.index == nil {
		t.index = make([]uint32, indexSize)
	}
	key := addr.As16()
	h := t.hash(&key)
	slot := h % indexSize
	for t.index[slot] != 0 {
		if c := t.at(int(t.index[slot]) - 1); c.addr == key {
			return c
		}
		slot = (slot + 1) % indexSize
	}
	i := t.n
	if i < maxClients {
		if i%chunkSize == 0 {
			t.chunks = append(t.chunks, make([]client, chunkSize))
		}
		t.n++
	} else {
		i = t.evict()
		for slot = h % indexSize; t.index[slot] != 0; slot = (slot + 1) % indexSize {
		}
	}
	t.index[slot] = uint32(i) + 1
	c := t.at(i)
	*c = client{addr: key, returned: t.filter != nil && t.inFilter(h)}
	return c
}

// evict removes a client and returns its free slot.
func (t *clientTable) evict() int {
	worst, low := 0, 0
	for n := range evictionSample {
		i := (t.hand + n) % t.n
		if w := t.at(i).worth(); n == 0 || w < low {
			worst, low = i, w
		}
	}
	t.hand = (t.hand + evictionSample) % t.n
	c := t.at(worst)
	t.evicted++
	t.lost.merge(&c.tally)
	if c.leadsBack() {
		t.lostConfirmed.merge(&c.tally)
	}
	if t.filter == nil {
		t.filter = make([]uint64, maxFilter)
	}
	h := t.hash(&c.addr)
	for _, b := range filterBits(h) {
		t.filter[b>>6] |= 1 << (b & 63)
	}
	t.remove(h, uint32(worst)+1)
	return worst
}

// remove removes a number from the index, and moves up the entries that it had
// displaced.
func (t *clientTable) remove(h uint64, number uint32) {
	hole := h % indexSize
	for t.index[hole] != number {
		hole = (hole + 1) % indexSize
	}
	for next := (hole + 1) % indexSize; t.index[next] != 0; next = (next + 1) % indexSize {
		home := t.hash(&t.at(int(t.index[next])-1).addr) % indexSize
		if (next-home)%indexSize >= (next-hole)%indexSize {
			t.index[hole] = t.index[next]
			hole = next
		}
	}
	t.index[hole] = 0
}

func filterBits(h uint64) [2]uint64 {
	const mask = maxFilter*64 - 1
	return [2]uint64{h & mask, h >> 32 & mask}
}

func (t *clientTable) inFilter(h uint64) bool {
	for _, b := range filterBits(h) {
		if t.filter[b>>6]&(1<<(b&63)) == 0 {
			return false
		}
	}
	return true
}

// worth orders clients by how likely a finding about them is.
func (c *client) worth() int {
	w := 4*c.dayCount() + bits.Len64(uint64(c.tally.total()))
	if c.leadsBack() {
		w += 4
	}
	if c.returned {
		w += 4
	}
	return w
}
