package report

import (
	"bytes"
	"net/netip"
	"slices"
)

// orgDomain returns the organizational domain of a name (RFC 7489, 3.2) as guessed from
// its form: the last two labels, or three where a country has short labels such as
// "co" below it. A built-in list of public suffixes would be more exact, but soon
// outdated.
func orgDomain(name []byte) []byte {
	name = bytes.TrimSuffix(name, []byte("."))
	last := bytes.LastIndexByte(name, '.')
	if last <= 0 {
		return name
	}
	second := bytes.LastIndexByte(name[:last], '.')
	if second < 0 {
		return name
	}
	const countryCode, shortLabel = 2, 3
	if len(name)-last-1 == countryCode && last-second-1 <= shortLabel {
		third := bytes.LastIndexByte(name[:second], '.')
		return name[third+1:]
	}
	return name[second+1:]
}

// isBelow reports whether name is domain or a subdomain of it.
func isBelow(name, domain []byte) bool {
	n := len(name) - len(domain)
	return len(domain) > 0 && n >= 0 && equalFold(name[n:], domain) && (n == 0 || name[n-1] == '.')
}

// areRelated reports whether two organizational domains look like those of one owner:
// their first labels are equal, or one is a part of the other between hyphens, as in
// example.com, example.shop and example-shop.com.
func areRelated(a, b []byte) bool {
	a, _, _ = bytes.Cut(a, []byte("."))
	b, _, _ = bytes.Cut(b, []byte("."))
	if len(a) > len(b) {
		a, b = b, a
	}
	n := len(b) - len(a)
	return len(a) > 0 && (n == 0 && equalFold(a, b) ||
		n > 0 && (b[len(a)] == '-' && equalFold(a, b[:len(a)]) || b[n-1] == '-' && equalFold(a, b[n:])))
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

// isPublicName reports whether a HELO name is a host name that may be one of the Internet.
func isPublicName(helo []byte) bool {
	if !isHostName(helo) {
		return false
	}
	var buf [nameSize]byte
	switch string(appendLower(buf[:0], helo[bytes.LastIndexByte(helo, '.')+1:])) {
	case "", "local", "localdomain", "lan", "home", "internal", "corp":
		return false
	}
	return true
}

// isPrivate reports whether an address is not one of the Internet: private (RFC
// 1918, RFC 4193), shared (RFC 6598), link-local or loopback.
func isPrivate(a netip.Addr) bool {
	a = a.Unmap()
	shared := netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64}), 10)
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || shared.Contains(a)
}

// isGeneric reports whether a name is one that a provider assigns to any address: it
// contains the address, or a word for a customer's line. The name of a static address
// contains it, too, but is that of a server.
func isGeneric(name []byte, addr netip.Addr) bool {
	octets, static := 0, false
	for len(name) > 0 {
		n := 1
		for n < len(name) && charClass(name[n]) == charClass(name[0]) {
			n++
		}
		part := name[:n]
		name = name[n:]
		switch charClass(part[0]) {
		case '0':
			if isOctetOf(part, addr) {
				octets++
			}
		case 'a':
			if isLineWord(part) {
				return true
			}
			static = static || equalFold(part, []byte("static"))
		}
	}
	const most = 3 // of the four octets: the network may have a name
	return octets >= most && !static
}

// isRentedName reports whether a name is one that a hoster assigns to a rented server:
// it begins with a word for one.
func isRentedName(name []byte) bool {
	n := 0
	for n < len(name) && charClass(name[n]) == 'a' {
		n++
	}
	var buf [nameSize]byte
	switch string(appendLower(buf[:0], name[:n])) {
	case "vps", "vds", "vm", "vserver", "kvm", "cloud", "static":
		return true
	}
	return false
}

// charClass returns '0' for a digit, 'a' for a letter or any other character of a label,
// and '.' for a separator.
func charClass(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return '0'
	case c == '.' || c == '-':
		return '.'
	}
	return 'a'
}

// isOctetOf reports whether a number in decimal is an octet of an IPv4 address.
func isOctetOf(digits []byte, addr netip.Addr) bool {
	const maxDigits = 3
	addr = addr.Unmap()
	if !addr.Is4() || len(digits) > maxDigits {
		return false
	}
	n := 0
	for _, d := range digits {
		n = n*10 + int(d-'0')
	}
	octets := addr.As4()
	return slices.ContainsFunc(octets[:], func(octet byte) bool { return int(octet) == n })
}

// isLineWord reports whether a part of a name is a word for a customer's line.
func isLineWord(part []byte) bool {
	var buf [nameSize]byte
	switch string(appendLower(buf[:0], part)) {
	case "dyn", "dynamic", "dsl", "adsl", "vdsl", "pool", "dhcp", "ppp", "pppoe", "cable", "dial", "dialup", "client", "customer", "cust", "user", "host", "broadband", "catv", "ip", "pc":
		return true
	}
	return false
}
