package report

import (
	"net/netip"

	"policyd-spf/maillog"
)

const (
	// maxNetworks is the number of networks in the table. An entry takes 16 bytes.
	maxNetworks = 1 << 16

	// minGuesses is the least number of recipients without a mailbox that makes a
	// network one of forgers.
	minGuesses = 3
)

// networkOf returns the network that an address is in, by its first 24 or 64 bits: that
// of one site, or of one owner in a data center.
func networkOf(addr netip.Addr) netip.Addr {
	const site4, site6 = 24, 64
	bits := site6
	if addr = addr.Unmap(); addr.Is4() {
		bits = site4
	}
	network, err := addr.Prefix(bits)
	if err != nil {
		return addr
	}
	return network.Addr()
}

// network counts the recipients of all mail from a network, whatever SPF says of it.
type network struct {
	tag        uint64
	recipients uint32
	unknown    uint32 // without a mailbox
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
	tag := hashAddr(t.seed, networkOf(p.client))
	e := &t.entries[tag%maxNetworks]
	if e.tag != tag {
		if e.recipients > uint32(p.nRecipients) {
			return
		}
		*e = network{tag: tag}
	}
	e.recipients += uint32(p.nRecipients)
	e.unknown += uint32(p.unknown)
}

// guesses reports whether the network of an address writes to addresses without a
// mailbox so often that it must guess them.
func (t *networkTable) guesses(addr netip.Addr) bool {
	if t.entries == nil {
		return false
	}
	tag := hashAddr(t.seed, networkOf(addr))
	e := &t.entries[tag%maxNetworks]
	return e.tag == tag && e.unknown >= minGuesses && e.unknown*forgerUnknown >= e.recipients
}
