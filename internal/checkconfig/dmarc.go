package checkconfig

import (
	"slices"
	"strings"

	"policyd-spf/conf"
	"policyd-spf/internal/postfix"
)

// checkDMARC checks that a Milter evaluates DMARC if Leave_DMARC leaves mail to it:
// otherwise nothing rejects such mail.
func (c *checker) checkDMARC(config *config) {
	s := &config.file.Settings
	if s.LeaveDMARC == "None" || s.LeaveDMARC == "" || c.postfix == nil {
		return
	}
	for _, d := range c.smtpds() {
		if d.Service != nil && !d.Service.ReceivesFromInternet() {
			continue
		}
		milters := postfix.SplitList(d.Parameters["smtpd_milters"])
		if slices.ContainsFunc(milters, evaluatesDMARC) {
			continue
		}
		what := "no Milter is configured, so nobody evaluates DMARC, and forged mail is accepted"
		if len(milters) > 0 {
			what = "no Milter in smtpd_milters is known to evaluate DMARC: " + strings.Join(milters, ", ")
		}
		c.add(config.file.Place("Leave_DMARC", conf.Problem{Severity: conf.Faulty, What: what,
			Expected: "a Milter that evaluates DMARC in smtpd_milters of main.cf, such as OpenDMARC or rspamd; or None"}))
	}
}

// evaluatesDMARC reports whether a Milter is one that is known to evaluate DMARC, by
// its socket's path or by the port that its documents use: 8893 is OpenDMARC's, 11332
// that of rspamd's proxy.
func evaluatesDMARC(milter string) bool {
	words := postfix.SplitList(milter) // attributes follow the address
	if len(words) == 0 {
		return false
	}
	address := strings.ToLower(words[0])
	for _, known := range []string{"dmarc", "rspamd", "authentication_milter", "authmilter"} {
		if strings.Contains(address, known) {
			return true
		}
	}
	return strings.HasSuffix(address, ":8893") || strings.HasSuffix(address, ":11332")
}
