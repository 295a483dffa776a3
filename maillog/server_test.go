package maillog_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"policyd-spf/conf"
	"policyd-spf/maillog"
	"policyd-spf/policy"
	"policyd-spf/spf/dns/dnsfake"
)

// serverZone has a domain for each result.
const serverZone = `
$ORIGIN example.
$TTL 300
pass       TXT "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all"
fail       TXT "v=spf1 exp=why.fail.example -all"
why.fail   TXT "see (http://www.openspf.net/Why?s=mfrom;id=v@bank.example;ip=192.0.2.9;r=x) or ) identity=helo; client-ip=192.0.2.9; helo=h; envelope-from=v; receiver=r ("
softfail   TXT "v=spf1 ~all"
neutral    TXT "v=spf1 ?all"
permerror  TXT "v=spf1 moo"
none       TXT "hello"
@          SOA ns.example. root.example. 1 1 1 1 1
temperror  NS  ns.temperror
`

var serverResults = []maillog.Result{
	maillog.Pass, maillog.Fail, maillog.Softfail, maillog.Neutral, maillog.Permerror, maillog.None, maillog.Temperror,
}

// hostileWords are what a client would put into a value to have it read as another one.
var hostileWords = []string{
	"; helo=bank.example", "; envelope-from=v@bank.example", "; receiver=r", "client-ip=192.0.2.9", `"`, `\`, `\"`, `";`, "(", ")", `\)`,
	") identity=helo; ", "]: Pass; identity=mailfrom; client-ip=192.0.2.9; helo=h; envelope-from=v@bank.example; receiver=r ",
	" ", "=", ",", "<", ">", "@", "\t", "\x1b[2J", "\x00", "\xff", "é", "ß", "\u2028", ";id=v@bank.example", ";ip=192.0.2.9", ";r=r", "?s=mfrom",
	"; x=y", "; ", ";", "a", "b+c", "x.y", "... ", "smtp.mailfrom=bank.example", "%40", "550 5.7.23 ", "\u00a0", "'",
}

// hostile returns a value of up to four hostile words.
func hostile(random *rand.Rand) string {
	var b strings.Builder
	for range random.IntN(5) {
		b.WriteString(hostileWords[random.IntN(len(hostileWords))])
	}
	return b.String()
}

// shown returns a value as the server's log shows it: control characters become
// question marks, and invalid UTF-8 is replaced.
func shown(value string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || 0x7F <= r && r <= 0x9F || r == 0x2028 || r == 0x2029 {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(strings.ReplaceAll(value, "\xff", string(utf8.RuneError)), string(utf8.RuneError)))
}

// now is the time of reading in all tests.
func now() time.Time { return time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC) }

// sink collects the text of log lines.
type sink struct{ lines []string }

func (s *sink) Write(lines []policy.Line) {
	for _, line := range lines {
		s.lines = append(s.lines, string(line.Text))
	}
}

// serve returns a server with a configuration, and where its log goes.
func serve(t testing.TB, config string) (*policy.Server, *sink) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "policyd-spf.conf")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, err := conf.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	zone := dnsfake.Zone(t, serverZone)
	s := &sink{}
	return &policy.Server{
		Settings: loaded.Settings, Resolver: zone, Log: &policy.Log{Level: loaded.Settings.DebugLevel, Sink: s},
	}, s
}

// TestReaderReadsWhatTheServerLogs: what our server logs for any request is read
// back as that request.
func TestReaderReadsWhatTheServerLogs(t *testing.T) {
	for _, test := range []struct {
		name, config string
		shadow       string // the configuration of Shadow_Config
		exempt       string // the option that exempts the senders of fail.example
		unquoted     bool   // the log has no quoted values, so some requests cannot be told
	}{
		{name: "defaults", config: ""},
		{name: "header only", config: "HELO_reject = False\nMail_From_reject = False\n"},
		{name: "receiver shown", config: "Hide_Receiver = No\nHELO_reject = False\n"},
		{name: "queue id", config: "QueueID = Yes\n"},
		{name: "AR", config: "Header_Type = AR\nAuthserv_Id = mx.example.net\nHELO_reject = False\nHide_Receiver = No\n"},
		{name: "no header", config: "Header_Type = None\n"},
		{name: "strict", config: "HELO_reject = SPF_Not_Pass\nMail_From_reject = SPF_Not_Pass\nPermError_reject = True\nTempError_Defer = True\n"},
		{name: "no check of HELO", config: "HELO_reject = No_Check\nMail_From_reject = Softfail\n"},
		{name: "no URL", config: "Reason_URL =\n"},
		{name: "debugLevel 5", config: "debugLevel = 5\nHide_Receiver = No\n"},
		{name: "action", config: "Log_Format = action\n", unquoted: true},
		{name: "kv", config: "Log_Format = kv\n"},
		{name: "kv, receiver shown", config: "Log_Format = kv\nHide_Receiver = No\nHELO_reject = False\n"},
		{name: "kv, strict", config: "Log_Format = kv\nHELO_reject = SPF_Not_Pass\nMail_From_reject = SPF_Not_Pass\nPermError_reject = True\nTempError_Defer = True\n"},
		{name: "kv, exempt", config: "Log_Format = kv\nWhitelist = 192.0.2.0/24,2001:db8::/32\n"},
		{name: "skipped", config: "Skip_Sender_Domains = fail.example\nHELO_reject = False\nHide_Receiver = No\n", exempt: "Skip_Sender_Domains", unquoted: true},
		{name: "skipped, AR", config: "Skip_Sender_Domains = fail.example\nHeader_Type = AR\nHELO_reject = False\n", exempt: "Skip_Sender_Domains", unquoted: true},
		{name: "skipped, kv", config: "Skip_Sender_Domains = fail.example\nLog_Format = kv\n", exempt: "Skip_Sender_Domains"},
		{name: "shadow", config: "HELO_reject = False\nMail_From_reject = False\n", shadow: "HELO_reject = False\n"},
		{name: "shadow, kv", config: "Log_Format = kv\nHELO_reject = False\nMail_From_reject = False\n", shadow: "HELO_reject = False\n"},
		{name: "exempt", config: "Whitelist = 192.0.2.0/24,2001:db8::/32\nHide_Receiver = No\n", unquoted: true},
		{name: "exempt, AR", config: "Whitelist = 192.0.2.0/24,2001:db8::/32\nHeader_Type = AR\nHide_Receiver = No\n", unquoted: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(14, 2))
			server, log := serve(t, "debugLevel = 1\n"+test.config)
			if test.shadow != "" {
				shadow, _ := serve(t, test.shadow)
				server.Shadow = &shadow.Settings
			}
			told := 0
			for i := range 600 {
				request, mailFrom := randomRequest(random, i)
				log.lines = nil
				reply := server.Answer(context.Background(), request).String()
				server.Log.Flush()
				if len(log.lines) == 0 && request.Sender == "" && server.Settings.HELOReject == "No_Check" {
					continue // nothing is checked
				}
				got := readBack(t, log.lines)
				if got == nil {
					t.Fatalf("no message for %q, answered %q, in\n%s", request, reply, strings.Join(log.lines, "\n"))
				}
				if got.Ambiguous && test.unquoted {
					continue
				}
				told++
				checkMessage(t, got, request, reply, &server.Settings, mailFrom)
				if mailFrom == maillog.Fail && test.exempt != "" && got.Exempt != test.exempt {
					t.Errorf("exempt by %q", got.Exempt)
				}
				if test.shadow != "" {
					checkShadow(t, got, mailFrom)
				}
				if t.Failed() {
					t.Fatalf("the log:\n%s", strings.Join(log.lines, "\n"))
				}
			}
			if told < 100 {
				t.Errorf("only %d messages were told", told)
			}
		})
	}
}

// checkShadow compares what was read of a shadow configuration that rejects each
// MAIL FROM Fail with the result of the check.
func checkShadow(t *testing.T, got *maillog.Message, mailFrom maillog.Result) {
	t.Helper()
	if mailFrom != maillog.Fail {
		if got.HasShadow {
			t.Errorf("shadow: %q", got.Shadow.Text)
		}
		return
	}
	if s := got.Shadow; s.Action != maillog.Reject || string(s.Code) != "550 5.7.23" || string(s.Option) != "Mail_From_reject" || string(s.Value) != "Fail" {
		t.Errorf("shadow: %v %q, %q = %q", s.Action, s.Code, s.Option, s.Value)
	}
}

// randomRequest returns a request, and the result of its MAIL FROM check.
func randomRequest(random *rand.Rand, i int) (policy.Request, maillog.Result) {
	request := policy.Request{
		ClientAddress: [...]string{"192.0.2.1", "2001:db8::1", "192.0.2.255"}[random.IntN(3)],
		HELOName:      hostile(random) + "h",
		Recipient:     hostile(random) + "@dest.example",
		Instance:      fmt.Sprint(i),
		QueueID:       "4F1A22C0D1",
	}
	if random.IntN(2) == 0 {
		request.HELOName = "mx.example"
	}
	if random.IntN(2) == 0 {
		request.Recipient = "b@dest.example"
	}
	if random.IntN(8) == 0 {
		return request, maillog.NoResult
	}
	result := serverResults[random.IntN(len(serverResults))]
	request.Sender = hostile(random) + "@" + result.String() + ".example"
	return request, result
}

// readBack returns the one message in the lines of the server. Its slices are
// those of a Reader that is used no more.
func readBack(t *testing.T, lines []string) *maillog.Message {
	t.Helper()
	r := maillog.NewReader(now())
	var found *maillog.Message
	r.OnMessage = func(m *maillog.Message) {
		if found != nil {
			t.Errorf("two messages in\n%s", strings.Join(lines, "\n"))
		}
		found = m
	}
	for _, line := range lines {
		r.Line([]byte("Nov 24 08:00:00 mx policyd-spf[123]: " + line))
	}
	r.Flush()
	if r.Stats.Unreadable > 0 {
		t.Errorf("%d unreadable lines in\n%s", r.Stats.Unreadable, strings.Join(lines, "\n"))
	}
	return found
}

// checkMessage compares what was read with what was asked and answered.
func checkMessage(t *testing.T, got *maillog.Message, request policy.Request, reply string, set *conf.Settings, mailFrom maillog.Result) {
	t.Helper()
	compare := func(name, got, want string) {
		if got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	compare("client", got.Client.String(), request.ClientAddress)
	compare("HELO", string(got.HELO), shown(request.HELOName))
	compare("sender", string(got.Sender), shown(request.Sender))
	if !set.HideReceiver {
		compare("recipient", string(got.Recipient), shown(request.Recipient))
	} else if got.Known&maillog.HasRecipient != 0 {
		t.Errorf("recipient %q, but it is hidden", got.Recipient)
	}
	if set.QueueID {
		compare("queue id", string(got.QueueID), request.QueueID)
	}
	if got.Known&maillog.HasSender == 0 || got.Known&maillog.HasHELO == 0 {
		t.Errorf("known: %b", got.Known)
	}
	if got.MailFromResult != maillog.NoResult {
		compare("MAIL FROM", got.MailFromResult.String(), mailFrom.String())
	}
	action, code := maillog.Dunno, ""
	for prefix, a := range map[string]maillog.Action{"prepend ": maillog.Prepend, "550 5.7.23": maillog.Reject, "550 5.7.24": maillog.Reject,
		"defer_if_permit 4.7.24": maillog.Defer} {
		if strings.HasPrefix(reply, prefix) {
			if action = a; a != maillog.Prepend {
				code = prefix
			}
		}
	}
	if set.LogFormat == "kv" { // which has the SMTP reply code
		code = map[maillog.Action]string{maillog.Reject: "550", maillog.Defer: "450"}[action]
	}
	compare("action", got.Action.String(), action.String())
	compare("code", string(got.Code), code)
	if got.Exempt == "" && action == maillog.Reject && got.Ambiguous {
		t.Error("ambiguous, but the checks tell")
	}
}
