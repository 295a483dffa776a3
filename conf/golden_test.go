package conf

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"policyd-spf/internal/golden"
)

// transcripts is the folder of conversations with a server; package policy
// describes the files.
const transcripts = "../testdata/transcripts"

// transcript is the part of a transcript that is about configurations.
type transcript struct {
	config    string
	users     *string // nil: there is no such file
	exchanges []exchange
}

type exchange struct {
	request string
	log     []string // with severities
}

// eachTranscript calls run for each transcript.
func eachTranscript(t *testing.T, run func(t *testing.T, tr transcript)) {
	files, err := filepath.Glob(transcripts + "/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts in %s: %v", transcripts, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			run(t, readTranscript(t, file))
		})
	}
}

func readTranscript(t *testing.T, file string) transcript {
	t.Helper()
	var tr transcript
	for _, s := range golden.Read(t, file).Sections {
		text := s.Text
		name, escaped := strings.CutSuffix(s.Name, ", escaped")
		if escaped {
			var err error
			text, err = strconv.Unquote(`"` + strings.NewReplacer("\n", `\n`, `"`, `\"`).Replace(text) + `"`)
			if err != nil {
				t.Fatal(err)
			}
		}
		switch name {
		case "config":
			tr.config = text
		case "users":
			tr.users = &text
		case "request":
			tr.exchanges = append(tr.exchanges, exchange{request: text})
		case "log":
			tr.exchanges[len(tr.exchanges)-1].log = strings.Split(strings.ReplaceAll(text, "␣", " "), "\n")
		}
	}
	return tr
}

// load writes the files of the transcript to dir, and loads them.
func (tr transcript) load(t *testing.T, dir string) *File {
	t.Helper()
	path := filepath.Join(dir, "policyd-spf.conf")
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(tr.config, "$DIR", dir)), 0o600); err != nil {
		t.Fatal(err)
	}
	if tr.users != nil {
		rewrite(t, filepath.Join(dir, "users"), *tr.users, time.Hour)
	}
	l, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// relevant returns the lines that contain one of what.
func relevant(lines []string, what ...string) []string {
	var found []string
	for _, line := range lines {
		if slices.ContainsFunc(what, func(w string) bool { return strings.Contains(line, w) }) {
			found = append(found, line)
		}
	}
	return found
}

// logLines returns the diagnostics that are logged at a debugLevel, in the form of
// the transcripts.
func logLines(diagnostics []Diagnostic, debugLevel int, dir string) []string {
	var lines []string
	for _, d := range diagnostics {
		severity := "info"
		if d.Err {
			severity = "err"
		}
		if d.Level != Never && (d.Level == Always || d.Level <= debugLevel) {
			lines = append(lines, severity+" "+strings.ReplaceAll(d.Text, dir, "$DIR"))
		}
	}
	return lines
}

func TestGoldenConfig(t *testing.T) {
	compared := 0
	eachTranscript(t, func(t *testing.T, tr transcript) {
		dir := t.TempDir()
		l := tr.load(t, dir)
		want := relevant(tr.exchanges[0].log, `ERROR: Unknown name "`, `ERROR parsing line "`, "ERROR: bad number", "ERROR: bad value")
		want = slices.DeleteFunc(want, func(line string) bool { return !strings.Contains(line, "$DIR/policyd-spf.conf") })
		if got := logLines(l.Diagnostics, 0, dir); !slices.Equal(got, want) {
			t.Errorf("log %q\nwant %q", got, want)
		}
		compared += len(want)
	})
	if compared < 10 {
		t.Errorf("only %d lines compared", compared)
	}
}

func TestGoldenPerUser(t *testing.T) {
	compared := 0
	eachTranscript(t, func(t *testing.T, tr transcript) {
		dir, err := os.MkdirTemp("", "conf") // its name has no comma
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(dir) })
		l := tr.load(t, dir)
		if l.Settings.PerUser == "" || l.Settings.Mock {
			return // no per-user settings
		}
		p := NewPerUser(l.Settings.PerUser)
		for _, e := range tr.exchanges {
			user := "none"
			for line := range strings.SplitSeq(e.request, "\n") {
				if value, ok := strings.CutPrefix(line, "recipient="); ok && value != "" {
					user = strings.ToLower(value)
				}
			}
			u := p.Lookup(user, l.Settings)
			want := relevant(e.log, `"$DIR/users" in per user settings`, "ERROR stating", "ERROR opening", "ERROR: Per_User")
			if got := logLines(u.Diagnostics, l.Settings.DebugLevel, dir); !slices.Equal(got, want) {
				t.Errorf("%s: log %q\nwant %q", user, got, want)
			}
			compared += len(want)
		}
	})
	if compared < 10 {
		t.Errorf("only %d lines compared", compared)
	}
}
