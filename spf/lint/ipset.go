package lint

import (
	"math/big"
	"net/netip"
	"slices"
)

// IPSet is a set of IPv4 and IPv6 addresses. The zero value is the empty set. Sets
// are values: no method changes one. All operations except NewIPSet, which sorts, are
// linear in the number of ranges.
type IPSet struct {
	ranges []ipRange // sorted, disjoint and not adjacent; IPv4 before IPv6
}

// ipRange is the addresses from first to last, both included, of one family.
type ipRange struct{ first, last netip.Addr }

// NewIPSet returns the union of networks.
func NewIPSet(networks ...netip.Prefix) IPSet {
	ranges := make([]ipRange, 0, len(networks))
	for _, n := range networks {
		if n.IsValid() {
			n = n.Masked()
			ranges = append(ranges, ipRange{n.Addr(), lastAddr(n)})
		}
	}
	return normalize(ranges)
}

// allAddresses returns the set of all addresses of both families.
func allAddresses() IPSet {
	return NewIPSet(netip.PrefixFrom(netip.IPv4Unspecified(), 0), netip.PrefixFrom(netip.IPv6Unspecified(), 0))
}

// normalize sorts ranges, in place, and joins those that overlap or touch.
func normalize(ranges []ipRange) IPSet {
	slices.SortFunc(ranges, func(a, b ipRange) int { return a.first.Compare(b.first) })
	return join(ranges)
}

// join joins sorted ranges that overlap or touch, in place.
func join(ranges []ipRange) IPSet {
	joined := ranges[:0]
	for _, r := range ranges {
		if n := len(joined); n > 0 && joined[n-1].touches(r.first) {
			if joined[n-1].last.Less(r.last) {
				joined[n-1].last = r.last
			}
			continue
		}
		joined = append(joined, r)
	}
	return IPSet{joined}
}

// touches reports whether an address that is not before the range is in it or
// follows it directly.
func (r ipRange) touches(a netip.Addr) bool {
	if a.BitLen() != r.last.BitLen() {
		return false
	}
	return !r.last.Less(a) || r.last.Next() == a
}

// lastAddr returns the last address of a network.
func lastAddr(n netip.Prefix) netip.Addr {
	b := n.Addr().AsSlice()
	for bit := n.Bits(); bit < n.Addr().BitLen(); bit++ {
		b[bit/8] |= 0x80 >> (bit % 8)
	}
	last, _ := netip.AddrFromSlice(b)
	return last
}

// IsEmpty reports whether the set has no address.
func (s IPSet) IsEmpty() bool { return len(s.ranges) == 0 }

// Union returns the addresses in s or t.
func (s IPSet) Union(t IPSet) IPSet {
	switch {
	case s.IsEmpty():
		return t
	case t.IsEmpty():
		return s
	}
	merged := make([]ipRange, 0, len(s.ranges)+len(t.ranges))
	a, b := s.ranges, t.ranges
	for len(a)+len(b) > 0 {
		if len(b) == 0 || len(a) > 0 && a[0].first.Less(b[0].first) {
			merged, a = append(merged, a[0]), a[1:]
		} else {
			merged, b = append(merged, b[0]), b[1:]
		}
	}
	return join(merged)
}

// Intersect returns the addresses in both s and t.
func (s IPSet) Intersect(t IPSet) IPSet {
	var out []ipRange
	for i, k := 0, 0; i < len(s.ranges) && k < len(t.ranges); {
		a, b := s.ranges[i], t.ranges[k]
		first, last := a.first, a.last
		if first.Less(b.first) {
			first = b.first
		}
		if b.last.Less(last) {
			last = b.last
		}
		if !last.Less(first) {
			out = append(out, ipRange{first, last})
		}
		if a.last.Less(b.last) {
			i++
		} else {
			k++
		}
	}
	return IPSet{out}
}

// Difference returns the addresses in s but not in t.
func (s IPSet) Difference(t IPSet) IPSet {
	var out []ipRange
	k := 0
	for _, r := range s.ranges {
		for k < len(t.ranges) && t.ranges[k].last.Less(r.first) {
			k++
		}
		open := true // some of r is left
		for i := k; open && i < len(t.ranges) && !r.last.Less(t.ranges[i].first); i++ {
			cut := t.ranges[i]
			if r.first.Less(cut.first) {
				out = append(out, ipRange{r.first, cut.first.Prev()})
			}
			if open = cut.last.Less(r.last); open {
				r.first = cut.last.Next()
			}
		}
		if open {
			out = append(out, r)
		}
	}
	return IPSet{out}
}

// Contains reports whether an address is in the set.
func (s IPSet) Contains(a netip.Addr) bool {
	i, found := slices.BinarySearchFunc(s.ranges, a, func(r ipRange, a netip.Addr) int { return r.first.Compare(a) })
	return found || i > 0 && !s.ranges[i-1].last.Less(a) && s.ranges[i-1].last.BitLen() == a.BitLen()
}

// ContainsSet reports whether every address in t is in s.
func (s IPSet) ContainsSet(t IPSet) bool { return t.Difference(s).IsEmpty() }

// Equal reports whether the sets have the same addresses.
func (s IPSet) Equal(t IPSet) bool { return slices.Equal(s.ranges, t.ranges) }

// Count returns the number of IPv4 and of IPv6 addresses. They are up to 2^32 and
// 2^128.
func (s IPSet) Count() (ip4, ip6 *big.Int) {
	ip4, ip6 = new(big.Int), new(big.Int)
	var first, last big.Int
	for _, r := range s.ranges {
		n := ip6
		if r.first.Is4() {
			n = ip4
		}
		first.SetBytes(r.first.AsSlice())
		last.SetBytes(r.last.AsSlice())
		n.Add(n, last.Sub(&last, &first))
		n.Add(n, big.NewInt(1))
	}
	return ip4, ip6
}

// Prefixes returns the fewest networks whose union is the set, in the order of
// their addresses, IPv4 first.
func (s IPSet) Prefixes() []netip.Prefix {
	var out []netip.Prefix
	for _, r := range s.ranges {
		for first := r.first; first.IsValid() && !r.last.Less(first); {
			bits := first.BitLen()
			for bits > 0 { // the widest network that begins at first and ends by last
				wider, err := first.Prefix(bits - 1)
				if err != nil || wider.Addr() != first || r.last.Less(lastAddr(wider)) {
					break
				}
				bits--
			}
			n := netip.PrefixFrom(first, bits)
			out = append(out, n)
			first = lastAddr(n).Next()
		}
	}
	return out
}

// aroundRange returns the ends of a range and the addresses plus and minus one.
func aroundRange(r ipRange) []netip.Addr {
	var out []netip.Addr
	for _, a := range []netip.Addr{r.first.Prev(), r.first, r.first.Next(), r.last.Prev(), r.last, r.last.Next()} {
		if a.IsValid() {
			out = append(out, a)
		}
	}
	return out
}
