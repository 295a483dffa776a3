package policy

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"policyd-spf/conf"
	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

const (
	// maxNames bounds the names of a client that Domain_Whitelist_PTR looks
	// at, as RFC 7208, 4.6.4 does for ptr.
	maxNames = 10

	// listPatience is the time for a list where Whitelist_Lookup_Time does not
	// limit it.
	listPatience = 20
)

// list is one of the five lists of clients that are not checked.
type list struct {
	option string
	phrase string // for the header field
	title  string // for the log
	empty  bool
	find   func(*inquiry) (entry string, ok bool)
}

// lists gives the lists under settings, in the order in which they are asked.
func lists(set *conf.Settings) [5]list {
	return [...]list{
		{"skip_addresses", "SPF check N/A for local connections", "skip_addresses",
			set.SkipAddresses == nil || set.SkipAddresses.Empty(), (*inquiry).skipped},
		{"Whitelist", "SPF skipped for whitelisted relay", "Whitelist",
			set.Whitelist == nil || set.Whitelist.Empty(), (*inquiry).whitelisted},
		{"Domain_Whitelist", "SPF skipped for whitelisted relay domain", "Domain Whitelist",
			len(set.DomainWhitelist) == 0, (*inquiry).domainListed},
		{"HELO_Whitelist", "SPF skipped for whitelisted HELO domain", "HELO Domain Whitelist",
			len(set.HELOWhitelist) == 0, (*inquiry).heloListed},
		{"Domain_Whitelist_PTR", "SPF skipped for PTR whitelisted relay domain", "PTR Domain Whitelist",
			len(set.DomainWhitelistPTR) == 0, (*inquiry).nameListed},
	}
}

// bypass gives the list that holds this client, if one does.
func (q *inquiry) bypass() (l list, ok bool) {
	for _, l := range lists(q.set) {
		if !l.empty {
			q.server.Log.Line(4, Info, l.title, " enabled.")
		}
		if entry, ok := l.find(q); ok {
			observe(q, BypassStep{l.option, entry})
			return l, true
		}
		q.logList(l)
	}
	return list{}, false
}

// logList logs that a list of the recipient's own was asked.
func (q *inquiry) logList(l list) {
	if q.perUser && l.option != "Domain_Whitelist_PTR" { // as the original has it
		q.log(4, Info, l.option, " check used peruser data")
	}
}

// skipped looks the client up in skip_addresses.
func (q *inquiry) skipped() (string, bool) {
	return q.inNetworks("skip_addresses", q.set.SkipAddresses)
}

// whitelisted looks the client up in Whitelist.
func (q *inquiry) whitelisted() (string, bool) {
	return q.inNetworks("Whitelist", q.set.Whitelist)
}

func (q *inquiry) inNetworks(option string, networks *conf.Networks) (string, bool) {
	if q.perUser {
		q.server.logBadNetworks(option, networks)
	}
	if networks == nil || !networks.Contains(q.ip) {
		return "", false
	}
	if q.server.Observer == nil {
		return "", true
	}
	prefix, ok := networks.Find(q.ip)
	return prefix.String(), ok
}

// domainListed tells whether a domain of Domain_Whitelist authorizes the
// client by its SPF record.
func (q *inquiry) domainListed() (string, bool) {
	for _, entry := range q.set.DomainWhitelist {
		observe(q, ListStep{"Domain_Whitelist", entry})
		query := mailFromQuery(q.ip, entry, entry)
		v := q.check(q.prepare(query, q.set.WhitelistLookupTime), q.set.WhitelistLookupTime)
		if v.Result == spf.Pass {
			return entry, true
		}
	}
	return "", false
}

// heloListed tells whether the HELO name is in HELO_Whitelist, and leads to
// the client.
func (q *inquiry) heloListed() (string, bool) {
	for _, entry := range q.set.HELOWhitelist {
		if entry == "" || entry != q.request.HELOName {
			continue
		}
		version := " is IPv6: "
		if q.ip.Is4() {
			version = " is IPv4: "
		}
		q.server.Log.Line(5, Info, "HELO Domain Whitelist domain match: ", entry, ".")
		q.server.Log.Line(5, Info, "HELO Domain Whitelist domain: ", entry, version, q.client, ".")
		observe(q, ListStep{"HELO_Whitelist", entry})
		limit := q.listTime()
		defer limit.end()
		if q.leadsBack(limit, entry) {
			return entry, true
		}
		return "", false
	}
	return "", false
}

// nameListed tells whether one of the client's names is in
// Domain_Whitelist_PTR, or below an entry, and leads back to the client, as
// RFC 7208, 5.5 has it for ptr.
func (q *inquiry) nameListed() (string, bool) {
	if len(q.set.DomainWhitelistPTR) == 0 {
		return "", false
	}
	observe(q, ListStep{"Domain_Whitelist_PTR", ""})
	limit := q.listTime()
	defer limit.end()
	answer, err := q.server.Resolver.Lookup(limit, dns.Question{Name: dns.ReverseName(q.ip), Type: dns.TypePTR})
	if err != nil {
		return "", false
	}
	for i, name := range answer.Names {
		if i == maxNames {
			break
		}
		for _, entry := range q.set.DomainWhitelistPTR {
			if nameMatches(name, entry) && q.leadsBack(limit, name) {
				return entry, true
			}
		}
	}
	return "", false
}

// nameMatches tells whether name is entry or below it. An entry that begins
// with a full stop holds only what is below.
func nameMatches(name, entry string) bool {
	if entry == "" || len(name) < len(entry) {
		return false
	}
	head, tail := name[:len(name)-len(entry)], name[len(name)-len(entry):]
	if !strings.EqualFold(tail, entry) {
		return false
	}
	if entry[0] == '.' {
		return head != ""
	}
	return head == "" || strings.HasSuffix(head, ".")
}

// leadsBack tells whether the client's address is one of a name's. What cannot
// be looked up has none, and neither has what DNS gives no answer for.
func (q *inquiry) leadsBack(ctx context.Context, name string) bool {
	kind := dns.TypeAAAA
	if q.ip.Is4() {
		kind = dns.TypeA
	}
	question, ok := spf.NewQuestion(name, kind)
	if !ok {
		return false
	}
	answer, err := q.server.Resolver.Lookup(ctx, question)
	if err != nil {
		return false
	}
	for _, addr := range answer.Addrs {
		if addr == q.ip {
			return true
		}
	}
	return false
}

// listTime gives the time for HELO_Whitelist or Domain_Whitelist_PTR.
func (q *inquiry) listTime() *timeLimit {
	seconds := q.set.WhitelistLookupTime
	if seconds <= 0 {
		seconds = listPatience
	}
	return within(q.context(), time.Duration(seconds)*time.Second)
}

// parseClient reads a client's address. Its zone tells the interface, and is
// no part of what is compared.
func parseClient(text string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(text)
	return addr.WithZone(""), err == nil
}
