package maillog_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"policyd-spf/maillog"
)

// scenario is a recorded conversation with pypolicyd-spf 2.0.2.
type scenario struct {
	Config    string `json:"config"`
	Exchanges []struct {
		Request       string   `json:"request"`
		RequestBase64 string   `json:"request_base64"`
		Reply         string   `json:"expected_stdout"`
		Log           []string `json:"expected_syslog"`
	} `json:"exchanges"`
}

// TestReaderReadsGoldenLogs: the log of each recorded exchange is read as its
// request and reply.
func TestReaderReadsGoldenLogs(t *testing.T) {
	const folder = "../../shared/parity/golden"
	files, err := filepath.Glob(folder + "/*/*.json")
	if err != nil || len(files) == 0 {
		t.Skip("the golden transcripts are not at " + folder)
	}
	told := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var s scenario
		if err := json.Unmarshal(data, &s); err != nil {
			continue // of another shape
		}
		name := strings.TrimSuffix(strings.TrimPrefix(file, folder+"/"), ".json")
		switch name {
		case "requests/blanks", "requests/utf-8", "requests/not-utf-8":
			continue // the values are changed when they are read, in ways that policy tests
		}
		t.Run(name, func(t *testing.T) {
			for i, e := range s.Exchanges {
				request := e.Request
				if e.RequestBase64 != "" {
					raw, err := base64.StdEncoding.DecodeString(e.RequestBase64)
					if err != nil {
						t.Fatal(err)
					}
					request = string(raw)
				}
				if checkExchange(t, i, request, e.Reply, e.Log, strings.Contains(s.Config, "Prospective")) {
					told++
				}
			}
		})
	}
	if told < 2000 {
		t.Errorf("only %d exchanges were told", told)
	}
}

// checkExchange reads the log of an exchange, and reports whether it says who
// asked.
func checkExchange(t *testing.T, i int, request, reply string, log []string, prospective bool) bool {
	t.Helper()
	r := maillog.NewReader(now())
	var messages []maillog.Message
	r.OnMessage = func(m *maillog.Message) { messages = append(messages, *m) }
	for _, line := range log {
		level, rest, _ := strings.Cut(line, " ")
		_, text, _ := strings.Cut(rest, " ")
		if n, err := strconv.Atoi(level); err != nil || n > 1 || text == "" {
			continue
		}
		r.Line([]byte("Nov 24 08:00:00 mx policyd-spf[123]: " + text))
	}
	r.Flush()
	if r.Stats.Unreadable > 0 {
		t.Errorf("exchange %d: %d unreadable lines in\n%s", i, r.Stats.Unreadable, strings.Join(log, "\n"))
	}
	if strings.Count(reply, "action=") != 1 || len(messages) != 1 {
		return false
	}
	m := &messages[0]
	if m.Ambiguous {
		return false
	}
	if m.Exempt == "" && m.HELOResult == maillog.NoResult && m.MailFromResult == maillog.NoResult {
		return false // the answer to an earlier request with the same instance
	}
	asked := make(map[string]string)
	for line := range strings.Lines(request) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			asked[strings.TrimSpace(name)] = strings.ToLower(value)
		}
	}
	if !prospective && m.Known&maillog.HasClient != 0 {
		client, _, _ := strings.Cut(asked["client_address"], "%")
		if m.Client.String() != client {
			t.Errorf("exchange %d: client %v, want %s", i, m.Client, client)
		}
	}
	if helo := asked["helo_name"]; helo != "" && m.Known&maillog.HasHELO != 0 && string(m.HELO) != shown(helo) {
		t.Errorf("exchange %d: HELO %q, want %q", i, m.HELO, helo)
	}
	if sender, ok := asked["sender"]; ok && m.Known&maillog.HasSender != 0 && string(m.Sender) != shown(sender) {
		t.Errorf("exchange %d: sender %q, want %q", i, m.Sender, sender)
	}
	for prefix, action := range map[string]maillog.Action{
		"action=prepend": maillog.Prepend, "action=550": maillog.Reject, "action=defer_if_permit": maillog.Defer,
	} {
		if strings.HasPrefix(reply, prefix) && m.Action != action {
			t.Errorf("exchange %d: action %v, but the reply was %q", i, m.Action, reply)
		}
	}
	if bytes.HasPrefix([]byte(reply), []byte("action=prepend Received-SPF: ")) {
		result := strings.ToLower(strings.Fields(reply)[2])
		if m.HELOResult.String() != result && m.MailFromResult.String() != result {
			t.Errorf("exchange %d: results %v and %v, but the reply was %q", i, m.HELOResult, m.MailFromResult, reply)
		}
	}
	return true
}
