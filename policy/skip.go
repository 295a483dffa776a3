package policy

import (
	"net/netip"
	"strings"

	"policyd-spf/conf"
	"policyd-spf/spf"
)

// skip returns the exemption by Skip_Authenticated, Skip_Private or
// Skip_Sender_Domains, which need no lookup.
func skip(s *conf.Settings, f *Facts) Exemption {
	if s.SkipAuthenticated && f.Authenticated {
		return Exemption{"Skip_Authenticated", "Yes"}
	}
	if s.SkipPrivate {
		if network := PrivateNetwork(f.Client); network.IsValid() {
			return Exemption{"Skip_Private", network.String()}
		}
	}
	if entry := findSenderDomain(s.SkipSenderDomains, f.Sender); entry != "" {
		return Exemption{"Skip_Sender_Domains", entry}
	}
	return Exemption{}
}

// PrivateNetwork returns the network of addresses that are not globally reachable to
// which a client belongs, or the zero Prefix. No domain's SPF record authorizes such a
// client.
func PrivateNetwork(client netip.Addr) netip.Prefix {
	client = client.Unmap()
	for _, network := range [...]struct {
		first netip.Addr
		bits  int
	}{
		{netip.AddrFrom4([4]byte{10}), 8},                  // RFC 1918, 3
		{netip.AddrFrom4([4]byte{172, 16}), 12},            // RFC 1918, 3
		{netip.AddrFrom4([4]byte{192, 168}), 16},           // RFC 1918, 3
		{netip.AddrFrom4([4]byte{100, 64}), 10},            // RFC 6598, 7: between a provider and its customers
		{netip.AddrFrom4([4]byte{127}), 8},                 // RFC 1122, 3.2.1.3
		{netip.AddrFrom4([4]byte{169, 254}), 16},           // RFC 3927, 2.1: link-local
		{netip.AddrFrom16([16]byte{15: 1}), 128},           // RFC 4291, 2.5.3
		{netip.AddrFrom16([16]byte{0xFC}), 7},              // RFC 4193, 3.1
		{netip.AddrFrom16([16]byte{0: 0xFE, 1: 0x80}), 10}, // RFC 4291, 2.5.6: link-local
	} {
		if prefix := netip.PrefixFrom(network.first, network.bits); prefix.Contains(client) {
			return prefix
		}
	}
	return netip.Prefix{}
}

// findSenderDomain returns the entry of Skip_Sender_Domains that a sender's domain
// equals, or that begins with a dot and is followed by a parent of that domain, as in
// Postfix's access(5). It returns "" if there is none, and for the null reverse-path.
func findSenderDomain(entries []string, sender string) string {
	if len(entries) == 0 {
		return ""
	}
	domain := asciiName(domainOf(sender))
	for _, entry := range entries {
		name := asciiName(entry)
		if name == "" {
			continue
		}
		if domain == name || name[0] == '.' && strings.HasSuffix(domain, name) {
			return entry
		}
	}
	return ""
}

// logPrivate logs the first client of the process with an address for private use (RFC
// 1918, RFC 4193) that fails a check: it is probably the administrator's own relay or
// gateway, or an address translator.
func (s *Server) logPrivate(o *Outcome) {
	failed := o.HELO.Verdict.Result == spf.Fail || o.MailFrom.Verdict.Result == spf.Fail
	if !failed || s.privateLogged || !o.Facts.Client.Unmap().IsPrivate() {
		return
	}
	s.privateLogged = true
	s.Log.Line(levelErrors, Info, "Client ", o.Facts.Client.String(), " has a private address and fails SPF. ",
		"If it is your own host, add it to skip_addresses, or set Skip_Private = Yes.")
}
