package term

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestSafe(t *testing.T) {
	for _, test := range []struct{ name, text, utf8, ascii string }{
		{name: "ASCII", text: "a@shop.example", utf8: "a@shop.example", ascii: "a@shop.example"},
		{name: "Latin, Greek, Cyrillic", text: "é ß ž α я", utf8: "é ß ž α я", ascii: "? ? ? ? ?"},
		{name: "escape sequence", text: "a\x1b[2Jb", utf8: "a?[2Jb", ascii: "a?[2Jb"},
		{name: "C1 control", text: "a\u009bb", utf8: "a?b", ascii: "a?b"},
		{name: "DEL", text: "a\x7fb", utf8: "a?b", ascii: "a?b"},
		{name: "wide letters", text: "一x", utf8: "?x", ascii: "?x"},
		{name: "right to left", text: "אבx", utf8: "??x", ascii: "??x"},
		{name: "direction override", text: "a\u202eb", utf8: "a?b", ascii: "a?b"},
		{name: "combining accent", text: "e\u0301", utf8: "e?", ascii: "e?"},
		{name: "invalid UTF-8", text: "a\xffb\xc3", utf8: "a?b?", ascii: "a?b?"},
		{name: "no-break space and soft hyphen", text: "a\u00a0b\u00adc", utf8: "a?b?c", ascii: "a?b?c"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := (Style{UTF8: true}).Safe(test.text); got != test.utf8 {
				t.Errorf("with UTF-8: %q, want %q", got, test.utf8)
			}
			if got := (Style{}).Safe(test.text); got != test.ascii {
				t.Errorf("in US-ASCII: %q, want %q", got, test.ascii)
			}
		})
	}
}

func FuzzSafe(f *testing.F) {
	for _, text := range []string{"a", "\x1b[31m", "é一\u202e", "\xff\xfe", "🙂"} {
		f.Add(text, 0, 1)
	}
	f.Fuzz(func(t *testing.T, text string, offset, length int) {
		for _, style := range []Style{{Width: 60}, {Width: 60, UTF8: true}} {
			got := style.Safe(text)
			if Columns(got) != utf8.RuneCountInString(text) || strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r == 0x7f || r >= firstWide }) {
				t.Errorf("%q became %q", text, got)
			}
			p := NewPrinter(style)
			p.Carets(Indent{}, text, Mark{Offset: offset, Length: length})
			for line := range strings.Lines(p.String()) {
				if n := Columns(line) - 1; n > style.Width {
					t.Errorf("%q: a line of %d columns: %q", text, n, line)
				}
			}
		}
	})
}

