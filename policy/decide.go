package policy

import (
	"net/netip"

	"policyd-spf/conf"
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
	RestrictionClass             // a pass restriction, in the administrator's words
)

// String returns the original's name, as its log shows it.
func (k Kind) String() string {
	return [...]string{"dunno", "prepend", "reject", "defer", "result_only"}[k]
}

// Facts are what is known of a message for one recipient.
type Facts struct {
	Client   netip.Addr // the address that is checked; invalid if there is none
	HELOName string     // helo_name as the client sent it; "" if it sent none
	Sender   string     // "" is the null reverse-path

	PerUser bool         // the settings are the recipient's: the instance cache is not used
	Earlier CachedAction // the reply to an earlier recipient of the same message

	// Exemption is the whitelist that holds the client; its zero value is none.
	// If that cannot be known without DNS, ExemptionNeeds is the option that
	// would have to be looked up.
	Exemption      Exemption
	ExemptionNeeds string

	HELO     CheckResult
	MailFrom CheckResult
}

// CheckResult is what is known of the check of one identity. The zero value
// knows nothing. The result of an identity that the settings do not check is not
// looked at.
type CheckResult struct {
	Known  bool
	Result spf.Result

	// NoMail reports whether the record of the domain checked is "v=spf1 -all":
	// No_Mail = True rejects no others. NoMailUnknown is for sources that do not
	// tell, such as log lines.
	NoMail, NoMailUnknown bool
}

// noMailRecord is the record of a domain that sends no mail.
const noMailRecord = "v=spf1 -all"

// CachedAction is what the instance cache holds for a message: the action for its
// other recipients.
type CachedAction struct {
	Known bool
	Kind  Kind
	Text  string // of a rejection, deferral or restriction class
}

// Basis is what a decision rests on.
type Basis uint8

