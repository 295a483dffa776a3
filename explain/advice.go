package explain

import (
	"fmt"
	"strings"

	"policyd-spf/internal/term"
	"policyd-spf/policy"
	"policyd-spf/spf"
)

// Advice is what people can do about a result.
type Advice struct {
	Sender  string `json:"sender"`            // a text for the sender
	When    string `json:"when,omitempty"`    // the case for Line
	Line    string `json:"line,omitempty"`    // of the configuration file; it exempts the client
	Neither string `json:"neither,omitempty"` // when to do neither
}

// advise adds advice to a report whose result is not what a sender wants.
func (r *Report) advise() {
	c := r.decider()
	if c == nil || r.Override != nil && (r.Override.Option == "Mock" || strings.HasSuffix(r.Override.Option, "_pass_restriction")) {
		return
	}
	refused := r.Outcome == Rejected || r.Outcome == Deferred
	var sender string
	switch c.Verdict.Result {
	case spf.Fail.String(), spf.Softfail.String():
		sender = r.notListedAdvice(c)
	case spf.Neutral.String():
		if refused {
			sender = r.notListedAdvice(c)
		}
	case spf.None.String():
		if refused {
			sender = c.noRecordAdvice()
		}
	case spf.Permerror.String():
		sender = c.permerrorAdvice()
	case spf.Temperror.String():
		r.Advice = &Advice{Sender: c.temperrorAdvice()}
		if refused {
			r.Advice.Neither = "Do nothing if it happened once: the sending host tries again, and the message arrives when the DNS answers."
		}
		return
	}
	if sender == "" {
		return
	}
	r.Advice = &Advice{Sender: sender}
	r.Advice.When, r.Advice.Line = r.exemption(c)
	r.Advice.Neither = fmt.Sprintf("Do neither if nobody knows %s: a forged sender looks just like this, and the result is right.", c.IP)
	if c.Verdict.Result == spf.Permerror.String() {
		r.Advice.Neither = fmt.Sprintf("Do neither if nobody knows %s: until the record is correct, SPF does not tell its mail from a forger's.", c.IP)
	}
}

// exemption returns the line of the configuration file that exempts a client, and
// when to add it.
func (r *Report) exemption(c *Check) (when, line string) {
	when = fmt.Sprintf("If %s forwards mail to your users because they want it to, as a mailing list or an alias elsewhere does, exempt it", c.IP)
	if c.Identity == policy.HELO.String() {
		when = fmt.Sprintf("If you know the host %s, and want its mail although its HELO name is not right, exempt it", c.IP)
	}
	line = "Whitelist = "
	if origin, ok := r.settings.loaded.Origins["Whitelist"]; ok && strings.TrimSpace(origin.Value) != "" {
		return when + fmt.Sprintf(". Line %d of %s becomes:", origin.Line, origin.File), line + strings.TrimRight(origin.Value, ", ") + ", " + c.IP
	}
	return when + " with this line in " + r.Config.File + ":", line + c.IP
}

// ownRecord returns the text of the record of the domain that is checked.
func (c *Check) ownRecord() string {
	if c.Record != nil {
		return c.Record.Text
	}
	if c.Verdict.Domain == c.Domain {
		return c.Verdict.Record
	}
	return ""
}

// quoted returns a record in quotation marks after a separator, if there is one.
func quoted(separator, record string) string {
	if record == "" {
		return ""
	}
	return separator + `"` + record + `"`
}

// mechanism returns the mechanism that lists the client.
func (c *Check) mechanism() string {
	if strings.Contains(c.IP, ":") {
		return "ip6:" + c.IP
	}
	return "ip4:" + c.IP
}

// notListedAdvice is for a record that does not permit the client.
func (r *Report) notListedAdvice(c *Check) string {
	v := c.Verdict
	host, sender := c.IP, c.Sender
	if r.Request.HELOName != "" {
		host += ", which calls itself " + r.Request.HELOName
	}
	if r.Source.lacks(unknownLocalPart) {
		sender = c.Domain
	}
	text := fmt.Sprintf("Your mail from %s was sent by the host %s. The SPF record of %s does not permit that%s. ", sender, host, c.Domain, quoted(": ", c.ownRecord()))
	if c.Identity == "helo" {
		text = fmt.Sprintf("Your mail was sent by the host %s, which calls itself %s. The SPF record of that name does not permit the host%s. ", c.IP, c.Domain, quoted(": ", c.ownRecord()))
	}
	if strings.EqualFold(strings.Join(strings.Fields(c.ownRecord()), " "), "v=spf1 -all") {
		text += "It says that no host may send mail in this name. "
	}
	where := "add " + c.mechanism() + " to the record"
	switch {
	case v.Term != "" && !isAll(v.Term):
		where = fmt.Sprintf("remove %s, which names it, from the record of %s", v.Term, v.Domain)
	case v.Term != "" && v.Domain == c.Domain:
		where += ", before " + v.Term
	case c.Record != nil && hasRedirect(c.Record):
		where += ", before redirect="
	}
	switch {
	case c.Identity == "helo":
		return text + "If the host is yours, " + where + ", or give it a HELO name whose record lists it."
	case v.Term != "" && !isAll(v.Term):
		return text + "If the host may send your mail, " + where + "."
	}
	return text + "If the host may send your mail, " + where + ". If a provider runs it, ask the provider which include: to add instead. " +
		"If you do not manage the DNS of " + c.Domain + ", pass this on to whoever does."
}

