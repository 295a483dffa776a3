package conf

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"math/bits"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Networks is an immutable set of networks: the value of skip_addresses or
// Whitelist. A nil *Networks is an empty set.
//
// The address families are separate: only IPv6 networks contain an IPv4-mapped IPv6
// address.
type Networks struct {
	v4      []span[uint32]   // sorted and disjoint
	v6      []span[[16]byte] // sorted and disjoint
	invalid []string
}

// span is the range of a network's addresses, both ends included.
type span[A any] struct{ first, last A }

// ParseNetworks parses a list of networks separated by commas: addresses, alone
// or with /length, for IPv4 also with /netmask or /hostmask. The bits after the
// length must be zero. Invalid returns the entries that are not networks.
func ParseNetworks(text string) *Networks {
	n := new(Networks)
	for _, entry := range parseList(text) {
		switch prefix, err := parseNetwork(entry); {
		case err != nil:
			n.invalid = append(n.invalid, entry)
		case prefix.Addr().Is4():
			n.v4 = append(n.v4, span4(prefix))
		default:
			n.v6 = append(n.v6, span6(prefix))
		}
	}
	n.v4 = dropNested(n.v4, cmp.Compare[uint32])
	n.v6 = dropNested(n.v6, compare6)
	return n
}

// Find returns the widest network of the set that contains a, if there is one. It
// ignores the zone of a.
func (n *Networks) Find(a netip.Addr) (netip.Prefix, bool) {
	switch {
	case n == nil || !a.IsValid():
		return netip.Prefix{}, false
	case a.Is4():
		b := a.As4()
		s, ok := spanOf(n.v4, binary.BigEndian.Uint32(b[:]), cmp.Compare[uint32])
		if !ok {
			return netip.Prefix{}, false
		}
		binary.BigEndian.PutUint32(b[:], s.first)
		return netip.PrefixFrom(netip.AddrFrom4(b), bits.LeadingZeros32(s.first^s.last)), true
	default:
		s, ok := spanOf(n.v6, a.As16(), compare6)
		if !ok {
			return netip.Prefix{}, false
		}
		return netip.PrefixFrom(netip.AddrFrom16(s.first), commonBits(s.first, s.last)), true
	}
}

// Invalid returns the entries of the list that are not networks, in their order.
func (n *Networks) Invalid() []string {
	if n == nil {
		return nil
	}
	return n.invalid
}

// Empty reports whether the list had no entries, not even invalid ones.
func (n *Networks) Empty() bool {
	return n == nil || len(n.v4)+len(n.v6)+len(n.invalid) == 0
}

// dropNested sorts spans and removes those inside others. Networks do not overlap
// in any other way.
func dropNested[A any](spans []span[A], compare func(a, b A) int) []span[A] {
	slices.SortFunc(spans, func(a, b span[A]) int {
		return cmp.Or(compare(a.first, b.first), compare(b.last, a.last)) // the wider one first
	})
	kept := spans[:0]
	for _, s := range spans {
		if len(kept) == 0 || compare(s.first, kept[len(kept)-1].last) > 0 {
			kept = append(kept, s)
		}
	}
	return slices.Clip(kept)
}

// spanOf returns the span that contains a.
func spanOf[A any](spans []span[A], a A, compare func(a, b A) int) (span[A], bool) {
	i, exact := slices.BinarySearchFunc(spans, a, func(s span[A], a A) int { return compare(s.first, a) })
	if !exact {
		i-- // the last one that starts before a
	}
	if i < 0 || compare(a, spans[i].last) > 0 {
		return span[A]{}, false
	}
	return spans[i], true
}

func compare6(a, b [16]byte) int { return bytes.Compare(a[:], b[:]) }

func span4(p netip.Prefix) span[uint32] {
	b := p.Addr().As4()
	first := binary.BigEndian.Uint32(b[:])
	return span[uint32]{first, first | uint32(uint64(1)<<(32-p.Bits())-1)}
}

func span6(p netip.Prefix) span[[16]byte] {
	s := span[[16]byte]{p.Addr().As16(), p.Addr().As16()}
	for i := p.Bits(); i < 128; i++ {
		s.last[i/8] |= 0x80 >> (i % 8)
	}
	return s
}

// commonBits returns the length of the longest common prefix of a and b, in bits.
func commonBits(a, b [16]byte) int {
	for i := range a {
		if a[i] != b[i] {
			return i*8 + bits.LeadingZeros8(a[i]^b[i])
		}
	}
	return 128
}

var (
	errNetwork  = errors.New("not a network")
	errHostBits = errors.New("a network with host bits set")
)

// parseNetwork parses an entry. With errHostBits it returns the network that is
// probably meant.
func parseNetwork(entry string) (netip.Prefix, error) {
	address, length, hasLength := strings.Cut(entry, "/")
	a, err := netip.ParseAddr(address)
	if err != nil {
		return netip.Prefix{}, errNetwork
	}
	n := a.BitLen()
	if hasLength {
		if n, err = parseLength(length, a); err != nil {
			return netip.Prefix{}, err
		}
	}
	p := netip.PrefixFrom(a, n)
	if p.Masked() != p {
		return p.Masked(), errHostBits
	}
	return p, nil
}

// parseLength parses the part of an entry after the slash: a length or, for IPv4,
// a netmask or hostmask.
func parseLength(text string, a netip.Addr) (int, error) {
	if text != "" && strings.Trim(text, "0123456789") == "" {
		n, err := strconv.ParseUint(text, 10, 8)
		if err != nil || int(n) > a.BitLen() {
			return 0, errNetwork
		}
		return int(n), nil
	}
	m, err := netip.ParseAddr(text)
	if err != nil || !m.Is4() || !a.Is4() {
		return 0, errNetwork
	}
	b := m.As4()
	mask := binary.BigEndian.Uint32(b[:])
	switch {
	case bits.LeadingZeros32(^mask)+bits.TrailingZeros32(mask) >= 32: // a netmask
		return bits.LeadingZeros32(^mask), nil
	case bits.LeadingZeros32(mask)+bits.TrailingZeros32(^mask) >= 32: // a hostmask
		return bits.LeadingZeros32(mask), nil
	}
	return 0, errNetwork
}
