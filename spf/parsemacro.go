package spf

import "strings"

// The macro letters (RFC 7208, 7.1). A domain-spec must not have those of
// expLetters (7.2).
const (
	macroLetters = "slodiphv"
	expLetters   = "crt"
)

// delimiters are the delimiter characters of a macro-expand (RFC 7208, 7.1).
const delimiters = ".-+,/_="

// parseDomainSpec parses a domain-spec:
//
//	domain-spec = macro-string domain-end
//	domain-end  = ( "." toplabel [ "." ] ) / macro-expand   ; RFC 7208, 7.1
func parseDomainSpec(s string) (*MacroString, *parseError) {
	m, tail, bad := scanMacros(s, macroLetters)
	if !isDomainEnd(tail) {
		return nil, &parseError{BadDomainSpec, s}
	}
	if bad == nil && !isMacroLiteral(s) {
		bad = &parseError{BadCharacter, s}
	}
	return m, bad
}

// parseMacroString parses the value of an unknown modifier:
//
//	macro-string = *( macro-expand / macro-literal )   ; RFC 7208, 7.1
func parseMacroString(s string) (*MacroString, *parseError) {
	m, _, bad := scanMacros(s, macroLetters+expLetters) // RFC 7208, 6: it is ignored
	if bad == nil && !isMacroLiteral(s) {
		bad = &parseError{BadCharacter, s}
	}
	return m, bad
}

// parseExplainString parses the text of an explanation:
//
//	explain-string = *( macro-string / SP )   ; RFC 7208, 6.2
//
// Control characters are allowed as well: code that prints the result replaces
// them.
func parseExplainString(s string) (*MacroString, *parseError) {
	m, _, bad := scanMacros(s, macroLetters+expLetters)
	return m, bad
}

// scanMacros splits a text into literals and macros with the given letters. tail
// is the literal text after the last macro-expand. The error is the first
// percent sign that does not start a macro-expand, or else the first invalid
// macro.
//
//	macro-expand = ( "%{" macro-letter transformers *delimiter "}" ) /
//	               "%%" / "%_" / "%-"   ; RFC 7208, 7.1
func scanMacros(s, letters string) (m *MacroString, tail string, bad *parseError) {
	m = &MacroString{}
	if strings.IndexByte(s, '%') < 0 { // the usual case
		m.parts = []macroPart{{literal: s}}
		return m, s, nil
	}
	stray := false
	var unknown *parseError
	var literal strings.Builder
	tailAt := 0
	lastBrace := strings.LastIndexByte(s, '}') // no macro starts after it
	for i := 0; i < len(s); {
		if s[i] != '%' {
			literal.WriteByte(s[i])
			i++
			continue
		}
		length := 2
		switch next := s[i+1:]; {
		case strings.HasPrefix(next, "%"):
			literal.WriteByte('%')
		case strings.HasPrefix(next, "_"):
			literal.WriteByte(' ')
		case strings.HasPrefix(next, "-"):
			literal.WriteString("%20")
		case strings.HasPrefix(next, "{") && i < lastBrace:
			length = 2 + strings.IndexByte(next, '}')
			p, kind, ok := parseMacro(s[i+2:i+length-1], letters)
			if !ok {
				if unknown == nil {
					unknown = &parseError{kind, s[i : i+length]}
				}
				break
			}
			if literal.Len() > 0 {
				m.parts = append(m.parts, macroPart{literal: literal.String()})
				literal.Reset()
			}
			m.parts = append(m.parts, p)
		default: // RFC 7208, 7.1: "%" by itself is a syntax error
			stray = true
			i++
			continue
		}
		i += length
		tailAt = i
	}
	if literal.Len() > 0 {
		m.parts = append(m.parts, macroPart{literal: literal.String()})
	}
	if stray {
		label, _, _ := strings.Cut(s, ".")
		return nil, s[tailAt:], &parseError{BadMacro, label}
	}
	if unknown != nil {
		return nil, s[tailAt:], unknown
	}
	return m, s[tailAt:], nil
}

// parseMacro parses the text between the braces of a macro-expand. ok is false
// for the error kind.
//
//	macro-letter transformers *delimiter
//	transformers = *DIGIT [ "r" ]   ; RFC 7208, 7.1
func parseMacro(s, letters string) (p macroPart, kind SyntaxKind, ok bool) {
	if s == "" {
		return macroPart{}, UnknownMacro, false
	}
	p = macroPart{letter: s[0] | 0x20, escape: s[0] <= 'Z'}
	switch {
	case !isAlpha(s[0]):
		return macroPart{}, UnknownMacro, false
	case strings.IndexByte(letters, p.letter) >= 0:
	case strings.IndexByte(expLetters, p.letter) >= 0:
		return macroPart{}, ExpOnlyMacro, false // RFC 7208, 7.2
	default:
		return macroPart{}, UnknownMacro, false
	}
	s = s[1:]
	digits := 0
	for ; digits < len(s) && isDigit(s[digits]); digits++ {
		// Larger numbers are the same: no value has as many parts.
		const manyParts = 1 << 16
		p.digits = min(p.digits*10+int(s[digits]-'0'), manyParts)
	}
	if digits > 0 && p.digits == 0 {
		return macroPart{}, UnknownMacro, false // RFC 7208, 7.3: must be nonzero
	}
	s = s[digits:]
	if s != "" && s[0]|0x20 == 'r' {
		p.reverse, s = true, s[1:]
	}
	for i := range len(s) {
		if strings.IndexByte(delimiters, s[i]) < 0 {
			return macroPart{}, UnknownMacro, false
		}
		if strings.IndexByte(p.delims, s[i]) < 0 { // each once, which bounds transform
			p.delims += s[i : i+1]
		}
	}
	return p, 0, true
}

// isDomainEnd reports whether a domain-spec may end with tail, the text after
// its last macro-expand: it is empty, or ends in a dot and a toplabel.
//
//	domain-end = ( "." toplabel [ "." ] ) / macro-expand
//	toplabel   = ( *alphanum ALPHA *alphanum ) /
//	             ( 1*alphanum "-" *( alphanum / "-" ) alphanum )   ; RFC 7208, 7.1
func isDomainEnd(tail string) bool {
	if tail == "" {
		return true
	}
	tail = strings.TrimSuffix(tail, ".")
	dot := strings.LastIndexByte(tail, '.')
	if dot < 0 {
		return false
	}
	label := tail[dot+1:]
	if label == "" || !isAlnum(label[0]) || !isAlnum(label[len(label)-1]) {
		return false
	}
	allDigits := true
	for i := range len(label) {
		c := label[i]
		if !isAlnum(c) && c != '-' {
			return false
		}
		allDigits = allDigits && isDigit(c)
	}
	return !allDigits
}

// isMacroLiteral reports whether s consists of visible US-ASCII characters. "%"
// is for scanMacros to check.
//
//	macro-literal = %x21-24 / %x26-7E   ; RFC 7208, 7.1
func isMacroLiteral(s string) bool {
	for i := range len(s) {
		if s[i] < 0x21 || s[i] > 0x7E {
			return false
		}
	}
	return true
}
