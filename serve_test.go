package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asProgram in the environment makes the test binary the program itself.
const asProgram = "POLICYD_SPF_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(run(os.Args))
	}
	os.Exit(m.Run())
}

// program gives a command that runs the program.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Args[0] = "policyd-spf"
	cmd.Env = append(os.Environ(), asProgram+"=1")
	return cmd
}

// exitStatus gives the exit status of a command that has ended.
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

// file makes a file, and gives its name.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

const zone = `$TTL 300
*.pass.example. TXT "v=spf1 ip4:192.0.2.0/24 -all"
fail.example.   TXT "v=spf1 -all"
`

const (
	request = "client_address=192.0.2.1\nhelo_name=mx.pass.example\nsender=alice@a.pass.example\n\n"
	reply   = "action=prepend Received-SPF: Pass (sender SPF authorized) identity=mailfrom; client-ip=192.0.2.1; helo=mx.pass.example; envelope-from=alice@a.pass.example; receiver=<UNKNOWN> \n\n"
)

func TestServe(t *testing.T) {
	large := file(t, "large.conf", "")
	if err := os.Truncate(large, 1<<30); err != nil { // cannot be read: there is a limit
		t.Fatal(err)
	}
	config := file(t, "policyd-spf.conf", "Header_Type = None\n")
	zones := file(t, "zone", zone)
	for _, test := range []struct {
		name   string
		args   []string
		in     string
		out    string
		status int
	}{
		{"usage", []string{"-h"}, "", usage, 1},
		{"usage, long", []string{"--help"}, "", usage, 1},
		{"usage, asked", []string{"-?", "x"}, "", usage, 1},
		{"no requests", []string{config}, "", "", 0},
		{"requests", []string{"--zone", zones, os.DevNull}, request + request, reply + reply, 0},
		{"a request that is cut off", []string{"--zone", zones, os.DevNull}, request + "sender=x\n", reply, 0},
		{"a configuration", []string{"--zone", zones, config}, request, "action=dunno\n\n", 0},
		{"further arguments", []string{"--zone", zones, config, "-h"}, request, "action=dunno\n\n", 0},
		{"no such configuration", []string{"--zone", zones, config + ".gone"}, request, reply, 0},
		{"a folder as configuration", []string{"--zone", zones, filepath.Dir(config)}, request, reply, 0},
		{"a configuration that cannot be read", []string{large}, request, "", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			cmd := program(t, test.args...)
			var out, stderr bytes.Buffer
			cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(test.in), &out, &stderr
			status := exitStatus(t, cmd.Run())
			if out.String() != test.out || status != test.status {
				t.Errorf("%q, exit status %d, want %q, %d", out.String(), status, test.out, test.status)
			}
			if stderr.Len() > 0 {
				t.Errorf("on standard error: %q", stderr.String())
			}
		})
	}
}

// TestServeNonBlockingSocket: another process that shares the socket makes it
// non-blocking while requests are served.
func TestServeNonBlockingSocket(t *testing.T) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	postfix, service := os.NewFile(uintptr(fds[0]), "postfix"), os.NewFile(uintptr(fds[1]), "service")
	defer postfix.Close()
	defer service.Close()
	cmd := program(t, "--zone", file(t, "zone", zone), os.DevNull)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = service, service, service
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for _, nonBlocking := range []bool{false, true, true} {
		if err := syscall.SetNonblock(fds[1], nonBlocking); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(postfix, request); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(reply))
		if _, err := io.ReadFull(postfix, got); err != nil || string(got) != reply {
			t.Fatalf("got %q, %v, non-blocking: %t", got, err, nonBlocking)
		}
		select { // it must wait for the next request
		case err := <-ended:
			t.Fatalf("the process ended: %v, non-blocking: %t", err, nonBlocking)
		case <-time.After(50 * time.Millisecond):
		}
	}
	syscall.Shutdown(fds[0], syscall.SHUT_WR)
	if status := exitStatus(t, <-ended); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

