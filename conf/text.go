package conf

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// DecodeUTF8 returns b as text, with U+FFFD in place of each maximal invalid part:
// the longest prefix of a well-formed sequence, or else a single byte. This is
// what Python does, and what the Unicode Standard recommends (section 3.9).
func DecodeUTF8(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var s strings.Builder
	s.Grow(len(b))
	for len(b) > 0 {
		n := invalidLen(b)
		if n == 0 {
			_, n = utf8.DecodeRune(b)
			s.Write(b[:n])
		} else {
			s.WriteRune(utf8.RuneError)
		}
		b = b[n:]
	}
	return s.String()
}

// invalidLen returns the length of the invalid part at the start of b, which is
// not empty, or 0 if b starts with a character. The ranges are those of the Unicode
// Standard's table of well-formed byte sequences (table 3-7).
func invalidLen(b []byte) int {
	size, low, high := 0, byte(0x80), byte(0xBF) // of the sequence; range of its second byte
	switch c := b[0]; {
	case c < 0x80:
		return 0
	case c < 0xC2 || c > 0xF4:
		return 1
	case c < 0xE0:
		size = 2
	case c < 0xF0:
		size = 3
	default:
		size = 4
	}
	switch b[0] {
	case 0xE0: // below are overlong forms
		low = 0xA0
	case 0xED: // surrogates
		high = 0x9F
	case 0xF0: // below are overlong forms
		low = 0x90
	case 0xF4: // beyond U+10FFFF
		high = 0x8F
	}
	for i := 1; i < size; i++ {
		if i == len(b) || b[i] < low || b[i] > high {
			return i
		}
		low, high = 0x80, 0xBF
	}
	return 0
}

// IsSpace reports whether r is white space for the original: Unicode white space
// or one of the control characters U+001C to U+001F.
func IsSpace(r rune) bool {
	return unicode.IsSpace(r) || 0x1C <= r && r <= 0x1F
}

// TrimSpace returns s without leading and trailing white space.
func TrimSpace(s string) string { return strings.TrimFunc(s, IsSpace) }

// universalNewlines returns text with LF in place of each CR LF and CR.
func universalNewlines(text string) string {
	if !strings.Contains(text, "\r") {
		return text
	}
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
}

// stripComment returns a line without its comment, which starts at the first number
// sign, and without leading and trailing white space.
func stripComment(line string) string {
	line, _, _ = strings.Cut(line, "#")
	return TrimSpace(line)
}
