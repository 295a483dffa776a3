package lint

import (
	"cmp"
	"net/netip"
	"strconv"
	"strings"
)

func isAddress(text string) bool {
	_, err := netip.ParseAddr(text)
	return err == nil
}

// fixAddress puts ip4 or ip6 before an address that stands alone, or after
// another mechanism.
func fixAddress(term string) string {
	qualifier, _, _, _ := cutTerm(term)
	address := term[len(qualifier):]
	if _, name, separator, value := cutTerm(address); separator == ":" && isMechanismName(name) {
		address = value
	}
	text, _, _ := strings.Cut(address, "/")
	addr, err := netip.ParseAddr(strings.Trim(text, "[]"))
	switch {
	case err != nil:
		return term
	case addr.Is4():
		return qualifier + "ip4:" + withoutBrackets(address)
	}
	return qualifier + "ip6:" + withoutBrackets(address)
}

func withoutBrackets(s string) string { return strings.NewReplacer("[", "", "]", "").Replace(s) }

// fixNetmask replaces an IPv4 netmask with the prefix length.
func fixNetmask(term string) string {
	head, mask, ok := strings.Cut(term, "/")
	addr, err := netip.ParseAddr(mask)
	if !ok || err != nil || !addr.Is4() {
		return term
	}
	for bits := range 33 {
		p, _ := netip.AddrFrom4([4]byte{255, 255, 255, 255}).Prefix(bits)
		if p.Addr() == addr {
			return head + "/" + strconv.Itoa(bits)
		}
	}
	return term
}

// fixLength mends prefix lengths: 192.0.2.0\24, /024, and a/24/64 for a/24//64 (RFC 7208,
// 5.6).
func fixLength(term string) string {
	_, name, _, _ := cutTerm(term)
	parts := strings.Split(strings.ReplaceAll(term, `\`, "/"), "/")
	if len(parts) == 1 {
		return term
	}
	for i, part := range parts[1:] {
		if part != "" && isNumber(part) {
			parts[i+1] = cmp.Or(strings.TrimLeft(part, "0"), "0")
		}
	}
	name, _, _ = strings.Cut(name, "/")
	if len(parts) == 3 && parts[1] != "" && (name == "a" || name == "mx") {
		parts[1] += "/"
	}
	return strings.Join(parts, "/")
}

// fixIP4 completes an IPv4 network that lacks parts or is written with a wildcard, and
// drops leading zeros and a port. A host name after ip4 needs a.
func fixIP4(term string) string {
	qualifier, name, separator, value := cutTerm(term)
	if name != "ip4" || separator != ":" {
		return term
	}
	if host := qualifier + "a:" + value; value != "" && 'a' <= value[0]|0x20 && value[0]|0x20 <= 'z' && isPlausible(host) {
		return host
	}
	value, length, hasLength := strings.Cut(withoutPort(value), "/")
	parts := strings.Split(strings.TrimSuffix(value, "."), ".")
	for len(parts) > 1 && (parts[len(parts)-1] == "*" || strings.EqualFold(parts[len(parts)-1], "x")) {
		parts = parts[:len(parts)-1]
	}
	switch {
	case len(parts) > 4:
		return term
	case hasLength:
		length = "/" + length
	case len(parts) < 4:
		length = "/" + strconv.Itoa(8*len(parts))
	}
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 8)
		if err != nil {
			return term
		}
		parts[i] = strconv.FormatUint(n, 10)
	}
	for len(parts) < 4 {
		parts = append(parts, "0")
	}
	return qualifier + "ip4:" + strings.Join(parts, ".") + length
}

// fixIP6 drops brackets and a port, and completes an IPv6 network that lacks its final
// "::".
func fixIP6(term string) string {
	qualifier, name, separator, value := cutTerm(term)
	if name != "ip6" || separator != ":" {
		return term
	}
	if strings.HasPrefix(value, "[") {
		value = withoutBrackets(withoutPort(value))
	}
	value = strings.ReplaceAll(value, ":::", "::")
	address, length, ok := strings.Cut(value, "/")
	if ok && !isAddress(address) && isAddress(address+"::") {
		value = address + "::/" + length
	}
	return qualifier + "ip6:" + value
}

// maxRangeNetworks is how many networks a hint replaces a range of addresses with.
const maxRangeNetworks = 8

// expandRange returns the networks of a range of IPv4 addresses, such as
// ip4:192.0.2.1-192.0.2.10 or ip4:192.0.2.1-10.
func expandRange(term string) (terms string, ok bool) {
	qualifier, name, separator, value := cutTerm(trimPunctuation(fixDash(term)))
	from, to, ok := strings.Cut(value, "-")
	if name != "ip4" || separator != ":" || !ok {
		return "", false
	}
	if to != "" && isNumber(to) { // the last part only
		to = from[:strings.LastIndexByte(from, '.')+1] + to
	}
	first, err := netip.ParseAddr(from)
	last, err2 := netip.ParseAddr(to)
	if err != nil || err2 != nil || !first.Is4() || !last.Is4() || last.Less(first) {
		return "", false
	}
	networks := IPSet{[]ipRange{{first, last}}}.Prefixes()
	if len(networks) > maxRangeNetworks {
		return "", false
	}
	var list []string
	for _, n := range networks {
		list = append(list, qualifier+networkTerm(n))
	}
	return strings.Join(list, " "), true
}

// networkTerm returns the mechanism for a network.
func networkTerm(n netip.Prefix) string {
	name, text := "ip6:", n.String()
	if n.Addr().Is4() {
		name = "ip4:"
	}
	if n.IsSingleIP() {
		text = n.Addr().String()
	}
	return name + text
}

// dropLength drops a prefix length from a mechanism that has none.
func dropLength(term string) string {
	_, name, _, _ := cutTerm(term)
	name, _, _ = strings.Cut(name, "/")
	if name != "include" && name != "exists" && name != "ptr" && name != "all" {
		return term
	}
	head, _, _ := strings.Cut(term, "/")
	return head
}
