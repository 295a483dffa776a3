package report

import (
	"bytes"
	"cmp"
	"fmt"
	"hash/maphash"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// The criteria for a forwarder or a misconfigured server. They are about mail that some
// value of Mail_From_reject refuses.
const (
	minForwarderDomains  = 3 // unrelated ones
	minDomainsOfUnshown  = 6 // the same where the log shows no recipients: few customers of a newsletter service leave it out of their records
	minForwarderMessages = 5
	minDays              = 3 // on which a client was seen: a burst is shorter
	minDaysOfOwnName     = 2 // for a client whose name is below the sender's domain
	minServerMessages    = 3
	maxServers           = 8 // of one domain that are missing in its record
	ownNameShare         = 4 // of a company's two domains, the one in the server's name sends at least one message in this many

	fewRecipients   = 10 // of a forwarder; more if each of them receives a lot
	messagesForMany = 4  // that each of many recipients gets on average
	shareOfMany     = 4  // a forwarder serves at most one in this many of all recipients
	shareOfFew      = 2  // the same for few recipients: at a small site all of them are few
	alwaysFew       = 2  // recipients, however small the site is

	maxFarm     = 16 // servers of one forwarder side by side, a /28: more are no small network
	maxCareless = 16 // customers of one service that is missing in their records

	forwarderUnknown = 20 // at most one in this many recipients of a forwarder has no mailbox
	forgerUnknown    = 10 // at least one in this many recipients of a forger has no mailbox

	minBurst = 10 // messages, more than half of which come in one hour
)

// maxListed bounds the findings of the kinds that anyone can cause in any number.
const maxListed = 100

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

// groups returns the clients. Those with names of one domain in one network are one
// group: a server farm has adjacent addresses, and so has a snowshoe spammer.
func (t *clientTable) groups() []group {
	const farm4, farm6 = 3, 8            // bytes of an address: /24 and /64
	farms := make(map[uint64]int, t.n/2) // by hash of network and domain
	list := make([]group, 0, t.n)
	for i := range t.n {
		g := group{client: t.at(i)}
		addr := g.address()
		if g.leadsBack() && !isPrivate(addr) {
			name := &g.name
			if name.n == 0 {
				name = &g.helo
			}
			network := g.addr
			if addr.Is4() {
				clear(network[len(network)-4+farm4:])
			} else {
				clear(network[farm6:])
			}
			key := mix(t.hash(&network), maphash.Bytes(t.nameSeed, orgDomain(name.bytes())))
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

// classify returns the kind of finding that a group is. all is the number of recipients
// in the whole log.
func (g *group) classify(all int64) string {
	n := g.tally.total()
	switch {
	case n == 0:
		return ""
	case isPrivate(g.address()):
		return OwnHost
	case g.isForwarder(n, all):
		return Forwarder
	case g.isForgotten(n):
		return Misconfigured
	case g.isForger(n), g.isSnowshoe(n, all):
		return Forger
	case g.mayBeWanted(n, all):
		return Undecided
	}
	return Forger
}

func (g *group) isForwarder(n, all int64) bool {
	domains := int64(minForwarderDomains)
	if g.recipients.count() == 0 {
		domains = minDomainsOfUnshown
	}
	return g.domains.count() >= domains && n >= minForwarderMessages && g.dayCount() >= minDays &&
		len(g.addrs) <= maxFarm && (g.name.n > 0 || g.leadsBack()) && g.servesFew(n, all) && !g.isBurst(n) &&
		int64(g.unknown)*forwarderUnknown <= int64(g.toRecipients) && 2*int64(g.blocklisted) < n
}

// servesFew reports whether the mail is for few recipients, as far as the log
// shows them.
func (g *group) servesFew(n, all int64) bool {
	r := g.recipients.count()
	return 2*r <= n && r <= fewRecipients && (r <= alwaysFew || shareOfFew*r <= all) || messagesForMany*r <= n && shareOfMany*r <= all
}

// isBurst reports whether most of the mail came in one hour.
func (c *client) isBurst(n int64) bool { return n >= minBurst && 2*int64(c.maxHour) > n }

// isForgotten reports whether this is a server of the sender's domain, missing in its
// record, or of a company with two domains, one of which is in the server's verified
// name.
func (g *group) isForgotten(n int64) bool {
	days := minDays
	if 2*int64(g.verifiedBelow) > n {
		days = minDaysOfOwnName
	}
	domains := g.domains.count()
	oneOwner := domains == 1 || domains == 2 && ownNameShare*int64(g.verifiedBelow) >= n
	return oneOwner && n >= minServerMessages && g.dayCount() >= days && !g.isBurst(n) &&
		(g.leadsBack() || 2*int64(g.belowDomain) > n) &&
		int64(g.unknown)*forgerUnknown <= int64(g.toRecipients) && 2*int64(g.blocklisted) < n
}

// isForger reports whether the log shows that this is not a legitimate server: it does
// not know who has a mailbox, or sends to many recipients in a burst.
func (g *group) isForger(n int64) bool {
	switch {
	case 2*g.tally.wanted(outcomeNeutral) > n:
		return false
	case g.unknown > 0 && int64(g.unknown)*forgerUnknown > int64(g.toRecipients), 2*int64(g.blocklisted) >= n:
		return true
	}
	return g.isBurst(n) && g.recipients.count() > fewRecipients
}

// isSnowshoe reports whether these are servers that spread forged mail so that each
// sends little. They are too many for a forwarder, write to too many recipients, and
// use more domains than a service has customers with an incomplete record.
func (g *group) isSnowshoe(n, all int64) bool {
	return len(g.addrs) > maxFarm && g.domains.count() > maxCareless && 2*int64(g.toRecipients) >= n && !g.servesFew(n, all) &&
		g.tally.wanted(outcomeNeutral) == 0
}

// mayBeWanted reports whether this could be a legitimate server about which the log
// shows too little.
func (g *group) mayBeWanted(n, all int64) bool {
	spread := g.dayCount() > 1
	switch {
	case g.tally.wanted(outcomeNeutral) > 0:
		return true
	case g.named == 0: // the log lacks the client's name
		return spread && bytes.Contains(g.helo.bytes(), []byte(".")) || g.leadsBack()
	case g.name.n == 0:
		return g.leadsBack() || g.isSteady(n, all)
	case g.leadsBack():
		return spread || !isGeneric(g.name.String(), g.address())
	}
	return spread && !isGeneric(g.name.String(), g.address()) || g.isSteady(n, all)
}

// isSteady reports whether a client without a name that says whose it is behaves
// like a server: for days, it sends to few recipients or from one domain.
func (g *group) isSteady(n, all int64) bool {
	return n >= minServerMessages && g.dayCount() >= minDays && !g.isBurst(n) && isHostName(g.helo.bytes()) &&
		(g.domains.count() == 1 || g.servesFew(n, all))
}

// hasOwnName reports whether the client's name says more than its address, or its
// mail shows that it is wanted.
func (g *group) hasOwnName() bool {
	return g.name.n == 0 || !isGeneric(g.name.String(), g.address()) || g.tally.wanted(outcomeNeutral) > 0
}

// hasLine reports whether a line for the configuration may be proposed. It may not
// for a client whose HELO name is unconfirmed, whose verified name is one that a
// provider assigns to any address, or whose recipients the log does not show: a
// forger may have all of these.
func (g *group) hasLine(kind string) bool {
	n := g.tally.total()
	showsRecipients := 2*int64(g.toRecipients) >= n
	switch kind {
	case Forwarder:
		// Only Postfix's lines show which of the recipients have a mailbox.
		return showsRecipients && g.hasOwnName() && (g.named > 0 || g.recipients.count() <= alwaysFew)
	case OwnHost:
		return true
	case Misconfigured:
		return showsRecipients && (2*int64(g.verifiedBelow) > n || g.leadsBack() && g.hasOwnName())
	}
	return false
}

// classified is a group with its kind.
type classified struct {
	group
	kind  string
	total int64
}

// classes are the clients in the table by kind.
type classes struct {
	list    []classified // without forgers
	forgers sum
	own     map[int]*sum // by index of our domain: mail that it did not send
}

// sum has the counts of many clients together.
type sum struct {
	tally               tally
	clients             int64
	own                 int64
	recipients, domains bitmap
	first, last         int64
	some                []netip.Addr
}

func (s *sum) add(g *group) {
	s.tally.merge(&g.tally)
	s.own += int64(g.own)
	s.recipients.merge(&g.recipients)
	s.domains.merge(&g.domains)
	if s.clients == 0 || g.first < s.first {
		s.first = g.first
	}
	s.last = max(s.last, g.last)
	addrs := g.addresses()
	s.clients += int64(len(addrs))
	if len(s.some) < maxShownClients {
		s.some = append(s.some, addrs...)
	}
}

// classifyAll sorts clients, with mail that some setting would refuse, by kind. The
// servers that are missing in one domain's record become one group.
func (c *Collector) classifyAll() *classes {
	k := &classes{own: make(map[int]*sum)}
	groups := c.clients.groups()
	byDomain := make(map[string]int)
	all := c.recipients.count()
	k.list = make([]classified, 0, len(groups)/4)
	for _, g := range groups {
		kind := g.classify(all)
		if g.ownIndex > 0 && (kind == Forger || kind == Undecided) {
			s := k.own[int(g.ownIndex)]
			if s == nil {
				s = &sum{}
				k.own[int(g.ownIndex)] = s
			}
			s.add(&g)
		}
		switch kind {
		case "":
			continue
		case Forger:
			k.forgers.add(&g)
			continue
		case Misconfigured:
			key := g.domain.String()
			if !g.hasLine(kind) {
				key += "?"
			}
			if first, ok := byDomain[key]; ok {
				k.list[first].add(&g)
				continue
			}
			byDomain[key] = len(k.list)
		}
		k.list = append(k.list, classified{group: g, kind: kind})
	}
	for i := range k.list {
		x := &k.list[i]
		x.total = x.tally.total()
		if x.kind == Misconfigured && len(x.addrs) > maxServers {
			x.kind = Undecided
		}
	}
	slices.SortFunc(k.list, func(a, b classified) int {
		return cmp.Or(cmp.Compare(b.total, a.total), a.address().Compare(b.address()))
	})
	return k
}

// finding returns the finding about a group.
func (x *classified) finding(strict outcome) Finding {
	refused := x.tally.refused(strict)
	f := Finding{
		Kind: x.kind, Name: x.name.String(), Messages: x.tally.total(), Refused: refused.Total(), Domains: x.domains.count(),
		Recipients: x.recipients.count(), First: time.Unix(x.first, 0), Last: time.Unix(x.last, 0),
		DMARC: x.tally.refused(outcomeNeutral), clients: slices.Clone(x.addresses()),
	}
	slices.SortFunc(f.clients, netip.Addr.Compare)
	if f.Name == "" {
		f.Name = x.helo.String()
	}
	for _, a := range f.clients {
		f.Clients = append(f.Clients, a.String())
	}
	if x.domains.count() == 1 {
		f.Domain = x.domain.String()
	}
	if x.hasLine(x.kind) {
		f.Option, f.Value = "Whitelist", strings.Join(f.Clients, ",")
	}
	f.Evidence = x.evidence(&f)
	return f
}

func (x *classified) evidence(f *Finding) []string {
	where := count(int64(x.dayCount()), "day")
	var list []string
	add := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	if f.Domains == 1 {
		add("%s from %s on %s that its record does not allow.", count(f.Messages, "message"), &x.domain, where)
	} else if x.kind == Misconfigured {
		add("%s from %s on %s that their records do not allow.", count(f.Messages, "message"), count(f.Domains, "domain"), where)
	} else {
		add("%s from %s on %s that their records do not allow.", count(f.Messages, "message"), count(f.Domains, "unrelated domain"), where)
	}
	switch {
	case x.toRecipients == 0:
		add("The log does not show the recipients.")
	case x.unknown > 0:
		add("For %s; %d of %d times there was no such mailbox.", count(f.Recipients, "recipient"), x.unknown, x.toRecipients)
	default:
		add("For %s.", count(f.Recipients, "recipient"))
	}
	switch {
	case x.kind == OwnHost:
		add("The address is private: a gateway, a container network or NAT of yours hides the real clients from SPF. Exempt it, or have it pass the client on (XCLIENT, PROXY protocol).")
	case x.name.n > 0 && x.leadsBack():
		add("Postfix verified its name %s, and its HELO name fits.", &x.name)
	case x.name.n > 0:
		add("Postfix verified its name %s; its HELO name is another one (%s).", &x.name, &x.helo)
	case x.leadsBack():
		add("SPF passes for its HELO name %s.", &x.helo)
	case x.named == 0:
		add("The log does not show whether it has a verified name; it calls itself %s.", &x.helo)
	default:
		add("It has no verified name; it calls itself %s.", &x.helo)
	}
	if x.blocklisted > 0 {
		add("A block list refused %s of it.", count(int64(x.blocklisted), "message"))
	}
	if n := x.tally.wanted(outcomeNeutral); n > 0 {
		add("DMARC or DKIM passes for %s of it.", count(n, "message"))
	}
	switch x.kind {
	case Misconfigured:
		add("Tell postmaster@%s: the record lacks this server.", &x.domain)
	case Undecided:
		if f.Domains >= minForwarderDomains && f.Recipients > fewRecipients {
			add("A second MX and a gateway look like this, and so do careful forgers. If it is yours, or works for you, exempt it.")
		}
	}
	return list
}

// findings returns the domains whose records are broken, worst first.
func (t *brokenTable) findings() []Finding {
	var list []Finding
	for name, d := range t.domains {
		f := Finding{
			Kind: Permerror, Domain: name, Messages: d.messages, Domains: 1, Recipients: d.recipients.count(), First: time.Unix(0, d.first), Last: time.Unix(0, d.last),
			DMARC: d.dmarc, clients: d.clients, Clients: []string{},
		}
		for _, a := range d.clients {
			f.Clients = append(f.Clients, a.String())
		}
		f.Evidence = []string{count(d.messages, "message") + " with permerror: the SPF record cannot be evaluated."}
		if d.reason != "" {
			f.Evidence = append(f.Evidence, "The log says: "+strings.TrimPrefix(d.reason, "SPF Permanent Error: ")+".")
		}
		f.Evidence = append(f.Evidence, "policyd-spf --explain --domain "+name+" shows where.")
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Messages, a.Messages), strings.Compare(a.Domain, b.Domain))
	})
	return list[:min(len(list), maxListed)]
}

// forgedOwn returns a finding for each of our domains that others use as sender.
func (c *Collector) forgedOwn(k *classes, strict outcome) []Finding {
	var findings []Finding
	for i, s := range k.own {
		f := s.finding(ForgedOwn, strict)
		f.Domain, f.Domains, f.Messages = string(c.own[i-1]), 1, s.own
		// For a client that also has other senders, the table does not say which mail
		// is refused.
		f.Refused = min(f.Refused, f.Messages)
		for _, a := range s.some[:min(len(s.some), maxShownClients)] {
			f.Clients = append(f.Clients, a.String())
			f.clients = append(f.clients, a)
		}
		f.Evidence = []string{
			fmt.Sprintf("%s with a sender at %s from %s that its record does not allow.", count(f.Messages, "message"), f.Domain, count(s.clients, "client")),
			"If one of them is yours, add it to the record; the others forge you.",
		}
		findings = append(findings, f)
	}
	slices.SortFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Messages, a.Messages), strings.Compare(a.Domain, b.Domain))
	})
	return findings
}

// finding returns one finding for many clients.
func (s *sum) finding(kind string, strict outcome) Finding {
	refused := s.tally.refused(strict)
	f := Finding{
		Kind: kind, Clients: []string{}, Messages: s.tally.total(), Refused: refused.Total(), DMARC: s.tally.refused(outcomeNeutral),
		Recipients: s.recipients.count(), Domains: s.domains.count(),
		Evidence: []string{fmt.Sprintf("%s from %s.", count(s.tally.total(), "message"), count(s.clients, "client"))},
	}
	if s.clients > 0 {
		f.First, f.Last = time.Unix(s.first, 0), time.Unix(s.last, 0)
	}
	return f
}
