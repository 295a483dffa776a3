package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// TestPeople: what is asked for goes to standard output, mistakes to standard
// error, in one line.
func TestPeople(t *testing.T) {
	zones := file(t, "zone", zone)
	good, bad := file(t, "good.conf", ""), file(t, "bad.conf", "HELO_rejct = Fail\n")
	for _, test := range []struct {
		name   string
		args   []string
		in     string
		out    string // in what is printed
		err    string
		status int
	}{
		{"explain a request", []string{"--explain", "--zone", zones, good}, request, "Postfix gets\naction=prepend", "", 0},
		{"a request that is cut off", []string{"--explain", "--zone", zones, good}, "client_address=127.0.0.1", "skip_addresses", "", 0},
		{"no request", []string{"--explain", "--zone", zones, good}, "\n", "", "no request", 2},
		{"no request at all", []string{"--explain", "--zone", zones, good}, "", "", "no request", 2},
		{"explain a client", []string{"--explain", "--zone", zones, "--ip", "203.0.113.1", "--helo", "x", "--sender", "a@fail.example", good}, "", "Rejected", "", 0},
		{"survey", []string{"--explain", "--zone", zones, "--domain", "fail.example"}, "", "fail.example: SPF works", "", 0},
		{"survey of a domain without record", []string{"--explain", "--zone", zones, "--domain", "example"}, "", "", "expected a domain name", 2},
		{"survey that finds something", []string{"--explain", "--zone", zones, "--domain", "none.example"}, "", "has no SPF record", "", 1},
		{"check", []string{"--check-config", "--zone", zones, good}, "", "0 problems", "", 0},
		{"check that finds something", []string{"--check-config", "--zone", zones, bad}, "", "perhaps HELO_reject", "", 1},
		{"show", []string{"--show-config", bad}, "", "HELO_reject                = Fail", "", 0},
		{"help", []string{"--explain", "--help"}, "", "--check-config", "", 0},
		{"version", []string{"--version"}, "", "policyd-spf ", "", 0},
		{"unknown flag", []string{"--foo"}, "", "", "expected", 2},
		{"no such zone", []string{"--explain", "--zone", "/nowhere", good}, request, "", "/nowhere", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			cmd := program(t, test.args...)
			cmd.Env = append(cmd.Env, "PATH="+t.TempDir(), "LC_ALL=C")
			var out, stderr bytes.Buffer
			cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(test.in), &out, &stderr
			status := exitStatus(t, cmd.Run())
			if status != test.status || !strings.Contains(out.String(), test.out) {
				t.Errorf("exit status %d, want %d; no %q in:\n%s", status, test.status, test.out, out.String())
			}
			if test.err == "" && stderr.Len() > 0 || !strings.Contains(stderr.String(), test.err) || strings.Count(stderr.String(), "\n") > 1 {
				t.Errorf("on standard error: %q, want a line with %q", stderr.String(), test.err)
			}
			if test.err != "" && out.Len() > 0 {
				t.Errorf("on standard output: %q", out.String())
			}
		})
	}
}

// TestPeopleJSON: each mode prints documents that have a version.
func TestPeopleJSON(t *testing.T) {
	zones, config := file(t, "zone", zone), file(t, "policyd-spf.conf", "")
	for name, args := range map[string][]string{
		"explain": {"--explain", "--zone", zones, config},
		"survey":  {"--explain", "--zone", zones, "--domain", "fail.example"},
		"check":   {"--check-config", "--zone", zones, config},
		"show":    {"--show-config", config},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := program(t, append([]string{"--json"}, args...)...)
			cmd.Stdin = strings.NewReader(request + request)
			out, err := cmd.Output()
			exitStatus(t, err)
			documents := 0
			for d := json.NewDecoder(bytes.NewReader(out)); ; documents++ {
				var document struct{ Version int }
				if err := d.Decode(&document); err == io.EOF {
					break
				} else if err != nil || document.Version != 1 {
					t.Fatalf("%v, version %d", err, document.Version)
				}
			}
			if want := map[string]int{"explain": 2}[name]; documents != max(want, 1) {
				t.Errorf("%d documents", documents)
			}
		})
	}
}

