package policy

import (
	"net/netip"

	"policyd-spf/spf"
)

// Kind is the kind of action that a reply asks of Postfix.
type Kind uint8

// The kinds of action.
const (
	Dunno            Kind = iota // none: Postfix goes on with its next restriction
	Prepend                      // add a header field
	Reject                       // refuse for good
	Defer                        // refuse for now, unless another restriction rejects
	RestrictionClass             // the administrator's own action for a result
)

// String returns the original's name, as its log shows it.
func (k Kind) String() string {
	return [...]string{"dunno", "prepend", "reject", "defer", "result_only"}[k]
}

// Facts are what is known about a message for one recipient.
type Facts struct {
	Client   netip.Addr // the address that is checked; invalid if there is none
	HELOName string     // helo_name as the client sent it; "" if it sent none
	Sender   string     // "" is the null reverse-path

	// Authenticated reports whether the client has a SASL login or a verified TLS
	// certificate. AuthenticatedUnknown is set if the source does not say, such as a
	// log line.
	Authenticated, AuthenticatedUnknown bool

	PerUser bool         // the settings are the recipient's: the instance cache is not used
	Earlier CachedAction // the reply to an earlier recipient of the same message

	// Exemption is the whitelist that contains the client, if one does. Decide
	// evaluates the options that need neither a lookup nor a list of clients, such
	// as Skip_Private, itself. If only a lookup can show whether a whitelist
	// contains the client, ExemptionNeeds is the option to look up.
	Exemption      Exemption
	ExemptionNeeds string

	HELO     CheckResult
	MailFrom CheckResult

	DMARC DMARC // matters with Leave_DMARC only
}

// CheckResult is what is known about the check of one identity. The zero value means
// that nothing is known. A result that the settings do not need is ignored.
type CheckResult struct {
	Known  bool
	Result spf.Result

	// ByAll reports whether the result is a Pass that the domain grants nearly every
	// client (spf.Verdict.ByAll). ByAllUnknown is set if the source does not say.
	// Both matter with Pass_By_All = No only.
	ByAll, ByAllUnknown bool

	// NoMail reports whether the record of the checked domain is "v=spf1 -all",
	// the only one for which No_Mail = True rejects. NoMailUnknown is set if the
	// source does not say, such as a log line.
	NoMail, NoMailUnknown bool
}

// noMailRecord is the record of a domain that sends no mail.
const noMailRecord = "v=spf1 -all"

// CachedAction is the instance cache's entry for a message: the action for its other
// recipients.
type CachedAction struct {
	Known bool
	Kind  Kind
	Text  string // of a rejection, deferral or restriction class

	// needs is not NeedNothing if the action is unknown: the shadow configuration
	// lacks this fact.
	needs Need
}

// Basis is what a decision is based on.
type Basis uint8

// The bases of a decision.
const (
	Undetermined Basis = iota // not the same for all values of a missing fact
	Unchecked                 // nothing was checked, for Decision.Unchecked
	Cached                    // an earlier recipient of the message had the action or the header
	Whitelisted               // the whitelist Decision.Option contains the client
	Checked                   // the check of Decision.Identity, and what Decision.Option makes of it
	Restriction               // Decision.Option is set for the result of its identity
	Mocked                    // Mock
)

// UncheckedReason is why nothing was checked.
type UncheckedReason uint8

// The reasons for checking nothing.
const (
	NoClientAddress UncheckedReason = iota + 1 // none was sent, or it is not an IP address
	NoIdentity                                 // neither HELO name nor sender
	HELOUnchecked                              // null reverse-path, and HELO_reject = No_Check
	ChecksOff                                  // HELO_reject and Mail_From_reject are No_Check
)

// Decision is what is done with a message for one recipient, and why. If Needs is
// not NeedNothing the decision is unknown, and no other field but HELO is set.
type Decision struct {
	Needs Need

	Kind      Kind
	Basis     Basis
	Unchecked UncheckedReason // with Unchecked
	Identity  Identity        // with Checked: whose result decided, or is shown in the header; with Restriction: whose result it is for
	Option    string          // the option that decided
	Value     string          // its value; with Whitelisted: the entry, or a network

	// HELO and MailFrom are what the settings do with each result. They are zero
	// for an identity that was not checked or not looked at.
	HELO, MailFrom Disposition

	// Text is the restriction class, or the text of a cached action. Rejections
	// and headers get theirs from the verdict.
	Text string

	// HeaderPresent reports whether there is no action because an earlier
	// recipient had the message's header.
	HeaderPresent bool

	// Error reports whether the result is permerror or temperror: its rejection
	// has its own reply code (RFC 7372, 3.2).
	Error bool

	// SuppressedBy is the option that turns the action into Dunno. Suppressed is
	// the action that it replaces.
	SuppressedBy    string
	SuppressedValue string
	Suppressed      Kind

	// Cache is what is cached for the message's other recipients. The text of a
	// rejection is still missing.
	Cache CachedAction
}

// Effect returns what Postfix does: Kind, or Reject or Defer if the administrator's own
// action is one of access(5) that does so.
func (d Decision) Effect() Kind {
	if d.Kind == RestrictionClass {
		return ActionKind(d.Text)
	}
	return d.Kind
}

// Refuses reports whether the message is rejected or deferred.
func (d Decision) Refuses() bool { return d.Effect() == Reject || d.Effect() == Defer }
