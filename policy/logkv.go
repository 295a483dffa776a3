package policy

import (
	"strconv"
	"strings"
	"time"

	"policyd-spf/conf"
)

// The values of Log_Format other than classic.
const (
	formatAction = "action" // the line of the action alone
	formatKV     = "kv"     // one line of name=value pairs
)

// The limits of values in a line of name=value pairs. All of them together stay
// below maxLogLine, even if each character is escaped.
const (
	maxLoggedName   = 800 // bytes of HELO name, sender or recipient: far more than RFC 5321, 4.5.3.1 allows
	maxLoggedTerm   = 250 // bytes of a domain, or of a term of a record
	maxLoggedShadow = 600 // bytes of what the shadow configuration decides
)

// keyValues logs a message in one line of name=value pairs, with values quoted as
// in Received-SPF.
func (l *requestLog) keyValues(o *Outcome, e envelope, start time.Time, shadow string) {
	if l.process.Level < levelResults {
		return
	}
	b := make([]byte, 0, 512)
	pair := func(name, value string, limit int) {
		if len(b) > 0 {
			b = append(b, ' ')
		}
		b = append(b, name...)
		b = append(b, '=')
		b = append(b, pairValue(truncate(value, limit))...)
	}
	d := &o.Decision
	pair("action", d.Effect().String(), maxLoggedName)
	pair("code", loggedCode(d), maxLoggedName)
	client := ""
	if o.Facts.Client.IsValid() {
		client = e.client
	}
	pair("client", client, maxLoggedName)
	pair("helo", sanitize(o.Request.HELOName), maxLoggedName) // without what is checked in place of a missing name
	pair("sender", e.sender, maxLoggedName)
	pair("recipient", e.recipient, maxLoggedName)
	pair("helo_result", loggedResult(o.HELO), maxLoggedName)
	pair("mailfrom_result", loggedResult(o.MailFrom), maxLoggedName)
	c := o.shownCheck()
	pair("domain", sanitize(c.Args.Domain), maxLoggedTerm)
	pair("term", sanitize(c.Verdict.Term), maxLoggedTerm)
	pair("lookups", strconv.Itoa(c.Verdict.Lookups), maxLoggedName)
	pair("voids", strconv.Itoa(c.Verdict.VoidLookups), maxLoggedName)
	pair("ms", strconv.FormatInt(time.Since(start).Milliseconds(), 10), maxLoggedName)
	cached := "no"
	if c.Cached {
		cached = "yes"
	}
	pair("cached", cached, maxLoggedName)
	pair("shadow", truncateShadow(shadow), maxLoggedShadow)
	if d.Basis == Whitelisted {
		pair("exempt", d.Option, maxLoggedName)
	}
	l.process.Line(levelResults, Info, string(b))
}

// truncateShadow returns the text of a shadow decision within maxLoggedShadow. The
// option at its end stays, unless it is too long itself.
func truncateShadow(text string) string {
	i := strings.LastIndex(text, " (")
	if len(text) <= maxLoggedShadow || i < 0 || len(text)-i > maxLoggedShadow/2 {
		return text
	}
	return truncate(text[:i], maxLoggedShadow-(len(text)-i)) + text[i:]
}

// loggedCode returns the SMTP reply code of a refusal, "" for any other action. If a
// restriction has none, it is the default of access_map_reject_code or
// access_map_defer_code (postconf(5)).
func loggedCode(d *Decision) string {
	text := conf.TrimSpace(d.Text)
	switch restriction := d.Kind == RestrictionClass; {
	case !d.Refuses():
		return ""
	case restriction && '0' <= text[0] && text[0] <= '9':
		return text[:3]
	case d.Effect() == Defer:
		return "450"
	case restriction:
		return "554"
	}
	return "550"
}

// loggedResult returns the name of a check's result, "" if it was not made.
func loggedResult(c Check) string {
	if c.Identity == 0 {
		return ""
	}
	return c.Verdict.Result.String()
}

// shownCheck returns the check that decided, or else the last one that was made.
func (o *Outcome) shownCheck() *Check {
	if o.Decision.Identity == HELO || o.MailFrom.Identity == 0 {
		return &o.HELO
	}
	return &o.MailFrom
}

// logsMessages reports whether the line of each message is its only one. Its other
// recipients get the same action, and no line.
func logsMessages(s *conf.Settings) bool {
	return s.LogFormat == formatAction || s.LogFormat == formatKV
}

// isRepeated reports whether the action is the one that an earlier recipient of the
// message had.
func (o *Outcome) isRepeated() bool { return o.Decision.Basis == Cached && !o.Facts.PerUser }
