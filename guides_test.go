package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// guideTranscript is a command with its output in a guide, after a marker. The
// block's first line is the command, which runs in testdata/demo.
var guideTranscript = regexp.MustCompile("(?s)(<!-- transcript[^\n]* -->\n+```text\n)(\\$ (policyd-spf [^\n]*)\n.*?)(```\n)")

// TestGuides runs the commands of the transcripts in docs/, or rewrites these
// with -update.
func TestGuides(t *testing.T) {
	for _, name := range []string{"why-page", "troubleshooting", "forwarders", "hardening", "monitoring", "ja/howto"} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join("docs", name+".md")
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Count(string(text), "<!-- transcript") != len(guideTranscript.FindAll(text, -1)) {
				t.Error("a marker without a transcript after it")
			}
			updated := guideTranscript.ReplaceAllFunc(text, func(block []byte) []byte {
				parts := guideTranscript.FindSubmatch(block)
				want := transcript(t, string(parts[3]), "C.UTF-8")
				if got := string(parts[2]); got != want && !*update {
					t.Errorf("%s\nis not what the program prints:\n%s", got, want)
				}
				return []byte(string(parts[1]) + want + string(parts[4]))
			})
			if *update && !bytes.Equal(text, updated) {
				if err := os.WriteFile(file, updated, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// TestGuidesLink holds that the files that the guides link to are there.
func TestGuidesLink(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^):#]+)(?:#[^)]*)?\)`)
	for _, pattern := range []string{"docs/*.md", "docs/ja/*.md"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range link.FindAllSubmatch(text, -1) {
				if _, err := os.Stat(filepath.Join(filepath.Dir(file), string(m[1]))); err != nil {
					t.Errorf("%s: %v", file, err)
				}
			}
		}
	}
}
