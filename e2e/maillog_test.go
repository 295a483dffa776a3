package e2e

import (
	"net"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// longTimeout limits waits for something that must happen.
const longTimeout = 60 * time.Second

const logSocket = "/dev/log"

// problems matches what Postfix logs when a policy server fails. Of the warnings it
// matches those of the programs that start the server or talk to it: others may be
// about the machine, such as the clock of its file system or its load.
var problems = regexp.MustCompile(`premature end-of-input|problem talking to server|malformed|exit status|killed by signal|` +
	`time limit exceeded|missing attribute|fatal:|panic:|/(smtpd|spawn)\[\d+\]: warning:|policyd-spf\[\d+\]: .*warning:`)

// maillog collects what all programs in the sandbox log.
type maillog struct {
	conn *net.UnixConn

	mu      sync.Mutex
	lines   []string
	changed chan struct{} // closed when lines changes
}

// openLog listens at /dev/log until the test ends.
func openLog(t *testing.T) *maillog {
	t.Helper()
	os.Remove(logSocket)
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: logSocket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(logSocket, 0o666); err != nil {
		t.Fatal(err)
	}
	l := &maillog{conn: conn, changed: make(chan struct{})}
	go l.read()
	t.Cleanup(func() {
		conn.Close()
		os.Remove(logSocket)
		if t.Failed() {
			t.Logf("the mail log:\n%s", strings.Join(l.all(), "\n"))
		}
	})
	return l
}

func (l *maillog) read() {
	buf := make([]byte, 64<<10)
	for {
		n, err := l.conn.Read(buf)
		if err != nil {
			return
		}
		// "<22>Jan  2 15:04:05 postfix/smtpd[123]: text": cut the priority.
		_, line, _ := strings.Cut(string(buf[:n]), ">")
		l.mu.Lock()
		l.lines = append(l.lines, strings.TrimRight(line, "\n"))
		close(l.changed)
		l.changed = make(chan struct{})
		l.mu.Unlock()
	}
}

func (l *maillog) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.lines...)
}

// await waits for a matching line and returns its submatches.
func (l *maillog) await(t *testing.T, expression string) []string {
	t.Helper()
	return l.awaitAfter(t, 0, expression)
}

// awaitAfter is await for the lines after the first ones.
func (l *maillog) awaitAfter(t *testing.T, seen int, expression string) []string {
	t.Helper()
	re := regexp.MustCompile(expression)
	deadline := time.After(longTimeout)
	for {
		l.mu.Lock()
		lines, changed := l.lines, l.changed
		l.mu.Unlock()
		for ; seen < len(lines); seen++ {
			if m := re.FindStringSubmatch(lines[seen]); m != nil {
				return m
			}
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("no line in the mail log matches %q", expression)
		}
	}
}

// matches returns the submatches of all matching lines.
func (l *maillog) matches(expression string) [][]string {
	re := regexp.MustCompile(expression)
	var all [][]string
	for _, line := range l.all() {
		if m := re.FindStringSubmatch(line); m != nil {
			all = append(all, m)
		}
	}
	return all
}

// checkNoProblems fails the test for each line that matches problems.
func (l *maillog) checkNoProblems(t *testing.T) {
	t.Helper()
	for _, line := range l.all() {
		if problems.MatchString(line) {
			t.Errorf("the mail log has: %s", line)
		}
	}
}

func TestProblems(t *testing.T) {
	for _, test := range []struct {
		name, line string
		want       bool
	}{
		{name: "server fails", line: "Nov  1 00:00:00 postfix/smtpd[7]: warning: problem talking to server private/policy-spf: Success", want: true},
		{name: "server fails for submission", line: "Nov  1 00:00:00 postfix/submission/smtpd[7]: warning: access table x: unknown", want: true},
		{name: "server cannot start", line: "Nov  1 00:00:00 postfix/spawn[7]: fatal: unknown user name: policyd", want: true},
		{name: "service stops", line: "Nov  1 00:00:00 postfix/master[7]: warning: process /usr/libexec/spawn pid 8 exit status 1", want: true},
		{name: "busy machine", line: "Nov  1 00:00:00 postfix/master[7]: warning: unix_trigger_event: read timeout for service public/qmgr"},
		{name: "clock of the file system", line: "Nov  1 00:00:00 postfix/cleanup[7]: warning: file system clock is 1 seconds ahead of local clock"},
		{name: "result", line: "Nov  1 00:00:00 policyd-spf[7]: Fail; identity=helo; client-ip=192.0.2.1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := problems.MatchString(test.line); got != test.want {
				t.Errorf("%q matches: %v, want %v", test.line, got, test.want)
			}
		})
	}
}
