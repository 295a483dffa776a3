package report

import (
	"encoding/binary"
	"net/netip"
)

// mix combines two hashes.
func mix(a, b uint64) uint64 {
	a = (a ^ b) * 0x9E3779B97F4A7C15
	a ^= a >> 32
	a *= 0xD6E8FEB86659FD93
	return a ^ a>>32
}

func hashAddr(seed uint64, a netip.Addr) uint64 {
	b := a.As16()
	return mix(mix(seed, binary.BigEndian.Uint64(b[:8])), binary.BigEndian.Uint64(b[8:]))
}

func appendLower(to, b []byte) []byte {
	for _, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		to = append(to, c)
	}
	return to
}

// equalFold reports whether a and b are equal except for the case of US-ASCII letters.
func equalFold(a, b []byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i, c := range a {
		d := b[i]
		if c == d {
			continue
		}
		if c|0x20 != d|0x20 || c|0x20 < 'a' || c|0x20 > 'z' {
			return false
		}
	}
	return true
}

// nameHash returns a hash that is the same in each run (FNV-1a), in lower case.
func nameHash(name []byte) uint64 {
	h := uint64(0xCBF29CE484222325)
	for _, c := range name {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		h = (h ^ uint64(c)) * 0x100000001B3
	}
	return mix(h, 0)
}
