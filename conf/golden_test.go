package conf

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// golden is the part of a golden transcript that is about configurations. The
// transcripts are kept beside the repository.
type golden struct {
	Config       string   `json:"config"`
	ConfigBase64 string   `json:"config_base64"`
	ConfigIs     string   `json:"config_is"`
	PerUser      *string  `json:"peruser"`
	Args         []string `json:"args"`
	Exchanges    []struct {
		Request string   `json:"request"`
		Syslog  []string `json:"expected_syslog"`
	} `json:"exchanges"`
}

// goldens calls run for each transcript.
func goldens(t *testing.T, run func(t *testing.T, g golden)) {
	root := filepath.Join("..", "..", "shared", "parity", "golden")
	if _, err := os.Stat(root); err != nil {
		t.Skip("no golden transcripts beside the repository (../shared)")
	}
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".json" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var g golden
		if err := json.Unmarshal(text, &g); err != nil {
			return err
		}
		name, _ := filepath.Rel(root, path)
		t.Run(strings.TrimSuffix(name, ".json"), func(t *testing.T) { run(t, g) })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// load writes the files of the transcript to dir, and loads them.
func (g golden) load(t *testing.T, dir string) *File {
	t.Helper()
	path := filepath.Join(dir, "policyd-spf.conf")
	text := strings.ReplaceAll(g.Config, "@DIR@", dir)
	if g.ConfigBase64 != "" {
		decoded, err := base64.StdEncoding.DecodeString(g.ConfigBase64)
		if err != nil {
			t.Fatal(err)
		}
		text = string(decoded)
	}
	var err error
	switch g.ConfigIs {
	case "directory":
		if err = os.Mkdir(path, 0o755); err == nil {
			err = os.Chmod(path, 0o755)
		}
	case "fifo":
		if err = syscall.Mkfifo(path, 0o644); err == nil {
			err = os.Chmod(path, 0o644)
		}
	case "missing":
	default:
		err = os.WriteFile(path, []byte(text), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if g.PerUser != nil {
		rewrite(t, filepath.Join(dir, "peruser"), *g.PerUser, time.Hour)
	}
	l, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// relevant returns the log lines of a transcript that contain one of what, without
// their level.
func relevant(syslog []string, what ...string) []string {
	var lines []string
	for _, line := range syslog {
		_, line, _ := strings.Cut(line, " ")
		if slices.ContainsFunc(what, func(w string) bool { return strings.Contains(line, w) }) {
			lines = append(lines, line)
		}
	}
	return lines
}

// logLines returns the logged diagnostics in the form of the transcripts.
func logLines(diagnostics []Diagnostic, dir string) []string {
	var lines []string
	for _, d := range diagnostics {
		severity := "info"
		if d.Err {
			severity = "err"
		}
		if d.Level != Never {
			lines = append(lines, fmt.Sprintf("%s %s", severity, strings.ReplaceAll(d.Text, dir, "@DIR@")))
		}
	}
	return lines
}

func TestGoldenConfig(t *testing.T) {
	goldens(t, func(t *testing.T, g golden) {
		if len(g.Exchanges) == 0 || len(g.Args) > 0 && g.Args[0] != "@CONFIG@" {
			t.Skip("the transcript has no configuration")
		}
		dir := t.TempDir()
		l := g.load(t, dir)
		want := relevant(g.Exchanges[0].Syslog, `ERROR: Unknown name "`, `ERROR parsing line "`, `ERROR stating "`, "ERROR: is not a file", "ERROR: bad number")
		want = slices.DeleteFunc(want, func(line string) bool { return !strings.Contains(line, "@DIR@/policyd-spf.conf") })
		if got := logLines(l.Diagnostics, dir); !slices.Equal(got, want) {
			t.Errorf("log %q\nwant %q", got, want)
		}
	})
}

func TestGoldenPerUser(t *testing.T) {
	goldens(t, func(t *testing.T, g golden) {
		dir, err := os.MkdirTemp("", "conf") // its name has no comma
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(dir) })
		l := g.load(t, dir)
		if l.Settings.PerUser == "" || l.Settings.Mock {
			t.Skip("the transcript has no per-user settings")
		}
		p := NewPerUser(l.Settings.PerUser)
		for _, exchange := range g.Exchanges {
			user := "none"
			for line := range strings.SplitSeq(exchange.Request, "\n") {
				if value, ok := strings.CutPrefix(line, "recipient="); ok && value != "" {
					user = strings.ToLower(value)
				}
			}
			u := p.Lookup(user, l.Settings)
			want := relevant(exchange.Syslog, "per user settings", "ERROR stating", "ERROR opening", "ERROR: Per_User")
			if got := logLines(u.Complaints, dir); !slices.Equal(got, want) {
				t.Errorf("%s: log %q\nwant %q", user, got, want)
			}
			used := len(relevant(exchange.Syslog, "Per user configuration data in use for: ")) > 0
			if u.Found != used && len(relevant(exchange.Syslog, "pyspf result")) > 0 {
				t.Errorf("%s: found is %v, want %v", user, u.Found, used)
			}
		}
	})
}
