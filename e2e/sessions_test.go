package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// TestRecipients: a message to several recipients makes several requests; the
// header goes in once.
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
	h.log.clean(t)
}

// TestConnection: many messages of all kinds on one connection, answered by one
// policy process.
func TestConnection(t *testing.T) {
	configure(t)
	h := startHost(t)
	c := connect(t, "192.0.2.1", "client.test")
	for round := range 5 {
		for _, test := range []struct{ sender, reply, header string }{
			{"a@pass.test", "250", "Received-Spf: Pass "},
			{"a@fail.test", "550 5.7.23 ", ""},
			{"a@softfail.test", "250", "Received-Spf: Softfail "},
			{"a@permerror.test", "250", "Received-Spf: Permerror "},
			{"a@temperror.test", "250", "Received-Spf: Temperror "},
			{"", "250", "Received-Spf: None "},
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
	if pids := h.served(); len(pids) != 1 {
		t.Errorf("%d policy processes served one connection: %s", len(pids), pids)
	}
	h.log.clean(t)
}

// TestOneProcessForAnSMTPServer: connections one after the other that one smtpd
// serves are served by one policy process.
func TestOneProcessForAnSMTPServer(t *testing.T) {
	configure(t)
	// One SMTP server process, so that the second connection meets it again.
	h := startHostWith(t, mainCF, strings.Replace(masterCF, "smtp       inet  n  -  n  -  -     smtpd",
		"smtp       inet  n  -  n  -  1     smtpd", 1))
	for range 3 {
		c := connect(t, "192.0.2.1", "client.test")
		h.delivered(t, c.send(message{sender: "a@pass.test"}))
		c.say("QUIT", "221")
	}
	if got := len(h.log.matches(`postfix/smtpd\[\d+\]: connect from`)); got != 3 {
		t.Errorf("%d connections, want 3", got)
	}
	if pids := h.served(); len(pids) != 1 {
		t.Errorf("%d policy processes served one smtpd: %s", len(pids), pids)
	}
	h.log.clean(t)
}

// TestManyClients: twenty connections at once whose requests arrive together;
// each gets its own answer.
func TestManyClients(t *testing.T) {
	const clients, rounds = 20, 3
	configure(t)
	h := startHost(t)
	kinds := []struct{ domain, reply, header string }{
		{"pass.test", "250", "Received-Spf: Pass "},
		{"fail.test", "550 5.7.23 ", ""},
		{"softfail.test", "250", "Received-Spf: Softfail "},
		{"none.test", "250", "Received-Spf: None "},
	}
	var open []*client
	for i := range clients {
		open = append(open, connect(t, fmt.Sprintf("192.0.2.%d", i+1), "client.test"))
	}
	sender := func(i, round int) string { return fmt.Sprintf("user%d.%d@%s", i, round, kinds[i%len(kinds)].domain) }
	for round := range rounds {
		for i, c := range open {
			c.say("MAIL FROM:<"+sender(i, round)+">", "250")
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
	if pids := h.served(); len(pids) != clients {
		t.Errorf("%d policy processes served %d connections", len(pids), clients)
	}
	h.log.clean(t)
}
