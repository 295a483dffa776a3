package spf

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// macros has the values of the macro letters in one check (RFC 7208, 7.2).
type macros struct {
	ip       netip.Addr
	local    string // the sender's local part, or "postmaster" (RFC 7208, 4.3)
	origin   string // %{o}: the sender's domain, in A-labels
	helo     string
	receiver string
}

// expandName expands a domain-spec to a name for a lookup. ptr returns the value
// of %{p}; it is called only for that macro. The error is nameUnencodable also
// for %{l} and %{s} of a local part beyond US-ASCII, which match nothing (RFC
// 8616, 4).
func (v *macros) expandName(m *MacroString, domain string, ptr func() string) (string, nameError) {
	if len(m.parts) == 1 && m.parts[0].letter == 0 {
		return toName(truncateName(m.parts[0].literal))
	}
	if m.Uses("sl") && indexNonASCII(v.local) >= 0 {
		return "", nameUnencodable
	}
	// From right to left: only the end of a long expansion is used.
	var pieces []string
	for i, size := len(m.parts)-1, 0; i >= 0 && size < maxExpansion; i-- {
		s := v.expandPart(m.parts[i], domain, ptr)
		if len(s) > maxExpansion {
			s = s[len(s)-maxExpansion:]
		}
		size += len(s)
		pieces = append(pieces, s)
	}
	slices.Reverse(pieces)
	text := strings.Join(pieces, "")
	if indexNonASCII(text) >= 0 {
		return toName(text)
	}
	return toName(truncateName(text)) // RFC 7208, 7.3
}

// ExpandName expands a domain-spec that does not depend on the client, for the
// record of domain and a sender at origin, both in A-labels. ok is false if the
// result is not a valid name, or if m has a macro other than %{d} and %{o}.
func ExpandName(m *MacroString, origin, domain string) (name string, ok bool) {
	if m.Uses("slipvhcrt") {
		return "", false
	}
	v := macros{origin: origin}
	name, nameErr := v.expandName(m, domain, nil)
	return name, nameErr == nameOK
}

// maxExplanation limits an explanation, in bytes. A reply to Postfix is limited to
// half of that.
const maxExplanation = 4096

// expandText expands an explanation (RFC 7208, 6.2), truncated to maxExplanation
// bytes.
func (v *macros) expandText(m *MacroString, domain string, ptr func() string) string {
	var b strings.Builder
	for _, p := range m.parts {
		b.WriteString(v.expandPart(p, domain, ptr))
		if b.Len() > maxExplanation {
			return b.String()[:maxExplanation]
		}
	}
	return b.String()
}

// expandPart expands a literal or a macro.
func (v *macros) expandPart(p macroPart, domain string, ptr func() string) string {
	if p.letter == 0 {
		return p.literal
	}
	s := transform(v.value(p.letter, domain, ptr), p)
	if p.escape {
		s = escapeURL(s)
	}
	return s
}

// value returns the value of a macro letter (RFC 7208, 7.2).
func (v *macros) value(letter byte, domain string, ptr func() string) string {
	switch letter {
	case 's':
		return v.local + "@" + v.origin
	case 'l':
		return v.local
	case 'o':
		return v.origin
	case 'd':
		return domain
	case 'i':
		return dottedIP(v.ip)
	case 'p':
		return ptr()
	case 'v':
		if v.ip.Is4() {
			return "in-addr"
		}
		return "ip6"
	case 'h':
		return v.helo
	case 'c':
		return v.ip.String()
	case 'r':
		return v.receiver
	case 't':
		return strconv.FormatInt(time.Now().Unix(), 10)
	}
	return ""
}

// transform splits a value at the delimiters of a macro, reverses the parts,
// keeps the rightmost and joins them with dots (RFC 7208, 7.3). It does not split
// off more parts than it keeps, since a record can have thousands of macros.
func transform(value string, p macroPart) string {
	if p.digits == 0 && !p.reverse && p.delims == "" {
		return value
	}
	delims := p.delims
	if delims == "" {
		delims = "."
	}
	index := strings.LastIndexAny
	if p.reverse {
		index = strings.IndexAny
	}
	var parts []string // in reverse order of the result
	for p.digits == 0 || len(parts) < p.digits {
		at := index(value, delims)
		if at < 0 {
			parts = append(parts, value)
			break
		}
		if p.reverse {
			parts, value = append(parts, value[:at]), value[at+1:]
		} else {
			parts, value = append(parts, value[at+1:]), value[:at]
		}
	}
	slices.Reverse(parts)
	return strings.Join(parts, ".")
}

// escapeURL percent-encodes all but unreserved characters (RFC 7208, 7.3; RFC
// 3986, 2.3).
func escapeURL(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if isAlnum(c) || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
		} else {
			b.WriteString(string([]byte{'%', hex[c>>4], hex[c&15]}))
		}
	}
	return b.String()
}

// dottedIP returns the value of %{i}: an IPv4 address, or the 32 nibbles of an
// IPv6 address separated by dots (RFC 7208, 7.3).
func dottedIP(ip netip.Addr) string {
	if ip.Is4() {
		return ip.String()
	}
	const hex = "0123456789ABCDEF"
	a := ip.As16()
	b := make([]byte, 0, 63)
	for i, c := range a {
		if i > 0 {
			b = append(b, '.')
		}
		b = append(b, hex[c>>4], '.', hex[c&15])
	}
	return string(b)
}
