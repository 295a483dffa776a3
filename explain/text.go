package explain

import (
	"fmt"
	"path/filepath"
	"strings"

	"policyd-spf/internal/term"
	"policyd-spf/spf"
)

// Text returns the report as text for people: what happens to the mail and why, the
// checks as trees, what decided, and the reply to Postfix.
func (d *Report) Text(style Style) string {
	p := newPrinter(style)
	p.source(d)
	p.summary(d)
	for _, l := range d.Lists {
		p.list(l)
	}
	for _, c := range d.Checks {
		p.check(c, d.Request.HELOName == "")
	}
	if d.DMARC != nil {
		p.dmarc(d.DMARC)
	}
	p.decision(d)
	p.advice(d.Advice)
	p.glossary(d.Glossary)
	return p.String()
}

// summary prints what happens to the mail, and why.
func (p *printer) summary(d *Report) {
	head, c := d.headline()
	flush := indent("", "  ")
	p.Text(flush, head, c)
	in := indent("  ", "  ")
	for i, why := range p.reasons(d) {
		p.Text(in, why, term.Plain)
		if c := d.decider(); i == 0 && c != nil && c.Fault != nil && c.Fault.Record != "" {
			f := c.Fault
			p.recordWithCarets(indent("    ", "    "), f.Record, f.Offset, f.Length, p.Safe(f.Error))
		}
	}
	p.Line()
	r := d.Request
	asked := "client " + p.orNone(r.ClientAddress) + ", HELO " + p.helo(d) + ", sender " + p.sender(d)
	if r.Recipient != "" {
		asked += ", recipient " + p.Safe(r.Recipient)
	}
	p.Text(indent("Request: ", "         "), asked, term.Plain)
	p.Text(indent("Options: ", "         "), p.options(d), term.Plain)
}

func (p *printer) orNone(value string) string {
	if value == "" {
		return "(none)"
	}
	return p.Safe(value)
}

// helo returns the HELO name of a request.
func (p *printer) helo(d *Report) string {
	if d.Source.lacks(unknownHELO) {
		return "not known"
	}
	return p.orNone(d.Request.HELOName)
}

// sender returns the sender of a request.
func (p *printer) sender(d *Report) string {
	sender := d.Request.Sender
	switch {
	case d.Source.lacks(unknownSender):
		return "not known"
	case d.Source.lacks(unknownLocalPart):
		return "somebody at " + p.Safe(sender)
	case sender == "":
		return "<>"
	}
	return p.Safe(sender)
}

// options says where the options are from.
func (p *printer) options(d *Report) string {
	text := p.Safe(d.Config.File)
	if d.Config.Problems > 0 {
		text += fmt.Sprintf(" (%s: see --check-config)", count(d.Config.Problems, "problem"))
	}
	if u := d.User; u != nil && u.Found {
		text += fmt.Sprintf(", then line %d of %s for this recipient: %s", u.Line, p.Safe(u.File), strings.Join(u.Options, ", "))
	}
	return text
}

// headline says in a few words what Postfix does.
func (d *Report) headline() (string, term.Color) {
	name := actionName(d.Reply)
	switch d.Outcome {
	case LeftToPostfix:
		says := "the reply"
		if d.Decision == ByOverride {
			says = d.Override.Option
		}
		return "Left to Postfix: it does what " + says + " says", term.Bold
	case Rejected:
		if name == "reject" {
			return "Rejected", term.Red
		}
		return "Rejected, with code " + name, term.Red
	case Deferred:
		return "Deferred, if no other restriction rejects it", term.Yellow
	}
	if name == "prepend" {
		return "Not refused: the message gets a header", term.Green
	}
	return "Not refused: Postfix goes on with its next restriction", term.Green
}

