package report

import (
	"net/netip"
	"slices"
)

const (
	// maxBroken bounds the table of domains whose record is broken. Anyone can
	// publish such records, under any number of names.
	maxBroken = 4096

	// maxDomain is the longest name in DNS (RFC 1035, 2.3.4) as text. Longer ones
	// have no record, and so none that is broken.
	maxDomain = 254

	// maxReason is how much of a reason is kept, in bytes.
	maxReason = 320

	// maxShownClients is how many clients of a domain are kept.
	maxShownClients = 5
)

// brokenDomain is a domain with permerror.
type brokenDomain struct {
	messages    int64
	dmarc       DMARC
	clients     []netip.Addr // the first ones
	recipients  bitmap
	first, last int64  // nanoseconds
	reason      string // as logged, of the first message that has one
}

// brokenTable holds domains. If it is full, it evicts one with few messages.
type brokenTable struct {
	domains map[string]*brokenDomain
	evicted int64
}

func (t *brokenTable) count(p *pending) {
	if t.domains == nil {
		t.domains = make(map[string]*brokenDomain)
	}
	if len(p.domain()) > maxDomain {
		return
	}
	name := string(appendLower(nil, p.domain()))
	d := t.domains[name]
	if d == nil {
		if len(t.domains) >= maxBroken {
			t.evict()
		}
		d = &brokenDomain{first: p.at, last: p.at}
		t.domains[name] = d
	}
	d.messages++
	d.dmarc.add(p.dmarc, 1)
	if len(d.clients) < maxShownClients && p.client.IsValid() && !slices.Contains(d.clients, p.client) {
		d.clients = append(d.clients, p.client)
	}
	for _, h := range p.recipients[:p.nRecipients] {
		d.recipients.add(h)
	}
	d.first, d.last = min(d.first, p.at), max(d.last, p.at)
	if d.reason == "" {
		reason := p.reason()
		d.reason = string(reason[:min(len(reason), maxReason)])
	}
}

// evict removes the domain with the fewest messages among a sample.
func (t *brokenTable) evict() {
	victim, n := "", 0
	for name, d := range t.domains {
		if victim == "" || d.messages < t.domains[victim].messages {
			victim = name
		}
		if n++; n == evictionSample {
			break
		}
	}
	delete(t.domains, victim)
	t.evicted++
}
