package spf

import (
	"context"
	"errors"
	"slices"
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
type Survey struct {
	Domain   string
	Records  []*SurveyedRecord // in the order in which they are met, the domain's own first, each once
	Networks []SurveyedNetwork // that pass, widest first, IPv4 before IPv6
	Findings []Finding         // worst first

	// What a client uses that no term matches, whatever it is over the limits.
	Limits Limits
	Terms  int
	Voids4 int // void lookups of an IPv4 client
	Voids6 int // the same for IPv6
}

// SurveyedRecord is a name and its SPF record.
type SurveyedRecord struct {
	Domain string
	Text   string
	Record *Record // nil: there is none, or Err tells why it cannot be used
	Err    error
	Answer Answer
	Terms  []*SurveyedTerm // directives and the redirect
}

// SurveyedTerm is a term, and what was looked up for it.
type SurveyedTerm struct {
	Term    Term
	Target  string // "" if it has none, or if that depends on the client
	Macro   bool   // the target depends on the client, and was not looked at
	Lookups []SurveyedLookup
	Record  *SurveyedRecord // of an include or redirect
	Counted int             // terms with lookups, this one included, when it is first met; 0: never
}

// SurveyedLookup is a lookup: for the addresses of names both families are
// looked up, of which a client would ask for one.
type SurveyedLookup struct {
	Question Question
	Answer   Answer
	Err      error
}

// surveyor walks through records.
type surveyor struct {
	ctx      context.Context
	resolver Resolver
	survey   *Survey
	macros   macros
	known    map[string]*SurveyedRecord
	lookups  int
	cut      bool // there was more to walk through
}

// Explore surveys the records of a domain, which is as Question has names.
// What depends on the client, by macros or ptr, is not looked up. It ends soon
// after ctx.
func Explore(ctx context.Context, r Resolver, domain string, limits Limits) *Survey {
	w := &surveyor{
		ctx: ctx, resolver: r, survey: &Survey{Domain: domain, Limits: limits},
		macros: macros{origin: domain}, known: make(map[string]*SurveyedRecord),
	}
	root := w.record(domain)
	w.count(root)
	last := redirects(root)
	for _, record := range w.survey.Records {
		w.judge(record, record == root, slices.Contains(last, record))
	}
	if w.cut {
		w.find(Finding{Kind: FoundTooMuch})
	}
	slices.SortStableFunc(w.survey.Findings, func(a, b Finding) int { return int(a.Kind) - int(b.Kind) })
	return w.survey
}

// redirects gives a record, and those that it redirects to one after the other.
func redirects(r *SurveyedRecord) []*SurveyedRecord {
	var chain []*SurveyedRecord
	for r != nil && !slices.Contains(chain, r) {
		chain = append(chain, r)
		var next *SurveyedRecord
		for _, t := range r.Terms {
			if _, ok := t.Term.(*Modifier); ok {
				next = t.Record
			}
		}
		r = next
	}
	return chain
}

// lookupRecord looks up and walks through the record of a name. Of a name that was
// met before it gives what is known.
func (w *surveyor) record(name string) *SurveyedRecord {
	if r, ok := w.known[name]; ok {
		return r
	}
	if len(w.survey.Records) == maxSurveyRecords {
		w.cut = true
		return nil
	}
	r := &SurveyedRecord{Domain: name}
	w.known[name] = r
	w.survey.Records = append(w.survey.Records, r)
	found := w.lookup(Question{name, TypeTXT})
	r.Answer, r.Err = found.Answer, found.Err
	if r.Err != nil {
		return r
	}
	text, n := selectRecord(r.Answer)
	switch {
	case n == 0:
		return r
	case n > 1:
		r.Err = &RecordError{MultipleRecords, name, ""}
		return r
	}
	r.Text = text
	if r.Record, r.Err = Parse(text); r.Err != nil {
		var syntax *SyntaxError
		if errors.As(r.Err, &syntax) {
			syntax.Domain = name
		}
		return r
	}
	for _, t := range r.Record.Terms {
		if d, ok := t.(*Directive); ok {
			r.Terms = append(r.Terms, w.directive(d, name))
		}
	}
	if m := r.Record.Redirect; m != nil {
		t := &SurveyedTerm{Term: m}
		if t.Target, t.Macro = w.target(m.Value, name); t.Target != "" {
			t.Record = w.record(t.Target)
		}
		r.Terms = append(r.Terms, t)
	}
	return r
}

// directive looks up what a directive of domain's record needs.
func (w *surveyor) directive(d *Directive, domain string) *SurveyedTerm {
	t := &SurveyedTerm{Term: d}
	if !d.Mechanism.CausesLookup() || d.Mechanism == PTR {
		return t
	}
	if t.Target, t.Macro = w.target(d.Domain, domain); t.Target == "" {
		return t
	}
	switch d.Mechanism {
	case Include:
		t.Record = w.record(t.Target)
	case A:
		w.addresses(t, t.Target)
	case MX:
		hosts := w.lookup(Question{t.Target, TypeMX})
		t.Lookups = append(t.Lookups, hosts)
		for i, host := range hosts.Answer.Names {
			if i < maxMX && isHostName(host) {
				w.addresses(t, host)
			}
		}
	case Exists:
		t.Lookups = append(t.Lookups, w.lookup(Question{t.Target, TypeA}))
	}
	return t
}

// addresses looks up the addresses of a name, of both families.
func (w *surveyor) addresses(t *SurveyedTerm, name string) {
	t.Lookups = append(t.Lookups, w.lookup(Question{name, TypeA}), w.lookup(Question{name, TypeAAAA}))
}

// target expands a domain-spec, if that does not take a client: %{d} and %{o}
// are known without one.
func (w *surveyor) target(spec *MacroString, domain string) (name string, macro bool) {
	switch {
	case spec == nil:
		return domain, false
	case spec.uses("slipvh"):
		return "", true
	}
	name, flaw := w.macros.expandName(spec, domain, nil)
	if flaw != nameOK {
		return "", false
	}
	return name, false
}

// lookup looks a question up, unless that would be one too many.
func (w *surveyor) lookup(q Question) SurveyedLookup {
	if w.lookups == maxSurveyLookups {
		w.cut = true
		return SurveyedLookup{Question: q, Err: &DNSError{Kind: DNSOutOfTime, Question: q}}
	}
	w.lookups++
	a, err := w.resolver.Lookup(w.ctx, q)
	return SurveyedLookup{q, a, err}
}
