package report

import (
	"net/netip"
	"time"

	"policyd-spf/maillog"
)

// nameSize is how many bytes of a name are kept: its end, which says whose it is.
const nameSize = 56

// shortName is a name, or its end. It has no pointer: the garbage collector need
// not look at a table of them.
type shortName struct {
	n    uint8
	text [nameSize]byte
}

func (s *shortName) set(name []byte) {
	const cut = "..."
	if len(name) > nameSize {
		s.n = nameSize
		copy(s.text[copy(s.text[:], cut):], name[len(name)-nameSize+len(cut):])
		return
	}
	s.n = uint8(copy(s.text[:], name))
}

// is reports whether s is a name, as far as it was kept.
func (s *shortName) is(name []byte) bool {
	if len(name) > nameSize {
		var short shortName
		short.set(name)
		return short == *s
	}
	return string(name) == string(s.bytes())
}

func (s *shortName) bytes() []byte { return s.text[:s.n] }

func (s *shortName) String() string { return string(s.bytes()) }

// client is what is known about a client that sent mail with one of the outcomes. All
// fields except addr are about such mail only.
type client struct {
	addr [16]byte

	tally         tally
	own           tally  // of messages with a sender of ours
	unknown       uint32 // recipients without a mailbox
	toRecipients  uint32 // recipients, counted once for each message
	blocklisted   uint32 // messages that a block list refused
	named         uint32 // messages with a line of Postfix about the client's name, or that it has none
	confirmable   uint32 // messages for which the log shows whether the HELO name is forward-confirmed
	confirmed     uint32 // messages with a forward-confirmed HELO name
	belowDomain   uint32 // messages with a HELO name or verified name below the sender's domain
	verifiedBelow uint32 // the same, for verified names and forward-confirmed HELO names
	unrelated     uint32 // messages with a domain that is no relative of the first sender's

	recipients, domains bitmap
	heloDomains         uint64 // a bit for each organizational domain of the HELO names, by hash modulo 64

	first, last int64  // seconds
	days        bitmap // by day, modulo maxBitmap
	hours       bitmap // by hash
	hour        int64  // the latest, in hours since 1970
	hourCount   uint32 // messages in hour
	busyHour    int64  // the busiest
	maxHour     uint32 // messages in busyHour

	domain     shortName // organizational domain of the first sender
	name, helo shortName // the latest; name is empty if it is not verified
	ownIndex   uint16    // of the first domain of ours that was the sender's, from 1; 0: none
	returned   bool      // it had been evicted before
}

func (c *client) address() netip.Addr { return netip.AddrFrom16(c.addr).Unmap() }

// merge adds the counts of another client of the same owner.
func (c *client) merge(o *client) {
	c.tally.merge(&o.tally)
	c.own.merge(&o.own)
	c.unknown += o.unknown
	c.toRecipients += o.toRecipients
	c.blocklisted += o.blocklisted
	c.named += o.named
	c.confirmable += o.confirmable
	c.confirmed += o.confirmed
	c.belowDomain += o.belowDomain
	c.verifiedBelow += o.verifiedBelow
	c.unrelated += o.unrelated
	if !areRelated(c.domain.bytes(), o.domain.bytes()) {
		c.unrelated++
	}
	c.recipients.merge(&o.recipients)
	c.domains.merge(&o.domains)
	c.heloDomains |= o.heloDomains
	c.first, c.last = min(c.first, o.first), max(c.last, o.last)
	c.days.merge(&o.days)
	c.hours.merge(&o.hours)
	switch {
	case c.busyHour == o.busyHour:
		c.maxHour += o.maxHour
	case o.maxHour > c.maxHour:
		c.busyHour, c.maxHour = o.busyHour, o.maxHour
	}
}

// leadsBack reports whether the HELO name is forward-confirmed for most of the client's
// messages, as far as the log shows it.
func (c *client) leadsBack() bool { return 2*c.confirmed > c.confirmable }

// ownIndex returns which of our domains a sender's domain is or is below, counted
// from 1, or 0 if it is neither.
func (c *Collector) ownIndex(domain []byte) int {
	for i, own := range c.own {
		if isBelow(domain, own) {
			return i + 1
		}
	}
	return 0
}

const secondsPerHour, secondsPerDay = 3600, 86400

// countClient counts a message for its client.
func (c *Collector) countClient(p *pending, out outcome) {
	e := c.clients.get(p.client)
	e.tally[out][p.class()]++
	var buf [256]byte
	domain := p.domain()
	if len(domain) == 0 { // RFC 7208, 2.4: postmaster of the HELO name
		domain = p.heloName()
	}
	domain = appendLower(buf[:0], domain)
	if own := c.ownIndex(domain); own > 0 {
		e.own[out][p.class()]++
		if e.ownIndex == 0 {
			e.ownIndex = uint16(own)
		}
	}
	e.unknown += uint32(p.unknown)
	e.toRecipients += uint32(p.nRecipients)
	for _, h := range p.recipients[:p.nRecipients] {
		e.recipients.add(h)
	}
	if p.blocklisted {
		e.blocklisted++
	}
	org := orgDomain(domain)
	e.domains.add(nameHash(org))
	if e.domain.n == 0 {
		e.domain.set(org)
	} else if !e.domain.is(org) && !areRelated(org, e.domain.bytes()) {
		e.unrelated++
	}
	e.countNames(p, org)
	seconds := p.at / int64(time.Second)
	if e.first == 0 || seconds < e.first {
		e.first = seconds
	}
	e.last = max(e.last, seconds)
	e.days.add(uint64(seconds / secondsPerDay))
	hour := seconds / secondsPerHour
	if hour != e.hour {
		e.hour, e.hourCount = hour, 0
		e.hours.add(mix(uint64(hour), 0))
	}
	e.hourCount++
	if e.hourCount > e.maxHour {
		e.busyHour, e.maxHour = hour, e.hourCount
	}
}

// countNames records the names of the client of a message: its HELO name, and the name
// that Postfix verified. org is the organizational domain of the sender.
func (c *client) countNames(p *pending, org []byte) {
	helo, name := p.heloName(), p.name
	heloDomain := orgDomain(helo)
	c.heloDomains |= 1 << (nameHash(heloDomain) & 63)
	if !c.helo.is(helo) {
		c.helo.set(helo)
	}
	verified := len(name) > 0 && string(name) != "unknown"
	if verified && !c.name.is(name) {
		c.name.set(name)
	}
	if len(name) > 0 {
		c.named++
	}
	confirmed := p.helo == maillog.Pass || verified && isHostName(helo) && equalFold(heloDomain, orgDomain(name))
	if confirmed {
		c.confirmed++
	}
	if confirmed || len(name) > 0 {
		c.confirmable++
	}
	verifiedBelow := confirmed && isBelow(helo, org) || verified && isBelow(name, org)
	if verifiedBelow {
		c.verifiedBelow++
	}
	if verifiedBelow || areRelated(heloDomain, org) || verified && areRelated(orgDomain(name), org) {
		c.belowDomain++
	}
}

// dayCount returns the number of days on which the client sent such mail. Those that are
// maxBitmap days apart count once.
func (c *client) dayCount() int { return c.days.ones() }
