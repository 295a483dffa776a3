package policy

import (
	"strings"

	"policyd-spf/conf"
	"policyd-spf/spf"
)

// The values of HELO_reject and Mail_From_reject that have a meaning. Any other
// value rejects nothing.
const (
	rejectNotPass  = "SPF_Not_Pass"
	rejectSoftfail = "Softfail"
	rejectFail     = "Fail"
	rejectNull     = "Null" // of HELO_reject: applies only to the null reverse-path
	rejectFalse    = "False"
	rejectNoCheck  = "No_Check"
)

// Disposition is what the settings do with the result of one identity's check.
type Disposition struct {
	Kind   Kind   // Reject, Defer or Prepend; Dunno with HELO_reject = Null and a sender
	Option string // the option that decided
	Value  string // its value, or the name that Reject_Not_Pass_Domains lists

	// Listed reports whether Reject_Not_Pass_Domains contains the name. The reason
	// then says so.
	Listed bool

	// Downgraded reports whether No_Mail turned the rejection into a header:
	// the domain's record is not that of a domain that sends no mail.
	Downgraded bool

	// LeftToDMARC reports whether Leave_DMARC turned the rejection into a header.
	LeftToDMARC bool

	// PassByAll reports whether Pass_By_All = No denies this Pass its restriction.
	PassByAll bool
}

// refuses reports whether the message is rejected or deferred.
func (d Disposition) refuses() bool {
	return (d.Kind == Reject || d.Kind == Defer) && !d.Downgraded
}

// dispose returns what s does with a result for an identity. Name is the name
// compared with Reject_Not_Pass_Domains; hasSender is false for the null
// reverse-path.
func dispose(s *conf.Settings, id Identity, r spf.Result, name string, hasSender bool) Disposition {
	d, value := defaultDisposition(s, id, name)
	if id == HELO && s.HELOReject == rejectNull && hasSender {
		return Disposition{Kind: Dunno, Option: d.Option, Value: rejectNull}
	}
	if d.Listed {
		d.Option, d.Value = "Reject_Not_Pass_Domains", name
	}
	switch {
	case rejects(value, r):
		d.Kind = Reject
	case r == spf.Permerror && value != rejectFalse:
		d.Option, d.Value = "PermError_reject", "False"
		if s.PermErrorReject {
			d.Kind, d.Value = Reject, "True"
		}
	case r == spf.Temperror && value != rejectFalse:
		d.Option, d.Value = "TempError_Defer", "False"
		if s.TempErrorDefer {
			d.Kind, d.Value = Defer, "True"
		}
	}
	return d
}

// defaultDisposition returns the disposition for a name before its result is known, and
// the value of HELO_reject or Mail_From_reject to apply.
func defaultDisposition(s *conf.Settings, id Identity, name string) (d Disposition, value string) {
	d = Disposition{Kind: Prepend, Option: "HELO_reject", Value: s.HELOReject}
	if id == MailFrom {
		d.Option, d.Value = "Mail_From_reject", s.MailFromReject
		if d.Value == rejectNull {
			d.Value = "" // Null has a meaning for HELO_reject only
		}
	}
	if d.Listed = inRejectNotPassDomains(s.RejectNotPassDomains, name); d.Listed {
		return d, rejectNotPass
	}
	return d, d.Value
}

// rejects reports whether a value of HELO_reject or Mail_From_reject rejects a
// result.
//
//	              Fail  Softfail  Neutral
//	SPF_Not_Pass   x       x        x
//	Softfail       x       x
//	Fail           x
//	Null           x
func rejects(value string, r spf.Result) bool {
	switch r {
	case spf.Fail:
		return value == rejectNotPass || value == rejectSoftfail || value == rejectFail || value == rejectNull
	case spf.Softfail:
		return value == rejectNotPass || value == rejectSoftfail
	case spf.Neutral:
		return value == rejectNotPass
	}
	return false
}

// inRejectNotPassDomains reports whether an entry is name or a subdomain of it.
// (An entry does not cover its own subdomains: the original compares in this
// direction.)
func inRejectNotPassDomains(entries []string, name string) bool {
	if len(entries) == 0 {
		return false
	}
	name = asciiName(name)
	for _, entry := range entries {
		if head, ok := strings.CutSuffix(asciiName(entry), name); ok && (head == "" || strings.HasSuffix(head, ".")) {
			return true
		}
	}
	return false
}

// mailFromName returns the name of a sender to compare with
// Reject_Not_Pass_Domains: its domain, or "" for a sender without "@".
func mailFromName(sender string) string {
	if !strings.Contains(sender, "@") {
		return ""
	}
	return domainOf(sender)
}
