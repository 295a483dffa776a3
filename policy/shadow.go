package policy

import (
	"errors"
	"slices"
	"strings"
	"time"

	"policyd-spf/conf"
	"policyd-spf/spf"
)

// Shadow is what the shadow configuration decides.
type Shadow struct {
	Settings *conf.Settings     // in force for the recipient
	User     *conf.UserSettings // as in Outcome
	Decision Decision           // its Needs is the fact that the server lacks
	Text     string             // as the log shows it
	Differs  bool               // Postfix would, or might, get another action
}

// shadow decides under the shadow configuration, from the verdicts that the server
// has. It looks nothing up. It returns the text for the log, "" if Postfix would get
// the same action. A panic is logged, and has no other effect.
func (s *Server) shadow(e *evaluator, o *Outcome) (text string) {
	defer func() {
		if p := recover(); p != nil {
			text, o.Shadow = "", nil
			logPanic(s.Log, p)
		}
	}()
	silent := &requestLog{process: &Log{}}
	recipient := o.Request.Recipient
	if recipient == "" {
		recipient = "none"
	}
	set, user := recipientSettings(s.shadowUsers, s.Shadow, recipient, silent.process)
	so := Outcome{Request: o.Request, Settings: set, User: user}
	client := prospective(set, &o.Request)
	so.Facts = Facts{
		Client: clientAddress(client, silent), HELOName: o.Facts.HELOName, Sender: o.Facts.Sender, Authenticated: o.Facts.Authenticated,
		PerUser: user != nil && user.Found,
	}
	f := &so.Facts
	if f.Client.IsValid() {
		f.Earlier = s.shadowInstances.get(o.Request.Instance)
		f.Exemption, f.ExemptionNeeds = shadowExemption(o, &so)
		so.HELO = shadowCheck(e, o, &so, HELO, o.HELO, heloArgs(f.Client, heloDomain(f.HELOName, f.Sender)))
		so.MailFrom = shadowCheck(e, o, &so, MailFrom, o.MailFrom, mailFromArgs(f.Client, f.Sender, heloDomain(f.HELOName, f.Sender)))
	}
	f.DMARC = o.Facts.DMARC
	for _, c := range [...]*Check{&so.HELO, &so.MailFrom} {
		if c.Identity == HELO {
			f.HELO = checkResult(c.Verdict)
		} else if c.Identity == MailFrom {
			f.MailFrom = checkResult(c.Verdict)
		}
	}
	so.Decision = Decide(set, *f)
	if f.Earlier.needs != NeedNothing {
		so.Decision = Decision{Needs: f.Earlier.needs}
	}
	d := &so.Decision
	so.HELO.Reason = shownReason(so.HELO.Verdict, d.HELO)
	so.MailFrom.Reason = shownReason(so.MailFrom.Verdict, d.MailFrom)

	shown := recipient
	if set.HideReceiver {
		shown = unknown
	}
	sender := f.Sender
	if sender == "" {
		sender = "<>"
	}
	words := s.actionText(&so, newEnvelope(client, heloDomain(f.HELOName, f.Sender), sender, shown), silent)
	a := d.Cache
	if a.Kind == Reject || a.Kind == Defer {
		a.Text = words
	}
	if needs := decide(set, f).Needs; needs != NeedNothing && !f.PerUser { // what is cached depends on it
		a = CachedAction{Known: true, needs: needs}
	}
	if a.Known {
		s.shadowInstances.put(o.Request.Instance, a)
	}
	o.Shadow = &Shadow{Settings: set, User: user, Decision: *d, Text: shadowText(set, *d, words), Differs: differs(&o.Decision, d)}
	if !o.Shadow.Differs || o.isRepeated() && !f.PerUser {
		return "" // one line a message
	}
	return o.Shadow.Text
}

// differs reports whether the actions differ. The texts of rejections and header
// fields do not count.
func differs(a, b *Decision) bool {
	return b.Needs != NeedNothing || a.Kind != b.Kind || a.Kind == RestrictionClass && a.Text != b.Text
}

