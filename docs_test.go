package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The tests that SECURITY.md names exist.
func TestSecurityNamesTests(t *testing.T) {
	functions := testFunctions(t)
	named := 0
	for i, quoted := range strings.Split(read(t, "SECURITY.md"), "`") {
		if i%2 == 0 || !strings.HasPrefix(quoted, "Test") && !strings.HasPrefix(quoted, "Fuzz") {
			continue
		}
		named++
		if !slices.Contains(functions, quoted) {
			t.Errorf("SECURITY.md names %s, which does not exist", quoted)
		}
	}
	if named == 0 {
		t.Error("SECURITY.md names no test")
	}
}

// testFunctions returns the names of the functions in all test files.
func testFunctions(t *testing.T) []string {
	t.Helper()
	var functions []string
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		text, err := os.ReadFile(name)
		for line := range strings.Lines(string(text)) {
			if rest, ok := strings.CutPrefix(line, "func "); ok {
				function, _, _ := strings.Cut(rest, "(")
				functions = append(functions, function)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return functions
}

// The README's map of a request's path names all files of policy/ and spf/, and
// no others.
func TestREADMEFileMap(t *testing.T) {
	_, rest, ok := strings.Cut(read(t, "README.md"), "<!-- way -->")
	section, _, ok2 := strings.Cut(rest, "<!-- /way -->")
	if !ok || !ok2 {
		t.Fatal("README.md has no map between <!-- way --> and <!-- /way -->")
	}
	var mapped []string
	for _, word := range strings.FieldsFunc(section, func(c rune) bool { return !('a' <= c && c <= 'z' || c == '.' || c == '_') }) {
		if strings.HasSuffix(word, ".go") {
			mapped = append(mapped, word)
		}
	}
	var files []string
	for _, pattern := range []string{"policy/*.go", "spf/*.go", "spf/dns/*.go", "spf/lint/*.go"} {
		names, _ := filepath.Glob(pattern)
		for _, name := range names {
			if base := filepath.Base(name); !strings.HasSuffix(base, "_test.go") && base != "doc.go" {
				files = append(files, base)
			}
		}
	}
	for _, name := range files {
		if !slices.Contains(mapped, name) {
			t.Errorf("%s is not in the map", name)
		}
	}
	for _, name := range mapped {
		if !slices.Contains(files, name) {
			t.Errorf("%s is in the map but does not exist", name)
		}
	}
}

// All documents name the same service, user and configuration file.
func TestDocumentsAgree(t *testing.T) {
	const configFile = "/etc/python-policyd-spf/policyd-spf.conf"
	files := []string{"README.md", "packaging/README.md", "packaging/postinstall", "Makefile"}
	for _, pattern := range []string{"man/*.[15]", "packaging/conf/*", "docs/*.md", "docs/*/*.md"} {
		names, _ := filepath.Glob(pattern)
		files = append(files, names...)
	}
	// These list the places where a configuration file is searched for.
	lists := []string{"README.md", "packaging/README.md", "man/policyd-spf.1", "man/policyd-spf.conf.5"}
	for _, rule := range []struct {
		expression string // with the name in parentheses
		name       string
		not        []string // files that the rule exempts
	}{
		{expression: `unix:private/([a-z-]+)`, name: "policy-spf"},
		{expression: `([a-z-]+spf)_time_limit`, name: "policy-spf"},
		{expression: `(?m)^ *([a-z-]*spf) +unix `, name: "policy-spf"},
		{expression: `user=([a-z-]+)`, name: "nobody"},
		{expression: `argv=\S+policyd-spf +(/\S*)`, name: configFile},
		{expression: `(?m)(?:^|[\s"])(/\S*/policyd-spf\.conf)\b`, name: configFile, not: lists},
		{expression: `(/etc/\S*)/peruser`, name: filepath.Dir(configFile)},
	} {
		found := 0
		for _, file := range files {
			if slices.Contains(rule.not, file) {
				continue
			}
			for _, m := range regexp.MustCompile(rule.expression).FindAllStringSubmatch(strings.ReplaceAll(read(t, file), `\-`, "-"), -1) {
				found++
				if m[1] != rule.name {
					t.Errorf("%s: %q, want %s", file, m[0], rule.name)
				}
			}
		}
		if found == 0 {
			t.Errorf("no document matches %s", rule.expression)
		}
	}
}

// The README requires the Go version of go.mod.
func TestREADMENamesGo(t *testing.T) {
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "go.mod"))
	if version == nil {
		t.Fatal("go.mod has no go line")
	}
	named := regexp.MustCompile(`\bGo (1\.\d+)`).FindAllStringSubmatch(read(t, "README.md"), -1)
	if len(named) == 0 {
		t.Error("README.md names no Go version")
	}
	for _, m := range named {
		if m[1] != version[1] {
			t.Errorf("README.md says %s, go.mod %s", m[0], version[1])
		}
	}
}

