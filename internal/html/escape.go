package html

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// escape appends text to b such that a browser shows it and does nothing else,
// both between tags and in a quoted attribute. Control characters, and invisible
// ones such as those that reverse the direction of writing, become U+FFFD, and so
// does what is not UTF-8.
func escape(b *strings.Builder, text string) {
	for _, r := range text { // invalid UTF-8 yields U+FFFD
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&quot;")
		case r == '\'':
			b.WriteString("&#39;")
		case r == '\n', r >= ' ' && r <= '~':
			b.WriteRune(r)
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp):
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteRune(r)
		}
	}
}
