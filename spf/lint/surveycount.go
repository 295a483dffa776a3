package lint

import (
	"cmp"
	"net/netip"
	"slices"

	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// maxCounted ends the counting: includes that branch and meet again would make
// it long, and nobody cares whether it is 200 or 2000.
const maxCounted = 200

// SurveyedNetwork is a network of clients that pass.
type Network struct {
	Network netip.Prefix
	Record  *Record
	Term    spf.Term
}

// counter goes through records as an evaluation does for a client that nothing
// matches.
type counter struct {
	*linter
	path []*Record // that are being evaluated
	seen map[netip.Prefix]bool
	loop map[*Term]bool // includes that lead back
}

// count counts terms and void lookups, and collects networks.
func (w *linter) count(root *Record) {
	c := &counter{linter: w, seen: make(map[netip.Prefix]bool), loop: make(map[*Term]bool)}
	if root.Answer.Void() && root.Err == nil {
		c.void(true, true)
	}
	c.record(root, true)
	s := w.result
	for i := range s.Findings {
		if s.Findings[i].Kind == FoundTermLimit {
			s.Findings[i].Count = s.Lookups
		}
	}
	slices.SortStableFunc(s.Networks, func(a, b Network) int {
		return cmp.Or(cmp.Compare(a.Network.Addr().BitLen(), b.Network.Addr().BitLen()), cmp.Compare(a.Network.Bits(), b.Network.Bits()))
	})
	if s.VoidLookups4 > s.Limits.VoidLookups {
		w.report(Finding{Kind: FoundVoidLimit, Record: root, Count: s.VoidLookups4, Limit: s.Limits.VoidLookups})
	} else if s.VoidLookups6 > s.Limits.VoidLookups {
		w.report(Finding{Kind: FoundVoidLimitIPv6, Record: root, Count: s.VoidLookups6, Limit: s.Limits.VoidLookups})
	}
}

// lookupRecord counts what a record uses. pass tells whether its pass is the domain's.
func (c *counter) record(r *Record, pass bool) {
	c.path = append(c.path, r)
	defer func() { c.path = c.path[:len(c.path)-1] }()
	for _, t := range r.Terms {
		if c.result.Lookups >= maxCounted {
			return
		}
		d, ok := t.Term.(*spf.Directive)
		if ok && d.Mechanism == spf.All {
			return // and no redirect (RFC 7208, 6.1)
		}
		passes := pass && (!ok || d.Result() == spf.Pass)
		if ok && passes {
			c.networks(d, r, t)
		}
		if ok && !d.Mechanism.CausesLookup() {
			continue
		}
		c.term(r, t)
		for _, l := range t.Lookups {
			if l.Err == nil && l.Answer.Void() {
				exists := ok && d.Mechanism == spf.Exists // RFC 7208, 5.7: A for IPv6 clients too
				c.void(exists || l.Question.Type != dns.TypeAAAA, exists || l.Question.Type != dns.TypeA)
			}
		}
		if t.Record != nil {
			c.nested(r, t, passes)
		}
	}
}

// countLookup counts a term with lookups.
func (c *counter) term(r *Record, t *Term) {
	s := c.result
	s.Lookups++
	if t.LookupNumber == 0 {
		t.LookupNumber = s.Lookups
	}
	if s.Lookups == s.Limits.Lookups+1 { // how many there are will be known at the end
		c.report(Finding{Kind: FoundTermLimit, Record: r, Term: t.Term, Limit: s.Limits.Lookups})
	}
}

// nested counts what the record of an include or redirect uses.
func (c *counter) nested(r *Record, t *Term, pass bool) {
	inner := t.Record
	if inner.Err == nil && inner.Answer.Void() {
		c.void(true, true)
	}
	if slices.Contains(c.path, inner) {
		if !c.loop[t] {
			c.loop[t] = true
			c.report(Finding{Kind: FoundLoop, Record: r, Term: t.Term})
		}
		return
	}
	c.record(inner, pass)
}

// countVoid counts a void lookup of an IPv4 client, an IPv6 client, or both.
func (c *counter) void(v4, v6 bool) {
	if v4 {
		c.result.VoidLookups4++
	}
	if v6 {
		c.result.VoidLookups6++
	}
}

// networks collects the networks of a directive, each once.
func (c *counter) networks(d *spf.Directive, r *Record, t *Term) {
	addrs := []netip.Addr{d.Addr}
	if !d.Addr.IsValid() {
		addrs = nil
	}
	for _, l := range t.Lookups {
		addrs = append(addrs, l.Answer.Addrs...)
	}
	if d.Mechanism == spf.Exists {
		return
	}
	for _, addr := range addrs {
		length := d.IP6CIDRLen
		if addr.Is4() {
			length = d.IP4CIDRLen
		}
		if length == spf.NoCIDR {
			length = addr.BitLen()
		}
		network, err := addr.Prefix(length)
		if err != nil || c.seen[network] {
			continue
		}
		c.seen[network] = true
		c.result.Networks = append(c.result.Networks, Network{network, r, t.Term})
	}
}
