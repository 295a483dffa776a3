package maillog

import "bytes"

// unknownValue stands for a value that is not shown: a recipient that
// Hide_Receiver hides, an attribute that Postfix did not send.
const unknownValue = "<UNKNOWN>"

// The bits of charClass. The bits of '0' are set in each class.
const (
	isQuotedChar = 1 << iota // needs quotes (RFC 7208, 9.1), or occurs in no value at all
	isDigitChar
	isVowelChar // a vowel that is no hexadecimal digit in capitals
	isIDChar    // may be in a queue id
)

// charClass has the class of each byte.
const charClass = "" +
	"111111111111111111111111111111111010000011001000::::::::::011110" +
	"088888888<88888<88888<88888010000<888<888<88888<88888<8888800001" +
	"0000000000000000000000000000000000000000000000000000000000000000" +
	"0000000000000000000000000000000000000000000000000000000000000000"

// isSpecial reports whether c cannot stand in a value without quotes.
func isSpecial(c byte) bool { return charClass[c]&isQuotedChar != 0 }

// value reads a value at the beginning of b and returns what follows it: a
// quoted-string (RFC 5322, 3.2.4), "<>", "<UNKNOWN>" or a run of characters that
// are not special. The value may be empty.
func (p *Parser) value(b []byte) (value, rest []byte, ok bool) {
	if len(b) == 0 {
		return b, b, true
	}
	switch b[0] {
	case '"':
		return p.unquote(b)
	case '<':
		for _, whole := range [...]string{"<>", unknownValue} {
			if len(b) >= len(whole) && string(b[:len(whole)]) == whole {
				return b[:len(whole)], b[len(whole):], true
			}
		}
		return nil, b, false
	}
	for i, c := range b {
		if isSpecial(c) {
			return b[:i], b[i:], true
		}
	}
	return b, nil, true
}

// unquote reads a quoted-string (RFC 5322, 3.2.4). Its value is a part of b, or
// of p.scratch if it contained backslashes.
func (p *Parser) unquote(b []byte) (value, rest []byte, ok bool) {
	start := len(p.scratch)
	from := 1
	for i := 1; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			if from == 1 {
				return b[1:i], b[i+1:], true
			}
			p.scratch = append(p.scratch, b[from:i]...)
			return p.scratch[start:], b[i+1:], true
		case c == '\\':
			if i+1 == len(b) {
				return nil, b, false
			}
			p.scratch = append(p.scratch, b[from:i]...)
			i++
			p.scratch = append(p.scratch, b[i])
			from = i + 1
		case c < ' ' && c != '\t' || c == 0x7F:
			return nil, b, false
		}
	}
	return nil, b, false
}

// comment reads a comment with those nested in it (RFC 5322, 3.2.2). text is
// what stands between the parentheses, escapes included.
func comment(b []byte) (text, rest []byte, ok bool) {
	if len(b) == 0 || b[0] != '(' {
		return nil, b, false
	}
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return b[1:i], b[i+1:], true
			}
		}
	}
	return nil, b, false
}

// isCutQuote reports whether b begins a quoted-string that does not end: the
// line was quoted, and syslogd cut it.
func isCutQuote(b []byte) bool {
	if len(b) == 0 || b[0] != '"' {
		return false
	}
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return false
		}
	}
	return true
}

// cutOnce cuts b around the only separator in it.
func cutOnce(b []byte, separator string) (before, after []byte, ok bool) {
	i := index(b, separator)
	if i < 0 {
		return nil, b, false
	}
	before, after = b[:i], b[i+len(separator):]
	return before, after, !contains(after, separator)
}

// cut cuts b around the first separator in it.
func cut(b []byte, separator string) (before, after []byte, ok bool) {
	i := index(b, separator)
	if i < 0 {
		return b, nil, false
	}
	return b[:i], b[i+len(separator):], true
}

// index returns where sub begins in b, -1 if nowhere. The conversion of a short
// constant does not allocate.
func index(b []byte, sub string) int { return bytes.Index(b, []byte(sub)) }

// lastIndex returns where sub begins in b for the last time, -1 if nowhere.
// bytes.LastIndex looks at each byte.
func lastIndex(b []byte, sub string) int {
	for end := len(b); ; {
		i := bytes.LastIndexByte(b[:end], sub[0])
		if i < 0 || len(b)-i >= len(sub) && string(b[i:i+len(sub)]) == sub {
			return i
		}
		end = i
	}
}

func contains(b []byte, sub string) bool { return index(b, sub) >= 0 }

// hasControl reports whether b holds a control character, which none of the programs
// that are read writes.
func hasControl(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c == 0x7F {
			return true
		}
	}
	return false
}

func identityNamed(name []byte) Identity {
	switch string(name) {
	case "helo":
		return HELO
	case "mailfrom", "mfrom":
		return MailFrom
	}
	return NoIdentity
}
