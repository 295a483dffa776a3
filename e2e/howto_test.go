package e2e

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestHowto follows docs/ja/howto.md from headers only to rejection, with the paths
// of the tests.
func TestHowto(t *testing.T) {
	guide, err := os.ReadFile(docs + "/ja/howto.md")
	if err != nil {
		t.Fatal(err)
	}
	block := func(name string) string {
		t.Helper()
		m := regexp.MustCompile("(?s)<!-- e2e: " + regexp.QuoteMeta(name) + " -->\n```text\n(.*?)```").FindSubmatch(guide)
		if m == nil {
			t.Fatalf("the how-to has no block %s", name)
		}
		return string(m[1])
	}
	config := block("conf")
	write(t, configFile, config, 0o644)
	main, _, _ := strings.Cut(mainCF, "policy-spf_time_limit")
	master, _, _ := strings.Cut(masterCF, "policy-spf unix")
	service := strings.NewReplacer("/usr/bin/policyd-spf", binary, "/etc/python-policyd-spf/policyd-spf.conf", configFile).Replace(block("master.cf"))
	h := startHostWith(t, main+block("main.cf"), master+service)

	c := connect(t, "192.0.2.1", "client.test")
	got := spfHeader(t, h.delivered(t, c.send(message{sender: "a@fail.test"}))[0])
	if !strings.HasPrefix(got, "Received-Spf: Fail ") {
		t.Errorf("headers only: got %s, want Fail", got)
	}
	for line := range strings.Lines(block("log")) {
		h.log.await(t, strings.ReplaceAll(regexp.QuoteMeta(strings.TrimSpace(line)), "1234", `\d+`)+`\s*$`)
	}

	for line := range strings.Lines(block("reject")) {
		name, _, _ := strings.Cut(line, "=")
		old := regexp.MustCompile("(?m)^" + name + "=.*\n").FindString(config)
		if old == "" {
			t.Fatalf("the first configuration does not set %s", name)
		}
		config = strings.Replace(config, old, line, 1)
	}
	write(t, configFile, config, 0o644)
	h.reload(t)
	c.command("QUIT", "221")
	awaitNoProcess(t, binary)
	c = connect(t, "192.0.2.1", "client.test")
	if reply, want := c.rcpt(message{sender: "a@fail.test"})[0], strings.TrimSpace(block("reply")); reply != want {
		t.Errorf("after the change: got %q, want %q", reply, want)
	}
	c.reset()
	if got := spfHeader(t, h.delivered(t, c.send(message{sender: "a@pass.test"}))[0]); !strings.HasPrefix(got, "Received-Spf: Pass ") {
		t.Errorf("after the change: got %s, want Pass", got)
	}
	h.log.checkNoProblems(t)
}
