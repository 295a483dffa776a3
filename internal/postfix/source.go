package postfix

import (
	"io"
	"os"
	"path/filepath"
	"strings"
)

// maxSource bounds how much of main.cf and master.cf is read, in bytes, only to
// find lines: longer files have none.
const maxSource = 1 << 20

// Setting is a line "name = value" of main.cf, as it is there.
type Setting struct {
	Name, Value string
	Line        int // of the name, counted from 1
}

// logicalLine is a line with the lines that continue it, without comments
// (postconf(5)).
type logicalLine []physicalLine

type physicalLine struct {
	number int // counted from 1
	text   string
}

// text returns the whole line.
func (l logicalLine) text() string {
	var words []string
	for _, p := range l {
		words = append(words, p.text)
	}
	return strings.Join(words, " ")
}

// readLines reads the logical lines of a file, or nothing if it cannot be read.
func readLines(path string) []logicalLine {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxSource))
	if err != nil {
		return nil
	}
	return splitLines(string(content))
}

// splitLines splits text into logical lines: one that begins with white space
// continues the line before, empty lines and comments do not count.
func splitLines(text string) []logicalLine {
	var lines []logicalLine
	number := 0
	for line := range strings.Lines(text) {
		number++
		trimmed := strings.TrimSpace(line)
		switch physical := (physicalLine{number, trimmed}); {
		case trimmed == "" || trimmed[0] == '#':
		case strings.ContainsAny(line[:1], " \t") && len(lines) > 0:
			lines[len(lines)-1] = append(lines[len(lines)-1], physical)
		default:
			lines = append(lines, logicalLine{physical})
		}
	}
	return lines
}

// readSource finds the lines of parameters and services in their files.
func (c *Config) readSource() {
	if c.Main["config_directory"] == "" {
		return
	}
	for _, line := range readLines(c.File("main.cf")) {
		if name, value, ok := strings.Cut(line.text(), "="); ok {
			c.Settings = append(c.Settings, Setting{strings.TrimSpace(name), strings.TrimSpace(value), line[0].number})
		}
	}
	lines := readLines(c.File("master.cf"))
	for i := range c.Services {
		s := &c.Services[i]
		for _, line := range lines {
			if fields := strings.Fields(line[0].text); len(fields) > 1 && fields[0] == s.Name && fields[1] == s.Type {
				s.source = line // the last one is in force
			}
		}
	}
}

// Line returns the line of master.cf where the entry begins, or 0 if it is unknown.
func (s *Service) Line() int {
	if len(s.source) == 0 {
		return 0
	}
	return s.source[0].number
}

// lineOf returns the line of master.cf that has a word of the entry, or else that
// where the entry begins.
func (s *Service) lineOf(word string) int {
	for _, p := range s.source {
		if strings.Contains(p.text, word) {
			return p.number
		}
	}
	return s.Line()
}

// File returns the path of main.cf or master.cf.
func (c *Config) File(name string) string { return filepath.Join(c.Main["config_directory"], name) }

// MainLine returns the line of main.cf that sets a parameter, or 0 if none does. The
// last of several lines is in force.
func (c *Config) MainLine(parameter string) int {
	line := 0
	for _, s := range c.Settings {
		if s.Name == parameter {
			line = s.Line
		}
	}
	return line
}

// Place is where a parameter is set.
type Place struct {
	File string
	Line int    // 0 if no line sets it
	Name string // NAME in main.cf, SERVICE/TYPE/NAME in master.cf
}

// Place returns where a list of restrictions is set: in main.cf, or in master.cf if
// the value is not that of main.cf.
func (c *Config) Place(d SMTPD, parameter string) Place {
	if d.Service == nil || d.Parameters[parameter] == c.Main[parameter] {
		return Place{c.File("main.cf"), c.MainLine(parameter), parameter}
	}
	return Place{c.File("master.cf"), d.Service.lineOf(parameter), d.Service.ID() + "/" + parameter}
}
