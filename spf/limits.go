package spf

// Limits are the processing limits of RFC 7208, 4.6.4, that a caller can set.
type Limits struct {
	Lookups     int // terms that cause lookups; one more is permerror
	VoidLookups int // void lookups; one more is permerror

	// VoidTerms counts the terms that cause void lookups, which is the wording of
	// RFC 7208, 4.6.4, instead of the void lookups: an mx with three hosts that have no
	// address of the client's family counts once.
	VoidTerms bool

	// DualStack does not count the lookup of a host's IPv6 addresses as void if
	// the host has IPv4 addresses. That takes another lookup, made only after a
	// void one, and for ten hosts of a check at most.
	DualStack bool
}

// DefaultLimits returns the limits of the RFC: 10 lookups and 2 void lookups.
func DefaultLimits() Limits { return Limits{Lookups: 10, VoidLookups: 2} }

// Fixed limits (RFC 7208, 4.6.4).
const (
	MaxMXHosts = 10 // hosts of one mx term; one more is permerror
	maxPTR     = 10 // PTR names of the client's address; the rest is ignored
)

// maxIPv4Hosts is the number of lookups of IPv4 addresses that Limits.DualStack may
// add to a check: those of an mx term's hosts. Without a limit it would double the
// queries that a record can cause.
const maxIPv4Hosts = MaxMXHosts

// budget counts the lookups of an evaluation against its limits.
type budget struct {
	limits      Limits
	lookups     int
	voidLookups int
	termIsVoid  bool // the term being evaluated has caused a void lookup
	ipv4Hosts   int  // lookups made for limits.DualStack
}

// countLookup counts a term that causes lookups. The error is a *LimitError.
func (b *budget) countLookup() error {
	b.lookups++
	if b.lookups > b.limits.Lookups {
		return &LimitError{LookupLimit, b.limits.Lookups}
	}
	return nil
}

// beginTerm begins a term that may cause lookups.
func (b *budget) beginTerm() { b.termIsVoid = false }

// countVoid counts a void lookup, unless its term has been counted and only terms
// count. The error is a *LimitError.
func (b *budget) countVoid() (counted bool, err error) {
	if b.limits.VoidTerms && b.termIsVoid {
		return false, nil
	}
	b.termIsVoid = true
	b.voidLookups++
	if b.voidLookups > b.limits.VoidLookups {
		return true, &LimitError{VoidLookupLimit, b.limits.VoidLookups}
	}
	return true, nil
}

// allowIPv4Host reports whether the IPv4 addresses of another host may be looked up
// for Limits.DualStack, and counts that lookup.
func (b *budget) allowIPv4Host() bool {
	if !b.limits.DualStack || b.ipv4Hosts == maxIPv4Hosts {
		return false
	}
	b.ipv4Hosts++
	return true
}
