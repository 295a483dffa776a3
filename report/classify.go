package report

import (
	"bytes"
	"math/bits"
)

// The criteria for a forwarder or a misconfigured server. They are about mail that some
// value of Mail_From_reject refuses.
const (
	minForwarderDomains  = 3 // unrelated ones
	minDomainsOfDoubtful = 6 // the same where the log shows no recipients, or with several networks: few customers of a newsletter service leave it out of their records
	minForwarderMessages = 5
	minDays              = 3 // on which a client was seen: a burst is shorter
	minDaysOfOwnName     = 2 // for a client whose name is below the sender's domain
	minServerMessages    = 3
	maxServers           = 8 // of one domain that are missing in its record
	ownNameShare         = 4 // of a company's two domains, the one in the server's name sends at least one message in this many

	fewRecipients     = 10 // of a forwarder; more if each of them receives a lot
	deliveriesForMany = 4  // that each of many recipients gets on average
	shareOfMany       = 4  // a forwarder serves at most one in this many of all recipients
	shareOfFew        = 2  // the same for few recipients: at a small site all of them are few
	alwaysFew         = 2  // recipients, however small the site is

	maxFarm     = 16 // servers of one forwarder side by side, a /28: more are no small network
	maxGateway  = 4  // servers of a second MX or a gateway side by side
	maxCareless = 16 // customers of one service that is missing in their records
	gatewayMail = 4  // a gateway for all mail sends at least one in this many of all messages

	forwarderUnknown = 20 // at most one in this many recipients of a forwarder has no mailbox
	forgerUnknown    = 10 // at least one in this many recipients of a forger has no mailbox

	minSpray           = 8 // messages
	minSprayUnderDMARC = 4 // the same where DMARC has a result for all of them
	minSprayOnOneDay   = 3 // the same on one day only

	minBurst       = 10   // messages
	oneBurst       = 3600 // seconds that a single burst lasts at most
	minOneBurst    = 3    // recipients of it
	newPerHour     = 4    // at most so many new domains or recipients an hour, on average over the hours with mail, are no burst
	maxHELODomains = 3    // of the HELO names of one server
)

// site is what the log says about the server that wrote it.
type site struct {
	messages   int64
	recipients int64 // distinct ones with a mailbox
	networks   *networkTable
	sums       client // scratch, for clients judged together
}

// classify returns the kind of finding that a group is, "" if no value of
// Mail_From_reject refuses its mail.
func (g *group) classify(s *site) string {
	n := g.tally.total()
	switch {
	case n == 0:
		return ""
	case isPrivate(g.address()):
		return OwnHost
	case g.isForwarder(n, s):
		return Forwarder
	case g.isMisconfigured(n, s):
		return Misconfigured
	case g.ownSendersOnly():
		return ForgedOwn
	case g.isForger(n, s), g.isSnowshoe(n, s):
		return Forger
	case g.mayBeWanted(n, s):
		return Undecided
	}
	return Forger
}

// isForwarder reports whether these are servers that pass on mail of several unrelated
// domains, spread over the time, for few recipients.
func (g *group) isForwarder(n int64, s *site) bool {
	domains := int64(minForwarderDomains)
	servers := maxFarm
	if g.recipients.count() == 0 {
		domains, servers = minDomainsOfDoubtful, maxGateway
	}
	return g.domains.count() >= domains && n >= minForwarderMessages && g.dayCount() >= minDays &&
		len(g.addrs) <= servers && g.passesOn(n) && g.servesFew(s)
}

// passesOn reports whether these are servers that do what a forwarder does, for whatever
// recipients, with whatever volume.
func (g *group) passesOn(n int64) bool {
	return g.unrelated > 0 && (g.name.n > 0 || g.leadsBack()) && !g.isBurst(n) && !g.changesHELO(n) &&
		int64(g.unknown)*forwarderUnknown <= int64(g.toRecipients) && 2*int64(g.blocklisted) < n
}

// servesFew reports whether the mail is for few recipients, as far as the log
// shows them.
func (g *group) servesFew(s *site) bool {
	r, deliveries := g.recipients.count(), int64(g.toRecipients)
	few := r <= fewRecipients && 3*r <= 2*deliveries && (r <= alwaysFew || shareOfFew*r <= s.recipients)
	return few || deliveriesForMany*r <= deliveries && shareOfMany*r <= s.recipients
}

