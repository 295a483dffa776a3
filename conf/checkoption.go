package conf

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"

	"policyd-spf/internal/idn"
)

// maxBadEntries limits the problems that are reported for one list: an administrator
// with more corrects some and checks again.
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
		if err == nil && prefix.Bits() == 0 {
			problems = append(problems, Problem{Severity: Faulty, What: entry + " contains every address of its family: none is checked",
				Expected: "the networks of your own hosts"})
		}
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
		p := Problem{Severity: Faulty, Used: "the entry matches nothing"}
		if o.checkDomain(entry, &p); p.What != "" {
			problems = append(problems, p)
		}
	}
	return capProblems(problems)
}

// checkDomain sets in p what prevents an entry of a list of domain names from
// matching, or from matching what it seems to match. How names are compared depends
// on the list.
func (o Option) checkDomain(entry string, p *Problem) {
	var (
		bare      = strings.TrimPrefix(entry, ".") // some lists take a leading dot for all subdomains
		name      = strings.TrimPrefix(strings.TrimPrefix(entry, "*"), ".")
		at        = strings.LastIndexByte(entry, '@')
		isWild    = entry == "*."+name || entry == "."+name
		ofParents = o.Name == "Reject_Not_Pass_Domains" // an entry holds for the domains above it
		takesDot  = o.Name == "Domain_Whitelist_PTR" || o.Name == "Skip_Sender_Domains"
		isLiteral = o.Name == "Skip_Sender_Domains" && strings.HasPrefix(entry, "[") // of a sender (RFC 5321, 4.1.3)
	)
	ascii, valid := idn.ToASCII(bare)
	switch {
	case strings.ContainsFunc(entry, IsSpace):
		p.What, p.Expected = spaceIn(entry)
	case !valid:
		p.What, p.Expected = entry+" is not a domain name that IDNA2008 allows", "a domain name"
	case strings.Trim(entry, ".") == "":
		p.What, p.Expected = entry+" is not a domain name", "a domain name"
	case isLiteral:
	case isAddress(entry):
		p.What, p.Expected = entry+" is an address among names", "skip_addresses or Whitelist"
		if ofParents {
			p.Expected = "a domain name"
		}
	case at >= 0 && o.Name == "Domain_Whitelist":
		p.Severity = Hint
		p.What, p.Expected, p.Used = "the part before @ means nothing", entry[at+1:], "the record of "+entry[at+1:]
	case at >= 0:
		p.What, p.Expected = entry+" is a mail address, but domain names are compared", entry[at+1:]
	case ofParents && isWild && name != "" && !strings.Contains(name, "*"):
		p.What, p.Expected, p.Used = entry+" does not apply to subdomains", "each subdomain", name+" and the domains above it"
	case strings.Contains(entry, "*"):
		p.What, p.Expected = entry+" has an asterisk, which stands for itself", o.withoutAsterisk(entry)
	case strings.ContainsAny(entry, "/:;\"<>()[]"):
		p.What, p.Expected = entry+" is not a domain name", "a domain name"
	case strings.HasSuffix(entry, ".") && o.Name != "Domain_Whitelist": // a lookup takes it
		p.What, p.Expected = entry+" has a final dot, but names are compared without one", strings.TrimRight(entry, ".")
	case o.Name == "HELO_Whitelist" && strings.ToLower(ascii) != ascii:
		p.What, p.Expected = entry+" has capital letters, but HELO names are compared in lower case", strings.ToLower(entry)
	case bare != entry && !takesDot:
		p.What, p.Expected = entry+" begins with a dot, as no name does", bare
	}
}

// isAddress reports whether an entry is an IP address or a network.
func isAddress(entry string) bool {
	_, err := netip.ParseAddr(strings.Trim(entry, "[]"))
	_, networkErr := parseNetwork(entry)
	return err == nil || networkErr == nil || networkErr == errHostBits
}

// withoutAsterisk returns what is meant by an entry such as *.example.com.
func (o Option) withoutAsterisk(entry string) string {
	name := strings.TrimPrefix(strings.TrimPrefix(entry, "*"), ".")
	switch {
	case name == "" || strings.Contains(name, "*"):
		return "a domain name"
	case o.Name == "Domain_Whitelist_PTR" || o.Name == "Skip_Sender_Domains":
		return "." + name + ", which matches subdomains"
	}
	return name
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
		return []Problem{{Severity: Faulty, NoEffect: true, What: "this is test mode: nothing is rejected or deferred",
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
	}
	return nil
}
