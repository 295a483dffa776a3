package report

import (
	"math/bits"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"policyd-spf/maillog"
)

const (
	// maxClients bounds the table of clients with mail that a setting could
	// refuse. An entry takes about 300 bytes.
	maxClients = 1 << 16

	// evictionSample is the number of entries from which the one to evict is chosen.
	evictionSample = 16

	// maxFilter is the size of the filter of evicted clients, in words: with ten
	// million clients in it, the rate of false positives is one in 15.
	maxFilter = 1 << 20
)

// outcome is a result of MAIL FROM that some setting refuses.
type outcome uint8

const (
	outcomeFail outcome = iota
	outcomeSoftfail
	outcomeNeutral
	outcomePermerror
	outcomes int = iota
)

// outcomeOf returns the outcome of a result, and whether a setting refuses it for
// good.
func outcomeOf(r maillog.Result) (outcome, bool) {
	switch r {
	case maillog.Fail:
		return outcomeFail, true
	case maillog.Softfail:
		return outcomeSoftfail, true
	case maillog.Neutral:
		return outcomeNeutral, true
	case maillog.Permerror:
		return outcomePermerror, true
	}
	return 0, false
}

// tally counts messages by outcome and DMARC result.
type tally [outcomes][dmarcClasses]uint32

func (t *tally) merge(o *tally) {
	for i := range t {
		for d := range t[i] {
			t[i][d] += o[i][d]
		}
	}
}

// refused counts the messages with an outcome up to strict.
func (t *tally) refused(strict outcome) DMARC {
	var n [dmarcClasses]uint32
	for i := range strict + 1 {
		for class, m := range t[i] {
			n[class] += m
		}
	}
	return DMARC{
		Pass: int64(n[dmarcPass]), Fail: int64(n[dmarcFail]), None: int64(n[dmarcNone]), Unknown: int64(n[dmarcUnknown]) + int64(n[dmarcSigned]),
	}
}

// wanted counts the messages up to strict that passed DMARC, or DKIM for the sender's
// domain: legitimate mail, whatever its client looks like.
func (t *tally) wanted(strict outcome) int64 {
	n := int64(0)
	for i := range strict + 1 {
		n += int64(t[i][dmarcPass]) + int64(t[i][dmarcSigned])
	}
	return n
}

// total counts the messages that Mail_From_reject can refuse: all but permerror.
func (t *tally) total() int64 {
	n := uint32(0)
	for i := range outcomePermerror {
		for _, m := range t[i] {
			n += m
		}
	}
	return int64(n)
}

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

func (s *shortName) bytes() []byte { return s.text[:s.n] }

func (s *shortName) String() string { return string(s.bytes()) }

// client is what is known about a client that sent mail with one of the outcomes. All
// fields except addr are about such mail only.
type client struct {
	addr [16]byte

	tally         tally
	own           uint32 // messages with a sender of ours
	unknown       uint32 // recipients without a mailbox
	toRecipients  uint32 // recipients, counted once for each message
	blocklisted   uint32 // messages that a block list refused
	named         uint32 // messages with a line of Postfix about the client's name, or that it has none
	confirmed     uint32 // messages with a forward-confirmed HELO name
	belowDomain   uint32 // messages with a HELO name or verified name below the sender's domain
	verifiedBelow uint32 // the same, for verified names and forward-confirmed HELO names

	recipients, domains bitmap

	first, last int64  // seconds
	days        uint64 // a bit for each day, modulo 64
	hour        int64
	hourCount   uint32
	maxHour     uint32 // messages in the busiest hour

	domain     shortName // organizational domain of the first sender
	name, helo shortName // the latest; name is empty if it is not verified
	ownIndex   uint16    // of the first domain of ours that was the sender's, from 1; 0: none
	returned   bool      // it had been evicted before
}

func (c *client) address() netip.Addr { return netip.AddrFrom16(c.addr).Unmap() }

