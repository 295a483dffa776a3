package policy

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"policyd-spf/conf"
	"policyd-spf/spf/dns/dnsfake"
)

// The expressions below are those with which other programs read our log lines and
// header fields.

// answerAndLog answers a request at a debugLevel, and returns the reply and the log
// lines.
func answerAndLog(t *testing.T, zone, config string, level int, request Request) (reply string, log []string) {
	t.Helper()
	settings := loadText(t, config)
	sink := &recordedLog{}
	settings.DebugLevel = level
	s := Server{Settings: settings, Resolver: dnsfake.Zone(t, zone), Log: &Log{Level: level, Sink: sink}, host: "mx.example.net"}
	reply = s.Answer(context.Background(), request).String()
	s.Log.Flush()
	for _, line := range sink.lines {
		_, text, _ := strings.Cut(line, " ")
		log = append(log, "Nov 24 08:00:00 mx policyd-spf[123]: "+text)
	}
	return reply, log
}

// parserZone has a domain for each result.
const parserZone = `
$ORIGIN example.
$TTL 300
pass       TXT "v=spf1 ip4:192.0.2.0/24 -all"
fail       TXT "v=spf1 -all"
softfail   TXT "v=spf1 ~all"
neutral    TXT "v=spf1 ?all"
permerror  TXT "v=spf1 moo"
none       TXT "hello"
@          SOA ns.example. root.example. 1 1 1 1 1
temperror  NS  ns.temperror
`

var parserResults = []string{"Pass", "Fail", "Softfail", "Neutral", "None", "Permerror", "Temperror"}

func TestLogParsers(t *testing.T) {
	for _, parser := range []struct {
		name    string
		pattern string
		results string // that it knows; all if empty
		level   int
	}{
		{name: "munin", pattern: `policyd-spf\[[0-9]+\]:(.*) RESULT`, results: "Pass Fail None Temperror Neutral", level: 1},
		{name: "logcheck, results", pattern: `^(\w{3} [ :[:digit:]]{11}|[0-9T:.+-]{32}) [._[:alnum:]-]+ policyd-spf\[[0-9]+\]: (RESULT); identity=(helo|mailfrom); client-ip=[0-9a-f.:]+; helo=.*; envelope-from=.*; receiver=`, level: 1},
		{name: "logwatch, dispatch", pattern: `^[A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} (?:<[^>]+> )?(\S+) ((?:post(?:fix|grey|fwd)|policyd-spf)(?:/([^:[]+))?)(?:\[\d+\])?: (?:\[ID \d+ \w+\.\w+\] )?(RESULT;? .*)$`, level: 1},
		{name: "logwatch, the library's result", pattern: `: spfcheck: pyspf result.*'RESULT'`, level: 2},
		{name: "production", pattern: `: prepend Received-SPF: RESULT \(.*\) identity=(helo|mailfrom); `, level: 1},
		{name: "debugLevel 3", pattern: `: Action: prepend: Text: Received-SPF: RESULT .* Reject action: 550 5\.7\.23`, level: 3},
	} {
		for _, result := range parserResults {
			if parser.results != "" && !strings.Contains(parser.results, result) {
				continue
			}
			_, log := answerAndLog(t, parserZone, "HELO_reject = False\nMail_From_reject = False\n", parser.level, Request{
				ClientAddress: "192.0.2.1", HELOName: "mx.none.example", Sender: "a@" + strings.ToLower(result) + ".example",
			})
			pattern := regexp.MustCompile(strings.ReplaceAll(parser.pattern, "RESULT", result))
			matched := 0
			for _, line := range log {
				if pattern.MatchString(line) {
					matched++
				}
			}
			if matched == 0 {
				t.Errorf("%s: no line for %s:\n%s", parser.name, result, strings.Join(log, "\n"))
			}
		}
	}
}

// TestLogwatchResult: logwatch splits a line at semicolons, from the result on.
func TestLogwatchResult(t *testing.T) {
	_, log := answerAndLog(t, parserZone, "", 1, Request{ClientAddress: "192.0.2.1", HELOName: "mx.none.example", Sender: "a@pass.example"})
	line := strings.TrimPrefix(log[len(log)-1], "Nov 24 08:00:00 mx policyd-spf[123]: ")
	m := regexp.MustCompile(`^(?:prepend Received-SPF: )?(Pass|Fail|None|Neutral|Permerror|Softfail|Temperror);? (.*)$`).FindStringSubmatch(line)
	if m == nil || m[1] != "Pass" {
		t.Fatalf("no result in %s", line)
	}
	got := make(map[string]string)
	for _, pair := range regexp.MustCompile(`([-\w]+)=([^;]+)`).FindAllStringSubmatch(m[2], -1) {
		got[pair[1]] = pair[2]
	}
	if got["identity"] != "mailfrom" || got["client-ip"] != "192.0.2.1" || got["envelope-from"] != "a@pass.example" {
		t.Errorf("read %q", got)
	}
}

