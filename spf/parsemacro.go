package spf

import "strings"

// The macro letters (RFC 7208, 7.2): those of any macro-string, and those of
// explanations alone.
const (
	macroLetters = "slodiphv"
	expLetters   = "crt"
)

// delimiters of a macro (RFC 7208, 7.1).
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
	m, _, bad := scanMacros(s, macroLetters+expLetters) // RFC 7208, 6: to be ignored
	if bad == nil && !isMacroLiteral(s) {
		bad = &parseError{BadCharacter, s}
	}
	return m, bad
}

// parseExplainString parses the text of an explanation:
//
//	explain-string = *( macro-string / SP )   ; RFC 7208, 6.2
//
// Control characters are allowed as well: whoever prints the result replaces
// them.
func parseExplainString(s string) (*MacroString, *parseError) {
	m, _, bad := scanMacros(s, macroLetters+expLetters)
	return m, bad
}

// scanMacros splits a text into literals and macros. tail is the literal text
// behind the last macro-expand. The flaw is the first percent sign that begins
// no macro, or else the first macro there is not.
func scanMacros(s, letters string) (m *MacroString, tail string, bad *parseError) {
	m = &MacroString{}
	if strings.IndexByte(s, '%') < 0 { // most domain-specs
		m.parts = []macroPart{{literal: s}}
		return m, s, nil
	}
	var stray, unknown *parseError
	var literal strings.Builder
	tailAt := 0
	lastBrace := strings.LastIndexByte(s, '}') // no macro begins behind it
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
			if stray == nil {
				label, _, _ := strings.Cut(s, ".")
				stray = &parseError{BadMacro, label}
			}
			i++
			continue
		}
		i += length
		tailAt = i
	}
	if literal.Len() > 0 {
		m.parts = append(m.parts, macroPart{literal: literal.String()})
	}
	if stray != nil {
		return nil, s[tailAt:], stray
	}
	if unknown != nil {
		return nil, s[tailAt:], unknown
	}
	return m, s[tailAt:], nil
}

// parseMacro parses what is between the braces:
//
//	macro-letter transformers *delimiter    ; transformers = *DIGIT [ "r" ]
func parseMacro(s, letters string) (macroPart, SyntaxKind, bool) {
	if s == "" {
		return macroPart{}, UnknownMacro, false
	}
	p := macroPart{letter: s[0] | 0x20, escape: s[0] <= 'Z'}
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
		// No name has more labels than this, so that a larger number means all.
		const manyParts = 1 << 16
		p.digits = min(p.digits*10+int(s[digits]-'0'), manyParts)
	}
	if digits > 0 && p.digits == 0 {
		return macroPart{}, UnknownMacro, false // RFC 7208, 7.3: the number must not be zero
	}
	s = s[digits:]
	if s != "" && s[0]|0x20 == 'r' {
		p.reverse, s = true, s[1:]
	}
	for i := range len(s) {
		if strings.IndexByte(delimiters, s[i]) < 0 {
			return macroPart{}, UnknownMacro, false
		}
		if strings.IndexByte(p.delims, s[i]) < 0 { // each once, however many there are
			p.delims += s[i : i+1]
		}
	}
	return p, 0, true
}

// isDomainEnd tells whether tail, the text behind a domain-spec's last macro,
// ends it: there is none, or it ends in a full stop and a toplabel.
//
//	toplabel = ( *alphanum ALPHA *alphanum ) /
//	           ( 1*alphanum "-" *( alphanum / "-" ) alphanum )  ; RFC 7208, 7.1
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
	special := false // a letter or a hyphen: it must not be all digits
	for i := range len(label) {
		c := label[i]
		if !isAlnum(c) && c != '-' {
			return false
		}
		special = special || !isDigit(c)
	}
	return special
}

// isMacroLiteral tells whether all octets may stand in a macro-string: visible
// US-ASCII (RFC 7208, 7.1).
func isMacroLiteral(s string) bool {
	for i := range len(s) {
		if s[i] < 0x21 || s[i] > 0x7E {
			return false
		}
	}
	return true
}
