package explain

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"policyd-spf/conf"
)

// load loads a configuration from a temporary file.
func load(t *testing.T, text string) (*conf.File, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "policyd-spf.conf")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	loaded, err := conf.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return loaded, path
}

func TestShowConfig(t *testing.T) {
	loaded, path := load(t, "# mine\nHELO_reject = Null\nSocket = x\nVoid_Limit = many\n")
	d := ShowConfig(loaded, path)
	got := make(map[string]ShownOption)
	for _, o := range d.Options {
		got[o.Name] = o
	}
	for _, want := range []ShownOption{
		{Name: "HELO_reject", Value: "Null", Origin: Origin{File: path, Line: 2}},
		{Name: "Socket", Value: "x", Origin: Origin{File: path, Line: 3}},
		{Name: "Void_Limit", Value: "2", Origin: Origin{Default: true}},
		{Name: "Whitelist", Origin: Origin{Default: true}},
	} {
		want.Meaning = got[want.Name].Meaning
		if got[want.Name] != want {
			t.Errorf("got %+v, want %+v", got[want.Name], want)
		}
	}
	if _, ok := got["PidFile"]; ok {
		t.Error("PidFile is there, which has no effect and is not in the file")
	}
	if text := d.Text(Style{}); !strings.Contains(strings.Join(strings.Fields(text), " "), "line 2 HELO_reject = Null default ") {
		t.Errorf("printed:\n%s", text)
	}
}
