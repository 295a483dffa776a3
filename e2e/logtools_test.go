package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const mailLog = "/var/log/mail.log"

// logTest is a mail log and what the tools must find in it.
type logTest struct {
	name    string
	lines   []string       // without time and host
	counts  map[string]int // munin's fields that are not 0
	banned  []string       // by fail2ban, with repetitions
	watched []string       // lines of logwatch's report, without white space around them
}

// forgedClient is an address that no client has; hostile clients write it into values.
const forgedClient = "198.51.100.9"

// logSessions are the SMTP sessions of the test, in order.
var logSessions = []struct {
	client, helo string
	senders      []string
}{
	{client: "192.0.2.1", helo: "client.test", senders: []string{"a@pass.test", "a@softfail.test", "a@none.test"}},
	{client: "192.0.2.2", helo: "client.test", senders: []string{"a@fail.test", "a@temperror.test", "a@permerror.test"}},
	{client: "2001:db8::bad", helo: "client.test", senders: []string{
		"a@fail.test",
		`"; client-ip=198.51.100.9; helo="@neutral.test`,
		`"Fail; identity=helo; client-ip=198.51.100.9; helo="@none.test`,
	}},
	{client: "192.0.2.4", helo: `x action=reject code=550 client=198.51.100.9 helo=`, senders: []string{
		"a@softfail.test",
		`" mailfrom_result=fail action=reject code=550 client=198.51.100.9 helo="@softfail.test`,
		`"\" mailfrom_result=fail\\"@softfail.test`,
	}},
	{client: "192.0.2.5", helo: `action=reject`, senders: []string{`"messages=5 reject=5"@pass.test`}},
	{client: "192.0.2.9", helo: "client.test", senders: []string{"a@fail.test"}}, // in Whitelist
}

// serverLog sends mail through Postfix and returns what the server logs, without time
// and host.
func serverLog(t *testing.T, lines ...string) []string {
	t.Helper()
	configure(t, append(lines, "TempError_Defer = True", "Whitelist = 192.0.2.9")...)
	h := startHost(t)
	for _, s := range logSessions {
		c := connect(t, s.client, s.helo)
		for _, sender := range s.senders {
			c.rcpt(message{sender: sender})
			c.reset()
		}
		c.command("QUIT", "221")
	}
	h.reload(t) // ends the processes of smtpd, and with them those of the server
	awaitNoProcess(t, binary)
	log, err := net.Dial("unixgram", logSocket)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	if _, err := log.Write([]byte("<22>end: of the lines")); err != nil {
		t.Fatal(err)
	}
	h.log.await(t, `end: of the lines`)
	var all []string
	for _, m := range h.log.matches(`^.{15} (policyd-spf\[.*)$`) {
		all = append(all, m[1])
	}
	if text := strings.Join(all, "\n"); !strings.Contains(text, `=" mailfrom_result=fail action=reject code=550 client=`+forgedClient) {
		t.Errorf("the hostile sender is not in the log:\n%s", text)
	}
	return all
}

// totals returns the sums of name=number pairs of the lines that begin with messages=.
func totals(lines []string) map[string]int {
	sums := make(map[string]int)
	for _, line := range lines {
		_, text, _ := strings.Cut(line, "]: ")
		if !strings.HasPrefix(text, "messages=") {
			continue
		}
		for pair := range strings.FieldsSeq(text) {
			name, value, _ := strings.Cut(pair, "=")
			n, _ := strconv.Atoi(value)
			sums[name] += n
		}
	}
	return sums
}

// mistake is what the server logs about a mistake in its configuration.
const mistake = `ERROR: Unknown name "Mail_From_Reject" in file "/etc/policyd-spf/policyd-spf.conf"`

