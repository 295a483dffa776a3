package dns

import (
	"bytes"
	"strings"
)

// toPresentation returns a name of a Question in presentation format (RFC 1035, 5.1):
// absolute, with special characters escaped.
func toPresentation(name string) string {
	plain := true
	for i := 0; plain && i < len(name); i++ {
		plain = !needsEscape(name[i])
	}
	if plain {
		return name + "."
	}
	b := make([]byte, 0, len(name)+8)
	for i := range len(name) {
		switch c := name[i]; {
		case c < ' ' || c > '~':
			b = append(b, '\\', '0'+c/100, '0'+c/10%10, '0'+c%10)
		case needsEscape(c):
			b = append(b, '\\', c)
		default:
			b = append(b, c)
		}
	}
	return string(append(b, '.'))
}

// needsEscape reports whether the dns package escapes c within a label.
func needsEscape(c byte) bool {
	return c < ' ' || c > '~' || strings.IndexByte(` '@;()"\`, c) >= 0
}

// fromPresentation returns a name in presentation format in the form of
// Question.Name. ok is false if a label contains a dot, which a Question cannot
// represent.
func fromPresentation(name string) (wire string, ok bool) {
	b := make([]byte, 0, MaxNameLen+1)
	for i := 0; i < len(name); {
		c, n := unescapeByte(name[i:])
		if c == '.' && n > 1 {
			return "", false
		}
		b = append(b, lower(c))
		i += n
	}
	return string(bytes.TrimSuffix(b, []byte{'.'})), true
}

// unescape removes the escapes from a string of miekg/dns.
func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		c, n := unescapeByte(s[i:])
		b = append(b, c)
		i += n
	}
	return string(b)
}

// unescapeByte returns the first byte of s, which is written as itself, \X or \DDD
// (RFC 1035, 5.1), and the length of that form.
func unescapeByte(s string) (c byte, n int) {
	switch {
	case s[0] != '\\' || len(s) == 1:
		return s[0], 1
	case len(s) >= 4 && isDigit(s[1]) && isDigit(s[2]) && isDigit(s[3]):
		return (s[1]-'0')*100 + (s[2]-'0')*10 + (s[3] - '0'), 4
	}
	return s[1], 2
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
