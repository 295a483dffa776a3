package lint

import (
	"strings"

	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// Limits for remarks.
const (
	wide4 = 16 // an IPv4 network of fewer bits is wide: 65,536 hosts and more
	wide6 = 32 // and an IPv6 network: that is what a provider gets

	plainSize = 512 // octets of an answer without EDNS(0) (RFC 1035, 2.3.4)
)

func (w *linter) report(f Finding) { w.result.Findings = append(w.result.Findings, f) }

// judge looks for what is wrong with a record. The last word, on clients that no
// term matches, is that of the domain's own record or of one that it redirects
// to.
func (w *linter) checkRecord(r *Record, root, last bool) {
	switch err := r.Err.(type) {
	case *spf.SyntaxError:
		w.report(Finding{Kind: FoundSyntaxError, Record: r, Err: err})
	case *spf.RecordError:
		w.report(Finding{Kind: FoundSeveralRecords, Record: r, Err: err})
	case nil:
		if r.Record == nil && root {
			w.report(Finding{Kind: FoundNoRecord, Record: r})
		}
	default:
		w.report(Finding{Kind: FoundDNSError, Record: r, Err: err, Name: r.Domain})
	}
	w.checkSize(r)
	w.checkStringBoundaries(r)
	if r.Record == nil {
		return
	}
	all := false
	included := make(map[string]bool)
	for _, t := range r.Terms {
		d, ok := t.Term.(*spf.Directive)
		switch {
		case all && !ok:
			w.report(Finding{Kind: FoundRedirectIgnored, Record: r, Term: t.Term})
			continue
		case all:
			w.report(Finding{Kind: FoundAfterAll, Record: r, Term: t.Term})
			continue
		case ok && d.Mechanism == spf.All:
			all = true
			w.checkAll(r, d, last)
		}
		if ok && d.Mechanism == spf.Include && t.Target != "" {
			if included[t.Target] || w.alreadyIncluded(r, t) {
				w.report(Finding{Kind: FoundDuplicateInclude, Record: r, Term: t.Term, Name: t.Target})
			}
			included[t.Target] = true
		}
		w.checkTerm(r, t)
	}
	if !all && r.Record.Redirect == nil && last {
		w.report(Finding{Kind: FoundNoAll, Record: r})
	}
	for _, t := range r.Record.Terms {
		if m, ok := t.(*spf.Modifier); ok && m.Name != "redirect" && m.Name != "exp" {
			w.report(Finding{Kind: FoundUnknownModifier, Record: r, Term: m})
		}
	}
}

// twice tells whether a record that was met earlier includes the same name.
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

// judgeAll looks at an all: who gets what no other term matches?
func (w *linter) checkAll(r *Record, d *spf.Directive, last bool) {
	switch d.Result() {
	case spf.Pass:
		w.report(Finding{Kind: FoundPassAll, Record: r, Term: d})
	case spf.Neutral:
		if last {
			w.report(Finding{Kind: FoundNeutralAll, Record: r, Term: d})
		}
	}
}

// judgeTerm looks for what is wrong with a term.
func (w *linter) checkTerm(r *Record, t *Term) {
	here := Finding{Record: r, Term: t.Term, Name: t.Target}
	add := func(kind Kind) {
		here.Kind = kind
		w.report(here)
	}
	d, ok := t.Term.(*spf.Directive)
	switch {
	case t.Macro:
		add(FoundMacro)
	case ok && d.Mechanism == spf.PTR:
		add(FoundPTR)
	case t.Target == "" && (!ok || d.Mechanism.CausesLookup()):
		add(FoundBadName)
	}
	if inner := t.Record; inner != nil && inner.Err == nil && inner.Record == nil {
		if ok {
			add(FoundIncludeNoRecord)
		} else {
			add(FoundRedirectNoRecord)
		}
	}
	for _, l := range t.Lookups {
		here.Name, here.Err = l.Question.Name, l.Err
		switch {
		case l.Err != nil && w.lookups < maxSurveyLookups:
			add(FoundDNSError)
		case l.Err == nil && l.Question.Type == dns.TypeMX && len(l.Answer.Names) > spf.MaxMXHosts:
			here.Count, here.Limit = len(l.Answer.Names), spf.MaxMXHosts
			add(FoundMXLimit)
		case l.Err == nil && l.Question.Type != dns.TypeAAAA && l.Answer.Void():
			add(FoundVoidLookup)
		}
	}
	if !ok || d.Result() != spf.Pass {
		return
	}
	for _, n := range w.result.Networks {
		if n.Term != t.Term {
			continue
		}
		here.Network = n.Network
		bits, is4 := n.Network.Bits(), n.Network.Addr().Is4()
		switch {
		case bits == 0:
			add(FoundPassAll)
		case is4 && bits < wide4, !is4 && bits < wide6:
			add(FoundWideNetwork)
		}
	}
}

// judgeSize looks at the size of the answer that has the record in it: all TXT
// records of the name.
func (w *linter) checkSize(r *Record) {
	switch size := r.Answer.Size; {
	case size > dns.UDPSize || r.Answer.TCP:
		w.report(Finding{Kind: FoundNeedsTCP, Record: r, Count: size, Limit: dns.UDPSize})
	case size > plainSize:
		w.report(Finding{Kind: FoundLarge, Record: r, Count: size, Limit: plainSize})
	}
}

// judgeJoints looks for strings of the record that join to one term, although
// each seems to end or begin one.
func (w *linter) checkStringBoundaries(r *Record) {
	for _, ss := range r.Answer.TXT {
		if text := spf.JoinStrings(ss); len(text) < len(spf.Version) || !strings.EqualFold(text[:len(spf.Version)], spf.Version) {
			continue // it would have been none in any case
		}
		joint := 0
		for i := 0; i+1 < len(ss); i++ {
			joint += len(ss[i])
			before := ss[i][strings.LastIndexByte(ss[i], ' ')+1:]
			after, _, _ := strings.Cut(ss[i+1], " ")
			if isTerm(before) && isTerm(after) {
				w.report(Finding{Kind: FoundJoinedTerms, Record: r, BoundaryOffset: joint, Name: before + after})
			}
		}
	}
}

// isTerm tells whether a text could be a term by itself, or the version.
func isTerm(text string) bool {
	if text == "" || strings.EqualFold(text, spf.Version) {
		return text != ""
	}
	r, err := spf.Parse(spf.Version + " " + text)
	if err != nil {
		return false
	}
	m, ok := r.Terms[0].(*spf.Modifier)
	return !ok || m == r.Redirect || m == r.Exp
}
