package conf

import "strings"

// refusesNothing reports whether a value of HELO_reject or Mail_From_reject rejects
// no result, and no error either.
func refusesNothing(value string) bool { return value == "False" || value == "No_Check" }

// checkWithoutEffect returns the problems of options that have no effect because of
// other options. With a per-user file they are hints, because a recipient's settings
// may differ.
func (f *File) checkWithoutEffect() []Problem {
	s := &f.Settings
	nothing := refusesNothing(s.HELOReject) && refusesNothing(s.MailFromReject) && len(s.RejectNotPassDomains) == 0
	unchecked := s.HELOReject == "No_Check" && s.MailFromReject == "No_Check"
	lookups := len(s.HELOWhitelist)+len(s.DomainWhitelist)+len(s.DomainWhitelistPTR) > 0
	const rejects = "HELO_reject or Mail_From_reject other than False and No_Check"
	var problems []Problem
	for _, r := range []struct {
		option         string
		applies        bool
		severity       Severity
		what, expected string
	}{
		{"No_Mail", s.NoMail && unchecked, Faulty,
			"nothing is checked, so this never applies", "HELO_reject or Mail_From_reject other than No_Check"},
		{"No_Mail", s.NoMail && nothing && !unchecked, Faulty,
			"nothing is rejected, so this never applies", rejects},
		{"PermError_reject", s.PermErrorReject && nothing, Faulty,
			"no permanent error is rejected, because HELO_reject and Mail_From_reject reject nothing", rejects},
		{"PermError_reject", s.PermErrorReject && s.NoMail && !nothing, Faulty,
			`no permanent error is rejected, because No_Mail = True rejects only for the record "v=spf1 -all"`, "No_Mail = False"},
		{"TempError_Defer", s.TempErrorDefer && nothing, Faulty,
			"no temporary error is deferred, because HELO_reject and Mail_From_reject reject nothing", rejects},
		{"Reject_Not_Pass_Domains", len(s.RejectNotPassDomains) > 0 && unchecked, Faulty,
			"nothing is checked, so this never applies", "HELO_reject or Mail_From_reject other than No_Check"},
		{"Leave_DMARC", s.LeaveDMARC != "None" && refusesNothing(s.MailFromReject) && len(s.RejectNotPassDomains) == 0, Hint,
			"MAIL FROM rejects nothing that could be left to DMARC", "Mail_From_reject = Fail"},
		{"Whitelist_Lookup_Time", f.isSet("Whitelist_Lookup_Time") && !lookups && s.WhitelistLookupTime != Default().WhitelistLookupTime, Hint,
			"no whitelist needs lookups", "Domain_Whitelist, HELO_Whitelist or Domain_Whitelist_PTR"},
		{"Reason_URL", f.isSet("Reason_URL") && s.ReasonURL != "" && !strings.Contains(s.ReasonMessage, "{url}"), Hint,
			"Reason_Message has no place for it", "{url} in Reason_Message"},
	} {
		if !r.applies {
			continue
		}
		if s.PerUser != "" {
			r.severity = Hint
		}
		problems = append(problems, f.Place(r.option, Problem{Severity: r.severity, What: r.what, Expected: r.expected, NoEffect: true}))
	}
	return append(problems, f.checkUnusedRestrictions()...)
}

// isSet reports whether the file sets an option.
func (f *File) isSet(name string) bool {
	_, ok := f.Origins[name]
	return ok
}

// checkUnusedRestrictions returns the problems of actions for the results of a check
// that is not made.
func (f *File) checkUnusedRestrictions() []Problem {
	var problems []Problem
	for _, r := range f.Restrictions() {
		option, value := "HELO_reject", f.Settings.HELOReject
		if strings.HasPrefix(r.Name, "Mail_From_") {
			option, value = "Mail_From_reject", f.Settings.MailFromReject
		}
		if value == "No_Check" && r.File == f.path && f.Settings.PerUser == "" {
			problems = append(problems, f.Place(r.Name, Problem{Severity: Faulty, NoEffect: true,
				What: "there is no such result, because " + option + " = No_Check", Expected: option + " other than No_Check"}))
		}
	}
	return problems
}

// Restriction is an option with an action of Postfix, or restrictions, as its value.
type Restriction struct {
	File        string
	Line        int
	Name, Value string
}

// Restrictions returns the options of the file, and of the per-user file, whose value
// is an action of Postfix. Those without a value are left out.
func (f *File) Restrictions() []Restriction {
	var found []Restriction
	for _, o := range f.options {
		if origin, ok := f.Origins[o.Name]; ok && o.isRestriction() && origin.Value != "" {
			found = append(found, Restriction{origin.File, origin.Line, o.Name, origin.Value})
		}
	}
	if f.Settings.PerUser == "" {
		return found
	}
	p := NewPerUser(f.Settings.PerUser)
	if _, ok := p.reload(); !ok {
		return found
	}
	for number := range len(p.table.starts) {
		_, settings, _ := cutUser(p.table.line(number + 1))
		for setting := range strings.SplitSeq(settings, "|") {
			name, value, _ := strings.Cut(setting, "=")
			if o, known := find(p.options, perUserName, name); known && o.isRestriction() && value != "" && !strings.Contains(value, "=") {
				found = append(found, Restriction{p.path, number + 1, name, value})
			}
		}
	}
	return found
}

// isRestriction reports whether the option's value is an action of Postfix.
func (o *Option) isRestriction() bool { return strings.HasSuffix(o.Name, "_restriction") }
