package spf

import "strings"

// Limits for remarks.
const (
	wide4 = 16 // an IPv4 network of fewer bits is wide: 65,536 hosts and more
	wide6 = 32 // and an IPv6 network: that is what a provider gets

	plainSize = 512 // octets of an answer without EDNS(0) (RFC 1035, 2.3.4)
)

func (w *surveyor) find(f Finding) { w.survey.Findings = append(w.survey.Findings, f) }

// judge looks for what is wrong with a record. The last word, on clients that no
// term matches, is that of the domain's own record or of one that it redirects
// to.
func (w *surveyor) judge(r *SurveyedRecord, root, last bool) {
	switch err := r.Err.(type) {
	case *SyntaxError:
		w.find(Finding{Kind: FoundSyntaxError, Record: r, Err: err})
	case *RecordError:
		w.find(Finding{Kind: FoundSeveralRecords, Record: r, Err: err})
	case nil:
		if r.Record == nil && root {
			w.find(Finding{Kind: FoundNoRecord, Record: r})
		}
	default:
		w.find(Finding{Kind: FoundDNSError, Record: r, Err: err, Name: r.Domain})
	}
	w.judgeSize(r)
	w.judgeJoints(r)
	if r.Record == nil {
		return
	}
	all := false
	included := make(map[string]bool)
	for _, t := range r.Terms {
		d, ok := t.Term.(*Directive)
		switch {
		case all && !ok:
			w.find(Finding{Kind: FoundRedirectIgnored, Record: r, Term: t.Term})
			continue
		case all:
			w.find(Finding{Kind: FoundAfterAll, Record: r, Term: t.Term})
			continue
		case ok && d.Mechanism == All:
			all = true
			w.judgeAll(r, d, last)
		}
		if ok && d.Mechanism == Include && t.Target != "" {
			if included[t.Target] || w.twice(r, t) {
				w.find(Finding{Kind: FoundDuplicateInclude, Record: r, Term: t.Term, Name: t.Target})
			}
			included[t.Target] = true
		}
		w.judgeTerm(r, t)
	}
	if !all && r.Record.Redirect == nil && last {
		w.find(Finding{Kind: FoundNoEnd, Record: r})
	}
	for _, t := range r.Record.Terms {
		if m, ok := t.(*Modifier); ok && m.Name != "redirect" && m.Name != "exp" {
			w.find(Finding{Kind: FoundUnknownModifier, Record: r, Term: m})
		}
	}
}

// twice tells whether a record that was met earlier includes the same name.
func (w *surveyor) twice(r *SurveyedRecord, t *SurveyedTerm) bool {
	for _, other := range w.survey.Records {
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
func (w *surveyor) judgeAll(r *SurveyedRecord, d *Directive, last bool) {
	switch d.Result() {
	case Pass:
		w.find(Finding{Kind: FoundPassAll, Record: r, Term: d})
	case Neutral:
		if last {
			w.find(Finding{Kind: FoundNeutralAll, Record: r, Term: d})
		}
	}
}

// judgeTerm looks for what is wrong with a term.
func (w *surveyor) judgeTerm(r *SurveyedRecord, t *SurveyedTerm) {
	here := Finding{Record: r, Term: t.Term, Name: t.Target}
	add := func(kind FindingKind) {
		here.Kind = kind
		w.find(here)
	}
	d, ok := t.Term.(*Directive)
	switch {
	case t.Macro:
		add(FoundMacro)
	case ok && d.Mechanism == PTR:
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
		case l.Err == nil && l.Question.Type == TypeMX && len(l.Answer.Names) > maxMX:
			here.Count, here.Limit = len(l.Answer.Names), maxMX
			add(FoundMXLimit)
		case l.Err == nil && l.Question.Type != TypeAAAA && l.Answer.Void():
			add(FoundVoidLookup)
		}
	}
	if !ok || d.Result() != Pass {
		return
	}
	for _, n := range w.survey.Networks {
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
func (w *surveyor) judgeSize(r *SurveyedRecord) {
	switch size := r.Answer.Size; {
	case size > udpSize || r.Answer.TCP:
		w.find(Finding{Kind: FoundNeedsTCP, Record: r, Count: size, Limit: udpSize})
	case size > plainSize:
		w.find(Finding{Kind: FoundLarge, Record: r, Count: size, Limit: plainSize})
	}
}

// judgeJoints looks for strings of the record that join to one term, although
// each seems to end or begin one.
func (w *surveyor) judgeJoints(r *SurveyedRecord) {
	for _, ss := range r.Answer.TXT {
		if text := joinStrings(ss); len(text) < len(version) || !strings.EqualFold(text[:len(version)], version) {
			continue // it would have been none in any case
		}
		joint := 0
		for i := 0; i+1 < len(ss); i++ {
			joint += len(ss[i])
			before := ss[i][strings.LastIndexByte(ss[i], ' ')+1:]
			after, _, _ := strings.Cut(ss[i+1], " ")
			if isTerm(before) && isTerm(after) {
				w.find(Finding{Kind: FoundJoinedTerms, Record: r, Joint: joint, Name: before + after})
			}
		}
	}
}

// isTerm tells whether a text could be a term by itself, or the version.
func isTerm(text string) bool {
	if text == "" || strings.EqualFold(text, version) {
		return text != ""
	}
	r, err := Parse(version + " " + text)
	if err != nil {
		return false
	}
	m, ok := r.Terms[0].(*Modifier)
	return !ok || m == r.Redirect || m == r.Exp
}
