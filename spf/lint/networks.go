package lint

import (
	"cmp"
	"net/netip"
	"slices"

	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// Networks of fewer bits are wide.
const (
	wide4 = 16 // 65,536 addresses; few organizations send from a larger one
	wide6 = 32 // what a provider is allocated
)

// checkNetworks checks the networks that pass: each, in pairs, and together.
func (w *linter) checkNetworks(root *Record) {
	s := w.result
	e := newEffects(false)
	s.effect = *e.record(root)
	s.Pass = s.effect[spf.Pass]
	s.incomplete = s.incomplete || e.isTruncated()
	if slices.ContainsFunc(s.Records, hasClientTerm) {
		matched := effectOf(root, true)
		for result := range matched {
			s.ClientDependent = s.ClientDependent || !matched[result].Equal(s.effect[result])
		}
		s.PassDependent = !matched[spf.Pass].Equal(s.Pass)
	}
	w.checkReserved()
	w.checkWidth(root)
	w.checkOverlaps()
	w.checkEverybody(root)
}

// hasClientTerm reports whether a record has a term that depends on the client.
func hasClientTerm(r *Record) bool { return slices.ContainsFunc(r.Terms, isClientTerm) }

// checkWidth reports wide networks and those of all addresses.
func (w *linter) checkWidth(root *Record) {
	for _, n := range w.result.Networks {
		bits, is4 := n.Network.Bits(), n.Network.Addr().Is4()
		f := Finding{Kind: WideNetwork, Record: n.Record, Term: n.Term, Network: n.Network}
		switch {
		case bits == 0:
			f.Kind, f.Other = PassAll, root
		case is4 && bits >= wide4, !is4 && bits >= wide6:
			continue
		}
		w.report(f)
	}
}

// checkEverybody reports networks that together have all public addresses of a
// family, although none of them has.
func (w *linter) checkEverybody(root *Record) {
	public := publicAddresses()
	for _, family := range []struct{ name, all string }{{"IPv4", "0.0.0.0/0"}, {"IPv6", "::/0"}} {
		all := netip.MustParsePrefix(family.all)
		reported := slices.ContainsFunc(w.result.Findings, func(f Finding) bool {
			return f.Kind == PassAll && (!f.Network.IsValid() || f.Network == all)
		})
		if !reported && w.result.Pass.ContainsSet(public.Intersect(NewIPSet(all))) {
			w.report(Finding{Kind: PassAll, Record: root, Name: family.name, Network: all, Other: root})
		}
	}
}

// AdmitsEverybody reports whether every client of a family passes.
func (s *Report) AdmitsEverybody() bool {
	return slices.ContainsFunc(s.Findings, func(f Finding) bool { return f.Kind == PassAll })
}

// checkReserved reports networks within a range that is not public: one finding
// for each record and use, with the first network and how many there are. Those
// for documentation make one finding in all.
func (w *linter) checkReserved() {
	type group struct {
		record *Record
		use    string
	}
	found := make(map[group]int)
	var order []Finding
	ranges := reservedRanges()
	for _, n := range w.result.Networks {
		i := slices.IndexFunc(ranges, func(r reservedRange) bool {
			reserved := r.network()
			return reserved.Bits() <= n.Network.Bits() && reserved.Contains(n.Network.Addr())
		})
		if i < 0 {
			continue
		}
		f := Finding{Kind: NonPublicNetwork, Record: n.Record, Term: n.Term, Network: n.Network, Text: ranges[i].use + " (" + ranges[i].rfc + ")"}
		key := group{n.Record, ranges[i].use}
		if ranges[i].use == documentation {
			f.Kind, key.record = DocumentationRange, nil
		}
		at, ok := found[key]
		if !ok {
			at = len(order)
			found[key] = at
			order = append(order, f)
		}
		order[at].Count++
	}
	for _, f := range order {
		w.report(f)
	}
}

// checkOverlaps reports networks of the domain's own records, those at or below
// the domain, that are equal to another network that passes or within one.
func (w *linter) checkOverlaps() {
	networks := slices.Clone(w.result.Networks)
	slices.SortStableFunc(networks, func(a, b Network) int {
		return cmp.Or(a.Network.Addr().Compare(b.Network.Addr()), cmp.Compare(a.Network.Bits(), b.Network.Bits()))
	})
	type pair struct{ term, other spf.Term }
	reported := make(map[pair]bool)
	var around []Network // networks that contain the current one, widest first
	for _, n := range networks {
		for len(around) > 0 && !around[len(around)-1].Network.Overlaps(n.Network) {
			around = around[:len(around)-1]
		}
		if len(around) > 0 {
			outer := around[len(around)-1]
			key := pair{n.Term, outer.Term}
			f := Finding{Kind: ContainedNetwork, Record: n.Record, Term: n.Term, Network: n.Network, OtherTerm: outer.Term, Other: outer.Record, Name: outer.Network.String()}
			if outer.Network == n.Network {
				f.Kind = DuplicateNetwork
			}
			if n.Term != outer.Term && !reported[key] && dns.IsSubdomain(n.Record.Domain, w.result.Domain) && !w.repeated[n.Term] {
				reported[key] = true
				w.report(f)
			}
		}
		around = append(around, n)
	}
}
