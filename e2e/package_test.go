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

// Debian's postfix-policyd-spf-python, set up as its README.Debian says.
const (
	replaced       = "postfix-policyd-spf-python"
	replacedBinary = "/usr/bin/policyd-spf"
	replacedConfig = "/etc/postfix-policyd-spf-python/policyd-spf.conf"
	namedConfig    = "/etc/python-policyd-spf/policyd-spf.conf" // in all documents
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
	if status(t, replaced) != "install ok installed" {
		skip(t, replaced+" is not installed")
	}
	for _, test := range []struct {
		name string
		run  func(t *testing.T, deb string)
	}{
		{"untouched configuration", installOverUntouched},
		{"interpreter in argv", installBesideInterpreter},
		{"configuration where the original has it", installBesideOriginal},
		{"changed configuration, mail flowing", installWhileMailFlows},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, debs[0]) })
	}
}

// installOverUntouched: nobody has edited the replaced package's configuration.
// dpkg asks nothing; ours is in its place.
func installOverUntouched(t *testing.T, deb string) {
	root := layer(t)
	out := chrooted(t, root, "dpkg", "--no-triggers", "-i", deb)
	config, err := os.ReadFile(root + replacedConfig)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(config), "For a fully commented sample") || !strings.Contains(string(config), "HELO_reject") {
		t.Errorf("the configuration is not ours:\n%s\ndpkg said:\n%s", config, out)
	}
	if same, err := os.ReadFile(root + namedConfig); err != nil || string(same) != string(config) {
		t.Errorf("%s is %q, %v; want the same as %s", namedConfig, same, err, replacedConfig)
	}
	if got := chrooted(t, root, replacedBinary, "--version"); !strings.Contains(got, "policyd-spf") {
		t.Errorf("--version says %q", got)
	}
}

// installBesideInterpreter: the package says what a master.cf that runs Python
// could do without, and how to begin where there is no service.
func installBesideInterpreter(t *testing.T, deb string) {
	services, _, _ := strings.Cut(masterCF, "policy-spf unix")
	for _, test := range []struct{ name, master, want string }{
		{"interpreter", strings.Replace(replacedMaster, "argv=", "argv=/usr/bin/python3 ", 1), `NOTE: master\.cf starts policyd-spf through Python`},
		{"no service yet", "", `to switch it on, add to /etc/postfix/master\.cf`},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := layer(t)
			write(t, root+"/etc/postfix/master.cf", services+test.master, 0o644)
			out := chrooted(t, root, "dpkg", "--no-triggers", "-i", deb)
			if !regexp.MustCompile(test.want).MatchString(out) {
				t.Errorf("dpkg said:\n%s\nwant %s", out, test.want)
			}
		})
	}
}

// installBesideOriginal: settings of the original, which was installed without a
// package, stay, and are those that the program reads.
func installBesideOriginal(t *testing.T, deb string) {
	root := layer(t)
	chrooted(t, root, "dpkg", "--no-triggers", "--purge", replaced)
	const settings = "Mail_From_reject = Softfail\n"
	write(t, root+namedConfig, settings, 0o644)
	chrooted(t, root, "dpkg", "--no-triggers", "-i", deb)
	if got, err := os.ReadFile(root + namedConfig); err != nil || string(got) != settings {
		t.Errorf("the settings are %q, %v", got, err)
	}
	if got := chrooted(t, root, replacedBinary, "--show-config"); !strings.HasPrefix(got, namedConfig+"\n") {
		t.Errorf("--show-config says\n%s\nwant %s first", got, namedConfig)
	}
}

