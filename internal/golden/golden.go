// Package golden compares what tests produce with golden text files, which the flag
// -update rewrites. Only tests import it.
package golden

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// update is the only -update flag of a test binary: package flag panics if a name is
// defined twice.
var update = flag.Bool("update", false, "rewrite the golden files")

// Updating reports whether golden files are to be rewritten, for tests whose files are
// not text.
func Updating() bool { return *update }

// Compare compares a text with a file and fails the test if they differ. With
// -update it writes the file instead, and creates its folder if necessary.
func Compare(t testing.TB, path, got string) {
	t.Helper()
	dir := filepath.Dir(path)
	if *update {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	CompareIn(t, root, filepath.Base(path), got)
}

// CompareIn is Compare for a file in an open folder, for tests that replace the file
// system around them.
func CompareIn(t testing.TB, root *os.Root, name, got string) {
	t.Helper()
	text, err := root.ReadFile(name)
	switch {
	case err == nil && string(text) == got:
	case *update && (err == nil || errors.Is(err, fs.ErrNotExist)):
		if err := root.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	case err != nil:
		t.Fatal(err)
	default:
		t.Errorf("%s differs (go test -update rewrites it) in %s", filepath.Join(root.Name(), name), firstDifference(string(text), got))
	}
}

// firstDifference describes the first line in which two different texts differ.
func firstDifference(want, got string) string {
	section := ""
	w, g := strings.SplitAfter(want, "\n"), strings.SplitAfter(got, "\n")
	for i := 0; ; i++ {
		switch {
		case i == len(w) || i == len(g) || w[i] != g[i]:
			line := func(lines []string) string {
				if i >= len(lines) || lines[i] == "" {
					return "the end of the text"
				}
				return fmt.Sprintf("%q", lines[i])
			}
			return fmt.Sprintf("line %d%s\ngot:  %s\nwant: %s", i+1, section, line(g), line(w))
		case sectionName(w[i]) != "":
			section = ", section " + sectionName(w[i])
		}
	}
}

// File is a text of sections, each after a line "-- NAME --". A description may
// precede the first section.
type File struct {
	About    string
	Sections []Section
}

// Section is a section of a File. Its text ends with a newline unless it is empty.
type Section struct{ Name, Text string }

// Read reads a file of sections.
func Read(t testing.TB, path string) File {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return parse(string(text))
}

// parse splits a text into sections.
func parse(text string) File {
	var f File
	for line := range strings.Lines(text) {
		switch name := sectionName(line); {
		case name != "":
			f.Sections = append(f.Sections, Section{Name: name})
		case len(f.Sections) == 0:
			f.About += line
		default:
			f.Sections[len(f.Sections)-1].Text += line
		}
	}
	return f
}

// sectionName returns the name in the line before a section, or "" for other lines.
func sectionName(line string) string {
	name, begins := strings.CutPrefix(line, "-- ")
	name, ends := strings.CutSuffix(name, " --\n")
	if !begins || !ends {
		return ""
	}
	return name
}

// Text returns the text of the first section with a name, or "" if there is none.
func (f File) Text(name string) string {
	for _, s := range f.Sections {
		if s.Name == name {
			return s.Text
		}
	}
	return ""
}

// String returns the file's text.
func (f File) String() string {
	var b strings.Builder
	b.WriteString(f.About)
	for _, s := range f.Sections {
		b.WriteString("-- " + s.Name + " --\n" + s.Text)
	}
	return b.String()
}
