package cli

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"policyd-spf/internal/golden"
	"policyd-spf/internal/term"
)

func TestHelpText(t *testing.T) {
	for name, style := range map[string]term.Style{"help-80": {Width: 80}, "help-120": {Width: 120}} {
		text := helpText(style)
		golden.Compare(t, filepath.Join("testdata", name+".txt"), text)
		for line := range strings.Lines(text) {
			if len(line)-1 > style.Width {
				t.Errorf("a line of %d columns, want at most %d: %s", len(line)-1, style.Width, line)
			}
		}
	}
}

// Every flag is in help, and nothing else starts like a flag there.
func TestHelpText_flags(t *testing.T) {
	text := helpText(term.Style{Width: 120})
	for _, s := range flags() {
		if !s.hidden() && !strings.Contains(text, "\n  "+strings.TrimSpace("--"+s.name+" "+s.placeholder)) {
			t.Errorf("--%s is not in help", s.name)
		}
		if s.isBool() != (s.want == "") {
			t.Errorf("--%s: a flag with a value, and only that, says in want what it expects", s.name)
		}
	}
}

// policyd-spf(1) describes every flag and every exit status.
func TestManPageNamesFlags(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "man", "policyd-spf.1"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range flagNames() {
		if !strings.Contains(string(text), "\n.It Fl -"+name) {
			t.Errorf("--%s has no entry", name)
		}
	}
	_, statuses, _ := strings.Cut(string(text), ".Sh EXIT STATUS")
	for _, row := range exitStatuses() {
		if !strings.Contains(statuses, "\n.It "+row[0]+"\n") {
			t.Errorf("exit status %s has no entry", row[0])
		}
	}
}

func TestVersion(t *testing.T) {
	info := func(module string, settings ...debug.BuildSetting) func() (*debug.BuildInfo, bool) {
		return func() (*debug.BuildInfo, bool) {
			return &debug.BuildInfo{Main: debug.Module{Version: module}, Settings: settings}, true
		}
	}
	commit := debug.BuildSetting{Key: "vcs.revision", Value: "0123456789abcdef0123"}
	for _, test := range []struct {
		name   string
		linked string
		info   func() (*debug.BuildInfo, bool)
		want   string
	}{
		{name: "linked", linked: "1.2.3", info: info("v1.0.0"), want: "1.2.3"},
		{name: "module version", info: info("v1.0.0"), want: "v1.0.0"},
		{name: "commit", info: info("(devel)", commit), want: "devel-0123456789ab"},
		{name: "modified working tree", info: info("", commit, debug.BuildSetting{Key: "vcs.modified", Value: "true"}), want: "devel-0123456789ab+modified"},
		{name: "no commit", info: info("(devel)"), want: "devel"},
		{name: "no build info", info: func() (*debug.BuildInfo, bool) { return nil, false }, want: "devel"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := version(test.linked, test.info); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
