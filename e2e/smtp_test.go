package e2e

import (
	"net"
	"net/netip"
	"net/textproto"
	"regexp"
	"strings"
	"testing"
	"time"
)

// client is an SMTP connection. It sends lines as they are, well-formed or not.
type client struct {
	t    *testing.T
	conn *textproto.Conn
}

// connect opens a connection from an address and sends EHLO.
func connect(t *testing.T, from, helo string) *client {
	t.Helper()
	c := dial(t, from)
	c.command("EHLO "+helo, "250")
	return c
}

// dial opens a connection from an address.
func dial(t *testing.T, from string) *client {
	t.Helper()
	ip := netip.MustParseAddr(from)
	to := serverIPs[0]
	if ip.Is6() {
		to = serverIPs[1]
	}
	d := net.Dialer{
		LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(ip, 0)),
		Timeout:   longTimeout,
	}
	conn, err := d.Dial("tcp", net.JoinHostPort(to, "25"))
	if err != nil {
		t.Fatal(err)
	}
	// Longer than two policy timeouts of Postfix.
	conn.SetDeadline(time.Now().Add(4 * longTimeout))
	c := &client{t, textproto.NewConn(conn)}
	t.Cleanup(func() { c.conn.Close() })
	c.expect("220")
	return c
}

// exchange sends a line and returns the last line of the reply, with its code.
func (c *client) exchange(line string) string {
	c.t.Helper()
	if err := c.conn.PrintfLine("%s", line); err != nil {
		c.t.Fatalf("%s: %v", line, err)
	}
	return c.reply()
}

func (c *client) reply() string {
	c.t.Helper()
	for {
		line, err := c.conn.ReadLine()
		if err != nil {
			c.t.Fatal(err)
		}
		if len(line) < 4 || line[3] != '-' {
			return line
		}
	}
}

func (c *client) expect(prefix string) string {
	c.t.Helper()
	line := c.reply()
	if !strings.HasPrefix(line, prefix) {
		c.t.Fatalf("got %q, want %s", line, prefix)
	}
	return line
}

// command sends a line. The reply must begin with prefix.
func (c *client) command(line, prefix string) string {
	c.t.Helper()
	reply := c.exchange(line)
	if !strings.HasPrefix(reply, prefix) {
		c.t.Fatalf("%s: got %q, want %s", line, reply, prefix)
	}
	return reply
}

// message is a mail transaction.
type message struct {
	sender     string   // without <>
	parameters string   // of MAIL FROM
	recipients []string // default: one
	from       string   // header From; default: sender
	headers    string   // more header fields, each with CRLF
}

// rcpt begins a transaction and returns the reply to each recipient.
func (c *client) rcpt(m message) []string {
	c.t.Helper()
	command := "MAIL FROM:<" + m.sender + ">"
	if m.parameters != "" {
		command += " " + m.parameters
	}
	c.command(command, "250")
	if m.recipients == nil {
		m.recipients = []string{"user@rcpt.test"}
	}
	var replies []string
	for _, r := range m.recipients {
		replies = append(replies, c.exchange("RCPT TO:<"+r+">"))
	}
	return replies
}

// reset aborts a transaction.
func (c *client) reset() {
	c.t.Helper()
	c.command("RSET", "250")
}

var queuedAs = regexp.MustCompile(`^250 .* queued as ([0-9A-Za-z]+)$`)

// data sends the text of a message whose recipients were accepted, and returns
// its queue ID.
func (c *client) data(m message) string {
	c.t.Helper()
	c.command("DATA", "354")
	from := m.from
	if from == "" {
		from = m.sender
	}
	if from == "" {
		from = "mailer-daemon@client.test"
	}
	w := c.conn.DotWriter()
	w.Write([]byte(m.headers + "From: <" + from + ">\r\nTo: <user@rcpt.test>\r\nSubject: e2e\r\n" +
		"Message-ID: <e2e@client.test>\r\nDate: Thu, 01 Jan 2026 00:00:00 +0000\r\n\r\nHello.\r\n"))
	if err := w.Close(); err != nil {
		c.t.Fatal(err)
	}
	line := c.reply()
	id := queuedAs.FindStringSubmatch(line)
	if id == nil {
		c.t.Fatalf("end of data: got %q", line)
	}
	return id[1]
}

// send sends a message. It must be accepted for every recipient.
func (c *client) send(m message) string {
	c.t.Helper()
	for _, reply := range c.rcpt(m) {
		if !strings.HasPrefix(reply, "250") {
			c.t.Fatalf("sender %s: got %q, want 250", m.sender, reply)
		}
	}
	return c.data(m)
}
