package conf

import (
	"fmt"
	"net/netip"
	"strings"
)

// Severity tells how sure it is that a Problem is one.
type Severity string

// The severities.
const (
	Faulty Severity = "problem" // does not do what it says
	Hint   Severity = "hint"    // may be meant so
)

// Problem is something in a configuration that an administrator should know
// of. Line is 0, and Name and Value are empty, if it is about the whole file; Name
// alone is empty if Value is a line that is no setting.
type Problem struct {
	Severity Severity `json:"severity"`
	File     string   `json:"file"`
	Line     int      `json:"line,omitempty"`
	Name     string   `json:"name,omitempty"`
	Value    string   `json:"value,omitempty"`
	What     string   `json:"what"`
	Expected string   `json:"expected,omitempty"`
	Used     string   `json:"used,omitempty"` // instead
}

// String gives the problem in one line.
func (p Problem) String() string {
	var s strings.Builder
	s.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&s, ":%d", p.Line)
	}
	fmt.Fprintf(&s, ": %s: ", p.Severity)
	switch {
	case p.Name != "":
		fmt.Fprintf(&s, "%s = %s: ", p.Name, p.Value)
	case p.Value != "":
		fmt.Fprintf(&s, "%s: ", p.Value)
	}
	s.WriteString(p.What)
	if p.Expected != "" {
		s.WriteString("; expected " + p.Expected)
	}
	if p.Used != "" {
		s.WriteString("; used: " + p.Used)
	}
	return s.String()
}

// Check gives the problems of what was loaded: bad lines first, then options
// one by one, then options that contradict each other, then the per-user file,
// which it reads.
func (l *File) Check() []Problem {
	var problems []Problem
	for _, c := range l.Diagnostics {
		problems = append(problems, c.problem(configName))
	}
	for _, o := range Options() {
		if origin, ok := l.Origins[o.Name]; ok {
			for _, p := range o.check(origin.Value) {
				problems = append(problems, p.at(origin, o.Name))
			}
		}
	}
	problems = append(problems, l.crosscheck()...)
	if l.Settings.PerUser != "" {
		problems = append(problems, l.checkPerUser()...)
	}
	return problems
}

// at gives the problem its place.
func (p Problem) at(origin Origin, name string) Problem {
	p.File, p.Line, p.Name, p.Value = origin.File, origin.Line, name, origin.Value
	return p
}

// problem makes a Problem of a complaint of a file where options have names that
// called gives.
func (c Diagnostic) problem(called func(*Option) string) Problem {
	p := Problem{Severity: Faulty, File: c.File, Line: c.Line, Name: c.Name, Value: c.Value,
		What: c.What, Expected: c.Want, Used: c.Used}
	if nearest := nearestName(c.Name, called); nearest != "" {
		p.Expected += fmt.Sprintf(" (perhaps %s)", nearest)
	}
	return p
}

