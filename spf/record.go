package spf

import (
	"net/netip"
	"strconv"
	"strings"
)

// Record is a parsed SPF record (RFC 7208, 3 and 12).
type Record struct {
	Text     string // as published, the strings of the TXT record joined
	Terms    []Term // in their order
	Redirect *Modifier
	Exp      *Modifier
}

// Term is a *Directive or a *Modifier.
type Term interface {
	String() string // the term as text that parses to the same term
	Source() string // the term as it stands in the record
	Offset() int    // where it begins there
}

// source is where a term comes from.
type source struct {
	text   string
	offset int
}

func (s source) Source() string { return s.text }
func (s source) Offset() int    { return s.offset }

// Mechanism names a mechanism (RFC 7208, 5).
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

// String gives the mechanism's name as a record writes it.
func (m Mechanism) String() string { return strings.Fields(mechanismNames)[m] }

// mechanismOf finds a mechanism by its name, in lower case.
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

// CausesLookup tells whether the mechanism causes lookups, and so counts as a term
// (RFC 7208, 4.6.4).
func (m Mechanism) CausesLookup() bool { return m != All && m != IP4 && m != IP6 }

// noCIDR is a prefix length that a term does not give.
const NoCIDR = -1

// Directive is a mechanism with its qualifier (RFC 7208, 4.6.1).
type Directive struct {
	source
	Qualifier  byte // '+', '-', '~' or '?'; 0 if there is none, which means '+'
	Mechanism  Mechanism
	Domain     *MacroString // the domain-spec; nil if there is none
	Addr       netip.Addr   // of ip4 and ip6
	IP4CIDRLen int          // prefix length for IPv4, of ip4, a and mx; -1 if not given
	IP6CIDRLen int          // the same for IPv6, of ip6, a and mx
}

// Result is what a match of the directive means (RFC 7208, 4.6.2).
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

// Modifier is a name and a value (RFC 7208, 4.6.1 and 6).
type Modifier struct {
	source
	Name  string // in lower case
	Value *MacroString
}

func (m *Modifier) String() string { return m.Name + "=" + m.Value.String() }

// String gives a text that parses to the same record.
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
	literal string // used if letter is 0
	letter  byte   // in lower case
	escape  bool   // the letter was upper case: URL-escape the value (RFC 7208, 7.3)
	digits  int    // how many parts of the value, from the right; 0 for all
	reverse bool
	delims  string // "" for a full stop
}

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

// escapeLiteral writes a literal the way a record has to. "%20" becomes "%-",
// which may end a domain-spec; "%%20" would mean the same elsewhere.
func escapeLiteral(s string) string {
	return strings.NewReplacer("%20", "%-", "%", "%%", " ", "%_").Replace(s)
}

// uses tells whether one of the letters is used as a macro.
func (m *MacroString) Uses(letters string) bool {
	for _, p := range m.parts {
		if p.letter != 0 && strings.IndexByte(letters, p.letter) >= 0 {
			return true
		}
	}
	return false
}