// isBurst reports whether most of the mail came in one hour, or names many domains in
// few hours.
func (c *client) isBurst(n int64) bool {
	return n >= minBurst && (2*int64(c.maxHour) > n || c.domains.count() > newPerHour*c.hours.count())
}

// changesHELO reports whether the client has more HELO names than a server has, and
// they are not those of the senders' domains.
func (c *client) changesHELO(n int64) bool {
	return bits.OnesCount64(c.heloDomains) > maxHELODomains && !c.leadsBack() && 2*int64(c.belowDomain) <= n
}

// isMisconfigured reports whether this is a server of the sender's domain, missing in
// its record, or of a company with several domains: they are relatives, or one of two is
// in the server's verified name. The HELO name is below the domain or leads back, or the
// server has a verified name.
func (g *group) isMisconfigured(n int64, s *site) bool {
	days := minDays
	if 2*int64(g.verifiedBelow) > n {
		days = minDaysOfOwnName
	}
	oneOwner := g.unrelated == 0 || g.domains.count() == 2 && ownNameShare*int64(g.verifiedBelow) >= n
	return oneOwner && n >= minServerMessages && g.dayCount() >= days && !g.isBurst(n) && !g.isCampaign(n, s) &&
		(g.leadsBack() || 2*int64(g.belowDomain) > n || g.hasServerName()) && !g.changesHELO(n) &&
		int64(g.unknown)*forgerUnknown < max(int64(g.toRecipients), 1) && 2*int64(g.blocklisted) < n
}

// ownSendersOnly reports whether all mail has a domain of ours as sender, and none of it
// passed DMARC.
func (g *group) ownSendersOnly() bool {
	return g.ownIndex > 0 && g.own.total() == g.tally.total() && g.tally.wanted(outcomeNeutral) == 0
}

// isForger reports whether the log shows that this is not a legitimate server: it does
// not know who has a mailbox, it sends to many recipients in a burst, does not know its
// own name, or names another sender and another recipient each time. What its network
// does counts only if its own mail shows next to nothing.
func (g *group) isForger(n int64, s *site) bool {
	switch {
	case 2*g.tally.wanted(outcomeNeutral) > n:
		return false
	case g.tally.wanted(outcomeNeutral) == 0 && !g.comesAgain() && (s.networks.guesses(g.address()) || g.isOneBurst(s)):
		return true
	case g.isCampaign(n, s):
		return true
	case g.unknown > 0 && int64(g.unknown)*forgerUnknown >= int64(g.toRecipients), 2*int64(g.blocklisted) >= n, g.changesHELO(n), g.isSpray(n):
		return true
	}
	// The recipients of a burst are many, or unknown.
	r := g.recipients.count()
	return g.isBurst(n) && (r > fewRecipients || r == 0 && g.unrelated > 0)
}

// comesAgain reports whether the client sends to the same recipients on several days, or
// steadily from one domain. Such a client is judged by its own mail alone: its neighbors
// may be other customers of a hoster.
func (c *client) comesAgain() bool {
	n, days := c.tally.total(), c.dayCount()
	return days > 1 && n > 1 && 2*c.recipients.count() <= int64(c.toRecipients) ||
		c.unrelated == 0 && n >= minServerMessages && days >= minDays
}

// isOneBurst reports whether all mail from the client's network is one burst, once, of
// unrelated domains to as many mailboxes.
func (c *client) isOneBurst(s *site) bool {
	return c.last-c.first < oneBurst && s.networks.isOneBurst(c.address())
}

// isCampaign reports whether the client sends mail of another's domain to many
// recipients in a few hours, not to the same ones each day, and its network sends nothing
// else: phishing. A newsletter reaches its readers each time, and a newsletter service
// has other customers.
func (g *group) isCampaign(n int64, s *site) bool {
	r, hours, days := g.recipients.count(), g.hours.count(), int64(g.dayCount())
	return g.unrelated == 0 && ownNameShare*int64(g.verifiedBelow) < n && g.tally.wanted(outcomeNeutral) == 0 &&
		r > fewRecipients && r > newPerHour*hours && (days == 1 || 4*int64(g.toRecipients) < 3*days*r) && s.networks.hours(g.address()) <= hours
}

