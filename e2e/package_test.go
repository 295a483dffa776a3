package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// Debian's postfix-policyd-spf-python, set up as in its README.Debian.
const (
	replaced       = "postfix-policyd-spf-python"
	replacedBinary = "/usr/bin/policyd-spf"
	replacedConfig = "/etc/postfix-policyd-spf-python/policyd-spf.conf"
	namedConfig    = "/etc/python-policyd-spf/policyd-spf.conf" // the path in all documents
	replacedMaster = `policyd-spf  unix  -       n       n       -       0       spawn
    user=policyd-spf argv=/usr/bin/policyd-spf
`
)

// TestPackage installs the Debian package over the one that it replaces.
func TestPackage(t *testing.T) {
	debs, err := filepath.Glob(packages + "/*.deb")
	if err != nil || len(debs) == 0 {
		skip(t, "no package in dist/ (make deb)")
	}
	if len(debs) > 1 {
		t.Fatalf("several packages in dist/: %q", debs)
	}
	if packageStatus(t, replaced) != "install ok installed" {
		skip(t, replaced+" is not installed")
	}
	for _, test := range []struct {
		name string
		run  func(t *testing.T, deb string)
	}{
		{name: "untouched configuration", run: installOverUntouched},
		{name: "interpreter in argv", run: installBesideInterpreter},
		{name: "configuration at the path of the original", run: installBesideOriginal},
		{name: "changed configuration while mail flows", run: installWhileMailFlows},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, debs[0]) })
	}
}

// installOverUntouched checks that our configuration replaces an unedited one, and that
// dpkg asks no question.
func installOverUntouched(t *testing.T, deb string) {
	root := overlay(t)
	out := runChrooted(t, root, "dpkg", "--no-triggers", "-i", deb)
	config, err := os.ReadFile(root + replacedConfig)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(config), "For a fully commented sample") || !strings.Contains(string(config), "HELO_reject") {
		t.Errorf("the configuration is not ours:\n%s\nthe output of dpkg:\n%s", config, out)
	}
	if same, err := os.ReadFile(root + namedConfig); err != nil || string(same) != string(config) {
		t.Errorf("%s is %q, %v; want the same as %s", namedConfig, same, err, replacedConfig)
	}
	if got := runChrooted(t, root, replacedBinary, "--version"); !strings.Contains(got, "policyd-spf") {
		t.Errorf("--version prints %q", got)
	}
}

// installBesideInterpreter checks what the package prints if master.cf runs Python, or
// has no service.
func installBesideInterpreter(t *testing.T, deb string) {
	services, _, _ := strings.Cut(masterCF, "policy-spf unix")
	for _, test := range []struct{ name, master, want string }{
		{name: "interpreter", master: strings.Replace(replacedMaster, "argv=", "argv=/usr/bin/python3 ", 1), want: `NOTE: master\.cf starts policyd-spf through Python`},
		{name: "no service yet", want: `to switch it on, add to /etc/postfix/master\.cf`},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := overlay(t)
			write(t, root+"/etc/postfix/master.cf", services+test.master, 0o644)
			out := runChrooted(t, root, "dpkg", "--no-triggers", "-i", deb)
			if !regexp.MustCompile(test.want).MatchString(out) {
				t.Errorf("the output of dpkg:\n%s\nwant %s", out, test.want)
			}
		})
	}
}

// installBesideOriginal checks that the configuration of the original, installed
// without a package, stays and is the one that the program reads.
func installBesideOriginal(t *testing.T, deb string) {
	root := overlay(t)
	runChrooted(t, root, "dpkg", "--no-triggers", "--purge", replaced)
	const settings = "Mail_From_reject = Softfail\n"
	write(t, root+namedConfig, settings, 0o644)
	runChrooted(t, root, "dpkg", "--no-triggers", "-i", deb)
	if got, err := os.ReadFile(root + namedConfig); err != nil || string(got) != settings {
		t.Errorf("the settings are %q, %v", got, err)
	}
	if got := runChrooted(t, root, replacedBinary, "--show-config"); !strings.HasPrefix(got, namedConfig+"\n") {
		t.Errorf("--show-config prints\n%s\nwant %s first", got, namedConfig)
	}
}

// installWhileMailFlows checks that changed settings stay in force, that open
// connections keep working, and that purging the replaced package removes nothing.
func installWhileMailFlows(t *testing.T, deb string) {
	const settings = "debugLevel = 1\nHELO_reject = False\nMail_From_reject = Softfail\nskip_addresses = 127.0.0.0/8\n"
	root := overlay(t) // the tests that run later need the replaced package
	write(t, root+replacedConfig, settings, 0o644)
	services, _, _ := strings.Cut(masterCF, "policy-spf unix")
	h := startHostIn(t, root, strings.ReplaceAll(mainCF, "policy-spf", "policyd-spf"), services+replacedMaster)

	old := connect(t, "192.0.2.1", "client.test")
	check := func(c *client) {
		t.Helper()
		if reply := c.rcpt(message{sender: "a@softfail.test"})[0]; !strings.HasPrefix(reply, "550 5.7.23 ") {
			t.Errorf("softfail: got %q, want 550 5.7.23: the settings are not in force", reply)
		}
		c.reset()
		spfHeader(t, h.delivered(t, c.send(message{sender: "a@pass.test"}))[0])
	}
	check(old) // the replaced program

	out := runChrooted(t, root, "dpkg", "--no-triggers", "--force-confdef", "--force-confold", "-i", deb)
	if strings.Contains(out, "to switch it on") || strings.Contains(out, "NOTE") || strings.Contains(out, "WARNING") {
		t.Errorf("the output of dpkg:\n%s\nbut master.cf has the service", out)
	}
	check(old) // the process that was running
	before := processesOf(t, root+replacedBinary)
	next := connect(t, "192.0.2.2", "client.test")
	check(next)
	if pids := processesOf(t, root+replacedBinary); len(pids) != len(before)+1 {
		t.Errorf("processes of our binary: %d before the new connection, %d after", before, pids)
	}

	if got := runChrooted(t, root, "dpkg-query", "-W", "-f", "${Status}", replaced); got != "install ok config-files" {
		t.Errorf("%s is %q", replaced, got)
	}
	runChrooted(t, root, "dpkg", "--no-triggers", "--purge", replaced)
	if got, err := os.ReadFile(root + replacedConfig); err != nil || string(got) != settings {
		t.Errorf("after the purge the settings are %q, %v", got, err)
	}
	h.reload(t)
	old.command("QUIT", "221")
	next.command("QUIT", "221")
	check(connect(t, "192.0.2.3", "client.test"))
	h.log.checkNoProblems(t)
}

