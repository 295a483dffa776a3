package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the transcripts in README.md and in the manual page")

// transcripts are the commands that README.md and policyd-spf(1) show with
// their output. They are run in testdata/demo.
var transcripts = map[string]string{
	"explain-fail":      "policyd-spf --explain --zone demo.zone demo.conf <fail.txt",
	"explain-permerror": "policyd-spf --explain --zone demo.zone --ip 192.0.2.1 --helo out.typo.example --sender alice@typo.example demo.conf",
	"explain-json":      "policyd-spf --explain --zone demo.zone --json --ip 127.0.0.1 --helo localhost demo.conf",
	"explain-domain":    "policyd-spf --explain --zone demo.zone --domain big.example",
	"check-config":      "policyd-spf --check-config --zone demo.zone mistakes.conf",
	"show-config":       "policyd-spf --show-config mistakes.conf",
}

// postconf is a postconf(1) of a Postfix that has been set up in a hurry. What it
// says leads to no file of this machine.
const postconf = `#!/bin/sh
case $1 in
-M) echo 'policy-spf unix - n n - 10 spawn user=postfix argv=/usr/bin/policyd-spf' ;;
-x) echo 'config_directory = /etc/postfix'
    echo 'mail_owner = postfix'
    echo 'policy-spf_time_limit = 1000s'
    echo 'smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination'
    echo 'smtpd_recipient_restrictions = check_policy_service unix:private/policy-spf' ;;
esac
`

// transcript runs a command, and gives what a terminal would show.
func transcript(t *testing.T, command, lang string) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "postconf"), []byte(postconf), 0o755); err != nil {
		t.Fatal(err)
	}
	args, in, _ := strings.Cut(command, " <")
	cmd := program(t, strings.Fields(args)[1:]...)
	cmd.Dir = filepath.Join("testdata", "demo")
	cmd.Env = append(cmd.Env, "LC_ALL="+lang, "PATH="+folder+":/bin:/usr/bin")
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
	if status := exitStatus(t, cmd.Run()); status > 1 || stderr.Len() > 0 {
		t.Errorf("exit status %d, on standard error: %q", status, stderr.String())
	}
	return "$ " + command + "\n" + out.String()
}

// document is where transcripts are shown: behind a marker with their name.
type shownIn struct {
	file   string
	lang   string
	block  *regexp.Regexp // marker with name, beginning, transcript, end
	escape *strings.Replacer
}

func TestTranscripts(t *testing.T) {
	for _, d := range []shownIn{
		{"README.md", "C.UTF-8", regexp.MustCompile("(?s)(<!-- transcript: ([a-z-]+) -->\n+```[a-z]*\n)(.*?)(```\n)"), strings.NewReplacer()},
		{"man/policyd-spf.1", "C", regexp.MustCompile(`(?s)(\.\\" transcript: ([a-z-]+)\n\.Bd[^\n]*\n)(.*?)(\.Ed\n)`),
			strings.NewReplacer(`\`, `\e`, "\n.", "\n\\&.", "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`, "-", `\-`)},
	} {
		t.Run(d.file, func(t *testing.T) {
			text, err := os.ReadFile(d.file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Count(string(text), "transcript: ") != len(d.block.FindAll(text, -1)) {
				t.Error("a marker without a block behind it")
			}
			updated := d.block.ReplaceAllFunc(text, func(block []byte) []byte {
				parts := d.block.FindSubmatch(block)
				name := string(parts[2])
				command, ok := transcripts[name]
				if !ok {
					t.Errorf("there is no transcript %q", name)
					return block
				}
				want := d.escape.Replace(transcript(t, command, d.lang))
				if got := string(parts[3]); got != want && !*update {
					t.Errorf("%s is not what the program prints:\n%s\nbut:\n%s", name, got, want)
				}
				return []byte(string(parts[1]) + want + string(parts[4]))
			})
			if *update && !bytes.Equal(text, updated) {
				if err := os.WriteFile(d.file, updated, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// Lines of transcripts fit a terminal, but commands and replies: they are whole.
func TestTranscriptsFit(t *testing.T) {
	for name, command := range transcripts {
		t.Run(name, func(t *testing.T) {
			for line := range strings.Lines(transcript(t, command, "C")) {
				if len(line) > 81 && !strings.HasPrefix(line, "$ ") && !strings.HasPrefix(line, "action=") && name != "explain-json" {
					t.Errorf("%d columns: %s", len(line)-1, line)
				}
			}
		})
	}
}
