package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const (
	// sandboxEnv is set for the test binary that runs in the sandbox.
	sandboxEnv = "E2E_SANDBOX"

	// goEnv holds the folder of the go command.
	goEnv = "E2E_GO"

	// The paths of the tested files in the sandbox.
	binary     = "/usr/local/bin/policyd-spf"
	configFile = "/etc/policyd-spf/policyd-spf.conf"
	packages   = "/srv/packages"
	readme     = "/srv/README.md"
	logcheck   = "/srv/logcheck"
	sources    = "/srv/sources.tar"
	logTools   = "/srv/logtools" // munin, fail2ban, logwatch and why of packaging/
	docs       = "/srv/docs"
)

// serverIPs are Postfix's addresses. Clients connect from clientIPs and from
// 192.0.2.0/24.
var (
	serverIPs = []string{"198.51.100.25", "2001:db8:25::25"}
	clientIPs = []string{"2001:db8::1", "2001:db8::bad"}
)

func TestMain(m *testing.M) {
	if base := os.Getenv(sandboxEnv); base != "" {
		if err := setUpSandbox(base); err != nil {
			fmt.Fprintln(os.Stderr, "e2e: setting up the sandbox:", err)
			os.Exit(1)
		}
		os.Exit(m.Run())
	}
	if why := missingRequirement(); why != "" {
		fmt.Println("SKIPPED: e2e:", why)
		return
	}
	code, err := enterSandbox()
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

// missingRequirement returns what this machine lacks, "" if it has everything.
func missingRequirement() string {
	if os.Getuid() != 0 {
		return "not root"
	}
	for _, command := range []string{"postfix", "ip"} {
		if _, err := exec.LookPath(command); err != nil {
			return "no " + command
		}
	}
	if _, err := user.Lookup("postfix"); err != nil {
		return "no user postfix"
	}
	return ""
}

// skip skips a test and prints the reason, which go test does only with -v.
func skip(t *testing.T, why string) {
	t.Helper()
	fmt.Printf("SKIPPED: e2e: %s: %s\n", t.Name(), why)
	t.Skip(why)
}

// enterSandbox runs this program again in new namespaces and returns its exit
// status.
func enterSandbox() (int, error) {
	base, err := os.MkdirTemp("", "e2e")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(base)
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	cmd := exec.Command(self, os.Args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), sandboxEnv+"="+base)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWNET | syscall.CLONE_NEWPID |
			syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC,
		Pdeathsig: syscall.SIGKILL,
	}
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	return 0, err
}

// testdata is the folder in the source, which the sandbox does not contain.
var testdata *os.Root

