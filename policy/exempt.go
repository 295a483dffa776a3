package policy

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"policyd-spf/conf"
	"policyd-spf/internal/idn"
	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

const (
	// maxPTRNames limits how many names of a client Domain_Whitelist_PTR
	// examines, as RFC 7208, 4.6.4 does for ptr.
	maxPTRNames = 10

	// whitelistTimeout limits a lookup for HELO_Whitelist or Domain_Whitelist_PTR
	// if Whitelist_Lookup_Time does not.
	whitelistTimeout = 20 * time.Second
)

// Exemption says why a client is not checked: the whitelist that contains it, and
// the entry. The zero value is no exemption.
type Exemption struct{ Option, Entry string }

// ExemptWithoutDNS returns the exemption of a client as far as it can be known
// without a lookup. Needs is the first option that would have to be looked up,
// "" if there is none.
func ExemptWithoutDNS(s *conf.Settings, client netip.Addr, heloName string) (e Exemption, needs string) {
	if e, ok := matchNetworks("skip_addresses", s.SkipAddresses, client); ok {
		return e, ""
	}
	if e, ok := matchNetworks("Whitelist", s.Whitelist, client); ok {
		return e, ""
	}
	if len(s.DomainWhitelist) > 0 {
		return Exemption{}, "Domain_Whitelist"
	}
	if findHELO(s.HELOWhitelist, heloName) != "" {
		return Exemption{}, "HELO_Whitelist"
	}
	if len(s.DomainWhitelistPTR) > 0 {
		return Exemption{}, "Domain_Whitelist_PTR"
	}
	return Exemption{}, ""
}

// whitelist describes one of the five lists of clients that are not checked.
type whitelist struct {
	option string
	phrase string // for the header field
	title  string // for the log
}

// whitelists returns the lists in the order in which they are consulted.
func whitelists() [5]whitelist {
	return [...]whitelist{
		{"skip_addresses", "SPF check N/A for local connections", "skip_addresses"},
		{"Whitelist", "SPF skipped for whitelisted relay", "Whitelist"},
		{"Domain_Whitelist", "SPF skipped for whitelisted relay domain", "Domain Whitelist"},
		{"HELO_Whitelist", "SPF skipped for whitelisted HELO domain", "HELO Domain Whitelist"},
		{"Domain_Whitelist_PTR", "SPF skipped for PTR whitelisted relay domain", "PTR Domain Whitelist"},
	}
}

// exemptionPhrase returns the words for a header field about an exemption.
func exemptionPhrase(option string) string {
	switch option {
	case "Skip_Authenticated":
		return "SPF skipped for authenticated client"
	case "Skip_Private":
		return "SPF skipped for private address"
	case "Skip_Sender_Domains":
		return "SPF skipped for sender domain"
	}
	for _, w := range whitelists() {
		if w.option == option {
			return w.phrase
		}
	}
	return ""
}

// findExemption returns the first whitelist that contains the client, and makes the
// lookups that this takes. client is the client's address as text, for the log.
func findExemption(e *evaluator, s *conf.Settings, f *Facts, client string, log *requestLog) Exemption {
	for _, w := range whitelists() {
		if !isEmpty(s, w.option) {
			log.process.Line(levelInput, Info, w.title, " enabled.")
		}
		var found Exemption
		var ok bool
		switch w.option {
		case "skip_addresses":
			found, ok = matchLoggedNetworks(w.option, s.SkipAddresses, f, log)
		case "Whitelist":
			found, ok = matchLoggedNetworks(w.option, s.Whitelist, f, log)
		case "Domain_Whitelist":
			found, ok = matchDomain(e, s, f.Client)
		case "HELO_Whitelist":
			found, ok = matchHELO(e, s, f, client, log)
		case "Domain_Whitelist_PTR":
			found, ok = matchPTR(e, s, f.Client)
		}
		if ok {
			return found
		}
		log.whitelistDone(w.option, f.PerUser)
	}
	return Exemption{}
}

func isEmpty(s *conf.Settings, option string) bool {
	switch option {
	case "skip_addresses":
		return s.SkipAddresses.Empty()
	case "Whitelist":
		return s.Whitelist.Empty()
	case "Domain_Whitelist":
		return len(s.DomainWhitelist) == 0
	case "HELO_Whitelist":
		return len(s.HELOWhitelist) == 0
	}
	return len(s.DomainWhitelistPTR) == 0
}

// matchLoggedNetworks is matchNetworks. It also logs bad entries of the
// recipient's own lists: those of the configuration file have been logged.
func matchLoggedNetworks(option string, networks *conf.Networks, f *Facts, log *requestLog) (Exemption, bool) {
	if f.PerUser {
		logBadNetworks(log.process, option, networks)
	}
	return matchNetworks(option, networks, f.Client)
}

