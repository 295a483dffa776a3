package spf

// Limits are the processing limits of RFC 7208, 4.6.4, that can be set.
type Limits struct {
	Lookups     int // terms that cause lookups; more are permerror
	VoidLookups int // void lookups; more are permerror
}

// DefaultLimits are those of the RFC: 10 terms and 2 void lookups.
func DefaultLimits() Limits { return Limits{Lookups: 10, VoidLookups: 2} }

// Limits that cannot be set (RFC 7208, 4.6.4).
const (
	MaxMXHosts = 10 // hosts of one mx; more are permerror
	maxPTR     = 10 // names of the client's address; more are ignored
)

// budget counts what an evaluation uses, and fails where it is used up.
type budget struct {
	limits      Limits
	lookups     int
	voidLookups int
}

// countLookup counts a term that causes lookups.
func (b *budget) countLookup() error {
	b.lookups++
	if b.lookups > b.limits.Lookups {
		return &LimitError{LookupLimit, b.limits.Lookups}
	}
	return nil
}

// countVoid counts a void lookup.
func (b *budget) countVoid() error {
	b.voidLookups++
	if b.voidLookups > b.limits.VoidLookups {
		return &LimitError{VoidLookupLimit, b.limits.VoidLookups}
	}
	return nil
}
