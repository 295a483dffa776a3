package spf

import (
	"net/netip"
	"strconv"
	"strings"
)

// version begins every record (RFC 7208, 4.5).
const Version = "v=spf1"

// isRecord tells whether a TXT record is an SPF record: it begins with the
// version, and that is followed by a space or the end (RFC 7208, 4.5). Case
// does not matter, as for all strings of an ABNF (RFC 5234, 2.3).
func isRecord(text string) bool {
	return len(text) >= len(Version) && strings.EqualFold(text[:len(Version)], Version) &&
		(len(text) == len(Version) || text[len(Version)] == ' ')
}

// Parse parses an SPF record, which isRecord has accepted, by the grammar of
// RFC 7208, 12. The error is a *SyntaxError for the first term at fault; its
// Domain is empty. The time it takes is linear in the length of text.
func Parse(text string) (*Record, error) {
	fault := func(kind SyntaxKind, term, detail string, offset int) error {
		return &SyntaxError{Kind: kind, Record: text, Term: term, Detail: detail, Offset: offset}
	}
	if at := indexNonASCII(text); at >= 0 {
		return nil, fault(NonASCIIRecord, "", "", at) // RFC 7208, 3.1
	}
	r := &Record{Text: text}
	// As many terms as there can be, at once: a record is parsed each time that
	// it is evaluated.
	n := countTerms(text)
	r.Terms = make([]Term, 0, n)
	directives := make([]Directive, n)
	for at := len(Version); at < len(text); {
		// CausesLookup are separated by one or more spaces, nothing else (RFC 7208, 4.6.1).
		if text[at] == ' ' {
			at++
			continue
		}
		term := text[at:]
		if end := strings.IndexByte(term, ' '); end >= 0 {
			term = term[:end]
		}
		t, bad := parseTerm(source{term, at}, r, &directives[len(r.Terms)])
		if bad != nil {
			return nil, fault(bad.kind, term, bad.detail, at+strings.Index(term, bad.detail))
		}
		r.Terms = append(r.Terms, t)
		at += len(term)
	}
	return r, nil
}

// countTerms counts the terms behind the version.
func countTerms(text string) (n int) {
	for at := len(Version); at+1 < len(text); at++ {
		if text[at] == ' ' && text[at+1] != ' ' {
			n++
		}
	}
	return n
}

// parseError is what is wrong with a term; detail is the part of it at fault, "" for
// the whole.
type parseError struct {
	kind   SyntaxKind
	detail string
}

func parseTerm(src source, r *Record, d *Directive) (Term, *parseError) {
	if name, value, ok := cutModifier(src.text); ok {
		return parseModifier(src, name, value, r)
	}
	d.source = src
	return d, d.parse()
}

// cutModifier tells a modifier from a directive by its name and "=".
//
//	name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." )  ; RFC 7208, 4.6.1
func cutModifier(term string) (name, value string, ok bool) {
	name, value, ok = strings.Cut(term, "=")
	if !ok || name == "" || !isAlpha(name[0]) {
		return "", "", false
	}
	for i := range len(name) {
		if c := name[i]; !isAlnum(c) && c != '-' && c != '_' && c != '.' {
			return "", "", false
		}
	}
	return strings.ToLower(name), value, true
}

func parseModifier(src source, name, value string, r *Record) (Term, *parseError) {
	m := &Modifier{source: src, Name: name}
	var bad *parseError
	switch name {
	case "redirect", "exp":
		place, repeated, empty := &r.Redirect, RepeatedRedirect, EmptyRedirect
		if name == "exp" {
			place, repeated, empty = &r.Exp, RepeatedExp, EmptyExp
		}
		if *place != nil {
			return nil, &parseError{repeated, ""} // RFC 7208, 6
		}
		if value == "" {
			return nil, &parseError{empty, ""} // RFC 7208, 6.1 and 6.2
		}
		if m.Value, bad = parseDomainSpec(value); bad != nil {
			return nil, bad
		}
		*place = m
	default:
		// Unrecognized modifiers are ignored, but not bad syntax in them (RFC 7208, 6).
		if m.Value, bad = parseMacroString(value); bad != nil {
			return nil, bad
		}
	}
	return m, nil
}