// reasons says why.
func (p *printer) reasons(d *Report) []string {
	switch d.Decision {
	case ByUnreadable:
		return []string{"The request cannot be read: a line of it, or all of it, is too long."}
	case ByNobody:
		return []string{"Nothing is checked: " + p.Safe(d.Unchecked) + "."}
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
		return p.Safe(v.Domain) + " is not a fully qualified domain name, and is not looked up"
	case v.Result == spf.None.String():
		return p.orNone(v.Domain) + " has no SPF record"
	case c.Fault != nil && c.Fault.Record != "":
		return "there is an error in " + p.Safe(c.Fault.Domain) + "'s record"
	case v.Result == spf.Temperror.String() && v.Error != "":
		return "a lookup failed: " + p.Safe(v.Error)
	case v.Error != "":
		return p.Safe(v.Error)
	case v.Term == "":
		return fmt.Sprintf("no term of %s's record matches %s", p.Safe(v.Domain), c.IP)
	case isAll(v.Term):
		return fmt.Sprintf("nothing before %s in %s's record matches %s", p.Safe(v.Term), p.Safe(v.Domain), c.IP)
	}
	return fmt.Sprintf("%s in %s's record matches %s", p.Safe(v.Term), p.Safe(v.Domain), c.IP)
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
	case r.LeftToDMARC:
		return setting + " leaves that to DMARC, which the domain has a policy for."
	case r.Action == "reject":
		return setting + " rejects that."
	case r.Action == "defer":
		return setting + " defers that."
	case r.Action == "dunno":
		return setting + " waits for the check of MAIL FROM."
	}
	if r.PassByAll != nil {
		return setting + " does not refuse that, but the domain authorizes nearly every host: " +
			p.setting(*r.PassByAll) + " applies no restriction to such a Pass."
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
	for _, result := range [...]spf.Result{spf.None, spf.Neutral, spf.Softfail, spf.Temperror, spf.Permerror} {
		if strings.HasSuffix(s.Option, "_"+result.String()+"_restriction") {
			return setting + " is the answer to " + result.String() + "."
		}
	}
	return setting + " is the answer to a pass."
}

// exemptionSentence says which whitelist entry contains the client, or why an option
// exempts it.
func (p *printer) exemptionSentence(s Setting) string {
	switch s.Option {
	case "Skip_Authenticated":
		return p.setting(s) + ": the client has a SASL login or a verified TLS certificate."
	case "Skip_Private":
		return fmt.Sprintf("%s (%s): the client's address is in %s.", s.Option, p.origin(s.Origin), p.Safe(s.Value))
	case "Skip_Sender_Domains":
		return fmt.Sprintf("%s (%s) lists the sender's domain, by %s.", s.Option, p.origin(s.Origin), p.Safe(s.Value))
	}
	return fmt.Sprintf("%s (%s) holds the client, by %s.", s.Option, p.origin(s.Origin), p.Safe(s.Value))
}

// setting returns an option with its value, and where the value is from.
func (p *printer) setting(s Setting) string {
	text := s.Option
	if s.Value != "" {
		text += " = " + p.Safe(s.Value)
	}
	return text + " (" + p.origin(s.Origin) + ")"
}

func (p *printer) origin(o Origin) string {
	if o.Default {
		return "the default"
	}
	return fmt.Sprintf("%s, line %d", p.Safe(filepath.Base(o.File)), o.Line)
}

// decision prints what decided, and the reply.
func (p *printer) decision(d *Report) {
	p.Line()
	p.Line(span("Decision", term.Bold))
	in := indent("  ", "    ")
	for _, sentence := range p.decisionSentences(d) {
		p.Text(in, sentence, term.Plain)
	}
	p.Line(span("Postfix gets", term.Bold))
	p.Line(span(p.Safe(d.Reply), term.Plain)) // unwrapped, to be compared and copied
	if d.Shadow != nil {
		p.Line(span("Shadow configuration", term.Bold))
		p.Text(in, p.shadowSentence(*d.Shadow), term.Plain)
	}
}

// decisionSentences says what the settings do with each result, and what has the
// last word.
func (p *printer) decisionSentences(d *Report) []string {
	var sentences []string
	if d.Source.lacks(unknownHELO) {
		sentences = append(sentences, "HELO: the name is not known, and is not checked.")
	}
	for _, c := range d.Checks {
		sentences = append(sentences, fmt.Sprintf("%s %s: %s", c.title(), c.Verdict.Result, p.ruleSentence(c)))
	}
	switch {
	case d.Override != nil:
		sentences = append(sentences, p.overrideSentence(*d.Override))
	case d.Bypass != nil:
		sentences = append(sentences, p.exemptionSentence(*d.Bypass))
	case d.Decision == ByRemembered:
		sentences = append(sentences, "An earlier recipient of the message got the reply, or the header.")
	case len(d.Checks) == 0:
		sentences = append(sentences, "Nothing was checked.")
	}
	return sentences
}

// shadowSentence says what the shadow configuration decides.
func (p *printer) shadowSentence(s Shadow) string {
	file := p.Safe(s.File)
	switch {
	case !s.Differs:
		return "With " + file + ", Postfix would be told to do the same."
	case s.Unknown:
		return "What Postfix would be told with " + file + " is " + s.Text + "."
	}
	return "With " + file + ", Postfix would be told: " + p.Safe(s.Text)
}

// count returns a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