// setUpSandbox makes the sandbox around this process: the root file system becomes an
// overlay in memory over the machine's, with a new /dev, /proc, /run and /tmp.
func setUpSandbox(base string) error {
	// Read the tested files while the machine's file system is still visible.
	files := map[string]string{binary: os.Getenv("POLICYD_SPF")}
	if files[binary] == "" {
		files[binary] = "../policyd-spf"
	}
	files[readme] = "../README.md"
	files[logcheck] = "../packaging/logcheck/policyd-spf"
	guides, _ := filepath.Glob("../docs/*.md")
	for _, file := range guides {
		files[filepath.Join(docs, filepath.Base(file))] = file
	}
	files[docs+"/ja/howto.md"] = "../docs/ja/howto.md"
	for _, pattern := range []string{"munin/*", "fail2ban/*/*", "logwatch/*/*/*", "why/*"} {
		tools, _ := filepath.Glob("../packaging/" + pattern)
		for _, file := range tools {
			files[filepath.Join(logTools, strings.TrimPrefix(file, "../packaging/"))] = file
		}
	}
	for _, pattern := range []string{"../dist/*.[dr][ep][bm]", "../dist/*.tar.gz"} {
		built, _ := filepath.Glob(pattern)
		for _, file := range built {
			files[filepath.Join(packages, filepath.Base(file))] = file
		}
	}
	contents := make(map[string][]byte)
	for to, from := range files {
		data, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		contents[to] = data
	}
	archive, err := exec.Command("sh", "-c", "cd .. && git ls-files -z --cached --others --exclude-standard | tar --null -T - -cf -").Output()
	if err == nil { // otherwise there is no git, or this is an unpacked release
		contents[sources] = archive
	}
	if testdata, err = os.OpenRoot("testdata"); err != nil {
		return err
	}
	if path, err := exec.LookPath("go"); err == nil {
		os.Setenv(goEnv, filepath.Dir(path))
	}

	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("private mounts: %w", err)
	}
	if err := syscall.Mount("e2e", base, "tmpfs", 0, "mode=755"); err != nil {
		return fmt.Errorf("tmpfs: %w", err)
	}
	root := filepath.Join(base, "root")
	for _, dir := range []string{"root", "upper", "work"} {
		if err := os.Mkdir(filepath.Join(base, dir), 0o755); err != nil {
			return err
		}
	}
	layers := fmt.Sprintf("lowerdir=/,upperdir=%s/upper,workdir=%s/work", base, base)
	if err := syscall.Mount("overlay", root, "overlay", 0, layers); err != nil {
		return fmt.Errorf("overlay: %w", err)
	}
	if err := syscall.Mount("proc", root+"/proc", "proc", 0, ""); err != nil {
		return fmt.Errorf("proc: %w", err)
	}
	for dir, mode := range map[string]string{"dev": "755", "run": "755", "tmp": "1777"} {
		if err := syscall.Mount("tmpfs", filepath.Join(root, dir), "tmpfs", 0, "mode="+mode); err != nil {
			return fmt.Errorf("/%s: %w", dir, err)
		}
	}
	syscall.Umask(0)
	for name, minor := range map[string]int{"null": 3, "zero": 5, "full": 7, "random": 8, "urandom": 9} {
		if err := syscall.Mknod(filepath.Join(root, "dev", name), syscall.S_IFCHR|0o666, 1<<8|minor); err != nil {
			return fmt.Errorf("/dev/%s: %w", name, err)
		}
	}
	syscall.Umask(0o022)
	if err := syscall.Chroot(root); err != nil {
		return fmt.Errorf("chroot: %w", err)
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	os.Setenv("TMPDIR", "/tmp")
	os.Setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")

	for name, data := range contents {
		if err := writeFile(name, data, 0o755); err != nil {
			return err
		}
	}
	if err := syscall.Sethostname([]byte("mx.test")); err != nil {
		return err
	}
	for name, text := range map[string]string{
		"/etc/hosts":       "127.0.0.1 localhost\n198.51.100.25 mx.test mx\n",
		"/etc/hostname":    "mx.test\n",
		"/etc/mailname":    "mx.test\n",
		"/etc/resolv.conf": "nameserver 127.0.0.1\n",
	} {
		os.Remove(name) // resolv.conf may be a link to a place that is not here
		if err := writeFile(name, []byte(text), 0o644); err != nil {
			return err
		}
	}
	// By default a socket holds ten datagrams. On a busy machine the log is read later,
	// and the policy server rather drops a line than wait.
	if err := os.WriteFile("/proc/sys/net/unix/max_dgram_qlen", []byte("10000"), 0o644); err != nil {
		return err
	}
	return addAddresses()
}

func addAddresses() error {
	addrs := []string{"192.0.2.1/24"}
	for _, ip := range append(clientIPs, serverIPs...) {
		if strings.Contains(ip, ":") {
			addrs = append(addrs, ip+"/128")
		} else {
			addrs = append(addrs, ip+"/32")
		}
	}
	if err := run("ip", "link", "set", "lo", "up"); err != nil {
		return err
	}
	for _, addr := range addrs {
		args := []string{"addr", "add", addr, "dev", "lo"}
		if strings.Contains(addr, ":") {
			args = append(args, "nodad")
		}
		if err := run("ip", args...); err != nil {
			return err
		}
	}
	return nil
}

// run runs a command. An error contains its output.
func run(name string, args ...string) error {
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

// writeFile writes a file and creates its folders. It renames the file into place,
// so that it can replace a running program.
func writeFile(name string, data []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(name+".new", data, mode); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}

// write is writeFile for tests.
func write(t *testing.T, name, text string, mode os.FileMode) {
	t.Helper()
	if err := writeFile(name, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// configure writes the policy server's configuration: `debugLevel = 1` and the
// given lines.
func configure(t *testing.T, lines ...string) {
	t.Helper()
	write(t, configFile, "debugLevel = 1\n"+strings.Join(lines, "\n")+"\n", 0o644)
}
