package e2e

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestGoingLive follows docs/going-live.md: headers only, the hosts that fail, then
// rejection.
func TestGoingLive(t *testing.T) {
	const guide = docs + "/going-live.md"
	headersOnly := guideBlock(t, guide, "file: policyd-spf.conf")
	configure(t, headersOnly)
	h := startHost(t)
	c := connect(t, "192.0.2.1", "client.test")
	for range 2 {
		seen := len(h.log.all())
		if got := spfHeader(t, h.delivered(t, c.send(message{sender: "a@fail.test"}))[0]); !strings.HasPrefix(got, "Received-Spf: Fail ") {
			t.Errorf("headers only: got %s, want Fail", got)
		}
		h.log.awaitAfter(t, seen, `policyd-spf\[\d+\]: prepend `) // the log comes after the reply
	}

	// The guide's command lists the client.
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	_, command, ok := strings.Cut(string(text), "\n    grep -h ")
	command, _, ok2 := strings.Cut(command, "\n\n")
	if !ok || !ok2 {
		t.Fatal("the guide has no command with grep")
	}
	write(t, "/var/log/mail.log", strings.Join(h.log.all(), "\n")+"\n", 0o644)
	write(t, "/var/log/mail.log.1", "", 0o644)
	out, err := exec.Command("sh", "-c", "grep -h "+command).CombinedOutput()
	if got := strings.Join(strings.Fields(string(out)), " "); err != nil || got != "2 192.0.2.1 client.test" {
		t.Errorf("the command prints %q, %v", got, err)
	}

	configure(t, strings.Replace(headersOnly, "Mail_From_reject = False\n", guideBlock(t, guide, "file: reject"), 1))
	h.reload(t)
	c.command("QUIT", "221")
	awaitNoProcess(t, binary)
	c = connect(t, "192.0.2.1", "client.test")
	if reply := c.rcpt(message{sender: "a@fail.test"})[0]; !strings.HasPrefix(reply, "550 5.7.23 ") {
		t.Errorf("after the change: got %q, want a rejection", reply)
	}
	h.log.checkNoProblems(t)
}
