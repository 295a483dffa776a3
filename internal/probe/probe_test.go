package probe

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"policyd-spf/internal/postfix"
	"policyd-spf/internal/postfix/postfixtest"
)

const answer = "action=prepend Received-SPF: None (no SPF record)\n\n"

// fakePostfix is what postconf(1) says.
type fakePostfix struct {
	main      string // of -x
	master    string // of -M
	overrides string // of -P
	err       error
}

// postconf is the Postconf of a Postfix whose queue directory is queue.
func (f fakePostfix) postconf(queue string) postfix.Postconf {
	return postfixtest.Files{Main: "queue_directory = " + queue + "\nsmtpd_policy_service_timeout = 60s\n" + f.main,
		Master: f.master, Overrides: f.overrides, Err: f.err}.Postconf
}

// listen accepts one connection after the other and hands each to serve.
func listen(t *testing.T, network, address string, serve func(net.Conn)) net.Addr {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { l.Close(); <-done })
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serve(conn)
			conn.Close()
		}
	}()
	return l.Addr()
}

// reply returns a server that reads a request and writes text.
func reply(text string) func(net.Conn) {
	return func(conn net.Conn) {
		readRequest(conn)
		io.WriteString(conn, text)
		io.Copy(io.Discard, conn) // until the probe closes the connection
	}
}

func readRequest(conn net.Conn) string {
	var request []byte
	for b := make([]byte, 4096); !strings.HasSuffix(string(request), "\n\n"); {
		n, err := conn.Read(b)
		request = append(request, b[:n]...)
		if err != nil {
			break
		}
	}
	return string(request)
}

const (
	asked  = "smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination, check_policy_service unix:private/policy-spf\n"
	master = "policy-spf unix - n n - 0 spawn user=nobody argv=/usr/bin/true /etc/x.conf\n"
)

func TestRun(t *testing.T) {
	for _, test := range []struct {
		name    string
		postfix fakePostfix
		serve   func(net.Conn) // at private/policy-spf; nil for no socket
		kind    Kind           // "" if the probe succeeds
	}{
		{name: "answer", postfix: fakePostfix{main: asked, master: master}, serve: reply(answer)},
		{name: "service and attributes in braces", serve: reply(answer), postfix: fakePostfix{master: master,
			main: "smtpd_relay_restrictions = check_policy_service { unix:private/policy-spf, timeout=60s, default_action=DUNNO }\n"}},
		{name: "restriction class", serve: reply(answer), postfix: fakePostfix{master: master,
			main: "smtpd_restriction_classes = spf\nspf = check_policy_service unix:private/policy-spf\n"}},
		{name: "override in master.cf", serve: reply(answer), postfix: fakePostfix{master: "smtp inet n - y - - smtpd -o x=y\n" + master,
			overrides: "smtp/inet/smtpd_recipient_restrictions = check_policy_service unix:private/policy-spf\n"}},
		{name: "service with another name", serve: reply(answer), postfix: fakePostfix{master: master,
			main: "smtpd_recipient_restrictions = check_policy_service unix:private/postgrey, check_policy_service unix:private/policy-spf\n"}},
		{name: "answer in two parts", postfix: fakePostfix{main: asked, master: master}, serve: func(conn net.Conn) {
			readRequest(conn)
			io.WriteString(conn, "action=dun")
			io.WriteString(conn, "no\n\n")
		}},

		{name: "no postconf", postfix: fakePostfix{err: postfix.ErrNoPostconf}, kind: NoPostconf},
		{name: "postconf fails", postfix: fakePostfix{err: errors.New("bad string length")}, kind: PostconfFailed},
		{name: "no policy service", postfix: fakePostfix{main: "smtpd_recipient_restrictions = permit_mynetworks\n", master: master}, kind: NotAsked},
		{name: "others' policy services", kind: Ambiguous, postfix: fakePostfix{
			main: "smtpd_recipient_restrictions = check_policy_service unix:private/postgrey, check_policy_service inet:127.0.0.1:12340\n"}},
		{name: "no unix:", postfix: fakePostfix{main: strings.Replace(asked, "unix:", "", 1), master: master}, kind: BadAddress},
		{name: "no service in master.cf", postfix: fakePostfix{main: asked, master: "smtp inet n - y - - smtpd\n"}, kind: NoService},
		{name: "public in master.cf", postfix: fakePostfix{main: asked, master: strings.Replace(master, "unix -", "unix n", 1)}, kind: WrongDirectory},
		{name: "no socket", postfix: fakePostfix{main: asked, master: master}, kind: SocketMissing},
		{name: "closed at once", postfix: fakePostfix{main: asked, master: master}, serve: func(net.Conn) {}, kind: Closed},
		{name: "closed after the request", postfix: fakePostfix{main: asked, master: master}, serve: func(c net.Conn) { readRequest(c) }, kind: Closed},
		{name: "silence", postfix: fakePostfix{main: asked, master: master}, serve: reply(""), kind: Timeout},
		{name: "another protocol", postfix: fakePostfix{main: asked, master: master}, serve: func(c net.Conn) { io.WriteString(c, "220 ready\r\n\n\n") }, kind: NotAReply},
		{name: "text of a crash", postfix: fakePostfix{main: asked, master: master}, serve: reply("Traceback (most recent call last):\n\n"), kind: NotAReply},
		{name: "endless text", postfix: fakePostfix{main: asked, master: master}, serve: func(c net.Conn) { io.WriteString(c, strings.Repeat("x", maxReply)) }, kind: NotAReply},
		{name: "another attribute first", postfix: fakePostfix{main: asked, master: master}, serve: reply("x=y\naction=dunno\n\n")},
		{name: "other attributes only", postfix: fakePostfix{main: asked, master: master}, serve: reply("x=y\n\n"), kind: NotAReply},
		{name: "two answers", postfix: fakePostfix{main: asked, master: master}, serve: reply("action=dunno\n\naction=dunno\n\n"), kind: NotAReply},
		{name: "a line that is no attribute after the action", postfix: fakePostfix{main: asked, master: master}, serve: reply("action=dunno\nx\n\n"), kind: NotAReply},
		{name: "an empty line first", postfix: fakePostfix{main: asked, master: master}, serve: reply("\naction=dunno\n\n"), kind: NotAReply},
		{name: "CR LF", postfix: fakePostfix{main: asked, master: master}, serve: reply("action=dunno\r\n\r\n"), kind: NotAReply},
		{name: "banner, then silence", kind: NotAReply, serve: reply("220 mx.example ESMTP\r\n"), postfix: fakePostfix{master: master,
			main: "smtpd_recipient_restrictions = check_policy_service { unix:private/policy-spf, timeout=100s }\n"}},
		{name: "no empty line", postfix: fakePostfix{main: asked, master: master}, serve: reply("action=dunno\n"), kind: Incomplete},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.kind == Timeout || test.kind == Incomplete { // the test waits for it
				test.postfix.main += "smtpd_policy_service_timeout = 1s\n"
			}
			queue := t.TempDir()
			if err := os.Mkdir(filepath.Join(queue, "private"), 0o700); err != nil {
				t.Fatal(err)
			}
			if test.serve != nil {
				listen(t, "unix", filepath.Join(queue, "private", "policy-spf"), test.serve)
			}
			r := Run(t.Context(), test.postfix.postconf(queue), DefaultRequest())
			if problem := onlyProblem(t, r); problem == nil && test.kind != "" || problem != nil && problem.Kind != test.kind {
				t.Fatalf("problem %+v, want %q", problem, test.kind)
			}
			if r.OK() != (test.kind == "") {
				t.Errorf("OK() = %v", r.OK())
			}
			if test.kind == "" && (len(r.Services) != 1 || r.Services[0].Service != "unix:private/policy-spf" || r.Services[0].Action == "") {
				t.Errorf("%+v", r.Services)
			}
		})
	}
}

