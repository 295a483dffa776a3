package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"policyd-spf/internal/golden"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// runAsProgram in the environment makes the test binary the program itself.
const runAsProgram = "POLICYD_SPF_RUN_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(runAsProgram) != "" {
		os.Exit(run(os.Args))
	}
	os.Exit(m.Run())
}

// transcripts are the commands that README.md and policyd-spf(1) show with
// their output. They are run in testdata/demo.
var transcripts = map[string]string{
	"report-head":    "policyd-spf --report --own example.org,example.net mail.log.gz | head -8",
	"explain-fail":   "policyd-spf --explain --zone demo.zone demo.conf <fail.txt",
	"explain-head":   "policyd-spf --explain --zone demo.zone demo.conf <fail.txt | head -6",
	"domain-repair":  "policyd-spf --explain --zone demo.zone --domain tidy.example",
	"domain-address": "policyd-spf --explain --zone demo.zone --domain tidy.example --ip 198.51.100.70",
	"domain-compare": "policyd-spf --explain --zone demo.zone --domain shop.example --compare new.zone",
	"show-config":    "policyd-spf --show-config mistakes.conf",
	"report":         "policyd-spf --report --own example.org,example.net mail.log.gz",
}

// postconf is a postconf(1) that shows a Postfix with the usual mistakes. It names
// no file of this host.
const postconf = `#!/bin/sh
case $1 in
-M) echo 'policy-spf unix - n n - 10 spawn user=postfix argv=/usr/bin/policyd-spf mistakes.conf' ;;
-x) echo 'config_directory = postfix'
    echo 'mail_owner = postfix'
    echo 'policy-spf_time_limit = 1000s'
    echo 'smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination'
    echo 'smtpd_recipient_restrictions = check_policy_service unix:private/policy-spf' ;;
esac
`

// transcript runs a command and returns it with its output, as a terminal shows
// them.
func transcript(t *testing.T, command, lang string) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "postconf"), []byte(postconf), 0o755); err != nil {
		t.Fatal(err)
	}
	args, head, limited := strings.Cut(command, " | head -")
	args, in, _ := strings.Cut(args, " <")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, strings.Fields(args)[1:]...)
	cmd.Args[0] = "policyd-spf"
	cmd.Dir = filepath.Join("testdata", "demo")
	cmd.Env = append(os.Environ(), runAsProgram+"=1", "LC_ALL="+lang, "COLUMNS=80", "TZ=UTC", "PATH="+folder+":/bin:/usr/bin")
	if in != "" {
		stdin, err := os.Open(filepath.Join(cmd.Dir, in))
		if err != nil {
			t.Fatal(err)
		}
		defer stdin.Close()
		cmd.Stdin = stdin
	}
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	exit := (*exec.ExitError)(nil)
	if err := cmd.Run(); err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 1) || stderr.Len() > 0 {
		t.Errorf("%v, on standard error: %q", err, stderr.String())
	}
	text := out.String()
	if limited {
		text = firstLines(t, text, head)
	}
	return "$ " + command + "\n" + text
}

// firstLines returns what head(1) prints.
func firstLines(t *testing.T, text, count string) string {
	t.Helper()
	n, err := strconv.Atoi(count)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(text, "\n")
	return strings.Join(lines[:min(n, len(lines))], "")
}

// transcriptFile is a document with transcripts. A marker with a name precedes
// each.
type transcriptFile struct {
	path   string
	lang   string
	block  *regexp.Regexp // marker with the name, start, transcript, end
	escape *strings.Replacer
}

func TestTranscripts(t *testing.T) {
	used := make(map[string]bool)
	for _, d := range []transcriptFile{
		{path: "README.md", lang: "C.UTF-8", block: regexp.MustCompile("(?s)(<!-- transcript: ([a-z-]+) -->\n+```[a-z]*\n)(.*?)(```\n)"), escape: strings.NewReplacer()},
		{path: "docs/report.md", lang: "C.UTF-8", block: regexp.MustCompile("(?s)(<!-- transcript: ([a-z-]+) -->\n+```[a-z]*\n)(.*?)(```\n)"), escape: strings.NewReplacer()},
		{path: "man/policyd-spf.1", lang: "C", block: regexp.MustCompile(`(?s)(\.\\" transcript: ([a-z-]+)\n\.Bd[^\n]*\n)(.*?)(\.Ed\n)`),
			escape: strings.NewReplacer(`\`, `\e`, "\n.", "\n\\&.", "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`, "-", `\-`)},
	} {
		t.Run(d.path, func(t *testing.T) {
			text, err := os.ReadFile(d.path)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Count(string(text), "transcript: ") != len(d.block.FindAll(text, -1)) {
				t.Error("a marker has no block after it")
			}
			updated := d.block.ReplaceAllFunc(text, func(block []byte) []byte {
				parts := d.block.FindSubmatch(block)
				name := string(parts[2])
				used[name] = true
				command, ok := transcripts[name]
				if !ok {
					t.Errorf("there is no transcript %q", name)
					return block
				}
				return []byte(string(parts[1]) + d.escape.Replace(transcript(t, command, d.lang)) + string(parts[4]))
			})
			golden.Compare(t, d.path, string(updated))
		})
	}
	for name := range transcripts {
		if !used[name] {
			t.Errorf("no document shows the transcript %q", name)
		}
	}
}

// Lines of transcripts fit a terminal, except commands and replies, which are
// never wrapped.
func TestTranscripts_width(t *testing.T) {
	for name, command := range transcripts {
		t.Run(name, func(t *testing.T) {
			for line := range strings.Lines(transcript(t, command, "C")) {
				if len(line) > 81 && !strings.HasPrefix(line, "$ ") && !strings.HasPrefix(line, "action=") {
					t.Errorf("%d columns: %s", len(line)-1, line)
				}
			}
		})
	}
}

// TestDemo runs what `make demo` runs: a reply to each of the six messages.
func TestDemo(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", filepath.Join("testdata", "demo", "show"), self)
	cmd.Env = append(os.Environ(), runAsProgram+"=1")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	replies := regexp.MustCompile(`(?m)^  > action=`).FindAll(out, -1)
	messages := regexp.MustCompile(`(?m)^--- \w+\.txt$`).FindAll(out, -1)
	if len(messages) != 6 || len(replies) != 6 {
		t.Errorf("%d replies to %d messages, want 6 to 6:\n%s", len(replies), len(messages), out)
	}
}
