package maillog

import "net/netip"

// parseAddr parses an IP address without a zone. It does not allocate for text that
// is not an address, or for an IPv4 address.
func parseAddr(b []byte) (netip.Addr, bool) {
	if a, ok := parseIPv4(b); ok {
		return a, true
	}
	const maxLen = len("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255")
	for i, c := range b {
		if c == '%' {
			b = b[:i] // the zone names an interface of that host
			break
		}
	}
	if len(b) < 2 || len(b) > maxLen {
		return netip.Addr{}, false
	}
	return parseIPv6(b)
}

// parseIPv4 parses a dotted quad.
func parseIPv4(b []byte) (netip.Addr, bool) {
	if len(b) < len("0.0.0.0") || len(b) > len("255.255.255.255") {
		return netip.Addr{}, false
	}
	var quad [4]byte
	part, value, digits := 0, 0, 0
	for _, c := range b {
		switch {
		case isDigit(c):
			if digits > 0 && value == 0 { // a leading zero: some read it as octal
				return netip.Addr{}, false
			}
			value = value*10 + int(c-'0')
			digits++
			if value > 255 {
				return netip.Addr{}, false
			}
		case c == '.' && digits > 0 && part < 3:
			quad[part] = byte(value)
			part, value, digits = part+1, 0, 0
		default:
			return netip.Addr{}, false
		}
	}
	if part != 3 || digits == 0 {
		return netip.Addr{}, false
	}
	quad[3] = byte(value)
	return netip.AddrFrom4(quad), true
}

// parseIPv6 parses the forms of RFC 4291, 2.2.
func parseIPv6(b []byte) (netip.Addr, bool) {
	var ip [16]byte
	n, gap := 0, -1
	if len(b) >= 2 && b[0] == ':' {
		if b[1] != ':' {
			return netip.Addr{}, false
		}
		gap, b = 0, b[2:]
	}
	for len(b) > 0 {
		if n == 16 {
			return netip.Addr{}, false
		}
		value, i := 0, 0
		for ; i < len(b) && i < 4; i++ {
			d, ok := hexDigit(b[i])
			if !ok {
				break
			}
			value = value<<4 | d
		}
		if i == 0 {
			return netip.Addr{}, false
		}
		if i < len(b) && b[i] == '.' { // the last four bytes as a dotted quad
			quad, ok := parseIPv4(b)
			if !ok || n > 12 {
				return netip.Addr{}, false
			}
			v4 := quad.As4()
			n += copy(ip[n:], v4[:])
			b = nil
			break
		}
		ip[n], ip[n+1] = byte(value>>8), byte(value)
		n += 2
		if b = b[i:]; len(b) == 0 {
			break
		}
		if b[0] != ':' || len(b) == 1 {
			return netip.Addr{}, false
		}
		if b = b[1:]; b[0] == ':' {
			if gap >= 0 {
				return netip.Addr{}, false
			}
			gap, b = n, b[1:]
		}
	}
	switch {
	case gap < 0:
		return netip.AddrFrom16(ip), n == 16
	case n == 16:
		return netip.Addr{}, false
	}
	tail := n - gap
	copy(ip[16-tail:], ip[gap:n])
	clear(ip[gap : 16-tail])
	return netip.AddrFrom16(ip), true
}

func hexDigit(c byte) (int, bool) {
	switch {
	case isDigit(c):
		return int(c - '0'), true
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10, true
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10, true
	}
	return 0, false
}
