package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The lines of how-tos for pypolicyd-spf. They have no default_action, so that mail is
// deferred with 451 when the policy server fails.
const (
	howtoMain = `policy-spf_time_limit = 3600s
smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination, check_policy_service unix:private/policy-spf
`
	howtoMaster = `policy-spf  unix  -       n       n       -       0       spawn
    user=nobody argv=/usr/bin/python3 /usr/bin/policyd-spf /etc/python-policyd-spf/policyd-spf.conf
`
)

// python is an installed interpreter.
type python struct{ path, version string }

var pythonName = regexp.MustCompile(`^(python|pypy)[0-9.]*$`)

// findPythons returns the installed interpreters.
func findPythons(t *testing.T) []python {
	t.Helper()
	var found []python
	for _, pattern := range []string{"/usr/bin", "/usr/local/bin", "/opt/*/bin", os.Getenv("HOME") + "/.pyenv/versions/*/bin"} {
		files, err := filepath.Glob(pattern + "/py*")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			path, err := filepath.EvalSymlinks(file)
			if err != nil || !pythonName.MatchString(filepath.Base(file)) ||
				slices.ContainsFunc(found, func(p python) bool { return p.path == path }) {
				continue
			}
			version, err := exec.Command(path, "-c", `import sys; print(".".join(map(str, sys.version_info[:3])))`).Output()
			if err != nil {
				t.Logf("%s does not run: %v", path, err)
				continue
			}
			found = append(found, python{path, strings.TrimSpace(string(version))})
		}
	}
	return found
}

// TestInterpreter follows how-tos that run the program with Python. It uses the
// packaged binary, and each installed Python as /usr/bin/python3.
func TestInterpreter(t *testing.T) {
	deb := onePackage(t, "policyd-spf_*.deb", "make deb")
	all := findPythons(t)
	if len(all) == 0 {
		skip(t, "no Python")
	}
	root := cleanRoot(t)
	runChrooted(t, root, "dpkg", "--no-triggers", "-i", deb)
	write(t, root+namedConfig, "debugLevel = 1\nMail_From_reject = Softfail\n", 0o644)
	// The user nobody needs access to the Pythons below it.
	if err := os.Chmod(root+os.Getenv("HOME"), 0o755); err != nil {
		t.Fatal(err)
	}
	const link = "/usr/bin/python3"
	main, _, _ := strings.Cut(mainCF, "policy-spf_time_limit")
	services, _, _ := strings.Cut(masterCF, "policy-spf unix")
	h := startHostIn(t, root, main+howtoMain, services+howtoMaster)
	for _, p := range all {
		t.Run(p.version+" "+strings.ReplaceAll(p.path, "/", "_"), func(t *testing.T) {
			if err := os.Remove(root + link); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(p.path, root+link); err != nil {
				t.Fatal(err)
			}
			if got := asNobody(t, root, link, "-c", `import sys; print(".".join(map(str, sys.version_info[:3])))`); got != p.version+"\n" {
				t.Fatalf("%s is %s, want %s", link, got, p.version)
			}
			h.reload(t)
			awaitNoProcess(t, root+installed)
			checkServed(t, h)
			h.log.checkNoProblems(t)
		})
	}
	out := runChrooted(t, root, installed, "--check-config")
	for _, want := range []string{"master.cf:19: hint\n", "Python replaces itself with the program", "a site that no longer exists", "\n0 problems, 2 hints\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("--check-config does not print %q, but\n%s", want, out)
		}
	}
}

// Python cannot run a binary of go install, and --check-config reports that.
func TestInterpreterWithoutArchive(t *testing.T) {
	deb := onePackage(t, "policyd-spf_*.deb", "make deb")
	if len(findPythons(t)) == 0 {
		skip(t, "no Python")
	}
	root := cleanRoot(t)
	runChrooted(t, root, "dpkg", "--no-triggers", "-i", deb)
	program, err := os.ReadFile(root + installed)
	if err != nil {
		t.Fatal(err)
	}
	write(t, root+installed, string(program[:bytes.LastIndex(program, []byte("PK\x03\x04"))]), 0o755)
	main, _, _ := strings.Cut(mainCF, "policy-spf_time_limit")
	services, _, _ := strings.Cut(masterCF, "policy-spf unix")
	startHostIn(t, root, main+howtoMain, services+howtoMaster)
	if reply := connect(t, "192.0.2.1", "client.test").rcpt(message{sender: "a@pass.test"})[0]; !strings.HasPrefix(reply, "451 ") {
		t.Errorf("got %q, want 451", reply)
	}
	out := runChrooted(t, root, "sh", "-c", installed+" --check-config; echo status $?")
	text := strings.Join(strings.Fields(out), " ") // lines are wrapped
	for _, want := range []string{"master.cf:19: problem ", "the zip archive that make build appends is missing", " status 1"} {
		if !strings.Contains(text, want) {
			t.Errorf("--check-config does not print %q, but\n%s", want, out)
		}
	}
}

// asNobody runs a command in an overlay as the user nobody and returns its output.
func asNobody(t *testing.T, root string, command ...string) string {
	t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/bin:/bin"}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	return string(out)
}

// awaitNoProcess waits until no process runs the program with that path.
func awaitNoProcess(t *testing.T, path string) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(longTimeout)
	for len(processesOf(t, path)) > 0 {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s is still running", path)
		}
	}
}