// The bases of a decision.
const (
	Undetermined    Basis = iota // not the same for all values of a missing fact
	Unchecked                    // nothing was checked, for Decision.Unchecked
	Cached                       // an earlier recipient of the message had the action or the header
	Whitelisted                  // the whitelist Decision.Option holds the client
	Checked                      // the check of Decision.Identity, and what Decision.Option makes of it
	PassRestriction              // Decision.Option is set, and its identity passed
	Mocked                       // Mock
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

// Need is a fact that a decision depends on, but that is not known.
type Need uint8

// The facts that can be missing.
const (
	NeedNothing Need = iota
	NeedWhitelist
	NeedHELO
	NeedMailFrom
)

// String returns the name for people: "HELO", "MAIL FROM", "whitelist lookup".
func (n Need) String() string {
	return [...]string{"nothing", "whitelist lookup", "HELO", "MAIL FROM"}[n]
}

// Decision is what is done with a message for one recipient, and why. If Needs is
// not NeedNothing the decision is unknown, and no other field but HELO is set.
type Decision struct {
	Needs Need

	Kind      Kind
	Basis     Basis
	Unchecked UncheckedReason // with Unchecked
	Identity  Identity        // with Checked: whose result decided, or is shown in the header; with PassRestriction: which one passed
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

	// SuppressedBy is the option because of which Postfix is told nothing,
	// Suppressed the kind of action that was decided on otherwise.
	SuppressedBy    string
	SuppressedValue string
	Suppressed      Kind

	// Cache is what is cached for the message's other recipients. The text of a
	// rejection is still missing.
	Cache CachedAction
}

// Refuses reports whether the message is rejected or deferred.
func (d Decision) Refuses() bool { return d.Kind == Reject || d.Kind == Defer }

// Decide decides what is done with a message. It is pure: it depends on nothing
// but its arguments, and it is the only place that decides.
//
// If a fact is missing on which the kind of action depends, Needs says which. If
// all values that the fact can have lead to the same kind of action, that is the
// decision; those fields that depend on the fact are then zero.
func Decide(s *conf.Settings, f Facts) Decision {
	d := decide(s, &f)
	if d.Needs == NeedNothing {
		return d
	}
	alternatives := f.alternatives(d.Needs)
	common := Decide(s, alternatives[0])
	for _, g := range alternatives[1:] {
		e := Decide(s, g)
		if e.Needs != common.Needs || e.Kind != common.Kind {
			return d
		}
		common = commonDecision(common, e)
	}
	return common
}

// decide is Decide for facts that are complete, or whose first missing one is to
// be found out.
func decide(s *conf.Settings, f *Facts) Decision {
	var d Decision
	switch {
	case s.Mock:
		return Decision{Basis: Mocked, Option: "Mock", Value: "True"}
	case !f.Client.IsValid():
		d = unchecked(NoClientAddress)
	case f.Earlier.Known && !f.PerUser:
		d = fromCache(f.Earlier)
	case f.Exemption.Option != "":
		d = exempt(f)
	case f.ExemptionNeeds != "":
		return Decision{Needs: NeedWhitelist}
	case f.HELOName == "" && f.Sender == "":
		d = unchecked(NoIdentity)
	default:
		d = decideChecks(s, f)
	}
	if f.PerUser {
		d.Cache = CachedAction{}
	}
	d.suppress(s)
	return d
}

func unchecked(reason UncheckedReason) Decision {
	return Decision{Basis: Unchecked, Unchecked: reason}
}

// fromCache decides by the reply to an earlier recipient: the same again, but the
// header only once.
func fromCache(a CachedAction) Decision {
	if a.Kind == Prepend {
		return Decision{Basis: Cached, HeaderPresent: true}
	}
	return Decision{Basis: Cached, Kind: a.Kind, Text: a.Text}
}

// exempt decides for a client that a whitelist holds: a header that says so.
func exempt(f *Facts) Decision {
	d := Decision{Basis: Whitelisted, Option: f.Exemption.Option, Value: f.Exemption.Entry}
	if f.headerPresent() {
		d.HeaderPresent = true
		return d
	}
	d.Kind, d.Cache = Prepend, CachedAction{Known: true, Kind: Prepend}
	return d
}

// headerPresent reports whether the message has its header. Only a recipient with
// settings of its own gets as far as to ask.
func (f *Facts) headerPresent() bool { return f.Earlier.Known && f.Earlier.Kind == Prepend }

// decideChecks decides by the results of HELO (RFC 7208, 2.3) and then of MAIL
// FROM (2.4).
func decideChecks(s *conf.Settings, f *Facts) (d Decision) {
	heloRestriction := ""
	if checksHELO(s) {
		if !f.HELO.Known {
			return Decision{Needs: NeedHELO}
		}
		d.HELO = dispose(s, HELO, f.HELO.Result, f.HELOName, f.Sender != "")
		if !d.HELO.applyNoMail(s, f.HELO) {
			return Decision{Needs: NeedHELO}
		}
		if f.HELO.Result == spf.Pass {
			heloRestriction = restriction(s.HELOPassRestriction)
		}
		switch {
		case d.HELO.refuses():
			d.refuse(HELO, d.HELO, f.HELO.Result)
			return d
		case d.HELO.Downgraded && f.headerPresent():
			d.alreadyHasHeader()
			return d
		case d.HELO.Downgraded: // nothing is cached
		case heloRestriction != "":
			d.Cache = CachedAction{Known: true, Kind: RestrictionClass, Text: heloRestriction}
		default:
			d.Cache = CachedAction{Known: true, Kind: d.HELO.Kind}
		}
	}
	switch {
	case f.Sender == "" && !checksHELO(s):
		return unchecked(HELOUnchecked)
	case f.Sender == "" && heloRestriction != "":
		d.restrict(HELO, "HELO_pass_restriction", heloRestriction)
		return d
	case f.Sender == "": // a header even if there is one: the original does not look
		d.header(HELO, d.HELO)
		d.Error = isError(f.HELO.Result)
		d.Cache = CachedAction{Known: true, Kind: Prepend}
		return d
	case !checksMailFrom(s, f.Sender) && !checksHELO(s):
		return unchecked(ChecksOff)
	case !checksMailFrom(s, f.Sender) && f.headerPresent():
		d.alreadyHasHeader()
		return d
	case !checksMailFrom(s, f.Sender): // HELO_pass_restriction is for the other recipients only, as in the original
		d.header(HELO, d.HELO)
		return d
	case !f.MailFrom.Known:
		return Decision{Needs: NeedMailFrom, HELO: d.HELO}
	}
	return decideMailFrom(s, f, d, heloRestriction)
}

// decideMailFrom decides by the result of MAIL FROM. D is the decision so far,
// heloRestriction the pass restriction that HELO has earned.
func decideMailFrom(s *conf.Settings, f *Facts, d Decision, heloRestriction string) Decision {
	r := f.MailFrom.Result
	d.MailFrom = dispose(s, MailFrom, r, mailFromName(f.Sender), true)
	if !d.MailFrom.applyNoMail(s, f.MailFrom) {
		return Decision{Needs: NeedMailFrom, HELO: d.HELO}
	}
	shown := showsMailFrom(s, f)
	if shown && d.MailFrom.Kind == Prepend {
		d.Cache = CachedAction{Known: true, Kind: Prepend}
	}
	mailFromRestriction := ""
	if r == spf.Pass {
		mailFromRestriction = restriction(s.MailFromPassRestriction)
	}
	switch {
	case mailFromRestriction != "":
		d.restrict(MailFrom, "Mail_From_pass_restriction", mailFromRestriction)
		d.Cache = CachedAction{Known: true, Kind: RestrictionClass, Text: mailFromRestriction}
	case heloRestriction != "": // whatever MAIL FROM's result is
		d.restrict(HELO, "HELO_pass_restriction", heloRestriction)
		if r == spf.Pass { // else the other recipients get what was cached before, as in the original
			d.Cache = CachedAction{Known: true, Kind: RestrictionClass, Text: heloRestriction}
		}
	case d.MailFrom.refuses():
		d.refuse(MailFrom, d.MailFrom, r)
	case f.headerPresent():
		d.alreadyHasHeader()
	case shown:
		d.header(MailFrom, d.MailFrom)
	default:
		d.header(HELO, d.HELO)
	}
	return d
}

// checksHELO reports whether the settings have HELO checked.
func checksHELO(s *conf.Settings) bool { return s.HELOReject != rejectNoCheck }

// checksMailFrom reports whether the settings have a sender checked.
func checksMailFrom(s *conf.Settings, sender string) bool {
	return s.MailFromReject != rejectNoCheck && sender != ""
}

// showsMailFrom reports whether the header is about MAIL FROM: unless HELO alone
// has a result other than None.
func showsMailFrom(s *conf.Settings, f *Facts) bool {
	return f.MailFrom.Result != spf.None || !checksHELO(s) || f.HELO.Result == spf.None
}

// applyNoMail turns a rejection into a header if No_Mail asks for it. It returns
// false if that cannot be known.
func (d *Disposition) applyNoMail(s *conf.Settings, c CheckResult) bool {
	if d.Kind != Reject || !s.NoMail {
		return true
	}
	d.Downgraded = !c.NoMail
	return !c.NoMailUnknown
}

func (d *Decision) refuse(id Identity, by Disposition, r spf.Result) {
	d.Kind, d.Basis, d.Identity, d.Option, d.Value = by.Kind, Checked, id, by.Option, by.Value
	d.Error = isError(r)
	d.Cache = CachedAction{Known: true, Kind: by.Kind}
}

func (d *Decision) restrict(id Identity, option, text string) {
	d.Kind, d.Basis, d.Identity, d.Option, d.Value, d.Text = RestrictionClass, PassRestriction, id, option, text, text
}

func (d *Decision) header(id Identity, by Disposition) {
	d.Kind, d.Basis, d.Identity, d.Option, d.Value = Prepend, Checked, id, by.Option, by.Value
}

func (d *Decision) alreadyHasHeader() {
	d.Basis, d.HeaderPresent = Cached, true
}

// suppress lets Postfix be told nothing if an option asks for it.
func (d *Decision) suppress(s *conf.Settings) {
	switch {
	case d.Kind == Dunno:
	case d.Kind != Prepend && s.TestOnly == 0:
		d.suppressBy("TestOnly", "0")
	case d.Kind == Prepend && s.Prospective != "":
		d.suppressBy("Prospective", s.Prospective)
	case d.Kind == Prepend && s.HeaderType == headerNone:
		d.suppressBy("Header_Type", headerNone)
	}
}

func (d *Decision) suppressBy(option, value string) {
	d.SuppressedBy, d.SuppressedValue = option, value
	d.Suppressed, d.Kind = d.Kind, Dunno
}

// isError reports whether a check came to no result.
func isError(r spf.Result) bool { return r == spf.Permerror || r == spf.Temperror }

// restriction returns a pass restriction as it may be printed, "" if it is unset.
func restriction(value string) string {
	if conf.TrimSpace(value) == "" {
		return ""
	}
	return sanitize(value)
}

// alternatives returns the facts with each value that a missing one can have.
func (f *Facts) alternatives(n Need) []Facts {
	var all []Facts
	switch n {
	case NeedWhitelist:
		for _, e := range [...]Exemption{{}, {Option: f.ExemptionNeeds}} {
			g := *f
			g.Exemption, g.ExemptionNeeds = e, ""
			all = append(all, g)
		}
	case NeedHELO:
		for _, c := range f.HELO.alternatives() {
			g := *f
			g.HELO = c
			all = append(all, g)
		}
	case NeedMailFrom:
		for _, c := range f.MailFrom.alternatives() {
			g := *f
			g.MailFrom = c
			all = append(all, g)
		}
	}
	return all
}

func (c CheckResult) alternatives() []CheckResult {
	var all []CheckResult
	for r := spf.None; r <= spf.Permerror; r++ {
		if c.Known && r != c.Result {
			continue
		}
		all = append(all, CheckResult{Known: true, Result: r}, CheckResult{Known: true, Result: r, NoMail: true})
	}
	return all
}

// commonDecision returns what two decisions of the same kind have in common.
func commonDecision(a, b Decision) Decision {
	c := Decision{
		Needs: a.Needs, Kind: a.Kind,
		HeaderPresent: a.HeaderPresent && b.HeaderPresent, Error: a.Error && b.Error,
	}
	if a.Basis == b.Basis && a.Identity == b.Identity && a.Unchecked == b.Unchecked && a.Option == b.Option && a.Value == b.Value {
		c.Basis, c.Identity, c.Unchecked, c.Option, c.Value = a.Basis, a.Identity, a.Unchecked, a.Option, a.Value
	}
	if a.HELO == b.HELO {
		c.HELO = a.HELO
	}
	if a.MailFrom == b.MailFrom {
		c.MailFrom = a.MailFrom
	}
	if a.Text == b.Text {
		c.Text = a.Text
	}
	if a.SuppressedBy == b.SuppressedBy && a.Suppressed == b.Suppressed {
		c.SuppressedBy, c.SuppressedValue, c.Suppressed = a.SuppressedBy, a.SuppressedValue, a.Suppressed
	}
	if a.Cache == b.Cache {
		c.Cache = a.Cache
	}
	return c
}
