package probe

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestSockaddr_name(t *testing.T) {
	f := fakePostfix{main: "smtpd_recipient_restrictions = check_policy_service inet:mail.example:1000\n"}
	if p := onlyProblem(t, Run(t.Context(), f.postconf("/nowhere"), DefaultRequest())); p == nil || p.Kind != Unreachable {
		t.Errorf("%+v, want %q", p, Unreachable)
	}
}

// A UNIX-domain socket whose queue is full: the server accepts nothing.
func TestRun_queueFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: path}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	full := target{path: path}
	for range 10 { // until the queue is full
		conn, err := full.dial(time.Now().Add(time.Millisecond))
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	t.Error("the queue does not fill up")
}

func TestRun_nobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	f := fakePostfix{main: "smtpd_recipient_restrictions = check_policy_service inet:" + l.Addr().String() + "\n"}
	if p := onlyProblem(t, Run(t.Context(), f.postconf("/nowhere"), DefaultRequest())); p == nil || p.Kind != Refused {
		t.Errorf("%+v, want %q", p, Refused)
	}

	queue := t.TempDir() // a stopped Postfix leaves its sockets
	if err := os.Mkdir(filepath.Join(queue, "private"), 0o700); err != nil {
		t.Fatal(err)
	}
	u, err := net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: filepath.Join(queue, "private", "policy-spf")})
	if err != nil {
		t.Fatal(err)
	}
	u.SetUnlinkOnClose(false)
	u.Close()
	f = fakePostfix{main: asked, master: master}
	if p := onlyProblem(t, Run(t.Context(), f.postconf(queue), DefaultRequest())); p == nil || p.Kind != Refused {
		t.Errorf("%+v, want %q", p, Refused)
	}
}

// TestDial_localhost: a service that listens at the IPv6 address of localhost only.
func TestDial_localhost(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Skip("no such address on this host: ", err)
		}
		defer l.Close()
		_, port, _ := net.SplitHostPort(l.Addr().String())
		conn, err := target{hostPort: "localhost:" + port}.dial(time.Now().Add(time.Second))
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		conn.Close()
	}
}
