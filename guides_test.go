package main

import (
	"os"
	"path/filepath"
	"policyd-spf/internal/cli"
	"policyd-spf/internal/golden"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// guideTranscript is a command with its output in a guide, after a marker. The
// block's first line is the command, which runs in testdata/demo.
var guideTranscript = regexp.MustCompile("(?s)(<!-- transcript[^\n]* -->\n+```[a-z]*\n)(\\$ (policyd-spf [^\n]*)\n.*?)(```\n)")

// TestGuides runs the commands of the transcripts in docs/, or rewrites these
// with -update.
func TestGuides(t *testing.T) {
	for _, file := range guides(t) {
		t.Run(file, func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Count(string(text), "<!-- transcript") != len(guideTranscript.FindAll(text, -1)) {
				t.Error("a marker without a transcript after it")
			}
			updated := guideTranscript.ReplaceAllFunc(text, func(block []byte) []byte {
				parts := guideTranscript.FindSubmatch(block)
				return []byte(string(parts[1]) + transcript(t, string(parts[3]), "C.UTF-8") + string(parts[4]))
			})
			golden.Compare(t, file, string(updated))
		})
	}
}

// guides returns the paths of all documents in docs/.
func guides(t *testing.T) []string {
	t.Helper()
	var files []string
	for _, pattern := range []string{"docs/*.md", "docs/*/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(found), err)
		}
		files = append(files, found...)
	}
	return files
}

// The files and the sections that documents link to exist.
func TestDocumentsLink(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^):#]*)(#[^)]*)?\)`)
	for _, file := range append(guides(t), "README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGES.md", "packaging/README.md") {
		for _, m := range link.FindAllStringSubmatch(read(t, file), -1) {
			target := file
			if m[1] != "" {
				target = filepath.Join(filepath.Dir(file), m[1])
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: %v", file, err)
				continue
			}
			if m[2] != "" && !slices.Contains(anchors(read(t, target)), m[2]) {
				t.Errorf("%s: %s has no section %s", file, target, m[2])
			}
		}
	}
}

// anchors returns the anchors that GitHub makes of a document's headings.
func anchors(text string) (all []string) {
	dropped := regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
		all = append(all, "#"+strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-"))
	}
	return all
}

// journalctl(1) shows the entries that match both -u and -t. The lines of the policy
// server and those of Postfix never do.
func TestDocumentsReadJournal(t *testing.T) {
	both := regexp.MustCompile(`journalctl[^|\n]* -u [^|\n]*-t |journalctl[^|\n]* -t [^|\n]*-u `)
	for _, file := range append(guides(t), "README.md", "man/policyd-spf.1") {
		if command := both.FindString(read(t, file)); command != "" {
			t.Errorf("%s: %q", file, command)
		}
	}
}

// The program accepts the flags of the commands that documents show.
func TestDocumentsCommands(t *testing.T) {
	command := regexp.MustCompile(`(?m)^(?:    |\.Dl )(?:[^\n]*(?:\| | -- | root ))?policyd-spf (-[^|<>\n]*)`)
	commands := 0
	for _, file := range append(guides(t), "README.md", "man/policyd-spf.1", "man/policyd-spf.conf.5") {
		text := strings.NewReplacer(`\-`, "-", " \\e\n.Dl \"   ", "", "\"\n", "\n").Replace(read(t, file))
		for _, m := range command.FindAllStringSubmatch(text, -1) {
			commands++
			if _, err := cli.New("policyd-spf", "", "").Parse(strings.Fields(m[1])); err != nil {
				t.Errorf("%s: policyd-spf %s: %v", file, m[1], err)
			}
		}
	}
	if commands < 20 {
		t.Errorf("%d commands", commands)
	}
}