// installWhileMailFlows: the administrator's settings stay in force, mail on open
// connections goes on, and purging the replaced package takes nothing away.
func installWhileMailFlows(t *testing.T, deb string) {
	const settings = "debugLevel = 1\nHELO_reject = False\nMail_From_reject = Softfail\nskip_addresses = 127.0.0.0/8\n"
	write(t, replacedConfig, settings, 0o644)
	services, _, _ := strings.Cut(masterCF, "policy-spf unix")
	h := startHostWith(t, strings.ReplaceAll(mainCF, "policy-spf", "policyd-spf"), services+replacedMaster)

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

	out, err := exec.Command("dpkg", "--no-triggers", "--force-confdef", "--force-confold", "-i", deb).CombinedOutput()
	if err != nil {
		t.Fatalf("dpkg: %v\n%s", err, out)
	}
	if text := string(out); strings.Contains(text, "to switch it on") || strings.Contains(text, "NOTE") || strings.Contains(text, "WARNING") {
		t.Errorf("dpkg said:\n%s\nbut master.cf has the service", text)
	}
	check(old) // the process that was running
	before := policies(t, replacedBinary)
	next := connect(t, "192.0.2.2", "client.test")
	check(next)
	if pids := policies(t, replacedBinary); len(pids) != len(before)+1 {
		t.Errorf("processes of our binary: %d before the new connection, %d after", before, pids)
	}

	if got := status(t, replaced); got != "install ok config-files" {
		t.Errorf("%s is %q", replaced, got)
	}
	if err := run("dpkg", "--no-triggers", "--purge", replaced); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(replacedConfig); err != nil || string(got) != settings {
		t.Errorf("after the purge the settings are %q, %v", got, err)
	}
	h.reload(t)
	old.say("QUIT", "221")
	next.say("QUIT", "221")
	check(connect(t, "192.0.2.3", "client.test"))
	h.log.clean(t)
}

// TestLogcheck: the packaged rules know what is logged on an ordinary day, and not
// what is logged of a mistake in the configuration.
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
		line := m[1] + " mx " + m[2] // syslogd puts the host's name in between
		if mistake := strings.Contains(line, "Void_Limit"); known(line) == mistake {
			t.Errorf("known: %v: %s", known(line), line)
		}
	}
	if got := len(h.log.matches(`policyd-spf\[.*Void_Limit`)); got != 1 {
		t.Errorf("%d lines about the mistake, want 1", got)
	}
}

// TestRPM installs the RPM package into a layer of its own.
func TestRPM(t *testing.T) {
	rpms, err := filepath.Glob(packages + "/*.rpm")
	if err != nil || len(rpms) != 1 {
		skip(t, fmt.Sprintf("packages in dist/ (make rpm): %q, want one", rpms))
	}
	if _, err := exec.LookPath("rpm"); err != nil {
		skip(t, "no rpm")
	}
	root := layer(t)
	if err := os.MkdirAll(root+"/etc/python-policyd-spf", 0o755); err != nil {
		t.Fatal(err)
	}
	const settings = "Mail_From_reject = Softfail\n"
	write(t, root+"/etc/python-policyd-spf/policyd-spf.conf", settings, 0o644)
	// Without a database of packages rpm knows of no shell.
	chrooted(t, root, "rpm", "--install", "--nodeps", "--replacefiles", rpms[0])
	chrooted(t, root, "rpm", "--verify", "--nodeps", "--noconfig", "policyd-spf")
	if got, err := os.ReadFile(root + "/etc/python-policyd-spf/policyd-spf.conf"); err != nil || string(got) != settings {
		t.Errorf("the settings are %q, %v", got, err)
	}
	for _, command := range [][]string{
		{"/usr/libexec/postfix/policyd-spf", "--version"},
		{"python3", "/usr/libexec/postfix/policyd-spf", "--version"}, // as Fedora's how-tos say
	} {
		if _, err := exec.LookPath(command[0]); err != nil && command[0] == "python3" {
			skip(t, "no python3")
		}
		if got := chrooted(t, root, command...); !strings.Contains(got, "policyd-spf") {
			t.Errorf("%s says %q", command, got)
		}
	}
}

// status gives the state of a package.
func status(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("dpkg-query", "-W", "-f", "${Status}", name).Output()
	if err != nil {
		return ""
	}
	return string(out)
}

// layer gives a folder that shows the room's file system, and whose changes are
// forgotten when the test ends.
func layer(t *testing.T) string {
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

// chrooted runs a command in a folder that layer has made and gives its output.
// The command has no standard input: it cannot ask.
func chrooted(t *testing.T, root string, command ...string) string {
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
