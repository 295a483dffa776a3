package e2e

import (
	"os"
	"strings"
	"syscall"
	"testing"
)

// What breaks must not cost mail: a message is accepted with its SPF header, or
// the client is told to come back (4xx) and keeps it.

// comeBack is Postfix's answer while it has no policy server.
const comeBack = "451 4.3.5 "

// kill ends all policy processes.
func kill(t *testing.T) {
	t.Helper()
	pids := policies(t)
	if len(pids) == 0 {
		t.Fatal("no policy process to kill")
	}
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
}

// TestKilledInMidRequest: Postfix asks a second process; the message is accepted
// after a proper check.
func TestKilledInMidRequest(t *testing.T) {
	configure(t)
	h := startHost(t)
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
	h := startHost(t)
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

// TestConfiguration: without the administrator's file the defaults are in force,
// the log tells of it, and mail flows.
func TestConfiguration(t *testing.T) {
	for _, test := range []struct {
		name string
		make func(t *testing.T)
	}{
		{"missing", func(t *testing.T) {}},
		{"unreadable", func(t *testing.T) { write(t, configFile, "TestOnly = 0\n", 0o600) }},
		{"a directory", func(t *testing.T) {
			if err := os.Mkdir(configFile, 0o755); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := os.RemoveAll(configFile); err != nil {
				t.Fatal(err)
			}
			configure(t) // its folder
			if err := os.Remove(configFile); err != nil {
				t.Fatal(err)
			}
			test.make(t)
			defer os.RemoveAll(configFile)
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

// TestTimeLimit: spawn(8) kills a policy process that has reached its time limit.
// The next message finds a new one.
func TestTimeLimit(t *testing.T) {
	configure(t)
	h := startHostWith(t, strings.Replace(mainCF, "policy-spf_time_limit = 3600s", "policy-spf_time_limit = 2s", 1), masterCF)
	c := connect(t, "192.0.2.1", "client.test")
	for range 2 {
		seen := len(h.log.all())
		got := spfHeader(t, h.delivered(t, c.send(message{sender: "a@pass.test"}))[0])
		if !strings.HasPrefix(got, "Received-Spf: Pass ") {
			t.Errorf("got %s, want Pass", got)
		}
		h.log.awaitAfter(t, seen, `time limit exceeded`)
	}
	if pids := h.served(); len(pids) != 2 {
		t.Errorf("%d policy processes, want 2", len(pids))
	}
}

// TestTimeLimitInMidRequest: the limit hits a process that waits for DNS. The
// client is told to come back.
func TestTimeLimitInMidRequest(t *testing.T) {
	configure(t)
	h := startHostWith(t, strings.Replace(mainCF, "policy-spf_time_limit = 3600s", "policy-spf_time_limit = 2s", 1), masterCF)
	h.names.set("slow.test", silence)
	c := connect(t, "192.0.2.1", "client.test")
	if reply := c.rcpt(message{sender: "a@slow.test"})[0]; !strings.HasPrefix(reply, comeBack) {
		t.Errorf("got %q, want %s", reply, comeBack)
	}
	c.reset()
	h.names.set("slow.test", 0)
	got := spfHeader(t, h.delivered(t, c.send(message{sender: "a@slow.test"}))[0])
	if !strings.HasPrefix(got, "Received-Spf: Pass ") {
		t.Errorf("got %s, want Pass", got)
	}
}

// TestNoBinary: while there is no program to start, clients are told to come
// back.
func TestNoBinary(t *testing.T) {
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
	if !strings.HasPrefix(reply, comeBack) {
		t.Errorf("got %q, want %s", reply, comeBack)
	}
	c.reset()
	got := spfHeader(t, h.delivered(t, c.send(message{sender: "a@pass.test"}))[0])
	if !strings.HasPrefix(got, "Received-Spf: Pass ") {
		t.Errorf("got %s, want Pass", got)
	}
}
