package conf

import (
	"fmt"
	"strings"
)

// Severity is how certain it is that a Problem needs attention.
type Severity string

// The severities.
const (
	Faulty Severity = "problem" // does not do what it seems to say
	Hint   Severity = "hint"    // may be intended
)

// Problem is something in a configuration that an administrator should know
// about. Line is 0, and Name and Value are empty, if it is about the whole file.
// Name alone is empty if Value is a line that sets no option.
type Problem struct {
	Severity Severity `json:"severity"`
	File     string   `json:"file"`
	Line     int      `json:"line,omitempty"`
	Name     string   `json:"name,omitempty"`
	Value    string   `json:"value,omitempty"`
	What     string   `json:"what"`
	Expected string   `json:"expected,omitempty"`
	Used     string   `json:"used,omitempty"` // what is used or done instead

	// NoEffect means that the file is understood, but that an option in it, or all of
	// it, does nothing.
	NoEffect bool `json:"-"`
}

// String returns the problem as one line.
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

// Check returns the problems of the file: bad lines, single options, options that
// contradict each other, and the per-user file and the shadow configuration, which
// it reads.
func (f *File) Check() []Problem {
	problems := f.checkOptions()
	if f.Settings.ShadowConfig != "" {
		problems = append(problems, f.checkShadow()...)
	}
	return problems
}

// checkOptions returns the problems of the file and of its per-user file.
func (f *File) checkOptions() []Problem {
	var problems []Problem
	for _, d := range f.Diagnostics {
		problems = append(problems, d.problem(configName))
	}
	for _, o := range Options() {
		if origin, ok := f.Origins[o.Name]; ok {
			for _, p := range o.check(origin.Value) {
				problems = append(problems, p.at(origin, o.Name))
			}
		}
	}
	problems = append(problems, f.crosscheck()...)
	if f.Settings.PerUser != "" {
		problems = append(problems, f.checkPerUser()...)
	}
	return problems
}

// at returns the problem with the location of the option's line.
func (p Problem) at(origin Origin, name string) Problem {
	p.File, p.Line, p.Name, p.Value = origin.File, origin.Line, name, origin.Value
	return p
}

// byteOrderMark is what some editors write at the start of a file: the first name has
// it in front.
const byteOrderMark = "\ufeff"

// problem returns the diagnostic as a Problem of a file in which nameOf returns
// the options' names.
func (d Diagnostic) problem(nameOf func(*Option) string) Problem {
	p := Problem{Severity: Faulty, File: d.File, Line: d.Line, Name: d.Name, Value: d.Value,
		What: d.What, Expected: d.Want, Used: d.Used}
	if bare, ok := strings.CutPrefix(d.Name, byteOrderMark); ok {
		p.What, p.Expected = "a byte order mark before the name", bare+" as the first bytes of the file"
	} else if name := suggestName(d.Name, nameOf); name != "" {
		p.Expected += fmt.Sprintf(" (perhaps %s)", name)
	}
	return p
}
