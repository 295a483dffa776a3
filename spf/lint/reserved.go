package lint

import "net/netip"

// reservedRange is a range of addresses that no host on the Internet sends from,
// with the RFC that reserves it.
type reservedRange struct {
	prefix string
	use    string
	rfc    string
}

// documentation is the use of ranges that are reserved for examples.
const documentation = "documentation"

// reservedRanges returns the ranges of the IANA special-purpose registries that
// are not globally reachable (RFC 6890), multicast and the deprecated site-local
// range. Relay and translation prefixes are left out, and so are IPv4-mapped addresses:
// see MappedNetwork.
func reservedRanges() []reservedRange {
	return []reservedRange{
		{"0.0.0.0/8", `"this network"`, "RFC 791, 3.2"},
		{"10.0.0.0/8", "private use", "RFC 1918"},
		{"172.16.0.0/12", "private use", "RFC 1918"},
		{"192.168.0.0/16", "private use", "RFC 1918"},
		{"100.64.0.0/10", "carrier-grade NAT", "RFC 6598"},
		{"127.0.0.0/8", "loopback", "RFC 1122, 3.2.1.3"},
		{"169.254.0.0/16", "link-local use", "RFC 3927"},
		{"192.0.0.0/24", "protocol assignments", "RFC 6890, 2.1"},
		{"192.0.2.0/24", documentation, "RFC 5737"},
		{"198.51.100.0/24", documentation, "RFC 5737"},
		{"203.0.113.0/24", documentation, "RFC 5737"},
		{"198.18.0.0/15", "benchmarks", "RFC 2544"},
		{"224.0.0.0/4", "multicast", "RFC 1112, 4"},
		{"240.0.0.0/4", "future use", "RFC 1112, 4"},
		{"::/128", "the unspecified address", "RFC 4291, 2.5.2"},
		{"::1/128", "loopback", "RFC 4291, 2.5.3"},
		{"100::/64", "discarded traffic", "RFC 6666"},
		{"2001:db8::/32", documentation, "RFC 3849"},
		{"3fff::/20", documentation, "RFC 9637"},
		{"2001:2::/48", "benchmarks", "RFC 5180"},
		{"5f00::/16", "segment routing", "RFC 9602"},
		{"fc00::/7", "private use (unique local addresses)", "RFC 4193"},
		{"fe80::/10", "link-local use", "RFC 4291, 2.5.6"},
		{"fec0::/10", "site-local use, which is deprecated", "RFC 3879"},
		{"ff00::/8", "multicast", "RFC 4291, 2.7"},
	}
}

// network returns the range as a network.
func (r reservedRange) network() netip.Prefix { return netip.MustParsePrefix(r.prefix) }

// publicAddresses returns the addresses that hosts on the Internet have.
func publicAddresses() IPSet {
	var reserved []netip.Prefix
	for _, r := range reservedRanges() {
		reserved = append(reserved, r.network())
	}
	global := NewIPSet(netip.PrefixFrom(netip.IPv4Unspecified(), 0), netip.MustParsePrefix("2000::/3")) // RFC 4291, 2.5.4
	return global.Difference(NewIPSet(reserved...))
}
