package cli

import (
	"bytes"
	"compress/gzip"
	"path/filepath"
	"strings"
	"testing"
)

const (
	failField = "Received-SPF: Pass (x) identity=mailfrom; client-ip=203.0.113.1; helo=x; envelope-from=a@fail.example; receiver=<UNKNOWN>\n"
	failLog   = "Nov  2 10:11:12 mx policyd-spf[1]: Fail; identity=mailfrom; client-ip=203.0.113.1; helo=x; envelope-from=a@fail.example; receiver=<UNKNOWN> \n"
)

func compressed(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What is to be explained comes from standard input, from files, or from a log.
func TestExplain_input(t *testing.T) {
	folder := t.TempDir()
	file := func(name, text string) string { return writeFile(t, filepath.Join(folder, name), text) }
	zones, config := file("zone", zone), file("policyd-spf.conf", "")
	permissive := file("permissive.conf", "Mail_From_reject = False\n")
	noSuffix := file("settings", "# options\nMail_From_reject = False\n")
	field, prose := file("field.txt", failField), file("prose.txt", "Why is my mail refused?\n")
	two, log := file("two.txt", request), file("mail.log", failLog)
	zipped := file("mail.log.1.gz", compressed(t, failLog))
	cut := file("cut.gz", compressed(t, failLog)[:20])
	const changed = "recorded: pass; today: fail: the record has changed since"
	for _, test := range []struct {
		name   string
		args   []string
		in     string
		stdout string // part of it, "" for nothing
		stderr string // part of it, "" for nothing
		status int
	}{
		{name: "standard input", args: []string{config}, in: failField, stdout: changed, status: StatusRejected},
		{name: "configuration file without its suffix", args: []string{noSuffix}, in: failField, stdout: "Mail_From_reject = False", status: StatusOK},
		{name: "file", args: []string{file("pass.txt", request)}, stdout: "Found in line 1 of", status: StatusOK}, // whatever the usual configuration file says
		{name: "configuration file and file", args: []string{permissive, field}, stdout: "Mail_From_reject = False (permissive.conf, line 1)", status: StatusOK},
		{name: "two files", args: []string{config, two, field}, stdout: "of " + field, status: StatusRejected},
		{name: "files without a configuration file", args: []string{field, two}, stdout: "Found in line 1 of " + field, status: StatusRejected},
		{name: "compressed files without a configuration file", args: []string{zipped, field}, stdout: "Found in line 1 of " + zipped, status: StatusRejected},
		{name: "configuration file with a log line in a comment", args: []string{file("commented", "# "+failLog+"Mail_From_reject = False\n"), field}, stdout: "Mail_From_reject = False", status: StatusOK},
		{name: "file that was cut", args: []string{config, cut}, stderr: cut + ": unexpected EOF", status: StatusUsage},
		{name: "standard input by name", args: []string{config, "-"}, in: failField, stdout: changed, status: StatusRejected},
		{name: "one line", args: []string{"--brief", config, field}, stdout: "rejected: HELO none, MAIL FROM fail; " + changed + " (550 5.7.23", status: StatusRejected},
		{name: "JSON", args: []string{"--json", config, field}, stdout: `"form": "received-spf"`, status: StatusRejected},
		{name: "nothing usable in standard input", args: []string{config}, in: "hello\n", stderr: "standard input: nothing usable found", status: StatusUsage},
		{name: "nothing usable in a file", args: []string{prose}, stderr: prose + ": nothing usable found", status: StatusUsage},
		{name: "nothing usable as JSON", args: []string{"--json", config}, in: "hello\n", stderr: "nothing usable found", status: StatusUsage},
		{name: "missing file", args: []string{config, field + ".gone"}, stderr: "no such file", status: StatusUsage},
		{name: "directory", args: []string{config, folder}, stderr: "is a directory", status: StatusUsage},

		{name: "log", args: []string{"--log", log, "--from", "Alice <a@fail.example>", config}, stdout: "recorded: fail; today: fail", status: StatusRejected},
		{name: "compressed log", args: []string{"--log", zipped, "--client", "203.0.113.1", config}, stdout: "of " + zipped, status: StatusRejected},
		{name: "log on standard input", args: []string{"--log", "-", "--from", "fail.example", config}, in: failLog, stdout: "Found in line 1 of standard input", status: StatusRejected},
		{name: "no message matches", args: []string{"--log", log, "--from", "b@fail.example", config}, stderr: "no message matches (sender b@fail.example)", status: StatusUsage},
		{name: "null reverse-path", args: []string{"--log", log, "--from", "<>", config}, stderr: "no message matches (sender <>)", status: StatusUsage},
		{name: "missing log", args: []string{"--log", log + ".gone", config}, stderr: "no such file", status: StatusUsage},
		{name: "log that was cut", args: []string{"--log", cut, config}, stderr: cut, status: StatusUsage},
		{name: "search without a log", args: []string{"--from", "a@fail.example", config}, stderr: "--from needs --log FILE too", status: StatusUsage},
		{name: "log and a request", args: []string{"--log", log, "--ip", "192.0.2.1", "--helo", "x", config}, stderr: "not both", status: StatusUsage},
		{name: "client as an address literal", args: []string{"--log", log, "--client", "[IPv6:::FFFF:203.0.113.1]", config}, stdout: "Found in line 1", status: StatusRejected},
		{name: "bad client", args: []string{"--log", log, "--client", "x", config}, stderr: "expected the client's IPv4 or IPv6 address", status: StatusUsage},
	} {
		t.Run(test.name, func(t *testing.T) {
			args := append([]string{"--explain", "--exit-code", "--zone", zones}, test.args...)
			stdout, stderr, status := execute(t, command(t, args...), test.in)
			if status != test.status || !strings.Contains(stdout, test.stdout) || test.stdout == "" && stdout != "" {
				t.Errorf("exit status %d, want %d; want %q in:\n%s", status, test.status, test.stdout, stdout)
			}
			if test.stderr == "" && stderr != "" || !strings.Contains(stderr, test.stderr) || strings.Count(stderr, "\n") > 1 {
				t.Errorf("on standard error: %q, want %q", stderr, test.stderr)
			}
		})
	}
}

func TestSetAddress_notOneAddress(t *testing.T) {
	for _, value := range []string{"Alice <a@example.com", "a@example.com>", "a@example.com, b@example.com"} {
		var got string
		if err := setAddress(&got, value); err == nil {
			t.Errorf("%q: got %q", value, got)
		}
	}
}

// Addresses are parsed as net/mail does; what it does not know stays.
func TestSetAddress(t *testing.T) {
	for _, test := range []struct{ name, value, want string }{
		{name: "address", value: "a@example.com", want: "a@example.com"},
		{name: "angle brackets", value: "<a@example.com>", want: "a@example.com"},
		{name: "name", value: "Alice <a@example.com>", want: "a@example.com"},
		{name: "quoted name", value: `"Alice <b@example.com>" <a@example.com>`, want: "a@example.com"},
		{name: "name that should be quoted", value: "Alice (B.) [x] <a@example.com>", want: "a@example.com"},
		{name: "comment", value: "a@example.com (Alice)", want: "a@example.com"},
		{name: "quoted local part", value: `"a b"@example.com`, want: "a b@example.com"},
		{name: "null reverse-path", value: "<>", want: ""},
		{name: "empty", value: "", want: ""},
		{name: "link", value: "mailto:a@example.com", want: "a@example.com"},
		{name: "domain", value: "example.com", want: "example.com"},
		{name: "two at signs", value: "a@b@example.com", want: "a@b@example.com"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := "unset"
			if err := setAddress(&got, test.value); err != nil || got != test.want {
				t.Errorf("%q, %v, want %q", got, err, test.want)
			}
		})
	}
}
