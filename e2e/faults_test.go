package e2e

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// A fault must not lose mail: a message is accepted with its SPF header, or it is
// deferred (4xx) and the client keeps it. If the policy server itself fails, this
// needs Postfix's own default_action. With DUNNO, as in the README, mail is accepted
// unchecked (TestDefaultAction).

// tryLater is Postfix's default_action when it has no policy server.
const tryLater = "451 4.3.5 "

// killPolicyServer kills the policy process.
func killPolicyServer(t *testing.T) {
	t.Helper()
	p := onlyPolicyProcess(t)
	if err := syscall.Kill(p.pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	p.awaitExit(t)
}

// process is a running process with its pidfd, which is readable when it ends.
type process struct {
	pid  int
	file *os.File
}

// onlyPolicyProcess returns the policy process. There must be one.
func onlyPolicyProcess(t *testing.T) process {
	t.Helper()
	pids := processesOf(t, binary)
	if len(pids) != 1 {
		t.Fatalf("%d policy processes, want 1", len(pids))
	}
	fd, err := unix.PidfdOpen(pids[0], 0)
	if err != nil {
		t.Fatal(err)
	}
	p := process{pids[0], os.NewFile(uintptr(fd), "pidfd")}
	t.Cleanup(func() { p.file.Close() })
	return p
}

// awaitExit waits until the process has ended.
func (p process) awaitExit(t *testing.T) {
	t.Helper()
	fds := []unix.PollFd{{Fd: int32(p.file.Fd()), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(fds, int(longTimeout.Milliseconds()))
		if err == unix.EINTR {
			continue
		}
		if n != 1 || err != nil {
			t.Fatalf("process %d does not end: %v", p.pid, err)
		}
		return
	}
}

// Postfix sends the request to a second process, and the message is checked and
// accepted.
func TestKilledInMidRequest(t *testing.T) {
	configure(t)
	h := startHostWith(t, strictCF, masterCF)
	c := connect(t, "192.0.2.1", "client.test")
	c.command("MAIL FROM:<a@slow.test>", "250")
	h.nameServer.setFault("slow.test", silence)
	if err := c.conn.PrintfLine("RCPT TO:<user@rcpt.test>"); err != nil {
		t.Fatal(err)
	}
	h.nameServer.awaitQueries(t, "slow.test", 1)
	h.nameServer.setFault("slow.test", 0)
	killPolicyServer(t)
	c.expect("250")
	got := spfHeader(t, h.delivered(t, c.data(message{sender: "a@slow.test"}))[0])
	if !strings.HasPrefix(got, "Received-Spf: Pass ") {
		t.Errorf("got %s, want Pass", got)
	}
	h.log.await(t, `killed by signal 9`)
}

// After the second process is killed, too, the message is deferred. It is accepted
// when the client tries again.
func TestKilledAgain(t *testing.T) {
	configure(t)
	h := startHostWith(t, strictCF, masterCF)
	c := connect(t, "192.0.2.1", "client.test")
	c.command("MAIL FROM:<a@slow.test>", "250")
	h.nameServer.setFault("slow.test", silence)
	if err := c.conn.PrintfLine("RCPT TO:<user@rcpt.test>"); err != nil {
		t.Fatal(err)
	}
	for try := range 2 {
		h.nameServer.awaitQueries(t, "slow.test", try+1)
		killPolicyServer(t)
	}
	c.expect(tryLater)
	h.nameServer.setFault("slow.test", 0)
	c.reset()
	got := spfHeader(t, h.delivered(t, c.send(message{sender: "a@slow.test"}))[0])
	if !strings.HasPrefix(got, "Received-Spf: Pass ") {
		t.Errorf("got %s, want Pass", got)
	}
}

// Without a name server, messages get a Temperror header or, with TempError_Defer,
// are deferred. None passes.
func TestDNSDead(t *testing.T) {
	for _, test := range []struct{ name, option, reply string }{
		{name: "marked", option: "TempError_Defer = False", reply: "250 "},
		{name: "deferred", option: "TempError_Defer = True", reply: "450 4.7.24 "},
	} {
		t.Run(test.name, func(t *testing.T) {
			configure(t, test.option)
			h := startHost(t)
			h.nameServer.stop()
			c := connect(t, "192.0.2.1", "client.test")
			m := message{sender: "a@fail.test"}
			reply := c.rcpt(m)[0]
			if !strings.HasPrefix(reply, test.reply) {
				t.Fatalf("got %q, want %s", reply, test.reply)
			}
			if strings.HasPrefix(reply, "250") {
				if got := spfHeader(t, h.delivered(t, c.data(m))[0]); !strings.HasPrefix(got, "Received-Spf: Temperror ") {
					t.Errorf("got %s, want Temperror", got)
				}
			}
			h.log.checkNoProblems(t)
		})
	}
}

// A name server that never responds costs Lookup_Time, which is less than Postfix's
// timeout.
func TestDNSSilent(t *testing.T) {
	configure(t, "Lookup_Time = 2")
	h := startHost(t)
	h.nameServer.setFault("slow.test", silence)
	c := connect(t, "192.0.2.1", "client.test")
	got := spfHeader(t, h.delivered(t, c.send(message{sender: "a@slow.test"}))[0])
	if !strings.HasPrefix(got, "Received-Spf: Temperror ") {
		t.Errorf("got %s, want Temperror", got)
	}
	h.log.checkNoProblems(t)
}

// A policy server that cannot log still replies.
func TestNoSyslog(t *testing.T) {
	configure(t)
	h := startHost(t)
	// From here on, Postfix's queue manager and delivery agents have the socket open.
	c := connect(t, "192.0.2.1", "client.test")
	h.delivered(t, c.send(message{sender: "a@pass.test"}))
	h.log.await(t, `policyd-spf\[\d+\]: prepend `) // the log comes after the reply
	if err := os.Remove(logSocket); err != nil {
		t.Fatal(err)
	}
	other := connect(t, "192.0.2.2", "client.test")
	if reply := other.rcpt(message{sender: "a@fail.test"})[0]; !strings.HasPrefix(reply, "550 5.7.23 ") {
		t.Errorf("got %q, want 550 5.7.23", reply)
	}
	other.reset()
	got := spfHeader(t, h.delivered(t, other.send(message{sender: "a@pass.test"}))[0])
	if !strings.HasPrefix(got, "Received-Spf: Pass ") {
		t.Errorf("got %s, want Pass", got)
	}
	if pids := h.servingPIDs(); len(pids) != 1 {
		t.Errorf("%d processes have logged, want the first alone", len(pids))
	}
	h.log.checkNoProblems(t)
}

// Without a configuration file the defaults are in force, and the log says so.
func TestNoConfiguration(t *testing.T) {
	for _, test := range []struct {
		name string
		make func() error
	}{
		{name: "nothing there", make: func() error { return nil }},
		{name: "a directory", make: func() error { return os.MkdirAll(configFile, 0o755) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := os.RemoveAll(configFile); err != nil {
				t.Fatal(err)
			}
			defer os.RemoveAll(configFile)
			if err := test.make(); err != nil {
				t.Fatal(err)
			}
			h := startHost(t)
			c := connect(t, "192.0.2.1", "client.test")
			if reply := c.rcpt(message{sender: "a@fail.test"})[0]; !strings.HasPrefix(reply, "550 5.7.23 ") {
				t.Errorf("got %q, want 550 5.7.23", reply)
			}
			c.reset()
			got := spfHeader(t, h.delivered(t, c.send(message{sender: "a@pass.test"}))[0])
			if !strings.HasPrefix(got, "Received-Spf: Pass ") {
				t.Errorf("got %s, want Pass", got)
			}
			h.log.await(t, `policyd-spf\[\d+\]: .*`+configFile)
			h.log.checkNoProblems(t)
		})
	}
}

// If the configuration exists and cannot be read, mail is deferred, and the log has
// the reason.
func TestUnreadableConfiguration(t *testing.T) {
	write(t, configFile, "debugLevel = 1\n", 0o600)
	h := startHostWith(t, strictCF, masterCF)
	c := connect(t, "192.0.2.1", "client.test")
	if reply := c.rcpt(message{sender: "a@pass.test"})[0]; !strings.HasPrefix(reply, tryLater) {
		t.Errorf("got %q, want %s", reply, tryLater)
	}
	h.log.await(t, `policyd-spf\[\d+\]: .*`+configFile+`.*[Pp]ermission denied`)
	c.reset()
	configure(t)
	got := spfHeader(t, h.delivered(t, c.send(message{sender: "a@pass.test"}))[0])
	if !strings.HasPrefix(got, "Received-Spf: Pass ") {
		t.Errorf("got %s, want Pass", got)
	}
}

// spawn(8)'s time limit ends while the policy server waits for DNS. On Linux spawn
// logs it, but is not permitted to kill another user's process, so the server
// finishes. Where it is permitted, mail is deferred.
func TestTimeLimit(t *testing.T) {
	configure(t, "Lookup_Time = 4")
	h := startHostWith(t, strings.Replace(strictCF, "policy-spf_time_limit = 3600s", "policy-spf_time_limit = 2s", 1), masterCF)
	h.nameServer.setFault("slow.test", silence)
	c := connect(t, "192.0.2.1", "client.test")
	m := message{sender: "a@slow.test"}
	switch reply := c.rcpt(m)[0]; {
	case strings.HasPrefix(reply, tryLater):
		c.reset()
	case strings.HasPrefix(reply, "250 "):
		if got := spfHeader(t, h.delivered(t, c.data(m))[0]); !strings.HasPrefix(got, "Received-Spf: Temperror ") {
			t.Errorf("got %s, want Temperror", got)
		}
	default:
		t.Errorf("got %q, want 250 or %s", reply, tryLater)
	}
	h.log.await(t, `command time limit exceeded`)
	h.nameServer.setFault("slow.test", 0)
	got := spfHeader(t, h.delivered(t, c.send(m))[0])
	if !strings.HasPrefix(got, "Received-Spf: Pass ") {
		t.Errorf("got %s, want Pass", got)
	}
}

// While the program does not exist, mail is deferred.
func TestNoBinary(t *testing.T) {
	configure(t)
	h := startHostWith(t, strictCF, masterCF)
	if err := os.Rename(binary, binary+".away"); err != nil {
		t.Fatal(err)
	}
	c := connect(t, "192.0.2.1", "client.test")
	reply := c.rcpt(message{sender: "a@pass.test"})[0]
	if err := os.Rename(binary+".away", binary); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(reply, tryLater) {
		t.Errorf("got %q, want %s", reply, tryLater)
	}
	c.reset()
	got := spfHeader(t, h.delivered(t, c.send(message{sender: "a@pass.test"}))[0])
	if !strings.HasPrefix(got, "Received-Spf: Pass ") {
		t.Errorf("got %s, want Pass", got)
	}
}

// With default_action=DUNNO, mail is accepted without a check and without an SPF
// header while there is no policy server, and the log says so.
func TestDefaultAction(t *testing.T) {
	configure(t)
	h := startHost(t)
	if err := os.Rename(binary, binary+".away"); err != nil {
		t.Fatal(err)
	}
	c := connect(t, "192.0.2.1", "client.test")
	reply := c.rcpt(message{sender: "a@pass.test"})[0]
	if err := os.Rename(binary+".away", binary); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(reply, "250 ") {
		t.Fatalf("got %q, want 250", reply)
	}
	if got := headers(h.delivered(t, c.data(message{sender: "a@pass.test"}))[0]); got != "" {
		t.Errorf("unchecked mail has %s", got)
	}
	h.log.await(t, `postfix/smtpd\[\d+\]: warning: problem talking to server private/policy-spf`)
	if reply := c.rcpt(message{sender: "a@fail.test"})[0]; !strings.HasPrefix(reply, "550 5.7.23 ") {
		t.Errorf("got %q, want 550 5.7.23", reply)
	}
}