// TestServeSocket: under spawn(8) all descriptors are one socket. Nothing gets
// there but replies.
func TestServeSocket(t *testing.T) {
	for _, test := range []struct {
		name   string
		args   []string
		out    string
		status int
	}{
		{"requests", []string{"--zone", file(t, "zone", zone), os.DevNull}, reply, 0},
		{"a broken configuration", []string{"--zone", file(t, "zone", zone), file(t, "conf", "TestOnly = x\nfoo\n=\n")}, reply, 0},
		{"no such zone", []string{"--zone", "/nowhere", os.DevNull}, "", 1},
		{"a broken zone", []string{"--zone", file(t, "zone", "x TXT \"\n"), os.DevNull}, "", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
			if err != nil {
				t.Fatal(err)
			}
			postfix, service := os.NewFile(uintptr(fds[0]), "postfix"), os.NewFile(uintptr(fds[1]), "service")
			defer postfix.Close()
			cmd := program(t, test.args...)
			cmd.Stdin, cmd.Stdout, cmd.Stderr = service, service, service
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			service.Close()
			io.WriteString(postfix, request) // not read, if the program has gone
			syscall.Shutdown(fds[0], syscall.SHUT_WR)
			out, err := io.ReadAll(postfix)
			if err != nil && !errors.Is(err, syscall.ECONNRESET) {
				t.Fatal(err)
			}
			if status := exitStatus(t, cmd.Wait()); string(out) != test.out || status != test.status {
				t.Errorf("%q, exit status %d, want %q, %d", out, status, test.out, test.status)
			}
		})
	}
}

// TestServeNobodyReads: a reply that nobody reads ends the program, quietly.
func TestServeNobodyReads(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	read.Close()
	cmd := program(t, os.DevNull)
	cmd.Stdin, cmd.Stdout = strings.NewReader(strings.Repeat("\n", 1000)), write
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	err = cmd.Run()
	write.Close()
	if status := exitStatus(t, err); status != 0 || stderr.Len() > 0 {
		t.Errorf("exit status %d, %q", status, stderr.String())
	}
}

// TestServeTerminated: SIGTERM ends the program at once, also in the middle of
// a request.
func TestServeTerminated(t *testing.T) {
	cmd := program(t, os.DevNull)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	io.WriteString(stdin, "\n")
	if _, err := io.ReadFull(stdout, make([]byte, len("action=dunno\n\n"))); err != nil {
		t.Fatal(err)
	}
	io.WriteString(stdin, "sender=x\n")
	cmd.Process.Signal(syscall.SIGTERM)
	exit := (*exec.ExitError)(nil)
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
		t.Errorf("ended with %v", err)
	}
}

func TestFindConfigFile(t *testing.T) {
	if got := findConfigFile(); got != configFiles[0] {
		if _, err := os.Stat(got); err != nil {
			t.Errorf("%s is neither the first place nor there", got)
		}
	}
	defer func(old string) { configFile = old }(configFile)
	configFile = "/of/a/distributor"
	if got := findConfigFile(); got != configFile {
		t.Errorf("got %s, want %s", got, configFile)
	}
}

// TestSoak sends requests of ever new senders over one connection, and holds
// that memory does not grow. SOAK is their number.
func TestSoak(t *testing.T) {
	requests, err := strconv.Atoi(os.Getenv("SOAK"))
	if err != nil {
		requests = 8_000
	}
	cmd := program(t, "--zone", file(t, "zone", zone), os.DevNull)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	answer := make([]byte, 4096)
	send := func(from, to int) {
		for i := from; i < to; i++ {
			fmt.Fprintf(stdin, "client_address=192.0.2.1\nhelo_name=h%d.pass.example\nsender=a@s%d.pass.example\ninstance=%d\n\n", i, i, i)
			n := 0
			for !bytes.HasSuffix(answer[:n], []byte("\n\n")) {
				m, err := stdout.Read(answer[n:])
				if n += m; err != nil {
					t.Fatalf("request %d: %v", i, err)
				}
			}
			if !bytes.HasPrefix(answer[:n], []byte("action=prepend Received-SPF: Pass ")) {
				t.Fatalf("request %d: %q", i, answer[:n])
			}
		}
	}
	start := time.Now()
	send(0, requests/4)
	first := memory(t, cmd.Process.Pid)
	send(requests/4, requests)
	last := memory(t, cmd.Process.Pid)
	t.Logf("%d requests in %v; %d kB resident after a quarter of them, %d kB after all", requests, time.Since(start), first, last)
	if last > first+first/4 {
		t.Errorf("memory grows")
	}
	stdin.Close()
	if status := exitStatus(t, cmd.Wait()); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

// memory gives the resident set of a process in kB.
func memory(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		t.Skip("no /proc to read memory from")
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize() / 1024
}