// section returns the rows of the table in a section of docs/differences.md as
// cells, without the header.
func section(t *testing.T, title string) (rows [][]string) {
	t.Helper()
	_, rest, ok := strings.Cut(read(t, "docs/differences.md"), "\n## "+title+"\n")
	if !ok {
		t.Fatalf("docs/differences.md has no section %q", title)
	}
	rest, _, _ = strings.Cut(rest, "\n## ")
	for line := range strings.Lines(rest) {
		if line, ok := strings.CutPrefix(strings.TrimSpace(line), "| "); ok && !strings.HasPrefix(line, "| ") {
			rows = append(rows, strings.Split(strings.TrimSuffix(line, " |"), " | "))
		}
	}
	if len(rows) == 0 {
		t.Fatalf("section %q has no table", title)
	}
	return rows
}

// codeSpans returns the quoted parts of a cell.
func codeSpans(cell string) (spans []string) {
	for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cell, -1) {
		spans = append(spans, m[1])
	}
	return spans
}

// Each row agrees with the transcripts that it names, or names a test that exists.
// The tests of package policy compare these transcripts with the program.
func TestDifferencesFrom202(t *testing.T) {
	functions := testFunctions(t)
	for _, row := range section(t, "pypolicyd-spf 2.0.2") {
		if len(row) != 4 {
			t.Errorf("%d cells, want 4: %q", len(row), row)
			continue
		}
		var transcripts strings.Builder
		holders := codeSpans(row[3])
		for _, name := range holders {
			if strings.HasPrefix(name, "Test") {
				if !slices.Contains(functions, name) {
					t.Errorf("%s: test %s does not exist", row[0], name)
				}
				continue
			}
			transcripts.WriteString(read(t, "testdata/transcripts/"+name+".txt"))
		}
		quotes := codeSpans(row[2])
		if len(holders) == 0 || transcripts.Len() > 0 && len(quotes) == 0 && !strings.Contains(row[3], "`Test") {
			t.Errorf("%s: no test or quotation proves it", row[0])
		}
		for _, quote := range quotes {
			if !strings.Contains(transcripts.String(), quote) {
				t.Errorf("%s: no transcript of %q has %q", row[0], holders, quote)
			}
		}
	}
}

// Each row agrees with the transcripts of both programs: what a cell quotes is in
// its program's transcript and not in the other's. The tests in e2e compare the
// transcripts with the programs.
func TestDifferencesFrom304(t *testing.T) {
	theirs, ours := read(t, "e2e/testdata/spf-engine-3.0.4.txt"), read(t, "e2e/testdata/policyd-spf.txt")
	for _, row := range section(t, "spf-engine 3.0.4") {
		if len(row) != 3 {
			t.Errorf("%d cells, want 3: %q", len(row), row)
			continue
		}
		quotes := 0
		for _, side := range []struct{ cell, transcript, other string }{{row[1], theirs, ours}, {row[2], ours, theirs}} {
			for _, quote := range codeSpans(side.cell) {
				quotes++
				if !strings.Contains(side.transcript, quote) {
					t.Errorf("%s: the transcript does not have %q", row[0], quote)
				}
				if strings.Contains(side.other, quote) {
					t.Errorf("%s: the other transcript has %q too", row[0], quote)
				}
			}
		}
		if quotes == 0 {
			t.Errorf("%s: no cell quotes a transcript", row[0])
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
