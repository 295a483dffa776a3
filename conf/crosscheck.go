package conf

import (
	"fmt"
	"strings"
	"time"
)

const (
	// smtpdTimeout is the time that Postfix waits for a reply before it defers the
	// mail: the default of smtpd_policy_service_timeout.
	smtpdTimeout = 100 * time.Second

	// ReplyTimeout is the longest time until a reply, whatever the configuration
	// says. It is a little less than Postfix waits.
	ReplyTimeout = 90 * time.Second
)

// crosscheck returns the problems of options that contradict each other.
func (f *File) crosscheck() []Problem {
	s := &f.Settings
	var problems []Problem
	if strings.Contains(s.HeaderType, "AR") && !strings.Contains(s.HeaderType, "SPF") && TrimSpace(s.AuthservID) == "" {
		problems = append(problems, f.about("Authserv_Id", Problem{Severity: Faulty,
			What: "Header_Type = AR needs a name", Expected: "HOSTNAME, or a name", Used: "the host's name"}))
	}
	if s.Prospective != "" && s.HELOReject != "No_Check" {
		problems = append(problems, f.about("Prospective", Problem{Severity: Faulty,
			What:     "the client's HELO name is checked for another address",
			Expected: "HELO_reject = No_Check"}))
	}
	if s.NoMail && s.HELOReject == "No_Check" && s.MailFromReject == "No_Check" {
		problems = append(problems, f.about("No_Mail", Problem{Severity: Faulty,
			What: "nothing is checked, so this never applies", Expected: "HELO_reject or Mail_From_reject other than No_Check"}))
	}
	return append(problems, f.checkTimeouts()...)
}

// checkTimeouts returns a problem if the lookups of a request together may take
// longer than a reply may.
func (f *File) checkTimeouts() []Problem {
	s := &f.Settings
	checks := 0
	for _, word := range []string{s.HELOReject, s.MailFromReject} {
		if word != "No_Check" {
			checks++
		}
	}
	if checks > 0 && s.LookupTime == 0 {
		return []Problem{f.about("Lookup_Time", Problem{Severity: Faulty,
			What: "no limit for the lookups of a check", Expected: "20, or less"})}
	}
	lookups := len(s.DomainWhitelist)
	for _, list := range [][]string{s.HELOWhitelist, s.DomainWhitelistPTR} {
		if len(list) > 0 {
			lookups++
		}
	}
	const replySeconds, smtpdSeconds = int64(ReplyTimeout / time.Second), int64(smtpdTimeout / time.Second)
	checkTime := int64(checks) * max(int64(s.LookupTime), 0)
	whitelistTime := int64(lookups) * max(int64(s.WhitelistLookupTime), 0)
	if checkTime+whitelistTime <= replySeconds {
		return nil
	}
	ofChecks := fmt.Sprintf("%s of %d s", count(checks, "check"), s.LookupTime)
	ofLists := fmt.Sprintf("%s of %d s", count(lookups, "whitelist lookup"), s.WhitelistLookupTime)
	name, what := "Lookup_Time", ofChecks
	switch {
	case whitelistTime > checkTime:
		name, what = "Whitelist_Lookup_Time", ofLists+" and "+ofChecks
	case lookups > 0:
		what += " and " + ofLists
	}
	return []Problem{f.about(name, Problem{Severity: Faulty,
		What:     fmt.Sprintf("%s may take %d s", what, checkTime+whitelistTime),
		Expected: fmt.Sprintf("at most %d s, because Postfix waits %d s (smtpd_policy_service_timeout)", replySeconds, smtpdSeconds),
		Used:     fmt.Sprintf("%d s; a check that is not finished by then is Temperror", replySeconds)})}
}

// count returns a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// about returns the problem with the place where the option is set, or with its
// default.
func (f *File) about(name string, p Problem) Problem {
	if origin, ok := f.Origins[name]; ok {
		return p.at(origin, name)
	}
	p.File, p.Name = f.path, name
	option, _ := find(Options(), configName, name)
	p.Value = option.Default
	return p
}
