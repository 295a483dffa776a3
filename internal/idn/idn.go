// Package idn maps internationalized domain names to A-labels. No other package does:
// the options of the mapping determine whose record is checked.
package idn

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// maxLabelLen is the length limit of a label in DNS (RFC 1035, 2.3.4).
const maxLabelLen = 63

// maxULabelLen limits a label in Unicode, in bytes. An A-label holds at most 63 code
// points, each of which can be written as a base character and three combining
// characters of up to 4 bytes. The limit bounds the time for a hostile name, since
// decoding and encoding Punycode is quadratic.
const maxULabelLen = maxLabelLen * 4 * 4

// ToASCII returns name with its U-labels as A-labels (RFC 8616, 4; RFC 5891, 5).
// ASCII labels, "xn--" labels among them, stay as they are, and so do empty
// labels: the result need not be a valid DNS name. Two names are the same if
// their results are equal without regard to the case of ASCII letters.
//
// A U-label is mapped and normalized before that by UTS 46, non-transitional:
// "Bücher", "bu\u0308cher" and "ｂücher" are the same label, while "faß" and
// "fass" are two. ok is false if a label has no A-label by IDNA2008: symbols,
// misplaced joiners, mixed directions, text that is not UTF-8, or an A-label
// over 63 bytes. Such a name does not exist in DNS.
func ToASCII(name string) (ascii string, ok bool) {
	if indexNonASCII(name) < 0 {
		return name, true
	}
	// The options are of the look-up protocol (RFC 5891, 5.4). DNS names have
	// underscores (RFC 8552), and hyphens are checked by isULabel.
	profile := idna.New(idna.MapForLookup(), idna.Transitional(false), idna.BidiRule(),
		idna.StrictDomainName(false), idna.CheckHyphens(false))
	labels := strings.Split(strings.Map(mapRune, name), ".")
	for i, label := range labels {
		if indexNonASCII(label) < 0 {
			continue
		}
		if labels[i], ok = toALabel(profile, label); !ok {
			return "", false
		}
	}
	return strings.Join(labels, "."), true
}

// mapRune maps the characters that must be mapped before the name is split into labels.
func mapRune(r rune) rune {
	switch r {
	case '\u3002', '\uFF0E', '\uFF61': // the full stops of UTS 46, 2.3
		return '.'
	case 'ẞ': // up to Unicode 15, UTS 46 maps it to "ss", which is another name
		return 'ß'
	}
	return r
}

// toALabel returns the A-label of a label that is not ASCII.
func toALabel(profile *idna.Profile, label string) (string, bool) {
	if len(label) > maxULabelLen {
		return "", false
	}
	u, err := profile.ToUnicode(label)
	if err != nil || !isULabel(u) {
		return "", false
	}
	// Once more with the checks: the Bidi rule was applied to the unmapped label.
	a, err := profile.ToASCII(u)
	return a, err == nil && len(a) <= maxLabelLen
}

// isULabel reports whether a mapped label, which may now be ASCII, has only
// what IDNA2008 allows in a look-up (RFC 5891, 5.4), as far as UTS 46 allows
// more.
func isULabel(label string) bool {
	n := 0
	for i, r := range label {
		if !isPermitted(r) {
			return false
		}
		if n == 2 && strings.HasPrefix(label[i:], "--") && indexNonASCII(label) >= 0 {
			return false // RFC 5891, 4.2.3.1
		}
		n++
	}
	return n > 0
}

// isPermitted reports whether the derived property of a mapped code point is
// PVALID, CONTEXTJ or CONTEXTO (RFC 5892, 3), or it is an underscore. UTS 46
// allows symbols and punctuation as well. Code points that change under NFKC
// or case folding (2.2) need no check, since the mapping has replaced them.
func isPermitted(r rune) bool {
	switch {
	case r < 0x80:
		return 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-' || r == '_'
	case strings.ContainsRune("\u00DF\u03C2\u06FD\u06FE\u0F0B\u3007"+ // 2.6: PVALID
		"\u00B7\u0375\u05F3\u05F4\u30FB"+ // 2.6: CONTEXTO
		"\u200C\u200D", r): // 2.8: CONTEXTJ
		return true
	case strings.ContainsRune("\u0640\u07FA\u302E\u302F\u3031\u3032\u3033\u3034\u3035\u303B", r):
		return false // 2.6: DISALLOWED
	case unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
		return false // 2.3: ignorable properties
	case 0x20D0 <= r && r <= 0x20FF, 0x1D100 <= r && r <= 0x1D24F:
		return false // 2.4: ignorable blocks
	case 0x1100 <= r && r <= 0x11FF, 0xA960 <= r && r <= 0xA97F, 0xD7B0 <= r && r <= 0xD7FF:
		return false // 2.9: old Hangul Jamo
	}
	return unicode.In(r, unicode.L, unicode.Mn, unicode.Mc, unicode.Nd) // 2.1: letters and digits
}

func indexNonASCII(s string) int {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}
