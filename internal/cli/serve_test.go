package cli

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"policyd-spf/conf"
	"policyd-spf/policy"
	"policyd-spf/spf/dns/dnstest"
)

func TestServe(t *testing.T) {
	large := tempFile(t, "large.conf", "")
	if err := os.Truncate(large, 1<<30); err != nil { // above the limit of what is read
		t.Fatal(err)
	}
	config := tempFile(t, "policyd-spf.conf", "Header_Type = None\n")
	zones := tempFile(t, "zone", zone)
	for _, test := range []struct {
		name   string
		args   []string
		in     string
		stdout string
		stderr string // part of it, "" for nothing
		status int
	}{
		{name: "usage", args: []string{"-h"}, stdout: usage, status: 1},
		{name: "usage, long flag", args: []string{"--help"}, stdout: usage, status: 1},
		{name: "usage, Python's flag", args: []string{"-?", "x"}, stdout: usage, status: 1},
		{name: "no requests", args: []string{config}},
		{name: "requests", args: []string{"--zone", zones, os.DevNull}, in: request + request, stdout: reply + reply},
		{name: "truncated request", args: []string{"--zone", zones, os.DevNull}, in: request + "sender=x\n", stdout: reply},
		{name: "configuration file", args: []string{"--zone", zones, config}, in: request, stdout: "action=dunno\n\n"},
		{name: "arguments after the configuration file", args: []string{"--zone", zones, config, "-h"}, in: request, stdout: "action=dunno\n\n",
			stderr: `ignored after the configuration file: "-h"`},
		{name: "missing configuration file", args: []string{"--zone", zones, config + ".gone"}, in: request, stdout: reply,
			stderr: "no such file or directory); using the defaults"},
		{name: "folder as configuration file", args: []string{"--zone", zones, filepath.Dir(config)}, in: request, stdout: reply,
			stderr: "is a directory; using the defaults"},
		{name: "unreadable configuration file", args: []string{large}, in: request, stderr: "large.conf", status: 1},
		{name: "unknown flag", args: []string{"--zoen", zones}, in: request, stderr: "did you mean --zone?", status: 2},
		{name: "unknown word", args: []string{"serve"}, in: request, stderr: `unknown word "serve"`, status: 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			stdout, stderr, status := execute(t, command(t, test.args...), test.in)
			if stdout != test.stdout || status != test.status {
				t.Errorf("%q, exit status %d, want %q, %d", stdout, status, test.stdout, test.status)
			}
			if test.stderr == "" && stderr != "" || !strings.Contains(stderr, test.stderr) || strings.Count(stderr, "\n") > 1 {
				t.Errorf("on standard error: %q, want %q", stderr, test.stderr)
			}
		})
	}
}

// A shadow configuration that cannot be used is logged, and changes nothing.
func TestLoadShadow(t *testing.T) {
	good := tempFile(t, "shadow.conf", "HELO_rejects = x\nMail_From_reject = False\n")
	for _, test := range []struct {
		name, config, log string
		want              string // Mail_From_reject; "" for no shadow configuration
	}{
		{name: "unset"},
		{name: "good", config: "Shadow_Config = " + good + "\n", want: "False", log: `ERROR: Unknown name "HELO_rejects" in file "` + good + `"`},
		{name: "no file", config: "Shadow_Config = " + good + ".gone\n", log: `ERROR stating "` + good + `.gone": No such file or directory (Shadow_Config ignored)`},
		{name: "directory", config: "Shadow_Config = " + filepath.Dir(good) + "\n", log: `ERROR opening "` + filepath.Dir(good) + `": Not a regular file (Shadow_Config ignored)`},
	} {
		t.Run(test.name, func(t *testing.T) {
			loaded, err := conf.Load(tempFile(t, "policyd-spf.conf", test.config))
			if err != nil {
				t.Fatal(err)
			}
			var sink textSink
			log := &policy.Log{Sink: &sink}
			shadow := loadShadow(loaded, log)
			log.Flush()
			if got := strings.Join(sink, "\n"); got != test.log {
				t.Errorf("logged %q, want %q", got, test.log)
			}
			if (shadow != nil) != (test.want != "") || shadow != nil && shadow.MailFromReject != test.want {
				t.Errorf("shadow configuration %+v", shadow)
			}
		})
	}
}

// textSink collects the texts of log lines.
type textSink []string

func (s *textSink) Write(lines []policy.Line) {
	for _, line := range lines {
		*s = append(*s, string(line.Text))
	}
}

// Under spawn(8) the three standard descriptors are one socket. Only replies
// may be written there.
func TestServe_socket(t *testing.T) {
	for _, test := range []struct {
		name   string
		args   []string
		out    string
		status int
	}{
		{name: "requests", args: []string{"--zone", tempFile(t, "zone", zone), os.DevNull}, out: reply},
		{name: "broken configuration", args: []string{"--zone", tempFile(t, "zone", zone), tempFile(t, "conf", "TestOnly = x\nfoo\n=\n")}, out: reply},
		{name: "missing configuration", args: []string{"--zone", tempFile(t, "zone", zone), "/nowhere.conf"}, out: reply},
		{name: "arguments after the configuration", args: []string{"--zone", tempFile(t, "zone", zone), os.DevNull, "--explain"}, out: reply},
		{name: "missing zone", args: []string{"--zone", "/nowhere", os.DevNull}, status: 1},
		{name: "broken zone", args: []string{"--zone", tempFile(t, "zone", "x TXT \"\n"), os.DevNull}, status: 1},
		{name: "usage", args: []string{"--help"}, out: usage, status: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			out, status := executeOverSocket(t, command(t, test.args...), request)
			if out != test.out || status != test.status {
				t.Errorf("%q, exit status %d, want %q, %d", out, status, test.out, test.status)
			}
		})
	}
}