// shadowText returns a decision of the shadow configuration as the log shows it:
// the reply, without the header field, and the option that decided.
func shadowText(s *conf.Settings, d Decision, words string) string {
	if d.Needs != NeedNothing {
		return "unknown (needs " + d.Needs.String() + ")"
	}
	text := d.Kind.String()
	switch d.Kind {
	case Reject, Defer:
		text = strings.TrimRight(makeReply(s, d, words).String(), " ")
	case RestrictionClass:
		text += " " + words
	}
	option, value := d.Option, d.Value
	if d.SuppressedBy != "" {
		option, value = d.SuppressedBy, d.SuppressedValue
	}
	if option == "" {
		return text
	}
	return text + " (" + option + " = " + sanitize(value) + ")"
}

// prospective returns the address that is checked.
func prospective(s *conf.Settings, r *Request) string {
	if s.Prospective != "" {
		return s.Prospective
	}
	return r.ClientAddress
}

// shadowExemption returns the exemption under the shadow configuration, or the
// option that would have to be looked up. Lists that are the same in both
// configurations have been looked up if the server reached them.
func shadowExemption(o, shadow *Outcome) (Exemption, string) {
	a, b := o.Settings, shadow.Settings
	found, needs := ExemptWithoutDNS(b, shadow.Facts.Client, shadow.Facts.HELOName)
	if needs == "" {
		return found, ""
	}
	switch o.Facts.Exemption.Option {
	case "skip_addresses", "Whitelist":
		return Exemption{}, needs
	}
	if o.Facts.ExemptionNeeds == "" && o.Facts.Client == shadow.Facts.Client &&
		slices.Equal(a.DomainWhitelist, b.DomainWhitelist) && slices.Equal(a.HELOWhitelist, b.HELOWhitelist) &&
		slices.Equal(a.DomainWhitelistPTR, b.DomainWhitelistPTR) && limitsOf(a) == limitsOf(b) && a.PassByAll == b.PassByAll {
		return o.Facts.Exemption, ""
	}
	return Exemption{}, needs
}

// shadowCheck returns a check as the shadow configuration would make it: the one
// that was made, or else one whose verdict is cached; the zero value if there is
// none, or if its verdict depends on settings that differ.
func shadowCheck(e *evaluator, o, shadow *Outcome, id Identity, made Check, args spf.Args) Check {
	a, b := o.Settings, shadow.Settings
	c := made
	if made.Identity == 0 || o.Facts.Client != shadow.Facts.Client {
		v, ok := e.verdicts.get(args, limitsOf(a), time.Now())
		if !ok {
			return Check{}
		}
		c = Check{Identity: id, Args: args, Cached: true, Verdict: v}
	}
	if b.LookupTime < 0 && a.LookupTime >= 0 {
		return Check{}
	}
	var ok bool
	c.Verdict, ok = underLimits(c.Verdict, limitsOf(a), limitsOf(b))
	if !ok {
		return Check{}
	}
	return c
}

// underLimits returns a verdict under other limits than those it was made under, and
// false if it cannot be known.
func underLimits(v spf.Verdict, made, other spf.Limits) (spf.Verdict, bool) {
	sameCount := made.VoidTerms == other.VoidTerms && made.DualStack == other.DualStack
	fewerCount := (other.VoidTerms || !made.VoidTerms) && (other.DualStack || !made.DualStack)
	var exceeded *spf.LimitError
	switch {
	case made == other:
		return v, true
	case sameCount && v.VoidLookups > other.VoidLookups: // RFC 7208, 4.6.4
		v.Result, v.Err, v.Explanation = spf.Permerror, &spf.LimitError{Kind: spf.VoidLookupLimit, Limit: other.VoidLookups}, ""
		return v, true
	case errors.As(v.Err, &exceeded) && exceeded.Kind == spf.VoidLookupLimit:
		return v, false
	}
	return v, (sameCount || fewerCount) && v.VoidLookups <= other.VoidLookups
}
