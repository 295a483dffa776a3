package browser

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// reported is what the tests read of JSON.
type reported struct {
	Messages, Refused, Deferred, Exempt int
	Logs                                struct{ Lines int }
	Checks                              struct{ HELO, MailFrom map[string]int }
	Days                                []struct {
		Day      string
		Messages int
		MailFrom map[string]int
	}
	Settings []struct {
		Option, Value                                string
		Refused, Deferred, Unknown, Clients, Domains int
		DMARC                                        map[string]int
	}
	What_If []struct {
		Refused, Deferred, Unknown int
		Messages                   []struct{ Client, HELO, Sender, Recipient string }
	}
	Findings []struct {
		Kind                                   string
		Messages, Refused, Domains, Recipients int
		Option, Value                          string
		Evidence                               []string
	}
	Advice struct{ Text string }
}

// results are the results in the order of the page's tables.
var results = []string{"pass", "none", "neutral", "softfail", "fail", "temperror", "permerror"}

// mailLog returns a log of three weeks: ordinary mail, a forwarder, a server that
// its domain forgot, and what text others can choose.
func mailLog(helo, local string) string {
	var b strings.Builder
	at := time.Date(2026, 11, 2, 6, 0, 0, 0, time.UTC)
	for n := range 900 {
		at = at.Add(33 * time.Minute)
		line := func(ident, format string, args ...any) {
			fmt.Fprintf(&b, "%s mx %s: "+format+"\n", append([]any{at.Format(time.RFC3339), ident}, args...)...)
		}
		result, client, name := "Pass", fmt.Sprintf("198.51.100.%d", n%200), "mail.example.com"
		sender, dmarc := fmt.Sprintf("user%d@domain%d.example", n%9, n%40), "pass"
		switch n % 10 {
		case 1:
			result, client, name = "Fail", "203.0.113.5", "fwd.alumni.example"
		case 2:
			result, client, name, sender = "Softfail", "192.0.2.77", "news.shop.example", "news@shop.example"
		case 3:
			result, name, sender, dmarc = "Fail", helo, local+"@domain1.example", "fail"
		case 4:
			result, dmarc = []string{"None", "Neutral", "Permerror", "Temperror"}[n/10%4], "none"
		}
		pairs := fmt.Sprintf("client-ip=%s; helo=%s; envelope-from=%s; receiver=<UNKNOWN> ", client, quoted(name), quoted(sender))
		policyd := fmt.Sprintf("policyd-spf[%d]", 1000+n%20)
		line("postfix/smtpd[7]", "connect from %s[%s]", "unknown", client)
		line(policyd, "None; identity=helo; %s", pairs)
		line(policyd, "%s; identity=mailfrom; %s", result, pairs)
		line(policyd, "prepend Received-SPF: %s (comment) identity=mailfrom; %s", result, pairs)
		line("postfix/smtpd[7]", "%010X: client=unknown[%s]", n, client)
		line("postfix/qmgr[6]", "%010X: from=<%s>, size=1000, nrcpt=1 (queue active)", n, sender)
		line("opendmarc[9]", "%010X: domain.example %s", n, dmarc)
		line("postfix/lmtp[8]", "%010X: to=<r%d@mx.example>, relay=x, delay=1, delays=0/0/0/0, dsn=2.0.0, status=sent (ok)", n, n%3)
	}
	return b.String()
}

// quoted returns a value as in a Received-SPF header (RFC 7208, 9.1).
func quoted(value string) string {
	if strings.ContainsAny(value, " ;=\"<>") {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
	}
	return value
}

