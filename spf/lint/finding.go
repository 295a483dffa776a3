package lint

import (
	"net/netip"

	"policyd-spf/spf"
)

// FindingKind tells what a survey found.
type Kind uint8

// What a survey can find, worst first.
const (
	// The domain's mail is not protected, or is permerror for some clients.
	FoundNoRecord         Kind = iota // the domain has no record
	FoundSeveralRecords               // more than one (RFC 7208, 4.5)
	FoundSyntaxError                  // a record that cannot be parsed (4.6)
	FoundLoop                         // an include or redirect that leads back
	FoundIncludeNoRecord              // an include of a name without record (5.2)
	FoundRedirectNoRecord             // the same for redirect (6.1)
	FoundTermLimit                    // more terms with lookups than allowed (4.6.4)
	FoundVoidLimit                    // more void lookups than allowed (4.6.4)
	FoundMXLimit                      // more than ten MX hosts (4.6.4)
	FoundDNSError                     // a lookup that fails
	FoundPassAll                      // every client passes

	// It is not what its owner will have meant, or not wise.
	FoundVoidLimitIPv6    // more void lookups than allowed for IPv6 clients only
	FoundWideNetwork      // a network that no one owner has
	FoundJoinedTerms      // strings that join to one term (3.3)
	FoundAfterAll         // a term behind all, which is never evaluated (5.1)
	FoundRedirectIgnored  // a redirect beside all (6.1)
	FoundPTR              // ptr should not be used (5.5)
	FoundBadName          // a target that is no name: it never matches
	FoundDuplicateInclude // the same name included again
	FoundUnknownModifier  // a modifier that no RFC defines
	FoundNoAll            // neither all nor redirect: neutral for the others (4.7)
	FoundNeutralAll       // ?all tells nothing

	// To be known.
	FoundVoidLookup // a name without data
	FoundNeedsTCP   // an answer that UDP does not carry
	FoundLarge      // one that needs EDNS(0)
	FoundMacro      // a target that depends on the client, and was not looked at
	FoundTruncated  // the walk was cut short
)

// Severity is how bad a finding is.
type Severity uint8

// The severities.
const (
	Broken Severity = iota // results are wrong, or errors
	Risky                  // not what its owner will have meant
	Info
)

// Severity tells how bad what was found is.
func (k Kind) Severity() Severity {
	switch {
	case k <= FoundPassAll:
		return Broken
	case k <= FoundNeutralAll:
		return Risky
	}
	return Info
}

// String gives the severity a name that stays.
func (s Severity) String() string { return [...]string{"broken", "risky", "remark"}[s] }

// String gives the kind a name that stays.
func (k Kind) String() string {
	return [...]string{
		FoundNoRecord:         "no-record",
		FoundSeveralRecords:   "several-records",
		FoundSyntaxError:      "syntax-error",
		FoundLoop:             "loop",
		FoundIncludeNoRecord:  "include-no-record",
		FoundRedirectNoRecord: "redirect-no-record",
		FoundTermLimit:        "term-limit",
		FoundVoidLimit:        "void-limit",
		FoundVoidLimitIPv6:    "void-limit-ipv6",
		FoundMXLimit:          "mx-limit",
		FoundDNSError:         "dns-error",
		FoundPassAll:          "pass-all",
		FoundWideNetwork:      "wide-network",
		FoundJoinedTerms:      "joined-terms",
		FoundAfterAll:         "after-all",
		FoundRedirectIgnored:  "redirect-ignored",
		FoundPTR:              "ptr",
		FoundBadName:          "bad-name",
		FoundDuplicateInclude: "duplicate-include",
		FoundUnknownModifier:  "unknown-modifier",
		FoundNoAll:            "no-end",
		FoundNeutralAll:       "neutral-all",
		FoundVoidLookup:       "void-lookup",
		FoundNeedsTCP:         "needs-tcp",
		FoundLarge:            "large",
		FoundMacro:            "macro",
		FoundTruncated:        "too-much",
	}[k]
}

// Finding is something that a survey found. Beside Kind and Record, which is
// nil for FoundTooMuch only, its fields are set if they have to do with it.
type Finding struct {
	Kind           Kind
	Record         *Record
	Term           spf.Term
	Err            error
	Name           string // without data, looked up twice, or of the error
	Network        netip.Prefix
	BoundaryOffset int // octets of the record's text before the second string
	Count          int // terms, void lookups, hosts, octets
	Limit          int
}