// queued are refusals that begin with a queue id, and what munin makes of them.
var queued = []struct {
	text   string
	counts map[string]int
}{
	{text: "4F1A22C0D1: 550 5.7.23 Message rejected due to: x", counts: map[string]int{"reject": 1}},
	{text: "4Xk1Zq0Qz2z1yT: defer_if_permit 4.7.24 Message deferred due to: x", counts: map[string]int{"defer": 1}},
	{text: ": prepend Received-SPF: Pass (x) identity=mailfrom; client-ip=192.0.2.1", counts: map[string]int{"pass": 1}},
	{text: "shadow: 550 5.7.23 Message rejected due to: x", counts: map[string]int{}},
	{text: mistake, counts: map[string]int{}},
}

func logTests(t *testing.T) []logTest {
	t.Helper()
	// Lines of other programs, whatever they contain, and lines of the server about mail
	// that it did not refuse.
	other := []string{
		`postfix/smtpd[7]: warning: policyd-spf[9]: Fail; identity=helo; client-ip=198.51.100.9; helo=x`,
		`postfix/smtpd[7]: policyd-spf[9]: action=reject code=550 client=198.51.100.9 helo=x helo_result=fail mailfrom_result=fail`,
		`postfix/smtpd[7]: policyd-spf[9]: messages=99 queries=99 timeouts=99`,
		`policyd-spf[9]: shadow: 550 5.7.23 Message rejected due to: SPF fail - not authorized. (Mail_From_reject = Softfail)`,
		`policyd-spf[9]: shadow: defer_if_permit 4.7.24 Message deferred due to: x. (TempError_Defer = True)`,
	}
	counts := map[string]int{"pass": 2, "softfail": 4, "none": 2, "neutral": 1, "fail": 2, "temperror": 1, "permerror": 1, "reject": 2, "defer": 1}
	banned := []string{"192.0.2.2", "2001:db8::bad"}
	watched := []string{"4  Softfail", "2  Fail", "2  None", "1  Temperror", "Rejected 2, deferred 1, not checked 1", "1  2001:db8::bad", "2  192.0.2.2"}

	var tests []logTest
	// Subtests end the host that a log is from.
	t.Run("classic log", func(t *testing.T) {
		tests = append(tests, logTest{
			name: "classic", lines: append(serverLog(t), other...), counts: counts, banned: banned,
			watched: append(slices.Clone(watched), "2  rejected: Message rejected due to: SPF fail - not authorized."),
		})
	})
	t.Run("kv log", func(t *testing.T) {
		lines := serverLog(t, "Log_Format = kv")
		sums := totals(lines)
		if want := 14; sums["messages"] != want || sums["reject"] != 2 || sums["mailfrom_softfail"] != 4 {
			t.Errorf("the server's totals are %v, want %d messages:\n%s", sums, want, strings.Join(lines, "\n"))
		}
		tests = append(tests, logTest{
			name: "kv", lines: append(lines, other...), counts: counts, banned: banned,
			watched: append(slices.Clone(watched), "2  rejected: helo none, mailfrom fail",
				fmt.Sprintf("DNS: %d queries, %d timeouts, %d answers from the cache", sums["queries"], sums["timeouts"], sums["cached_lookups"])),
		})
	})
	return tests
}

// TestLogTools runs Debian's log tools with the files of packaging/ on what the server
// logs, in both formats.
func TestLogTools(t *testing.T) {
	for _, test := range logTests(t) {
		t.Run(test.name, func(t *testing.T) {
			t.Run("munin", func(t *testing.T) { testMunin(t, test) })
			t.Run("fail2ban", func(t *testing.T) { testFail2ban(t, test) })
			t.Run("logwatch", func(t *testing.T) { testLogwatch(t, test) })
			t.Run("logcheck", func(t *testing.T) { testLogcheck(t, test) })
		})
	}
}

// syslogLines returns the lines as a syslog daemon writes them to a file.
func syslogLines(lines []string) string {
	var s strings.Builder
	for _, line := range lines {
		fmt.Fprintf(&s, "Nov  2 10:11:12 mx %s\n", line)
	}
	return s.String()
}

// command runs a program and returns its standard output.
func command(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s%s", name, args, err, out, stderr.String())
	}
	return string(out)
}

