package spf

import (
	"cmp"
	"net/netip"
	"slices"
)

// maxCounted ends the counting: includes that branch and meet again would make
// it long, and nobody cares whether it is 200 or 2000.
const maxCounted = 200

// SurveyedNetwork is a network of clients that pass.
type SurveyedNetwork struct {
	Network netip.Prefix
	Record  *SurveyedRecord
	Term    Term
}

// counter goes through records as an evaluation does for a client that nothing
// matches.
type counter struct {
	*surveyor
	path []*SurveyedRecord // that are being evaluated
	seen map[netip.Prefix]bool
	loop map[*SurveyedTerm]bool // includes that lead back
}

// count counts terms and void lookups, and collects networks.
func (w *surveyor) count(root *SurveyedRecord) {
	c := &counter{surveyor: w, seen: make(map[netip.Prefix]bool), loop: make(map[*SurveyedTerm]bool)}
	if root.Answer.Void() && root.Err == nil {
		c.void(true, true)
	}
	c.record(root, true)
	s := w.survey
	for i := range s.Findings {
		if s.Findings[i].Kind == FoundTermLimit {
			s.Findings[i].Count = s.Terms
		}
	}
	slices.SortStableFunc(s.Networks, func(a, b SurveyedNetwork) int {
		return cmp.Or(cmp.Compare(a.Network.Addr().BitLen(), b.Network.Addr().BitLen()), cmp.Compare(a.Network.Bits(), b.Network.Bits()))
	})
	if s.Voids4 > s.Limits.VoidLookups {
		w.find(Finding{Kind: FoundVoidLimit, Record: root, Count: s.Voids4, Limit: s.Limits.VoidLookups})
	} else if s.Voids6 > s.Limits.VoidLookups {
		w.find(Finding{Kind: FoundVoidLimitIPv6, Record: root, Count: s.Voids6, Limit: s.Limits.VoidLookups})
	}
}

// lookupRecord counts what a record uses. pass tells whether its pass is the domain's.
func (c *counter) record(r *SurveyedRecord, pass bool) {
	c.path = append(c.path, r)
	defer func() { c.path = c.path[:len(c.path)-1] }()
	for _, t := range r.Terms {
		if c.survey.Terms >= maxCounted {
			return
		}
		d, ok := t.Term.(*Directive)
		if ok && d.Mechanism == All {
			return // and no redirect (RFC 7208, 6.1)
		}
		passes := pass && (!ok || d.Result() == Pass)
		if ok && passes {
			c.networks(d, r, t)
		}
		if ok && !d.Mechanism.CausesLookup() {
			continue
		}
		c.term(r, t)
		for _, l := range t.Lookups {
			if l.Err == nil && l.Answer.Void() {
				exists := ok && d.Mechanism == Exists // RFC 7208, 5.7: A for IPv6 clients too
				c.void(exists || l.Question.Type != TypeAAAA, exists || l.Question.Type != TypeA)
			}
		}
		if t.Record != nil {
			c.nested(r, t, passes)
		}
	}
}

// countLookup counts a term with lookups.
func (c *counter) term(r *SurveyedRecord, t *SurveyedTerm) {
	s := c.survey
	s.Terms++
	if t.Counted == 0 {
		t.Counted = s.Terms
	}
	if s.Terms == s.Limits.Lookups+1 { // how many there are will be known at the end
		c.find(Finding{Kind: FoundTermLimit, Record: r, Term: t.Term, Limit: s.Limits.Lookups})
	}
}

// nested counts what the record of an include or redirect uses.
func (c *counter) nested(r *SurveyedRecord, t *SurveyedTerm, pass bool) {
	inner := t.Record
	if inner.Err == nil && inner.Answer.Void() {
		c.void(true, true)
	}
	if slices.Contains(c.path, inner) {
		if !c.loop[t] {
			c.loop[t] = true
			c.find(Finding{Kind: FoundLoop, Record: r, Term: t.Term})
		}
		return
	}
	c.record(inner, pass)
}

// countVoid counts a void lookup of an IPv4 client, an IPv6 client, or both.
func (c *counter) void(v4, v6 bool) {
	if v4 {
		c.survey.Voids4++
	}
	if v6 {
		c.survey.Voids6++
	}
}

// networks collects the networks of a directive, each once.
func (c *counter) networks(d *Directive, r *SurveyedRecord, t *SurveyedTerm) {
	addrs := []netip.Addr{d.Addr}
	if !d.Addr.IsValid() {
		addrs = nil
	}
	for _, l := range t.Lookups {
		addrs = append(addrs, l.Answer.Addrs...)
	}
	if d.Mechanism == Exists {
		return
	}
	for _, addr := range addrs {
		length := d.IP6CIDRLen
		if addr.Is4() {
			length = d.IP4CIDRLen
		}
		if length == noCIDR {
			length = addr.BitLen()
		}
		network, err := addr.Prefix(length)
		if err != nil || c.seen[network] {
			continue
		}
		c.seen[network] = true
		c.survey.Networks = append(c.survey.Networks, SurveyedNetwork{network, r, t.Term})
	}
}
