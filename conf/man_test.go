package conf

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// manOption is an option as a manual page describes it.
type manOption struct {
	name, def string // def is empty if the page says that it is unset
	hasDef    bool   // the page has a default
	values    []string
}

// manOptions returns the options of a page: the items that are commands, with the
// default and the values, which are items or follow "Values:". Items without a
// description between them share the default.
func manOptions(t *testing.T, page string) []manOption {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "man", page))
	if err != nil {
		t.Fatal(err)
	}
	var options []manOption
	group := 0 // index of the first of the items that share a description
	last := &manOption{}
	lines := strings.Split(strings.ReplaceAll(string(text), `\&`, ""), "\n")
	for i, line := range lines {
		words := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, ".Sh "): // ends the last option
			last = &manOption{}
		case strings.HasPrefix(line, ".It Ic "):
			if !strings.HasPrefix(lines[i-1], ".It Ic ") {
				group = len(options)
			}
			options = append(options, manOption{name: words[2]})
			last = &options[len(options)-1]
		case strings.HasPrefix(line, ".It Cm "):
			last.values = append(last.values, words[2])
		case strings.HasSuffix(line, "Values:"):
			values := strings.Fields(lines[i+1])[1:] // after the macro
			for _, value := range values {
				if value != "," && value != "." {
					last.values = append(last.values, value)
				}
			}
		case line == "Default:":
			def := strings.TrimSuffix(strings.TrimPrefix(lines[i+1], ".Ql "), " .")
			if lines[i+1] == "unset." {
				def = ""
			}
			for j := group; j < len(options); j++ {
				options[j].def, options[j].hasDef = def, true
			}
		}
	}
	return options
}

// The page has the names, defaults and values of Options.
func TestManConf(t *testing.T) {
	var names []string
	for _, m := range manOptions(t, "policyd-spf.conf.5") {
		names = append(names, m.name)
		o, known := find(Options(), configName, m.name)
		switch {
		case !known:
			t.Errorf("%s: no such option", m.name)
		case m.hasDef == o.Ignored:
			t.Errorf("%s: the page has a default: %v", m.name, m.hasDef)
		case m.def != o.Default:
			t.Errorf("%s: default %q in the page, %q in the table", m.name, m.def, o.Default)
		case o.Kind != Table && !slices.Equal(m.values, o.Values):
			t.Errorf("%s: values %q in the page, %q in the table", m.name, m.values, o.Values)
		}
	}
	for _, o := range Options() {
		if n := occurrences(names, o.Name); n != 1 {
			t.Errorf("%s is in the page %d times", o.Name, n)
		}
	}
}

func TestManPerUser(t *testing.T) {
	var names []string
	for _, m := range manOptions(t, "policyd-spf.peruser.5") {
		names = append(names, m.name)
		o, known := find(Options(), perUserName, m.name)
		switch {
		case !known:
			t.Errorf("%s: no such setting", m.name)
		case !slices.Equal(m.values, o.Values):
			t.Errorf("%s: values %q in the page, %q in the table", m.name, m.values, o.Values)
		}
	}
	for _, o := range Options() {
		if n := occurrences(names, o.PerUser); o.PerUser != "" && n != 1 {
			t.Errorf("%s is in the page %d times", o.PerUser, n)
		}
	}
}

func occurrences(names []string, name string) int {
	n := 0
	for _, other := range names {
		if other == name {
			n++
		}
	}
	return n
}

func TestManLint(t *testing.T) {
	mandoc, err := exec.LookPath("mandoc")
	if err != nil {
		t.Skip("mandoc is not installed")
	}
	pages, err := filepath.Glob("../man/*.[15]")
	if err != nil || len(pages) != 3 {
		t.Fatalf("pages %q, %v", pages, err)
	}
	for _, page := range pages {
		// Messages about mandoc's database, which do not matter here, are on standard error.
		out, err := exec.Command(mandoc, "-Tlint", "-Wstyle", page).Output()
		if err != nil || len(out) > 0 {
			t.Errorf("%s: %v\n%s", page, err, out)
		}
	}
}