// requireProgram skips the test if a program is missing.
func requireProgram(t *testing.T, program, debianPackage string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		skip(t, "no "+program+" (Debian's package "+debianPackage+")")
	}
}

// installFile copies a file of packaging/ to the path that its program reads.
func installFile(t *testing.T, from, to string, mode os.FileMode) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(logTools, from))
	if err != nil {
		t.Fatal(err)
	}
	write(t, to, string(data), mode)
}

// testMunin checks that the plugin counts what was logged since its last run, even if
// the log was rotated.
func testMunin(t *testing.T, test logTest) {
	requireProgram(t, "munin-run", "munin-node")
	installFile(t, "munin/policyd_spf", "/etc/munin/plugins/policyd_spf", 0o755)
	write(t, "/etc/munin/plugin-conf.d/policyd_spf", "[policyd_spf]\nuser root\nenv.logfile "+mailLog+"\n", 0o644)
	os.RemoveAll("/var/lib/munin-node/plugin-state/root")
	os.Remove(mailLog + ".1")
	write(t, mailLog, syslogLines([]string{"policyd-spf[1]: 550 5.7.23 from before the first run"}), 0o644)

	if got := command(t, "munin-run", "policyd_spf", "autoconf"); got != "yes\n" {
		t.Errorf("autoconf: %q", got)
	}
	config := command(t, "munin-run", "policyd_spf", "config")
	zero := command(t, "munin-run", "policyd_spf")
	if got := muninValues(t, zero); len(got) != 0 {
		t.Errorf("the first run counts %v", got)
	}
	for line := range strings.Lines(zero) {
		field, _, _ := strings.Cut(line, ".")
		if !strings.Contains(config, "\n"+field+".label ") {
			t.Errorf("config does not name %s", field)
		}
	}

	half := len(test.lines) / 2
	appendTo(t, mailLog, syslogLines(test.lines[:half]))
	if err := os.Rename(mailLog, mailLog+".1"); err != nil {
		t.Fatal(err)
	}
	write(t, mailLog, syslogLines(test.lines[half:]), 0o644)
	if got := muninValues(t, command(t, "munin-run", "policyd_spf")); fmt.Sprint(got) != fmt.Sprint(test.counts) {
		t.Errorf("the plugin counts %v, want %v", got, test.counts)
	}
	if got := muninValues(t, command(t, "munin-run", "policyd_spf")); len(got) != 0 {
		t.Errorf("without new lines the plugin counts %v", got)
	}
	for _, line := range queued {
		appendTo(t, mailLog, syslogLines([]string{"policyd-spf[1]: " + line.text}))
		if got := muninValues(t, command(t, "munin-run", "policyd_spf")); fmt.Sprint(got) != fmt.Sprint(line.counts) {
			t.Errorf("%s: the plugin counts %v, want %v", line.text, got, line.counts)
		}
	}
}

// muninValues returns the plugin's values that are not 0.
func muninValues(t *testing.T, output string) map[string]int {
	t.Helper()
	counts := make(map[string]int)
	for line := range strings.Lines(output) {
		field, value, ok := strings.Cut(strings.TrimSpace(line), ".value ")
		n, err := strconv.Atoi(value)
		if !ok || err != nil {
			t.Fatalf("the plugin prints %q", line)
		}
		if n != 0 {
			counts[field] = n
		}
	}
	return counts
}

func appendTo(t *testing.T, name, text string) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	// Write in place, so that the inode stays.
	if err := os.WriteFile(name, append(data, text...), 0o644); err != nil {
		t.Fatal(err)
	}
}

