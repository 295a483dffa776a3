package report

import (
	"math"
	"math/bits"
)

const (
	// maxExact is the number of distinct elements up to which counts are exact. A
	// set of that many hashes takes 256 kB.
	maxExact = 1 << 14

	// registerBits makes 2^14 registers, and so a standard error of 0.8 %.
	registerBits = 14
)

// distinct counts distinct hashes: the first maxExact of them exactly, then by
// HyperLogLog (Flajolet et al., 2007). Hashes must be uniform in 64 bits.
type distinct struct {
	set       []uint64 // open addressing; 0 is free
	n         int      // in set
	registers []uint8  // nil before set is full
}

// add adds a hash.
func (d *distinct) add(h uint64) {
	if h == 0 {
		h = 1
	}
	if d.registers != nil {
		d.register(h)
		return
	}
	if 2*(d.n+1) > len(d.set) {
		d.grow()
	}
	if insertHash(d.set, h) {
		d.n++
	}
	if d.n > maxExact {
		d.registers = make([]uint8, 1<<registerBits)
		for _, h := range d.set {
			if h != 0 {
				d.register(h)
			}
		}
		d.set = nil
	}
}

func (d *distinct) grow() {
	set := make([]uint64, max(16, 2*len(d.set)))
	for _, h := range d.set {
		if h != 0 {
			insertHash(set, h)
		}
	}
	d.set = set
}

// insertHash reports whether h was not in set.
func insertHash(set []uint64, h uint64) bool {
	mask := uint64(len(set) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		switch set[i] {
		case h:
			return false
		case 0:
			set[i] = h
			return true
		}
	}
}

func (d *distinct) register(h uint64) {
	i := h >> (64 - registerBits)
	rank := uint8(bits.LeadingZeros64(h<<registerBits|1<<(registerBits-1))) + 1
	d.registers[i] = max(d.registers[i], rank)
}

// count returns the number of distinct hashes.
func (d *distinct) count() int64 {
	if d.registers == nil {
		return int64(d.n)
	}
	const m = 1 << registerBits
	const alpha = 0.7213 / (1 + 1.079/m)
	sum, zeros := 0.0, 0
	for _, r := range d.registers {
		sum += math.Ldexp(1, -int(r))
		if r == 0 {
			zeros++
		}
	}
	estimate := alpha * m * m / sum
	if estimate <= 2.5*m && zeros > 0 { // linear counting is better here
		estimate = m * math.Log(m/float64(zeros))
	}
	return int64(estimate + 0.5)
}

// maxBitmap is the number of bits in a bitmap.
const maxBitmap = 256

// bitmap counts a few distinct hashes in little memory, by linear counting: nearly
// exactly up to a few dozen, with an error of about 10 % at a thousand.
type bitmap [maxBitmap / 64]uint64

func (b *bitmap) add(h uint64) { b[h>>6&(maxBitmap/64-1)] |= 1 << (h & 63) }

func (b *bitmap) merge(o *bitmap) {
	for i := range b {
		b[i] |= o[i]
	}
}

// common returns the number of bits that both bitmaps have.
func (b *bitmap) common(o *bitmap) int {
	n := 0
	for i, w := range b {
		n += bits.OnesCount64(w & o[i])
	}
	return n
}

// ones returns the number of bits that are set.
func (b *bitmap) ones() int {
	n := 0
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

// count returns the approximate number of distinct hashes.
func (b *bitmap) count() int64 {
	zeros := max(maxBitmap-b.ones(), 1)
	return int64(maxBitmap*math.Log(maxBitmap/float64(zeros)) + 0.5)
}
