package policy

import (
	"net/netip"
	"testing"

	"policyd-spf/conf"
	"policyd-spf/dmarc"
	"policyd-spf/spf"
)

// result returns the facts about a check with a result.
func result(r spf.Result) CheckResult { return CheckResult{Known: true, Result: r} }

// facts returns the facts about a message with a HELO name and a sender.
func facts(helo, mailFrom CheckResult) Facts {
	return Facts{
		Client: netip.MustParseAddr("192.0.2.1"), HELOName: "mail.example.org", Sender: "alice@example.org",
		HELO: helo, MailFrom: mailFrom,
	}
}

// with returns the default settings with a change.
func with(change func(*conf.Settings)) conf.Settings {
	s := conf.Default()
	change(&s)
	return s
}

func TestDecide(t *testing.T) {
	defaults := conf.Default()
	passRestrictions := with(func(s *conf.Settings) { s.HELOPassRestriction, s.MailFromPassRestriction = "helo_ok", "from_ok" })
	heloRestriction := with(func(s *conf.Settings) { s.HELOPassRestriction = "helo_ok" })
	passByAll := with(func(s *conf.Settings) {
		s.PassByAll, s.HELOPassRestriction, s.MailFromPassRestriction = false, "helo_ok", "from_ok"
	})
	byAll := CheckResult{Known: true, Result: spf.Pass, ByAll: true}
	leaveEnforced := with(func(s *conf.Settings) { s.LeaveDMARC = "Enforced" })
	leaveAll := with(func(s *conf.Settings) { s.LeaveDMARC = "All" })
	withPolicy := func(f Facts, p dmarc.Policy) Facts { f.DMARC = DMARC{Known: true, Policy: p}; return f }
	others := with(func(s *conf.Settings) {
		s.HELORestrictions.Softfail, s.MailFromRestrictions.Softfail = "helo_softfail", "from_softfail"
	})
	noMail := with(func(s *conf.Settings) { s.NoMail = true })
	change := func(f Facts, change func(*Facts)) Facts { change(&f); return f }
	pass, fail, none, softfail := result(spf.Pass), result(spf.Fail), result(spf.None), result(spf.Softfail)
	earlier := func(a CachedAction, perUser bool) Facts {
		return change(facts(none, pass), func(f *Facts) { f.Earlier, f.PerUser = a, perUser })
	}

	for _, test := range []struct {
		name     string
		settings conf.Settings
		facts    Facts
		want     Decision // without HELO and MailFrom
	}{
		{name: "Mock", settings: conf.Settings{Mock: true}, facts: facts(fail, fail),
			want: Decision{Basis: Mocked, Option: "Mock", Value: "True"}},
		{name: "no client address", settings: defaults, facts: change(facts(fail, fail), func(f *Facts) { f.Client = netip.Addr{} }),
			want: Decision{Basis: Unchecked, Unchecked: NoClientAddress}},
		{name: "neither HELO name nor sender", settings: defaults, facts: change(facts(fail, fail), func(f *Facts) { f.HELOName, f.Sender = "", "" }),
			want: Decision{Basis: Unchecked, Unchecked: NoIdentity}},
		{name: "null sender, HELO off", settings: with(func(s *conf.Settings) { s.HELOReject = "No_Check" }),
			facts: change(facts(fail, fail), func(f *Facts) { f.Sender = "" }),
			want:  Decision{Basis: Unchecked, Unchecked: HELOUnchecked}},
		{name: "both checks off", settings: with(func(s *conf.Settings) { s.HELOReject, s.MailFromReject = "No_Check", "No_Check" }),
			facts: facts(fail, fail), want: Decision{Basis: Unchecked, Unchecked: ChecksOff}},

		{name: "HELO fails", settings: defaults, facts: facts(fail, pass),
			want: Decision{Kind: Reject, Basis: Checked, Identity: HELO, Option: "HELO_reject", Value: "Fail", Cache: cached(Reject, "")}},
		{name: "MAIL FROM fails", settings: defaults, facts: facts(none, fail),
			want: Decision{Kind: Reject, Basis: Checked, Identity: MailFrom, Option: "Mail_From_reject", Value: "Fail", Cache: cached(Reject, "")}},
		{name: "MAIL FROM fails, HELO off", settings: with(func(s *conf.Settings) { s.HELOReject = "No_Check" }), facts: facts(CheckResult{}, fail),
			want: Decision{Kind: Reject, Basis: Checked, Identity: MailFrom, Option: "Mail_From_reject", Value: "Fail", Cache: cached(Reject, "")}},
		{name: "Temperror is deferred", settings: with(func(s *conf.Settings) { s.TempErrorDefer = true }), facts: facts(none, result(spf.Temperror)),
			want: Decision{Kind: Defer, Basis: Checked, Identity: MailFrom, Option: "TempError_Defer", Value: "True", Error: true, Cache: cached(Defer, "")}},
		{name: "a header for MAIL FROM", settings: defaults, facts: facts(pass, softfail),
			want: Decision{Kind: Prepend, Basis: Checked, Identity: MailFrom, Option: "Mail_From_reject", Value: "Fail", Cache: cached(Prepend, "")}},
		{name: "a header for HELO, which alone has a record", settings: defaults, facts: facts(pass, none),
			want: Decision{Kind: Prepend, Basis: Checked, Identity: HELO, Option: "HELO_reject", Value: "Fail", Cache: cached(Prepend, "")}},
		{name: "a header for MAIL FROM, where neither has a record", settings: defaults, facts: facts(none, none),
			want: Decision{Kind: Prepend, Basis: Checked, Identity: MailFrom, Option: "Mail_From_reject", Value: "Fail", Cache: cached(Prepend, "")}},
		{name: "a header for MAIL FROM, where HELO has a result that is not asked for", settings: with(func(s *conf.Settings) { s.HELOReject = "No_Check" }), facts: facts(pass, none),
			want: Decision{Kind: Prepend, Basis: Checked, Identity: MailFrom, Option: "Mail_From_reject", Value: "Fail", Cache: cached(Prepend, "")}},
		{name: "null sender", settings: defaults, facts: change(facts(result(spf.Permerror), CheckResult{}), func(f *Facts) { f.Sender = "" }),
			want: Decision{Kind: Prepend, Basis: Checked, Identity: HELO, Option: "PermError_reject", Value: "False", Error: true, Cache: cached(Prepend, "")}},
		{name: "MAIL FROM off", settings: with(func(s *conf.Settings) { s.MailFromReject = "No_Check" }), facts: facts(none, fail),
			want: Decision{Kind: Prepend, Basis: Checked, Identity: HELO, Option: "HELO_reject", Value: "Fail", Cache: cached(Prepend, "")}},
		{name: "HELO_reject = Null with a sender, MAIL FROM off", settings: with(func(s *conf.Settings) { s.HELOReject, s.MailFromReject = "Null", "No_Check" }), facts: facts(fail, fail),
			want: Decision{Kind: Prepend, Basis: Checked, Identity: HELO, Option: "HELO_reject", Value: "Null", Cache: cached(Dunno, "")}},

		{name: "both pass, both restrictions", settings: passRestrictions, facts: facts(pass, pass),
			want: Decision{Kind: RestrictionClass, Basis: Restriction, Identity: MailFrom, Option: "Mail_From_pass_restriction", Value: "from_ok", Text: "from_ok", Cache: cached(RestrictionClass, "from_ok")}},
		{name: "both pass, HELO_pass_restriction", settings: heloRestriction, facts: facts(pass, pass),
			want: Decision{Kind: RestrictionClass, Basis: Restriction, Identity: HELO, Option: "HELO_pass_restriction", Value: "helo_ok", Text: "helo_ok", Cache: cached(RestrictionClass, "helo_ok")}},
		{name: "HELO passes, MAIL FROM fails: not cached as such", settings: heloRestriction, facts: facts(pass, fail),
			want: Decision{Kind: RestrictionClass, Basis: Restriction, Identity: HELO, Option: "HELO_pass_restriction", Value: "helo_ok", Text: "helo_ok", Cache: cached(RestrictionClass, "helo_ok")}},
		{name: "HELO passes, MAIL FROM softfails: the others get the header's action", settings: heloRestriction, facts: facts(pass, softfail),
			want: Decision{Kind: RestrictionClass, Basis: Restriction, Identity: HELO, Option: "HELO_pass_restriction", Value: "helo_ok", Text: "helo_ok", Cache: cached(Prepend, "")}},
		{name: "only MAIL FROM passes", settings: passRestrictions, facts: facts(none, pass),
			want: Decision{Kind: RestrictionClass, Basis: Restriction, Identity: MailFrom, Option: "Mail_From_pass_restriction", Value: "from_ok", Text: "from_ok", Cache: cached(RestrictionClass, "from_ok")}},
		{name: "null sender, HELO passes", settings: passRestrictions, facts: change(facts(pass, CheckResult{}), func(f *Facts) { f.Sender = "" }),
			want: Decision{Kind: RestrictionClass, Basis: Restriction, Identity: HELO, Option: "HELO_pass_restriction", Value: "helo_ok", Text: "helo_ok", Cache: cached(RestrictionClass, "helo_ok")}},
		{name: "MAIL FROM off: the restriction is for the other recipients", settings: with(func(s *conf.Settings) { s.MailFromReject, s.HELOPassRestriction = "No_Check", "helo_ok" }), facts: facts(pass, pass),
			want: Decision{Kind: Prepend, Basis: Checked, Identity: HELO, Option: "HELO_reject", Value: "Fail", Cache: cached(RestrictionClass, "helo_ok")}},
		{name: "a restriction of spaces is ignored", settings: with(func(s *conf.Settings) { s.MailFromPassRestriction = " " }), facts: facts(none, pass),
			want: Decision{Kind: Prepend, Basis: Checked, Identity: MailFrom, Option: "Mail_From_reject", Value: "Fail", Cache: cached(Prepend, "")}},

		{name: "both pass, MAIL FROM by +all", settings: passByAll, facts: facts(pass, byAll),
			want: Decision{Kind: RestrictionClass, Basis: Restriction, Identity: HELO, Option: "HELO_pass_restriction", Value: "helo_ok", Text: "helo_ok", Cache: cached(RestrictionClass, "helo_ok")}},
		{name: "both pass by +all", settings: passByAll, facts: facts(byAll, byAll),
			want: Decision{Kind: Prepend, Basis: Checked, Identity: MailFrom, Option: "Mail_From_reject", Value: "Fail", Cache: cached(Prepend, "")}},
		{name: "both pass by +all, Pass_By_All = Yes", settings: passRestrictions, facts: facts(byAll, byAll),
			want: Decision{Kind: RestrictionClass, Basis: Restriction, Identity: MailFrom, Option: "Mail_From_pass_restriction", Value: "from_ok", Text: "from_ok", Cache: cached(RestrictionClass, "from_ok")}},
		{name: "MAIL FROM fails, left to DMARC", settings: leaveEnforced, facts: withPolicy(facts(none, fail), dmarc.Quarantine),
			want: Decision{Kind: Prepend, Basis: Checked, Identity: MailFrom, Option: "Leave_DMARC", Value: "Enforced", Cache: cached(Prepend, "")}},
		{name: "MAIL FROM fails, policy none", settings: leaveEnforced, facts: withPolicy(facts(none, fail), dmarc.None),
			want: Decision{Kind: Reject, Basis: Checked, Identity: MailFrom, Option: "Mail_From_reject", Value: "Fail", Cache: cached(Reject, "")}},
		{name: "MAIL FROM fails, policy none, All", settings: leaveAll, facts: withPolicy(facts(none, fail), dmarc.None),
			want: Decision{Kind: Prepend, Basis: Checked, Identity: MailFrom, Option: "Leave_DMARC", Value: "All", Cache: cached(Prepend, "")}},
		{name: "MAIL FROM fails, no policy, All", settings: leaveAll, facts: withPolicy(facts(none, fail), dmarc.NoPolicy),
			want: Decision{Kind: Reject, Basis: Checked, Identity: MailFrom, Option: "Mail_From_reject", Value: "Fail", Cache: cached(Reject, "")}},
		{name: "MAIL FROM softfails, its restriction", settings: others, facts: facts(pass, softfail),
			want: Decision{Kind: RestrictionClass, Basis: Restriction, Identity: MailFrom, Option: "Mail_From_softfail_restriction", Value: "from_softfail", Text: "from_softfail", Cache: cached(RestrictionClass, "from_softfail")}},
		{name: "HELO softfails, its restriction", settings: others, facts: facts(softfail, pass),
			want: Decision{Kind: RestrictionClass, Basis: Restriction, Identity: HELO, Option: "HELO_softfail_restriction", Value: "helo_softfail", Text: "helo_softfail", Cache: cached(RestrictionClass, "helo_softfail")}},
		{name: "both softfail, both restrictions", settings: others, facts: facts(softfail, softfail),
			want: Decision{Kind: RestrictionClass, Basis: Restriction, Identity: MailFrom, Option: "Mail_From_softfail_restriction", Value: "from_softfail", Text: "from_softfail", Cache: cached(RestrictionClass, "from_softfail")}},
		{name: "HELO softfails, MAIL FROM fails", settings: others, facts: facts(softfail, fail),
			want: Decision{Kind: Reject, Basis: Checked, Identity: MailFrom, Option: "Mail_From_reject", Value: "Fail", Cache: cached(Reject, "")}},
		{name: "no restriction for the result", settings: others, facts: facts(none, result(spf.Neutral)),
			want: Decision{Kind: Prepend, Basis: Checked, Identity: MailFrom, Option: "Mail_From_reject", Value: "Fail", Cache: cached(Prepend, "")}},

		{name: "No_Mail, HELO is a domain without mail", settings: noMail, facts: facts(CheckResult{Known: true, Result: spf.Fail, NoMail: true}, pass),
			want: Decision{Kind: Reject, Basis: Checked, Identity: HELO, Option: "HELO_reject", Value: "Fail", Cache: cached(Reject, "")}},
		{name: "No_Mail, HELO is not", settings: noMail, facts: facts(fail, pass),
			want: Decision{Kind: Prepend, Basis: Checked, Identity: MailFrom, Option: "Mail_From_reject", Value: "Fail", Cache: cached(Prepend, "")}},
		{name: "No_Mail, HELO and MAIL FROM are not: nothing is cached", settings: noMail, facts: facts(fail, fail),
			want: Decision{Kind: Prepend, Basis: Checked, Identity: MailFrom, Option: "Mail_From_reject", Value: "Fail"}},
		{name: "No_Mail does not concern Temperror", settings: with(func(s *conf.Settings) { s.NoMail, s.TempErrorDefer = true, true }), facts: facts(none, result(spf.Temperror)),
			want: Decision{Kind: Defer, Basis: Checked, Identity: MailFrom, Option: "TempError_Defer", Value: "True", Error: true, Cache: cached(Defer, "")}},

		{name: "an earlier recipient's header", settings: defaults, facts: earlier(cached(Prepend, ""), false),
			want: Decision{Basis: Cached, HeaderPresent: true}},
		{name: "an earlier recipient's rejection", settings: defaults, facts: earlier(cached(Reject, "no"), false),
			want: Decision{Kind: Reject, Basis: Cached, Text: "no"}},
		{name: "an earlier recipient's rejection, in test mode", settings: with(func(s *conf.Settings) { s.TestOnly = 0 }), facts: earlier(cached(Reject, "no"), false),
			want: Decision{Basis: Cached, Text: "no", SuppressedBy: "TestOnly", SuppressedValue: "0", Suppressed: Reject}},
		{name: "per-user settings ignore an earlier rejection", settings: defaults, facts: earlier(cached(Reject, "no"), true),
			want: Decision{Kind: Prepend, Basis: Checked, Identity: MailFrom, Option: "Mail_From_reject", Value: "Fail"}},
		{name: "per-user settings see an earlier header", settings: defaults, facts: earlier(cached(Prepend, ""), true),
			want: Decision{Basis: Cached, HeaderPresent: true}},
		{name: "per-user settings reject after an earlier header", settings: defaults, facts: change(earlier(cached(Prepend, ""), true), func(f *Facts) { f.MailFrom = fail }),
			want: Decision{Kind: Reject, Basis: Checked, Identity: MailFrom, Option: "Mail_From_reject", Value: "Fail"}},
		{name: "per-user settings with No_Mail see an earlier header at HELO", settings: noMail, facts: change(earlier(cached(Prepend, ""), true), func(f *Facts) { f.HELO, f.MailFrom = fail, CheckResult{} }),
			want: Decision{Basis: Cached, HeaderPresent: true}},
		{name: "per-user settings with MAIL FROM off see an earlier header", settings: with(func(s *conf.Settings) { s.MailFromReject = "No_Check" }), facts: earlier(cached(Prepend, ""), true),
			want: Decision{Basis: Cached, HeaderPresent: true}},
		{name: "per-user settings add a second header for the null sender", settings: defaults, facts: change(earlier(cached(Prepend, ""), true), func(f *Facts) { f.Sender = "" }),
			want: Decision{Kind: Prepend, Basis: Checked, Identity: HELO, Option: "HELO_reject", Value: "Fail"}},

		{name: "whitelisted", settings: defaults, facts: change(facts(fail, fail), func(f *Facts) { f.Exemption = Exemption{"Whitelist", "192.0.2.0/24"} }),
			want: Decision{Kind: Prepend, Basis: Whitelisted, Option: "Whitelist", Value: "192.0.2.0/24", Cache: cached(Prepend, "")}},
		{name: "whitelisted, and the header is there", settings: defaults, facts: change(earlier(cached(Prepend, ""), true), func(f *Facts) { f.Exemption = Exemption{"Whitelist", "192.0.2.0/24"} }),
			want: Decision{Basis: Whitelisted, Option: "Whitelist", Value: "192.0.2.0/24", HeaderPresent: true}},

		{name: "test mode", settings: with(func(s *conf.Settings) { s.TestOnly = 0 }), facts: facts(none, fail),
			want: Decision{Basis: Checked, Identity: MailFrom, Option: "Mail_From_reject", Value: "Fail", Cache: cached(Reject, ""),
				SuppressedBy: "TestOnly", SuppressedValue: "0", Suppressed: Reject}},
		{name: "test mode adds headers", settings: with(func(s *conf.Settings) { s.TestOnly = 0 }), facts: facts(none, pass),
			want: Decision{Kind: Prepend, Basis: Checked, Identity: MailFrom, Option: "Mail_From_reject", Value: "Fail", Cache: cached(Prepend, "")}},
		{name: "Prospective", settings: with(func(s *conf.Settings) { s.Prospective = "192.0.2.7" }), facts: facts(none, pass),
			want: Decision{Basis: Checked, Identity: MailFrom, Option: "Mail_From_reject", Value: "Fail", Cache: cached(Prepend, ""),
				SuppressedBy: "Prospective", SuppressedValue: "192.0.2.7", Suppressed: Prepend}},
		{name: "Header_Type = None", settings: with(func(s *conf.Settings) { s.HeaderType = "None" }), facts: facts(none, pass),
			want: Decision{Basis: Checked, Identity: MailFrom, Option: "Mail_From_reject", Value: "Fail", Cache: cached(Prepend, ""),
				SuppressedBy: "Header_Type", SuppressedValue: "None", Suppressed: Prepend}},
		{name: "Header_Type = None rejects", settings: with(func(s *conf.Settings) { s.HeaderType = "None" }), facts: facts(none, fail),
			want: Decision{Kind: Reject, Basis: Checked, Identity: MailFrom, Option: "Mail_From_reject", Value: "Fail", Cache: cached(Reject, "")}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := Decide(&test.settings, test.facts)
			got.HELO, got.MailFrom = Disposition{}, Disposition{}
			if got != test.want {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

// TestDecide_missingFact: a decision that does not depend on a missing fact is
// known, and any other one names the fact.
func TestDecide_missingFact(t *testing.T) {
	defaults := conf.Default()
	unknown := CheckResult{}
	noMailUnknown := CheckResult{Known: true, Result: spf.Fail, NoMailUnknown: true}
	passByAll := with(func(s *conf.Settings) {
		s.PassByAll, s.HELOPassRestriction, s.MailFromPassRestriction = false, "helo_ok", "from_ok"
	})
	leaveAll := with(func(s *conf.Settings) { s.LeaveDMARC = "All" })
	leaveNothing := with(func(s *conf.Settings) { s.LeaveDMARC, s.MailFromReject = "All", "False" })
	byAllUnknown := CheckResult{Known: true, Result: spf.Pass, ByAllUnknown: true}
	skipAuthenticated := with(func(s *conf.Settings) { s.SkipAuthenticated = true })
	authenticationUnknown := func(mailFrom CheckResult) Facts {
		f := facts(result(spf.None), mailFrom)
		f.AuthenticatedUnknown = true
		return f
	}
	whitelistUnknown := func(mailFrom CheckResult) Facts {
		f := facts(result(spf.None), mailFrom)
		f.ExemptionNeeds = "Domain_Whitelist"
		return f
	}
	for _, test := range []struct {
		name     string
		settings conf.Settings
		facts    Facts
		needs    Need
		kind     Kind
		identity Identity
		option   string
	}{
		{name: "HELO would reject", settings: defaults, facts: facts(unknown, result(spf.Pass)), needs: NeedHELO},
		{name: "HELO would reject, MAIL FROM does", settings: defaults, facts: facts(unknown, result(spf.Fail)), kind: Reject},
		{name: "HELO would defer, MAIL FROM rejects", settings: with(func(s *conf.Settings) { s.TempErrorDefer = true }), facts: facts(unknown, result(spf.Fail)), needs: NeedHELO},
		{name: "HELO cannot reject, MAIL FROM does", settings: with(func(s *conf.Settings) { s.HELOReject = "False" }), facts: facts(unknown, result(spf.Fail)),
			kind: Reject, identity: MailFrom, option: "Mail_From_reject"},
		{name: "HELO cannot reject, MAIL FROM does not", settings: with(func(s *conf.Settings) { s.HELOReject = "False" }), facts: facts(unknown, result(spf.Softfail)),
			kind: Prepend, identity: MailFrom, option: "Mail_From_reject"},
		{name: "HELO cannot reject, and may be in the header", settings: with(func(s *conf.Settings) { s.HELOReject = "False" }), facts: facts(unknown, result(spf.None)), kind: Prepend},
		{name: "HELO may earn a restriction", settings: with(func(s *conf.Settings) { s.HELOReject, s.HELOPassRestriction = "False", "ok" }), facts: facts(unknown, result(spf.Softfail)), needs: NeedHELO},
		{name: "HELO is not checked", settings: with(func(s *conf.Settings) { s.HELOReject = "No_Check" }), facts: facts(unknown, result(spf.Fail)),
			kind: Reject, identity: MailFrom, option: "Mail_From_reject"},
		{name: "HELO rejects, MAIL FROM unknown", settings: defaults, facts: facts(result(spf.Fail), unknown), kind: Reject, identity: HELO, option: "HELO_reject"},
		{name: "MAIL FROM may reject", settings: defaults, facts: facts(result(spf.Pass), unknown), needs: NeedMailFrom},
		{name: "MAIL FROM cannot reject", settings: with(func(s *conf.Settings) { s.MailFromReject = "False" }), facts: facts(result(spf.None), unknown), kind: Prepend, identity: MailFrom, option: "Mail_From_reject"},
		{name: "both unknown", settings: defaults, facts: facts(unknown, unknown), needs: NeedHELO},
		{name: "both unknown, only MAIL FROM matters", settings: with(func(s *conf.Settings) { s.HELOReject = "False" }), facts: facts(unknown, unknown), needs: NeedMailFrom},
		{name: "both unknown, neither matters", settings: with(func(s *conf.Settings) { s.HELOReject, s.MailFromReject = "False", "False" }), facts: facts(unknown, unknown), kind: Prepend},
		{name: "test mode: a header, or none", settings: with(func(s *conf.Settings) { s.TestOnly = 0 }), facts: facts(result(spf.None), unknown), needs: NeedMailFrom},
		{name: "test mode, both unknown: HELO may decide", settings: with(func(s *conf.Settings) { s.TestOnly = 0 }), facts: facts(unknown, unknown), needs: NeedHELO},
		{name: "No_Mail is off", settings: defaults, facts: facts(result(spf.None), noMailUnknown), kind: Reject, identity: MailFrom, option: "Mail_From_reject"},
		{name: "No_Mail, record of MAIL FROM unknown", settings: with(func(s *conf.Settings) { s.NoMail = true }), facts: facts(result(spf.None), noMailUnknown), needs: NeedMailFrom},
		{name: "No_Mail, record of HELO unknown", settings: with(func(s *conf.Settings) { s.NoMail = true }), facts: facts(noMailUnknown, result(spf.Pass)), needs: NeedHELO},
		{name: "No_Mail, record unknown, no rejection", settings: with(func(s *conf.Settings) { s.NoMail = true }),
			facts: facts(result(spf.None), CheckResult{Known: true, Result: spf.Softfail, NoMailUnknown: true}), kind: Prepend, identity: MailFrom, option: "Mail_From_reject"},
		{name: "whether a Pass is by +all is unknown", settings: passByAll, facts: facts(result(spf.None), byAllUnknown), needs: NeedMailFrom},
		{name: "whether a Pass is by +all is unknown, without restriction", settings: defaults, facts: facts(result(spf.None), byAllUnknown), kind: Prepend, identity: MailFrom, option: "Mail_From_reject"},
		{name: "whether HELO's Pass is by +all is unknown", settings: passByAll, facts: facts(byAllUnknown, result(spf.Softfail)), needs: NeedHELO},
		{name: "DMARC policy unknown, and not asked for", settings: defaults, facts: facts(result(spf.None), result(spf.Fail)), kind: Reject, identity: MailFrom, option: "Mail_From_reject"},
		{name: "DMARC policy unknown", settings: leaveAll, facts: facts(result(spf.None), result(spf.Fail)), needs: NeedDMARC},
		{name: "DMARC policy unknown, HELO fails", settings: leaveAll, facts: facts(result(spf.Fail), result(spf.Fail)), kind: Reject, identity: HELO, option: "HELO_reject"},
		{name: "DMARC policy and MAIL FROM unknown", settings: leaveAll, facts: facts(result(spf.None), unknown), needs: NeedMailFrom},
		{name: "DMARC policy unknown, nothing is rejected anyway", settings: leaveNothing, facts: facts(result(spf.None), result(spf.Fail)), kind: Prepend, identity: MailFrom, option: "Mail_From_reject"},
		{name: "authentication unknown, and not asked for", settings: defaults, facts: authenticationUnknown(result(spf.Fail)), kind: Reject, identity: MailFrom, option: "Mail_From_reject"},
		{name: "authentication unknown", settings: skipAuthenticated, facts: authenticationUnknown(result(spf.Fail)), needs: NeedAuthentication},
		{name: "authentication unknown, and a header anyway", settings: skipAuthenticated, facts: authenticationUnknown(result(spf.Pass)), kind: Prepend},
		{name: "a whitelist may hold the client", settings: defaults, facts: whitelistUnknown(result(spf.Fail)), needs: NeedWhitelist},
		{name: "a whitelist may hold the client, who would get a header anyway", settings: defaults, facts: whitelistUnknown(result(spf.Pass)), kind: Prepend},
		{name: "a whitelist may hold the client, MAIL FROM unknown", settings: defaults, facts: whitelistUnknown(unknown), needs: NeedWhitelist},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := Decide(&test.settings, test.facts)
			if d.Needs != test.needs || d.Kind != test.kind || d.Identity != test.identity || d.Option != test.option {
				t.Errorf("needs %v, kind %v, by %v, %q; want %v, %v, %v, %q",
					d.Needs, d.Kind, d.Identity, d.Option, test.needs, test.kind, test.identity, test.option)
			}
		})
	}
}

// TestDecide_missingFactIsSound: whatever is missing, a decision that is known is
// the one that is made when nothing is missing.
func TestDecide_missingFactIsSound(t *testing.T) {
	configs := []conf.Settings{
		conf.Default(),
		with(func(s *conf.Settings) { s.NoMail, s.PermErrorReject, s.TempErrorDefer = true, true, true }),
		with(func(s *conf.Settings) { s.HELOReject, s.MailFromReject = "Null", "SPF_Not_Pass" }),
		with(func(s *conf.Settings) { s.HELOReject, s.HELOPassRestriction = "False", "ok" }),
		with(func(s *conf.Settings) { s.TestOnly, s.MailFromPassRestriction = 0, "ok" }),
		with(func(s *conf.Settings) {
			s.PassByAll, s.HELOPassRestriction, s.MailFromPassRestriction = false, "ok", "ok"
		}),
		with(func(s *conf.Settings) { s.HELORestrictions.None, s.MailFromRestrictions.Permerror = "ok", "ok" }),
		with(func(s *conf.Settings) {
			s.HELORestrictions.Softfail, s.HELOReject, s.MailFromReject = "ok", "Null", "Softfail"
		}),
		with(func(s *conf.Settings) { s.HeaderType, s.RejectNotPassDomains = "None", []string{"example.org"} }),
		with(func(s *conf.Settings) {
			s.PassByAll, s.HELOReject, s.MailFromReject = false, "False", "False"
			s.HELOPassRestriction, s.MailFromPassRestriction = "ok", "REJECT"
			s.HELORestrictions.None, s.MailFromRestrictions.None = "550 5.7.1 no", "450 4.7.1 not now"
		}),
	}
	known := 0
	for _, s := range configs {
		for _, helo := range (CheckResult{}).alternatives() {
			for _, mailFrom := range (CheckResult{}).alternatives() {
				whole := facts(helo, mailFrom)
				want := Decide(&s, whole)
				for missing := 1; missing < 64; missing++ {
					if missing >= 16 && (s.PassByAll || missing&12 != 0) {
						continue // ByAll does not matter, or not to a result to which NoMail does
					}
					f := whole
					if missing&1 != 0 {
						f.HELO = CheckResult{}
					}
					if missing&2 != 0 {
						f.MailFrom = CheckResult{}
					}
					f.HELO.NoMailUnknown = missing&4 != 0
					f.MailFrom.NoMailUnknown = missing&8 != 0
					f.HELO.ByAllUnknown = missing&16 != 0
					f.MailFrom.ByAllUnknown = missing&32 != 0
					got := Decide(&s, f)
					if got.Needs != NeedNothing {
						continue
					}
					known++
					if got.Kind != want.Kind || got.Refuses() != want.Refuses() || got.Refuses() && got.Effect() != want.Effect() || got.Basis != Undetermined && got.Basis != want.Basis ||
						got.Identity != 0 && got.Identity != want.Identity || got.Option != "" && got.Option != want.Option {
						t.Fatalf("%+v without %b: got %+v, want %+v", whole, missing, got, want)
					}
				}
			}
		}
	}
	if known == 0 {
		t.Error("no decision with a missing fact is known")
	}
}
