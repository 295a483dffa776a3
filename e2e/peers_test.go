package e2e

import (
	"embed"
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	logreader "policyd-spf/maillog" // maillog is the test's own log
)

//go:embed testdata/peers/*.log
var peerLogs embed.FS

const peerConfig = "/etc/peer.conf"

// peerRequest is a request to another policy server.
type peerRequest struct{ client, helo, sender string }

// peerRequests are the requests to the other policy servers, one for each message.
var peerRequests = []peerRequest{
	{client: "192.0.2.1", helo: "client.test", sender: "a@pass.test"},
	{client: "192.0.2.1", helo: "client.test", sender: "a@fail.test"},
	{client: "192.0.2.1", helo: "client.test", sender: "a@softfail.test"},
	{client: "192.0.2.1", helo: "client.test", sender: "a@neutral.test"},
	{client: "192.0.2.1", helo: "client.test", sender: "a@none.test"},
	{client: "192.0.2.1", helo: "client.test", sender: "a@permerror.test"},
	{client: "192.0.2.1", helo: "client.test", sender: "a@why.test"},
	{client: "192.0.2.1", helo: "helopass.test"},
	{client: "192.0.2.1", helo: "helofail.test", sender: "a@pass.test"},
	{client: "2001:db8::1", helo: "client.test", sender: "a@pass.test"},
	{client: "192.0.2.1", helo: "client.test", sender: "bounce+user=example.com@pass.test"},
	{client: "192.0.2.1", helo: "client.test", sender: "a b@pass.test"},
	{client: "192.0.2.1", helo: "client.test", sender: `"a@fail.test"@pass.test`},
	{client: "192.0.2.1", helo: "client.test", sender: "x; receiver=y@pass.test"},
	{client: "127.0.0.1", helo: "localhost", sender: "a@pass.test"},
}

// The other policy servers of Debian log what was recorded, and maillog reads their
// requests and replies from it.
func TestPeerLogs(t *testing.T) {
	for _, test := range []struct {
		name, program string
		config        []string
	}{
		{name: "spf-engine", program: "/usr/bin/policyd-spf", config: []string{"debugLevel = 1"}},
		{name: "spf-engine-header-only", program: "/usr/bin/policyd-spf", config: []string{"debugLevel = 1", "HELO_reject = False", "Mail_From_reject = False", "Hide_Receiver = Yes"}},
		{name: "spf-engine-results", program: "/usr/bin/policyd-spf", config: []string{"debugLevel = 2"}},
		{name: "spf-engine-ar", program: "/usr/bin/policyd-spf", config: []string{"debugLevel = 1", "HELO_reject = False", "Mail_From_reject = False", "Header_Type = AR", "Authserv_Id = mx.test"}},
		{name: "spf-engine-whitelist", program: "/usr/bin/policyd-spf", config: []string{"debugLevel = 1", "Whitelist = 192.0.2.0/24", "HELO_Whitelist = client.test"}},
		{name: "perl", program: "/usr/sbin/postfix-policyd-spf-perl"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := os.Stat(test.program); err != nil {
				skip(t, "no "+test.program)
			}
			startNameServer(t, "127.0.0.1:53")
			log := openLog(t)
			args := []string{}
			if len(test.config) > 0 {
				write(t, peerConfig, "skip_addresses = 127.0.0.0/8,::1\n"+strings.Join(test.config, "\n")+"\n", 0o644)
				args = append(args, peerConfig)
			}
			replies := requestPeer(t, peerRequests, test.program, args...)
			lines := peerLines(t, log)
			checkRecording(t, test.name, lines)
			checkPeerMessages(t, lines, replies)
		})
	}
}

// requestPeer sends requests to a policy server and returns its replies.
func requestPeer(t *testing.T, requests []peerRequest, program string, args ...string) []string {
	t.Helper()
	var in strings.Builder
	for i, r := range requests {
		fmt.Fprintf(&in, "request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\nclient_address=%s\nhelo_name=%s\nsender=%s\nrecipient=b@rcpt.test\ninstance=%d\nqueue_id=\n\n",
			r.client, r.helo, r.sender, i)
	}
	cmd := exec.Command(program, args...)
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", program, err, out)
	}
	replies := strings.Split(strings.TrimSuffix(string(out), "\n\n"), "\n\n")
	if len(replies) != len(requests) {
		t.Fatalf("%d replies to %d requests:\n%s", len(replies), len(requests), out)
	}
	return replies
}

// peerLines returns what the policy server has logged, as syslogd writes it to a file,
// with a fixed time, host and pid. The socket keeps the order, so a line of our own
// marks the end.
func peerLines(t *testing.T, log *maillog) []string {
	t.Helper()
	conn, err := net.Dial("unixgram", logSocket)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("<22>end: of the lines")); err != nil {
		t.Fatal(err)
	}
	log.await(t, `end: of the lines`)
	head := regexp.MustCompile(`^\w{3} [ \d]\d \d\d:\d\d:\d\d ([^ :[]+)\[\d+\]: `)
	var lines []string
	for _, line := range log.all() {
		line = strings.TrimRight(line, "\n\x00") // as Sys::Syslog ends its lines
		if head.MatchString(line) {
			lines = append(lines, head.ReplaceAllString(line, "Nov  2 10:11:12 mx $1[123]: "))
		}
	}
	return lines
}

// checkRecording compares lines with a recording and prints them if they differ.
func checkRecording(t *testing.T, name string, lines []string) {
	t.Helper()
	got := strings.Join(lines, "\n") + "\n"
	want, err := peerLogs.ReadFile("testdata/peers/" + name + ".log")
	if err != nil || got != string(want) {
		t.Errorf("%v; the log is not what testdata/peers/%s.log has:\n%s", err, name, got)
	}
}

// checkPeerMessages compares what maillog reads from lines with the requests and
// replies.
func checkPeerMessages(t *testing.T, lines, replies []string) {
	t.Helper()
	r := logreader.NewReader(time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC))
	n := 0
	r.OnMessage = func(m *logreader.Message) {
		if n >= len(peerRequests) {
			t.Fatalf("more than %d messages", n)
		}
		request, reply := peerRequests[n], strings.ToLower(strings.TrimPrefix(replies[n], "action="))
		n++
		for prefix, action := range map[string]logreader.Action{"prepend": logreader.Prepend, "550": logreader.Reject, "defer": logreader.Defer, "dunno": logreader.Dunno} {
			if strings.HasPrefix(reply, prefix) && m.Action != action {
				t.Errorf("%v: action %v, but the reply was %q", request, m.Action, reply)
			}
		}
		if m.Ambiguous {
			if !strings.Contains(request.sender, ";") && !strings.HasPrefix(reply, "550") && m.Exempt != "exempt_localhost" {
				t.Errorf("%v: the log does not identify the client", request)
			}
			return
		}
		if m.Client.String() != request.client {
			t.Errorf("%v: client %v", request, m.Client)
		}
		if m.Known&logreader.HasHELO != 0 && string(m.HELO) != request.helo {
			t.Errorf("%v: HELO %q", request, m.HELO)
		}
		if m.Known&logreader.HasSender != 0 && string(m.Sender) != request.sender {
			t.Errorf("%v: sender %q", request, m.Sender)
		}
	}
	for _, line := range lines {
		r.Line([]byte(line))
	}
	r.Flush()
	if n != len(peerRequests) || r.Stats.Unreadable > 0 {
		t.Errorf("%d messages for %d requests, %d unreadable lines", n, len(peerRequests), r.Stats.Unreadable)
	}
}
