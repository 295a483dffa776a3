package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestOutput(t *testing.T) {
	zones := tempFile(t, "zone", zone)
	for _, test := range []struct {
		name   string
		before string // content of the file; "" for no file
		args   []string
		in     string
		want   string // part of the file afterwards; "" for no file
		status int
	}{
		{name: "new file", args: []string{"--ip", "203.0.113.1", "--sender", "a@fail.example"}, want: "Rejected"},
		{name: "existing file", before: "old", args: []string{"--ip", "203.0.113.1", "--sender", "a@fail.example"}, want: "Rejected"},
		{name: "page", args: []string{"--html", "--domain", "fail.example"}, want: "</html>\n"},
		{name: "page of two requests", args: []string{"--html"}, in: request + request, want: "</article>\n<article>"},
		{name: "JSON", args: []string{"--json", "--domain", "fail.example"}, want: "\"version\": 1"},
		{name: "finding", args: []string{"--domain", "none.example"}, want: "has no SPF record", status: StatusFailed},
		{name: "error", before: "old", args: []string{"--html"}, in: "\n", want: "old", status: StatusUsage},
		{name: "error and no file", args: []string{"--html"}, in: "\n", status: StatusUsage},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "out")
			if test.before != "" {
				if err := os.WriteFile(file, []byte(test.before), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			args := append([]string{"--explain", "--zone", zones, "--output", file}, test.args...)
			stdout, stderr, status := execute(t, command(t, args...), test.in)
			if stdout != "" || status != test.status {
				t.Errorf("exit status %d, want %d; standard output %q; standard error %q", status, test.status, stdout, stderr)
			}
			got, err := os.ReadFile(file)
			if (err == nil) != (test.want != "") || !strings.Contains(string(got), test.want) || test.want != "old" && strings.Contains(string(got), "old") {
				t.Errorf("the file has %q, %v, want %q", got, err, test.want)
			}
			if info, err := os.Stat(file); err == nil && test.want != "old" && info.Mode() != outputMode {
				t.Errorf("the file's mode is %v", info.Mode())
			}
			if left := names(t, dir); len(left) > 1 || len(left) == 1 && left[0] != "out" {
				t.Errorf("the directory has %q", left)
			}
		})
	}
}

// Until the new content is complete, readers find the old one.
func TestOutputFile_isReplacedAtOnce(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "out")
	writeFile(t, name, "old")
	f, err := createOutput(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("new"); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(name); string(got) != "old" {
		t.Errorf("before commit the file has %q", got)
	}
	if err := f.commit(); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(name); string(got) != "new" {
		t.Errorf("after commit the file has %q", got)
	}
}

// A symbolic link stays, and the file that it leads to is replaced.
func TestOutputFile_symbolicLink(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	name, target := filepath.Join(dir, "out"), filepath.Join(other, "target")
	writeFile(t, target, "old")
	if err := os.Symlink(target, name); err != nil {
		t.Fatal(err)
	}
	f, err := createOutput(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("new"); err != nil {
		t.Fatal(err)
	}
	if err := f.commit(); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(target); string(got) != "new" || !slices.Equal(names(t, dir), []string{"out"}) || !slices.Equal(names(t, other), []string{"target"}) {
		t.Errorf("the target has %q; the directories have %q and %q", got, names(t, dir), names(t, other))
	}
}

// names returns the names in a directory.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// The page and the gauges of a report. A log without mail in the period has gauges,
// too: those of yesterday would be wrong.
func TestReport_forms(t *testing.T) {
	noPostfix(t)
	now := time.Now()
	line := func(at time.Time) string {
		return at.Format(time.RFC3339) + " mx policyd-spf[1]: prepend Received-SPF: Pass (x) identity=mailfrom; client-ip=192.0.2.1; helo=h.example; envelope-from=a@example.com; receiver=<UNKNOWN>\n"
	}
	recent, old := line(now.Add(-time.Hour)), line(now.Add(-48*time.Hour))
	const passes = `policyd_spf_checks{identity="mailfrom",result="pass"} `
	for _, test := range []struct {
		name, log string
		args      []string
		want      string
		status    int
	}{
		{name: "page", log: recent, args: []string{"--html"}, want: "<h1>SPF report</h1>", status: StatusFailed},
		{name: "gauges", log: recent + old, args: []string{"--prometheus"}, want: passes + "1\n"},
		{name: "gauges of another period", log: recent + old, args: []string{"--prometheus", "--since", "3d"}, want: passes + "2\n"},
		{name: "gauges until then", log: recent + old, args: []string{"--prometheus", "--since", "3d", "--until", "24h"}, want: passes + "1\n"},
		{name: "gauges of a period without mail", log: old, args: []string{"--prometheus"}, want: passes + "0\n"},
		{name: "gauges of nothing", args: []string{"--prometheus"}, want: passes + "0\n"},
		{name: "gauges of a log that cannot be read", args: []string{"--prometheus", "/nowhere/mail.log"}, status: StatusUsage},
		{name: "two forms", log: recent, args: []string{"--prometheus", "--json"}, status: StatusUsage},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "out")
			_, stderr, status := execute(t, command(t, append([]string{"--report", "--output", file}, test.args...)...), test.log)
			got, err := os.ReadFile(file)
			if status != test.status || (err == nil) != (test.want != "") || !strings.Contains(string(got), test.want) {
				t.Errorf("exit status %d, want %d; standard error %q; want %q in:\n%s", status, test.status, stderr, test.want, got)
			}
		})
	}
}

// The message names the file that was asked for, not the temporary one.
func TestCreateOutput_noDirectory(t *testing.T) {
	name := filepath.Join(t.TempDir(), "none", "out")
	_, err := createOutput(name)
	if want := fmt.Sprintf("--output %q cannot be written: no such file or directory", name); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}
