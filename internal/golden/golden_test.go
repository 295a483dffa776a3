package golden

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// recordingTB is a testing.TB that records failures instead of failing.
type recordingTB struct {
	testing.TB
	failure string
}

func (r *recordingTB) Errorf(format string, args ...any) { r.failure = fmt.Sprintf(format, args...) }

func TestCompareReportsFirstDifference(t *testing.T) {
	for _, test := range []struct{ name, file, got, want string }{
		{name: "equal", file: "a\nb\n", got: "a\nb\n", want: ""},
		{name: "a line differs", file: "a\nb\n", got: "a\nc\n", want: "line 2\ngot:  \"c\\n\"\nwant: \"b\\n\""},
		{name: "a line is missing", file: "a\nb\n", got: "a\n", want: "line 2\ngot:  the end of the text\nwant: \"b\\n\""},
		{name: "a line too many", file: "a\n", got: "a\nb\n", want: "line 2\ngot:  \"b\\n\"\nwant: the end of the text"},
		{name: "no final newline", file: "a\n", got: "a", want: "line 1\ngot:  \"a\"\nwant: \"a\\n\""},
		{name: "in a section", file: "-- x --\na\n", got: "-- x --\nb\n", want: "line 2, section x\ngot:  \"b\\n\"\nwant: \"a\\n\""},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "golden.txt")
			if err := os.WriteFile(path, []byte(test.file), 0o644); err != nil {
				t.Fatal(err)
			}
			r := &recordingTB{TB: t}
			Compare(r, path, test.got)
			if _, failure, _ := strings.Cut(r.failure, " in "); failure != test.want {
				t.Errorf("got failure %q, want %q", failure, test.want)
			}
		})
	}
}

func TestCompareUpdates(t *testing.T) {
	*update = true
	defer func() { *update = false }()
	path := filepath.Join(t.TempDir(), "new", "golden.txt")
	for _, text := range []string{"first\n", "second\n"} {
		Compare(t, path, text)
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("got %q, %v, want %q", got, err, text)
		}
	}
}

func TestReadSplitsSections(t *testing.T) {
	const text = "About\n-- a --\n1\n2\n-- b --\n-- c, d --\n-- not one\n"
	path := filepath.Join(t.TempDir(), "golden.txt")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	f := Read(t, path)
	if f.String() != text {
		t.Errorf("got %q back, want %q", f, text)
	}
	for name, want := range map[string]string{"a": "1\n2\n", "b": "", "c, d": "-- not one\n", "none": ""} {
		if got := f.Text(name); got != want {
			t.Errorf("section %s is %q, want %q", name, got, want)
		}
	}
}
