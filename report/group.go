package report

import (
	"cmp"
	"hash/maphash"
	"iter"
	"net/netip"
	"slices"
)

// group is a client, or several of one owner: client then has the sums for all of
// them.
type group struct {
	*client
	addrs []netip.Addr // nil: the client's alone
}

func (g *group) addresses() []netip.Addr {
	if g.addrs != nil {
		return g.addrs
	}
	return []netip.Addr{g.address()}
}

// add adds another group.
func (g *group) add(o *group) {
	g.addrs = append(g.addresses(), o.addresses()...)
	g.merge(o.client)
}

// owner returns the hash of the organizational domain of the group's confirmed name.
func (t *clientTable) owner(g *group) uint64 {
	name := &g.name
	if name.n == 0 {
		name = &g.helo
	}
	return maphash.Bytes(t.nameSeed, orgDomain(name.bytes()))
}

// groups returns the clients. Those with names of one domain in one network are one
// group: a server farm has adjacent addresses, and so has a snowshoe spammer.
func (t *clientTable) groups() []group {
	farms := make(map[uint64]int, t.n) // by hash of network and domain
	list := make([]group, 0, t.n)
	for i := range t.n {
		g := group{client: t.at(i)}
		if addr := g.address(); (g.leadsBack() || g.hasServerName()) && !isPrivate(addr) {
			key := mix(hashAddr(t.seed, networkOf(addr)), t.owner(&g))
			if first, ok := farms[key]; ok {
				list[first].add(&g)
				continue
			}
			farms[key] = len(list)
		}
		list = append(list, g)
	}
	return list
}

// classified is a group with its kind.
type classified struct {
	group
	kind  string
	total int64 // messages that Mail_From_reject can refuse
}

// hasLine reports whether a line may be proposed that exempts the clients.
func (x *classified) hasLine() bool { return x.mayBeExempt(x.kind) }

// classes are the clients in the table by kind.
type classes struct {
	list    []classified // by number of messages, without forgers
	forgers sum
	own     map[int]*sum // by index of our domain: mail that it did not send
}

// sum has the counts of many clients together.
type sum struct {
	tally               tally
	clients             int64
	recipients, domains bitmap
	first, last         int64        // seconds
	some                []netip.Addr // at most maxShownClients
}

// add adds a group, with a tally of all of its messages or of some.
func (s *sum) add(g *group, t *tally) {
	s.tally.merge(t)
	s.recipients.merge(&g.recipients)
	s.domains.merge(&g.domains)
	if s.clients == 0 || g.first < s.first {
		s.first = g.first
	}
	s.last = max(s.last, g.last)
	addrs := g.addresses()
	s.clients += int64(len(addrs))
	s.some = append(s.some, addrs[:min(len(addrs), maxShownClients-len(s.some))]...)
}

// classifyAll sorts clients, with mail that some setting would refuse, by kind. Call it
// once: it merges the clients of a group.
func (c *Collector) classifyAll() *classes {
	k := &classes{own: make(map[int]*sum)}
	here := &site{messages: c.report.Messages, recipients: c.recipients.count(), own: c.own, networks: &c.networks}
	for _, g := range c.clients.groups() {
		x := classified{group: g, kind: g.classify(here)}
		switch x.kind {
		case "":
		case Forger:
			k.forgers.add(&g, &g.tally)
			k.addOwn(&g)
		case ForgedOwn:
			k.addOwn(&g)
		default:
			k.list = append(k.list, x)
		}
	}
	k.mergeForwarders(&c.clients, here)
	k.mergeMisconfigured()
	for i := range k.list {
		x := &k.list[i]
		x.total = x.tally.total()
		if x.kind == Undecided {
			k.addOwn(&x.group)
		}
	}
	slices.SortFunc(k.list, func(a, b classified) int {
		return cmp.Or(cmp.Compare(b.total, a.total), a.address().Compare(b.address()))
	})
	return k
}

// mergeForwarders makes the undecided servers of one owner one group if that is a
// forwarder. It may have servers in several networks, each with too little mail to show
// it.
func (k *classes) mergeForwarders(t *clientTable, here *site) {
	const minMessages = 2
	owners := make(map[uint64][]int) // indices of list
	for i := range k.list {
		x := &k.list[i]
		n := x.tally.total()
		if x.kind == Undecided && n >= minMessages && x.leadsBack() && x.dayCount() > 1 && x.passesOn(n) {
			owner := t.owner(&x.group)
			owners[owner] = append(owners[owner], i)
		}
	}
	for _, servers := range owners {
		if len(servers) == 1 {
			continue
		}
		first := &k.list[servers[0]]
		sums := *first.client // the others stay as they are if this is no forwarder
		all := group{client: &sums, addrs: first.addresses()}
		for _, i := range servers[1:] {
			all.add(&k.list[i].group)
		}
		if all.domains.count() < minDomainsOfDoubtful || !all.isForwarder(all.tally.total(), here) {
			continue
		}
		for _, i := range servers {
			k.list[i].kind = ""
		}
		*first = classified{group: all, kind: Forwarder}
	}
	k.list = slices.DeleteFunc(k.list, func(x classified) bool { return x.kind == "" })
}

// mergeMisconfigured makes the servers that are missing in one domain's record one
// group, those without a line another one. So many that nobody forgets them are
// undecided.
func (k *classes) mergeMisconfigured() {
	type key struct {
		domain string
		line   bool
	}
	byDomain := make(map[key]int)
	merged := k.list[:0]
	for _, x := range k.list {
		if x.kind == Misconfigured {
			domain := key{x.domain.String(), x.hasLine()}
			if first, ok := byDomain[domain]; ok {
				merged[first].add(&x.group)
				continue
			}
			byDomain[domain] = len(merged)
		}
		merged = append(merged, x)
	}
	k.list = merged
	for i := range k.list {
		if x := &k.list[i]; x.kind == Misconfigured && len(x.addrs) > maxServers {
			x.kind = Undecided
		}
	}
}

// addOwn adds the messages of a group that have a domain of ours as sender, if any.
func (k *classes) addOwn(g *group) {
	if g.ownIndex == 0 {
		return
	}
	s := k.own[int(g.ownIndex)]
	if s == nil {
		s = &sum{}
		k.own[int(g.ownIndex)] = s
	}
	s.add(g, &g.own)
}

// ofKind returns the groups of a kind, those with the most messages first.
func (k *classes) ofKind(kind string) iter.Seq[*classified] {
	return func(yield func(*classified) bool) {
		for i := range k.list {
			if x := &k.list[i]; x.kind == kind && !yield(x) {
				return
			}
		}
	}
}
