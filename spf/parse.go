package spf

import (
	"net/netip"
	"strconv"
	"strings"
)

// Version is the version section that starts every record (RFC 7208, 4.5).
const Version = "v=spf1"

// isRecord reports whether the text of a TXT record is an SPF record: it starts
// with the version, followed by a space or the end (RFC 7208, 4.5). Case does
// not matter, as in all ABNF strings (RFC 5234, 2.3).
func isRecord(text string) bool {
	return len(text) >= len(Version) && strings.EqualFold(text[:len(Version)], Version) &&
		(len(text) == len(Version) || text[len(Version)] == ' ')
}

// Parse parses the text of an SPF record as selected by RFC 7208, 4.5, which
// starts with Version. The error is a *SyntaxError for the first invalid term;
// its Domain is empty. The running time is linear in the length of text.
//
//	record = version terms *SP
//	terms  = *( 1*SP ( directive / modifier ) )   ; RFC 7208, 4.6.1
func Parse(text string) (*Record, error) {
	fault := func(kind SyntaxKind, term, detail string, offset int) error {
		return &SyntaxError{Kind: kind, Record: text, Term: term, Detail: detail, Offset: offset}
	}
	if at := indexNonASCII(text); at >= 0 {
		return nil, fault(NonASCIIRecord, "", "", at) // RFC 7208, 3.1
	}
	r := &Record{Text: text}
	// One allocation for all terms: a record is parsed each time it is evaluated.
	n := countTerms(text)
	r.Terms = make([]Term, 0, n)
	directives := make([]Directive, n)
	for at := len(Version); at < len(text); {
		// Only spaces separate terms (RFC 7208, 4.6.1).
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

// countTerms returns the number of terms after the version.
func countTerms(text string) (n int) {
	for at := len(Version); at+1 < len(text); at++ {
		if text[at] == ' ' && text[at+1] != ' ' {
			n++
		}
	}
	return n
}

// parseError is a syntax error in a term. detail is the invalid part of the
// term, "" for the whole.
type parseError struct {
	kind   SyntaxKind
	detail string
}

// parseTerm parses a term into d if it is a directive; r is the record so far.
func parseTerm(src source, r *Record, d *Directive) (Term, *parseError) {
	if name, value, ok := cutModifier(src.text); ok {
		return parseModifier(src, name, value, r)
	}
	d.source = src
	return d, d.parse()
}

// cutModifier splits a modifier into its name, in lower case, and its value. ok
// is false if the term is not a modifier.
//
//	name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." )   ; RFC 7208, 4.6.1
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

// parseModifier parses a modifier and records redirect and exp in r.
//
//	modifier         = redirect / explanation / unknown-modifier
//	redirect         = "redirect" "=" domain-spec
//	explanation      = "exp" "=" domain-spec
//	unknown-modifier = name "=" macro-string   ; RFC 7208, 12
func parseModifier(src source, name, value string, r *Record) (Term, *parseError) {
	m := &Modifier{source: src, Name: name}
	var bad *parseError
	switch name {
	case "redirect", "exp":
		field, repeated, empty := &r.Redirect, RepeatedRedirect, EmptyRedirect
		if name == "exp" {
			field, repeated, empty = &r.Exp, RepeatedExp, EmptyExp
		}
		if *field != nil {
			return nil, &parseError{repeated, ""} // RFC 7208, 6
		}
		if value == "" {
			return nil, &parseError{empty, ""} // RFC 7208, 6.1 and 6.2
		}
		if m.Value, bad = parseDomainSpec(value); bad != nil {
			return nil, bad
		}
		*field = m
	default:
		// Unknown modifiers are ignored, but not syntax errors in them (RFC 7208, 6).
		if m.Value, bad = parseMacroString(value); bad != nil {
			return nil, bad
		}
	}
	return m, nil
}

// parse parses the directive's source text.
//
//	directive = [ qualifier ] mechanism
//	qualifier = "+" / "-" / "?" / "~"
//	mechanism = ( all / include / a / mx / ptr / ip4 / ip6 / exists )
//	all       = "all"
//	include   = "include" ":" domain-spec
//	a         = "a"  [ ":" domain-spec ] [ dual-cidr-length ]
//	mx        = "mx" [ ":" domain-spec ] [ dual-cidr-length ]
//	ptr       = "ptr" [ ":" domain-spec ]
//	ip4       = "ip4" ":" ip4-network [ ip4-cidr-length ]
//	ip6       = "ip6" ":" ip6-network [ ip6-cidr-length ]
//	exists    = "exists" ":" domain-spec   ; RFC 7208, 12
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

// unknownMechanism returns the error for a name that is not a mechanism.
func unknownMechanism(name string) *parseError {
	switch {
	case isIP4(name):
		return &parseError{BareAddress, ""}
	case name != "" && isMechanism(name[1:]):
		return &parseError{UnknownQualifier, ""}
	}
	return &parseError{UnknownMechanism, ""}
}

// cutCIDR cuts the prefix length after slashes off the end of a term. The
// length is NoCIDR if there is none.
//
//	ip4-cidr-length  = "/" ("0" / %x31-39 0*1DIGIT)
//	ip6-cidr-length  = "/" ("0" / %x31-39 0*2DIGIT)
//	dual-cidr-length = [ ip4-cidr-length ] [ "/" ip6-cidr-length ]   ; RFC 7208, 5.6
func cutCIDR(term, slashes string) (rest string, length int) {
	at := strings.LastIndex(term, slashes)
	if at < 0 {
		return term, NoCIDR
	}
	digits := term[at+len(slashes):]
	if digits == "" || digits[0] == '0' && len(digits) > 1 || strings.Trim(digits, "0123456789") != "" {
		return term, NoCIDR // part of the domain-spec, or a syntax error found there
	}
	n, _ := strconv.Atoi(digits) // on overflow the largest int, which is invalid as well
	return term[:at], n
}

// setCIDR checks and sets the prefix lengths. ok is false for the error kind.
func (d *Directive) setCIDR(len4, len6 int) (kind SyntaxKind, ok bool) {
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

// setAddr parses the address of ip4 or ip6.
//
//	ip4-network = qnum "." qnum "." qnum "." qnum   ; 0 to 255, no leading zeros
//	ip6-network = <as per Section 2.2 of [RFC4291]>   ; RFC 7208, 12; no zone
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

// setDomain parses the domain-spec of a mechanism. colon reports whether the
// term has a ":", with arg after it.
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

// isMechanism reports whether name, in lower case, is a mechanism.
func isMechanism(name string) bool {
	_, ok := mechanismOf(name)
	return ok
}

// isIP4 reports whether s is an IPv4 address.
func isIP4(s string) bool {
	if s == "" || !isDigit(s[0]) {
		return false // the usual case, without an error value
	}
	a, err := netip.ParseAddr(s)
	return err == nil && a.Is4()
}

func isAlpha(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isAlnum(c byte) bool { return isAlpha(c) || isDigit(c) }

// indexNonASCII returns the index of the first byte beyond US-ASCII, or -1.
func indexNonASCII(s string) int {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return i
		}
	}
	return -1
}
