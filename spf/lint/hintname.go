package lint

import "strings"

// fixSeparator replaces "=" or another character after a mechanism with ":", ":" after a
// modifier with "=", and drops a second one.
func fixSeparator(term string) string {
	qualifier, name, separator, value := cutTerm(term)
	if known, rest, ok := cutName(term[len(qualifier):]); ok {
		name, separator, value = known, ":", rest
	}
	value = strings.TrimLeft(value, ":=")
	switch {
	case separator == "":
		return term
	case name == "all" && value == "":
		return qualifier + name
	case isModifierName(name):
		return name + "=" + value
	case isMechanismName(name) || mechanismMeant(name, value) != "":
		return qualifier + name + ":" + value
	}
	return term
}

// cutName splits a term such as ip4.192.0.2.1, include;example.com or ip4192.0.2.1 after
// the name.
func cutName(term string) (name, value string, ok bool) {
	for _, name = range []string{"ip4", "ip6", "include", "exists", "redirect"} {
		if len(term) <= len(name) || !strings.EqualFold(term[:len(name)], name) {
			continue
		}
		value = term[len(name):]
		if strings.IndexByte(".-_,;|", value[0]) >= 0 {
			return name, value[1:], true
		}
		address, _, _ := strings.Cut(value, "/")
		return name, value, isAddress(address)
	}
	return "", "", false
}

// fixMechanism replaces a misspelled name with that of a mechanism or modifier.
func fixMechanism(term string) string {
	qualifier, name, separator, value := cutTerm(term)
	if isMechanismName(name) || isModifierName(name) {
		return term
	}
	meant := mechanismMeant(name, value)
	switch {
	case meant == "":
		return term
	case meant == "all" && qualifier == "" && name[0] == '_':
		return "-all" // a hyphen with the shift key
	case meant == "all" && qualifier == "" && name[0] != 'a':
		return term // in place of a qualifier: which one is not known, and all alone lets everybody pass
	case isModifierName(meant):
		if separator == "" {
			return term
		}
		return meant + "=" + value
	case separator != "":
		separator = ":"
	}
	return qualifier + meant + separator + value
}

// mechanismMeant returns the mechanism or modifier that a name is a common or
// close misspelling of, or "".
func mechanismMeant(name, value string) string {
	switch name {
	case "ip", "ipv4", "ipv6", "ip-v4", "ip-v6", "ip_4", "ip_6", "ip5", "i4", "i6", "ip4v", "ip6v", "ipaddress", "cidr", "net", "netblock":
		if strings.Contains(value, ":") {
			return "ip6"
		}
		return "ip4"
	case "inc", "includes", "included", "import", "spf", "domain":
		return "include"
	case "host", "aaaa", "hostname":
		return "a"
	case "exist":
		return "exists"
	case "redirects", "redir":
		return "redirect"
	}
	if len(name) < 3 && name != "al" {
		return "" // anything is close to a short name
	}
	for _, known := range []string{"include", "redirect", "exists", "all", "ip4", "ip6", "ptr"} {
		if isNear(name, known) {
			return known
		}
	}
	return ""
}

// isNear reports whether a differs from b by one inserted, missing, changed or
// swapped character.
func isNear(a, b string) bool {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	switch {
	case a == b:
		return true
	case len(a) > 0 && a[1:] == b, len(b) > 0 && a == b[1:]:
		return true
	case len(a) > 0 && len(b) > 0 && a[1:] == b[1:]:
		return true
	}
	return len(a) > 1 && len(b) > 1 && a[0] == b[1] && a[1] == b[0] && a[2:] == b[2:]
}

func isMechanismName(name string) bool {
	switch name {
	case "all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists":
		return true
	}
	return false
}

func isModifierName(name string) bool { return name == "redirect" || name == "exp" }
