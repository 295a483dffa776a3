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

// problems matches what Postfix logs when a policy server fails.
var problems = regexp.MustCompile(`premature end-of-input|problem talking to server|malformed|exit status|killed by signal|` +
	`time limit exceeded|missing attribute|fatal:|panic:|warning:`)

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
