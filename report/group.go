package report

import (
	"cmp"
	"hash/maphash"
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
	farms := make(map[uint64]int, t.n/2) // by hash of network and domain
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
	kind string
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

// classifyAll sorts clients, with mail that some setting would refuse, by kind. The
// servers that are missing in one domain's record become one group. Call it once: it
// merges the clients of a group.
func (c *Collector) classifyAll() *classes {
	k := &classes{own: make(map[int]*sum)}
	here := &site{messages: c.report.Messages, recipients: c.recipients.count(), own: c.own, networks: &c.networks}
	byDomain := make(map[string]int)
	for _, x := range c.classifyGroups(here) {
		if x.ownIndex > 0 && (x.kind == ForgedOwn || x.kind == Forger || x.kind == Undecided) {
			k.addOwn(&x.group)
		}
		switch x.kind {
		case "", ForgedOwn:
			continue
		case Forger:
			k.forgers.add(&x.group, &x.tally)
			continue
		case Misconfigured:
			key := x.domain.String()
			if !x.hasLine() {
				key += "?"
			}
			if first, ok := byDomain[key]; ok {
				k.list[first].add(&x.group)
				continue
			}
			byDomain[key] = len(k.list)
		}
		k.list = append(k.list, x)
	}
	for i := range k.list {
		if x := &k.list[i]; x.kind == Misconfigured && len(x.addrs) > maxServers {
			x.kind = Undecided
		}
	}
	slices.SortFunc(k.list, func(a, b classified) int {
		return cmp.Or(cmp.Compare(b.tally.total(), a.tally.total()), a.address().Compare(b.address()))
	})
	return k
}

// classifyGroups returns all groups with their kinds. A forwarder may have servers in
// several networks, each with too little mail to show it: the undecided servers of one
// owner become one group if it is a forwarder.
func (c *Collector) classifyGroups(here *site) []classified {
	var list []classified
	owners := make(map[uint64][]int) // the undecided servers, as indices of list
	for _, g := range c.clients.groups() {
		x := classified{group: g, kind: g.classify(here)}
		if x.kind == Undecided && x.leadsBack() && x.dayCount() > 1 && x.passesOn(x.tally.total()) {
			owner := c.clients.owner(&x.group)
			owners[owner] = append(owners[owner], len(list))
		}
		list = append(list, x)
	}
	for _, servers := range owners {
		if len(servers) == 1 {
			continue
		}
		all := group{client: &client{}}
		*all.client = *list[servers[0]].client
		all.addrs = list[servers[0]].addresses()
		for _, i := range servers[1:] {
			all.add(&list[i].group)
		}
		if all.domains.count() < minDomainsOfDoubtful || !all.isForwarder(all.tally.total(), here) {
			continue
		}
		for _, i := range servers {
			list[i].kind = ""
		}
		list[servers[0]] = classified{group: all, kind: Forwarder}
	}
	return list
}

// addOwn adds the messages of a group that have a domain of ours as sender.
func (k *classes) addOwn(g *group) {
	s := k.own[int(g.ownIndex)]
	if s == nil {
		s = &sum{}
		k.own[int(g.ownIndex)] = s
	}
	s.add(g, &g.own)
}

func (k *classes) ofKind(kind string) []classified {
	var of []classified
	for _, x := range k.list {
		if x.kind == kind {
			of = append(of, x)
		}
	}
	return of
}
