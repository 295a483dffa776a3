package policy

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// listen binds a datagram socket, as a syslogd does.
func listen(t *testing.T, path string) *net.UnixConn {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// receive reads a datagram. It fails the test if there is none.
func receive(t *testing.T, conn net.Conn) string {
	t.Helper()
	conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	packet := make([]byte, 64<<10)
	n, err := conn.Read(packet)
	if err != nil {
		t.Fatal(err)
	}
	return string(packet[:n])
}

func lines(texts ...string) []Line {
	var l []Line
	for _, text := range texts {
		l = append(l, Line{Info, []byte(text)})
	}
	return l
}

func TestSyslogFormat(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	conn := listen(t, path)
	s := NewSyslog("/usr/bin/policyd-spf", path)
	defer s.Close()
	s.Write([]Line{{Info, []byte("one")}, {Err, []byte("two é")}})
	for _, want := range []string{
		fmt.Sprintf(`^<22>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d policyd-spf\[%d\]: one$`, os.Getpid()),
		fmt.Sprintf(`^<19>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d policyd-spf\[%d\]: two é$`, os.Getpid()),
	} {
		if got := receive(t, conn); !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("got %q, want %s", got, want)
		}
	}
}

func TestSyslogStream(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	s := NewSyslog("policyd-spf", path)
	defer s.Close()
	s.Write(lines("one", "two"))
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	s.Close()
	var got strings.Builder
	conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	buf := make([]byte, 1024)
	for {
		n, err := conn.Read(buf)
		got.Write(buf[:n])
		if err != nil {
			break
		}
	}
	if !regexp.MustCompile(`^<22>.*: one\n<22>.*: two\n$`).MatchString(got.String()) {
		t.Errorf("got %q", got.String())
	}
}

// TestSyslogLater: syslogd may start after us.
func TestSyslogLater(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	s := NewSyslog("policyd-spf", path)
	defer s.Close()
	s.Write(lines("dropped"))
	conn := listen(t, path)
	s.Write(lines("kept"))
	if got := receive(t, conn); !strings.HasSuffix(got, "]: kept") {
		t.Errorf("got %q", got)
	}
}

// TestSyslogRestart: syslogd may restart. The first line after that is not lost.
func TestSyslogRestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	conn := listen(t, path)
	s := NewSyslog("policyd-spf", path)
	defer s.Close()
	s.Write(lines("one"))
	receive(t, conn)
	conn.Close()
	os.Remove(path)
	s.Write(lines("dropped"))
	conn = listen(t, path)
	s.Write(lines("two"))
	if got := receive(t, conn); !strings.HasSuffix(got, "]: two") {
		t.Errorf("got %q", got)
	}
	conn.Close()
	os.Remove(path)
	conn = listen(t, path)
	s.Write(lines("three"))
	if got := receive(t, conn); !strings.HasSuffix(got, "]: three") {
		t.Errorf("got %q", got)
	}
}

// TestSyslogOtherPlace: of several sockets the first one that works is used.
func TestSyslogOtherPlace(t *testing.T) {
	dir := t.TempDir()
	conn := listen(t, filepath.Join(dir, "log"))
	writeFile(t, filepath.Join(dir, "file"), "")
	s := NewSyslog("policyd-spf", filepath.Join(dir, "missing"), filepath.Join(dir, "file"), filepath.Join(dir, "log"))
	defer s.Close()
	s.Write(lines("one"))
	if got := receive(t, conn); !strings.HasSuffix(got, "]: one") {
		t.Errorf("got %q", got)
	}
}

// TestSyslogBlocked: a syslogd that does not read costs syslogTimeout once and then no
// time. When it reads again, lines are sent again.
func TestSyslogBlocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	conn := listen(t, path)
	s := NewSyslog("policyd-spf", path)
	defer s.Close()
	const n = 20_000
	start := time.Now()
	for range n {
		s.Write(lines(strings.Repeat("x", 1000)))
	}
	if took := time.Since(start); took > n*syslogTimeout/10 { // far from each line's timeout, on the busiest machine
		t.Errorf("%d lines that nobody reads took %v", n, took)
	}
	if !s.stalled {
		t.Fatal("the socket took 20 MB: the test shows nothing")
	}
	for s.stalled {
		receive(t, conn)
		s.Write(lines("again"))
	}
	for !strings.HasSuffix(receive(t, conn), "]: again") {
	}
}

// TestSyslogCrowded: a stream socket with a full backlog costs syslogTimeout once,
// too.
func TestSyslogCrowded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	if err := syscall.Bind(fd, &syscall.SockaddrUnix{Name: path}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	first := NewSyslog("policyd-spf", path)
	defer first.Close()
	first.Write(lines("the one that waits"))
	s := NewSyslog("policyd-spf", path)
	defer s.Close()
	const n = 100
	start := time.Now()
	for range n {
		s.Write(lines("dropped"))
	}
	if took := time.Since(start); took < syslogTimeout || took > n*syslogTimeout/2 {
		t.Errorf("%d lines took %v, want some %v", n, took, syslogTimeout)
	}
}

// TestSyslogDescriptors: failed attempts leave no descriptor open.
func TestSyslogDescriptors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	s := NewSyslog("policyd-spf", path)
	before := descriptors(t)
	for range 50 {
		s.Write(lines("x"))
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors, %d before", after, before)
	}
}

// descriptors returns the number of open descriptors.
func descriptors(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("no /proc to count descriptors in")
	}
	return len(entries)
}
