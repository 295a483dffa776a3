package report

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// maxListed bounds the findings of the kinds that anyone can cause in any number.
const maxListed = 100

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
	here := &site{messages: c.report.Messages, recipients: c.recipients.count(), own: c.own}
	k.list = make([]classified, 0, len(groups)/4)
	for _, g := range groups {
		kind := g.classify(here)
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
