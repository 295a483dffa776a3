package explain

import (
	"errors"
	"strings"

	"policyd-spf/conf"
	"policyd-spf/policy"
	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// collector makes a Document of what a policy.Server and its resolver report
// while they answer. Its Write takes the reply, as the server's output.
type collector struct {
	settings settings
	problems int
	deliver  func(*Document) error

	document *Document
	set      *conf.Settings // in force for this request
	check    *Check         // the one under way
	root     **Record       // where the record of the name checked goes
	open     []*Term        // the terms under way, innermost last
	pending  []Lookup       // those that no record or term has claimed yet
	begun    bool           // the request has been read
}

// begin starts a document.
func (c *collector) begin() {
	if c.document != nil {
		return
	}
	c.set = &c.settings.loaded.Settings
	c.document = &Document{
		Version: Version, Config: Config{c.settings.path, c.problems}, Checks: []*Check{}, settings: c.settings,
	}
}

// Step implements policy.Observer.
func (c *collector) Step(step policy.Step) {
	c.begin()
	d := c.document
	switch s := step.(type) {
	case policy.RequestStep:
		r := s.Request
		d.Request = Request{r.ClientAddress, r.HELOName, r.Sender, r.Recipient, r.Instance, r.QueueID}
		c.begun = true
	case policy.UserStep:
		d.User = &User{s.Found, s.File, s.Line, s.Names}
		d.settings.user = d.User
		if s.Found {
			set := s.Settings
			c.set = &set
		}
	case policy.RememberedStep:
		d.Remembered = &Remembered{s.Action.Kind.String(), s.Action.Text}
	case policy.UncheckedStep:
		d.Unchecked = s.Why
	case policy.ListStep:
		c.closeList()
		list := &List{Option: s.Option, Entry: s.Entry}
		d.Lists = append(d.Lists, list)
		c.root = &list.Record
	case policy.BypassStep:
		c.closeList()
		bypass := d.settings.setting(s.Option, s.Entry)
		d.Bypass = &bypass
	case policy.CheckStep:
		c.closeList()
		q := s.Query
		c.check = &Check{Identity: s.Identity, IP: q.IP.String(), Domain: q.Domain, Sender: q.Sender, HELO: q.HELO, Kept: s.Cached}
		if q.Sender == "" {
			c.check.Sender = "postmaster@" + q.Domain
		}
		d.Checks = append(d.Checks, c.check)
		c.root = &c.check.Record
	case policy.VerdictStep:
		c.verdict(s)
	case policy.RuleStep:
		c.check.Rule = c.rule(s)
	case policy.RestrictionStep:
		c.override(s.Option, s.Value)
	}
}

// verdict ends a check.
func (c *collector) verdict(s policy.VerdictStep) {
	v := s.Verdict
	c.check.Verdict = Verdict{
		Result: v.Result.String(), Reason: s.Reason, Error: errorText(v.Err),
		Domain: v.Domain, Record: v.Record, Term: v.Term,
		Terms: v.Lookups, TermsLimit: spf.DefaultLimits().Lookups, Voids: v.VoidLookups, VoidsLimit: c.set.VoidLimit,
		TTL: seconds(v.TTL),
	}
	c.close(c.check.Record)
	c.check.Lookups = c.claim()
	if v.Result == spf.Permerror {
		c.check.Fault = c.check.Record.fault(v.Err)
	}
	c.open = nil
}

// rule gives what the settings make of a verdict. For an error that is not
// refused it names the option that could.
func (c *collector) rule(s policy.RuleStep) *Rule {
	option, value := s.Option, s.Value
	if s.Kind == policy.Prepend && value != "False" {
		switch c.check.Verdict.Result {
		case spf.Permerror.String():
			option, value = "PermError_reject", "False"
		case spf.Temperror.String():
			option, value = "TempError_Defer", "False"
		}
	}
	return &Rule{s.Kind.String(), c.document.settings.setting(option, value), s.Spared}
}

// closeList ends the entry of a whitelist, if there is one.
func (c *collector) closeList() {
	lists := c.document.Lists
	if c.check != nil || len(lists) == 0 {
		return
	}
	list := lists[len(lists)-1]
	c.close(list.Record)
	list.Lookups = append(list.Lookups, c.claim()...)
	c.open = nil
}

// close gives a record that has been evaluated the default result, if it has
// no other (RFC 7208, 4.7).
func (c *collector) close(r *Record) {
	if r != nil && r.Result == "" {
		r.Result, r.Default = spf.Neutral.String(), true
	}
}

// override notes an option that overrules the checks.
func (c *collector) override(option, value string) {
	s := c.document.settings.setting(option, value)
	c.document.Override = &s
}

// Event implements spf.Observer.
func (c *collector) Event(event spf.Event) {
	c.begin()
	switch e := event.(type) {
	case spf.LookupEvent:
		c.pending = append(c.pending, lookup(e))
	case spf.VoidEvent:
		if n := len(c.pending); n > 0 {
			c.pending[n-1].Void = e.VoidLookups
		}
	case spf.RecordEvent:
		c.record(e)
	case spf.TermEvent:
		t := &Term{Text: e.Term.Source(), Offset: e.Term.Offset(), Target: e.Target, Counted: e.Lookups, Lookups: c.claim()}
		if d, ok := e.Term.(*spf.Directive); ok {
			t.Counts = d.Mechanism.CausesLookup()
		} else {
			t.Counts, t.redirect = true, true
		}
		if r := c.current(); r != nil {
			r.Terms = append(r.Terms, t)
		}
		c.open = append(c.open, t)
	case spf.MatchEvent:
		c.match(e)
	case spf.ExplanationEvent:
		if c.check != nil {
			c.check.Explanation = &Explanation{e.Target, e.Text, e.Value, c.claim(), errorText(e.Err)}
		}
	}
}

// record notes a record under the term that led to it.
func (c *collector) record(e spf.RecordEvent) {
	r := &Record{Domain: e.Domain, Text: e.Text, Error: errorText(e.Err), Lookups: c.claim()}
	var syntax *spf.SyntaxError
	switch {
	case e.Record != nil:
		r.evaluable = evaluable(e.Record)
	case errors.As(e.Err, &syntax):
		at := syntax.Offset
		r.Offset, r.Length, r.Error = &at, extent(syntax), syntax.Kind.String()
		r.Result = spf.Permerror.String()
	case e.Err != nil:
		r.Result = errorResult(e.Err)
	default:
		r.Result = spf.None.String()
	}
	if n := len(c.open); n > 0 {
		c.open[n-1].Record = r
	} else if c.root != nil {
		*c.root = r
	}
}

// evaluable counts directives and the redirect.
func evaluable(r *spf.Record) int {
	n := 0
	for _, t := range r.Terms {
		if _, ok := t.(*spf.Directive); ok || t == spf.Term(r.Redirect) {
			n++
		}
	}
	return n
}

// match ends a term.
func (c *collector) match(e spf.MatchEvent) {
	n := len(c.open)
	if n == 0 {
		return
	}
	t := c.open[n-1]
	c.open = c.open[:n-1]
	c.close(t.Record)
	t.Lookups = append(t.Lookups, c.claim()...)
	t.Matched, t.Error = e.Matched, errorText(e.Err)
	if e.Matched {
		t.Result = e.Result.String()
	}
	if r := c.current(); r != nil {
		switch {
		case e.Err != nil:
			r.Result = errorResult(e.Err)
		case e.Matched:
			r.Result = t.Result
		}
	}
}

// current gives the record that is being evaluated.
func (c *collector) current() *Record {
	if n := len(c.open); n > 0 {
		return c.open[n-1].Record
	}
	if c.root == nil {
		return nil
	}
	return *c.root
}

// claim takes the lookups that nobody has claimed.
func (c *collector) claim() []Lookup {
	claimed := c.pending
	c.pending = nil
	return claimed
}

// Write takes a reply, and delivers the document.
func (c *collector) Write(reply []byte) (int, error) {
	c.begin()
	c.document.Reply = strings.TrimRight(string(reply), "\n")
	c.decide()
	d := c.document
	*c = collector{settings: c.settings, problems: c.problems, deliver: c.deliver}
	return len(reply), c.deliver(d)
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// errorResult gives the result that an error makes (RFC 7208, 2.6.6 and 2.6.7).
func errorResult(err error) string {
	var dns *dns.Error
	if errors.As(err, &dns) {
		return spf.Temperror.String()
	}
	return spf.Permerror.String()
}
