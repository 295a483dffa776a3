package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// installed is the path of the binary after each way of installing.
const installed = "/usr/bin/policyd-spf"

// readmeBlock is guideBlock for the README.
func readmeBlock(t *testing.T, marker string) string {
	t.Helper()
	return guideBlock(t, readme, marker)
}

// guideBlock returns the indented block of a document that follows a marker,
// without its indentation.
func guideBlock(t *testing.T, file, marker string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "<!-- "+marker+" -->\n\n")
	if !ok {
		t.Fatalf("%s has no %q", file, marker)
	}
	var block strings.Builder
	for line := range strings.Lines(rest) {
		text, ok := strings.CutPrefix(line, "    ")
		if !ok {
			break
		}
		block.WriteString(text)
	}
	if block.Len() == 0 {
		t.Fatalf("%s has nothing after %q", file, marker)
	}
	return block.String()
}

// readmePostfix returns main.cf and master.cf with the lines of the README.
func readmePostfix(t *testing.T) (main, master string) {
	t.Helper()
	main, _, ok := strings.Cut(mainCF, "policy-spf_time_limit")
	services, _, ok2 := strings.Cut(masterCF, "policy-spf unix")
	if !ok || !ok2 {
		t.Fatal("testdata has no policy-spf")
	}
	return main + readmeBlock(t, "file: main.cf"), services + readmeBlock(t, "file: master.cf")
}

// cleanRoot returns an overlay in which no SPF policy server has been installed.
func cleanRoot(t *testing.T) string {
	t.Helper()
	root := overlay(t)
	for _, name := range []string{replaced, "postfix-policyd-spf-perl"} {
		if packageStatus(t, name) != "" {
			runChrooted(t, root, "dpkg", "--no-triggers", "--purge", name)
		}
	}
	for _, path := range []string{binary, installed, filepath.Dir(configFile), filepath.Dir(namedConfig), filepath.Dir(replacedConfig)} {
		if err := os.RemoveAll(root + path); err != nil {
			t.Fatal(err)
		}
	}
	// Everything here runs as root.
	write(t, root+"/usr/local/bin/sudo", "#!/bin/sh\nexec \"$@\"\n", 0o755)
	return root
}

// follow runs commands of the README in a folder of an overlay.
func follow(t *testing.T, root, folder, commands string) {
	t.Helper()
	out := runChrooted(t, root, "sh", "-exc", "cd "+folder+"\n"+commands)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the output of the commands:\n%s", out)
		}
	})
}

// TestREADMEInstallation follows the README in a clean root for each way of
// installing: its commands to the letter, then its lines for Postfix.
func TestREADMEInstallation(t *testing.T) {
	for _, test := range []struct {
		name    string
		prepare func(t *testing.T, root string) (folder string) // where the commands are run
	}{
		{name: "deb", prepare: func(t *testing.T, root string) string {
			onePackage(t, "policyd-spf_*.deb", "make deb")
			return packages
		}},
		{name: "rpm", prepare: func(t *testing.T, root string) string {
			onePackage(t, "policyd-spf-*.rpm", "make rpm")
			if _, err := exec.LookPath("rpm"); err != nil {
				skip(t, "no rpm")
			}
			// On Debian, rpm's database has no shell, which the scripts require.
			write(t, root+"/etc/popt", "rpm alias -U --upgrade --nodeps\n", 0o644)
			return packages
		}},
		{name: "tarball", prepare: func(t *testing.T, root string) string {
			onePackage(t, "policyd-spf-*.tar.gz", "make tarball")
			return packages
		}},
		{name: "source", prepare: func(t *testing.T, root string) string {
			if os.Getenv(goEnv) == "" {
				skip(t, "no go")
			}
			if _, err := os.Stat(sources); err != nil {
				skip(t, "not in a git clone")
			}
			folder := "/srv/policyd-spf"
			runChrooted(t, root, "sh", "-ec", "mkdir "+folder+"; tar -C "+folder+" -xf "+sources)
			t.Setenv("PATH", os.Getenv(goEnv)+":"+os.Getenv("PATH"))
			t.Setenv("GOPROXY", "off") // the modules are in the module cache
			return folder
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := cleanRoot(t)
			follow(t, root, test.prepare(t, root), readmeBlock(t, "commands: "+test.name))

			// Postfix's process must read the installed file.
			config, err := os.ReadFile(root + namedConfig)
			if err != nil {
				t.Fatal(err)
			}
			const shipped, stricter = "\nMail_From_reject = Fail\n", "\nMail_From_reject = Softfail\n"
			if !strings.Contains(string(config), shipped) {
				t.Fatalf("%s has no %q", namedConfig, shipped)
			}
			write(t, root+namedConfig, strings.Replace(string(config), shipped, stricter, 1), 0o644)

			main, master := readmePostfix(t)
			h := startHostIn(t, root, main, master)
			checkServed(t, h)
			if out := runChrooted(t, root, installed, "--check-config"); !strings.Contains(out, "\n0 problems, 0 hints\n") {
				t.Errorf("--check-config prints\n%s", out)
			}
			h.log.checkNoProblems(t)
		})
	}
}

// onePackage skips the test unless the pattern matches one file of dist/.
func onePackage(t *testing.T, pattern, target string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(packages, pattern))
	if err != nil || len(files) == 0 {
		skip(t, "no "+pattern+" in dist/ ("+target+")")
	}
	if len(files) > 1 {
		t.Fatalf("several packages in dist/: %q", files)
	}
	return files[0]
}