// Another process that shares the socket makes it non-blocking while requests are
// served.
func TestServe_nonBlockingSocket(t *testing.T) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	postfix, service := os.NewFile(uintptr(fds[0]), "postfix"), os.NewFile(uintptr(fds[1]), "service")
	defer postfix.Close()
	defer service.Close()
	cmd := command(t, "--zone", tempFile(t, "zone", zone), os.DevNull)
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

// A process that has totals to log ends by itself on SIGTERM, unless a request takes too
// long; another is ended by the signal.
func TestServe_terminated(t *testing.T) {
	for _, test := range []struct {
		name, config string
		silent       bool // the name server
		status       int  // -1: killed by the signal
	}{
		{name: "kv", config: "Log_Format = kv\n"},
		{name: "classic", status: -1}, // at once, even in the middle of a request
		{name: "kv, during a request", config: "Log_Format = kv\n", silent: true, status: -1},
	} {
		t.Run(test.name, func(t *testing.T) {
			args := []string{"--zone", tempFile(t, "zone", zone), tempFile(t, "conf", test.config)}
			arrived := make(chan struct{}, 100)
			if test.silent {
				s := dnstest.Start(t, "127.0.0.1", func(*dnstest.Server, []byte, netip.AddrPort) { arrived <- struct{}{} }, nil)
				args[0], args[1] = "--dns", s.Addr.String()
			}
			cmd := command(t, args...)
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			io.WriteString(in, request)
			if test.silent {
				<-arrived
			} else if _, err := io.ReadFull(out, make([]byte, len(reply))); err != nil {
				t.Fatal(err)
			}
			io.WriteString(in, "sender=x\n") // half of the next request
			cmd.Process.Signal(syscall.SIGTERM)
			cmd.Wait()
			if got := cmd.ProcessState.ExitCode(); got != test.status {
				t.Errorf("exit status %d, want %d", got, test.status)
			}
		})
	}
}

// In master.cf, flags for people are the name of a configuration file, as they
// are for the original.
func TestServe_socketFlagsForPeople(t *testing.T) {
	const want = "action=prepend X-Comment: SPF check N/A for local connections - client-ip=127.0.0.1; helo=<UNKNOWN>; envelope-from=<UNKNOWN>; receiver=<UNKNOWN> \n\n"
	for _, flag := range []string{"--explain", "--check-config", "--probe", "--version", "--json", "--frob", "--dns", "--"} {
		t.Run(flag, func(t *testing.T) {
			out, status := executeOverSocket(t, command(t, flag), "client_address=127.0.0.1\n\n")
			if status != 0 || out != want {
				t.Errorf("exit status %d, %q, want %q", status, out, want)
			}
		})
	}
}

// Notes for people stay out of a pipe that takes replies.
func TestServe_notesInReplies(t *testing.T) {
	cmd := command(t, "--zone", tempFile(t, "zone", zone), "/nowhere.conf")
	cmd.Stdin = strings.NewReader(request)
	out, err := cmd.CombinedOutput()
	if status := exitStatus(t, err); status != 0 || string(out) != reply {
		t.Errorf("%q, exit status %d, want %q", out, status, reply)
	}
}

// A configuration file that cannot be examined ends the program: the defaults are not
// in use, and nothing says that they are.
func TestServe_configurationCannotBeExamined(t *testing.T) {
	path := tempFile(t, "file", "") + "/policyd-spf.conf"
	cmd := command(t, path)
	cmd.Stdin = strings.NewReader(request)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	stdout, err := cmd.Output()
	want := `policyd-spf: ERROR stating "` + path + `": Not a directory` + "\n"
	if status := exitStatus(t, err); status != 1 || len(stdout) > 0 || stderr.String() != want {
		t.Errorf("%q, %q, exit status %d, want %q and 1", stdout, stderr.String(), status, want)
	}
}

// A reply that nobody reads ends the program without a word.
func TestServe_nobodyReads(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	read.Close()
	cmd := command(t, os.DevNull)
	cmd.Stdin, cmd.Stdout = strings.NewReader(strings.Repeat("\n", 1000)), write
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	err = cmd.Run()
	write.Close()
	if status := exitStatus(t, err); status != 0 || stderr.Len() > 0 {
		t.Errorf("exit status %d, %q", status, stderr.String())
	}
}

func TestConfigPath(t *testing.T) {
	first := configFiles[0]
	for _, name := range configFiles {
		if exists(name) {
			first = name
			break
		}
	}
	for _, test := range []struct {
		name, distributor, argument, want string
	}{
		{name: "default", want: first},
		{name: "distributor", distributor: "/opt/x.conf", want: "/opt/x.conf"},
		{name: "argument", distributor: "/opt/x.conf", argument: "/y.conf", want: "/y.conf"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := New("policyd-spf", "", test.distributor)
			if got := p.configPath(&Options{configFile: test.argument}); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

// TestSoak sends requests with ever new senders over one connection and checks
// that memory does not grow. The environment variable SOAK is their number.
func TestSoak(t *testing.T) {
	requests, err := strconv.Atoi(os.Getenv("SOAK"))
	if err != nil {
		requests = 8_000
	}
	cmd := command(t, "--zone", tempFile(t, "zone", zone), os.DevNull)
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

// memory returns the resident set size of a process in kB.
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