// TestPeopleAndPostfix: over a socket, what is for people is a configuration's
// name, and nothing is printed but replies.
func TestPeopleAndPostfix(t *testing.T) {
	for _, flag := range []string{"--explain", "--check-config", "--version", "--json", "--foo", "--dns"} {
		t.Run(flag, func(t *testing.T) {
			fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
			if err != nil {
				t.Fatal(err)
			}
			postfix, service := os.NewFile(uintptr(fds[0]), "postfix"), os.NewFile(uintptr(fds[1]), "service")
			defer postfix.Close()
			cmd := program(t, flag)
			cmd.Stdin, cmd.Stdout, cmd.Stderr = service, service, service
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			service.Close()
			io.WriteString(postfix, "client_address=127.0.0.1\n\n")
			syscall.Shutdown(fds[0], syscall.SHUT_WR)
			out, err := io.ReadAll(postfix)
			if err != nil {
				t.Fatal(err)
			}
			const want = "action=prepend X-Comment: SPF check N/A for local connections - client-ip=127.0.0.1; helo=<UNKNOWN>; envelope-from=<UNKNOWN>; receiver=<UNKNOWN> \n\n"
			if status := exitStatus(t, cmd.Wait()); status != 0 || string(out) != want {
				t.Errorf("exit status %d, %q, want %q", status, out, want)
			}
		})
	}
}

func TestUTF8Locale(t *testing.T) {
	for _, test := range []struct {
		name            string
		all, ctype, lng string
		want            bool
	}{
		{"nothing", "", "", "", false},
		{"LANG", "", "", "de_DE.UTF-8", true},
		{"LANG in other letters", "", "", "C.utf8", true},
		{"LC_CTYPE before LANG", "", "C", "de_DE.UTF-8", false},
		{"LC_ALL before all", "C.UTF-8", "C", "C", true},
		{"Latin 1", "", "", "de_DE.ISO-8859-1", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			env := map[string]string{"LC_ALL": test.all, "LC_CTYPE": test.ctype, "LANG": test.lng}
			if got := utf8Locale(func(name string) string { return env[name] }); got != test.want {
				t.Errorf("%v", got)
			}
		})
	}
}

// onTerminal gives what a command line of the program writes to a terminal.
func onTerminal(t *testing.T, args string, env ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath("script"); err != nil {
		t.Skip("no script(1) to make a terminal")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("script", "-qec", "exec "+self+" "+args, os.DevNull)
	cmd.Env = append(os.Environ(), append([]string{asProgram + "=1", "TERM=xterm", "NO_COLOR="}, env...)...)
	out, err := cmd.CombinedOutput()
	exitStatus(t, err)
	return out
}

// TestUsageOnTerminal: the line of usage is the original's; people are told
// where the rest is.
func TestUsageOnTerminal(t *testing.T) {
	if out := onTerminal(t, "--help"); !bytes.Contains(out, []byte("--explain --help")) {
		t.Errorf("printed: %q", out)
	}
}

// TestColors: on a terminal only, and not with NO_COLOR.
func TestColors(t *testing.T) {
	zones := file(t, "zone", zone)
	for _, test := range []struct {
		name, env string
		want      bool
	}{
		{"terminal", "TERM=xterm", true},
		{"NO_COLOR", "NO_COLOR=1", false},
		{"a terminal that knows none", "TERM=dumb", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			out := onTerminal(t, "--explain --zone "+zones+" --domain fail.example", test.env)
			if got := bytes.Contains(out, []byte("\x1b[")); got != test.want {
				t.Errorf("colours: %v; %q", got, out)
			}
		})
	}
}
