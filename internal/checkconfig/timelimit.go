package checkconfig

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"policyd-spf/conf"
	"policyd-spf/internal/postfix"
)

const (
	// minTimeLimit is a time limit that no smtpd(8) outlives: it serves 100 clients
	// (max_use) and waits 100 s for the next one (max_idle).
	minTimeLimit = time.Hour

	// defaultTimeLimit is the default of command_time_limit.
	defaultTimeLimit = 1000 * time.Second
)

// checkTimeLimit checks how long a process may run: it should outlive the smtpd that it
// serves, which otherwise has to wait and retry.
func (c *checker) checkTimeLimit(s *postfix.Service) {
	name := s.TimeLimitName()
	problem := conf.Problem{Severity: conf.Faulty, File: c.postfix.File("main.cf"), Line: c.postfix.MainLine(name), Name: name, Value: c.postfix.Main[name],
		Expected: name + " = 3600"}
	const tooShort = "1000 s, the default, is too short: the process is killed while a busy smtpd still uses it"
	limit, ok := postfix.ParseTime(problem.Value)
	other, hasOther := c.otherTimeLimit(s)
	switch {
	case !ok:
		problem.What = "not a time, and spawn(8) ends: " + noReply
	case limit == 0:
		problem.What = "spawn(8) takes no time below 1 s, and ends: " + noReply
	case limit < defaultTimeLimit:
		problem.What = "the process is killed while an smtpd still uses it"
	case limit == defaultTimeLimit && hasOther:
		problem.Line, problem.Name, problem.Value = other.Line, other.Name, other.Value
		problem.What = fmt.Sprintf("master.cf has no service of that name, and %s has no line: %s", name, tooShort)
	case limit == defaultTimeLimit:
		problem.What = tooShort
	case limit < minTimeLimit:
		problem.Severity, problem.What = conf.Hint, "rather short: the process is killed while a busy smtpd still uses it"
	default:
		return
	}
	c.add(problem)
}

// otherTimeLimit returns a time limit in main.cf that is for no service, and probably
// for this one, if it has none of its own.
func (c *checker) otherTimeLimit(s *postfix.Service) (postfix.Setting, bool) {
	if c.postfix.MainLine(s.TimeLimitName()) > 0 {
		return postfix.Setting{}, false
	}
	i := slices.IndexFunc(c.postfix.Settings, func(setting postfix.Setting) bool {
		service, ok := strings.CutSuffix(setting.Name, "_time_limit")
		isService := slices.ContainsFunc(c.postfix.Services, func(s postfix.Service) bool { return s.Name == service })
		return ok && !isService && (strings.Contains(service, "spf") || strings.Contains(service, "policy"))
	})
	if i < 0 {
		return postfix.Setting{}, false
	}
	return c.postfix.Settings[i], true
}
