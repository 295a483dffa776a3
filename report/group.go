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

// farms returns the clients. Those with names of one domain in one network come
// together: a server farm has adjacent addresses, and so have a snowshoe spammer and the
// customers of a hoster. A client with another name in HELO is such a customer.
func (t *clientTable) farms() iter.Seq[[]group] {
	type member struct {
		key   uint64 // hash of network and domain
		index int
	}
	var members []member
	alone := []int{}
	for i := range t.n {
		g := group{client: t.at(i)}
		addr := g.address()
		if (g.leadsBack() || g.hasServerName() && !isPublicName(g.helo.bytes())) && !isPrivate(addr) {
			members = append(members, member{mix(hashAddr(t.seed, networkOf(addr)), t.owner(&g)), i})
		} else {
			alone = append(alone, i)
		}
	}
	slices.SortFunc(members, func(a, b member) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.index, b.index)) })
	return func(yield func([]group) bool) {
		var farm []group
		for i, m := range members {
			farm = append(farm, group{client: t.at(m.index)})
			if i+1 < len(members) && members[i+1].key == m.key {
				continue
			}
			if !yield(farm) {
				return
			}
			farm = farm[:0]
		}
		for _, i := range alone {
			if !yield([]group{{client: t.at(i)}}) {
				return
			}
		}
	}
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
	here := &site{messages: c.report.Messages, recipients: c.recipients.count(), networks: &c.networks}
	for farm := range c.clients.farms() {
		for _, x := range here.judge(farm) {
			switch x.kind {
			case "":
			case Forger:
				k.forgers.add(&x.group, &x.tally)
				k.addOwn(&x.group)
			case ForgedOwn:
				k.addOwn(&x.group)
			default:
				k.list = append(k.list, x)
			}
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

// judge classifies clients with names of one domain in one network. They are one group
// unless they are rented servers, or forge. If they forge, those whose own mail shows
// next to nothing are forgers, too.
func (s *site) judge(farm []group) []classified {
	list := make([]classified, 0, len(farm))
	for _, g := range farm {
		if kind := g.classify(s); kind != "" {
			list = append(list, classified{group: g, kind: kind})
		}
	}
	if len(list) < 2 {
		return list
	}
	kind := s.together(list).classify(s)
	rented := slices.ContainsFunc(list, func(x classified) bool { return x.isRented() })
	if kind == Forger {
		for i := range list {
			switch x := &list[i]; {
			case x.kind == Undecided && !x.comesAgain():
				x.kind = Forger
			case x.kind == Forwarder && !rented:
				x.kind = Undecided
			}
		}
		return list
	}
	if kind == ForgedOwn || rented {
		return list
	}
	joins := func(x *classified) bool { return kind != Undecided || x.kind != Misconfigured }
	if kind == Forwarder {
		joins = func(x *classified) bool { return x.sharesRecipients(list) }
	}
	var joined, rest []classified
	for i := range list {
		if joins(&list[i]) {
			joined = append(joined, list[i])
		} else {
			rest = append(rest, list[i])
		}
	}
	if len(joined) < 2 || kind == Forwarder && s.together(joined).classify(s) != Forwarder {
		return list
	}
	first := &joined[0]
	first.kind = kind
	for i := range joined[1:] {
		first.add(&joined[1+i].group)
	}
	return append(rest, *first)
}

// together returns the sums for several groups, which stay as they are. They are valid
// until the next call.
func (s *site) together(list []classified) *group {
	s.sums = *list[0].client
	all := &group{client: &s.sums, addrs: slices.Clone(list[0].addresses())}
	for i := range list[1:] {
		all.add(&list[1+i].group)
	}
	return all
}

// sharesRecipients reports whether at least half of a group's recipients are also those
// of others in a list. Servers of one forwarder serve the same people.
func (x *classified) sharesRecipients(list []classified) bool {
	var others bitmap
	for i := range list {
		if list[i].client != x.client {
			others.merge(&list[i].recipients)
		}
	}
	return 2*x.recipients.common(&others) >= x.recipients.ones()
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
		if x.kind == Undecided && n >= minMessages && x.leadsBack() && !x.isRented() && x.dayCount() > 1 && x.passesOn(n) {
			owner := t.owner(&x.group)
			owners[owner] = append(owners[owner], i)
		}
	}
	for _, servers := range owners {
		if len(servers) == 1 {
			continue
		}
		members := make([]classified, 0, len(servers))
		for _, i := range servers {
			members = append(members, k.list[i])
		}
		all := here.together(members)
		if all.domains.count() < minDomainsOfDoubtful || !all.isForwarder(all.tally.total(), here) ||
			slices.ContainsFunc(members, func(x classified) bool { return !x.sharesRecipients(members) }) {
			continue
		}
		for _, i := range servers {
			k.list[i].kind = ""
		}
		first := &k.list[servers[0]]
		*first.client = *all.client
		*first = classified{group: group{client: first.client, addrs: all.addrs}, kind: Forwarder}
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
