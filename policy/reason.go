package policy

import (
	"errors"
	"strconv"
	"strings"
	"syscall"

	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// noRecord is the reason for the result None.
const noRecord = "no SPF record"

// receiverPolicy begins the reason for a domain in Reject_Not_Pass_Domains.
const receiverPolicy = "Receiver policy for SPF "

// errInternal is the error of a check that a panic ended.
var errInternal = errors.New("internal error")

// verdictReason returns the reason for a verdict in the original's words, which
// other programs look for. None has no reason.
func verdictReason(v spf.Verdict) string {
	switch v.Result {
	case spf.Pass:
		return "sender SPF authorized"
	case spf.Fail:
		if v.Explanation != "" { // RFC 7208, 6.2
			return v.Explanation
		}
		return "SPF fail - not authorized"
	case spf.Softfail:
		return "domain owner discourages use of this host"
	case spf.Neutral:
		return "access neither permitted nor denied"
	case spf.Temperror:
		return "SPF Temporary Error: " + temperrorReason(v.Err)
	case spf.Permerror:
		return "SPF Permanent Error: " + permerrorReason(v.Err)
	}
	return ""
}

// temperrorReason returns the text for a DNS failure (RFC 7208, 2.6.6).
func temperrorReason(err error) string {
	var e *dns.Error
	if !errors.As(err, &e) {
		return err.Error()
	}
	switch e.Kind {
	case dns.Timeout:
		return "DNS Timeout"
	case dns.OutOfTime:
		return "DNS Error: exceeded max query lookup time"
	case dns.BadRcode:
		return "DNS Error: " + dns.RcodeName(e.Rcode) + "  RCODE: " + strconv.Itoa(e.Rcode)
	case dns.Malformed:
		return "DNS Error: malformed answer"
	}
	var errno syscall.Errno
	if errors.As(e.Err, &errno) {
		text := errno.Error()
		return "DNS " + strings.ToUpper(text[:1]) + text[1:]
	}
	return "DNS Network error"
}

// permerrorReason returns the text for what makes a record unusable (RFC 7208,
// 2.6.7).
func permerrorReason(err error) string {
	switch e := err.(type) {
	case *spf.SyntaxError:
		return syntaxReason(e)
	case *spf.LimitError:
		return limitReason(e)
	case *spf.RecordError:
		return recordReason(e)
	}
	return err.Error()
}

// shownReason returns the reason for a verdict as replies and headers show it, if the
// settings do d with it.
func shownReason(v spf.Verdict, d Disposition) string {
	switch {
	case v.Result == spf.None:
		return noRecord
	case d.Listed:
		return receiverPolicy + resultName(v.Result)
	case d.PassByAll:
		return "sender SPF authorized, but the domain authorizes nearly every host"
	}
	return sanitize(verdictReason(v))
}

// limitReason returns the text for a limit of RFC 7208, 4.6.4.
func limitReason(e *spf.LimitError) string {
	switch e.Kind {
	case spf.VoidLookupLimit:
		return "Void lookup limit of " + strconv.Itoa(e.Limit) + " exceeded"
	case spf.MXLimit:
		return "More than 10 MX records returned"
	case spf.CNAMELimit:
		return "Length of CNAME chain exceeds 10"
	}
	return "Too many DNS lookups"
}

// recordReason returns the text for a name whose records cannot be used.
func recordReason(e *spf.RecordError) string {
	switch e.Kind {
	case spf.MultipleRecords:
		return "Two or more type TXT spf records found."
	case spf.IncludeNoRecord:
		return "No valid SPF record for included domain: " + e.Domain + ": " + e.Term
	case spf.RedirectNoRecord:
		return "redirect domain has no SPF record: " + e.Domain
	case spf.SelfInclude:
		return "include has trivial recursion: " + e.Term
	case spf.UnencodableName:
		return "Non-ascii characters found in TXT record for " + e.Domain
	}
	return e.Error()
}

// syntaxReason returns the text for a syntax error, with the term at fault.
func syntaxReason(e *spf.SyntaxError) string {
	switch e.Kind {
	case spf.UnknownMechanism:
		return "Unknown mechanism found: " + e.Term
	case spf.UnknownQualifier:
		return "Unknown qualifier, RFC 4408 para 4.6.1, found in: " + e.Term
	case spf.CommaAfterTerm:
		return "Do not separate mechnisms with commas: " + e.Term
	case spf.AddressAsDomain:
		return "Use the ip4 mechanism for ip4 addresses: " + e.Term
	case spf.BareAddress:
		return "Missing IP4: " + e.Term
	case spf.BadIP4:
		return "Invalid IP4 address: " + e.Term
	case spf.BadIP6:
		return "Invalid IP6 address: " + e.Term
	case spf.BadIP4CIDR:
		return "Invalid IP4 CIDR length: " + e.Term
	case spf.BadIP6CIDR:
		return "Invalid IP6 CIDR length: " + e.Term
	case spf.DualCIDR:
		return "Dual CIDR not allowed: " + e.Term
	case spf.CIDRNotAllowed:
		return "CIDR not allowed: " + e.Term
	case spf.AllWithArgument:
		return "Invalid all mechanism format - only qualifier allowed with all: " + e.Term
	case spf.ExistsWithoutName:
		return "implicit exists not allowed: " + e.Term
	case spf.IncludeWithoutName:
		if e.Term != "include" { // the original takes all other forms for an include of the domain itself
			return "include has trivial recursion: " + e.Term
		}
		return "include mechanism missing domain: " + e.Term
	case spf.EmptyDomainSpec:
		return "empty domain:: " + e.Term
	case spf.RepeatedRedirect:
		return "redirect= MUST appear at most once: " + e.Term
	case spf.RepeatedExp:
		return "exp= MUST appear at most once: " + e.Term
	case spf.EmptyExp:
		return "exp has empty domain-spec:"
	case spf.EmptyRedirect:
		return "redirect has empty domain:"
	case spf.BadCharacter: // the original takes it for a name that does not exist
		if strings.EqualFold(strings.TrimLeft(strings.TrimSuffix(e.Term, e.Detail), "+-?~"), "include:") {
			return "No valid SPF record for included domain: " + e.Detail + ": " + e.Term
		}
		return "Invalid domain found (use FQDN): " + e.Detail
	case spf.BadDomainSpec:
		return "Invalid domain found (use FQDN): " + e.Detail
	case spf.BadMacro:
		const text = "invalid-macro-char "
		if label := firstLabel(e.Term); label != "" { // the original leaves out an empty one
			return text + ": " + label
		}
		return text
	case spf.UnknownMacro:
		return "Unknown Macro Encountered: " + e.Detail
	case spf.ExpOnlyMacro:
		return "c,r,t macros allowed in exp= text only: " + e.Detail
	case spf.NonASCIIRecord:
		return "Non-ascii characters found: " + quotePythonBytes(e.Record)
	}
	return e.Error()
}

// firstLabel returns the first label of a term's domain-spec.
func firstLabel(term string) string {
	if i := strings.IndexAny(term, ":="); i >= 0 {
		term = term[i+1:]
	}
	label, _, _ := strings.Cut(term, ".")
	return label
}
