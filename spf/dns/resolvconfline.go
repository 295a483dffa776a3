package dns

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// IgnoredLine is a line of resolv.conf(5), or a part of it, that has no effect.
type IgnoredLine struct {
	Line     int    // counted from 1
	Text     string // without a comment
	What     string // what is wrong
	Expected string
	Used     string // what is used instead
}

// ignore records an ignored line, unless it has no fault.
func (conf *ResolvConf) ignore(line int, text string, ignored IgnoredLine) {
	if ignored.What == "" {
		return
	}
	ignored.Line, ignored.Text = line, strings.Join(strings.Fields(text), " ")
	if ignored.Used == "" {
		ignored.Used = "the line is ignored"
	}
	conf.Ignored = append(conf.Ignored, ignored)
}

// parseServer parses the values of a nameserver line; others is the number of servers
// before it. ignored is the reason why the line, or a part of it, has no effect.
func parseServer(values []string, others int) (server netip.AddrPort, ignored IgnoredLine) {
	if len(values) == 0 {
		return server, IgnoredLine{What: "no address", Expected: "nameserver ADDRESS"}
	}
	addr, err := netip.ParseAddr(values[0])
	switch {
	case err != nil:
		return server, IgnoredLine{What: values[0] + " is not an IP address", Expected: "an address" + addressAdvice(values[0])}
	case others >= maxServers:
		return server, IgnoredLine{What: fmt.Sprintf("more than %d name servers", maxServers), Expected: "the servers to query in the first lines"}
	}
	server = netip.AddrPortFrom(addr.Unmap(), domainPort)
	if len(values) > 1 {
		ignored = IgnoredLine{What: "more than one word after nameserver", Expected: "a line for each address",
			Used: "the first address, " + values[0]}
	}
	return server, ignored
}

// addressAdvice returns what an address should be without: brackets, a comma, a
// network's length or a port.
func addressAdvice(value string) string {
	for _, extra := range []struct{ name, address string }{
		{"brackets", strings.Trim(value, "[]")},
		{"a comma, on a line for each", strings.TrimRight(value, ",;")},
		{"a length", strings.Split(value, "/")[0]},
	} {
		if _, err := netip.ParseAddr(extra.address); err == nil {
			return " without " + extra.name
		}
	}
	return portAdvice(value)
}

// portAdvice returns what to do with an address that has a port.
func portAdvice(value string) string {
	address, port, ok := strings.Cut(value, "#") // Unbound's and dnsmasq's form
	if !ok {
		server, err := netip.ParseAddrPort(value)
		if err != nil {
			return ""
		}
		address, port = server.Addr().String(), fmt.Sprint(server.Port())
	}
	if _, err := netip.ParseAddr(address); err != nil {
		return ""
	}
	return fmt.Sprintf(" without a port, which is always 53; for port %s, the argument --dns=%s in master.cf", port,
		strings.ReplaceAll(value, "#", ":"))
}

func badNumber(word string) IgnoredLine {
	name, _, _ := strings.Cut(word, ":")
	return IgnoredLine{What: word + " has no number", Expected: name + ":NUMBER", Used: "the default"}
}

// unusedOption returns why an option has no effect, unless it is one of the C
// library's (resolver(5)) that concerns nothing here.
func unusedOption(name string) IgnoredLine {
	known := []string{
		"debug", "edns0", "inet6", "ip6-bytestring", "ip6-dotint", "ndots", "no-aaaa", "no-check-names", "no-ip6-dotint",
		"no-reload", "no-tld-query", "single-request", "single-request-reopen", "trust-ad", "insecure1", "insecure2", "tcp",
	}
	if slices.Contains(known, name) {
		return IgnoredLine{}
	}
	return IgnoredLine{What: name + " is not an option of resolv.conf(5)", Expected: "timeout, attempts, rotate or use-vc",
		Used: "the option is ignored"}
}

// unusedKeyword returns why a line has no effect, unless its keyword is one that
// concerns nothing here, such as a search list: SPF's names are absolute.
func unusedKeyword(keyword string) IgnoredLine {
	if slices.Contains([]string{"domain", "search", "sortlist", "lookup", "family"}, keyword) {
		return IgnoredLine{}
	}
	const byteOrderMark = "\ufeff" // of Windows editors
	if bare, ok := strings.CutPrefix(keyword, byteOrderMark); ok {
		return IgnoredLine{What: "a byte order mark before " + bare, Expected: bare + " as the first bytes of the file"}
	}
	return IgnoredLine{What: keyword + " is not a keyword of resolv.conf(5)", Expected: "nameserver, options or search"}
}
