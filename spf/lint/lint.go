package lint

import (
	"context"
	"errors"
	"slices"

	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// The limits of an audit. A record tree far smaller than this is a permerror
// already; the rest is read to show by how much the tree is too large.
const (
	maxRecords      = 50
	maxLookups      = 500
	maxSyntaxErrors = 20     // of one record
	maxNetworks     = 10_000 // that pass: the largest senders have a few hundred
	maxFindings     = 20     // of one kind
)

// Report is the result of an audit: everything that a check can reach from a domain's
// record.
type Report struct {
	Domain   string
	Records  []*Record // each once, in the order of evaluation: the domain's own first
	Networks []Network // that pass, widest first, IPv4 before IPv6
	Findings []Finding // most severe first

	// What a check uses for a client that no term matches, regardless of the
	// limits.
	Limits       spf.Limits
	Lookups      int
	VoidLookups4 int // void lookups for an IPv4 client
	VoidLookups6 int // void lookups for an IPv6 client

	// Pass is the addresses that pass, except by terms that depend on the client
	// in another way (macros, ptr).
	Pass IPSet
	// ClientDependent reports whether a result depends on such terms, and
	// PassDependent whether Pass does.
	ClientDependent, PassDependent bool

	effect     Effect // terms that depend on the client match nobody
	incomplete bool   // a limit was reached, and there is more to read
}

// Record is a name and its SPF record.
type Record struct {
	Domain       string
	Text         string
	Record       *spf.Record // nil if the domain has no valid one
	Err          error       // why the record is invalid, or could not be looked up
	SyntaxErrors []Mistake   // in the order of the record
	NearMisses   []NearMiss  // TXT records that were meant as SPF records
	Answer       dns.Answer
	Terms        []*Term // directives and the redirect
	Explanation  *Explanation

	validTerms []spf.Term // of a record with syntax errors
}

// Term is a term and what was looked up for it.
type Term struct {
	Term         spf.Term
	Target       string // "" if it has none, or if that depends on the client
	Macro        bool   // the target depends on the client, and was not looked up
	Lookups      []Lookup
	Record       *Record // of an include or redirect
	LookupNumber int     // its number among the terms that cause lookups, when first met; 0: never met
}

// Lookup is a lookup. The addresses of a name are looked up for both families; a
// check looks up one of them.
type Lookup struct {
	Question dns.Question
	Answer   dns.Answer
	Err      error
}

// linter reads records.
type linter struct {
	ctx      context.Context
	resolver dns.Resolver
	result   *Report
	known    map[string]*Record
	lookups  int
	found    map[Kind]int      // findings, whether reported or left out
	repeated map[spf.Term]bool // terms reported as DuplicateTerm
	loops    map[*Term]bool    // terms reported as Loop
}

// Domain audits the records of a domain, which is in the form of
// dns.Question.Name. Targets that depend on the client, by a macro or ptr, are not
// looked up. Domain returns soon after ctx is done.
func Domain(ctx context.Context, r dns.Resolver, domain string, limits spf.Limits) *Report {
	w := &linter{
		ctx: ctx, resolver: r, result: &Report{Domain: domain, Limits: limits},
		known: make(map[string]*Record), found: make(map[Kind]int), repeated: make(map[spf.Term]bool), loops: make(map[*Term]bool),
	}
	root := w.record(domain)
	if root.Err == nil && root.Record == nil && !root.Answer.NXDomain && len(root.NearMisses) == 0 {
		root.NearMisses = w.elsewhere(domain)
	}
	w.count(root)
	last := redirects(root)
	for _, record := range last {
		w.explanation(record)
	}
	for _, record := range w.result.Records {
		w.checkRecord(record, record == root, slices.Contains(last, record))
	}
	w.checkNetworks(root)
	w.checkLimits()
	slices.SortStableFunc(w.result.Findings, func(a, b Finding) int { return int(a.Kind) - int(b.Kind) })
	return w.result
}

// redirects returns a record and those that it redirects to, one after the other.
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

// record looks up and parses the record of a name, and those that it leads to.
// For a name that was met before it returns the same record.
func (w *linter) record(name string) *Record {
	if r, ok := w.known[name]; ok {
		return r
	}
	if len(w.result.Records) == maxRecords {
		w.result.incomplete = true
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
	r.NearMisses = nearMisses(r.Answer)
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
		valid, mistakes, all := parseMistakes(text)
		r.validTerms, r.SyntaxErrors = valid.Terms, mistakes
		w.result.incomplete = w.result.incomplete || !all
		for _, m := range mistakes {
			m.Err.Domain = name
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

// directive looks up what a directive of the record of domain needs.
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

// target expands a domain-spec that does not depend on the client: %{d} and %{o}
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

// lookup looks q up, unless the limit is reached.
func (w *linter) lookup(q dns.Question) Lookup {
	if w.lookups == maxLookups {
		w.result.incomplete = true
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
