package e2e

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// What breaks must not cost mail: a message is accepted with its SPF header, or
// the client is told to come back (4xx) and keeps it. Where the policy server
// itself is what breaks, that takes Postfix's own default_action; with the
// README's DUNNO, mail is accepted unchecked meanwhile (TestDefaultAction).

// comeBack is Postfix's default_action while it has no policy server.
const comeBack = "451 4.3.5 "

// kill ends the policy process.
func kill(t *testing.T) {
	t.Helper()
	p := onlyPolicy(t)
	if err := syscall.Kill(p.pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	p.gone(t)
}

// process is one that runs, by a descriptor that its end makes readable.
type process struct {
	pid  int
	file *os.File
}

// onlyPolicy gives the one policy process that there is.
func onlyPolicy(t *testing.T) process {
	t.Helper()
	pids := policies(t, binary)
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

// gone waits for the end of a process.
func (p process) gone(t *testing.T) {
	t.Helper()
	fds := []unix.PollFd{{Fd: int32(p.file.Fd()), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(fds, int(patience.Milliseconds()))
		if err == unix.EINTR {
			continue
		}
		if n != 1 || err != nil {
			t.Fatalf("process %d does not end: %v", p.pid, err)
		}
		return
	}
}

// TestKilledInMidRequest: Postfix asks a second process; the message is accepted
// after a proper check.
func TestKilledInMidRequest(t *testing.T) {
	configure(t)
	h := startHostWith(t, strictCF, masterCF)
	c := connect(t, "192.0.2.1", "client.test")
	c.say("MAIL FROM:<a@slow.test>", "250")
	h.names.set("slow.test", silence)
	if err := c.conn.PrintfLine("RCPT TO:<user@rcpt.test>"); err != nil {
		t.Fatal(err)
	}
	h.names.await(t, "slow.test", 1)
	h.names.set("slow.test", 0)
	kill(t)
	c.expect("250")
	got := spfHeader(t, h.delivered(t, c.data(message{sender: "a@slow.test"}))[0])
	if !strings.HasPrefix(got, "Received-Spf: Pass ") {
		t.Errorf("got %s, want Pass", got)
	}
	h.log.await(t, `killed by signal 9`)
}

// TestKilledAgain: after the second process is gone too, the client is told to
// come back; when it does, all is well.
func TestKilledAgain(t *testing.T) {
	configure(t)
	h := startHostWith(t, strictCF, masterCF)
	c := connect(t, "192.0.2.1", "client.test")
	c.say("MAIL FROM:<a@slow.test>", "250")
	h.names.set("slow.test", silence)
	if err := c.conn.PrintfLine("RCPT TO:<user@rcpt.test>"); err != nil {
		t.Fatal(err)
	}
	for try := range 2 {
		h.names.await(t, "slow.test", try+1)
		kill(t)
	}
	c.expect(comeBack)
	h.names.set("slow.test", 0)
	c.reset()
	got := spfHeader(t, h.delivered(t, c.send(message{sender: "a@slow.test"}))[0])
	if !strings.HasPrefix(got, "Received-Spf: Pass ") {
		t.Errorf("got %s, want Pass", got)
	}
}

// TestDNSDead: without a name server messages are marked, or deferred where that
// is wanted; HELO and MAIL FROM cannot be told good from bad, so none passes.
func TestDNSDead(t *testing.T) {
	for _, test := range []struct{ name, option, reply string }{
		{"marked", "TempError_Defer = False", "250 "},
		{"deferred", "TempError_Defer = True", "450 4.7.24 "},
	} {
		t.Run(test.name, func(t *testing.T) {
			configure(t, test.option)
			h := startHost(t)
			h.names.stop()
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
			h.log.clean(t)
		})
	}
}

// TestDNSSilent: a name server that never answers costs Lookup_Time, and Postfix
// does not run out of patience.
func TestDNSSilent(t *testing.T) {
	configure(t, "Lookup_Time = 2")
	h := startHost(t)
	h.names.set("slow.test", silence)
	c := connect(t, "192.0.2.1", "client.test")
	got := spfHeader(t, h.delivered(t, c.send(message{sender: "a@slow.test"}))[0])
	if !strings.HasPrefix(got, "Received-Spf: Temperror ") {
		t.Errorf("got %s, want Temperror", got)
	}
	h.log.clean(t)
}

// TestNoSyslog: a policy server that cannot log serves all the same.
func TestNoSyslog(t *testing.T) {
	configure(t)
	h := startHost(t)
	// Postfix's queue manager and deliverers have it open from here on.
	c := connect(t, "192.0.2.1", "client.test")
	h.delivered(t, c.send(message{sender: "a@pass.test"}))
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
	if pids := h.served(); len(pids) != 1 {
		t.Errorf("%d processes have logged, want the first alone", len(pids))
	}
	h.log.clean(t)
}

// TestNoConfiguration: where there is no file, the defaults are in force, the log
// tells of it, and mail flows.
func TestNoConfiguration(t *testing.T) {
	for _, test := range []struct {
		name string
		make func() error
	}{
		{"nothing there", func() error { return nil }},
		{"a directory", func() error { return os.MkdirAll(configFile, 0o755) }},
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
			h.log.clean(t)
		})
	}
}

// TestUnreadableConfiguration: the administrator has settings, but the server
// cannot know them; clients are told to come back, and the log says why.
func TestUnreadableConfiguration(t *testing.T) {
	write(t, configFile, "debugLevel = 1\n", 0o600)
	h := startHostWith(t, strictCF, masterCF)
	c := connect(t, "192.0.2.1", "client.test")
	if reply := c.rcpt(message{sender: "a@pass.test"})[0]; !strings.HasPrefix(reply, comeBack) {
		t.Errorf("got %q, want %s", reply, comeBack)
	}
	h.log.await(t, `policyd-spf\[\d+\]: .*`+configFile+`.*[Pp]ermission denied`)
	c.reset()
	configure(t)
	got := spfHeader(t, h.delivered(t, c.send(message{sender: "a@pass.test"}))[0])
	if !strings.HasPrefix(got, "Received-Spf: Pass ") {
		t.Errorf("got %s, want Pass", got)
	}
}

// TestTimeLimit: spawn(8) runs out of time while the policy server waits for DNS.
// On Linux spawn says so and then lacks the right to kill another user's process,
// so the server finishes; where the kill works, clients are told to come back.
func TestTimeLimit(t *testing.T) {
	configure(t, "Lookup_Time = 4")
	h := startHostWith(t, strings.Replace(strictCF, "policy-spf_time_limit = 3600s", "policy-spf_time_limit = 2s", 1), masterCF)
	h.names.set("slow.test", silence)
	c := connect(t, "192.0.2.1", "client.test")
	m := message{sender: "a@slow.test"}
	switch reply := c.rcpt(m)[0]; {
	case strings.HasPrefix(reply, comeBack):
		c.reset()
	case strings.HasPrefix(reply, "250 "):
		if got := spfHeader(t, h.delivered(t, c.data(m))[0]); !strings.HasPrefix(got, "Received-Spf: Temperror ") {
			t.Errorf("got %s, want Temperror", got)
		}
	default:
		t.Errorf("got %q, want 250 or %s", reply, comeBack)
	}
	h.log.await(t, `command time limit exceeded`)
	h.names.set("slow.test", 0)
	got := spfHeader(t, h.delivered(t, c.send(m))[0])
	if !strings.HasPrefix(got, "Received-Spf: Pass ") {
		t.Errorf("got %s, want Pass", got)
	}
}

// TestNoBinary: while there is no program to start, clients are told to come
// back.
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
	if !strings.HasPrefix(reply, comeBack) {
		t.Errorf("got %q, want %s", reply, comeBack)
	}
	c.reset()
	got := spfHeader(t, h.delivered(t, c.send(message{sender: "a@pass.test"}))[0])
	if !strings.HasPrefix(got, "Received-Spf: Pass ") {
		t.Errorf("got %s, want Pass", got)
	}
}

// TestDefaultAction: what default_action=DUNNO means. While there is no policy
// server mail is accepted without a check, which the log tells, and without an
// SPF header; then checks go on.
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
