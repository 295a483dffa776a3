package spf

import "fmt"

// SyntaxKind tells what is wrong with a record or a term.
type SyntaxKind uint8

// The kinds of syntax errors (RFC 7208, 12).
const (
	UnknownMechanism   SyntaxKind = iota // no mechanism of that name
	UnknownQualifier                     // a known mechanism behind a character that is no qualifier
	CommaAfterTerm                       // terms are separated by spaces
	AddressAsDomain                      // a:192.0.2.1
	BareAddress                          // 192.0.2.1 without ip4:
	BadIP4                               // no IPv4 address
	BadIP6                               // no IPv6 address
	BadIP4CIDR                           // prefix length over 32, or no number
	BadIP6CIDR                           // prefix length over 128, or no number
	DualCIDR                             // two prefix lengths where one is allowed
	CIDRNotAllowed                       // a prefix length where none is allowed
	AllWithArgument                      // all takes none
	ExistsWithoutName                    // exists needs a domain-spec
	IncludeWithoutName                   // include needs a domain-spec
	EmptyDomainSpec                      // a colon and nothing behind it
	RepeatedRedirect                     // redirect= at most once
	RepeatedExp                          // exp= at most once
	EmptyExp                             // exp= needs a domain-spec
	EmptyRedirect                        // redirect= needs a domain-spec
	BadDomainSpec                        // does not end in a top label or a macro
	BadCharacter                         // a character that no domain-spec may hold
	BadMacro                             // a percent sign that begins no macro
	UnknownMacro                         // a macro letter that there is not, or bad transformers
	ExpOnlyMacro                         // %{c}, %{r} and %{t} are for explanations
	NonASCIIRecord                       // the record is not US-ASCII
)

// SyntaxError is a record that does not follow the grammar of RFC 7208, 12. It
// makes permerror before any term is evaluated (4.6).
type SyntaxError struct {
	Kind   SyntaxKind
	Domain string // whose record it is
	Record string // the whole record
	Term   string // the term at fault
	Detail string // the part of the term at fault, if not the whole: a domain-spec, a macro
	Offset int    // where Detail, or else Term, begins in Record
}

// LimitError is a processing limit exceeded (RFC 7208, 4.6.4).
type LimitError struct {
	Kind  LimitKind
	Limit int
}

// LimitKind names a processing limit.
type LimitKind uint8

// The processing limits.
const (
	LookupLimit     LimitKind = iota // terms that cause lookups
	VoidLookupLimit                  // void lookups
	MXLimit                          // hosts of one mx
	CNAMELimit                       // aliases of one name
)

// RecordErrorKind tells what is wrong with the records of a name.
type RecordErrorKind uint8

// What can be wrong with the records of a name.
const (
	MultipleRecords  RecordErrorKind = iota // more than one SPF record (RFC 7208, 4.5)
	IncludeNoRecord                         // included, but without record (5.2)
	RedirectNoRecord                        // redirected to, but without record (6.1)
	SelfInclude                             // an include of the name whose record it is in
	UnencodableName                         // a name that has no A-label form
)

// RecordError is a name whose records cannot be used; it makes permerror.
type RecordError struct {
	Kind   RecordErrorKind
	Domain string // the name, as its author wrote it
	Term   string // the term that names it, "" for the domain checked
}

func (e *SyntaxError) Error() string {
	at := e.Detail
	if at == "" {
		at = e.Term
	}
	if e.Kind == NonASCIIRecord {
		return fmt.Sprintf("%s: %s, at octet %d", e.Domain, e.Kind, e.Offset)
	}
	return fmt.Sprintf("%s: %s: %q", e.Domain, e.Kind, at)
}

// String says what is wrong, for people.
func (k SyntaxKind) String() string {
	switch k {
	case UnknownMechanism:
		return "there is no such mechanism"
	case UnknownQualifier:
		return "the qualifier must be +, -, ~ or ?"
	case CommaAfterTerm:
		return "terms are separated by spaces, not commas"
	case AddressAsDomain:
		return "an address needs ip4 instead of a"
	case BareAddress:
		return "an address needs ip4: before it"
	case BadIP4:
		return "this is no IPv4 address"
	case BadIP6:
		return "this is no IPv6 address"
	case BadIP4CIDR:
		return "an IPv4 prefix length is 32 at most"
	case BadIP6CIDR:
		return "an IPv6 prefix length is 128 at most"
	case DualCIDR:
		return "one prefix length is allowed here, not two"
	case CIDRNotAllowed:
		return "this mechanism has no prefix length"
	case AllWithArgument:
		return "all has no argument"
	case ExistsWithoutName:
		return "exists needs a domain name"
	case IncludeWithoutName:
		return "include needs a domain name"
	case EmptyDomainSpec:
		return "there is no domain name behind the colon"
	case RepeatedRedirect:
		return "redirect= may be there once only"
	case RepeatedExp:
		return "exp= may be there once only"
	case EmptyExp:
		return "exp= needs a domain name"
	case EmptyRedirect:
		return "redirect= needs a domain name"
	case BadDomainSpec:
		return "this is no complete domain name"
	case BadCharacter:
		return "this has a character that may not be in a domain name"
	case BadMacro:
		return "a percent sign begins %{...}, %%, %_ or %-"
	case UnknownMacro:
		return "there is no such macro"
	case ExpOnlyMacro:
		return "this macro is for explanations only"
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
		return fmt.Sprintf("more than %d lookups that find nothing (void lookups)", e.Limit)
	case MXLimit:
		return fmt.Sprintf("more than %d MX hosts", e.Limit)
	}
	return fmt.Sprintf("more than %d aliases of one name", e.Limit)
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
