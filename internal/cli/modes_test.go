package cli

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Results go to standard output, errors to standard error in one line.
func TestModes(t *testing.T) {
	zones := tempFile(t, "zone", zone)
	good, bad := tempFile(t, "good.conf", ""), tempFile(t, "bad.conf", "HELO_rejct = Fail\n")
	rejected := []string{"--explain", "--zone", zones, "--ip", "203.0.113.1", "--helo", "x", "--sender", "a@fail.example"}
	for _, test := range []struct {
		name   string
		args   []string
		in     string
		stdout string // part of it
		stderr string // part of it, "" for nothing
		status int
	}{
		{name: "explain a request", args: []string{"--explain", "--zone", zones, good}, in: request, stdout: "Postfix gets\naction=prepend"},
		{name: "explain a truncated request", args: []string{"--explain", "--zone", zones, good}, in: "client_address=127.0.0.1", stdout: "skip_addresses"},
		{name: "explain an empty request", args: []string{"--explain", "--zone", zones, good}, in: "\n", stderr: "nothing usable found", status: 2},
		{name: "explain nothing", args: []string{"--explain", "--zone", zones, good}, stderr: "nothing usable found", status: 2},
		{name: "explain a request made from flags", args: append(rejected, good), stdout: "Rejected"},
		{name: "explain in one line", args: append(rejected, "--brief", good), stdout: "rejected: HELO none, MAIL FROM fail (550 5.7.23 Message rejected"},
		{name: "exit status of a rejection", args: append(rejected, "--exit-code", good), stdout: "Rejected", status: 3},
		{name: "exit status of two requests", args: []string{"--explain", "--exit-code", "--zone", zones, good}, in: request + "client_address=203.0.113.1\nsender=a@fail.example\n\n" + request, stdout: "Rejected", status: 3},
		{name: "exit status of an accepted message", args: []string{"--explain", "--exit-code", "--zone", zones, good}, in: request, stdout: "Not refused"},
		{name: "missing configuration file", args: append(rejected, good+".gone"), stdout: "Rejected", stderr: "no such file or directory"},
		{name: "missing file to explain", args: []string{"--explain", good + ".eml"}, stderr: "no such file or directory", status: 2},
		{name: "missing configuration file, request on standard input", args: []string{"--explain", "--zone", zones, filepath.Join(filepath.Dir(good), "gone.conf")}, in: request, stdout: "Not refused", stderr: "using the defaults"},
		{name: "color", args: append(rejected, "--color=always", good), stdout: "\x1b["},
		{name: "domain", args: []string{"--explain", "--zone", zones, "--domain", "fail.example"}, stdout: "fail.example: SPF works"},
		{name: "page", args: append(rejected, "--html", good), stdout: "<p class=\"headline\">Rejected"},
		{name: "page and JSON", args: append(rejected, "--html", "--json", good), stderr: "give one of them", status: 2},
		{name: "page of a configuration", args: []string{"--show-config", "--html", good}, stderr: "--html goes with --explain", status: 2},
		{name: "page of a domain", args: []string{"--explain", "--html", "--zone", zones, "--domain", "fail.example"}, stdout: "<h1>SPF of <bdi>fail.example</bdi></h1>"},
		{name: "page of a domain without a record", args: []string{"--explain", "--html", "--zone", zones, "--domain", "none.example"}, stdout: "has no SPF record", status: 1},
		{name: "output to a directory", args: append(rejected, "--output", "/", good), stderr: "--output \"/\" is not a regular file", status: 1},
		{name: "output to a missing directory", args: append(rejected, "--output", "/nowhere/a", good), stderr: "/nowhere", status: 1},
		{name: "domain with a bad name", args: []string{"--explain", "--zone", zones, "--domain", "example"}, stderr: "expected a domain name", status: 2},
		{name: "domain without a record", args: []string{"--explain", "--zone", zones, "--domain", "none.example"}, stdout: "has no SPF record", status: 1},
		{name: "check-config", args: []string{"--check-config", "--zone", zones, good}, stdout: "0 problems"},
		{name: "check-config in one line", args: []string{"--check-config", "--brief", "--zone", zones, bad}, stdout: "1 problem", status: 1},
		{name: "check-config with a problem", args: []string{"--check-config", "--zone", zones, bad}, stdout: "perhaps HELO_reject", status: 1},
		{name: "show-config", args: []string{"--show-config", bad}, stdout: "default   HELO_reject "},
		{name: "help", args: []string{"--explain", "--help"}, stdout: "--check-config"},
		{name: "version", args: []string{"--version"}, stdout: "policyd-spf 1.2.3\n"},
		{name: "completion", args: []string{"--completion", "bash"}, stdout: "complete -F _policyd_spf policyd-spf"},
		{name: "missing zone", args: []string{"--explain", "--zone", "/nowhere", good}, in: request, stderr: "/nowhere", status: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			cmd := command(t, test.args...)
			cmd.Env = append(cmd.Env, "PATH="+t.TempDir()) // no postconf
			stdout, stderr, status := execute(t, cmd, test.in)
			if status != test.status || !strings.Contains(stdout, test.stdout) {
				t.Errorf("exit status %d, want %d; want %q in:\n%s", status, test.status, test.stdout, stdout)
			}
			if test.stderr == "" && stderr != "" || !strings.Contains(stderr, test.stderr) || strings.Count(stderr, "\n") > 1 {
				t.Errorf("on standard error: %q, want %q", stderr, test.stderr)
			}
			if strings.Contains(strings.Join(test.args, " "), "--brief") && strings.Count(stdout, "\n") != 1 {
				t.Errorf("more than one line: %q", stdout)
			}
		})
	}
}