// makeReport returns the page and the JSON of a report.
func makeReport(t *testing.T, log string) (page string, want reported) {
	t.Helper()
	program, dir := buildProgram(t), t.TempDir()
	for name, text := range map[string]string{"mail.log": log, "strict.conf": "Mail_From_reject = Softfail\n", "zone": "$ORIGIN example.\n$TTL 300\n@ SOA ns hostmaster 1 3600 600 86400 300\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"--report", "--zone", "zone", "--own", "mx.example", "--what-if", "strict.conf", "--list", "mail.log"}
	if err := json.Unmarshal([]byte(output(t, program, dir, "", append(args, "--json")...)), &want); err != nil {
		t.Fatal(err)
	}
	return output(t, program, dir, "", append(args, "--html")...), want
}

// The numbers of the page are those of JSON, at any width.
func TestReportPage(t *testing.T) {
	for _, test := range []struct{ name, helo, local string }{
		{name: "ordinary", helo: "dsl.isp.example", local: "info"},
		{name: "markup", helo: `<script>document.title="owned"</script>`, local: `"</td></tr></table><img src=x onerror=alert(1)>"`},
		{name: "long values", helo: strings.Repeat("h", 300), local: strings.Repeat("l", 300)},
		{name: "other scripts", helo: "x", local: "\u202eאבגтест漢字"},
	} {
		t.Run(test.name, func(t *testing.T) {
			page, want := makeReport(t, mailLog(test.helo, test.local))
			got := look(t, page)
			if got.Title != "SPF report" || !strings.Contains(got.Text, want.Advice.Text) {
				t.Errorf("the title is %q; the page does not say %q", got.Title, want.Advice.Text)
			}
			for label, n := range map[string]int{"Messages": want.Messages, "Refused": want.Refused, "Deferred": want.Deferred, "Exempt from SPF": want.Exempt, "Lines read": want.Logs.Lines} {
				if text := label + number(n); !strings.Contains(got.Text, text) {
					t.Errorf("the page does not say %q", text)
				}
			}
			testReportTables(t, got, want)
			if value := visible(test.helo); !strings.Contains(got.Text, value) {
				t.Errorf("the page does not have %q", value)
			}
		})
	}
}

// testReportTables compares the tables of a page with JSON.
func testReportTables(t *testing.T, got seen, want reported) {
	t.Helper()
	find := func(caption string) [][]string {
		for _, found := range got.Tables {
			if strings.HasPrefix(found.Caption, caption) {
				return found.Rows
			}
		}
		t.Errorf("no table %q", caption)
		return nil
	}
	compare := func(caption string, want [][]string) {
		t.Helper()
		rows := find(caption)
		if len(rows) != len(want) {
			t.Errorf("%s: %d rows, want %d", caption, len(rows), len(want))
			return
		}
		for i := range want {
			if len(rows[i]) < len(want[i]) {
				t.Errorf("%s: row %d is %q, want %q", caption, i, rows[i], want[i])
				continue
			}
			for k, cell := range want[i] {
				if rows[i][k] != cell && cell != "*" {
					t.Errorf("%s: row %d is %q, want %q", caption, i, rows[i], want[i])
					break
				}
			}
		}
	}
	var rows [][]string
	for _, d := range want.Days {
		row := []string{d.Day, number(d.Messages)}
		for _, result := range results {
			row = append(row, number(d.MailFrom[result]))
		}
		rows = append(rows, row)
	}
	compare("Messages a day, by the result of MAIL FROM", rows)
	for caption, checks := range map[string]map[string]int{"MAIL FROM: ": want.Checks.MailFrom, "HELO: ": want.Checks.HELO} {
		rows = nil
		for _, result := range results {
			rows = append(rows, []string{result, number(checks[result])})
		}
		compare(caption, rows)
	}
	rows = nil
	for _, s := range want.Settings {
		row := []string{s.Option + " = " + s.Value}
		for _, n := range []int{s.Refused, s.Deferred, s.Unknown, s.Clients, s.Domains} {
			row = append(row, number(n))
		}
		dmarc := "–"
		if s.Refused+s.Deferred > 0 {
			dmarc = "*"
			if text := fmt.Sprintf("pass %s, fail %s, none %s, unknown %s", number(s.DMARC["pass"]), number(s.DMARC["fail"]), number(s.DMARC["none"]), number(s.DMARC["unknown"])); !strings.Contains(got.Text, text) {
				t.Errorf("the page does not say %q", text)
			}
		}
		rows = append(rows, append(row, dmarc))
	}
	compare("Messages in the log that each setting would refuse", rows)
	rows = nil
	for _, m := range want.What_If[0].Messages {
		rows = append(rows, []string{"*", m.Client, visible(m.HELO), visible("<" + m.Sender + ">"), "<" + m.Recipient + ">"})
	}
	compare("The messages", rows)
	for _, f := range want.Findings {
		if !strings.Contains(got.Text, visible(strings.Join(f.Evidence, " "))) || f.Value != "" && !strings.Contains(got.Text, f.Option+" = "+f.Value) {
			t.Errorf("the page does not have the finding %+v", f)
		}
	}
	if len(want.Findings) == 0 || len(got.Images) < 3 {
		t.Errorf("%d findings, %d pictures", len(want.Findings), len(got.Images))
	}
}

// number returns n with commas between thousands.
func number(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return number(n/1000) + fmt.Sprintf(",%03d", n%1000)
}

func TestReportPictures(t *testing.T) {
	page, _ := makeReport(t, mailLog("<b>dsl.isp.example</b>", "info"))
	testPictures(t, page)
}
