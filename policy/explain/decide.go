package explain

import (
	"errors"
	"strings"

	"policyd-spf/conf"
	"policyd-spf/policy"
	"policyd-spf/spf"
)

// settings tells where the value of an option is from.
type settings struct {
	loaded *conf.File
	path   string
	user   *User
}

// setting gives an option with a value that is in force.
func (s settings) setting(option, value string) Setting {
	return Setting{option, value, s.origin(option)}
}

func (s settings) origin(option string) Origin {
	if s.user != nil && s.user.Found {
		for _, name := range s.user.Options {
			if name == option {
				return Origin{File: s.user.File, Line: s.user.Line}
			}
		}
	}
	if o, ok := s.loaded.Origins[option]; ok {
		return Origin{File: o.File, Line: o.Line}
	}
	return Origin{Default: true}
}

// decide finds out who decided on the reply.
func (c *collector) decide() {
	d := c.document
	refusing := d.refusing()
	switch {
	case c.set.Mock:
		c.override("Mock", c.settings.loaded.Origins["Mock"].Value)
		d.Decision = ByOverride
	case !c.begun:
		d.Decision = ByFault
	case d.Override != nil && c.set.TestOnly != 0:
		d.Decision = ByOverride
	case d.Bypass != nil:
		d.Decision = ByList
	case d.Unchecked != "":
		d.Decision = ByNobody
	case d.Remembered != nil && len(d.Checks) == 0:
		d.Decision = ByRemembered
	case d.Override == nil && refusing == nil && d.Remembered != nil && d.dunno():
		d.Decision = ByRemembered
	case refusing != nil:
		d.Decision = DecisionKind(refusing.Identity)
	default:
		d.Decision = d.header()
	}
	if d.Decision == ByFault || d.Decision == ByNobody || d.Decision == ByRemembered || !d.dunno() {
		return
	}
	// What was decided was not said.
	switch {
	case c.set.Mock:
	case c.set.TestOnly == 0 && (refusing != nil || d.Override != nil):
		c.override("TestOnly", "0")
		d.Decision = ByOverride
	case c.set.Prospective != "":
		c.override("Prospective", c.set.Prospective)
		d.Decision = ByOverride
	case c.set.HeaderType == "None":
		c.override("Header_Type", "None")
		d.Decision = ByOverride
	}
}

// dunno tells whether Postfix is told nothing.
func (d *Document) dunno() bool { return d.Reply == "action=dunno" }

// refusing gives the check that refuses the message, if one does.
func (d *Document) refusing() *Check {
	if n := len(d.Checks); n > 0 {
		last := d.Checks[n-1]
		if r := last.Rule; r != nil && !r.Spared && (r.Action == policy.Reject.String() || r.Action == policy.Defer.String()) {
			return last
		}
	}
	return nil
}

// header tells which check the header is about: MAIL FROM, unless only HELO
// has something to say.
func (d *Document) header() DecisionKind {
	n := len(d.Checks)
	if n == 0 {
		return ByNobody
	}
	last := d.Checks[n-1]
	if n > 1 && last.Verdict.Result == spf.None.String() && d.Checks[0].Verdict.Result != spf.None.String() {
		last = d.Checks[0]
	}
	return DecisionKind(last.Identity)
}

// decider gives the check that decided, if one did.
func (d *Document) decider() *Check {
	for _, c := range d.Checks {
		if string(d.Decision) == c.Identity {
			return c
		}
	}
	return nil
}

// fault gives the place in a record that an error comes from: the innermost.
func (r *Record) fault(err error) *Fault {
	if r == nil {
		return nil
	}
	if r.Offset != nil {
		return &Fault{r.Domain, r.Text, *r.Offset, r.Length, r.Error}
	}
	if n := len(r.Terms); n > 0 && r.Terms[n-1].Error != "" {
		t := r.Terms[n-1]
		if inner := t.Record; inner != nil && (inner.Error != "" || inner.Result == spf.Permerror.String()) {
			if inner.Text == "" { // no record that could be shown
				return &Fault{r.Domain, r.Text, t.Offset, len(t.Text), plain(err, inner.Error)}
			}
			return inner.fault(err)
		}
		return &Fault{r.Domain, r.Text, t.Offset, len(t.Text), plain(err, t.Error)}
	}
	if r.Error != "" {
		return &Fault{Domain: r.Domain, Error: r.Error}
	}
	return nil
}

// plain gives an error as text; a syntax error's place is shown already.
func plain(err error, text string) string {
	var syntax *spf.SyntaxError
	if errors.As(err, &syntax) {
		return syntax.Kind.String()
	}
	return text
}

// extent gives how many octets of the record a syntax error is about.
func extent(e *spf.SyntaxError) int {
	switch {
	case e.Detail != "":
		return len(e.Detail)
	case e.Term != "":
		return len(e.Term)
	}
	rest := e.Record[min(e.Offset, len(e.Record)):]
	if end := strings.IndexByte(rest, ' '); end >= 0 {
		return max(end, 1)
	}
	return max(len(rest), 1)
}