// The logcheck rules match the lines of an ordinary day, but not the line about a
// mistake in the configuration.
func TestLogcheck(t *testing.T) {
	rules, err := os.ReadFile(logcheck)
	if err != nil {
		t.Fatal(err)
	}
	configure(t, "QueueID = True", "TempError_Defer = True", "Void_Limit = many")
	h := startHost(t)
	c := connect(t, "192.0.2.1", "client.test")
	for _, domain := range []string{"pass", "fail", "softfail", "none", "permerror", "temperror"} {
		c.rcpt(message{sender: "a@" + domain + ".test"})
		c.reset()
	}
	known := func(line string) bool {
		for rule := range strings.Lines(string(rules)) {
			if regexp.MustCompile(strings.TrimSpace(rule)).MatchString(line) {
				return true
			}
		}
		return false
	}
	for _, m := range h.log.matches(`^(.{15}) (policyd-spf\[.*)$`) {
		line := m[1] + " mx " + m[2] // syslogd inserts the host's name
		if mistake := strings.Contains(line, "Void_Limit"); known(line) == mistake {
			t.Errorf("known: %v: %s", known(line), line)
		}
	}
	if got := len(h.log.matches(`policyd-spf\[.*Void_Limit`)); got != 1 {
		t.Errorf("%d lines about the mistake, want 1", got)
	}
}

// TestRPM installs the RPM package in an overlay.
func TestRPM(t *testing.T) {
	rpms, err := filepath.Glob(packages + "/*.rpm")
	if err != nil || len(rpms) != 1 {
		skip(t, fmt.Sprintf("packages in dist/ (make rpm): %q, want one", rpms))
	}
	if _, err := exec.LookPath("rpm"); err != nil {
		skip(t, "no rpm")
	}
	root := overlay(t)
	if err := os.MkdirAll(root+"/etc/python-policyd-spf", 0o755); err != nil {
		t.Fatal(err)
	}
	const settings = "Mail_From_reject = Softfail\n"
	write(t, root+"/etc/python-policyd-spf/policyd-spf.conf", settings, 0o644)
	// rpm's database has no shell, which the scripts require.
	runChrooted(t, root, "rpm", "--install", "--nodeps", "--replacefiles", rpms[0])
	runChrooted(t, root, "rpm", "--verify", "--nodeps", "--noconfig", "policyd-spf")
	if got, err := os.ReadFile(root + "/etc/python-policyd-spf/policyd-spf.conf"); err != nil || string(got) != settings {
		t.Errorf("the settings are %q, %v", got, err)
	}
	for _, command := range [][]string{
		{"/usr/libexec/postfix/policyd-spf", "--version"},
		{"python3", "/usr/libexec/postfix/policyd-spf", "--version"}, // as in Fedora's how-tos
	} {
		if _, err := exec.LookPath(command[0]); err != nil && command[0] == "python3" {
			skip(t, "no python3")
		}
		if got := runChrooted(t, root, command...); !strings.Contains(got, "policyd-spf") {
			t.Errorf("%s prints %q", command, got)
		}
	}
}

// packageStatus returns the status of a Debian package, "" if it is not known.
func packageStatus(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("dpkg-query", "-W", "-f", "${Status}", name).Output()
	if err != nil {
		return ""
	}
	return string(out)
}

// overlay returns a folder with the sandbox's file system. Changes in it disappear
// when the test ends.
func overlay(t *testing.T) string {
	t.Helper()
	base := t.TempDir()
	mount := func(source, target, kind string, flags uintptr, options string) {
		t.Helper()
		if err := syscall.Mount(source, target, kind, flags, options); err != nil {
			t.Fatalf("%s: %v", target, err)
		}
		t.Cleanup(func() { syscall.Unmount(target, syscall.MNT_DETACH) })
	}
	mount("tmpfs", base, "tmpfs", 0, "mode=755")
	for _, dir := range []string{"root", "upper", "work"} {
		if err := os.Mkdir(filepath.Join(base, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	root := filepath.Join(base, "root")
	mount("overlay", root, "overlay", 0, "lowerdir=/,upperdir="+base+"/upper,workdir="+base+"/work")
	mount("/dev", root+"/dev", "", syscall.MS_BIND, "")
	mount("proc", root+"/proc", "proc", 0, "")
	return root
}

// runChrooted runs a command in an overlay and returns its output. The command has no
// standard input, so it cannot ask questions.
func runChrooted(t *testing.T, root string, command ...string) string {
	t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
	cmd.Dir = "/"
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", slices.Concat(command), err, out)
	}
	return string(out)
}
