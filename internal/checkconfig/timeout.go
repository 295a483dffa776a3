package checkconfig

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"policyd-spf/conf"
	"policyd-spf/internal/postfix"
)

// checkTimeout checks how long smtpd waits for a reply: as long as the lookups of a
// request may take.
func (c *checker) checkTimeout(r route, s *conf.Settings) {
	const parameter = "smtpd_policy_service_timeout"
	text, braces := r.service.Attribute("timeout")
	limit, ok := postfix.ParseTime(cmp.Or(text, r.smtpd.Parameters[parameter]))
	add := func(severity conf.Severity, what, expected string) {
		if braces {
			c.addRoute(r, severity, what, "timeout="+expected)
		} else {
			c.addRestriction(r.smtpd, parameter, severity, r.smtpd.Parameters[parameter], what, expected)
		}
	}
	answer := s.AnswerTime()
	switch {
	case !ok || limit == 0 || limit >= answer: // checkAttributes and checkPolicyParameters report what is not a time
	case isDunno(r):
		add(conf.Hint, fmt.Sprintf("an answer may take %s; mail is accepted without a check if it comes later", seconds(answer)), "100s, or a smaller Lookup_Time")
	default:
		add(conf.Faulty, fmt.Sprintf("an answer may take %s; mail is deferred if it comes later", seconds(answer)), "100s, the default, or a smaller Lookup_Time")
	}
}

// isDunno reports whether Postfix goes on without an answer.
func isDunno(r route) bool {
	action, ok := r.service.Attribute("default_action")
	if !ok {
		action = r.smtpd.Parameters["smtpd_policy_service_default_action"]
	}
	return strings.EqualFold(strings.TrimSpace(action), "dunno")
}

func seconds(d time.Duration) string { return fmt.Sprintf("%d s", int(d.Seconds())) }
