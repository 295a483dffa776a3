package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"policyd-spf/internal/golden"
)

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

func TestCompletion_fish(t *testing.T) {
	fish, err := exec.LookPath("fish")
	if err != nil {
		t.Skip("fish is not installed")
	}
	folder := t.TempDir()
	writeFile(t, filepath.Join(folder, "my.zone"), "")
	writeFile(t, filepath.Join(folder, "policyd-spf.fish"), completion("fish"))
	for _, test := range []struct {
		name, line string
		want       []string
	}{
		{name: "flags", line: "policyd-spf --ex", want: []string{"--exit-code", "--explain"}},
		{name: "values", line: "policyd-spf --color a", want: []string{"always", "auto"}},
		{name: "values after an equals sign", line: "policyd-spf --color=n", want: []string{"--color=never"}},
		{name: "a value that only the user knows", line: "policyd-spf --helo m"},
		{name: "files", line: "policyd-spf --zone m", want: []string{"my.zone"}},
		{name: "configuration file", line: "policyd-spf m", want: []string{"my.zone"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			cmd := exec.Command(fish, "--no-config", "-c", "source policyd-spf.fish; complete -C $argv", test.line)
			cmd.Dir = folder
			cmd.Env = append(os.Environ(), "HOME="+folder)
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for line := range strings.Lines(string(out)) {
				word, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
				got = append(got, word)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

// zsh passes one argument for each flag, and one for files, to _arguments.
func TestCompletion_zsh(t *testing.T) {
	zsh, err := exec.LookPath("zsh")
	if err != nil {
		t.Skip("zsh is not installed")
	}
	out, err := exec.Command(zsh, "-f", "-c", "_arguments() { print -rl -- $@ }\n"+completion("zsh")).Output()
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(got) != len(flagNames())+1 || got[len(got)-1] != "*:file:_files" {
		t.Fatalf("%d arguments, want %d: %q", len(got), len(flagNames())+1, got)
	}
	for i, name := range flagNames() {
		if !strings.HasPrefix(got[i], "--"+name+"[") && !strings.HasPrefix(got[i], "--"+name+"=[") {
			t.Errorf("%q, want --%s", got[i], name)
		}
	}
}