// onlyProblem returns the problem of a report with at most one service.
func onlyProblem(t *testing.T, r *Report) *Problem {
	t.Helper()
	if r.Problem != nil {
		return r.Problem
	}
	if len(r.Services) != 1 {
		t.Fatalf("%d services, want 1", len(r.Services))
	}
	return r.Services[0].Problem
}

func TestRun_inet(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		t.Run(address, func(t *testing.T) { testInet(t, address) })
	}
}

func testInet(t *testing.T, listenAt string) {
	if l, err := net.Listen("tcp", listenAt); err != nil {
		t.Skip("no such address on this host: ", err)
	} else {
		l.Close()
	}
	address := listen(t, "tcp", listenAt, reply(answer)).String()
	f := fakePostfix{main: "smtpd_recipient_restrictions = check_policy_service inet:" + address + "\n"}
	r := Run(t.Context(), f.postconf("/nowhere"), DefaultRequest())
	if !r.OK() || r.Services[0].Action != "prepend Received-SPF: None (no SPF record)" {
		t.Errorf("%+v", r.Services)
	}
}

func TestConnectProblem(t *testing.T) {
	for _, test := range []struct {
		err  error
		kind Kind
	}{
		{err: fmt.Errorf("dial: %w", os.ErrPermission), kind: Permission},
		{err: fmt.Errorf("dial: %w", os.ErrNotExist), kind: SocketMissing},
		{err: fmt.Errorf("dial: %w", os.ErrDeadlineExceeded), kind: Timeout},
		{err: errors.New("no such host"), kind: Unreachable},
	} {
		if got := (target{path: "/x"}).connectProblem(test.err); got.Kind != test.kind {
			t.Errorf("%v: %q, want %q", test.err, got.Kind, test.kind)
		}
	}
}

// The request has what smtpd(8) sends at RCPT TO and ends with an empty line.
func TestRun_request(t *testing.T) {
	queue := t.TempDir()
	if err := os.Mkdir(filepath.Join(queue, "private"), 0o700); err != nil {
		t.Fatal(err)
	}
	requests := make(chan string, 1)
	listen(t, "unix", filepath.Join(queue, "private", "policy-spf"), func(c net.Conn) {
		requests <- readRequest(c)
		io.WriteString(c, answer)
	})
	f := fakePostfix{main: asked, master: master}
	Run(t.Context(), f.postconf(queue), Request{ClientAddress: "192.0.2.9", HELOName: "mx.example", Sender: "a@example.com", Recipient: "b@example.net"})
	request := <-requests
	for _, line := range []string{"request=smtpd_access_policy", "protocol_state=RCPT", "client_address=192.0.2.9", "helo_name=mx.example", "sender=a@example.com", "recipient=b@example.net"} {
		if !strings.Contains("\n"+request, "\n"+line+"\n") {
			t.Errorf("%q is not in the request:\n%s", line, request)
		}
	}
}

func TestProblemClosed_program(t *testing.T) {
	notExecutable := filepath.Join(t.TempDir(), "policyd-spf")
	if err := os.WriteFile(notExecutable, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, argv, want string }{
		{name: "missing", argv: "/nowhere/policyd-spf", want: "the program /nowhere/policyd-spf does not exist"},
		{name: "not executable", argv: notExecutable, want: notExecutable + " is not an executable program"},
		{name: "executable", argv: "/bin/sh", want: "the connection was closed without an answer: the program does not start, or it ended"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := (target{entry: &postfix.Service{Name: "policyd-spf", Argv: []string{test.argv}}}).problemClosed(); got.Text != test.want {
				t.Errorf("%q, want %q", got.Text, test.want)
			}
		})
	}
}
