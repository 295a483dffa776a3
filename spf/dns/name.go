package dns

import (
	"net/netip"
	"strconv"
	"strings"
)

// The length limits of names in their usual text form, without the final dot
// (RFC 1035, 2.3.4).
const (
	MaxLabelLen = 63
	MaxNameLen  = 253
)

// IsName reports whether name can be in a query: labels of 1 to 63 bytes, 253
// bytes in all. Any byte but a dot may be in a label (RFC 2181, 11).
func IsName(name string) bool {
	return len(name) <= MaxNameLen && validLabels(name)
}

func validLabels(name string) bool {
	for {
		label, rest, more := strings.Cut(name, ".")
		if label == "" || len(label) > MaxLabelLen {
			return false
		}
		if !more {
			return true
		}
		name = rest
	}
}

// IsSubdomain reports whether name is domain or a subdomain of it. Both are in
// the form of Question.Name.
func IsSubdomain(name, domain string) bool {
	head, ok := strings.CutSuffix(name, domain)
	return ok && (head == "" || head[len(head)-1] == '.')
}

// ToLower returns name with US-ASCII letters in lower case. Other bytes stay as
// they are (RFC 4343, 3).
func ToLower(name string) string {
	for i := range len(name) {
		if lower(name[i]) == name[i] {
			continue
		}
		b := []byte(name)
		for ; i < len(b); i++ {
			b[i] = lower(b[i])
		}
		return string(b)
	}
	return name
}

// ReverseName returns the name of an address's PTR records (RFC 1035, 3.5; RFC
// 3596, 2.5).
func ReverseName(ip netip.Addr) string {
	const hex = "0123456789abcdef"
	b := make([]byte, 0, 32*2+len("ip6.arpa"))
	if !ip.Is4() {
		a := ip.As16()
		for i := len(a) - 1; i >= 0; i-- {
			b = append(b, hex[a[i]&15], '.', hex[a[i]>>4], '.')
		}
		return string(append(b, "ip6.arpa"...))
	}
	a := ip.As4()
	for i := len(a) - 1; i >= 0; i-- {
		b = append(strconv.AppendUint(b, uint64(a[i]), 10), '.')
	}
	return string(append(b, "in-addr.arpa"...))
}