func hasRedirect(r *Record) bool {
	for _, t := range r.Terms {
		if t.redirect {
			return true
		}
	}
	return false
}

// noRecordAdvice is for a domain without a record.
func (c *Check) noRecordAdvice() string {
	if c.Record == nil && !c.Cached && c.Verdict.Domain != "" {
		return fmt.Sprintf("The host %s calls itself %q, which is not a fully qualified domain name. Give it the name that it has in the DNS.", c.IP, c.HELO)
	}
	return fmt.Sprintf("%s has no SPF record, and this server does not accept mail without one. Publish a TXT record that lists each host which sends mail as %[1]s, such as \"v=spf1 %s -all\".", c.Domain, c.mechanism())
}

// temperrorAdvice is for a lookup that fails.
func (c *Check) temperrorAdvice() string {
	name, start := c.Domain, "The DNS does not answer for "+c.Domain
	if c.failedName != "" && c.failedName != c.Domain {
		name = c.failedName
		start = fmt.Sprintf("The SPF record of %s leads to %s, for which the DNS does not answer", c.Domain, name)
	}
	return fmt.Sprintf("%s, so the SPF check of your mail cannot be completed (%s). Ask whoever runs the name servers of %s to look at them.", start, c.Verdict.Error, name)
}

// permerrorAdvice is for a record with an error in it.
func (c *Check) permerrorAdvice() string {
	switch v := c.Verdict; {
	case v.Terms > v.TermsLimit:
		return fmt.Sprintf("The SPF record of %s, with those that it includes, needs more than %d terms with DNS lookups, so nobody can use it (RFC 7208, 4.6.4)%s. "+
			"Remove an include, a, mx, exists or redirect that no mail comes from, or replace it by the ip4 and ip6 networks that it stands for.", c.Domain, v.TermsLimit, quoted(": ", c.ownRecord()))
	case v.Voids > v.VoidsLimit:
		return fmt.Sprintf("The SPF record of %s, with those that it includes, names more than %d hosts that do not exist, so nobody can use it (RFC 7208, 4.6.4)%s. "+
			"Remove the terms whose names are not in the DNS.", c.Domain, v.VoidsLimit, quoted(": ", c.ownRecord()))
	}
	what, domain, record := c.Verdict.Error, c.Domain, c.ownRecord()
	if f := c.Fault; f != nil {
		what, domain = f.Error, f.Domain
		if f.Record != "" {
			record = f.Record
		}
		if f.Length > 0 && f.Offset+f.Length <= len(f.Record) {
			what += fmt.Sprintf(" (at %q%s)", f.Record[f.Offset:f.Offset+f.Length], f.meant())
		}
	}
	text := fmt.Sprintf("The SPF record of %s has an error, so nobody can use it: %s%s. ", domain, what, quoted("; the record is ", record))
	if domain != c.Domain {
		return text + fmt.Sprintf("The record of %s leads there. Ask %s to correct it, or remove what leads there from the record of %[1]s.", c.Domain, domain)
	}
	return text + "Correct the record, or ask whoever manages the DNS of " + domain + " to do so."
}

// meant says which term the one at fault was probably meant to be, if that is known.
func (f *ErrorLocation) meant() string {
	for _, s := range slips(f.Record) {
		if s.Offset <= f.Offset && f.Offset < s.Offset+len(s.Term) {
			return fmt.Sprintf(", probably meant as %q", s.Meant)
		}
	}
	return ""
}

// advice prints advice.
func (p *printer) advice(a *Advice) {
	if a == nil {
		return
	}
	p.Line()
	p.Line(span("What to do", term.Bold))
	title, body := indent("  ", "  "), indent("    ", "    ")
	p.Text(title, "Tell the sender:", term.Plain)
	p.Text(body, p.Safe(a.Sender), term.Plain)
	if a.Line != "" {
		p.Text(title, p.Safe(a.When), term.Plain)
		p.Line(span("    "+p.Safe(a.Line), term.Plain)) // unwrapped, to be copied
	}
	if a.Neither != "" {
		p.Text(title, p.Safe(a.Neither), term.Plain)
	}
}
