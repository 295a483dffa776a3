package probe

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"policyd-spf/internal/golden"
	"policyd-spf/internal/postfix"
	"policyd-spf/internal/postfix/postfixtest"
	"policyd-spf/internal/term"
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
	return postfixtest.Files{Main: "queue_directory = " + queue + "\nsmtpd_policy_service_timeout = 1s\n" + f.main,
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
			main: "smtpd_relay_restrictions = check_policy_service { unix:private/policy-spf, timeout=1s, default_action=DUNNO }\n"}},
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
		{name: "no empty line", postfix: fakePostfix{main: asked, master: master}, serve: reply("action=dunno\n"), kind: Incomplete},
	} {
		t.Run(test.name, func(t *testing.T) {
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

func TestNewTarget(t *testing.T) {
	parameters := map[string]string{"queue_directory": "/var/spool/postfix", "smtpd_policy_service_timeout": "2m"}
	for _, test := range []struct {
		name, argument  string
		service, socket string
		timeout         time.Duration
	}{
		{name: "unix", argument: "unix:private/x", service: "unix:private/x", socket: "/var/spool/postfix/private/x", timeout: 2 * time.Minute},
		{name: "absolute path", argument: "unix:/run/x", service: "unix:/run/x", socket: "/run/x", timeout: 2 * time.Minute},
		{name: "inet", argument: "inet:127.0.0.1:1000", service: "inet:127.0.0.1:1000", socket: "127.0.0.1:1000", timeout: 2 * time.Minute},
		{name: "inet, IPv6", argument: "inet:[::1]:1000", service: "inet:[::1]:1000", socket: "[::1]:1000", timeout: 2 * time.Minute},
		{name: "inet, port only", argument: "inet:1000", service: "inet:1000", socket: "localhost:1000", timeout: 2 * time.Minute},
		{name: "timeout in braces", argument: "unix:private/x, timeout=20s, default_action=DUNNO", service: "unix:private/x", socket: "/var/spool/postfix/private/x", timeout: 20 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := newTarget(&postfix.Config{Main: parameters}, postfix.PolicyClient{
				Parameter: "p", Parameters: parameters, Service: postfix.ParsePolicyService(test.argument)})
			if got.service != test.service || got.socket() != test.socket || got.timeout != test.timeout {
				t.Errorf("%+v", got)
			}
		})
	}
}

// reports are what the golden files show.
func reports() []*Report {
	t := target{parameter: "smtpd_recipient_restrictions", service: "unix:private/policy-spf", path: "/var/spool/postfix/private/policy-spf",
		timeout: 100 * time.Second, timeoutFrom: "smtpd_policy_service_timeout",
		entry: &postfix.Service{Name: "policy-spf", Type: "unix", Private: "-", Command: "spawn", Argv: []string{"/nowhere/policyd-spf", "/etc/x.conf"}}}
	result := Result{Parameter: t.parameter, Service: t.service, Socket: t.path, Command: t.entry.CommandLine(), Timeout: 100, TimeoutFrom: t.timeoutFrom, Milliseconds: 12.3}
	answered := result
	answered.Action = "prepend Received-SPF: None (no SPF record) identity=mailfrom; client-ip=192.0.2.1; helo=probe.invalid; envelope-from=probe@probe.invalid; receiver=<UNKNOWN>"
	all := []*Report{{Version: Version, Request: DefaultRequest(), Services: []Result{answered}}}
	for _, p := range []*Problem{
		(target{parameter: t.parameter, service: "private/policy-spf"}).problemBadAddress(), t.problemNoService(), t.problemWrongDirectory("public"), t.problemMissing(), t.problemPermission(), t.problemRefused(),
		t.problemUnreachable(errors.New("no such host")), t.problemTimeout(), t.problemClosed(), t.problemNotAReply("220 \x1b[2J\r\n"), t.problemIncomplete("action=dunno\n"),
	} {
		failed := result
		failed.Problem = p
		all = append(all, &Report{Version: Version, Request: DefaultRequest(), Services: []Result{failed}})
	}
	for _, p := range []*Problem{problemNoPostconf(), problemPostconf(errors.New("postconf -M: fatal: bad field count")), problemNotAsked(), problemSeveral([]target{t, t})} {
		all = append(all, &Report{Version: Version, Request: DefaultRequest(), Problem: p})
	}
	return all
}

// docs/json.md documents every name in a report, and every kind of problem.
func TestReport_documented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "json.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## --probe\n")
	var names []string
	for _, r := range reports() {
		var b strings.Builder
		if err := r.JSON(&b); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if name, _, ok := strings.Cut(strings.TrimSpace(line), `": `); ok {
				names = append(names, strings.TrimPrefix(name, `"`))
			}
		}
		if r.Problem != nil {
			names = append(names, string(r.Problem.Kind))
		}
		for _, s := range r.Services {
			if s.Problem != nil {
				names = append(names, string(s.Problem.Kind))
			}
		}
	}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
		if !strings.Contains(section, "`"+name+"`") {
			t.Errorf("docs/json.md does not document %q", name)
		}
	}
}

func TestReport_golden(t *testing.T) {
	for name, render := range map[string]func(*Report) string{
		"text-80":  func(r *Report) string { return r.Text(term.Style{UTF8: true, Width: 80}) },
		"text-120": func(r *Report) string { return r.Text(term.Style{Width: 120}) },
		"brief":    func(r *Report) string { return r.Brief(term.Style{}) + "\n" },
		"json": func(r *Report) string {
			var b strings.Builder
			if err := r.JSON(&b); err != nil || !json.Valid([]byte(b.String())) {
				t.Errorf("%v, %s", err, b.String())
			}
			return b.String()
		},
	} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			for _, r := range reports() {
				b.WriteString(render(r))
				if strings.HasPrefix(name, "text") {
					b.WriteString("\n")
				}
			}
			if strings.ContainsRune(b.String(), '\x1b') {
				t.Errorf("an escape character: %q", b.String())
			}
			golden.Compare(t, filepath.Join("testdata", name+".txt"), b.String())
		})
	}
}
