package e2e

import (
	"encoding/json"
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestGoingLive follows docs/going-live.md: headers only, the report, then rejection.
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

	// The report reads the log, which covers less than seven days. Its lines are of an
	// hour ago, because a line of the next second would be last year's.
	var lines []string
	for _, line := range h.log.all() {
		lines = append(lines, time.Now().Add(-time.Hour).Format(time.RFC3339)+" mx "+line[min(16, len(line)):])
	}
	write(t, "/var/log/mail.log", strings.Join(lines, "\n")+"\n", 0o644)
	out, err := exec.Command(binary, "--report", "--json", "/var/log/mail.log").CombinedOutput()
	var report struct {
		Messages int            `json:"messages"`
		Checks   map[string]any `json:"checks"`
		Advice   struct {
			Safe bool   `json:"safe"`
			Text string `json:"text"`
		} `json:"advice"`
	}
	exit := (*exec.ExitError)(nil)
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("exit status %v, want 1: not safe yet\n%s", err, out)
	}
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if report.Messages != 2 || report.Advice.Safe {
		t.Errorf("%d messages, safe: %v; want 2, and not safe yet\n%s", report.Messages, report.Advice.Safe, out)
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
