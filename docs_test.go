package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"policyd-spf/internal/golden"
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

// The files, folders and tests that CONTRIBUTING.md names exist.
func TestContributingNamesFiles(t *testing.T) {
	functions := testFunctions(t)
	file := regexp.MustCompile(`^[a-z.][\w./-]*(/|\.\w+|/[\w.]+)$`)
	for _, name := range codeSpans(read(t, "CONTRIBUTING.md")) {
		switch {
		case strings.HasPrefix(name, "Test"):
			if !slices.Contains(functions, name) {
				t.Errorf("%s does not exist", name)
			}
		case strings.HasPrefix(name, "testdata/fuzz"), name == "testing/synctest": // of any package, and of Go
		case file.MatchString(name) && strings.Contains(name, "/"):
			if _, err := os.Stat(name); err != nil {
				t.Error(err)
			}
		}
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

// The map in docs/architecture.md lists every Go file of the main module, below
// its folder, and no other file.
func TestFileMap(t *testing.T) {
	_, rest, ok := strings.Cut(read(t, "docs/architecture.md"), "<!-- map -->")
	text, _, ok2 := strings.Cut(rest, "<!-- /map -->")
	if !ok || !ok2 {
		t.Fatal("docs/architecture.md has no map between <!-- map --> and <!-- /map -->")
	}
	folder := ""
	mapped := make(map[string]bool)
	goFile := regexp.MustCompile(`[a-z0-9_]+\.go\b`)
	indented := regexp.MustCompile(`^(    \S+/|      \S.*|                        \S.*)$`)
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\n"); line != "" && !indented.MatchString(line) {
			t.Errorf("indentation of %q, want 4 columns for a folder, 6 for a file, 24 for more of them", line)
		}
		if line = strings.TrimSpace(line); strings.HasSuffix(line, "/") {
			folder = filepath.Clean(line)
		}
		for _, name := range goFile.FindAllString(line, -1) {
			name = filepath.Join(folder, name)
			if mapped[name] {
				t.Errorf("%s is in the map twice", name)
			}
			mapped[name] = true
		}
	}
	files := goFiles(t)
	for name := range files {
		if !mapped[name] && filepath.Base(name) != "doc.go" {
			t.Errorf("%s is not in the map", name)
		}
	}
	for name := range mapped {
		if files[name] == nil {
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
	lists := []string{"docs/explain.md", "packaging/README.md", "man/policyd-spf.1", "man/policyd-spf.conf.5"}
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

// Each row of docs/claims.md quotes the README or docs/migrating.md, and names tests
// that exist.
func TestClaims(t *testing.T) {
	words := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	functions := testFunctions(t)
	quoted := ""
	tables := 0
	for _, row := range tableRows(read(t, "docs/claims.md")) {
		if len(row) != 2 {
			t.Errorf("%d cells, want 2: %q", len(row), row)
			continue
		}
		if row[1] == "held by" {
			file := map[string]string{"the README says": "README.md", "migrating.md says": "docs/migrating.md"}[row[0]]
			quoted = words(read(t, file))
			tables++
			continue
		}
		if !strings.Contains(quoted, words(row[0])) {
			t.Errorf("the document does not say %q", row[0])
		}
		holders := 0
		for _, name := range codeSpans(row[1]) {
			if !strings.HasPrefix(name, "Test") && !strings.HasPrefix(name, "Fuzz") {
				continue // a transcript
			}
			holders++
			if !slices.Contains(functions, name) {
				t.Errorf("%q: %s does not exist", row[0], name)
			}
		}
		if holders == 0 {
			t.Errorf("%q: no test holds it", row[0])
		}
	}
	if tables != 2 {
		t.Errorf("docs/claims.md has %d tables, want 2", tables)
	}
}

// tableRows returns the cells of the Markdown tables in text, without the lines
// below the headers.
func tableRows(text string) (rows [][]string) {
	for line := range strings.Lines(text) {
		if line, ok := strings.CutPrefix(strings.TrimSpace(line), "| "); ok && !strings.HasPrefix(line, "| ") {
			rows = append(rows, strings.Split(strings.TrimSuffix(line, " |"), " | "))
		}
	}
	return rows
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
	rows = tableRows(rest)
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

// Each row quotes replies or log lines of the transcripts that it names, or names a
// test that exists.
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
			for _, s := range golden.Read(t, "testdata/transcripts/"+name+".txt").Sections {
				if s.Name == "reply" || s.Name == "log" || s.Name == "end" {
					transcripts.WriteString(s.Text)
				}
			}
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
		for _, side := range []struct{ cell, transcript, other string }{{cell: row[1], transcript: theirs, other: ours}, {cell: row[2], transcript: ours, other: theirs}} {
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

// The files that the comment in a doc.go names exist, and a comment that lists files
// lists all of them.
func TestPackageDocumentationListsFiles(t *testing.T) {
	paths, err := filepath.Glob("*/doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{"*/*/doc.go", "*/*/*/doc.go"} {
		more, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, more...)
	}
	if len(paths) < 10 {
		t.Fatalf("%d doc.go files", len(paths))
	}
	for _, path := range paths {
		named := regexp.MustCompile(`\b\w+\.go\b`).FindAllString(read(t, path), -1)
		folder := filepath.Dir(path)
		for _, name := range named {
			if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
		const list = 5 // a sentence may name fewer
		if len(named) < list {
			continue
		}
		files, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			name := filepath.Base(file)
			isTest := strings.HasSuffix(name, "_test.go")
			if name != "doc.go" && !slices.Contains(named, name) && (!isTest || strings.Contains(strings.Join(named, " "), "_test.go")) {
				t.Errorf("%s does not list %s", path, name)
			}
		}
	}
}
