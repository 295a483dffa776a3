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

// String gives the result's name as the RFC writes it, in lower case.
func (r Result) String() string {
	return [...]string{"none", "neutral", "pass", "fail", "softfail", "temperror", "permerror"}[r]
}

// Verdict is all that a check found out.
type Verdict struct {
	Result Result

	// Err says why the result is permerror or temperror: a *SyntaxError, a
	// *LimitError, a *RecordError or a *DNSError. It is nil for the others.
	Err error

	// Explanation is the domain owner's own for a fail (RFC 7208, 6.2), "" if
	// there is none that can be used. What was published is US-ASCII, control
	// characters included; what its macros took from the query may be beyond.
	Explanation string

	// Domain is the name whose record decided, Record that record's text and
	// Term its term that decided ("" for the default result of section 4.7).
	// After a redirect it is the target's, after an include the includer's.
	Domain, Record, Term string

	// Root is the text of the record of the checked domain itself, "" if it
	// has none.
	Root string

	Lookups     int // terms that cause lookups, of 10 (RFC 7208, 4.6.4)
	VoidLookups int // void lookups

	// TTL is the smallest of all answers used: how long the verdict may be
	// used again for the same address, domain and whatever Vary names. 0: it
	// may not, as for temperror.
	TTL  time.Duration
	Vary Vary
}

// Vary is the set of inputs beside address and domain that a verdict depended
// on, because a macro used them.
type Vary uint8

// The inputs that macros bring in.
const (
	VaryLocalPart Vary = 1 << iota // %{l} or %{s}
	VaryHELO                       // %{h}
)