// Each mode prints documents that have a version.
func TestModes_JSON(t *testing.T) {
	zones, config := tempFile(t, "zone", zone), tempFile(t, "policyd-spf.conf", "")
	for _, test := range []struct {
		name      string
		args      []string
		documents int
	}{
		{name: "explain", args: []string{"--explain", "--zone", zones, config}, documents: 2},
		{name: "domain", args: []string{"--explain", "--zone", zones, "--domain", "fail.example"}, documents: 1},
		{name: "check-config", args: []string{"--check-config", "--zone", zones, config}, documents: 1},
		{name: "show-config", args: []string{"--show-config", config}, documents: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			stdout, _, _ := execute(t, command(t, append([]string{"--json"}, test.args...)...), request+request)
			documents := 0
			for d := json.NewDecoder(strings.NewReader(stdout)); ; documents++ {
				var document struct{ Version int }
				if err := d.Decode(&document); err == io.EOF {
					break
				} else if err != nil || document.Version != 1 {
					t.Fatalf("%v, version %d", err, document.Version)
				}
			}
			if documents != test.documents {
				t.Errorf("%d documents, want %d", documents, test.documents)
			}
		})
	}
}

// onTerminal returns what the program writes to a terminal of 100 columns, with
// nothing typed, and its exit status.
func onTerminal(t *testing.T, args string, env ...string) (out string, status int) {
	t.Helper()
	if _, err := exec.LookPath("script"); err != nil {
		t.Skip("script(1), which makes a terminal, is not installed")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("script", "-qec", "stty cols 100; exec "+self+" "+args, os.DevNull)
	cmd.Env = append(os.Environ(), append([]string{runAsProgram + "=1", "TERM=xterm", "NO_COLOR=", "COLUMNS="}, env...)...)
	text, err := cmd.CombinedOutput()
	return strings.ReplaceAll(string(text), "\r", ""), exitStatus(t, err)
}

func TestHelp_terminal(t *testing.T) {
	for _, flag := range []string{"--help", "-h"} {
		out, status := onTerminal(t, flag)
		widest := 0
		for line := range strings.Lines(out) {
			widest = max(widest, len(strings.TrimSpace(line)))
		}
		if status != 0 || !strings.Contains(out, "--check-config") || widest <= 80 || widest > 100+len("\x1b[1m\x1b[0m") {
			t.Errorf("%s: exit status %d, widest line %d columns, want more than 80 and at most 100:\n%s", flag, status, widest, out)
		}
	}
}

func TestServe_terminalSaysThatItWaits(t *testing.T) {
	out, status := onTerminal(t, os.DevNull)
	if status != 0 || !strings.Contains(out, "waiting for a policy request") {
		t.Errorf("exit status %d, %q", status, out)
	}
}

func TestColor_terminal(t *testing.T) {
	zones := tempFile(t, "zone", zone)
	for _, test := range []struct {
		name, env, flag string
		want            bool
	}{
		{name: "terminal", env: "TERM=xterm", want: true},
		{name: "NO_COLOR", env: "NO_COLOR=1", want: false},
		{name: "terminal without colors", env: "TERM=dumb", want: false},
		{name: "never", env: "TERM=xterm", flag: "--color=never", want: false},
		{name: "always comes before NO_COLOR", env: "NO_COLOR=1", flag: "--color=always", want: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			out, _ := onTerminal(t, "--explain --zone "+zones+" --domain fail.example "+test.flag, test.env)
			if got := strings.Contains(out, "\x1b["); got != test.want {
				t.Errorf("colors: %v, want %v; %q", got, test.want, out)
			}
		})
	}
}

func TestWorse(t *testing.T) {
	order := []int{StatusOK, StatusPostfix, StatusDeferred, StatusRejected}
	for i, a := range order {
		for j, b := range order {
			if got, want := worse(a, b), order[max(i, j)]; got != want {
				t.Errorf("worse(%d, %d) = %d, want %d", a, b, got, want)
			}
		}
	}
}
