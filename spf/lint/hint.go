package lint

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"policyd-spf/spf"
)

// Hint returns the valid term that an invalid one, or an unknown modifier, was
// probably meant to be: several with spaces between them if the spaces are
// missing. ok is false if there is no such guess.
func Hint(term string) (meant string, ok bool) {
	if meant, ok = hintOne(term); ok {
		return meant, true
	}
	return separate(term)
}

// hintOne is Hint for one term.
func hintOne(term string) (meant string, ok bool) {
	term = fromWindows1252(term)
	for _, fix := range []func(string) string{
		fixDash, trimPunctuation, fixQualifier, fixSeparator, fixURL, fixMechanism, fixAddress, fixNetmask, fixNetwork, dropLength,
	} {
		fixed := fix(term)
		_, name, _, value := cutTerm(fixed)
		value, _, _ = strings.Cut(value, "/") // a prefix length
		if fixed != term && isTerm(fixed) && (name == "ip4" || name == "ip6" || isDomainLike(value)) {
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

// fromWindows1252 decodes a text that is not UTF-8: the characters that word
// processors put in place of spaces, hyphens and quotation marks.
func fromWindows1252(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	return strings.NewReplacer("\xa0", "\u00a0", "\x96", "\u2013", "\x97", "\u2014", "\x91", "\u2018", "\x92", "\u2019", "\x93", "\u201c", "\x94", "\u201d").Replace(text)
}

// fixDash replaces a dash with a hyphen: word processors do the reverse.
func fixDash(term string) string {
	if rest, ok := strings.CutPrefix(term, "--"); ok {
		return "-" + rest
	}
	r, size := utf8.DecodeRuneInString(term)
	switch r {
	case '\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2015', '\u2212', '\uFE58', '\uFE63', '\uFF0D':
		return "-" + term[size:]
	case '\u02DC', '\u223C', '\uFF5E': // tildes
		return "~" + term[size:]
	}
	return term
}

// fixQualifier puts a qualifier that stands after all before it.
func fixQualifier(term string) string {
	const all = "all"
	if len(term) <= len(all) || !strings.EqualFold(term[:len(all)], all) {
		return term
	}
	qualifier := fixDash(term[len(all):])
	if len(qualifier) != 1 || !strings.Contains("+-~?", qualifier) {
		return term
	}
	return qualifier + term[:len(all)]
}

// trimPunctuation removes quotes, separators and invisible characters around a
// term.
func trimPunctuation(term string) string {
	trimmed := strings.TrimFunc(term, func(r rune) bool {
		return isInvisible(r) || isQuote(r) || strings.ContainsRune(",;\\<>()", r)
	})
	if _, _, separator, _ := cutTerm(trimmed); separator == "" {
		return strings.TrimSuffix(trimmed, ".") // a final dot belongs to a domain name
	}
	return strings.TrimRight(strings.Map(dropQuote, trimmed), "/")
}

// dropQuote drops quotation marks within a term, for strings.Map.
func dropQuote(r rune) rune {
	if r != '\'' && isQuote(r) {
		return -1
	}
	return r
}

// isQuote reports whether r is a quotation mark.
func isQuote(r rune) bool {
	return strings.ContainsRune("\"'`\u201C\u201D\u201E\u2018\u2019\u00AB\u00BB", r)
}

// isInvisible reports whether r is a byte order mark, a no-break space or another
// character that cannot be seen in an editor.
func isInvisible(r rune) bool {
	return strings.ContainsRune("\t\r\n\v\f\u00A0\u00AD\u200B\u200C\u200D\u2028\u2029\u202F\u2060\u3000\uFEFF", r)
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

// fixSeparator replaces "=" after a mechanism with ":", ":" after a modifier with
// "=", and drops a second one.
func fixSeparator(term string) string {
	qualifier, name, separator, value := cutTerm(term)
	if separator == "" && len(name) > 4 && (name[:3] == "ip4" || name[:3] == "ip6") && strings.IndexByte(".-_", name[3]) >= 0 {
		return qualifier + name[:3] + ":" + name[4:] // ip4.192.0.2.1
	}
	value = strings.TrimLeft(value, ":=")
	switch {
	case separator == "":
		return term
	case name == "redirect" || name == "exp":
		return name + "=" + value
	case isMechanismName(name) || mechanismMeant(name, value) != "":
		return qualifier + name + ":" + value
	}
	return term
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
	if i := strings.LastIndexByte(host, ':'); i >= 0 && strings.Trim(host[i+1:], "0123456789") == "" {
		host = host[:i]
	}
	return qualifier + name + separator + host
}

// fixMechanism replaces a misspelled name with that of a mechanism or modifier.
func fixMechanism(term string) string {
	qualifier, name, separator, value := cutTerm(term)
	if isMechanismName(name) || name == "redirect" || name == "exp" {
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
	case meant == "redirect" || meant == "exp":
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

// fixAddress puts ip4 or ip6 before an address that stands alone, or after
// another mechanism.
func fixAddress(term string) string {
	qualifier, rest := "", term
	if rest != "" && strings.IndexByte("+-~?", rest[0]) >= 0 {
		qualifier, rest = rest[:1], rest[1:]
	}
	address := rest
	if _, name, separator, value := cutTerm(rest); separator == ":" && isMechanismName(name) {
		address = value
	}
	text, _, _ := strings.Cut(address, "/")
	addr, err := netip.ParseAddr(strings.Trim(text, "[]"))
	switch {
	case err != nil:
		return term
	case addr.Is4():
		return qualifier + "ip4:" + withoutBrackets(address)
	}
	return qualifier + "ip6:" + withoutBrackets(address)
}

func withoutBrackets(s string) string { return strings.NewReplacer("[", "", "]", "").Replace(s) }

// fixNetmask replaces an IPv4 netmask with the prefix length.
func fixNetmask(term string) string {
	head, mask, ok := strings.Cut(term, "/")
	addr, err := netip.ParseAddr(mask)
	if !ok || err != nil || !addr.Is4() {
		return term
	}
	for bits := range 33 {
		p, _ := netip.AddrFrom4([4]byte{255, 255, 255, 255}).Prefix(bits)
		if p.Addr() == addr {
			return head + "/" + strconv.Itoa(bits)
		}
	}
	return term
}

// fixNetwork completes an IPv4 network that lacks parts or is written as a range
// or with a wildcard, and drops leading zeros and a port.
func fixNetwork(term string) string {
	qualifier, name, separator, value := cutTerm(term)
	if name != "ip4" || separator != ":" {
		return term
	}
	if from, to, ok := strings.Cut(value, "-"); ok {
		first, err := netip.ParseAddr(from)
		last, err2 := netip.ParseAddr(to)
		if err != nil || err2 != nil || !first.Is4() || !last.Is4() || last.Less(first) {
			return term
		}
		networks := IPSet{[]ipRange{{first, last}}}.Prefixes()
		if len(networks) != 1 {
			return term
		}
		return qualifier + "ip4:" + networks[0].String()
	}
	value, port, _ := strings.Cut(value, ":")
	if strings.Trim(port, "0123456789") != "" {
		return term
	}
	value, length, hasLength := strings.Cut(value, "/")
	parts := strings.Split(strings.TrimSuffix(value, "."), ".")
	for len(parts) > 1 && parts[len(parts)-1] == "*" {
		parts = parts[:len(parts)-1]
	}
	if len(parts) > 4 {
		return term
	}
	if !hasLength {
		length = strconv.Itoa(8 * len(parts))
	}
	if len(parts) < 4 || hasLength {
		length = "/" + length
	} else {
		length = ""
	}
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 8)
		if err != nil {
			return term
		}
		parts[i] = strconv.FormatUint(n, 10)
	}
	for len(parts) < 4 {
		parts = append(parts, "0")
	}
	return qualifier + "ip4:" + strings.Join(parts, ".") + length
}

// dropLength drops a prefix length from a mechanism that has none.
func dropLength(term string) string {
	_, name, _, _ := cutTerm(term)
	name, _, _ = strings.Cut(name, "/")
	if name != "include" && name != "exists" && name != "ptr" && name != "all" {
		return term
	}
	head, _, _ := strings.Cut(term, "/")
	return head
}

// isDomainLike reports whether a target is written as a domain name, not as a URL,
// an email address or a list.
func isDomainLike(target string) bool { return !strings.ContainsAny(target, "/:@,;\"'<>()[]\\ ") }
