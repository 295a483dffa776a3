package spf

// Limits are the processing limits of RFC 7208, 4.6.4, that can be set.
type Limits struct {
	Terms int // terms that cause lookups; more are permerror
	Voids int // void lookups; more are permerror
}

// DefaultLimits are those of the RFC: 10 terms and 2 void lookups.
func DefaultLimits() Limits { return Limits{Terms: 10, Voids: 2} }

// Limits that cannot be set (RFC 7208, 4.6.4).
const (
	maxMX  = 10 // hosts of one mx; more are permerror
	maxPTR = 10 // names of the client's address; more are ignored
)

// budget counts what an evaluation uses, and fails where it is used up.
type budget struct {
	limits Limits
	terms  int
	voids  int
}

// term counts a term that causes lookups.
func (b *budget) term() error {
	b.terms++
	if b.terms > b.limits.Terms {
		return &LimitError{TermLimit, b.limits.Terms}
	}
	return nil
}

// void counts a void lookup.
func (b *budget) void() error {
	b.voids++
	if b.voids > b.limits.Voids {
		return &LimitError{VoidLimit, b.limits.Voids}
	}
	return nil
}
