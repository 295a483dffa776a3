package lint

import (
	"net/netip"

	"policyd-spf/spf"
)

// Kind is the kind of a finding.
type Kind uint8

// The kinds of findings, most severe first.
const (
	// The domain's mail is not protected, or the result is an error for some
	// clients.
	NoRecord         Kind = iota // the domain has no record
	MultipleRecords              // more than one record (RFC 7208, 4.5)
	NotARecord                   // a TXT record that was meant as an SPF record, and there is no other
	SyntaxError                  // an invalid term; one finding for each (4.6)
	Loop                         // an include or redirect that returns to its own record
	IncludeNoRecord              // an include of a name without a record (5.2)
	RedirectNoRecord             // a redirect to one (6.1)
	LookupLimit                  // too many terms that cause lookups (4.6.4)
	VoidLimit                    // too many void lookups (4.6.4)
	MXLimit                      // more than ten MX hosts (4.6.4)
	DNSError                     // a lookup that fails
	PassAll                      // every client passes, by one term or by the networks together

	// The record works, but probably not as its owner expects, or is unwise.
	VoidLimitIPv6       // too many void lookups for IPv6 clients only
	WideNetwork         // a network wider than one organization has
	NonPublicNetwork    // a network that no host on the Internet sends from
	NullMX              // mx of a name that accepts no mail (RFC 7505)
	MXAlias             // an MX host that is an alias (RFC 2181, 10.3)
	JoinedTerms         // strings of a TXT record that join to one term (3.3)
	AfterAll            // a term after all, which is never evaluated (5.1)
	RedirectIgnored     // a redirect beside all (6.1)
	PTR                 // ptr should not be used (5.5)
	BadName             // a target that cannot exist: the term never matches
	DuplicateTerm       // a term that repeats an earlier one of the record
	DuplicateInclude    // a name that is included a second time
	DuplicateNetwork    // a network that passes by two terms
	MechanismAsModifier // include= or ip4=, an unknown modifier, which is ignored
	UnknownModifier     // a modifier that no RFC defines
	MappedNetwork       // a network of IPv4-mapped addresses
	IgnoredNearMiss     // a TXT record beside the SPF record that was meant as one too
	NoAll               // neither all nor redirect: neutral for other clients (4.7)
	NeutralAll          // ?all
	ExplanationError    // exp= has no usable text, and is ignored (6.2)
	ExplanationUnused   // exp= without a term that can fail

	// For information.
	ContainedNetwork    // a network within another one that passes
	HostBits            // an address with a prefix length, which stands for the whole network
	DocumentationRange  // a network reserved for documentation
	ExplanationExpanded // the text of exp= with sample values
	VoidLookup          // a name without data
	NeedsTCP            // an answer that does not fit in a UDP datagram
	Large               // an answer that needs EDNS (RFC 6891)
	ClientMacro         // a target that depends on the client, and was not looked up
	Truncated           // the audit stopped at one of its limits
)

// Severity is the severity of a finding.
type Severity uint8

// The severities.
const (
	Broken Severity = iota // some results are wrong, or errors
	Risky                  // probably not what the owner of the record expects
	Info
)

// Severity returns the severity of the findings of a kind.
func (k Kind) Severity() Severity {
	switch {
	case k <= PassAll:
		return Broken
	case k <= ExplanationUnused:
		return Risky
	}
	return Info
}

// String returns the stable name of a severity, for JSON.
func (s Severity) String() string { return [...]string{"broken", "risky", "remark"}[s] }

// String returns the stable name of a kind, for JSON.
func (k Kind) String() string {
	return [...]string{
		NoRecord:            "no-record",
		MultipleRecords:     "several-records",
		NotARecord:          "not-a-record",
		SyntaxError:         "syntax-error",
		Loop:                "loop",
		IncludeNoRecord:     "include-no-record",
		RedirectNoRecord:    "redirect-no-record",
		LookupLimit:         "term-limit",
		VoidLimit:           "void-limit",
		MXLimit:             "mx-limit",
		DNSError:            "dns-error",
		PassAll:             "pass-all",
		VoidLimitIPv6:       "void-limit-ipv6",
		WideNetwork:         "wide-network",
		NonPublicNetwork:    "non-public-network",
		NullMX:              "null-mx",
		MXAlias:             "mx-alias",
		JoinedTerms:         "joined-terms",
		AfterAll:            "after-all",
		RedirectIgnored:     "redirect-ignored",
		PTR:                 "ptr",
		BadName:             "bad-name",
		DuplicateTerm:       "duplicate-term",
		DuplicateInclude:    "duplicate-include",
		DuplicateNetwork:    "duplicate-network",
		MechanismAsModifier: "mechanism-as-modifier",
		UnknownModifier:     "unknown-modifier",
		MappedNetwork:       "mapped-network",
		IgnoredNearMiss:     "ignored-near-miss",
		NoAll:               "no-end",
		NeutralAll:          "neutral-all",
		ExplanationError:    "explanation-error",
		ExplanationUnused:   "explanation-unused",
		ContainedNetwork:    "contained-network",
		HostBits:            "host-bits",
		DocumentationRange:  "documentation-range",
		ExplanationExpanded: "explanation",
		VoidLookup:          "void-lookup",
		NeedsTCP:            "needs-tcp",
		Large:               "large",
		ClientMacro:         "macro",
		Truncated:           "too-much",
	}[k]
}

// Missing is what a name that makes a lookup void does not have.
type Missing uint8

// What can be missing.
const (
	MissingName    Missing = iota // the name does not exist
	MissingMX                     // an MX record
	MissingA                      // an A record, which IPv4 clients and exists need
	MissingAddress                // an address of either family
)

// Finding is something that an audit found. Record is nil for Truncated only. Other
// fields are set if they apply to Kind.
type Finding struct {
	Kind           Kind
	Record         *Record
	Term           spf.Term
	Err            error
	NearMiss       NearMiss // of NotARecord and IgnoredNearMiss
	Name           string   // without data, looked up twice, or of the error
	Text           string   // a hint, an expanded explanation, or a kind of network
	Missing        Missing  // of VoidLookup
	Network        netip.Prefix
	OtherTerm      spf.Term // an earlier term with the same effect, in Other
	Other          *Record
	BoundaryOffset int // bytes of the record's text before the second string
	Count          int // terms, void lookups, hosts, bytes, networks
	Limit          int
}
