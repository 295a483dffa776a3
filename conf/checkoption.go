package conf

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"

	"policyd-spf/internal/idn"
)

// maxBadEntries limits the problems of one list. Whoever has more corrects some
// and checks again.
const maxBadEntries = 20

// check returns the problems of a valid value.
func (o Option) check(value string) []Problem {
	switch o.Kind {
	case Enum:
		return o.checkEnum(value)
	case Address:
		if _, err := netip.ParseAddr(value); value != "" && err != nil {
			return []Problem{{Severity: Faulty, What: "not an address", Expected: "an IPv4 or IPv6 address",
				Used: "no request is checked"}}
		}
	case NetworkList:
		return checkNetworks(value)
	case List:
		return o.checkDomains(value)
	case Number:
		return o.checkNumber(value)
	case Bool:
		if o.Name == "Mock" && parseBool(value) {
			return []Problem{{Severity: Faulty, What: "nothing is checked, every reply is a mock", Expected: "False"}}
		}
	case Text:
		return o.checkText(value)
	}
	return nil
}

func (o Option) checkEnum(value string) []Problem {
	switch {
	case slices.Contains(o.Values, value):
		return nil
	case o.Name == "Header_Type" && strings.Contains(value, "SPF") && strings.Contains(value, "AR"):
		return []Problem{{Severity: Faulty, What: "both header fields at once", Expected: oneOf(o.Values), Used: "SPF"}}
	}
	p := Problem{Severity: Faulty, What: "not one of the values, which are case-sensitive",
		Expected: oneOf(o.Values), Used: o.Fallback}
	for _, known := range o.Values {
		if strings.EqualFold(value, known) {
			p.Expected = known
		}
	}
	return []Problem{p}
}

func oneOf(words []string) string { return "one of " + strings.Join(words, ", ") }

func checkNetworks(value string) []Problem {
	var problems []Problem
	for _, entry := range parseList(value) {
		prefix, err := parseNetwork(entry)
		if err == nil {
			continue
		}
		p := Problem{Severity: Faulty, What: fmt.Sprintf("%s is %v", entry, err),
			Expected: "an address, or a network such as 192.0.2.0/24 or 2001:db8::/32", Used: "the entry is ignored"}
		switch {
		case err == errHostBits:
			p.Expected = prefix.String() + ", if the whole network is meant"
		case strings.ContainsFunc(entry, IsSpace):
			p.What, p.Expected = spaceIn(entry)
		}
		problems = append(problems, p)
	}
	return capProblems(problems)
}

// checkDomains returns the problems of a list of domain names.
func (o Option) checkDomains(value string) []Problem {
	var problems []Problem
	for _, entry := range parseList(value) {
		ascii, valid := idn.ToASCII(entry)
		p := Problem{Severity: Faulty, Used: "the entry matches nothing"}
		switch {
		case strings.ContainsFunc(entry, IsSpace):
			p.What, p.Expected = spaceIn(entry)
		case !valid:
			p.What, p.Expected = entry+" is not a domain name that IDNA2008 allows", "a domain name"
		case o.Name == "HELO_Whitelist" && strings.ToLower(ascii) != ascii:
			p.What = entry + " has capital letters, but HELO names are compared in lower case"
			p.Expected = strings.ToLower(entry)
		default:
			continue
		}
		problems = append(problems, p)
	}
	return capProblems(problems)
}

func capProblems(problems []Problem) []Problem {
	if len(problems) <= maxBadEntries {
		return problems
	}
	more := fmt.Sprintf("%d more entries are wrong", len(problems)-maxBadEntries)
	return append(problems[:maxBadEntries], Problem{Severity: Faulty, What: more})
}

func spaceIn(entry string) (what, expected string) {
	return fmt.Sprintf("a space in the entry %q", entry), "commas between entries"
}

func (o Option) checkNumber(value string) []Problem {
	n, _ := parseNumber(value)
	switch {
	case o.Name == "TestOnly" && n == 0:
		return []Problem{{Severity: Faulty, What: "this is test mode: nothing is rejected or deferred",
			Expected: "1 for normal operation"}}
	case o.Name == "defaultSeedOnly":
		return []Problem{{Severity: Faulty, What: "the old name of TestOnly only logs a warning for each request",
			Expected: "TestOnly = 0 for test mode, or nothing"}}
	case o.Name == "debugLevel" && (n < -1 || n > 5):
		return []Problem{{Severity: Hint, What: "there is no such level", Expected: "-1 to 5"}}
	case strings.HasSuffix(o.Name, "Lookup_Time") && n < 0:
		return []Problem{{Severity: Faulty, What: "no time for lookups: every one fails", Expected: o.Default}}
	case o.Name == "Void_Limit" && n <= 0:
		return []Problem{{Severity: Faulty, What: "a name without TXT records is a permanent error",
			Expected: "2 (RFC 7208, 4.6.4)"}}
	}
	return nil
}

func (o Option) checkText(value string) []Problem {
	switch {
	case o.Ignored:
		return []Problem{{Severity: Hint, What: "an option of the spf-engine milter, without effect here"}}
	case o.Name == "Reason_Message":
		if _, err := ParseReasonMessage(value); err != nil {
			return []Problem{{Severity: Faulty, What: err.Error(),
				Expected: "the fields {rejectdefer}, {spf} and {url}", Used: "the default message"}}
		}
	case o.Name == "Shadow_Config" && value != "" && !filepath.IsAbs(value):
		return []Problem{{Severity: Faulty, What: "not an absolute path", Expected: "a path that starts with /",
			Used: "the path below the directory in which the program runs"}}
	case strings.HasSuffix(o.Name, "_restriction") && value != "":
		return checkRestriction(value)
	}
	return nil
}

// checkRestriction returns a hint if the reply is none of the actions that Postfix
// defines in access(5).
func checkRestriction(value string) []Problem {
	action, _, _ := strings.Cut(value, " ")
	switch strings.ToLower(action) {
	case "ok", "permit", "reject", "defer", "defer_if_permit", "defer_if_reject", "dunno", "bcc", "discard",
		"filter", "hold", "info", "prepend", "redirect", "warn":
		return nil
	}
	for _, prefix := range []string{"permit_", "reject_", "check_"} {
		if strings.HasPrefix(action, prefix) {
			return nil
		}
	}
	return []Problem{{Severity: Hint, What: "not an action that Postfix defines",
		Expected: action + " in smtpd_restriction_classes of main.cf"}}
}