// check gives what is wrong with a value that the file can set.
func (o Option) check(value string) []Problem {
	switch o.Kind {
	case Enum:
		return o.checkWord(value)
	case Address:
		if _, err := netip.ParseAddr(value); value != "" && err != nil {
			return []Problem{{Severity: Faulty, What: "not an address", Expected: "an IPv4 or IPv6 address",
				Used: "no request is checked"}}
		}
	case NetworkList:
		return checkNetworks(value)
	case List:
		return o.checkList(value)
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

func (o Option) checkWord(value string) []Problem {
	if o.Name == "Header_Type" && strings.Contains(value, "SPF") && strings.Contains(value, "AR") {
		return []Problem{{Severity: Faulty, What: "both headers at once", Expected: oneOf(o.Values), Used: "SPF"}}
	}
	for _, word := range o.Values {
		if value == word {
			return nil
		}
	}
	p := Problem{Severity: Faulty, What: "not one of its values, which are compared letter by letter",
		Expected: oneOf(o.Values), Used: o.Fallback}
	for _, word := range o.Values {
		if strings.EqualFold(value, word) {
			p.Expected = word
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
			Expected: "an address, or a network as 192.0.2.0/24 or 2001:db8::/32", Used: "the entry is passed over"}
		switch {
		case err == errHostBits:
			p.Expected = prefix.String() + ", if the whole network is meant"
		case strings.ContainsFunc(entry, IsSpace):
			p.What, p.Expected = blankIn(entry)
		}
		problems = append(problems, p)
	}
	return capProblems(problems)
}

func (o Option) checkList(value string) []Problem {
	var problems []Problem
	for _, entry := range parseList(value) {
		p := Problem{Severity: Faulty, Used: "an entry that nothing matches"}
		ascii, valid := toASCII(entry)
		switch {
		case strings.ContainsFunc(entry, IsSpace):
			p.What, p.Expected = blankIn(entry)
		case !valid:
			p.What = fmt.Sprintf("%s is not a domain name: IDNA2008 does not allow it", entry)
			p.Expected = "a domain name"
		case o.Name == "HELO_Whitelist" && strings.ToLower(ascii) != ascii:
			p.What = fmt.Sprintf("%s has capital letters, and HELO names are compared in lower case", entry)
			p.Expected = strings.ToLower(entry)
		default:
			continue
		}
		problems = append(problems, p)
	}
	return capProblems(problems)
}

// maxBadEntries bounds what is said of one list: whoever has more of them will
// repeat the check.
const maxBadEntries = 20

func capProblems(problems []Problem) []Problem {
	if len(problems) <= maxBadEntries {
		return problems
	}
	more := fmt.Sprintf("%d more entries are wrong", len(problems)-maxBadEntries)
	return append(problems[:maxBadEntries], Problem{Severity: Faulty, What: more})
}

func blankIn(entry string) (what, expected string) {
	return fmt.Sprintf("a blank in the entry %q", entry), "commas between entries"
}

func (o Option) checkNumber(value string) []Problem {
	n, _ := parseNumber(value)
	switch {
	case o.Name == "TestOnly" && n == 0:
		return []Problem{{Severity: Faulty, What: "this is test mode: nothing is rejected or deferred",
			Expected: "1 for normal operation"}}
	case o.Name == "defaultSeedOnly":
		return []Problem{{Severity: Faulty, What: "the old name of TestOnly has no effect but a warning at each request",
			Expected: "TestOnly = 0 for test mode, or nothing"}}
	case o.Name == "debugLevel" && (n < -1 || n > 5):
		return []Problem{{Severity: Hint, What: "there is no such level", Expected: "-1 to 5"}}
	case strings.HasSuffix(o.Name, "Lookup_Time") && n < 0:
		return []Problem{{Severity: Faulty, What: "no time for any lookup: each one fails", Expected: o.Default}}
	case o.Name == "Void_Limit" && n <= 0:
		return []Problem{{Severity: Faulty, What: "names without TXT records become permanent errors",
			Expected: "2 (RFC 7208, 4.6.4)"}}
	}
	return nil
}

func (o Option) checkText(value string) []Problem {
	switch {
	case o.Ignored:
		return []Problem{{Severity: Hint, What: "an option of the milter, without effect here"}}
	case o.Name == "Reason_Message":
		if _, err := ParseReasonMessage(value); err != nil {
			return []Problem{{Severity: Faulty, What: err.Error(),
				Expected: "the fields {rejectdefer}, {spf} and {url}", Used: "the default message"}}
		}
	case strings.HasSuffix(o.Name, "_pass_restriction") && value != "":
		return checkRestriction(value)
	}
	return nil
}

// checkRestriction looks whether Postfix knows the reply by itself.
func checkRestriction(value string) []Problem {
	action, _, _ := strings.Cut(value, " ")
	switch strings.ToLower(action) {
	case "ok", "permit", "reject", "defer", "defer_if_permit", "defer_if_reject", "dunno", "bcc", "discard",
		"filter", "hold", "info", "prepend", "redirect", "warn":
		return nil
	}
	if strings.HasPrefix(action, "permit_") || strings.HasPrefix(action, "reject_") || strings.HasPrefix(action, "check_") {
		return nil
	}
	return []Problem{{Severity: Hint, What: "Postfix has no such action of its own",
		Expected: action + " among smtpd_restriction_classes in main.cf"}}
}

// nearestName gives the option's name that is most like name, if one is: that
// differs in case and separators only, or in at most a third of its letters.
func nearestName(name string, called func(*Option) string) string {
	nearest, best := "", len(name)/3+1
	if name == "" || len(name) > 2*len("Mail_From_pass_restriction") {
		return ""
	}
	for _, o := range Options() {
		known := called(&o)
		if known == name {
			return ""
		}
		if d := editDistance(foldName(name), foldName(known)); known != "" && d < best {
			nearest, best = known, d
		}
	}
	return nearest
}

// foldName gives a name without what is easily mistaken in it.
func foldName(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(name))
}

// editDistance counts the octets to insert, delete or replace to make b of a.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1) // distances from the beginning of a so far
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
