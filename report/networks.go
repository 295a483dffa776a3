package report

import (
	"bytes"
	"math/bits"
	"net/netip"
	"time"

	"policyd-spf/maillog"
)

const (
	// maxNetworks is the number of networks in the table. An entry takes 48 bytes.
	maxNetworks = 1 << 16

	// minGuesses is the least number of recipients without a mailbox that makes a
	// network one of forgers.
	minGuesses = 3
)

// networkOf returns the network that an address is in, by its first 24 or 64 bits: that
// of one site, or of one owner in a data center.
func networkOf(addr netip.Addr) netip.Addr {
	if addr = addr.Unmap(); addr.Is4() {
		b := addr.As4()
		b[3] = 0
		return netip.AddrFrom4(b)
	}
	b := addr.As16()
	clear(b[8:])
	return netip.AddrFrom16(b)
}

// network has the counts of all mail from a network, whatever SPF says of it.
type network struct {
	tag         uint64
	recipients  uint32
	unknown     uint32 // recipients without a mailbox
	first, last int64  // seconds

	// Bits by hash modulo 64.
	mailboxes uint64 // distinct recipients
	domains   uint64 // distinct senders' domains, by first label: relatives count once
	hours     uint64
}

// networkTable holds networks by hash. Of two with the same place, the one with more
// recipients keeps it.
type networkTable struct {
	entries []network
	seed    uint64
}

func (t *networkTable) count(p *pending) {
	if p.nRecipients == 0 || p.known&maillog.HasClient == 0 {
		return
	}
	if t.entries == nil {
		t.entries = make([]network, maxNetworks)
	}
	seconds := p.at / int64(time.Second)
	tag := hashAddr(t.seed, networkOf(p.client))
	e := &t.entries[tag%maxNetworks]
	if e.tag != tag {
		if e.recipients > uint32(p.nRecipients) {
			return
		}
		*e = network{tag: tag, first: seconds, last: seconds}
	}
	e.recipients += uint32(p.nRecipients)
	e.unknown += uint32(p.unknown)
	e.first, e.last = min(e.first, seconds), max(e.last, seconds)
	for _, h := range p.recipients[:p.nRecipients] {
		e.mailboxes |= 1 << (h & 63)
	}
	if domain := p.domain(); len(domain) > 0 {
		label, _, _ := bytes.Cut(orgDomain(domain), []byte("."))
		e.domains |= 1 << (nameHash(label) & 63)
	}
	e.hours |= 1 << (mix(uint64(seconds/secondsPerHour), 0) & 63)
}

// find returns the network of an address, nil if it is not in the table.
func (t *networkTable) find(addr netip.Addr) *network {
	if t.entries == nil {
		return nil
	}
	tag := hashAddr(t.seed, networkOf(addr))
	if e := &t.entries[tag%maxNetworks]; e.tag == tag {
		return e
	}
	return nil
}

// guesses reports whether the network of an address writes to addresses without a
// mailbox so often that it must guess them.
func (t *networkTable) guesses(addr netip.Addr) bool {
	e := t.find(addr)
	return e != nil && e.unknown >= minGuesses && e.unknown*forgerUnknown >= e.recipients
}

// isOneBurst reports whether all mail of the network of an address came in one burst, of
// unrelated domains to as many mailboxes.
func (t *networkTable) isOneBurst(addr netip.Addr) bool {
	e := t.find(addr)
	return e != nil && e.recipients >= minOneBurst && e.last-e.first < oneBurst && bits.OnesCount64(e.domains) > 1 &&
		3*bits.OnesCount64(e.mailboxes) > 2*int(min(e.recipients, 64/2))
}

// hours returns the number of hours in which the network of an address sent mail, at
// most 64.
func (t *networkTable) hours(addr netip.Addr) int64 {
	e := t.find(addr)
	if e == nil {
		return 64
	}
	return int64(bits.OnesCount64(e.hours))
}