// isSpray reports whether nearly every message has another sender domain and another
// recipient, and DMARC passes for none of them. Few messages show that only together
// with DMARC, or if they come on one day.
func (g *group) isSpray(n int64) bool {
	least := int64(minSpray)
	if all := g.tally.refused(outcomeNeutral); g.dayCount() == 1 {
		least = minSprayOnOneDay
	} else if all.Unknown == 0 {
		least = minSprayUnderDMARC
	}
	return n >= least && 4*g.domains.count() >= 3*n && 8*g.recipients.count() >= 7*int64(g.toRecipients) &&
		2*int64(g.toRecipients) >= n && g.tally.wanted(outcomeNeutral) == 0
}

// isSnowshoe reports whether these are servers that spread forged mail so that each
// sends little. They are more than a second MX has, or than a gateway has that does not
// send most of the mail; they write to too many recipients for a forwarder, and use more
// domains than a service has customers with an incomplete record.
func (g *group) isSnowshoe(n int64, s *site) bool {
	return len(g.addrs) > maxGateway && gatewayMail*n < s.messages && g.domains.count() > maxCareless &&
		2*int64(g.toRecipients) >= n && !g.servesFew(s) && g.tally.wanted(outcomeNeutral) == 0
}

// hasServerName reports whether Postfix verified the client's name, and it says more
// than the address.
func (c *client) hasServerName() bool {
	return c.name.n > 0 && !isGeneric(c.name.bytes(), c.address())
}

// isRented reports whether the client's name, verified or in HELO, is that of a rented
// server.
func (c *client) isRented() bool {
	return isRentedName(c.name.bytes()) || c.name.n == 0 && isRentedName(c.helo.bytes())
}

// mayBeWanted reports whether this could be a legitimate server about which the log
// shows too little.
func (g *group) mayBeWanted(n int64, s *site) bool {
	spread := g.dayCount() > 1
	switch {
	case g.tally.wanted(outcomeNeutral) > 0, g.isSteady(n, s):
		return true
	case g.named == 0: // the log lacks the client's name
		return spread && bytes.Contains(g.helo.bytes(), []byte(".")) || g.leadsBack()
	case g.name.n == 0:
		return g.leadsBack()
	case !g.leadsBack() && !spread:
		return false
	case !g.hasServerName():
		return g.leadsBack() && spread && g.unrelated == 0
	}
	return true
}

// isSteady reports whether a client, even without a name that says whose it is, behaves
// like a server: for days, it sends to few recipients or from one domain.
func (g *group) isSteady(n int64, s *site) bool {
	return n >= minServerMessages && g.dayCount() >= minDays && !g.isBurst(n) && isHostName(g.helo.bytes()) &&
		(g.unrelated == 0 || g.servesFew(s))
}

// hasOwnName reports whether the client's name says more than its address, or its
// mail shows that it is wanted.
func (g *group) hasOwnName() bool {
	return g.name.n == 0 || g.hasServerName() || g.tally.wanted(outcomeNeutral) > 0
}

// mayBeExempt reports whether a line may be proposed that exempts a group of a kind. It
// may not for a client whose HELO name is unconfirmed, whose verified name is one that a
// provider assigns to any address, or whose recipients the log does not show: a
// forger may have all of these.
func (g *group) mayBeExempt(kind string) bool {
	n := g.tally.total()
	showsRecipients := 2*int64(g.toRecipients) >= n
	switch kind {
	case Forwarder:
		// Only Postfix's lines show which of the recipients have a mailbox.
		return showsRecipients && g.hasOwnName() && (g.named > 0 || g.recipients.count() <= alwaysFew)
	case OwnHost:
		return true
	case Misconfigured:
		// A rented server that phishes slowly and a shop's server look the same.
		return showsRecipients && (ownNameShare*int64(g.verifiedBelow) >= n || g.tally.wanted(outcomeNeutral) > 0)
	}
	return false
}
