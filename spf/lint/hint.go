package lint

import (
	"strings"

	"policyd-spf/spf"
)

// Hint returns the valid term that an invalid one, or an unknown modifier, was
// probably meant to be: several with spaces between them if the spaces are missing, or
// if a range of addresses takes several networks. ok is false if there is no such
// guess.
func Hint(term string) (meant string, ok bool) {
	if meant, ok = hintOne(term); ok {
		return meant, true
	}
	if meant, ok = expandRange(term); ok {
		return meant, true
	}
	return separate(term)
}

// hintOne is Hint for one term.
func hintOne(term string) (meant string, ok bool) {
	term = fromWindows1252(term)
	for _, fix := range []func(string) string{
		fixDash, trimPunctuation, fixQualifier, fixSeparator, fixNested, fixURL, fixMechanism, fixMacros, fixIDN,
		fixAddress, fixNetmask, fixLength, fixIP4, fixIP6, dropLength,
	} {
		fixed := fix(term)
		if fixed != term && isPlausible(fixed) {
			return fixed, true
		}
		term = fixed // a term often has more than one mistake
	}
	return "", false
}

// isTerm reports whether text is a valid directive, redirect or exp.
func isTerm(text string) bool {
	if text == "" || strings.ContainsAny(text, " \t") {
		return false
	}
	r, err := spf.Parse(spf.Version + " " + text)
	if err != nil {
		return false
	}
	m, ok := r.Terms[0].(*spf.Modifier)
	return !ok || m == r.Redirect || m == r.Exp
}

// isPlausible reports whether text is a valid term that leads to an address or to
// what is written as a domain name.
func isPlausible(text string) bool {
	_, name, _, value := cutTerm(text)
	target, _, _ := strings.Cut(value, "/") // without prefix lengths
	return isTerm(text) && (name == "ip4" || name == "ip6" || isDomainLike(target))
}

// isDomainLike reports whether a target is written as a domain name, not as a URL,
// an email address or a list.
func isDomainLike(target string) bool {
	return !strings.ContainsAny(withoutMacros(target), "/:=@,;\"'<>()[]{}\\ ")
}

// cutTerm splits a term into its qualifier, its name in lower case, ":" or "=",
// and what follows that.
func cutTerm(term string) (qualifier, name, separator, value string) {
	if term != "" && strings.IndexByte("+-~?", term[0]) >= 0 {
		qualifier, term = term[:1], term[1:]
	}
	if i := strings.IndexAny(term, ":="); i >= 0 {
		return qualifier, strings.ToLower(term[:i]), term[i : i+1], term[i+1:]
	}
	return qualifier, strings.ToLower(term), "", ""
}

// fixNested replaces a term whose value is a term, as in include:ip4:192.0.2.1 or
// a:a:example.com, with that.
func fixNested(term string) string {
	qualifier, _, separator, value := cutTerm(term)
	own, name, inner, _ := cutTerm(value)
	if separator == "" || inner != ":" || !isMechanismName(name) || !isTerm(value) {
		return term
	}
	return qualifier + strings.TrimPrefix(value, own)
}

// fixURL reduces a URL or an email address to its host, and drops empty labels.
func fixURL(term string) string {
	qualifier, name, separator, value := cutTerm(term)
	if separator == "" {
		return term
	}
	if local, domain, ok := strings.Cut(value, "@"); ok && !strings.ContainsAny(local, "/%") && isDomainLike(domain) {
		value = domain
	}
	for !strings.Contains(value, "%") && strings.Contains(value, "..") {
		value = strings.ReplaceAll(value, "..", ".")
	}
	term = qualifier + name + separator + value
	scheme, rest, ok := strings.Cut(value, "//")
	if !ok || scheme != "" && !strings.HasSuffix(scheme, ":") {
		return term
	}
	host := rest
	if i := strings.IndexAny(host, "/?#"); i >= 0 {
		host = host[:i]
	}
	host = host[strings.LastIndexByte(host, '@')+1:]
	return qualifier + name + separator + withoutPort(host)
}

// withoutPort removes a port number after a host.
func withoutPort(host string) string {
	if i := strings.LastIndexByte(host, ':'); i >= 0 && isNumber(host[i+1:]) {
		return host[:i]
	}
	return host
}

// isNumber reports whether text is made of digits only; the empty text is.
func isNumber(text string) bool { return strings.Trim(text, "0123456789") == "" }

// fixIDN writes an internationalized domain name in A-labels (RFC 8616, 4).
func fixIDN(term string) string {
	qualifier, name, separator, value := cutTerm(term)
	if separator == "" || strings.Contains(value, "%") || isASCII(value) {
		return term
	}
	domain, length, hasLength := strings.Cut(value, "/")
	q, ok := spf.NewQuestion(domain, 0)
	if !ok {
		return term
	}
	if hasLength {
		length = "/" + length
	}
	return qualifier + name + separator + q.Name + length
}
