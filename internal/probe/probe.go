package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"policyd-spf/internal/postfix"
)

// maxReply bounds how much of an answer is read, in bytes. Postfix reads lines of
// at most 2,048 (line_length_limit).
const maxReply = 8 << 10

// postconfTimeout bounds postconf(1), which reads two files.
const postconfTimeout = 10 * time.Second

// DefaultRequest returns a request for a client and a domain that do not exist:
// TEST-NET-1 (RFC 5737) and .invalid (RFC 2606).
func DefaultRequest() Request {
	return Request{ClientAddress: "192.0.2.1", HELOName: "probe.invalid", Sender: "probe@probe.invalid", Recipient: "probe@localhost"}
}

// Run probes the services of this program that Postfix's configuration names.
func Run(ctx context.Context, postconf postfix.Postconf, request Request) *Report {
	r := &Report{Version: Version, Request: request}
	postconfCtx, cancel := context.WithTimeout(ctx, postconfTimeout)
	defer cancel()
	targets, problem := findTargets(postconfCtx, postconf)
	if problem != nil {
		r.Problem = problem
		return r
	}
	for _, t := range targets {
		r.Services = append(r.Services, t.probe(request))
	}
	return r
}

// probe sends a request to one service.
func (t target) probe(request Request) Result {
	s := Result{Parameter: t.parameter, Service: t.service, Socket: t.socket(), Timeout: t.timeout.Seconds(), TimeoutFrom: t.timeoutFrom}
	if t.entry != nil {
		s.Command = t.entry.CommandLine()
	}
	if s.Problem = t.check(); s.Problem != nil {
		return s
	}
	start := time.Now()
	s.Action, s.Problem = t.exchange(request.attributes(start))
	s.Milliseconds = float64(time.Since(start).Microseconds()) / 1000
	return s
}

// check compares main.cf with master.cf.
func (t target) check() *Problem {
	if t.path == "" && t.hostPort == "" {
		return t.problemBadAddress()
	}
	if t.path == "" {
		return nil // another host may serve it
	}
	folder := filepath.Base(filepath.Dir(t.path))
	switch {
	case folder != "private" && folder != "public": // a socket that is not master(8)'s
		return nil
	case t.entry == nil:
		return t.problemNoService()
	case folder != t.entry.SocketFolder():
		return t.problemWrongDirectory(t.entry.SocketFolder())
	}
	return nil
}

// exchange connects, sends attributes and reads the answer, all within the time that
// smtpd(8) allows. It returns the action in the answer.
func (t target) exchange(attributes string) (action string, problem *Problem) {
	deadline := time.Now().Add(t.timeout)
	conn, err := t.dial(deadline)
	if err != nil {
		return "", t.connectProblem(err)
	}
	defer conn.Close()
	conn.SetDeadline(deadline)
	_, writeErr := io.WriteString(conn, attributes) // a service that has closed the connection is diagnosed below
	reply, err := readReply(conn)
	action, ok := parseReply(reply)
	switch {
	case err == nil && ok:
		return action, nil
	case errors.Is(err, os.ErrDeadlineExceeded) && reply == "":
		return "", t.problemTimeout()
	case reply == "" && (err != nil || writeErr != nil):
		return "", t.problemClosed()
	case !ok:
		return "", t.problemNotAReply(reply)
	}
	return "", t.problemIncomplete(reply)
}

func (t target) connectProblem(err error) *Problem {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return t.problemMissing()
	case errors.Is(err, fs.ErrPermission):
		return t.problemPermission()
	case errors.Is(err, syscall.ECONNREFUSED):
		return t.problemRefused()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return t.problemTimeout()
	}
	return t.problemUnreachable(err)
}

// readReply reads up to the empty line after a reply, or up to a line that a reply does
// not have.
func readReply(conn io.Reader) (string, error) {
	var reply []byte
	buffer := make([]byte, maxReply)
	for len(reply) < maxReply {
		n, err := conn.Read(buffer)
		reply = append(reply, buffer[:n]...)
		if text := string(reply); strings.Contains(text, "\n\n") || !isReply(text) {
			return text, nil
		}
		if err != nil {
			return string(reply), err
		}
	}
	return string(reply), io.ErrShortBuffer
}

// isReply reports whether each complete line is an attribute, name=value, up to an
// empty line at the end.
func isReply(text string) bool {
	lines := strings.SplitAfter(text, "\n")
	for i, line := range lines[:len(lines)-1] {
		isEnd := line == "\n" && i == len(lines)-2 && lines[i+1] == ""
		if !strings.Contains(line, "=") && !isEnd {
			return false
		}
	}
	return true
}

// parseReply returns the action of a reply. Like smtpd(8) it ignores other attributes.
func parseReply(reply string) (action string, ok bool) {
	if !isReply(reply) {
		return "", false
	}
	for line := range strings.Lines(reply) {
		if action, ok := strings.CutPrefix(line, "action="); ok {
			return strings.TrimSuffix(action, "\n"), true
		}
	}
	return "", false
}

// attributes returns a request in the order and with the names that smtpd(8)
// uses at RCPT TO.
func (r Request) attributes(now time.Time) string {
	return fmt.Sprintf(`request=smtpd_access_policy
protocol_state=RCPT
protocol_name=ESMTP
client_address=%s
client_name=unknown
client_port=0
reverse_client_name=unknown
helo_name=%s
sender=%s
recipient=%s
recipient_count=0
queue_id=
instance=probe.%x.%x.0
size=0
etrn_domain=
stress=
sasl_method=
sasl_username=
sasl_sender=
ccert_subject=
ccert_issuer=
ccert_fingerprint=
encryption_protocol=
encryption_cipher=
encryption_keysize=0

`, r.ClientAddress, r.HELOName, r.Sender, r.Recipient, os.Getpid(), now.UnixNano())
}
