package probe

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"policyd-spf/internal/golden"
	"policyd-spf/internal/postfix"
	"policyd-spf/internal/term"
)

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
