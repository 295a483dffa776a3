package policy

import (
	"policyd-spf/conf"
	"policyd-spf/spf"
)

// Decide decides what is done with a message. It is pure: it depends
// only on its arguments, and no other code decides.
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
	effect := common.Effect()
	for _, g := range alternatives[1:] {
		e := Decide(s, g)
		if e.Needs != common.Needs || e.Kind != common.Kind || e.Effect() != effect || e.Refuses() && e.Text != common.Text {
			return d
		}
		common = commonDecision(common, e)
	}
	return common
}

// decide decides as Decide does, but stops at the first fact that is missing. The
// server then supplies it and decides again.
func decide(s *conf.Settings, f *Facts) Decision {
	var d Decision
	switch skipped := skip(s, f); {
	case s.Mock:
		return Decision{Basis: Mocked, Option: "Mock", Value: "True"}
	case !f.Client.IsValid():
		d = unchecked(NoClientAddress)
	case f.Earlier.Known && !f.PerUser:
		d = fromCache(f.Earlier)
	case s.SkipAuthenticated && f.AuthenticatedUnknown:
		return Decision{Needs: NeedAuthentication}
	case skipped.Option != "":
		d = exempt(f, skipped)
	case f.Exemption.Option != "":
		d = exempt(f, f.Exemption)
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

// exempt decides for an exempt client: a header says so.
func exempt(f *Facts, e Exemption) Decision {
	d := Decision{Basis: Whitelisted, Option: e.Option, Value: e.Entry}
	if f.headerPresent() {
		d.HeaderPresent = true
		return d
	}
	d.Kind, d.Cache = Prepend, CachedAction{Known: true, Kind: Prepend}
	return d
}

// headerPresent reports whether an earlier recipient had the message's header.
// Only per-user settings need to know: other recipients get the cached action.
func (f *Facts) headerPresent() bool { return f.Earlier.Known && f.Earlier.Kind == Prepend }

// decideChecks decides by the results of HELO (RFC 7208, 2.3) and then of MAIL
// FROM (2.4).
func decideChecks(s *conf.Settings, f *Facts) (d Decision) {
	heloPass, heloOther := "", ""
	if checksHELO(s) {
		if !f.HELO.Known {
			return Decision{Needs: NeedHELO}
		}
		d.HELO = dispose(s, HELO, f.HELO.Result, f.HELOName, f.Sender != "")
		d.HELO.PassByAll = deniesPass(s, f.HELO.ByAll)
		if !d.HELO.applyNoMail(s, f.HELO) {
			return Decision{Needs: NeedHELO}
		}
		if f.HELO.Result == spf.Pass {
			var ok bool
			if heloPass, ok = passRestriction(s, s.HELOPassRestriction, f.HELO); !ok {
				return Decision{Needs: NeedHELO}
			}
		} else {
			_, heloOther = otherRestriction(s, HELO, f.HELO.Result)
		}
		switch {
		case d.HELO.refuses():
			d.refuse(HELO, d.HELO, f.HELO.Result)
			return d
		case d.HELO.Downgraded && f.headerPresent():
			d.alreadyHasHeader()
			return d
		case d.HELO.Downgraded: // nothing is cached
		case heloPass != "":
			d.Cache = CachedAction{Known: true, Kind: RestrictionClass, Text: heloPass}
		default:
			d.Cache = CachedAction{Known: true, Kind: d.HELO.Kind}
		}
	}
	switch {
	case f.Sender == "" && !checksHELO(s):
		return unchecked(HELOUnchecked)
	case f.Sender == "" && heloPass != "":
		d.restrict(HELO, "HELO_pass_restriction", heloPass)
		return d
	case !checksMailFrom(s, f.Sender) && heloOther != "":
		d.restrictOther(s, HELO, f.HELO.Result)
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
	case !checksMailFrom(s, f.Sender): // HELO_pass_restriction applies to the other recipients only, as in the original
		d.header(HELO, d.HELO)
		return d
	case !f.MailFrom.Known:
		return Decision{Needs: NeedMailFrom, HELO: d.HELO}
	}
	return decideMailFrom(s, f, d, heloPass, heloOther)
}

// decideMailFrom decides by the result of MAIL FROM. d is the decision so far,
// heloPass is HELO's pass restriction if HELO passed, and heloOther the restriction
// for HELO's result if it did not.
func decideMailFrom(s *conf.Settings, f *Facts, d Decision, heloPass, heloOther string) Decision {
	r := f.MailFrom.Result
	d.MailFrom = dispose(s, MailFrom, r, mailFromName(f.Sender), true)
	d.MailFrom.PassByAll = deniesPass(s, f.MailFrom.ByAll)
	if !d.MailFrom.applyNoMail(s, f.MailFrom) {
		return Decision{Needs: NeedMailFrom, HELO: d.HELO}
	}
	// A restriction for HELO's Pass comes before a rejection, whatever DMARC says.
	if r == spf.Fail && d.MailFrom.refuses() && heloPass == "" && asksDMARC(s) {
		if !f.DMARC.Known {
			return Decision{Needs: NeedDMARC, HELO: d.HELO}
		}
		if leavesToDMARC(s, f.DMARC.Policy) {
			d.MailFrom.Kind, d.MailFrom.LeftToDMARC = Prepend, true
			d.MailFrom.Option, d.MailFrom.Value = "Leave_DMARC", s.LeaveDMARC
		}
	}
	shown := showsMailFrom(s, f)
	if shown && d.MailFrom.Kind == Prepend {
		d.Cache = CachedAction{Known: true, Kind: Prepend}
	}
	mailFromPass, mailFromOther := "", ""
	if r == spf.Pass {
		var ok bool
		if mailFromPass, ok = passRestriction(s, s.MailFromPassRestriction, f.MailFrom); !ok {
			return Decision{Needs: NeedMailFrom, HELO: d.HELO}
		}
	} else if !d.MailFrom.refuses() {
		_, mailFromOther = otherRestriction(s, MailFrom, r)
	}
	switch {
	case mailFromPass != "":
		d.restrict(MailFrom, "Mail_From_pass_restriction", mailFromPass)
		d.Cache = CachedAction{Known: true, Kind: RestrictionClass, Text: mailFromPass}
	case mailFromOther != "":
		d.restrictOther(s, MailFrom, r)
	case heloPass != "": // whatever MAIL FROM's result is
		d.restrict(HELO, "HELO_pass_restriction", heloPass)
		if r == spf.Pass { // else the other recipients get what was cached before, as in the original
			d.Cache = CachedAction{Known: true, Kind: RestrictionClass, Text: heloPass}
		}
	case d.MailFrom.refuses():
		d.refuse(MailFrom, d.MailFrom, r)
	case heloOther != "":
		d.restrictOther(s, HELO, f.HELO.Result)
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
	d.Kind, d.Basis, d.Identity, d.Option, d.Value, d.Text = RestrictionClass, Restriction, id, option, text, text
}

// restrictOther sets the restriction for a result other than Pass. The other
// recipients get it too.
func (d *Decision) restrictOther(s *conf.Settings, id Identity, r spf.Result) {
	option, text := otherRestriction(s, id, r)
	d.restrict(id, option, text)
	d.Cache = CachedAction{Known: true, Kind: RestrictionClass, Text: text}
}

func (d *Decision) header(id Identity, by Disposition) {
	d.Kind, d.Basis, d.Identity, d.Option, d.Value = Prepend, Checked, id, by.Option, by.Value
}

func (d *Decision) alreadyHasHeader() {
	d.Basis, d.HeaderPresent = Cached, true
}

// suppress turns the action into Dunno if an option asks for that.
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

// isError reports whether a check ended in an error.
func isError(r spf.Result) bool { return r == spf.Permerror || r == spf.Temperror }

// passRestriction returns the restriction for a Pass, "" if there is none. It returns
// false if that cannot be known.
func passRestriction(s *conf.Settings, value string, c CheckResult) (text string, ok bool) {
	text = restriction(value)
	if text == "" || s.PassByAll {
		return text, true
	}
	if deniesPass(s, c.ByAll) {
		return "", true
	}
	return text, !c.ByAllUnknown
}

// deniesPass reports whether Pass_By_All = No denies a Pass its restriction and its
// exemption. byAll reports whether the domain grants it to nearly every client.
func deniesPass(s *conf.Settings, byAll bool) bool { return byAll && !s.PassByAll }

// otherRestriction returns the option with the restriction for a result other than
// Pass and Fail, and its value, "" if it is unset.
func otherRestriction(s *conf.Settings, id Identity, r spf.Result) (option, text string) {
	prefix, all := "HELO_", &s.HELORestrictions
	if id == MailFrom {
		prefix, all = "Mail_From_", &s.MailFromRestrictions
	}
	switch r {
	case spf.Softfail:
		text = all.Softfail
	case spf.Neutral:
		text = all.Neutral
	case spf.None:
		text = all.None
	case spf.Permerror:
		text = all.Permerror
	case spf.Temperror:
		text = all.Temperror
	}
	if text = restriction(text); text == "" {
		return "", ""
	}
	return prefix + r.String() + "_restriction", text
}

// restriction returns a restriction as it may be printed, "" if it is unset.
func restriction(value string) string {
	if conf.TrimSpace(value) == "" {
		return ""
	}
	return sanitize(value)
}
