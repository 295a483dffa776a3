package e2e

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
)

// A message to several recipients causes several requests, and gets one header.
func TestRecipients(t *testing.T) {
	configure(t)
	h := startHost(t)
	c := connect(t, "192.0.2.1", "client.test")
	recipients := []string{"one@rcpt.test", "two@rcpt.test", "three@rcpt.test"}

	id := c.send(message{sender: "a@pass.test", recipients: recipients})
	copies := h.delivered(t, id)
	if len(copies) != len(recipients) {
		t.Errorf("%d copies, want %d", len(copies), len(recipients))
	}
	for _, m := range copies {
		if got := spfHeader(t, m); !strings.HasPrefix(got, "Received-Spf: Pass ") {
			t.Errorf("got %s, want Pass", got)
		}
	}

	for i, reply := range c.rcpt(message{sender: "a@fail.test", recipients: recipients}) {
		if !strings.HasPrefix(reply, "550 5.7.23 ") {
			t.Errorf("recipient %d of a forged message: got %q", i, reply)
		}
	}
	h.log.checkNoProblems(t)
}

// One policy process serves all messages of a connection.
func TestConnection(t *testing.T) {
	configure(t)
	h := startHost(t)
	c := connect(t, "192.0.2.1", "client.test")
	for round := range 5 {
		for _, test := range []struct{ sender, reply, header string }{
			{sender: "a@pass.test", reply: "250", header: "Received-Spf: Pass "},
			{sender: "a@fail.test", reply: "550 5.7.23 "},
			{sender: "a@softfail.test", reply: "250", header: "Received-Spf: Softfail "},
			{sender: "a@permerror.test", reply: "250", header: "Received-Spf: Permerror "},
			{sender: "a@temperror.test", reply: "250", header: "Received-Spf: Temperror "},
			{reply: "250", header: "Received-Spf: None "},
		} {
			m := message{sender: test.sender}
			reply := c.rcpt(m)[0]
			if !strings.HasPrefix(reply, test.reply) {
				t.Fatalf("round %d, sender %q: got %q, want %q", round, test.sender, reply, test.reply)
			}
			if test.header == "" {
				c.reset()
				continue
			}
			if got := spfHeader(t, h.delivered(t, c.data(m))[0]); !strings.HasPrefix(got, test.header) {
				t.Errorf("round %d, sender %q: got %s, want %s", round, test.sender, got, test.header)
			}
		}
	}
	if pids := h.servingPIDs(); len(pids) != 1 {
		t.Errorf("%d policy processes served one connection: %s", len(pids), pids)
	}
	h.log.checkNoProblems(t)
}

// One policy process serves all connections of an smtpd process.
func TestOneProcessForAnSMTPServer(t *testing.T) {
	configure(t)
	// One smtpd process, so that all connections go to it.
	h := startHostWith(t, mainCF, strings.Replace(masterCF, "smtp       inet  n  -  n  -  -     smtpd",
		"smtp       inet  n  -  n  -  1     smtpd", 1))
	for range 3 {
		c := connect(t, "192.0.2.1", "client.test")
		h.delivered(t, c.send(message{sender: "a@pass.test"}))
		c.command("QUIT", "221")
	}
	if got := len(h.log.matches(`postfix/smtpd\[\d+\]: connect from`)); got != 3 {
		t.Errorf("%d connections, want 3", got)
	}
	if pids := h.servingPIDs(); len(pids) != 1 {
		t.Errorf("%d policy processes served one smtpd: %s", len(pids), pids)
	}
	h.log.checkNoProblems(t)
}

// A process with Log_Format = kv sums itself up when Postfix stops, which ends the
// process by SIGTERM.
func TestTotalsAtStop(t *testing.T) {
	configure(t, "Log_Format = kv")
	h := startHost(t)
	c := connect(t, "192.0.2.1", "client.test")
	h.delivered(t, c.send(message{sender: "a@pass.test"}))
	p := onlyPolicyProcess(t)
	if err := syscall.Kill(p.pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	p.awaitExit(t)
	h.log.await(t, fmt.Sprintf(`policyd-spf\[%d\]: messages=1 prepend=1 `, p.pid))
	h.log.checkNoProblems(t)
}

// Twenty connections send their requests at the same time, and each gets its own
// reply.
func TestManyClients(t *testing.T) {
	const clients, rounds = 20, 3
	configure(t)
	h := startHost(t)
	kinds := []struct{ domain, reply, header string }{
		{domain: "pass.test", reply: "250", header: "Received-Spf: Pass "},
		{domain: "fail.test", reply: "550 5.7.23 "},
		{domain: "softfail.test", reply: "250", header: "Received-Spf: Softfail "},
		{domain: "none.test", reply: "250", header: "Received-Spf: None "},
	}
	var open []*client
	for i := range clients {
		open = append(open, connect(t, fmt.Sprintf("192.0.2.%d", i+1), "client.test"))
	}
	sender := func(i, round int) string { return fmt.Sprintf("user%d.%d@%s", i, round, kinds[i%len(kinds)].domain) }
	for round := range rounds {
		for i, c := range open {
			c.command("MAIL FROM:<"+sender(i, round)+">", "250")
		}
		for _, c := range open {
			if err := c.conn.PrintfLine("RCPT TO:<user@rcpt.test>"); err != nil {
				t.Fatal(err)
			}
		}
		for i, c := range open {
			kind := kinds[i%len(kinds)]
			reply := c.expect(kind.reply)
			if kind.header == "" {
				if want := fmt.Sprintf("id=%s;ip=192.0.2.%d;", sender(i, round), i+1); !strings.Contains(reply, want) {
					t.Errorf("client %d: got %q, want %s", i, reply, want)
				}
				c.reset()
				continue
			}
			got := spfHeader(t, h.delivered(t, c.data(message{sender: sender(i, round)}))[0])
			want := fmt.Sprintf("client-ip=192.0.2.%d; helo=client.test; envelope-from=%s;", i+1, sender(i, round))
			if !strings.HasPrefix(got, kind.header) || !strings.Contains(got, want) {
				t.Errorf("client %d: got %s, want %s... %s", i, got, kind.header, want)
			}
		}
	}
	if pids := h.servingPIDs(); len(pids) != clients {
		t.Errorf("%d policy processes served %d connections", len(pids), clients)
	}
	h.log.checkNoProblems(t)
}
