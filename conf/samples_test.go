package conf

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"testing"
)

// Both samples are the defaults, and have no problems. Only Reason_URL is set to
// nothing, because the site of its default no longer exists.
func TestSamples(t *testing.T) {
	for _, name := range []string{"policyd-spf.conf", "policyd-spf.conf.commented"} {
		t.Run(name, func(t *testing.T) {
			l, err := Load(filepath.Join("..", "packaging", "conf", name))
			if err != nil {
				t.Fatal(err)
			}
			want := Default()
			want.ReasonURL = ""
			if !reflect.DeepEqual(l.Settings, want) {
				t.Errorf("got %+v\nwant %+v", l.Settings, want)
			}
			if len(l.Origins) < 7 {
				t.Errorf("it sets %d options", len(l.Origins))
			}
			for _, p := range l.Check() {
				t.Error(p)
			}
		})
	}
}

// The commented sample has every option: with its default, or in a comment if the
// option is unset by default.
func TestCommentedSample(t *testing.T) {
	path := filepath.Join("..", "packaging", "conf", "policyd-spf.conf.commented")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	l, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range Options() {
		origin, set := l.Origins[o.Name]
		commented := regexp.MustCompile(`(?m)^#` + o.Name + ` = .`).Match(text)
		switch {
		case o.Ignored:
			if set || commented {
				t.Errorf("%s has no effect, but is in the sample", o.Name)
			}
		case o.Default == "" && (set || !commented):
			t.Errorf("%s is unset by default: set in the sample %v, in a comment %v", o.Name, set, commented)
		case o.Name == "Reason_URL":
			if !set || origin.Value != "" {
				t.Errorf("%s = %q in the sample, want nothing", o.Name, origin.Value)
			}
		case origin.Value != o.Default:
			t.Errorf("%s = %s in the sample, %s in the table", o.Name, origin.Value, o.Default)
		}
	}
}

// The examples in the comments of the sample are valid.
func TestCommentedSampleExamples(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "packaging", "conf", "policyd-spf.conf.commented"))
	if err != nil {
		t.Fatal(err)
	}
	l := load(t, regexp.MustCompile(`(?m)^#([A-Za-z_]+ = )`).ReplaceAllString(string(text), "$1"))
	if len(l.Diagnostics) > 0 {
		t.Errorf("diagnostics: %q", logged(l.Diagnostics))
	}
	if bad := append(l.Settings.Whitelist.Invalid(), l.Settings.SkipAddresses.Invalid()...); len(bad) > 0 {
		t.Errorf("invalid networks: %q", bad)
	}
}
