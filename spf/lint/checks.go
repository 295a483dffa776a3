package lint

import (
	"net/netip"
	"slices"
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
		for _, t := range r.validTerms {
			w.checkSpelling(r, t)
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
			w.checkAddress(r, d)
		}
		if ok && d.Mechanism == spf.Include && t.Target != "" {
			if !w.loops[t] && (included[t.Target] || w.alreadyIncluded(r, t)) {
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
		for _, m := range r.SyntaxErrors {
			w.report(Finding{Kind: SyntaxError, Record: r, Err: m.Err, Text: m.Meant})
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

// checkAddress checks the address of an ip4 or ip6.
func (w *linter) checkAddress(r *Record, d *spf.Directive) {
	if !d.Addr.IsValid() {
		return
	}
	network := prefixOf(d, d.Addr)
	switch masked := network.Masked(); {
	case isMapped(network):
		meant := networkTerm(netip.PrefixFrom(network.Addr().Unmap(), network.Bits()-mappedBits))
		w.report(Finding{Kind: MappedNetwork, Record: r, Term: d, Network: masked, Text: meant})
	case masked != network:
		w.report(Finding{Kind: HostBits, Record: r, Term: d, Network: masked})
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
	key := plain.String()
	if !strings.Contains(key, "%") { // a macro letter in upper case is another macro (RFC 7208, 7.3)
		key = strings.ToLower(key)
	}
	return key + " " + t.Target
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
	f.Text, _ = Hint(m.Source())
	if first, _, _ := strings.Cut(f.Text, " "); isDirective(first) {
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
	case !ok || d.Mechanism.CausesLookup():
		w.checkName(r, t.Term, t.Target)
	}
	if inner := t.Record; inner != nil && inner.Err == nil && inner.Record == nil {
		f := Finding{Kind: RedirectNoRecord, Text: withoutAll(t)}
		if ok {
			f.Kind = IncludeNoRecord
		}
		add(f)
	}
	for i, l := range t.Lookups {
		name := l.Question.Name
		switch {
		case l.Err != nil && w.lookups < maxLookups:
			if l.Question.Type != dns.TypeAAAA || t.Lookups[i-1].Err == nil { // once for both families
				add(Finding{Kind: DNSError, Name: name, Err: l.Err})
			}
		case l.Err != nil:
		case l.Question.Type == dns.TypeMX:
			w.checkMX(l, t, add)
		case l.Question.Type != dns.TypeAAAA && l.Answer.Void():
			f := Finding{Kind: VoidLookup, Name: name, Missing: MissingA}
			switch {
			case l.Answer.NXDomain:
				f.Missing = MissingName
			case i+1 < len(t.Lookups) && t.Lookups[i+1].Answer.Void(): // the AAAA lookup
				f.Missing = MissingAddress
			}
			if name == t.Target {
				f.Text = withoutAll(t)
			}
			add(f)
		}
		isMXHost := ok && d.Mechanism == spf.MX && l.Question.Type == dns.TypeA
		if isMXHost && l.Err == nil && l.Answer.Alias {
			add(Finding{Kind: MXAlias, Name: name})
		}
	}
}

// checkName checks that the target of a term, "" if it cannot exist, is a domain name.
func (w *linter) checkName(r *Record, t spf.Term, target string) {
	if target == "" || !isDomainLike(target) {
		hint, _ := Hint(t.Source())
		w.report(Finding{Kind: BadName, Record: r, Term: t, Name: target, Text: hint})
	}
}

// checkSpelling checks a valid term of a record that has syntax errors, and so no effect.
func (w *linter) checkSpelling(r *Record, t spf.Term) {
	var domain *spf.MacroString
	switch t := t.(type) {
	case *spf.Modifier:
		w.checkModifier(r, t)
		if t.Name == "redirect" {
			domain = t.Value
		}
	case *spf.Directive:
		domain = t.Domain
	}
	if target, macro := w.target(domain, r.Domain); domain != nil && !macro {
		w.checkName(r, t, target)
	}
}

// withoutAll returns the terms that a term whose name is not found was meant to be if
// "-all" was written after it without a space: the name is valid.
func withoutAll(t *Term) string {
	if !strings.HasSuffix(strings.ToLower(t.Term.Source()), "-all") {
		return ""
	}
	terms, _ := separate(t.Term.Source())
	return terms
}

// checkMX checks the answer to an MX lookup.
func (w *linter) checkMX(l Lookup, t *Term, add func(Finding)) {
	hosts := l.Answer.Names
	switch {
	case len(hosts) == 0 && l.Answer.NXDomain:
		add(Finding{Kind: VoidLookup, Name: l.Question.Name, Missing: MissingName, Text: withoutAll(t)})
	case len(hosts) == 0:
		add(Finding{Kind: VoidLookup, Name: l.Question.Name, Missing: MissingMX, Text: withoutAll(t)})
	case slices.Contains(hosts, ""):
		add(Finding{Kind: NullMX, Name: l.Question.Name, Count: len(hosts)}) // RFC 7505, 3
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
		if r.Text == "" || spf.JoinStrings(ss) != r.Text {
			continue
		}
		boundary := 0
		for i := 0; i+1 < len(ss); i++ {
			boundary += len(ss[i])
			before := ss[i][strings.LastIndexByte(ss[i], ' ')+1:]
			after, _, _ := strings.Cut(ss[i+1], " ")
			if isTerm(before) && isTerm(after) {
				w.report(Finding{Kind: JoinedTerms, Record: r, BoundaryOffset: boundary, Name: before + after})
			}
		}
	}
}
