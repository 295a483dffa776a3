package checkconfig

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"policyd-spf/conf"
	"policyd-spf/internal/postfix"
)

// zipped returns an archive with one empty member.
func zipped(t *testing.T, member string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	if _, err := w.Create(member); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestCheckInterpreter(t *testing.T) {
	folder := t.TempDir()
	program := func(name, content string, mode os.FileMode) string {
		path := filepath.Join(folder, name, "policyd-spf")
		if err := os.Mkdir(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	application := zipped(t, "__main__.py")
	built := program("built", "\x7fELF"+application, 0o755)
	plain := program("plain", "\x7fELF", 0o755)
	empty := program("empty", "", 0o755)
	otherArchive := program("other", "\x7fELF"+zipped(t, "README"), 0o755)
	unexecutable := program("unexecutable", "\x7fELF"+application, 0o644)
	original := program("original", "#!/usr/bin/python3\n", 0o755)

	const config = " /etc/python-policyd-spf/policyd-spf.conf"
	tests := []struct {
		name     string
		argv     string
		chroot   string
		severity conf.Severity
		what     string // "" is no problem
		expected string
	}{
		{name: "no interpreter", argv: plain},
		{name: "Python", argv: "/usr/bin/python3 " + built + config,
			severity: conf.Hint, what: "10 to 25 ms", expected: "argv=" + built + config},
		{name: "Python with a version", argv: "/usr/bin/python2.7 " + built,
			severity: conf.Hint, what: "10 to 25 ms", expected: "argv=" + built},
		{name: "PyPy with an option", argv: "/usr/bin/pypy3 -u " + built,
			severity: conf.Hint, what: "10 to 25 ms", expected: "argv=" + built},
		{name: "Python by env", argv: "/usr/bin/env -i LANG=C python3 " + built + config,
			severity: conf.Hint, what: "10 to 25 ms", expected: "argv=" + built + config},
		{name: "Python by env without a variable", argv: "/usr/bin/env -u LANG --chdir / python3 " + built + config,
			severity: conf.Hint, what: "10 to 25 ms", expected: "argv=" + built + config},
		{name: "relative to the queue directory", argv: "python3 built/policyd-spf",
			severity: conf.Hint, what: "10 to 25 ms", expected: "argv=built/policyd-spf"},
		{name: "in a chroot", argv: "/usr/bin/python3 /built/policyd-spf", chroot: "y",
			severity: conf.Hint, what: "10 to 25 ms", expected: "argv=/built/policyd-spf"},
		{name: "a binary of go install", argv: "/usr/bin/python3 " + plain,
			severity: conf.Faulty, what: "zip archive that make build appends is missing", expected: "argv=" + plain},
		{name: "an empty file", argv: "/usr/bin/python3 " + empty,
			severity: conf.Faulty, what: "zip archive that make build appends is missing", expected: "argv=" + empty},
		{name: "an archive of something else", argv: "/usr/bin/python3 " + otherArchive,
			severity: conf.Faulty, what: "zip archive that make build appends is missing", expected: "argv=" + otherArchive},
		{name: "not executable", argv: "/usr/bin/python3 " + unexecutable,
			severity: conf.Faulty, what: "not executable", expected: "argv=" + unexecutable},
		{name: "no such file", argv: "/usr/bin/python3 " + folder + "/policyd-spf",
			severity: conf.Faulty, what: "does not exist", expected: "argv=" + folder + "/policyd-spf"},
		{name: "the original", argv: "/usr/bin/python3 " + original,
			severity: conf.Hint, what: "is a script", expected: "argv=" + original},
		{name: "a shell", argv: "/bin/sh " + built,
			severity: conf.Faulty, what: "cannot run this program", expected: "argv=" + built},
		{name: "a shell by env", argv: "/usr/bin/env bash -x " + built,
			severity: conf.Faulty, what: "cannot run this program", expected: "argv=" + built},
		{name: "a command for a shell", argv: "/bin/sh -c " + built},
		{name: "env alone", argv: "/usr/bin/env GODEBUG=x policyd-spf"},
		{name: "env that splits", argv: "/usr/bin/env -S python3 " + plain},
		{name: "another starter", argv: "/usr/bin/nice " + built},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := &checker{postfix: &postfix.Config{Main: map[string]string{"config_directory": "/etc/postfix", "queue_directory": folder}}}
			c.checkInterpreter(&postfix.Service{Name: "policy-spf", Chroot: test.chroot, Argv: strings.Fields(test.argv)})
			problems := c.problems
			if test.what == "" {
				if len(problems) > 0 {
					t.Errorf("got %v, want no problem", problems)
				}
				return
			}
			if len(problems) != 1 {
				t.Fatalf("%d problems, want 1: %v", len(problems), problems)
			}
			got := problems[0]
			if got.Severity != test.severity || !strings.Contains(got.What, test.what) || got.Expected != test.expected {
				t.Errorf("got %+v, want severity %v, %q, expected %q", got, test.severity, test.what, test.expected)
			}
			if got.File != "/etc/postfix/master.cf" || got.Name != "policy-spf argv" || got.Value != test.argv {
				t.Errorf("the place is %s, %s = %s", got.File, got.Name, got.Value)
			}
		})
	}
}
