package term

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// firstWide is the first code point of the scripts that Safe replaces: from
// there on, letters are written from right to left, combine, or are two columns
// wide.
const firstWide = 0x590

// Safe returns text with '?' in place of every character that is not one column wide
// or has another effect: a string from a client must not move the cursor, hide its
// neighbors or reverse them. Printable US-ASCII stays;
// with UTF-8, so do the letters of the Latin, Greek, Cyrillic and Armenian
// scripts. A byte that is not valid UTF-8 becomes one '?'.
func (s Style) Safe(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		i += size
		if !s.isSafe(r) {
			r = '?'
		}
		b.WriteRune(r)
	}
	return b.String()
}

func (s Style) isSafe(r rune) bool {
	switch {
	case r >= ' ' && r <= '~':
		return true
	case !s.UTF8 || r < utf8.RuneSelf:
		return false
	case r <= unicode.MaxLatin1:
		return unicode.IsPrint(r)
	}
	return r < firstWide && unicode.IsLetter(r)
}

// Columns returns the width of a text that Safe returned, or that only has
// characters of one column.
func Columns(text string) int { return utf8.RuneCountInString(text) }
