package conf

import (
	"fmt"
	"strings"
	"time"
)

// smtpdTimeout is how long Postfix waits for a reply, in seconds
// (smtpd_policy_service_timeout); then it turns the mail away.
const smtpdTimeout = 100

// ReplyTimeout is how long a reply may take in all, whatever the times that are
// set: Postfix would not wait for much longer.
const ReplyTimeout = 90 * time.Second

// crosscheck gives the options that do not go together.
func (l *File) crosscheck() []Problem {
	s := &l.Settings
	var problems []Problem
	if strings.Contains(s.HeaderType, "AR") && !strings.Contains(s.HeaderType, "SPF") && TrimSpace(s.AuthservID) == "" {
		problems = append(problems, l.about("Authserv_Id", Problem{Severity: Faulty,
			What: "Header_Type = AR needs a name", Expected: "HOSTNAME, or a name", Used: "the host's name"}))
	}
	if s.Prospective != "" && s.HELOReject != "No_Check" {
		problems = append(problems, l.about("Prospective", Problem{Severity: Faulty,
			What:     "the HELO name is the client's, and is checked for another address",
			Expected: "HELO_reject = No_Check"}))
	}
	if s.NoMail && s.HELOReject == "No_Check" && s.MailFromReject == "No_Check" {
		problems = append(problems, l.about("No_Mail", Problem{Severity: Faulty,
			What: "nothing is checked that it could apply to", Expected: "HELO_reject or Mail_From_reject other than No_Check"}))
	}
	return append(problems, l.checkTimeouts()...)
}

// checkTimeouts looks whether all lookups of a request together can take longer than
// Postfix waits.
func (l *File) checkTimeouts() []Problem {
	s := &l.Settings
	var problems []Problem
	checks := 0
	for _, word := range []string{s.HELOReject, s.MailFromReject} {
		if word != "No_Check" {
			checks++
		}
	}
	if checks > 0 && s.LookupTime == 0 {
		return append(problems, l.about("Lookup_Time", Problem{Severity: Faulty,
			What: "no limit for the lookups of a check", Expected: "20, or less"}))
	}
	lookups := len(s.DomainWhitelist)
	for _, list := range [][]string{s.HELOWhitelist, s.DomainWhitelistPTR} {
		if len(list) > 0 {
			lookups++
		}
	}
	sum := int64(checks)*max(int64(s.LookupTime), 0) + int64(lookups)*max(int64(s.WhitelistLookupTime), 0)
	if sum > smtpdTimeout {
		ofChecks := fmt.Sprintf("%d checks of %d s", checks, s.LookupTime)
		ofLists := fmt.Sprintf("%d whitelist lookups of %d s", lookups, s.WhitelistLookupTime)
		name, what := "Lookup_Time", ofChecks
		switch {
		case int64(lookups)*int64(s.WhitelistLookupTime) > sum/2:
			name, what = "Whitelist_Lookup_Time", ofLists+" and "+ofChecks
		case lookups > 0:
			what += " and " + ofLists
		}
		problems = append(problems, l.about(name, Problem{Severity: Faulty,
			What:     fmt.Sprintf("%s may take %d s", what, sum),
			Expected: fmt.Sprintf("less than the %d s that Postfix waits (smtpd_policy_service_timeout)", smtpdTimeout),
			Used:     fmt.Sprintf("%d s in all: what is not known by then is temperror", int(ReplyTimeout.Seconds()))}))
	}
	return problems
}

// about gives the problem the place where the option is set, or the default.
func (l *File) about(name string, p Problem) Problem {
	if origin, ok := l.Origins[name]; ok {
		return p.at(origin, name)
	}
	p.File, p.Name = l.path, name
	option, _ := find(configName, name)
	p.Value = option.Default
	return p
}

// maxPerUserProblems bounds what is said of a per-user file: whoever has more
// of them will repeat the check.
const maxPerUserProblems = 100

// checkPerUser looks at every line of the per-user file.
func (l *File) checkPerUser() []Problem {
	p := NewPerUser(l.Settings.PerUser)
	if c, ok := p.reload(); !ok {
		problem := c.problem(perUserName)
		return []Problem{l.about("Per_User", problem)}
	}
	var problems []Problem
	for number := range len(p.table.starts) {
		line := p.table.line(number + 1)
		if line == "" {
			continue
		}
		problems = append(problems, p.checkLine(line, number+1)...)
		if len(problems) >= maxPerUserProblems {
			return append(problems[:maxPerUserProblems], Problem{Severity: Faulty, File: p.path, Line: number + 1,
				What: "the rest of the file was not looked at"})
		}
	}
	return problems
}

func (p *PerUser) checkLine(line string, number int) []Problem {
	at := func(q Problem) Problem {
		q.File, q.Line = p.path, number
		return q
	}
	user, settings, ok := cutUser(line)
	if !ok {
		return []Problem{at(Problem{Severity: Faulty, Value: line, What: "no comma behind the user",
			Expected: "user,settings", Used: "the line is passed over"})}
	}
	var problems []Problem
	if strings.ToLower(user) != user {
		problems = append(problems, at(Problem{Severity: Faulty, Name: "user", Value: user,
			What: "recipients are made lower-case, so this never matches", Expected: strings.ToLower(user)}))
	}
	if _, first := p.table.find(user); first != number {
		problems = append(problems, at(Problem{Severity: Faulty, Name: "user", Value: user,
			What: fmt.Sprintf("the user has a line already, %d", first), Used: "the first line"}))
	}
	u := UserSettings{Line: number}
	p.apply(&u, settings)
	for _, c := range u.Complaints {
		problems = append(problems, c.problem(perUserName))
	}
	for setting := range strings.SplitSeq(settings, "|") {
		name, value, _ := strings.Cut(setting, "=")
		option, known := find(perUserName, name)
		if !known || option.PerUserIgnored || strings.Contains(value, "=") || !option.valid(value) {
			continue
		}
		for _, q := range option.check(value) {
			q.Name, q.Value = name, value
			problems = append(problems, at(q))
		}
	}
	return problems
}
