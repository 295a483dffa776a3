package spf

import "fmt"

// SyntaxKind is the kind of a syntax error.
type SyntaxKind uint8

// The kinds of syntax errors (RFC 7208, 12).
const (
	UnknownMechanism   SyntaxKind = iota // unknown mechanism
	UnknownQualifier                     // a known mechanism after a character that is not a qualifier
	CommaAfterTerm                       // terms are separated by spaces
	AddressAsDomain                      // a:192.0.2.1
	BareAddress                          // 192.0.2.1 without "ip4:"
	BadIP4                               // not an IPv4 address
	BadIP6                               // not an IPv6 address
	BadIP4CIDR                           // prefix length over 32
	BadIP6CIDR                           // prefix length over 128
	DualCIDR                             // two prefix lengths for ip4 or ip6
	CIDRNotAllowed                       // prefix length of a mechanism that has none
	AllWithArgument                      // all has no argument
	ExistsWithoutName                    // exists without a domain-spec
	IncludeWithoutName                   // include without a domain-spec
	EmptyDomainSpec                      // nothing after a colon
	RepeatedRedirect                     // more than one redirect=
	RepeatedExp                          // more than one exp=
	EmptyExp                             // exp= without a domain-spec
	EmptyRedirect                        // redirect= without a domain-spec
	BadDomainSpec                        // does not end in a toplabel or a macro
	BadCharacter                         // not a visible US-ASCII character
	BadMacro                             // a percent sign that does not start a macro
	UnknownMacro                         // unknown macro letter or invalid transformers
	ExpOnlyMacro                         // %{c}, %{r} or %{t} in a domain-spec
	NonASCIIRecord                       // the record is not US-ASCII
)

// SyntaxError is the error for a record that does not match the grammar of RFC
// 7208, 12. The result is permerror before any term is evaluated (4.6).
type SyntaxError struct {
	Kind   SyntaxKind
	Domain string // the name that has the record
	Record string // the whole record
	Term   string // the invalid term, "" for NonASCIIRecord
	Detail string // the invalid part of Term, such as a macro; "" for all of it
	Offset int    // the index of Detail, or else of Term, in Record
}

// LimitError is the error for an exceeded processing limit (RFC 7208, 4.6.4). The
// result is permerror.
type LimitError struct {
	Kind  LimitKind
	Limit int
}

// LimitKind is one of the processing limits.
type LimitKind uint8

// The processing limits.
const (
	LookupLimit     LimitKind = iota // terms that cause lookups
	VoidLookupLimit                  // void lookups
	MXLimit                          // hosts of one mx term
	CNAMELimit                       // CNAME records followed for one name
)

// RecordErrorKind is the kind of a RecordError.
type RecordErrorKind uint8

// The kinds of record errors.
const (
	MultipleRecords  RecordErrorKind = iota // more than one SPF record (RFC 7208, 4.5)
	IncludeNoRecord                         // an include of a name without a record (5.2)
	RedirectNoRecord                        // a redirect to a name without a record (6.1)
	SelfInclude                             // an include of the name that has the record
	UnencodableName                         // a name that is not valid UTF-8
)

// RecordError is the error for a name without exactly one usable record. The
// result is permerror.
type RecordError struct {
	Kind   RecordErrorKind
	Domain string // the name as written by the author of the record
	Term   string // the term with the name, "" for the checked domain
}

func (e *SyntaxError) Error() string {
	at := e.Detail
	if at == "" {
		at = e.Term
	}
	if e.Kind == NonASCIIRecord {
		return fmt.Sprintf("%s: %s, at byte %d", e.Domain, e.Kind, e.Offset)
	}
	return fmt.Sprintf("%s: %s: %q", e.Domain, e.Kind, at)
}

// String returns a description for people.
func (k SyntaxKind) String() string {
	switch k {
	case UnknownMechanism:
		return "unknown mechanism"
	case UnknownQualifier:
		return "the qualifier must be +, -, ~ or ?"
	case CommaAfterTerm:
		return "terms are separated by spaces, not commas"
	case AddressAsDomain:
		return "an address needs ip4 instead of a"
	case BareAddress:
		return "an address needs ip4: before it"
	case BadIP4:
		return "not an IPv4 address"
	case BadIP6:
		return "not an IPv6 address"
	case BadIP4CIDR:
		return "an IPv4 prefix length is at most 32"
	case BadIP6CIDR:
		return "an IPv6 prefix length is at most 128"
	case DualCIDR:
		return "one prefix length is allowed here, not two"
	case CIDRNotAllowed:
		return "this mechanism takes no prefix length"
	case AllWithArgument:
		return "all takes no argument"
	case ExistsWithoutName:
		return "exists needs a domain name"
	case IncludeWithoutName:
		return "include needs a domain name"
	case EmptyDomainSpec:
		return "the domain name after the colon is missing"
	case RepeatedRedirect:
		return "redirect= is allowed only once"
	case RepeatedExp:
		return "exp= is allowed only once"
	case EmptyExp:
		return "exp= needs a domain name"
	case EmptyRedirect:
		return "redirect= needs a domain name"
	case BadDomainSpec:
		return "not a complete domain name"
	case BadCharacter:
		return "only visible US-ASCII characters are allowed here"
	case BadMacro:
		return "a percent sign must start %{...}, %%, %_ or %-"
	case UnknownMacro:
		return "unknown macro"
	case ExpOnlyMacro:
		return "this macro is allowed only in explanations"
	case NonASCIIRecord:
		return "the record is not US-ASCII"
	}
	return "bad syntax"
}

func (e *LimitError) Error() string {
	switch e.Kind {
	case LookupLimit:
		return fmt.Sprintf("more than %d terms that cause lookups", e.Limit)
	case VoidLookupLimit:
		return fmt.Sprintf("more than %d lookups without an answer (void lookups)", e.Limit)
	case MXLimit:
		return fmt.Sprintf("more than %d MX hosts", e.Limit)
	}
	return fmt.Sprintf("more than %d CNAME records in a row", e.Limit)
}

func (e *RecordError) Error() string {
	switch e.Kind {
	case MultipleRecords:
		return fmt.Sprintf("%s has more than one SPF record", e.Domain)
	case IncludeNoRecord:
		return fmt.Sprintf("%s is included, but has no SPF record", e.Domain)
	case RedirectNoRecord:
		return fmt.Sprintf("%s is redirected to, but has no SPF record", e.Domain)
	case SelfInclude:
		return fmt.Sprintf("%s includes itself", e.Domain)
	}
	return fmt.Sprintf("%s cannot be written as a DNS name", e.Domain)
}
