package explain

import (
	"fmt"
	"path/filepath"
	"strings"

	"policyd-spf/spf"
)

// Text returns the report as text for people: what happens to the mail and why, the
// checks as trees, what decided, and the reply to Postfix.
func (d *Report) Text(style Style) string {
	p := &printer{style: style}
	p.summary(d)
	for _, l := range d.Lists {
		p.list(l)
	}
	for _, c := range d.Checks {
		p.check(c, d.Request.HELOName == "")
	}
	p.decision(d)
	return p.out.String()
}

// summary prints what happens to the mail, and why.
func (p *printer) summary(d *Report) {
	head, c := d.headline()
	flush := indent{"", "  "}
	p.text(flush, head, c)
	in := indent{"  ", "  "}
	for i, why := range p.reasons(d) {
		p.text(in, why, plainText)
		if c := d.decider(); i == 0 && c != nil && c.Fault != nil && c.Fault.Record != "" {
			f := c.Fault
			p.recordWithCarets(indent{"    ", "    "}, f.Record, f.Offset, f.Length, p.sanitize(f.Error))
		}
	}
	p.line()
	r := d.Request
	asked := "client " + p.orNone(r.ClientAddress) + ", HELO " + p.orNone(r.HELOName) + ", sender " + p.mailFrom(r.Sender)
	if r.Recipient != "" {
		asked += ", recipient " + p.sanitize(r.Recipient)
	}
	p.text(indent{"Request: ", "         "}, asked, plainText)
	p.text(indent{"Options: ", "         "}, p.options(d), plainText)
}

func (p *printer) orNone(value string) string {
	if value == "" {
		return "(none)"
	}
	return p.sanitize(value)
}

func (p *printer) mailFrom(value string) string {
	if value == "" {
		return "<>"
	}
	return p.sanitize(value)
}

// options says where the options are from.
func (p *printer) options(d *Report) string {
	text := p.sanitize(d.Config.File)
	if d.Config.Problems > 0 {
		text += fmt.Sprintf(" (%s: see --check-config)", count(d.Config.Problems, "problem"))
	}
	if u := d.User; u != nil && u.Found {
		text += fmt.Sprintf(", then line %d of %s for this recipient: %s", u.Line, p.sanitize(u.File), strings.Join(u.Options, ", "))
	}
	return text
}

// headline says in a few words what Postfix does.
func (d *Report) headline() (string, color) {
	action, _, _ := strings.Cut(strings.TrimPrefix(d.Reply, "action="), " ")
	switch {
	case d.Decision == ByOverride && strings.HasSuffix(d.Override.Option, "_pass_restriction"):
		return "Left to Postfix: it does what " + d.Override.Option + " says", bold
	case strings.HasPrefix(action, "5"):
		return "Rejected, with code " + action, red
	case strings.HasPrefix(action, "4"), action == "defer_if_permit":
		return "Deferred, if no other restriction rejects it", yellow
	case action == "prepend":
		return "Not refused: the message gets a header", green
	}
	return "Not refused: Postfix goes on with its next restriction", green
}

// reasons says why.
func (p *printer) reasons(d *Report) []string {
	switch d.Decision {
	case ByUnreadable:
		return []string{"The request cannot be read: a line of it, or all of it, is too long."}
	case ByNobody:
		return []string{"Nothing is checked: " + p.sanitize(d.Unchecked) + "."}
	case ByRemembered:
		return []string{"An earlier recipient of the same message (instance) got the reply."}
	case ByList:
		return []string{"Nothing is checked: " + p.exemptionSentence(*d.Bypass)}
	}
	var why []string
	c := d.decider()
	if c != nil {
		why = append(why, fmt.Sprintf("%s is %s: %s.", c.title(), c.Verdict.Result, p.causeSentence(c)))
	}
	if c != nil && d.Decision != ByOverride {
		why = append(why, p.ruleSentence(c))
	}
	if d.Decision == ByOverride {
		why = append(why, p.overrideSentence(*d.Override))
	}
	return why
}

func (c *Check) title() string {
	if c.Identity == "helo" {
		return "HELO"
	}
	return "MAIL FROM"
}

