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

// findings returns the findings, most important first. strict is the last outcome that
// the advised setting refuses.
func (c *Collector) findings(k *classes, strict outcome) []Finding {
	list := []Finding{}
	for _, kind := range [...]string{Forwarder, Misconfigured, Undecided, OwnHost} {
		var rest sum // in one finding
		listed := 0
		for x := range k.ofKind(kind) {
			if kind == Undecided && listed == maxListed {
				rest.add(&x.group, &x.tally)
				continue
			}
			list = append(list, x.finding(strict))
			listed++
		}
		if rest.clients > 0 {
			list = append(list, rest.finding(kind, strict))
		}
	}
	list = append(list, c.broken.findings()...)
	list = append(list, c.forgedOwn(k, strict)...)
	forgers := k.forgers
	forgers.tally.merge(&c.clients.lost)
	forgers.clients += c.clients.evicted
	if f := forgers.finding(Forger, strict); f.Messages > 0 {
		list = append(list, f)
	}
	return list
}

// finding returns the finding about a group.
func (x *classified) finding(strict outcome) Finding {
	f := Finding{
		Kind: x.kind, Name: x.name.String(), Messages: x.tally.total(), Domains: x.domains.count(), Recipients: x.recipients.count(),
		First: time.Unix(x.first, 0), Last: time.Unix(x.last, 0), DMARC: x.tally.refused(strict), clients: slices.Clone(x.addresses()),
	}
	f.Refused = f.DMARC.Total()
	slices.SortFunc(f.clients, netip.Addr.Compare)
	f.Clients = addressTexts(f.clients)
	if f.Name == "" {
		f.Name = x.helo.String()
	}
	if x.domains.count() == 1 {
		f.Domain = x.domain.String()
	}
	if x.hasLine() {
		f.Option, f.Value = "Whitelist", strings.Join(f.Clients, ",")
	}
	f.Evidence = x.evidence(&f)
	return f
}

func addressTexts(addrs []netip.Addr) []string {
	texts := make([]string, len(addrs))
	for i, a := range addrs {
		texts[i] = a.String()
	}
	return texts
}

// finding returns one finding for many clients.
func (s *sum) finding(kind string, strict outcome) Finding {
	f := Finding{
		Kind: kind, Clients: []string{}, Messages: s.tally.total(), Domains: s.domains.count(), Recipients: s.recipients.count(), DMARC: s.tally.refused(strict),
		Evidence: []string{fmt.Sprintf("%s from %s.", count(s.tally.total(), "message"), count(s.clients, "client"))},
	}
	f.Refused = f.DMARC.Total()
	if s.clients > 0 {
		f.First, f.Last = time.Unix(s.first, 0), time.Unix(s.last, 0)
	}
	return f
}

// forgedOwn returns a finding for each of our domains that others use as sender.
func (c *Collector) forgedOwn(k *classes, strict outcome) []Finding {
	var list []Finding
	for i, s := range k.own {
		f := s.finding(ForgedOwn, strict)
		f.Domain, f.Domains, f.Clients, f.clients = string(c.own[i-1]), 1, addressTexts(s.some), s.some
		f.Evidence = []string{
			fmt.Sprintf("%s with a sender at %s from %s that its record does not allow.", count(f.Messages, "message"), f.Domain, count(s.clients, "client")),
			"If one of them is yours, add it to the record; the others forge you.",
		}
		list = append(list, f)
	}
	slices.SortFunc(list, compareFindings)
	return list
}

// compareFindings orders findings about domains, those with the most messages first.
func compareFindings(a, b Finding) int {
	return cmp.Or(cmp.Compare(b.Messages, a.Messages), strings.Compare(a.Domain, b.Domain))
}

// findings returns the domains whose records are broken, those with the most messages
// first.
func (t *brokenTable) findings() []Finding {
	var list []Finding
	for name, d := range t.domains {
		f := Finding{
			Kind: Permerror, Domain: name, Messages: d.messages, Domains: 1, Recipients: d.recipients.count(), First: time.Unix(0, d.first), Last: time.Unix(0, d.last),
			DMARC: d.dmarc, clients: d.clients, Clients: addressTexts(d.clients),
		}
		f.Evidence = []string{count(d.messages, "message") + " with permerror: the SPF record cannot be evaluated."}
		if d.reason != "" {
			f.Evidence = append(f.Evidence, "The log says: "+strings.TrimPrefix(d.reason, "SPF Permanent Error: ")+".")
		}
		f.Evidence = append(f.Evidence, "policyd-spf --explain --domain "+name+" shows where.")
		list = append(list, f)
	}
	slices.SortFunc(list, compareFindings)
	return list[:min(len(list), maxListed)]
}
