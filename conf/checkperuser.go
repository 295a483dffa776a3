package conf

import (
	"fmt"
	"strings"
)

// maxPerUserProblems limits the problems that are reported for a per-user file: an
// administrator with more corrects some and checks again.
const maxPerUserProblems = 100

// checkPerUser returns the problems of the per-user file, from all of its lines.
func (f *File) checkPerUser() []Problem {
	p := NewPerUser(f.Settings.PerUser)
	if d, ok := p.reload(); !ok {
		q := d.problem(perUserName)
		if TrimSpace(p.path) != p.path {
			q.Expected = "text,PATH without a space"
		}
		return []Problem{f.Place("Per_User", q)}
	}
	var problems []Problem
	for number := range len(p.table.starts) {
		line := p.table.line(number + 1)
		if line == "" {
			continue
		}
		problems = append(problems, p.checkLine(line, number+1)...)
		if len(problems) >= maxPerUserProblems {
			return append(problems[:maxPerUserProblems], Problem{Severity: Faulty, File: p.path, Line: number + 1,
				What: "the rest of the file was not checked"})
		}
	}
	return problems
}

func (p *PerUser) checkLine(line string, number int) []Problem {
	at := func(q Problem) Problem {
		q.File, q.Line = p.path, number
		return q
	}
	user, settings, ok := cutUser(line)
	if !ok {
		return []Problem{at(Problem{Severity: Faulty, Value: line, What: "no comma after the user",
			Expected: "user,settings", Used: "the line is ignored"})}
	}
	var problems []Problem
	if what, expected := checkUser(user); what != "" {
		problems = append(problems, at(Problem{Severity: Faulty, Name: "user", Value: user, What: what, Expected: expected}))
	}
	if strings.ToLower(user) != user {
		problems = append(problems, at(Problem{Severity: Faulty, Name: "user", Value: user,
			What: "recipients are compared in lower case, so this never matches", Expected: strings.ToLower(user)}))
	}
	if _, first := p.table.find(user); first != number {
		problems = append(problems, at(Problem{Severity: Faulty, Name: "user", Value: user,
			What: fmt.Sprintf("the user is in line %d already", first), Used: "the first line"}))
	}
	u := UserSettings{Line: number}
	p.apply(&u, settings)
	for _, d := range u.Diagnostics {
		problems = append(problems, d.problem(perUserName))
	}
	set := make(map[string]bool)
	for setting := range strings.SplitSeq(settings, "|") {
		name, value, _ := strings.Cut(setting, "=")
		option, known := find(p.options, perUserName, name)
		if known && set[name] {
			problems = append(problems, at(Problem{Severity: Faulty, Name: name, Value: value, What: "set before in this line", Expected: "each setting once", Used: "the last one that is valid"}))
		}
		set[name] = true
		if !known || option.PerUserIgnored || strings.Contains(value, "=") || !option.valid(value) {
			continue
		}
		for _, q := range option.check(value) {
			q.Name, q.Value = name, value
			problems = append(problems, at(q))
		}
	}
	return problems
}

// checkUser returns what prevents an entry from matching a recipient, and what is
// expected instead. A recipient without @ is a local one.
func checkUser(user string) (what, expected string) {
	local, domain, hasAt := strings.Cut(user, "@")
	switch {
	case strings.HasPrefix(user, byteOrderMark):
		return "a byte order mark before it, so this never matches", strings.TrimPrefix(user, byteOrderMark) + " as the first bytes of the file"
	case strings.Contains(user, "*"):
		return "an asterisk stands for itself, so this never matches", "the address of one recipient"
	case hasAt && (local == "" || domain == ""):
		return "not a whole address, so this never matches", "the address of one recipient"
	case strings.ContainsAny(user, "<>"):
		return "recipients have no angle brackets, so this never matches", strings.Trim(user, "<>")
	case hasAt && strings.HasSuffix(domain, "."):
		return "recipients have no final dot, so this never matches", strings.TrimRight(user, ".")
	}
	return "", ""
}
