package e2e

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestSymptoms causes the faults of docs/troubleshooting.md and waits for the log lines
// that the guide shows for them.
func TestSymptoms(t *testing.T) {
	guide, err := os.ReadFile(docs + "/troubleshooting.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := make(map[string][]string)
	for _, m := range regexp.MustCompile("(?s)<!-- symptom: ([a-z]+) -->\n```text\n(.*?)\n```").FindAllSubmatch(guide, -1) {
		shown[string(m[1])] = strings.Split(string(m[2]), "\n")
	}
	const nothing = "/usr/bin/nothing"
	// A binary whose archive Python does not find (packaging/README.md).
	const stripped = "/usr/local/bin/stripped"
	data, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	if end := bytes.LastIndex(data, []byte("PK\x05\x06")); end >= 0 {
		data = data[:end]
	}
	write(t, stripped, string(data), 0o755)
	noService, _, _ := strings.Cut(masterCF, "policy-spf unix")
	for _, test := range []struct {
		name, main, master string
		mode               os.FileMode // of the configuration
		clients            int
	}{
		{name: "interpreter", master: strings.Replace(masterCF, "argv="+binary, "argv=/usr/bin/python3 "+stripped, 1), mode: 0o644, clients: 1},
		{name: "unreadable", master: masterCF, mode: 0o600, clients: 1},
		{name: "root", master: strings.Replace(masterCF, "user=nobody", "user=root", 1), mode: 0o644, clients: 1},
		{name: "missing", master: strings.Replace(masterCF, "argv="+binary, "argv="+nothing, 1), mode: 0o644, clients: 1},
		{name: "noservice", master: noService, mode: 0o644, clients: 1},
		{name: "limit", main: "smtpd_policy_service_timeout = 2s\n", master: regexp.MustCompile(`(?m)^(policy-spf .*)0( +spawn)$`).ReplaceAllString(masterCF, "${1}1${2}"), mode: 0o644, clients: 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			lines := shown[test.name]
			if len(lines) == 0 {
				t.Fatal("the guide does not show it")
			}
			configure(t)
			if err := os.Chmod(configFile, test.mode); err != nil {
				t.Fatal(err)
			}
			os.Remove("/var/spool/e2e/private/policy-spf") // left by an earlier test
			h := startHostWith(t, strictCF+test.main, test.master)
			for i := range test.clients {
				c := connect(t, "192.0.2.1", "client.test")
				c.command("MAIL FROM:<a@pass.test>", "250")
				// Do not wait for the reply: Postfix may take a minute. It logs first.
				if err := c.conn.PrintfLine("RCPT TO:<user@rcpt.test>"); err != nil {
					t.Fatal(err)
				}
				if i < test.clients-1 {
					c.expect("250")
				}
			}
			for _, line := range lines {
				expression := regexp.QuoteMeta(line)
				expression = regexp.MustCompile(`\\\[\d+\\\]`).ReplaceAllString(expression, `\[\d+\]`)
				expression = strings.ReplaceAll(expression, regexp.QuoteMeta("/etc/python-policyd-spf/policyd-spf.conf"), configFile)
				program := binary
				if test.name == "missing" {
					program = nothing
				}
				expression = strings.ReplaceAll(expression, "/usr/bin/policyd-spf", program)
				h.log.await(t, expression)
			}
		})
	}
	if len(shown) != 6 {
		t.Errorf("the guide shows %d symptoms, want 6", len(shown))
	}
}
