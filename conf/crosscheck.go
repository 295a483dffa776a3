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

	// DMARCTimeout is the longest time of all lookups for Leave_DMARC together. With
	// prefetching they are in progress at the same time.
	DMARCTimeout = 10 * time.Second
)

// crosscheck returns the problems of options that contradict each other.
func (f *File) crosscheck() []Problem {
	s := &f.Settings
	var problems []Problem
	if strings.Contains(s.HeaderType, "AR") && !strings.Contains(s.HeaderType, "SPF") && TrimSpace(s.AuthservID) == "" {
		problems = append(problems, f.Place("Authserv_Id", Problem{Severity: Faulty,
			What: "Header_Type = AR needs a name", Expected: "HOSTNAME, or a name", Used: "the host's name"}))
	}
	if s.Prospective != "" && s.HELOReject != "No_Check" {
		problems = append(problems, f.Place("Prospective", Problem{Severity: Faulty,
			What:     "the client's HELO name is checked for another address",
			Expected: "HELO_reject = No_Check"}))
	}
	problems = append(problems, f.checkWithoutEffect()...)
	return append(problems, f.checkTimeouts()...)
}

// checkTimeouts returns a problem if the lookups of a request together may take
// longer than a reply may.
func (f *File) checkTimeouts() []Problem {
	s := &f.Settings
	t := s.lookupTimes()
	if t.checks > 0 && s.LookupTime == 0 {
		return []Problem{f.Place("Lookup_Time", Problem{Severity: Faulty,
			What: "no limit for the lookups of a check", Expected: "20, or less"})}
	}
	const replySeconds, smtpdSeconds = int64(ReplyTimeout / time.Second), int64(smtpdTimeout / time.Second)
	if t.total() <= replySeconds {
		return nil
	}
	ofChecks := fmt.Sprintf("%s of %d s", count(t.checks, "check"), s.LookupTime)
	ofLists := fmt.Sprintf("%s of %d s", count(t.lookups, "whitelist lookup"), s.WhitelistLookupTime)
	name, what := "Lookup_Time", ofChecks
	switch {
	case t.whitelistTime > t.checkTime:
		name, what = "Whitelist_Lookup_Time", ofLists+" and "+ofChecks
	case t.lookups > 0:
		what += " and " + ofLists
	}
	if t.dmarcTime > 0 {
		what += fmt.Sprintf(", and %d s for Leave_DMARC,", t.dmarcTime)
	}
	return []Problem{f.Place(name, Problem{Severity: Faulty,
		What:     fmt.Sprintf("%s may take %d s", what, t.total()),
		Expected: fmt.Sprintf("at most %d s, because Postfix waits %d s (smtpd_policy_service_timeout)", replySeconds, smtpdSeconds),
		Used:     fmt.Sprintf("%d s; a check that is not finished by then is Temperror", replySeconds)})}
}

// lookupTimes are the times that the lookups of a request may take, in seconds.
type lookupTimes struct {
	checks, lookups int // checks of an identity, lookups for whitelists

	checkTime, whitelistTime, dmarcTime int64
}

func (t lookupTimes) total() int64 { return t.checkTime + t.whitelistTime + t.dmarcTime }

func (s *Settings) lookupTimes() lookupTimes {
	t := lookupTimes{lookups: len(s.DomainWhitelist)}
	for _, word := range []string{s.HELOReject, s.MailFromReject} {
		if word != "No_Check" {
			t.checks++
		}
	}
	for _, list := range [][]string{s.HELOWhitelist, s.DomainWhitelistPTR} {
		if len(list) > 0 {
			t.lookups++
		}
	}
	t.checkTime = int64(t.checks) * max(int64(s.LookupTime), 0)
	t.whitelistTime = int64(t.lookups) * max(int64(s.WhitelistLookupTime), 0)
	if s.LeaveDMARC != "None" && s.MailFromReject != "No_Check" && s.LookupTime >= 0 {
		t.dmarcTime = int64(DMARCTimeout / time.Second)
	}
	return t
}

// AnswerTime returns how long a reply may take: the time for the lookups of the checks,
// of the whitelists and for Leave_DMARC, at most ReplyTimeout.
func (s *Settings) AnswerTime() time.Duration {
	t := s.lookupTimes()
	seconds := t.total()
	if t.checks > 0 && s.LookupTime == 0 || seconds > int64(ReplyTimeout/time.Second) {
		return ReplyTimeout
	}
	return time.Duration(seconds) * time.Second
}

// count returns a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Place returns the problem with the location where the option is set, or with its
// default.
func (f *File) Place(name string, p Problem) Problem {
	if origin, ok := f.Origins[name]; ok {
		return p.at(origin, name)
	}
	p.File, p.Name = f.path, name
	option, _ := find(Options(), configName, name)
	p.Value = option.Default
	return p
}
