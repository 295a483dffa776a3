package cli

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// runAsProgram in the environment makes the test binary the program itself.
const runAsProgram = "POLICYD_SPF_RUN_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(runAsProgram) != "" {
		os.Exit(runProgram(os.Args))
	}
	os.Exit(m.Run())
}

// runProgram does what main.go does.
func runProgram(args []string) int {
	p := New(args[0], "1.2.3", "")
	o, err := p.Parse(args[1:])
	if err != nil {
		return p.UsageError(err)
	}
	return map[Mode]func() int{
		Serve:       func() int { return p.Serve(o) },
		Usage:       p.PrintUsage,
		Help:        func() int { return p.PrintHelp(o) },
		Version:     p.PrintVersion,
		Completion:  func() int { return p.PrintCompletion(o) },
		Explain:     func() int { return p.Explain(o) },
		CheckConfig: func() int { return p.CheckConfig(o) },
		ShowConfig:  func() int { return p.ShowConfig(o) },
		Probe:       func() int { return p.Probe(o) },
		Report:      func() int { return p.Report(o) },
	}[o.Mode]()
}

// command returns a command that runs the program.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Args[0] = "policyd-spf"
	cmd.Env = append(os.Environ(), runAsProgram+"=1", "LC_ALL=C", "COLUMNS=80")
	return cmd
}

// exitStatus returns the exit status of a command that has ended.
func exitStatus(t *testing.T, err error) int {
	t.Helper()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return 0
}

// execute runs a command with text on standard input, which is a pipe.
func execute(t *testing.T, cmd *exec.Cmd, in string) (stdout, stderr string, status int) {
	t.Helper()
	var out, errOut bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(in), &out, &errOut
	status = exitStatus(t, cmd.Run())
	return out.String(), errOut.String(), status
}

// executeOverSocket runs a command as spawn(8) does: its three standard
// descriptors are one socket.
func executeOverSocket(t *testing.T, cmd *exec.Cmd, in string) (out string, status int) {
	t.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	postfix, service := os.NewFile(uintptr(fds[0]), "postfix"), os.NewFile(uintptr(fds[1]), "service")
	defer postfix.Close()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = service, service, service
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	service.Close()
	io.WriteString(postfix, in) // not read if the program has ended
	syscall.Shutdown(fds[0], syscall.SHUT_WR)
	text, err := io.ReadAll(postfix)
	if err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Fatal(err)
	}
	return string(text), exitStatus(t, cmd.Wait())
}

// writeFile writes a file and returns its name.
func writeFile(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// tempFile writes a file in a new folder and returns its name.
func tempFile(t *testing.T, name, text string) string {
	t.Helper()
	return writeFile(t, filepath.Join(t.TempDir(), name), text)
}

const zone = `$TTL 300
*.pass.example. TXT "v=spf1 ip4:192.0.2.0/24 -all"
fail.example.   TXT "v=spf1 -all"
`

const (
	request = "client_address=192.0.2.1\nhelo_name=mx.pass.example\nsender=alice@a.pass.example\n\n"
	reply   = "action=prepend Received-SPF: Pass (sender SPF authorized) identity=mailfrom; client-ip=192.0.2.1; helo=mx.pass.example; envelope-from=alice@a.pass.example; receiver=<UNKNOWN> \n\n"
)
