package spf

import "time"

// Result is a result of check_host() (RFC 7208, 2.6).
type Result uint8

// The seven results.
const (
	None Result = iota
	Neutral
	Pass
	Fail
	Softfail
	Temperror
	Permerror
)

// String returns the name of the result as in the RFC, in lower case.
func (r Result) String() string {
	return [...]string{"none", "neutral", "pass", "fail", "softfail", "temperror", "permerror"}[r]
}

// Verdict is the outcome of a check.
type Verdict struct {
	Result Result

	// Err is the reason for permerror (a *SyntaxError, a *LimitError or a
	// *RecordError) or temperror (a *dns.Error). It is nil for other results.
	Err error

	// Explanation is the domain owner's explanation of a fail (RFC 7208, 6.2),
	// "" if there is none or it cannot be used. It is at most 4,096 bytes long.
	// It can contain control characters, and non-ASCII text from the query that
	// a macro inserted.
	Explanation string

	// Domain is the name whose record decided, Record is that record's text and
	// Term the term that decided ("" for the default result of section 4.7).
	// After a redirect they are those of the target; for an include, those of
	// the record with the include term.
	Domain, Record, Term string

	// Root is the text of the record of the checked domain itself, "" if it has
	// no record.
	Root string

	// ByAll reports whether the result is Pass because of a term that authorizes
	// nearly every host: "+all", or a network wider than a /8 of IPv4 or a /16 of
	// IPv6.
	ByAll bool

	Lookups     int // terms that caused lookups, at most 10 by default (RFC 7208, 4.6.4)
	VoidLookups int // void lookups

	// TTL is how long the verdict may be reused for the same address, domain and
	// the inputs in Vary: the smallest TTL of all answers used, at most a day.
	// It is 0 if the verdict must not be reused, as for temperror.
	TTL  time.Duration
	Vary Vary
}

// Vary is the set of inputs other than address and domain that a verdict
// depends on because a macro used them.
type Vary uint8

// The inputs that macros use.
const (
	VaryLocalPart Vary = 1 << iota // %{l} or %{s}
	VaryHELO                       // %{h}
)
