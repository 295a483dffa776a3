package spf

import (
	"net/netip"
	"strconv"
	"strings"
)

// Record is a parsed SPF record (RFC 7208, 3 and 12).
type Record struct {
	Text     string // as published: the concatenated strings of the TXT record
	Terms    []Term // in the order of the record
	Redirect *Modifier
	Exp      *Modifier
}

// Term is a *Directive or a *Modifier.
type Term interface {
	String() string // canonical text that parses to the same term
	Source() string // the text of the term in the record
	Offset() int    // the index of that text in the record
}

// source is the text of a term and its position in the record.
type source struct {
	text   string
	offset int
}

func (s source) Source() string { return s.text }
func (s source) Offset() int    { return s.offset }

// Mechanism is one of the mechanisms of RFC 7208, 5.
type Mechanism uint8

// The mechanisms.
const (
	All Mechanism = iota
	Include
	A
	MX
	PTR
	IP4
	IP6
	Exists
)

// mechanismNames are in the order of the constants.
const mechanismNames = "all include a mx ptr ip4 ip6 exists"

// String returns the name of the mechanism as in a record.
func (m Mechanism) String() string { return strings.Fields(mechanismNames)[m] }

// mechanismOf returns the mechanism of a name in lower case.
func mechanismOf(name string) (Mechanism, bool) {
	switch name {
	case "all":
		return All, true
	case "include":
		return Include, true
	case "a":
		return A, true
	case "mx":
		return MX, true
	case "ptr":
		return PTR, true
	case "ip4":
		return IP4, true
	case "ip6":
		return IP6, true
	case "exists":
		return Exists, true
	}
	return 0, false
}

// CausesLookup reports whether the mechanism counts toward the limit of terms
// that cause lookups (RFC 7208, 4.6.4).
func (m Mechanism) CausesLookup() bool { return m != All && m != IP4 && m != IP6 }

// NoCIDR stands for a prefix length that a term does not have.
const NoCIDR = -1

// Directive is a mechanism with its qualifier (RFC 7208, 4.6.1).
type Directive struct {
	source
	Qualifier  byte // '+', '-', '~' or '?'; 0 if omitted, which means '+'
	Mechanism  Mechanism
	Domain     *MacroString // the domain-spec, nil if omitted
	Addr       netip.Addr   // of ip4 and ip6
	IP4CIDRLen int          // IPv4 prefix length of ip4, a and mx, or NoCIDR
	IP6CIDRLen int          // IPv6 prefix length of ip6, a and mx, or NoCIDR
}

// Result returns the result of a match of the directive (RFC 7208, 4.6.2).
func (d *Directive) Result() Result {
	switch d.Qualifier {
	case '-':
		return Fail
	case '~':
		return Softfail
	case '?':
		return Neutral
	}
	return Pass
}

// String returns canonical text that parses to the same directive.
func (d *Directive) String() string {
	var b strings.Builder
	if d.Qualifier != 0 {
		b.WriteByte(d.Qualifier)
	}
	b.WriteString(d.Mechanism.String())
	if d.Addr.IsValid() {
		b.WriteString(":" + d.Addr.String())
	}
	if d.Domain != nil {
		b.WriteString(":" + d.Domain.String())
	}
	if d.IP4CIDRLen != NoCIDR {
		b.WriteString("/" + strconv.Itoa(d.IP4CIDRLen))
	}
	if d.IP6CIDRLen != NoCIDR {
		if d.Mechanism != IP6 {
			b.WriteByte('/') // dual-cidr-length (RFC 7208, 5.6)
		}
		b.WriteString("/" + strconv.Itoa(d.IP6CIDRLen))
	}
	return b.String()
}

// Modifier is a modifier, known or unknown (RFC 7208, 4.6.1 and 6).
type Modifier struct {
	source
	Name  string // in lower case
	Value *MacroString
}

// String returns canonical text that parses to the same modifier.
func (m *Modifier) String() string { return m.Name + "=" + m.Value.String() }

// String returns canonical text that parses to the same record.
func (r *Record) String() string {
	var b strings.Builder
	b.WriteString(Version)
	for _, t := range r.Terms {
		b.WriteString(" " + t.String())
	}
	return b.String()
}

// MacroString is a parsed macro-string (RFC 7208, 7.1).
type MacroString struct {
	parts []macroPart
}

// macroPart is a literal or a macro.
type macroPart struct {
	literal string // set if letter is 0
	letter  byte   // the macro letter in lower case
	escape  bool   // the letter was upper case: URL-escape the value (RFC 7208, 7.3)
	digits  int    // how many parts of the value to keep, from the right; 0 for all
	reverse bool
	delims  string // "" for a dot
}

// String returns canonical text that parses to the same macro-string.
func (m *MacroString) String() string {
	var b strings.Builder
	for _, p := range m.parts {
		if p.letter == 0 {
			b.WriteString(escapeLiteral(p.literal))
			continue
		}
		c := p.letter
		if p.escape {
			c -= 'a' - 'A'
		}
		b.WriteString("%{" + string(c))
		if p.digits > 0 {
			b.WriteString(strconv.Itoa(p.digits))
		}
		if p.reverse {
			b.WriteByte('r')
		}
		b.WriteString(p.delims + "}")
	}
	return b.String()
}

// escapeLiteral returns a literal as it is written in a record. "%20" becomes
// "%-" rather than "%%20", since only "%-" may end a domain-spec.
func escapeLiteral(s string) string {
	return strings.NewReplacer("%20", "%-", "%", "%%", " ", "%_").Replace(s)
}

// Uses reports whether m has a macro of one of the letters, which are in lower
// case.
func (m *MacroString) Uses(letters string) bool {
	for _, p := range m.parts {
		if p.letter != 0 && strings.IndexByte(letters, p.letter) >= 0 {
			return true
		}
	}
	return false
}
