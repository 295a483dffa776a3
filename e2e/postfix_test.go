package e2e

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

//go:embed testdata/main.cf
var mainCF string

//go:embed testdata/master.cf
var masterCF string

// strictCF is main.cf with Postfix's default action for a policy server that
// fails, which is a reply with code 451.
var strictCF = strings.Replace(mainCF, "{ unix:private/policy-spf, default_action=DUNNO }", "unix:private/policy-spf", 1)

// host is a mail host for one test.
type host struct {
	root       string // of Postfix's file system, "" for the sandbox's
	nameServer *nameServer
	log        *maillog
	cmd        *exec.Cmd
}

// startHost starts Postfix with the configuration in testdata and adds the given
// lines to main.cf.
func startHost(t *testing.T, lines ...string) *host {
	t.Helper()
	return startHostWith(t, mainCF+strings.Join(lines, "\n")+"\n", masterCF)
}

func startHostWith(t *testing.T, main, master string) *host {
	t.Helper()
	return startHostIn(t, "", main, master)
}

// startHostIn starts Postfix in an overlay.
func startHostIn(t *testing.T, root, main, master string) *host {
	t.Helper()
	h := &host{root: root, nameServer: startNameServer(t, "127.0.0.1:53"), log: openLog(t)}
	write(t, root+"/etc/postfix/main.cf", main, 0o644)
	write(t, root+"/etc/postfix/master.cf", master, 0o644)
	clearMailbox(t, root)
	for _, dir := range []string{"/var/spool/e2e", "/var/lib/e2e"} {
		if err := os.MkdirAll(root+dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := run("chown", "postfix", root+"/var/lib/e2e"); err != nil {
		t.Fatal(err)
	}
	h.start(t)
	t.Cleanup(func() { h.stop(t) })
	return h
}

func (h *host) start(t *testing.T) {
	t.Helper()
	seen := len(h.log.all())
	h.cmd = h.command("postfix", "start-fg")
	out := new(strings.Builder)
	h.cmd.Stdout, h.cmd.Stderr = out, out
	h.cmd.SysProcAttr.Setpgid = true
	if err := h.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	h.log.awaitAfter(t, seen, `postfix/master\[\d+\]: daemon started`)
	t.Cleanup(func() {
		if t.Failed() && out.Len() > 0 {
			t.Logf("the output of postfix:\n%s", out)
		}
	})
}

// command returns a command that runs in Postfix's file system.
func (h *host) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: h.root}
	return cmd
}

// stop stops Postfix and waits for all its processes, which hold its ports and could
// be taken for those of the next test. `postfix stop` would sleep for five seconds.
func (h *host) stop(t *testing.T) {
	t.Helper()
	out, err := h.command("postqueue", "-p").CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "Mail queue is empty" {
		t.Errorf("the queue is not empty at the end: %v\n%s", err, out)
	}
	text, err := os.ReadFile(h.root + "/var/spool/e2e/pid/master.pid")
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	h.cmd.Wait()
	awaitNoProcess(t, h.root+"/usr/lib/postfix/sbin/")
	awaitNoProcess(t, h.root+binary)
	awaitNoProcess(t, h.root+installed)
}

// reload runs `postfix reload` and waits until Postfix has reloaded.
func (h *host) reload(t *testing.T) {
	t.Helper()
	seen := len(h.log.all())
	if out, err := h.command("postfix", "reload").CombinedOutput(); err != nil {
		t.Fatalf("postfix reload: %v\n%s", err, out)
	}
	h.log.awaitAfter(t, seen, `postfix/master\[\d+\]: reload`)
}

// servingPIDs returns the policy processes that have logged, each once.
func (h *host) servingPIDs() []string {
	var pids []string
	for _, m := range h.log.matches(`policyd-spf\[(\d+)\]: `) {
		if !slices.Contains(pids, m[1]) {
			pids = append(pids, m[1])
		}
	}
	return pids
}

// executable returns the path of a process's binary. Linux appends " (deleted)" if
// the file is gone.
func executable(t *testing.T, pid int) string {
	t.Helper()
	exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil {
		t.Fatal(err)
	}
	return exe
}

// processesOf returns the processes that run the program with that path, even if
// its file has been replaced. A path that ends in a slash stands for all programs in
// that folder.
func processesOf(t *testing.T, path string) []int {
	t.Helper()
	runs := func(exe string) bool {
		if strings.HasSuffix(path, "/") {
			return strings.HasPrefix(exe, path)
		}
		return strings.TrimSuffix(exe, " (deleted)") == path
	}
	links, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, link := range links {
		if exe, err := os.Readlink(link); err != nil || !runs(exe) {
			continue // also for processes that have ended meanwhile
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link)))
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}
