package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
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

// completionFiles are the scripts in the packages.
var completionFiles = map[string]string{
	"bash": "policyd-spf.bash",
	"zsh":  "_policyd-spf",
	"fish": "policyd-spf.fish",
}

func TestCompletion(t *testing.T) {
	for shell, name := range completionFiles {
		script := completion(shell)
		golden.Compare(t, filepath.Join("..", "..", "packaging", "completions", name), script)
		for _, flag := range flagNames() {
			if !strings.Contains(script, "--"+flag) && !strings.Contains(script, "-l "+flag) {
				t.Errorf("%s: --%s is missing", shell, flag)
			}
		}
	}
}

// The scripts parse, in the shells that are installed.
func TestCompletion_syntax(t *testing.T) {
	for shell := range completionFiles {
		t.Run(shell, func(t *testing.T) {
			path, err := exec.LookPath(shell)
			if err != nil {
				t.Skip(shell + " is not installed")
			}
			cmd := exec.Command(path, "-n")
			cmd.Stdin = strings.NewReader(completion(shell))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

func TestCompletion_bash(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not installed")
	}
	folder := t.TempDir()
	writeFile(t, filepath.Join(folder, "my zone.txt"), "")
	for _, test := range []struct {
		name  string
		words []string
		want  []string
	}{
		{name: "flags", words: []string{"--ex"}, want: []string{"--explain", "--exit-code"}},
		{name: "values", words: []string{"--color", "a"}, want: []string{"auto", "always"}},
		{name: "values after an equals sign", words: []string{"--color", "=", "n"}, want: []string{"never"}},
		{name: "all values after an equals sign", words: []string{"--completion", "="}, want: []string{"bash", "zsh", "fish"}},
		{name: "a value that only the user knows", words: []string{"--helo", ""}},
		{name: "files", words: []string{"--zone", "my"}, want: []string{"my zone.txt"}},
		{name: "configuration file", words: []string{"my"}, want: []string{"my zone.txt"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			script := completion("bash") + "\nCOMP_WORDS=(policyd-spf \"$@\"); COMP_CWORD=$#\n_policyd_spf\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n"
			cmd := exec.Command(bash, append([]string{"-c", script, "bash"}, test.words...)...)
			cmd.Dir = folder
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Split(strings.TrimSpace(string(out)), "\n")
			if !slices.Equal(got, append(test.want, make([]string, max(0, 1-len(test.want)))...)) {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
