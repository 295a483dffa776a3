package lint

import (
	"context"
	"errors"
	"slices"

	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// The limits of a survey. Far less than this is permerror already; but to see
// by how much a tree is too large, some of what is over the limits is looked
// at.
const (
	maxSurveyRecords = 50
	maxSurveyLookups = 500
)

// Survey is all that a client could meet in a domain's record, and in those
// that it leads to.
type Report struct {
	Domain   string
	Records  []*Record // in the order in which they are met, the domain's own first, each once
	Networks []Network // that pass, widest first, IPv4 before IPv6
	Findings []Finding // worst first

	// What a client uses that no term matches, whatever it is over the limits.
	Limits       spf.Limits
	Lookups      int
	VoidLookups4 int // void lookups of an IPv4 client
	VoidLookups6 int // the same for IPv6
}

// SurveyedRecord is a name and its SPF record.
type Record struct {
	Domain string
	Text   string
	Record *spf.Record // nil: there is none, or Err tells why it cannot be used
	Err    error
	Answer dns.Answer
	Terms  []*Term // directives and the redirect
}

// SurveyedTerm is a term, and what was looked up for it.
type Term struct {
	Term         spf.Term
	Target       string // "" if it has none, or if that depends on the client
	Macro        bool   // the target depends on the client, and was not looked at
	Lookups      []Lookup
	Record       *Record // of an include or redirect
	LookupNumber int     // terms with lookups, this one included, when it is first met; 0: never
}

// SurveyedLookup is a lookup: for the addresses of names both families are
// looked up, of which a client would ask for one.
type Lookup struct {
	Question dns.Question
	Answer   dns.Answer
	Err      error
}

// surveyor walks through records.
type linter struct {
	ctx       context.Context
	resolver  dns.Resolver
	result    *Report
	known     map[string]*Record
	lookups   int
	truncated bool // there was more to walk through
}

// Explore surveys the records of a domain, which is as Question has names.
// What depends on the client, by macros or ptr, is not looked up. It ends soon
// after ctx.
func Domain(ctx context.Context, r dns.Resolver, domain string, limits spf.Limits) *Report {
	w := &linter{
		ctx: ctx, resolver: r, result: &Report{Domain: domain, Limits: limits},
		known: make(map[string]*Record),
	}
	root := w.record(domain)
	w.count(root)
	last := redirects(root)
	for _, record := range w.result.Records {
		w.checkRecord(record, record == root, slices.Contains(last, record))
	}
	if w.truncated {
		w.report(Finding{Kind: FoundTruncated})
	}
	slices.SortStableFunc(w.result.Findings, func(a, b Finding) int { return int(a.Kind) - int(b.Kind) })
	return w.result
}

// redirects gives a record, and those that it redirects to one after the other.
func redirects(r *Record) []*Record {
	var chain []*Record
	for r != nil && !slices.Contains(chain, r) {
		chain = append(chain, r)
		var next *Record
		for _, t := range r.Terms {
			if _, ok := t.Term.(*spf.Modifier); ok {
				next = t.Record
			}
		}
		r = next
	}
	return chain
}

// lookupRecord looks up and walks through the record of a name. Of a name that was
// met before it gives what is known.
func (w *linter) record(name string) *Record {
	if r, ok := w.known[name]; ok {
		return r
	}
	if len(w.result.Records) == maxSurveyRecords {
		w.truncated = true
		return nil
	}
	r := &Record{Domain: name}
	w.known[name] = r
	w.result.Records = append(w.result.Records, r)
	found := w.lookup(dns.Question{Name: name, Type: dns.TypeTXT})
	r.Answer, r.Err = found.Answer, found.Err
	if r.Err != nil {
		return r
	}
	text, n := spf.SelectRecord(r.Answer)
	switch {
	case n == 0:
		return r
	case n > 1:
		r.Err = &spf.RecordError{Kind: spf.MultipleRecords, Domain: name}
		return r
	}
	r.Text = text
	if r.Record, r.Err = spf.Parse(text); r.Err != nil {
		var syntax *spf.SyntaxError
		if errors.As(r.Err, &syntax) {
			syntax.Domain = name
		}
		return r
	}
	for _, t := range r.Record.Terms {
		if d, ok := t.(*spf.Directive); ok {
			r.Terms = append(r.Terms, w.directive(d, name))
		}
	}
	if m := r.Record.Redirect; m != nil {
		t := &Term{Term: m}
		if t.Target, t.Macro = w.target(m.Value, name); t.Target != "" {
			t.Record = w.record(t.Target)
		}
		r.Terms = append(r.Terms, t)
	}
	return r
}

// directive looks up what a directive of domain's record needs.
func (w *linter) directive(d *spf.Directive, domain string) *Term {
	t := &Term{Term: d}
	if !d.Mechanism.CausesLookup() || d.Mechanism == spf.PTR {
		return t
	}
	if t.Target, t.Macro = w.target(d.Domain, domain); t.Target == "" {
		return t
	}
	switch d.Mechanism {
	case spf.Include:
		t.Record = w.record(t.Target)
	case spf.A:
		w.addresses(t, t.Target)
	case spf.MX:
		hosts := w.lookup(dns.Question{Name: t.Target, Type: dns.TypeMX})
		t.Lookups = append(t.Lookups, hosts)
		for i, host := range hosts.Answer.Names {
			if i < spf.MaxMXHosts && spf.IsHostName(host) {
				w.addresses(t, host)
			}
		}
	case spf.Exists:
		t.Lookups = append(t.Lookups, w.lookup(dns.Question{Name: t.Target, Type: dns.TypeA}))
	}
	return t
}

// addresses looks up the addresses of a name, of both families.
func (w *linter) addresses(t *Term, name string) {
	t.Lookups = append(t.Lookups, w.lookup(dns.Question{Name: name, Type: dns.TypeA}), w.lookup(dns.Question{Name: name, Type: dns.TypeAAAA}))
}

// target expands a domain-spec, if that does not take a client: %{d} and %{o}
// are known without one.
func (w *linter) target(spec *spf.MacroString, domain string) (name string, macro bool) {
	switch {
	case spec == nil:
		return domain, false
	case spec.Uses("slipvh"):
		return "", true
	}
	name, _ = spf.ExpandName(spec, w.result.Domain, domain)
	return name, false
}

// lookup looks a question up, unless that would be one too many.
func (w *linter) lookup(q dns.Question) Lookup {
	if w.lookups == maxSurveyLookups {
		w.truncated = true
		return Lookup{Question: q, Err: &dns.Error{Kind: dns.OutOfTime, Question: q}}
	}
	w.lookups++
	if w.ctx.Err() != nil {
		return Lookup{Question: q, Err: &dns.Error{Kind: dns.OutOfTime, Question: q}}
	}
	deadline, _ := w.ctx.Deadline()
	a, err := w.resolver.Lookup(q, deadline)
	return Lookup{q, a, err}
}
