package explain

import (
	"errors"
	"strings"

	"policyd-spf/policy"
	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// collector builds a Report from what a policy.Server and its resolver report while
// they answer a request. Its Write takes the reply, as the server's output.
type collector struct {
	settings settings
	problems int
	sources  []*Source // of the requests that have not been answered
	emit     func(*Report) error

	report  *Report
	check   *Check   // the check in progress
	list    *List    // or else the whitelist lookup in progress
	root    **Record // where the record of the evaluated name goes
	open    []*Term  // the terms in progress, innermost last
	pending []Lookup // the lookups that belong to no record or term yet
}

// begin starts a report.
func (c *collector) begin() {
	if c.report == nil {
		c.report = &Report{
			Version: Version, Config: Config{c.settings.path, c.problems}, Checks: []*Check{},
			Decision: ByUnreadable, settings: c.settings,
		}
		if len(c.sources) > 0 {
			c.report.Source, c.sources = c.sources[0], c.sources[1:]
		}
	}
}

// Evaluate implements policy.Observer.
func (c *collector) Evaluate(s policy.Subject) {
	c.begin()
	c.endSubject()
	if s.Option != "" {
		c.list = &List{Option: s.Option, Entry: s.Entry}
		if s.Option == "Leave_DMARC" {
			c.report.policy = c.list
		} else {
			c.report.Lists = append(c.report.Lists, c.list)
		}
		c.root = &c.list.Record
		return
	}
	c.check = &Check{Identity: s.Identity.String()}
	c.report.Checks = append(c.report.Checks, c.check)
	c.root = &c.check.Record
}

// endSubject ends the check or whitelist lookup in progress.
func (c *collector) endSubject() {
	switch {
	case c.check != nil:
		c.close(c.check.Record)
		c.check.Lookups = c.takePending()
	case c.list != nil:
		c.close(c.list.Record)
		c.list.Lookups = c.takePending()
	}
	c.check, c.list, c.root, c.open = nil, nil, nil, nil
}

// close sets the default result of an evaluated record that has no other
// (RFC 7208, 4.7).
func (c *collector) close(r *Record) {
	if r != nil && r.Result == "" {
		r.Result, r.Default = spf.Neutral.String(), true
	}
}

// Answered implements policy.Observer.
func (c *collector) Answered(o policy.Outcome) {
	c.begin()
	c.endSubject()
	c.report.add(o)
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
		t := &Term{Text: e.Term.Source(), Offset: e.Term.Offset(), Target: e.Target, Counted: e.Lookups, Lookups: c.takePending()}
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
			c.check.Explanation = &Explanation{e.Target, e.Text, e.Value, c.takePending(), errorText(e.Err)}
		}
	}
}

// record adds a record to the term that led to it.
func (c *collector) record(e spf.RecordEvent) {
	r := &Record{Domain: e.Domain, Text: e.Text, Error: errorText(e.Err), Lookups: c.takePending()}
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
		r.NearMisses = nearMisses(r.Lookups)
	}
	r.Slips = slips(r.Text)
	if n := len(c.open); n > 0 {
		c.open[n-1].Record = r
	} else if c.root != nil {
		*c.root = r
	}
}

// evaluable returns the number of directives and redirects.
func evaluable(r *spf.Record) int {
	n := 0
	for _, t := range r.Terms {
		if _, ok := t.(*spf.Directive); ok || t == spf.Term(r.Redirect) {
			n++
		}
	}
	return n
}

// match completes a term.
func (c *collector) match(e spf.MatchEvent) {
	n := len(c.open)
	if n == 0 {
		return
	}
	t := c.open[n-1]
	c.open = c.open[:n-1]
	c.close(t.Record)
	t.Lookups = append(t.Lookups, c.takePending()...)
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

// current returns the record that is being evaluated.
func (c *collector) current() *Record {
	if n := len(c.open); n > 0 {
		return c.open[n-1].Record
	}
	if c.root == nil {
		return nil
	}
	return *c.root
}

// takePending returns the lookups that belong to no record or term yet.
func (c *collector) takePending() []Lookup {
	taken := c.pending
	c.pending = nil
	return taken
}

// Write takes a reply and emits the report.
func (c *collector) Write(reply []byte) (int, error) {
	c.begin()
	r := c.report
	r.Reply = strings.TrimRight(string(reply), "\n")
	r.Outcome = OutcomeOf(r.Reply)
	r.compare()
	r.advise()
	r.explainTerms()
	*c = collector{settings: c.settings, problems: c.problems, sources: c.sources, emit: c.emit}
	return len(reply), c.emit(r)
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// errorResult returns the result that an error makes (RFC 7208, 2.6.6 and 2.6.7).
func errorResult(err error) string {
	var dns *dns.Error
	if errors.As(err, &dns) {
		return spf.Temperror.String()
	}
	return spf.Permerror.String()
}
