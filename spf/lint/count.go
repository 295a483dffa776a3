package lint

import (
	"cmp"
	"net/netip"
	"slices"

	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// maxCounted is where counting stops. Includes that branch and join again would make it
// take long, and it does not matter whether a tree has 200 lookups or 2000.
const maxCounted = 200

// Network is a network of clients that pass.
type Network struct {
	Network netip.Prefix
	Record  *Record
	Term    spf.Term
}

// counter walks the records as an evaluation does for a client that no term
// matches.
type counter struct {
	*linter
	stack     []*Record // in evaluation
	networks  map[networkKey]bool
	everybody map[*Term]bool // terms that every client passes by
	costOnly  bool           // leaves the terms as they are
}

// networkKey identifies a network of a term: each is collected once.
type networkKey struct {
	network netip.Prefix
	term    spf.Term
}

func newCounter(w *linter) *counter {
	return &counter{linter: w, networks: make(map[networkKey]bool), everybody: make(map[*Term]bool)}
}

// count counts the terms that cause lookups and the void lookups, and collects
// the networks that pass.
func (w *linter) count(root *Record) {
	c := newCounter(w)
	if root.Answer.Void() && root.Err == nil {
		c.countVoid(true, true)
	}
	c.walk(root, true)
	s := w.result
	for i := range s.Findings {
		if s.Findings[i].Kind == LookupLimit {
			s.Findings[i].Count = s.Lookups
		}
	}
	slices.SortStableFunc(s.Networks, func(a, b Network) int {
		return cmp.Or(cmp.Compare(a.Network.Addr().BitLen(), b.Network.Addr().BitLen()), cmp.Compare(a.Network.Bits(), b.Network.Bits()))
	})
	if s.VoidLookups4 > s.Limits.VoidLookups {
		w.report(Finding{Kind: VoidLimit, Record: root, Count: s.VoidLookups4, Limit: s.Limits.VoidLookups})
	} else if s.VoidLookups6 > s.Limits.VoidLookups {
		w.report(Finding{Kind: VoidLimitIPv6, Record: root, Count: s.VoidLookups6, Limit: s.Limits.VoidLookups})
	}
}

// walk counts what a record uses. pass reports whether its Pass is the domain's.
func (c *counter) walk(r *Record, pass bool) {
	c.stack = append(c.stack, r)
	defer func() { c.stack = c.stack[:len(c.stack)-1] }()
	for _, t := range r.Terms {
		if c.result.Lookups >= maxCounted {
			return
		}
		d, ok := t.Term.(*spf.Directive)
		passes := pass && (!ok || d.Result() == spf.Pass)
		if ok && passes {
			c.collect(d, r, t)
			c.checkEverybody(d, r, t)
		}
		if ok && d.Mechanism == spf.All {
			return // and no redirect (RFC 7208, 6.1)
		}
		if ok && !d.Mechanism.CausesLookup() {
			continue
		}
		c.countLookup(r, t)
		for _, l := range t.Lookups {
			if l.Err == nil && l.Answer.Void() {
				exists := ok && d.Mechanism == spf.Exists // RFC 7208, 5.7: A for IPv6 clients too
				c.countVoid(exists || l.Question.Type != dns.TypeAAAA, exists || l.Question.Type != dns.TypeA)
			}
		}
		if t.Record != nil {
			c.nested(r, t, passes)
		}
	}
}

// countLookup counts a term that causes lookups (RFC 7208, 4.6.4).
func (c *counter) countLookup(r *Record, t *Term) {
	s := c.result
	s.Lookups++
	if t.LookupNumber == 0 && !c.costOnly {
		t.LookupNumber = s.Lookups
	}
	if s.Lookups == s.Limits.Lookups+1 { // the total is known at the end
		c.report(Finding{Kind: LookupLimit, Record: r, Term: t.Term, Limit: s.Limits.Lookups})
	}
}

// nested counts what the record of an include or redirect uses.
func (c *counter) nested(r *Record, t *Term, pass bool) {
	inner := t.Record
	if inner.Err == nil && inner.Answer.Void() {
		c.countVoid(true, true)
	}
	if slices.Contains(c.stack, inner) {
		if !c.loops[t] {
			c.loops[t] = true
			c.report(Finding{Kind: Loop, Record: r, Term: t.Term, Name: t.Target})
		}
		return
	}
	c.walk(inner, pass)
}

// countVoid counts a void lookup for an IPv4 client, an IPv6 client, or both.
func (c *counter) countVoid(ip4, ip6 bool) {
	if ip4 {
		c.result.VoidLookups4++
	}
	if ip6 {
		c.result.VoidLookups6++
	}
}

// collect collects the networks of a directive.
func (c *counter) collect(d *spf.Directive, r *Record, t *Term) {
	for _, n := range networksOf(d, t) {
		key := networkKey{n, t.Term}
		if c.networks[key] {
			continue
		}
		if len(c.result.Networks) == maxNetworks {
			c.result.incomplete = true
			return
		}
		c.networks[key] = true
		c.result.Networks = append(c.result.Networks, Network{n, r, t.Term})
	}
}

// checkEverybody reports a directive that every client passes by: all, or exists
// with a name that has an address.
func (c *counter) checkEverybody(d *spf.Directive, r *Record, t *Term) {
	exists := d.Mechanism == spf.Exists && len(t.Lookups) > 0 && t.Lookups[0].Err == nil && !t.Lookups[0].Answer.Void()
	if (d.Mechanism == spf.All || exists) && !c.everybody[t] {
		c.everybody[t] = true
		c.report(Finding{Kind: PassAll, Record: r, Term: d, Other: c.stack[0]})
	}
}

// networksOf returns the networks that a directive matches by itself: those of
// ip4, ip6, a and mx.
func networksOf(d *spf.Directive, t *Term) []netip.Prefix {
	var addrs []netip.Addr
	switch d.Mechanism {
	case spf.IP4, spf.IP6:
		addrs = []netip.Addr{d.Addr}
	case spf.A, spf.MX:
		for _, l := range t.Lookups {
			addrs = append(addrs, l.Answer.Addrs...)
		}
	}
	var networks []netip.Prefix
	for _, addr := range addrs {
		if n := prefixOf(d, addr); !isMapped(n) {
			networks = append(networks, n.Masked())
		}
	}
	return networks
}

// prefixOf returns an address with the prefix length of a directive for its family.
func prefixOf(d *spf.Directive, addr netip.Addr) netip.Prefix {
	length := d.IP6CIDRLen
	if addr.Is4() {
		length = d.IP4CIDRLen
	}
	if length == spf.NoCIDR {
		length = addr.BitLen()
	}
	return netip.PrefixFrom(addr, length)
}

// mappedBits is the prefix length of IPv4-mapped addresses (RFC 4291, 2.5.5.2).
const mappedBits = 96

// isMapped reports whether a network has IPv4-mapped addresses only, and so no client: one
// with such an address is an IPv4 client (RFC 7208, 5).
func isMapped(n netip.Prefix) bool { return n.Addr().Is4In6() && n.Bits() >= mappedBits }
