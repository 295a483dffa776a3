package report

import "bytes"

// orgDomain returns the organizational domain of a name (RFC 7489, 3.2) as guessed from
// its form: the last two labels, or three where a country has short labels such as
// "co" below it. A built-in list of public suffixes would be more exact, but soon
// outdated.
func orgDomain(name []byte) []byte {
	name = bytes.TrimSuffix(name, []byte("."))
	last := bytes.LastIndexByte(name, '.')
	if last <= 0 {
		return name
	}
	second := bytes.LastIndexByte(name[:last], '.')
	if second < 0 {
		return name
	}
	const countryCode, shortLabel = 2, 3
	if len(name)-last-1 == countryCode && last-second-1 <= shortLabel {
		third := bytes.LastIndexByte(name[:second], '.')
		return name[third+1:]
	}
	return name[second+1:]
}

// isBelow reports whether name is domain or a subdomain of it.
func isBelow(name, domain []byte) bool {
	n := len(name) - len(domain)
	return len(domain) > 0 && n >= 0 && equalFold(name[n:], domain) && (n == 0 || name[n-1] == '.')
}
