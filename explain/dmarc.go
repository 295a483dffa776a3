package explain

import (
	"maps"
	"slices"
	"strings"

	"policyd-spf/conf"
)

// checkDMARC reports Leave_DMARC if no milter is known to evaluate DMARC: forged mail
// would then be rejected by nobody.
func (p postfix) checkDMARC(loaded *conf.File, path string) []conf.Problem {
	const name = "smtpd_milters"
	s := &loaded.Settings
	if s.LeaveDMARC != "Enforced" && s.LeaveDMARC != "All" {
		return nil
	}
	milters := p.main[name]
	for _, key := range slices.Sorted(maps.Keys(p.overrides)) {
		if strings.HasSuffix(key, "/"+name) {
			milters += " " + p.overrides[key]
		}
	}
	if evaluatesDMARC(milters) {
		return nil
	}
	problem := conf.Problem{Severity: conf.Faulty, Name: "Leave_DMARC", Value: s.LeaveDMARC, File: path,
		What:     "no milter is configured, so nobody evaluates DMARC, and forged mail is accepted",
		Expected: "a milter that evaluates DMARC in smtpd_milters of main.cf, such as OpenDMARC or rspamd; or None"}
	if milters = strings.TrimSpace(milters); milters != "" {
		problem.What = "no milter in " + name + " is known to evaluate DMARC: " + milters
	}
	if origin, ok := loaded.Origins["Leave_DMARC"]; ok {
		problem.File, problem.Line = origin.File, origin.Line
	}
	return []conf.Problem{problem}
}

// evaluatesDMARC reports whether a value of smtpd_milters names a program that
// evaluates DMARC, by its socket's path or by the port that its documents use.
func evaluatesDMARC(milters string) bool {
	milters = strings.ToLower(milters)
	for _, known := range [...]string{
		"dmarc",            // OpenDMARC, in its socket's path
		":8893",            // OpenDMARC
		"rspamd", ":11332", // rspamd's proxy
		"authentication_milter", "authmilter", // authentication_milter
	} {
		if i := strings.Index(milters, known); i >= 0 && !isDigitAt(milters, i+len(known), known) {
			return true
		}
	}
	return false
}

// isDigitAt reports whether a port is a part of a longer one.
func isDigitAt(text string, i int, known string) bool {
	return known[0] == ':' && i < len(text) && '0' <= text[i] && text[i] <= '9'
}
