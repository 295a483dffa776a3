package spf

// Limits are the processing limits of RFC 7208, 4.6.4, that a caller can set.
type Limits struct {
	Lookups     int // terms that cause lookups; one more is permerror
	VoidLookups int // void lookups; one more is permerror
}

// DefaultLimits returns the limits of the RFC: 10 lookups and 2 void lookups.
func DefaultLimits() Limits { return Limits{Lookups: 10, VoidLookups: 2} }

// Fixed limits (RFC 7208, 4.6.4).
const (
	MaxMXHosts = 10 // hosts of one mx term; one more is permerror
	maxPTR     = 10 // PTR names of the client's address; the rest is ignored
)

// budget counts the lookups of an evaluation against its limits.
type budget struct {
	limits      Limits
	lookups     int
	voidLookups int
}

// countLookup counts a term that causes lookups. The error is a *LimitError.
func (b *budget) countLookup() error {
	b.lookups++
	if b.lookups > b.limits.Lookups {
		return &LimitError{LookupLimit, b.limits.Lookups}
	}
	return nil
}

// countVoid counts a void lookup. The error is a *LimitError.
func (b *budget) countVoid() error {
	b.voidLookups++
	if b.voidLookups > b.limits.VoidLookups {
		return &LimitError{VoidLookupLimit, b.limits.VoidLookups}
	}
	return nil
}