// testFail2ban checks that the filter finds the clients that fail, and no address that a
// client wrote into a value.
func testFail2ban(t *testing.T, test logTest) {
	requireProgram(t, "fail2ban-regex", "fail2ban")
	const filter = "/etc/fail2ban/filter.d/policyd-spf.conf"
	installFile(t, "fail2ban/filter.d/policyd-spf.conf", filter, 0o644)
	write(t, mailLog, syslogLines(test.lines), 0o644)
	out := command(t, "fail2ban-regex", "--out", "ip", mailLog, "policyd-spf")
	banned := strings.Fields(out)
	slices.Sort(banned)
	if !slices.Equal(banned, test.banned) {
		t.Errorf("fail2ban finds %q, want %q", banned, test.banned)
	}

	installFile(t, "fail2ban/jail.d/policyd-spf.conf", "/etc/fail2ban/jail.d/policyd-spf.conf", 0o644)
	jail := "/etc/fail2ban/jail.d/zz-e2e.conf"
	write(t, jail, "[DEFAULT]\nbackend = polling\n[sshd]\nenabled = false\n[policyd-spf]\nenabled = true\nbackend = polling\nlogpath = "+mailLog+"\n", 0o644)
	if out := command(t, "fail2ban-client", "--test"); !strings.Contains(out, "OK") {
		t.Errorf("fail2ban-client --test: %s", out)
	}
	dump := command(t, "fail2ban-client", "-d")
	if !strings.Contains(dump, "'policyd-spf'") || !strings.Contains(dump, "'maxretry', 20") {
		t.Errorf("the jail is not in force:\n%s", dump)
	}
}

// testLogwatch checks that the report has the numbers and no unmatched line, and that
// the Postfix service ignores the lines.
func testLogwatch(t *testing.T, test logTest) {
	requireProgram(t, "logwatch", "logwatch")
	for _, file := range []string{"conf/services/policyd-spf.conf", "conf/services/postfix.conf", "scripts/services/policyd-spf"} {
		installFile(t, filepath.Join("logwatch", file), filepath.Join("/etc/logwatch", file), 0o644)
	}
	os.MkdirAll("/var/cache/logwatch", 0o755)
	write(t, mailLog, syslogLines(append(slices.Clone(test.lines), "policyd-spf[5]: "+mistake)), 0o644)
	os.Remove(mailLog + ".1")
	report := command(t, "logwatch", "--service", "policyd-spf", "--range", "all", "--detail", "5", "--output", "stdout")
	var lines []string
	for line := range strings.Lines(report) {
		lines = append(lines, strings.TrimSpace(line))
	}
	for _, want := range append(test.watched, "1  "+mistake) {
		if !slices.Contains(lines, want) {
			t.Errorf("the report does not have %q:\n%s", want, report)
		}
	}
	if strings.Contains(report, "Unmatched") || strings.Contains(report, forgedClient) {
		t.Errorf("the report has what it should not:\n%s", report)
	}
	if report := command(t, "logwatch", "--service", "postfix", "--range", "all", "--detail", "5", "--output", "stdout"); strings.Contains(report, "SPF") || strings.Contains(report, "mailfrom") {
		t.Errorf("the Postfix service reports the lines too:\n%s", report)
	}
}

// testLogcheck checks that logcheck reports the lines of other programs, and of the
// server only the line about a mistake in the configuration.
func testLogcheck(t *testing.T, test logTest) {
	requireProgram(t, "logcheck", "logcheck")
	requireProgram(t, "setpriv", "util-linux")
	rules, err := os.ReadFile(logcheck)
	if err != nil {
		t.Fatal(err)
	}
	write(t, "/etc/logcheck/ignore.d.server/policyd-spf", string(rules), 0o644)
	log := filepath.Join("/tmp", "logcheck-"+test.name+".log")
	write(t, log, syslogLines(append(slices.Clone(test.lines), "policyd-spf[5]: "+mistake)), 0o644)
	for _, dir := range []string{"/run/lock/logcheck", "/var/lib/logcheck"} {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	report := command(t, "setpriv", "--reuid", "logcheck", "--regid", "logcheck", "--clear-groups", "logcheck", "-o", "-t", "-l", log)
	if got := strings.Count(report, " mx policyd-spf["); got != 1 || !strings.Contains(report, "Mail_From_Reject") {
		t.Errorf("logcheck reports %d lines of the server, want the mistake alone:\n%s", got, report)
	}
}
