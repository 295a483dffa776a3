package conf

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// DecodeUTF8 gives b as text. What is not UTF-8 becomes U+FFFD, one for each
// maximal broken part: the longest beginning of a well-formed sequence, or
// else a single octet.
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

// invalidLen gives the length of the broken part that b, which is not empty,
// begins with, or 0 if it begins with a character. The ranges are those of the
// Unicode Standard's table of well-formed UTF-8 sequences.
func invalidLen(b []byte) int {
	size, low, high := 0, byte(0x80), byte(0xBF) // of the sequence; of its second octet
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
	case 0xE0: // shorter forms exist below
		low = 0xA0
	case 0xED: // surrogates
		high = 0x9F
	case 0xF0:
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

// IsSpace tells whether r is white space as the original has it: Unicode's, and
// the four separators among the control characters.
func IsSpace(r rune) bool {
	return unicode.IsSpace(r) || 0x1C <= r && r <= 0x1F
}

// TrimSpace gives s without the white space around it.
func TrimSpace(s string) string { return strings.TrimFunc(s, IsSpace) }

// universalNewlines gives text with LF at the end of each line that ends at CR
// LF or CR.
func universalNewlines(text string) string {
	if !strings.Contains(text, "\r") {
		return text
	}
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
}

// stripComment gives what a line of a configuration or per-user file says: nothing
// from the first number sign on, and no white space around it.
func stripComment(line string) string {
	line, _, _ = strings.Cut(line, "#")
	return TrimSpace(line)
}