// matchNetworks looks the client up in skip_addresses or Whitelist.
func matchNetworks(option string, networks *conf.Networks, client netip.Addr) (Exemption, bool) {
	prefix, ok := networks.Find(client)
	if !ok {
		return Exemption{}, false
	}
	return Exemption{option, prefix.String()}, true
}

// matchDomain returns the entry of Domain_Whitelist whose SPF record authorizes
// the client.
func matchDomain(e *evaluator, s *conf.Settings, client netip.Addr) (Exemption, bool) {
	const option = "Domain_Whitelist"
	for _, entry := range s.DomainWhitelist {
		e.observe(Subject{Option: option, Entry: entry})
		v := e.run(e.prepare(mailFromArgs(client, entry, entry), s.WhitelistLookupTime), s.WhitelistLookupTime)
		if v.Result == spf.Pass && !deniesPass(s, v.ByAll) {
			return Exemption{option, entry}, true
		}
	}
	return Exemption{}, false
}

// matchHELO returns the entry of HELO_Whitelist that is the HELO name, if that
// name resolves to the client.
func matchHELO(e *evaluator, s *conf.Settings, f *Facts, client string, log *requestLog) (Exemption, bool) {
	const option = "HELO_Whitelist"
	entry := findHELO(s.HELOWhitelist, f.HELOName)
	if entry == "" {
		return Exemption{}, false
	}
	version := " is IPv6: "
	if f.Client.Is4() {
		version = " is IPv4: "
	}
	log.process.Line(levelTables, Info, "HELO Domain Whitelist domain match: ", entry, ".")
	log.process.Line(levelTables, Info, "HELO Domain Whitelist domain: ", entry, version, client, ".")
	e.observe(Subject{Option: option, Entry: entry})
	deadline := e.whitelistDeadline(s.WhitelistLookupTime)
	return Exemption{option, entry}, forwardConfirms(e.resolver, entry, f.Client, deadline)
}

// findHELO returns the entry of HELO_Whitelist that is the HELO name, or "".
func findHELO(entries []string, heloName string) string {
	if len(entries) == 0 || heloName == "" {
		return ""
	}
	name := asciiName(heloName)
	for _, entry := range entries {
		if asciiName(entry) == name {
			return entry
		}
	}
	return ""
}

// matchPTR returns the entry of Domain_Whitelist_PTR that one of the client's
// names equals or is a subdomain of, if that name resolves to the client, as RFC
// 7208, 5.5 requires for ptr.
func matchPTR(e *evaluator, s *conf.Settings, client netip.Addr) (Exemption, bool) {
	const option = "Domain_Whitelist_PTR"
	if len(s.DomainWhitelistPTR) == 0 {
		return Exemption{}, false
	}
	e.observe(Subject{Option: option})
	deadline := e.whitelistDeadline(s.WhitelistLookupTime)
	answer, err := e.resolver.Lookup(dns.Question{Name: dns.ReverseName(client), Type: dns.TypePTR}, deadline)
	if err != nil {
		return Exemption{}, false
	}
	for _, name := range answer.Names[:min(len(answer.Names), maxPTRNames)] {
		for _, entry := range s.DomainWhitelistPTR {
			if matchesPTREntry(name, asciiName(entry)) && forwardConfirms(e.resolver, name, client, deadline) {
				return Exemption{option, entry}, true
			}
		}
	}
	return Exemption{}, false
}

// matchesPTREntry reports whether name is entry or a subdomain of it. An entry
// that begins with a dot matches subdomains only.
func matchesPTREntry(name, entry string) bool {
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

// forwardConfirms reports whether client is among a name's addresses. A failed
// lookup confirms nothing.
func forwardConfirms(r dns.Resolver, name string, client netip.Addr, deadline time.Time) bool {
	kind := dns.TypeAAAA
	if client.Is4() {
		kind = dns.TypeA
	}
	question, ok := spf.NewQuestion(name, kind)
	if !ok {
		return false
	}
	answer, err := r.Lookup(question, deadline)
	if err != nil {
		return false
	}
	return slices.Contains(answer.Addrs, client)
}

// asciiName returns a name with A-labels in place of its U-labels, so that both
// forms of an internationalized name are equal (RFC 5890, 2.3.2.1). A name without
// such a form stays as it is.
func asciiName(name string) string {
	if ascii, ok := idn.ToASCII(name); ok {
		return ascii
	}
	return name
}

// parseClient parses a client's address. A zone names an interface and is not
// compared.
func parseClient(text string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(text)
	return addr.WithZone(""), err == nil
}
