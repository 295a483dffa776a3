package html

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// escape appends text to b so that a browser only shows it, both between tags and in a
// quoted attribute. Control characters, invisible ones such as those that reverse the
// direction of writing, and invalid UTF-8 become U+FFFD.
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
