package lint

import (
	"strings"

	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// plainSize is the size of an answer without EDNS, in bytes (RFC 1035, 2.3.4).
const plainSize = 512

// report adds a finding, up to maxFindings of its kind.
func (w *linter) report(f Finding) {
	if w.found[f.Kind]++; w.found[f.Kind] <= maxFindings {
		w.result.Findings = append(w.result.Findings, f)
	}
}

// checkLimits reports what the limits of the audit have left out.
func (w *linter) checkLimits() {
	leftOut := 0
	for _, n := range w.found {
		leftOut += max(n-maxFindings, 0)
	}
	if leftOut > 0 {
		w.report(Finding{Kind: Truncated, Count: leftOut})
	}
	if w.result.incomplete {
		w.report(Finding{Kind: Truncated})
	}
}

// checkRecord checks a record. last reports whether its result is that of clients
// that no term matches: the domain's own record and those it redirects to.
func (w *linter) checkRecord(r *Record, root, last bool) {
	w.checkSelection(r, root)
	w.checkSize(r)
	w.checkStringBoundaries(r)
	if r.Record == nil {
		for _, m := range r.validModifiers {
			w.checkModifier(r, m)
		}
		return
	}
	all := false
	included := make(map[string]bool)
	earlier := make(map[string]*Term)
	for _, t := range r.Terms {
		d, ok := t.Term.(*spf.Directive)
		switch {
		case all && !ok:
			w.report(Finding{Kind: RedirectIgnored, Record: r, Term: t.Term})
			continue
		case all:
			w.report(Finding{Kind: AfterAll, Record: r, Term: t.Term})
			continue
		case ok && d.Mechanism == spf.All:
			all = true
			if last && d.Result() == spf.Neutral {
				w.report(Finding{Kind: NeutralAll, Record: r, Term: d})
			}
		}
		if ok {
			w.checkDuplicate(r, t, d, earlier)
		}
		if ok && d.Mechanism == spf.Include && t.Target != "" {
			if included[t.Target] || w.alreadyIncluded(r, t) {
				w.report(Finding{Kind: DuplicateInclude, Record: r, Term: t.Term, Name: t.Target})
			}
			included[t.Target] = true
		}
		w.checkTerm(r, t)
	}
	if !all && r.Record.Redirect == nil && last {
		w.report(Finding{Kind: NoAll, Record: r})
	}
	for _, t := range r.Record.Terms {
		if m, ok := t.(*spf.Modifier); ok {
			w.checkModifier(r, m)
		}
	}
	w.checkExplanation(r)
}

// checkSelection checks which TXT records of a name are SPF records, and that the
// one is valid.
func (w *linter) checkSelection(r *Record, root bool) {
	kind := IgnoredNearMiss
	if r.Err == nil && r.Record == nil {
		kind = NotARecord
	}
	for _, miss := range r.NearMisses {
		w.report(Finding{Kind: kind, Record: r, NearMiss: miss})
	}
	switch err := r.Err.(type) {
	case *spf.SyntaxError:
		for _, e := range r.SyntaxErrors {
			hint, _ := hintFor(e)
			w.report(Finding{Kind: SyntaxError, Record: r, Err: e, Text: hint})
		}
		if len(r.SyntaxErrors) == maxSyntaxErrors {
			w.result.incomplete = true
		}
	case *spf.RecordError:
		w.report(Finding{Kind: MultipleRecords, Record: r, Err: err})
	case nil:
		if r.Record == nil && root {
			w.report(Finding{Kind: NoRecord, Record: r})
		}
	default:
		w.report(Finding{Kind: DNSError, Record: r, Err: err, Name: r.Domain})
	}
}

// checkDuplicate reports a directive that matches the same clients as an earlier
// one of the record, and so never matches.
func (w *linter) checkDuplicate(r *Record, t *Term, d *spf.Directive, earlier map[string]*Term) {
	key := matchKey(d, t)
	if first, ok := earlier[key]; ok && d.Mechanism != spf.Include {
		w.repeated[d] = true
		w.report(Finding{Kind: DuplicateTerm, Record: r, Term: d, OtherTerm: first.Term, Other: r})
	} else if !ok {
		earlier[key] = t
	}
}

// matchKey returns a text that is the same for directives that match the same
// clients: of equal mechanism, target and prefix lengths.
func matchKey(d *spf.Directive, t *Term) string {
	plain := *d
	plain.Qualifier = 0
	if d.Mechanism == spf.A || d.Mechanism == spf.MX || d.Mechanism == spf.IP4 {
		if plain.IP4CIDRLen == 32 {
			plain.IP4CIDRLen = spf.NoCIDR
		}
	}
	if plain.IP6CIDRLen == 128 {
		plain.IP6CIDRLen = spf.NoCIDR
	}
	if d.Addr.IsValid() {
		for _, n := range networksOf(d, t) {
			plain.Addr = n.Addr()
		}
	}
	if t.Target != "" {
		plain.Domain = nil
	}
	return strings.ToLower(plain.String()) + " " + t.Target
}

// alreadyIncluded reports whether an earlier record includes the same name.
func (w *linter) alreadyIncluded(r *Record, t *Term) bool {
	for _, other := range w.result.Records {
		if other == r {
			return false
		}
		for _, o := range other.Terms {
			if o.Record != nil && o.Record == t.Record {
				return true
			}
		}
	}
	return false
}

// checkModifier checks a modifier other than redirect and exp. Those of RFC 6652,
// 3, are known: where and how often to report failures.
func (w *linter) checkModifier(r *Record, m *spf.Modifier) {
	switch m.Name {
	case "redirect", "exp", "ra", "rp", "rr":
		return
	}
	f := Finding{Kind: UnknownModifier, Record: r, Term: m, Name: m.Name}
	if w.found[UnknownModifier]+w.found[MechanismAsModifier] >= maxFindings {
		w.found[UnknownModifier]++ // without the work for a hint
		return
	}
	if f.Text, _ = Hint(m.Source()); isDirective(firstFields(f.Text)[0]) {
		f.Kind = MechanismAsModifier
	}
	w.report(f)
}

// checkTerm checks the target and the lookups of a term.
func (w *linter) checkTerm(r *Record, t *Term) {
	add := func(f Finding) {
		f.Record, f.Term = r, t.Term
		if f.Name == "" {
			f.Name = t.Target
		}
		w.report(f)
	}
	d, ok := t.Term.(*spf.Directive)
	switch {
	case t.Macro:
		add(Finding{Kind: ClientMacro})
	case ok && d.Mechanism == spf.PTR:
		add(Finding{Kind: PTR})
	case t.Target == "" && (!ok || d.Mechanism.CausesLookup()):
		hint, _ := Hint(t.Term.Source())
		add(Finding{Kind: BadName, Text: hint})
	case !isDomainLike(t.Target):
		hint, _ := Hint(t.Term.Source())
		add(Finding{Kind: BadName, Text: hint})
	}
	if inner := t.Record; inner != nil && inner.Err == nil && inner.Record == nil {
		if ok {
			add(Finding{Kind: IncludeNoRecord})
		} else {
			add(Finding{Kind: RedirectNoRecord})
		}
	}
	for _, l := range t.Lookups {
		name := l.Question.Name
		switch {
		case l.Err != nil && w.lookups < maxLookups:
			add(Finding{Kind: DNSError, Name: name, Err: l.Err})
		case l.Err != nil:
		case l.Question.Type == dns.TypeMX:
			w.checkMX(l, add)
		case l.Question.Type != dns.TypeAAAA && l.Answer.Void():
			add(Finding{Kind: VoidLookup, Name: name})
		}
		isMXHost := ok && d.Mechanism == spf.MX && l.Question.Type == dns.TypeA
		if isMXHost && l.Err == nil && l.Answer.Alias {
			add(Finding{Kind: MXAlias, Name: name})
		}
	}
}

// checkMX checks the answer to an MX lookup.
func (w *linter) checkMX(l Lookup, add func(Finding)) {
	hosts := l.Answer.Names
	switch {
	case len(hosts) == 0:
		add(Finding{Kind: VoidLookup, Name: l.Question.Name})
	case len(hosts) == 1 && hosts[0] == "":
		add(Finding{Kind: NullMX, Name: l.Question.Name}) // RFC 7505, 3
	case len(hosts) > spf.MaxMXHosts:
		add(Finding{Kind: MXLimit, Name: l.Question.Name, Count: len(hosts), Limit: spf.MaxMXHosts})
	}
}

// checkSize checks the size of the answer with the record: it has all TXT records
// of the name.
func (w *linter) checkSize(r *Record) {
	switch size := r.Answer.Size; {
	case size > dns.UDPSize || r.Answer.TCP:
		w.report(Finding{Kind: NeedsTCP, Record: r, Count: size, Limit: dns.UDPSize})
	case size > plainSize:
		w.report(Finding{Kind: Large, Record: r, Count: size, Limit: plainSize})
	}
}

// checkStringBoundaries reports strings of the record that join to one term,
// although one seems to end a term and the next to start one (RFC 7208, 3.3).
func (w *linter) checkStringBoundaries(r *Record) {
	for _, ss := range r.Answer.TXT {
		if indexFold(spf.JoinStrings(ss), spf.Version) != 0 {
			continue // not a record in any case
		}
		boundary := 0
		for i := 0; i+1 < len(ss); i++ {
			boundary += len(ss[i])
			before := ss[i][strings.LastIndexByte(ss[i], ' ')+1:]
			after, _, _ := strings.Cut(ss[i+1], " ")
			if (isTerm(before) || strings.EqualFold(before, spf.Version)) && isTerm(after) {
				w.report(Finding{Kind: JoinedTerms, Record: r, BoundaryOffset: boundary, Name: before + after})
			}
		}
	}
}
