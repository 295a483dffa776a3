package maillog_test

import (
	"bytes"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"policyd-spf/internal/golden"
	"policyd-spf/maillog"
)

// TestReaderReadsTranscripts: the log of each exchange of the transcripts of package
// policy is read as its request and reply.
func TestReaderReadsTranscripts(t *testing.T) {
	const folder = "../testdata/transcripts"
	files, err := filepath.Glob(folder + "/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts in %s: %v", folder, err)
	}
	// What the log has is not the request.
	changed := map[string]bool{
		"long-values":        true, // they are cut
		"requests-utf-8":     true, // small letters are compared, and İ has none
		"queueid-true":       true, // with a queue ID that Postfix does not have
		"restriction-action": true, // a restriction's defer_if_permit is not the server's
	}
	told := 0
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		if changed[name] {
			continue
		}
		t.Run(name, func(t *testing.T) {
			transcript := golden.Read(t, file)
			prospective := strings.Contains(transcript.Text("config")+transcript.Text("users"), "Prospective")
			var request, reply string
			for i, s := range transcript.Sections {
				switch text := strings.ReplaceAll(s.Text, "␣", " "); s.Name {
				case "request":
					request = text
				case "request, escaped": // control characters and the like are replaced
					request = ""
				case "reply":
					reply = text
				case "log":
					if request != "" && checkExchange(t, i, request, reply, strings.Split(text, "\n"), prospective) {
						told++
					}
				}
			}
		})
	}
	if told < 500 {
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
		_, text, _ := strings.Cut(line, " ")
		if text == "" {
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
	checked := slices.ContainsFunc(log, func(line string) bool { return strings.Contains(line, "identity=") })
	if m.Exempt == "" && (!checked || m.HELOResult == maillog.NoResult && m.MailFromResult == maillog.NoResult) {
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
		if addr, err := netip.ParseAddr(client); err != nil || m.Client != addr {
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
