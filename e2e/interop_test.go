package e2e

import (
	"encoding/json"
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
			t.Logf("opendmarc said:\n%s", out)
		}
	})
	awaitPort(t, dmarcSocket)
}

// awaitPort waits until something listens.
func awaitPort(t *testing.T, addr string) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
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

// TestOpenDMARC: OpenDMARC takes the SPF result from our header, of either kind,
// and aligns on it.
func TestOpenDMARC(t *testing.T) {
	for _, kind := range []string{"SPF", "AR"} {
		t.Run(kind, func(t *testing.T) {
			configure(t, "Header_Type = "+kind, "Authserv_Id = mx.test", "Mail_From_reject = False", "HELO_reject = False")
			h := startHost(t, "smtpd_milters = inet:"+dmarcSocket, "milter_default_action = tempfail")
			startOpenDMARC(t)
			for _, test := range []struct{ name, client, helo, sender, from, dmarc string }{
				{"aligned pass", "192.0.2.1", "client.test", "a@pass.test", "a@pass.test", "pass"},
				{"aligned pass over IPv6", "2001:db8::1", "client.test", "a@pass.test", "a@pass.test", "pass"},
				{"pass of HELO too", "192.0.2.1", "helopass.test", "a@pass.test", "a@pass.test", "pass"},
				{"pass of another domain", "192.0.2.1", "client.test", "a@pass.test", "a@softfail.test", "fail"},
				{"fail", "2001:db8::bad", "client.test", "a@fail.test", "a@fail.test", "fail"},
				{"softfail", "192.0.2.1", "client.test", "a@softfail.test", "a@softfail.test", "fail"},
				{"VERP", "192.0.2.1", "client.test", "bounce+user=example.com@pass.test", "a@pass.test", "pass"},
				// With a semicolon inside the quotes, OpenDMARC 1.4.2 finds no pass: it errs on the safe side.
				{"quoted sender", "192.0.2.1", "client.test", `"a b=c"@pass.test`, "a@pass.test", "pass"},
				{"HELO with structure", "192.0.2.1", "x=y;z", "a@pass.test", "a@pass.test", "pass"},
				{"forged in a quoted sender", "192.0.2.1", "client.test", `"x; envelope-from=a@pass.test"@softfail.test`, "a@pass.test", "fail"},
			} {
				t.Run(test.name, func(t *testing.T) {
					c := connect(t, test.client, test.helo)
					id := c.send(message{sender: test.sender, from: test.from})
					checkDMARC(t, h.delivered(t, id)[0], test.dmarc)
				})
			}
			h.log.clean(t)
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
			h.log.clean(t)
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

// headers shows what a message says of SPF and DMARC.
func headers(m *mail.Message) string {
	var b strings.Builder
	for _, name := range spfFields {
		for _, value := range m.Header[name] {
			b.WriteString(name + ": " + value + "\n")
		}
	}
	return b.String()
}

// readResults is a Python program: it reads an Authentication-Results field from
// its standard input with authres and prints what it found as JSON.
const readResults = `
import authres, json, sys
h = authres.AuthenticationResultsHeader.parse(sys.stdin.read())
print(json.dumps({"id": h.authserv_id, "results": [
    {"method": r.method, "result": r.result,
     "properties": {p.type + "." + p.name: p.value for p in r.properties}}
    for r in h.results]}))
`

type authResults struct {
	ID      string `json:"id"`
	Results []struct {
		Method     string            `json:"method"`
		Result     string            `json:"result"`
		Properties map[string]string `json:"properties"`
	} `json:"results"`
}

// TestAuthres: python3-authres, a reader of RFC 8601, gets out of our
// Authentication-Results what we put in, whatever the client said.
func TestAuthres(t *testing.T) {
	const python = "/usr/bin/python3" // the one that Debian's modules belong to
	if err := exec.Command(python, "-c", "import authres").Run(); err != nil {
		skip(t, "no python3-authres")
	}
	configure(t, "Header_Type = AR", "Authserv_Id = mx.test", "Mail_From_reject = False", "HELO_reject = False")
	h := startHost(t)
	type test struct{ name, helo, sender, result, property, value string }
	tests := []test{
		{"pass", "client.test", "a@pass.test", "pass", "smtp.mailfrom", "pass.test"},
		{"fail", "client.test", "a@fail.test", "fail", "smtp.mailfrom", "fail.test"},
		{"softfail", "client.test", "a@softfail.test", "softfail", "smtp.mailfrom", "softfail.test"},
		{"neutral", "client.test", "a@neutral.test", "neutral", "smtp.mailfrom", "neutral.test"},
		{"none", "client.test", "a@none.test", "none", "smtp.mailfrom", "none.test"},
		{"permerror", "client.test", "a@permerror.test", "permerror", "smtp.mailfrom", "permerror.test"},
		{"temperror", "client.test", "a@temperror.test", "temperror", "smtp.mailfrom", "temperror.test"},
		{"null sender", "helopass.test", "", "pass", "smtp.helo", "helopass.test"},
	}
	for _, x := range hostile {
		tests = append(tests, test{x.name, x.helo, x.sender, "pass", "smtp.mailfrom", "pass.test"})
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := connect(t, "192.0.2.1", test.helo)
			field := spfHeader(t, h.delivered(t, c.send(message{sender: test.sender, from: "a@pass.test"}))[0])
			cmd := exec.Command(python, "-c", readResults)
			cmd.Stdin = strings.NewReader(field)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("authres cannot read %s\n%s", field, out)
			}
			var got authResults
			if err := json.Unmarshal(out, &got); err != nil {
				t.Fatal(err)
			}
			if got.ID != "mx.test" || len(got.Results) != 1 {
				t.Fatalf("%s\nread as %s", field, out)
			}
			r := got.Results[0]
			if r.Method != "spf" || r.Result != test.result || r.Properties[test.property] != test.value {
				t.Errorf("%s\nread as %s\nwant spf=%s %s=%s", field, out, test.result, test.property, test.value)
			}
		})
	}
	h.log.clean(t)
}