func TestWrap(t *testing.T) {
	long := strings.Repeat("x", 45)
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{name: "empty", text: "", want: []string{""}},
		{name: "short", text: "a b", want: []string{"a b"}},
		{name: "exactly one line", text: strings.Repeat("a", 20), want: []string{strings.Repeat("a", 20)}},
		{name: "at a space", text: "aaaaaaaaaa bbbbbbbbb cc", want: []string{"aaaaaaaaaa bbbbbbbbb", "cc"}},
		{name: "long word", text: long, want: []string{long[:20], long[:20], long[:5]}},
		{name: "several spaces", text: "aaaaaaaaaaaaaaaaaaa   b", want: []string{"aaaaaaaaaaaaaaaaaaa", "b"}},
		{name: "multi-byte characters", text: strings.Repeat("é", 20) + " é", want: []string{strings.Repeat("é", 20), "é"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Wrap(test.text, 20); !slices.Equal(got, test.want) {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestBar(t *testing.T) {
	for _, test := range []struct {
		name         string
		value, limit float64
		utf8, ascii  string
	}{
		{name: "nothing", value: 0, limit: 8},
		{name: "all", value: 8, limit: 8, utf8: "████", ascii: "####"},
		{name: "half", value: 4, limit: 8, utf8: "██", ascii: "##"},
		{name: "an eighth more", value: 4.25, limit: 8, utf8: "██▏", ascii: "##"},
		{name: "very little", value: 0.001, limit: 8, utf8: "▏", ascii: "#"},
		{name: "more than the limit", value: 9, limit: 8, utf8: "████", ascii: "####"},
		{name: "no limit", value: 1, limit: 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := (Style{UTF8: true}).Bar(test.value, test.limit, 4); got != test.utf8 {
				t.Errorf("with UTF-8: %q, want %q", got, test.utf8)
			}
			if got := (Style{}).Bar(test.value, test.limit, 4); got != test.ascii {
				t.Errorf("in US-ASCII: %q, want %q", got, test.ascii)
			}
		})
	}
}

func TestDetect(t *testing.T) {
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, test := range []struct {
		name string
		env  map[string]string
		mode ColorMode
		want Style
	}{
		{name: "no terminal", mode: ColorAuto, want: Style{Width: 80}},
		{name: "always", mode: ColorAlways, want: Style{Width: 80, Color: true}},
		{name: "always comes before NO_COLOR", mode: ColorAlways, env: map[string]string{"NO_COLOR": "1"}, want: Style{Width: 80, Color: true}},
		{name: "COLUMNS", env: map[string]string{"COLUMNS": "100"}, want: Style{Width: 100}},
		{name: "narrow", env: map[string]string{"COLUMNS": "20"}, want: Style{Width: MinWidth}},
		{name: "wide", env: map[string]string{"COLUMNS": "300"}, want: Style{Width: MaxWidth}},
		{name: "COLUMNS is not a number", env: map[string]string{"COLUMNS": "x"}, want: Style{Width: 80}},
		{name: "LANG", env: map[string]string{"LANG": "de_DE.UTF-8"}, want: Style{Width: 80, UTF8: true}},
		{name: "LANG in lower case", env: map[string]string{"LANG": "C.utf8"}, want: Style{Width: 80, UTF8: true}},
		{name: "LC_CTYPE before LANG", env: map[string]string{"LC_CTYPE": "C", "LANG": "de_DE.UTF-8"}, want: Style{Width: 80}},
		{name: "LC_ALL before all", env: map[string]string{"LC_ALL": "C.UTF-8", "LC_CTYPE": "C", "LANG": "C"}, want: Style{Width: 80, UTF8: true}},
		{name: "Latin-1", env: map[string]string{"LANG": "de_DE.ISO-8859-1"}, want: Style{Width: 80}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Detect(file, test.mode, func(name string) string { return test.env[name] }); got != test.want {
				t.Errorf("%+v, want %+v", got, test.want)
			}
		})
	}
}

func TestUseColor_terminal(t *testing.T) {
	for _, test := range []struct {
		name string
		mode ColorMode
		env  map[string]string
		want bool
	}{
		{name: "auto", mode: ColorAuto, want: true},
		{name: "NO_COLOR", mode: ColorAuto, env: map[string]string{"NO_COLOR": "1"}, want: false},
		{name: "empty NO_COLOR", mode: ColorAuto, env: map[string]string{"NO_COLOR": ""}, want: true},
		{name: "TERM=dumb", mode: ColorAuto, env: map[string]string{"TERM": "dumb"}, want: false},
		{name: "never", mode: ColorNever, want: false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := useColor(test.mode, true, func(name string) string { return test.env[name] }); got != test.want {
				t.Errorf("%v, want %v", got, test.want)
			}
		})
	}
}

func TestWriteJSON(t *testing.T) {
	const text = "a\x1b\x7f\u009b31m\u202e\U000e0001é一\n\\<"
	var b strings.Builder
	if err := WriteJSON(&b, map[string]string{"text": text}); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsFunc(b.String(), func(r rune) bool { return r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf) }) {
		t.Errorf("a control character in %q", b.String())
	}
	var got map[string]string
	if err := json.Unmarshal([]byte(b.String()), &got); err != nil || got["text"] != text {
		t.Errorf("%q, %v, want %q", got["text"], err, text)
	}
}