// checkServed checks that the installed program serves Postfix with the setting
// Mail_From_reject = Softfail of the installed configuration.
func checkServed(t *testing.T, h *host) {
	t.Helper()
	c := connect(t, "192.0.2.1", "client.test")
	for _, sender := range []string{"a@fail.test", "a@softfail.test"} {
		if reply := c.rcpt(message{sender: sender})[0]; !strings.HasPrefix(reply, "550 5.7.23 ") {
			t.Errorf("sender %s: got %q, want 550 5.7.23", sender, reply)
		}
		c.reset()
	}
	if got := spfHeader(t, h.delivered(t, c.send(message{sender: "a@pass.test"}))[0]); !strings.HasPrefix(got, "Received-Spf: Pass ") {
		t.Errorf("got %s, want Pass", got)
	}
	pids := processesOf(t, h.root+installed)
	if len(pids) != 1 {
		t.Fatalf("processes of %s: %d, want one", installed, pids)
	}
	command, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pids[0]))
	if err != nil {
		t.Fatal(err)
	}
	if want := installed + "\x00" + namedConfig + "\x00"; string(command) != want {
		t.Errorf("the process is %q, want %q", command, want)
	}
	c.command("QUIT", "221")
}

// make install does not put a sample where it would take precedence over an existing
// configuration.
func TestMakeInstallKeepsConfiguration(t *testing.T) {
	if os.Getenv(goEnv) == "" {
		skip(t, "no go")
	}
	if _, err := os.Stat(sources); err != nil {
		skip(t, "not in a git clone")
	}
	t.Setenv("PATH", os.Getenv(goEnv)+":"+os.Getenv("PATH"))
	t.Setenv("GOPROXY", "off")
	folder := t.TempDir()
	if err := run("tar", "-C", folder, "-xf", sources); err != nil {
		t.Fatal(err)
	}
	for _, place := range []string{namedConfig, replacedConfig, "/etc/policyd-spf/policyd-spf.conf", "/usr/local/etc/python-policyd-spf/policyd-spf.conf"} {
		t.Run(place, func(t *testing.T) {
			dest := t.TempDir()
			write(t, dest+place, "mine\n", 0o600)
			if err := run("make", "-C", folder, "install", "DESTDIR="+dest); err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(dest + place); err != nil || string(got) != "mine\n" {
				t.Errorf("the configuration is %q, %v", got, err)
			}
			if _, err := os.Stat(dest + namedConfig); place != namedConfig && err == nil {
				t.Errorf("%s hides %s", namedConfig, place)
			}
		})
	}
}

// Removing a package prints a warning if Postfix runs the program.
func TestPackageRemoval(t *testing.T) {
	deb := onePackage(t, "policyd-spf_*.deb", "make deb")
	rpm := onePackage(t, "policyd-spf-*.rpm", "make rpm")
	_, used := readmePostfix(t)
	unused, _, _ := strings.Cut(masterCF, "policy-spf unix")
	for _, test := range []struct {
		name            string
		install, remove []string
	}{
		{name: "deb", install: []string{"dpkg", "--no-triggers", "-i", deb}, remove: []string{"dpkg", "--no-triggers", "-r", "policyd-spf"}},
		{name: "rpm", install: []string{"rpm", "-i", "--nodeps", rpm}, remove: []string{"rpm", "-e", "policyd-spf"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := exec.LookPath(test.install[0]); err != nil {
				skip(t, "no "+test.install[0])
			}
			root := cleanRoot(t)
			const warning = "WARNING: the service policy-spf in master.cf runs policyd-spf."
			for _, master := range []string{used, unused} {
				write(t, root+"/etc/postfix/master.cf", master, 0o644)
				runChrooted(t, root, test.install...)
				out := runChrooted(t, root, test.remove...)
				if want := master == used; strings.Contains(out, warning) != want {
					t.Errorf("service in master.cf: %v; the output of removing:\n%s", want, out)
				}
				if _, err := os.Stat(root + installed); err == nil {
					t.Errorf("%s is still there", installed)
				}
			}
		})
	}
}

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// Each package has the built binary with its zip archive, and documents whose links
// lead to documents in the package.
func TestPackageContents(t *testing.T) {
	built, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, pattern, unpack, binary string }{
		{name: "deb", pattern: "policyd-spf_*.deb", unpack: `dpkg-deb -x "$0" .`, binary: installed},
		{name: "rpm", pattern: "policyd-spf-*.rpm", unpack: `rpm2cpio "$0" | cpio --quiet --no-absolute-filenames -idm`, binary: installed},
		{name: "tarball", pattern: "policyd-spf-*.tar.gz", unpack: `tar --strip-components=1 -xzf "$0"`, binary: "/policyd-spf"},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := onePackage(t, test.pattern, "make "+test.name)
			if command := strings.Fields(test.unpack)[0]; exec.Command("sh", "-c", "command -v "+command).Run() != nil {
				skip(t, "no "+command)
			}
			folder := t.TempDir()
			cmd := exec.Command("sh", "-ec", test.unpack, file)
			cmd.Dir = folder
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			packed, err := os.ReadFile(folder + test.binary)
			if err != nil {
				t.Fatal(err)
			}
			if string(packed) != string(built) {
				t.Errorf("the binary, %d bytes, is not the one that was built, %d bytes", len(packed), len(built))
			}
			if links := checkLinks(t, folder); links == 0 {
				t.Error("no document has a link")
			}
		})
	}
}

// checkLinks reports links to files that do not exist, in the documents of a folder.
// It returns the number of links to files.
func checkLinks(t *testing.T, folder string) (links int) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".md" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			target, _, _ := strings.Cut(m[1], "#")
			if target == "" || strings.Contains(target, "://") {
				continue
			}
			links++
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), target)); err != nil {
				t.Errorf("%s: %s: %v", strings.TrimPrefix(path, folder), m[1], err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return links
}
