package spf

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// macros holds what the macro letters stand for in one check (RFC 7208, 7.2).
type macros struct {
	ip       netip.Addr
	local    string // the sender's local part, or "postmaster" (RFC 7208, 4.3)
	origin   string // %{o}: the sender's domain
	helo     string
	receiver string
}

// expandName expands a domain-spec to a name for a lookup. ptr gives the value
// of %{p} and is called only if that is used. The error is nameUnencodable too
// if a local part beyond US-ASCII is used, which matches nothing (RFC 8616, 4).
func (v *macros) expandName(m *MacroString, domain string, ptr func() string) (string, nameError) {
	if len(m.parts) == 1 && m.parts[0].letter == 0 {
		return toName(truncateName(m.parts[0].literal))
	}
	if m.Uses("sl") && indexNonASCII(v.local) >= 0 {
		return "", nameUnencodable
	}
	// From the right, since only the end of a long expansion is used.
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

// ExpandName expands a domain-spec that depends on no client, for the record of
// domain and a sender at origin. ok is false if the result cannot be looked up,
// or if the spec has a macro other than %{d} and %{o}.
func ExpandName(m *MacroString, origin, domain string) (name string, ok bool) {
	if m.Uses("slipvhcrt") {
		return "", false
	}
	v := macros{origin: origin}
	name, flaw := v.expandName(m, domain, nil)
	return name, flaw == nameOK
}

// maxExplanation is far beyond what a reply to Postfix can carry.
const maxExplanation = 4096

// expandText expands an explanation (RFC 7208, 6.2). What is over
// maxExplanation octets is cut off.
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

// value gives what a macro letter stands for (RFC 7208, 7.2).
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

// transform splits a value at the delimiters, reverses the parts, keeps some
// from the right and joins them with full stops (RFC 7208, 7.3). It takes no
// more parts than it keeps: a record can have thousands of macros.
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
	var parts []string // the one that comes out last first
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

// escapeURL escapes all but unreserved characters (RFC 7208, 7.3; RFC 3986, 2.3).
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

// dottedIP is %{i}: an IPv6 address as 32 nibbles with full stops between them
// (RFC 7208, 7.3).
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
