package cli

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"policyd-spf/internal/mailstream"
)

// reportLog returns a log in which rejecting is safe, or not.
func reportLog(t *testing.T, safe bool) string {
	t.Helper()
	p := mailstream.Typical(1)
	p.Days = 8
	if safe {
		p.Forwarders, p.Lists, p.Misconfigureds, p.BackupMXs, p.OwnHosts, p.Newsletters = 0, 0, 0, 0, 0, 0
	}
	var b strings.Builder
	if err := mailstream.Generate(p).WriteLog(&b, mailstream.LogOptions{RFC3339: true, DMARC: true}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// noPostfix keeps postconf(1) of this host out of a test.
func noPostfix(t *testing.T) { t.Setenv("PATH", t.TempDir()) }

func TestReport(t *testing.T) {
	noPostfix(t)
	t.Chdir(t.TempDir())
	safe, unsafe := reportLog(t, true), reportLog(t, false)
	half := strings.Index(safe[len(safe)/2:], "\n") + len(safe)/2 + 1
	writeFile(t, "safe.log", safe)
	writeFile(t, "unsafe.log", unsafe)
	writeFile(t, "safe.log.gz", gzipped(t, safe))
	writeFile(t, "new.log", safe[half:])
	writeFile(t, "old.log.gz", gzipped(t, safe[:half]))
	writeFile(t, "cut.gz", gzipped(t, unsafe)[:5000])
	writeFile(t, "other.log", "Nov  2 10:11:12 mx sshd[1]: Server listening\n")
	writeFile(t, "empty", "")
	writeFile(t, "good.conf", "Mail_From_reject = Softfail\n")
	writeFile(t, "idle.conf", "HELO_reject = False\nMail_From_reject = False\nPermError_reject = True\n")
	writeFile(t, "test.conf", "TestOnly = 0\n")
	writeFile(t, "bad.conf", "Mail_From_reject = Softfail\nTestOnly = maybe\n")
	if err := os.Mkdir("folder", 0o755); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		args   []string
		in     string
		status int
		out    []string // in standard output
		err    []string // lines of standard error, or their beginnings
	}{
		{name: "safe", args: []string{"safe.log"}, status: 0, out: []string{"Rejecting is safe: Mail_From_reject = SPF_Not_Pass"}},
		{name: "unsafe", args: []string{"unsafe.log"}, status: 1, out: []string{"Rejecting is not safe yet"}},
		{name: "gzip", args: []string{"safe.log.gz"}, status: 0, out: []string{"Rejecting is safe"}},
		{name: "standard input", in: safe, status: 0, out: []string{"Rejecting is safe"}},
		{name: "gzip on standard input", args: []string{"-"}, in: gzipped(t, safe), status: 0, out: []string{"Rejecting is safe"}},
		{name: "rotated files in any order", args: []string{"new.log", "old.log.gz"}, status: 0, out: []string{"Rejecting is safe"}},
		{name: "half of the time", args: []string{"new.log"}, status: 1, out: []string{"Not yet"}},
		{name: "brief", args: []string{"--brief", "safe.log"}, status: 0, out: []string{"Rejecting is safe"}},
		{name: "what-if", args: []string{"--what-if", "good.conf", "safe.log"}, status: 0, out: []string{"What if good.conf were in force"}},
		{name: "broken what-if", args: []string{"--what-if", "bad.conf", "safe.log"}, status: 2, err: []string{`policyd-spf: --what-if: bad.conf:2: problem: TestOnly = maybe: bad number; expected a whole number`}},
		{name: "what-if with an option without effect", args: []string{"--what-if", "idle.conf", "safe.log"}, status: 0, out: []string{"What if idle.conf were in force 0 of "},
			err: []string{`policyd-spf: --what-if: idle.conf:3: problem: PermError_reject = True: no permanent error is rejected`}},
		{name: "what-if in test mode", args: []string{"--what-if", "test.conf", "safe.log"}, status: 0, out: []string{"What if test.conf were in force 0 of "},
			err: []string{`policyd-spf: --what-if: test.conf:1: problem: TestOnly = 0: this is test mode`}},
		{name: "missing what-if", args: []string{"--what-if", "none.conf", "safe.log"}, status: 2, err: []string{"policyd-spf: --what-if none.conf cannot be read: no such file or directory"}},
		{name: "what-if is a directory", args: []string{"--what-if", "folder", "safe.log"}, status: 2, err: []string{"policyd-spf: --what-if folder is not a regular file"}},
		{name: "a missing file beside a good one", args: []string{"none.log", "safe.log"}, status: 0, out: []string{"Rejecting is safe"}, err: []string{"policyd-spf: none.log: no such file or directory"}},
		{name: "a directory beside a good file", args: []string{"safe.log", "folder"}, status: 0, out: []string{"Rejecting is safe"}, err: []string{"policyd-spf: folder: is a directory; name the logs in it"}},
		{name: "gzip cut short", args: []string{"cut.gz"}, status: 1, out: []string{"Not yet"}, err: []string{"policyd-spf: cut.gz: the compressed file is cut short; what could be read counts"}},
		{name: "a file without our lines", args: []string{"other.log", "safe.log"}, status: 0, err: []string{"policyd-spf: other.log: no line of a policy server"}},
		{name: "nothing usable", args: []string{"other.log"}, status: 2, err: []string{"policyd-spf: other.log: no line of a policy server", "policyd-spf: no message of a policy server was found;"}},
		{name: "an empty file", args: []string{"empty"}, status: 2, err: []string{"policyd-spf: empty: no line of a policy server", "policyd-spf: no message"}},
		{name: "nothing in the period", args: []string{"--until", "2020-01-01", "safe.log"}, status: 2, err: []string{"policyd-spf: no message of a policy server was found in the period of --since and --until;"}},
		{name: "since after until", args: []string{"--until", "2020-01-01", "--since", "2021-01-01", "safe.log"}, status: 2, err: []string{"policyd-spf: --until 2020-01-01 is before --since 2021-01-01"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			out, stderr, status := execute(t, command(t, append([]string{"--report"}, test.args...)...), test.in)
			if status != test.status {
				t.Errorf("exit status %d, want %d", status, test.status)
			}
			flat := strings.Join(strings.Fields(out), " ")
			for _, want := range test.out {
				if !strings.Contains(flat, want) {
					t.Errorf("%q is not in\n%s", want, out)
				}
			}
			if test.status == 2 && out != "" {
				t.Errorf("unexpected output %q", out)
			}
			lines := slices.Collect(strings.Lines(stderr))
			if len(lines) != len(test.err) {
				t.Fatalf("standard error %q, want %q", stderr, test.err)
			}
			for i, want := range test.err {
				if !strings.HasPrefix(lines[i], want) {
					t.Errorf("standard error %q, want %q", lines[i], want)
				}
			}
		})
	}
}

func TestReport_json(t *testing.T) {
	noPostfix(t)
	t.Chdir(t.TempDir())
	writeFile(t, "tried.conf", "HELO_reject = False\nMail_From_reject = Fail\n")
	out, stderr, status := execute(t, command(t, "--report", "--json", "--list", "--what-if", "tried.conf", "--own", "example.org,example.net"), reportLog(t, false))
	if status != 1 || stderr != "" {
		t.Fatalf("exit status %d, standard error %q", status, stderr)
	}
	var got struct {
		Version  int
		Messages int
		Settings []struct {
			Option, Value string
			Refused       int
		}
		WhatIf []struct {
			Config                     string
			Refused, Deferred, Unknown int
			Messages                   []struct{ Time, Client, Action, Option, Value string }
		} `json:"what_if"`
		Findings []struct {
			Kind    string
			Clients []string
		}
		Advice struct{ Safe *bool }
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if got.Version != 1 || got.Messages == 0 || len(got.Findings) == 0 || got.Advice.Safe == nil || len(got.WhatIf) != 1 {
		t.Fatalf("%+v", got)
	}
	w := got.WhatIf[0]
	if w.Config != "tried.conf" || w.Refused == 0 || len(w.Messages) != w.Refused || w.Unknown != 0 {
		t.Errorf("what-if: %d refused, %d listed, %d unknown", w.Refused, len(w.Messages), w.Unknown)
	}
	for _, s := range got.Settings {
		if s.Option == "Mail_From_reject" && s.Value == "Fail" && s.Refused != w.Refused {
			t.Errorf("the setting refuses %d messages, the what-if %d", s.Refused, w.Refused)
		}
	}
}

// Ctrl-C ends the reading of a pipe that stays open, and prints what is known. That
// is never enough to call rejecting safe.
func TestReport_interrupted(t *testing.T) {
	const said = "this is what is known so far"
	t.Run("text", func(t *testing.T) {
		if out, _ := interruptedReport(t, "--report"); !strings.Contains(out, "Interrupted: "+said) {
			t.Errorf("standard output:\n%s", out)
		}
	})
	for _, flag := range []string{"--brief", "--json"} {
		t.Run(flag, func(t *testing.T) {
			out, errOut := interruptedReport(t, "--report", flag)
			if !strings.Contains(errOut, "interrupted: "+said) || strings.Contains(out, "Rejecting is safe") {
				t.Errorf("standard output:\n%s\nstandard error: %s", out, errOut)
			}
		})
	}
}

// interruptedReport returns what a report prints that is interrupted after it has read
// a log for which it would call rejecting safe.
func interruptedReport(t *testing.T, args ...string) (stdout, stderr string) {
	t.Helper()
	noPostfix(t)
	cmd := command(t, args...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	log := reportLog(t, true)
	if _, err := io.WriteString(in, log); err != nil { // returns when the program has read all but a pipe's buffer
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	status := exitStatus(t, cmd.Wait())
	if status != StatusFailed {
		t.Errorf("exit status %d, want %d", status, StatusFailed)
	}
	in.Close()
	return out.String(), errOut.String()
}

func TestParseTime(t *testing.T) {
	zone := time.FixedZone("", 3600)
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, zone)
	for _, test := range []struct {
		value string
		end   bool
		want  string // "": an error
	}{
		{value: "2026-11-01", want: "2026-11-01T00:00:00+01:00"},
		{value: "2026-11-01", end: true, want: "2026-11-01T23:59:59.999999999+01:00"},
		{value: "2026-11-01T10:00:00Z", want: "2026-11-01T10:00:00Z"},
		{value: "2026-11-01T10:00:00", want: "2026-11-01T10:00:00+01:00"},
		{value: "2026-11-01 10:00", want: "2026-11-01T10:00:00+01:00"},
		{value: "24h", want: "2026-11-25T12:00:00+01:00"},
		{value: "90m", want: "2026-11-26T10:30:00+01:00"},
		{value: "7d", want: "2026-11-19T12:00:00+01:00"},
		{value: "7"}, {value: "d"}, {value: "-7d"}, {value: "-1h"}, {value: "1.5d"}, {value: "2026-13-01"}, {value: "yesterday"}, {value: ""},
	} {
		got, ok := parseTime(test.value, now, test.end)
		if ok != (test.want != "") || ok && got.Format(time.RFC3339Nano) != test.want {
			t.Errorf("%q: %s, %v, want %s", test.value, got.Format(time.RFC3339Nano), ok, test.want)
		}
	}
}

func TestParseOwnDomains(t *testing.T) {
	const text = "mydestination = mx.example.org, localhost.example.org, localhost\nrelay_domains = hash:/etc/postfix/relay, example.net\n" +
		"virtual_mailbox_domains =\nvirtual_alias_domains = $virtual_alias_maps\n"
	want := []string{"mx.example.org", "localhost.example.org", "example.net"}
	if got := parseOwnDomains(text); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestReadingText(t *testing.T) {
	for _, test := range []struct {
		name        string
		done, total int64
		unbounded   bool
		want        string
	}{
		{name: "file", done: 100e6, total: 400e6, want: "read: 100 of 400 MB (25%), 50 MB/s, 6s left"},
		{name: "pipe", done: 100e6, unbounded: true, want: "read: 100 MB, 50 MB/s"},
		{name: "pipe beside a file", done: 100e6, total: 400e6, unbounded: true, want: "read: 100 MB, 50 MB/s"},
	} {
		if got := readingText(test.done, test.total, test.unbounded, 2*time.Second); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// The progress appears after a second, and is gone before anything else is
// printed.
func TestProgress(t *testing.T) {
	var out bytes.Buffer
	start := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	at := start
	p := &progress{out: &out, start: start, now: func() time.Time { return at }, total: 10e6}
	for range 4 {
		at = at.Add(500 * time.Millisecond)
		p.read(1e6)
	}
	p.clear()
	want := eraseLine + "read: 2 of 10 MB (20%), 2 MB/s, 4s left" + eraseLine + "read: 3 of 10 MB (30%), 2 MB/s, 4s left" +
		eraseLine + "read: 4 of 10 MB (40%), 2 MB/s, 3s left" + eraseLine
	if out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}
