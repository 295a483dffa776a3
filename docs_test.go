package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestSecurityNamesTests holds that the tests which SECURITY.md names are there.
func TestSecurityNamesTests(t *testing.T) {
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
	named := 0
	for i, quoted := range strings.Split(read(t, "SECURITY.md"), "`") {
		if i%2 == 0 || !strings.HasPrefix(quoted, "Test") && !strings.HasPrefix(quoted, "Fuzz") {
			continue
		}
		named++
		if !slices.Contains(functions, quoted) {
			t.Errorf("there is no %s", quoted)
		}
	}
	if named == 0 {
		t.Error("no test is named")
	}
}

// TestWay holds that the README's drawing of a request's way names all files of
// policy/ and spf/, and none that is not there.
func TestWay(t *testing.T) {
	_, rest, ok := strings.Cut(read(t, "README.md"), "<!-- way -->")
	drawing, _, ok2 := strings.Cut(rest, "<!-- /way -->")
	if !ok || !ok2 {
		t.Fatal("the marks of the drawing are not there")
	}
	var drawn []string
	for _, word := range strings.FieldsFunc(drawing, func(c rune) bool { return !('a' <= c && c <= 'z' || c == '.' || c == '_') }) {
		if strings.HasSuffix(word, ".go") {
			drawn = append(drawn, word)
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
		if !slices.Contains(drawn, name) {
			t.Errorf("%s is not in the drawing", name)
		}
	}
	for _, name := range drawn {
		if !slices.Contains(files, name) {
			t.Errorf("%s is in the drawing, but not there", name)
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
