package conf

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// toASCII returns a domain name with A-labels in place of U-labels, as for a lookup
// (RFC 5891, 5): mapped and normalized by UTS 46, non-transitional. Underscores are
// allowed. It returns false if IDNA2008 does not allow the name. An ASCII name is
// returned unchanged, also with capital letters.
func toASCII(name string) (string, bool) {
	if isASCII(name) {
		return name, true
	}
	if !utf8.ValidString(name) { // idna accepts some of these
		return "", false
	}
	profile := idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false),
		idna.BidiRule(), idna.CheckJoiners(true))
	ascii, err := profile.ToASCII(name)
	return ascii, err == nil
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}