// merge adds the counts of another client of the same owner.
func (c *client) merge(o *client) {
	c.tally.merge(&o.tally)
	c.own += o.own
	c.unknown += o.unknown
	c.toRecipients += o.toRecipients
	c.blocklisted += o.blocklisted
	c.named += o.named
	c.confirmed += o.confirmed
	c.belowDomain += o.belowDomain
	c.verifiedBelow += o.verifiedBelow
	c.recipients.merge(&o.recipients)
	c.domains.merge(&o.domains)
	c.first, c.last = min(c.first, o.first), max(c.last, o.last)
	c.days |= o.days
	c.maxHour = max(c.maxHour, o.maxHour)
}

// leadsBack reports whether the HELO name is forward-confirmed for most of the client's
// messages.
func (c *client) leadsBack() bool { return 2*int64(c.confirmed) > c.tally.total()+permerrors(&c.tally) }

// permerrors counts the messages with permerror.
func permerrors(t *tally) int64 {
	n := int64(0)
	for _, m := range t[outcomePermerror] {
		n += int64(m)
	}
	return n
}

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

// countClient counts a message for its client.
func (c *Collector) countClient(p *pending, out outcome) {
	e := c.clients.get(p.client)
	e.tally[out][p.class()]++
	var buf [256]byte
	domain := appendLower(buf[:0], p.domain())
	if own := c.ownIndex(domain); own > 0 {
		e.own++
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
	}
	helo, name := p.heloName(), p.name
	verified := len(name) > 0 && string(name) != "unknown"
	if len(name) > 0 {
		e.named++
	}
	confirmed := p.helo == maillog.Pass || verified && isHostName(helo) && equalFold(orgDomain(helo), orgDomain(name))
	if confirmed {
		e.confirmed++
	}
	if isBelow(helo, org) || verified && isBelow(name, org) {
		e.belowDomain++
		if confirmed || verified && isBelow(name, org) {
			e.verifiedBelow++
		}
	}
	e.helo.set(helo)
	if verified {
		e.name.set(name)
	}
	const secondsPerHour, secondsPerDay = 3600, 86400
	seconds := p.at / int64(time.Second)
	if e.first == 0 || seconds < e.first {
		e.first = seconds
	}
	e.last = max(e.last, seconds)
	e.days |= 1 << (uint64(seconds/secondsPerDay) & 63)
	if hour := seconds / secondsPerHour; hour != e.hour {
		e.hour, e.hourCount = hour, 0
	}
	e.hourCount++
	e.maxHour = max(e.maxHour, e.hourCount)
}

// isHostName reports whether a HELO name is a name with a dot in it, not an
// address literal.
func isHostName(helo []byte) bool {
	dot := false
	for _, b := range helo {
		dot = dot || b == '.'
	}
	return dot && helo[0] != '[' && helo[len(helo)-1] != ']'
}

// dayCount returns the number of days, modulo 64, on which the client sent such mail.
func (c *client) dayCount() int { return bits.OnesCount64(c.days) }

// isPrivate reports whether an address is not one of the Internet: private (RFC
// 1918, RFC 4193), shared (RFC 6598), link-local or loopback.
func isPrivate(a netip.Addr) bool {
	a = a.Unmap()
	shared := netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64}), 10)
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || shared.Contains(a)
}

// isGeneric reports whether a name is one that a provider assigns to any address: it
// contains the address, or a word for a customer's line.
func isGeneric(name string, addr netip.Addr) bool {
	name = strings.ToLower(name)
	if a := addr.Unmap(); a.Is4() {
		b := a.As4()
		found := 0
		for _, part := range strings.FieldsFunc(name, func(r rune) bool { return r < '0' || r > '9' }) {
			for _, octet := range b {
				if part == strconv.Itoa(int(octet)) {
					found++
					break
				}
			}
		}
		if found >= 3 {
			return true
		}
	}
	for _, label := range strings.FieldsFunc(name, func(r rune) bool { return r == '.' || r == '-' || '0' <= r && r <= '9' }) {
		switch label {
		case "dyn", "dynamic", "dsl", "adsl", "vdsl", "pool", "dhcp", "ppp", "pppoe", "cable", "dial", "dialup", "client", "customer", "cust", "user", "host", "broadband", "catv", "ip", "pc":
			return true
		}
	}
	return false
}