// parse parses the directive's source.
func (d *Directive) parse() *parseError {
	if strings.HasSuffix(d.text, ",") {
		return &parseError{CommaAfterTerm, ""}
	}
	rest := d.text
	if strings.IndexByte("+-~?", rest[0]) >= 0 { // RFC 7208, 4.6.1
		d.Qualifier, rest = rest[0], rest[1:]
	}
	rest, len6 := cutCIDR(rest, "//")
	rest, len4 := cutCIDR(rest, "/")
	name, arg, colon := strings.Cut(rest, ":")
	name = strings.ToLower(name)
	mechanism, known := mechanismOf(name)
	d.Mechanism = mechanism
	if !known {
		return unknownMechanism(name)
	}
	if mechanism == A && colon && isIP4(arg) {
		return &parseError{AddressAsDomain, ""}
	}
	if kind, ok := d.setCIDR(len4, len6); !ok {
		return &parseError{kind, ""}
	}
	if mechanism == IP4 || mechanism == IP6 {
		return d.setAddr(arg)
	}
	return d.setDomain(arg, colon)
}

// unknownMechanism tells what is wrong with a name that is no mechanism's.
func unknownMechanism(name string) *parseError {
	switch {
	case isIP4(name):
		return &parseError{BareAddress, ""}
	case name != "" && isMechanism(name[1:]):
		return &parseError{UnknownQualifier, ""}
	}
	return &parseError{UnknownMechanism, ""}
}

// cutCIDR cuts a prefix length off the end of a term.
//
//	ip4-cidr-length = "/" ("0" / %x31-39 0*1DIGIT)
//	ip6-cidr-length = "/" ("0" / %x31-39 0*2DIGIT)   ; RFC 7208, 5.6
func cutCIDR(term, slashes string) (rest string, length int) {
	at := strings.LastIndex(term, slashes)
	if at < 0 {
		return term, NoCIDR
	}
	digits := term[at+len(slashes):]
	if digits == "" || digits[0] == '0' && len(digits) > 1 || strings.Trim(digits, "0123456789") != "" {
		return term, NoCIDR // no length at all: part of the domain-spec, or bad syntax
	}
	const tooLong = 999 // for every kind of address; what matters is that it does not overflow
	n, err := strconv.Atoi(digits)
	if err != nil || n > tooLong {
		n = tooLong
	}
	return term[:at], n
}

// setCIDR checks the prefix lengths (RFC 7208, 5.6).
func (d *Directive) setCIDR(len4, len6 int) (SyntaxKind, bool) {
	d.IP4CIDRLen, d.IP6CIDRLen = len4, len6
	switch d.Mechanism {
	case A, MX:
	case IP4:
		if len6 != NoCIDR {
			return DualCIDR, false
		}
	case IP6:
		if len6 != NoCIDR {
			return DualCIDR, false
		}
		d.IP4CIDRLen, d.IP6CIDRLen = NoCIDR, len4
	default:
		if len4 != NoCIDR || len6 != NoCIDR {
			return CIDRNotAllowed, false
		}
	}
	if d.IP4CIDRLen > 32 {
		return BadIP4CIDR, false
	}
	if d.IP6CIDRLen > 128 {
		return BadIP6CIDR, false
	}
	return 0, true
}

// setAddr parses the address of ip4 and ip6: an ip4-network of four numbers up
// to 255 without leading zeros (RFC 7208, 12), or an ip6-network (RFC 4291,
// 2.2), which has no zone.
func (d *Directive) setAddr(arg string) *parseError {
	a, err := netip.ParseAddr(arg)
	switch {
	case d.Mechanism == IP4 && (err != nil || !a.Is4()):
		return &parseError{BadIP4, ""}
	case d.Mechanism == IP6 && (err != nil || !a.Is6() || a.Zone() != ""):
		return &parseError{BadIP6, ""}
	}
	d.Addr = a
	return nil
}

// setDomain parses the domain-spec of the mechanisms that have one.
func (d *Directive) setDomain(arg string, colon bool) (bad *parseError) {
	switch {
	case d.Mechanism == All && colon:
		return &parseError{AllWithArgument, ""} // RFC 7208, 5.1
	case d.Mechanism == Exists && arg == "":
		return &parseError{ExistsWithoutName, ""} // RFC 7208, 5.7
	case d.Mechanism == Include && !colon:
		return &parseError{IncludeWithoutName, ""} // RFC 7208, 5.2
	case colon && arg == "":
		return &parseError{EmptyDomainSpec, ""}
	case colon:
		d.Domain, bad = parseDomainSpec(arg)
	}
	return bad
}

func isMechanism(name string) bool {
	_, ok := mechanismOf(name)
	return ok
}

func isIP4(s string) bool {
	if s == "" || !isDigit(s[0]) {
		return false // most names
	}
	a, err := netip.ParseAddr(s)
	return err == nil && a.Is4()
}

func isAlpha(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isAlnum(c byte) bool { return isAlpha(c) || isDigit(c) }

// indexNonASCII gives where the first octet beyond US-ASCII is, or -1.
func indexNonASCII(s string) int {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return i
		}
	}
	return -1
}
