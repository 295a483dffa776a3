package e2e

import (
	"net"
	"net/mail"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

const (
	dmarcSocket = "127.0.0.1:8893"
	dmarcConfig = `Socket inet:8893@127.0.0.1
Syslog true
SyslogFacility mail
`
)

// startOpenDMARC starts the milter with the lines of docs/dmarc.md and waits until
// it listens.
func startOpenDMARC(t *testing.T) {
	t.Helper()
	path, err := exec.LookPath("opendmarc")
	if err != nil {
		skip(t, "no opendmarc")
	}
	guide := strings.ReplaceAll(guideBlock(t, docs+"/dmarc.md", "file: opendmarc.conf"), "mx.example.com", "mx.test")
	write(t, "/etc/opendmarc.conf", dmarcConfig+guide, 0o644)
	cmd := exec.Command(path, "-f", "-c", "/etc/opendmarc.conf")
	out := new(strings.Builder)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() && out.Len() > 0 {
			t.Logf("the output of opendmarc:\n%s", out)
		}
	})
	awaitPort(t, dmarcSocket)
}

// awaitPort waits until something listens.
func awaitPort(t *testing.T, addr string) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(longTimeout)
	for {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal(err)
		}
	}
}

var dmarcResult = regexp.MustCompile(`\bdmarc=(\w+) .*header\.from=([\w.]+)`)

// OpenDMARC takes the SPF result from our header field, of either kind, and uses
// it for alignment.
func TestOpenDMARC(t *testing.T) {
	for _, kind := range []string{"SPF", "AR"} {
		t.Run(kind, func(t *testing.T) {
			configure(t, "Header_Type = "+kind, "Authserv_Id = mx.test", "Mail_From_reject = False", "HELO_reject = False")
			h := startHost(t, "smtpd_milters = inet:"+dmarcSocket, "milter_default_action = tempfail")
			startOpenDMARC(t)
			for _, test := range []struct{ name, client, helo, sender, from, dmarc string }{
				{name: "aligned pass", client: "192.0.2.1", helo: "client.test", sender: "a@pass.test", from: "a@pass.test", dmarc: "pass"},
				{name: "aligned pass over IPv6", client: "2001:db8::1", helo: "client.test", sender: "a@pass.test", from: "a@pass.test", dmarc: "pass"},
				{name: "pass of HELO too", client: "192.0.2.1", helo: "helopass.test", sender: "a@pass.test", from: "a@pass.test", dmarc: "pass"},
				{name: "pass of another domain", client: "192.0.2.1", helo: "client.test", sender: "a@pass.test", from: "a@softfail.test", dmarc: "fail"},
				{name: "fail", client: "2001:db8::bad", helo: "client.test", sender: "a@fail.test", from: "a@fail.test", dmarc: "fail"},
				{name: "softfail", client: "192.0.2.1", helo: "client.test", sender: "a@softfail.test", from: "a@softfail.test", dmarc: "fail"},
				{name: "VERP", client: "192.0.2.1", helo: "client.test", sender: "bounce+user=example.com@pass.test", from: "a@pass.test", dmarc: "pass"},
				// With a semicolon inside the quotes, OpenDMARC 1.4.2 finds no pass, which is the safe side.
				{name: "quoted sender", client: "192.0.2.1", helo: "client.test", sender: `"a b=c"@pass.test`, from: "a@pass.test", dmarc: "pass"},
				{name: "HELO with structure", client: "192.0.2.1", helo: "x=y;z", sender: "a@pass.test", from: "a@pass.test", dmarc: "pass"},
				{name: "forged in a quoted sender", client: "192.0.2.1", helo: "client.test", sender: `"x; envelope-from=a@pass.test"@softfail.test`, from: "a@pass.test", dmarc: "fail"},
			} {
				t.Run(test.name, func(t *testing.T) {
					c := connect(t, test.client, test.helo)
					id := c.send(message{sender: test.sender, from: test.from})
					checkDMARC(t, h.delivered(t, id)[0], test.dmarc)
				})
			}
			h.log.checkNoProblems(t)
		})
	}
}

// OpenDMARC believes an Authentication-Results field that the client sent and that
// claims our authserv-id. Set up as docs/dmarc.md says, Postfix renames such fields,
// and no forged field changes the result.
func TestOpenDMARC_forgedFields(t *testing.T) {
	const (
		receivedSPF = "Received-SPF: Pass (mx.test: authorized) identity=mailfrom; client-ip=192.0.2.1; envelope-from=a@fail.test\r\n"
		spf         = "Authentication-Results: mx.test; spf=pass smtp.mailfrom=fail.test\r\n"
		dkim        = "Authentication-Results: mx.test; dkim=pass header.d=fail.test\r\n"
		folded      = "Authentication-Results: (x;)\r\n mx.test;\r\n dkim=pass header.d=fail.test\r\n"
	)
	setup := guideBlock(t, docs+"/dmarc.md", "file: main.cf")
	for _, group := range []struct {
		name  string
		main  string // lines of main.cf
		tests []forgedTest
	}{
		{name: "Postfix renames fields", main: setup, tests: []forgedTest{
			{name: "no field", dmarc: "fail"},
			{name: "Received-SPF", fields: receivedSPF, dmarc: "fail"},
			{name: "SPF result", fields: spf, dmarc: "fail"},
			{name: "DKIM result", fields: dkim, dmarc: "fail"},
			{name: "folded, with a comment", fields: folded, dmarc: "fail"},
			{name: "all", fields: dkim + receivedSPF + spf, dmarc: "fail"},
		}},
		{name: "Postfix does not", tests: []forgedTest{
			{name: "no field", dmarc: "fail"},
			{name: "Received-SPF", fields: receivedSPF, dmarc: "fail"},
			{name: "SPF result", fields: spf, dmarc: "pass"},
			{name: "DKIM result", fields: dkim, dmarc: "pass"},
		}},
	} {
		t.Run(group.name, func(t *testing.T) {
			configure(t, guideBlock(t, docs+"/dmarc.md", "file: policyd-spf.conf"))
			write(t, "/etc/postfix/header_checks", guideBlock(t, docs+"/dmarc.md", "file: header_checks"), 0o644)
			h := startHost(t, "smtpd_milters = inet:"+dmarcSocket, "milter_default_action = tempfail", group.main)
			startOpenDMARC(t)
			for _, test := range group.tests {
				t.Run(test.name, func(t *testing.T) {
					c := connect(t, "192.0.2.1", "client.test")
					id := c.send(message{sender: "a@fail.test", from: "a@fail.test", headers: test.fields})
					checkDMARC(t, h.delivered(t, id)[0], test.dmarc)
				})
			}
			h.log.checkNoProblems(t)
		})
	}
}

// forgedTest is a message with fields that its sender wrote, and what OpenDMARC
// makes of it.
type forgedTest struct{ name, fields, dmarc string }

// checkDMARC checks the one result of OpenDMARC in a message.
func checkDMARC(t *testing.T, m *mail.Message, want string) {
	t.Helper()
	var found []string
	for _, field := range m.Header["Authentication-Results"] {
		if r := dmarcResult.FindStringSubmatch(field); r != nil {
			found = append(found, r[1])
		}
	}
	if len(found) != 1 || found[0] != want {
		t.Errorf("dmarc is %q, want %s\n%s", found, want, headers(m))
	}
}

// headers returns the header fields about SPF and DMARC.
func headers(m *mail.Message) string {
	var b strings.Builder
	for _, name := range spfFields {
		for _, value := range m.Header[name] {
			b.WriteString(name + ": " + value + "\n")
		}
	}
	return b.String()
}
