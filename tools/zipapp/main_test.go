package main

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func archive(t *testing.T) []byte {
	t.Helper()
	a, err := application()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func file(t *testing.T, content []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "echo")
	if err := os.WriteFile(name, content, 0o755); err != nil {
		t.Fatal(err)
	}
	return name
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestAppendOnce(t *testing.T) {
	a := archive(t)
	name := file(t, []byte("\x7fELF"))
	for range 2 { // the second changes nothing
		if err := appendOnce(name, a); err != nil {
			t.Fatal(err)
		}
		if got, want := read(t, name), "\x7fELF"+string(a); string(got) != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o755 {
		t.Errorf("the mode is %v, want 0755", info.Mode().Perm())
	}
}

func TestAppendOnceRefusesAnotherArchive(t *testing.T) {
	var other bytes.Buffer
	w := zip.NewWriter(&other)
	if _, err := w.Create("__main__.py"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	before := "\x7fELF" + other.String()
	name := file(t, []byte(before))
	if err := appendOnce(name, archive(t)); err == nil {
		t.Error("no error")
	}
	if got := string(read(t, name)); got != before {
		t.Errorf("the file has become %q", got)
	}
}

func TestApplicationIsReproducible(t *testing.T) {
	a := archive(t)
	t.Setenv("TZ", "Asia/Tokyo")
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	if b := archive(t); !bytes.Equal(a, b) {
		t.Errorf("%q, then %q", a, b)
	}
}

// The archive is found after a binary, and has the two lines, uncompressed.
func TestApplicationCanBeRead(t *testing.T) {
	data := append([]byte(strings.Repeat("\x7fELF", 1000)), archive(t)...)
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.File) != 1 || r.File[0].Name != "__main__.py" || r.File[0].Method != zip.Store {
		t.Fatalf("members %+v, want __main__.py, stored", r.File)
	}
	f, err := r.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != mainPy || strings.Count(mainPy, "\n") != 2 {
		t.Errorf("__main__.py is %q, want %q, two lines", text, mainPy)
	}
}

// TestPythonRunsTheBinary runs each Python of PATH with a copy of echo(1) that has
// the application: it prints the arguments that it gets.
func TestPythonRunsTheBinary(t *testing.T) {
	echo, err := exec.LookPath("echo")
	if err != nil {
		t.Skip("no echo")
	}
	name := file(t, read(t, echo))
	if err := appendOnce(name, archive(t)); err != nil {
		t.Fatal(err)
	}
	found := false
	for _, python := range []string{"python2", "python3", "pypy", "pypy3"} {
		path, err := exec.LookPath(python)
		if err != nil || exec.Command(path, "-c", "pass").Run() != nil { // a version manager's stub fails
			continue
		}
		found = true
		for _, test := range []struct {
			name   string
			script string
			args   []string
		}{
			{name: "absolute path", script: name},
			{name: "relative path", script: filepath.Base(name)},
			{name: "relative path with a folder", script: "../" + filepath.Base(filepath.Dir(name)) + "/" + filepath.Base(name)},
			{name: "options of the interpreter", script: name, args: []string{"-u", "-E", "-s", "-B"}},
			{name: "no site module", script: name, args: []string{"-S"}},
		} {
			t.Run(python+" "+test.name, func(t *testing.T) {
				words := []string{"/etc/a b.conf", "-m", "bad\xff\xc3\xa9", ""}
				cmd := exec.Command(path, append(append(test.args, test.script), words...)...)
				cmd.Dir = filepath.Dir(name)
				cmd.Env = append(os.Environ(), "LC_ALL=C")
				out, err := cmd.CombinedOutput()
				if want := strings.Join(words, " ") + "\n"; err != nil || string(out) != want {
					t.Errorf("got %q, %v; want %q", out, err, want)
				}
			})
		}
	}
	if !found {
		t.Skip("no Python")
	}
}