// causeSentence says what a verdict is due to.
func (p *printer) causeSentence(c *Check) string {
	v := c.Verdict
	switch {
	case v.Result == spf.None.String() && v.Domain != "" && c.Record == nil && !c.Cached:
		return p.sanitize(v.Domain) + " is not a fully qualified domain name, and is not looked up"
	case v.Result == spf.None.String():
		return p.orNone(v.Domain) + " has no SPF record"
	case c.Fault != nil && c.Fault.Record != "":
		return "there is an error in " + p.sanitize(c.Fault.Domain) + "'s record"
	case v.Result == spf.Temperror.String() && v.Error != "":
		return "a lookup failed: " + p.sanitize(v.Error)
	case v.Error != "":
		return p.sanitize(v.Error)
	case v.Term == "":
		return fmt.Sprintf("no term of %s's record matches %s", p.sanitize(v.Domain), c.IP)
	case isAll(v.Term):
		return fmt.Sprintf("nothing before %s in %s's record matches %s", p.sanitize(v.Term), p.sanitize(v.Domain), c.IP)
	}
	return fmt.Sprintf("%s in %s's record matches %s", p.sanitize(v.Term), p.sanitize(v.Domain), c.IP)
}

func isAll(term string) bool {
	return strings.EqualFold(strings.TrimLeft(term, "+-~?"), "all")
}

// ruleSentence says what the settings do with a verdict.
func (p *printer) ruleSentence(c *Check) string {
	r := c.Rule
	if r == nil {
		return ""
	}
	setting := p.setting(r.Setting)
	switch {
	case r.Downgraded:
		return setting + " would reject that, but No_Mail = True does so for \"v=spf1 -all\" only."
	case r.Action == "reject":
		return setting + " rejects that."
	case r.Action == "defer":
		return setting + " defers that."
	case r.Action == "dunno":
		return setting + " waits for the check of MAIL FROM."
	}
	return setting + " does not refuse that."
}

// overrideSentence says what an option does whatever the checks result in.
func (p *printer) overrideSentence(s Setting) string {
	setting := p.setting(s)
	switch s.Option {
	case "TestOnly":
		return setting + " is test mode: nothing is refused."
	case "Prospective":
		return setting + " is checked instead of the client: no header is added."
	case "Header_Type":
		return setting + ": no header is added."
	case "Mock":
		return setting + ": nothing is checked."
	}
	if s.Option == "HELO_pass_restriction" {
		return setting + " is the answer to a pass of HELO, whatever MAIL FROM's result is."
	}
	return setting + " is the answer to a pass."
}

// exemptionSentence says which whitelist entry holds the client.
func (p *printer) exemptionSentence(s Setting) string {
	return fmt.Sprintf("%s (%s) holds the client, by %s.", s.Option, p.origin(s.Origin), p.sanitize(s.Value))
}

// setting returns an option with its value, and where the value is from.
func (p *printer) setting(s Setting) string {
	text := s.Option
	if s.Value != "" {
		text += " = " + p.sanitize(s.Value)
	}
	return text + " (" + p.origin(s.Origin) + ")"
}

func (p *printer) origin(o Origin) string {
	if o.Default {
		return "the default"
	}
	return fmt.Sprintf("%s, line %d", p.sanitize(filepath.Base(o.File)), o.Line)
}

// decision prints what decided, and the reply.
func (p *printer) decision(d *Report) {
	p.line()
	p.line(span{"Decision", bold})
	in := indent{"  ", "    "}
	for _, c := range d.Checks {
		p.text(in, fmt.Sprintf("%s %s: %s", c.title(), c.Verdict.Result, p.ruleSentence(c)), plainText)
	}
	switch {
	case d.Override != nil:
		p.text(in, p.overrideSentence(*d.Override), plainText)
	case d.Bypass != nil:
		p.text(in, p.exemptionSentence(*d.Bypass), plainText)
	case d.Decision == ByRemembered:
		p.text(in, "An earlier recipient of the message got the reply, or the header.", plainText)
	case len(d.Checks) == 0:
		p.text(in, "Nothing was checked.", plainText)
	}
	p.line(span{"Postfix gets", bold})
	p.line(span{p.sanitize(d.Reply), plainText}) // unwrapped, to be compared and copied
}

// count returns a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