// TestDebugLinesAreKnown: lines of debugLevel 3 to 5 begin like lines that logwatch
// ignores, like results, or like others of the original's.
func TestDebugLinesAreKnown(t *testing.T) {
	known := regexp.MustCompile(`]: (Read line: "|Found the end of entry$|spfcheck: pyspf result|Starting$|Normal exit$|ERROR |prepend |(Pass|Fail|None); |Action: |Cached data |not peruser$|Config: \{|[A-Za-z_ ]+ enabled\.$|550 5\.7\.23 |_get_resultcodes: |Scope (helo|mfrom) unused results: |(helo|mfrom) policy (true|false) results: )`)
	_, log := answerAndLog(t, parserZone, "", 5, Request{ClientAddress: "192.0.2.1", HELOName: "mx.none.example", Sender: "a@fail.example"})
	for _, line := range log {
		if !known.MatchString(line) {
			t.Errorf("a new kind of line: %s", line)
		}
	}
}

// TestSpamAssassin: SpamAssassin reads the result and the identity in our header
// fields.
func TestSpamAssassin(t *testing.T) {
	received := regexp.MustCompile(`(?i)^received-spf:\s*(pass|neutral|(?:soft)?fail|(?:temp|perm)error|none)\b(?:.*\bidentity=(\S+?);?\b)?`)
	results := regexp.MustCompile(`(?i)^(?:Arc\-)?Authentication-Results:.*;\s*SPF\s*=\s*([^;]*)`)
	result := regexp.MustCompile(`(?i)^(pass|neutral|(?:hard|soft)?fail|(?:temp|perm)error|none)(?:[^;]*?\bsmtp\.(\S+)\s*=[^;]+)?`)
	for _, name := range parserResults {
		request := Request{ClientAddress: "192.0.2.1", HELOName: "mx.none.example", Sender: "bounce+user=example.net@" + strings.ToLower(name) + ".example"}
		reply, _ := answerAndLog(t, parserZone, "Mail_From_reject = False\n", -1, request)
		m := received.FindStringSubmatch(strings.TrimPrefix(reply, "prepend "))
		if m == nil || m[1] != name || m[2] != "mailfrom" {
			t.Errorf("SpamAssassin reads %q in %s", m, reply)
		}
		reply, _ = answerAndLog(t, parserZone, "Mail_From_reject = False\nHeader_Type = AR\n", -1, request)
		m = results.FindStringSubmatch(strings.TrimPrefix(reply, "prepend "))
		if m == nil {
			t.Errorf("SpamAssassin reads nothing in %s", reply)
			continue
		}
		if m = result.FindStringSubmatch(m[1]); m == nil || m[1] != strings.ToLower(name) || m[2] != "mailfrom" {
			t.Errorf("SpamAssassin reads %q in %s", m, reply)
		}
	}
}

// TestOpenDMARC: OpenDMARC compares the text after "smtp.mailfrom=" with a domain,
// and in Received-SPF an unquoted "=" in a value misleads it.
func TestOpenDMARC(t *testing.T) {
	request := Request{ClientAddress: "192.0.2.1", HELOName: "mx.none.example", Sender: "bounce+user=example.net@pass.example"}
	reply, _ := answerAndLog(t, parserZone, "Header_Type = AR\n", -1, request)
	if !strings.Contains(reply, " smtp.mailfrom=pass.example (") {
		t.Errorf("smtp.mailfrom is not a domain: %s", reply)
	}
	reply, _ = answerAndLog(t, parserZone, "", -1, request)
	if !strings.Contains(reply, `; envelope-from="bounce+user=example.net@pass.example"; `) {
		t.Errorf("envelope-from is not quoted: %s", reply)
	}
}

// TestFail2ban: the stock filter must not ban a forwarder for one SPF fail, and
// administrators' own filters must still match.
func TestFail2ban(t *testing.T) {
	stock := regexp.MustCompile(`[45][50][04] [45]\.\d\.\d+ (?:(?:<[^>]*>)?: )?(?:(?:Helo command|(?:Sender|Recipient) address) rejected: )?(?:Service unavailable|Access denied|(?:Client host|Command|Data command) rejected|Relay access denied|Malformed DNS server reply|(?:Host|Domain) not found|need fully-qualified hostname|match)\b`)
	own := regexp.MustCompile(`550 5\.7\.23 \S+: Recipient address rejected: Message rejected due to: SPF fail - not authorized`)
	reply, _ := answerAndLog(t, parserZone, "", -1, Request{ClientAddress: "192.0.2.1", HELOName: "mx.none.example", Sender: "a@fail.example"})
	text := strings.TrimPrefix(reply, "550 5.7.23 ")
	line := "NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 550 5.7.23 <bob@example.net>: Recipient address rejected: " + text + "; from=<a@fail.example>"
	if stock.MatchString(line) {
		t.Errorf("the stock filter bans for %s", line)
	}
	if !own.MatchString(line) {
		t.Errorf("no match in %s", line)
	}
}

// loadText returns the settings of a configuration file with this text.
func loadText(t testing.TB, config string) conf.Settings {
	t.Helper()
	path := t.TempDir() + "/policyd-spf.conf"
	writeFile(t, path, config)
	loaded, err := conf.Load(path)
	if err != nil || len(loaded.Diagnostics) > 0 {
		t.Fatalf("%v, %v", err, loaded.Diagnostics)
	}
	return loaded.Settings
}
