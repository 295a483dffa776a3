package policy

import (
	"testing"
	"unicode/utf8"
)

func TestAppendLower(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{name: "US-ASCII", in: "Mail.Example.ORG", want: "mail.example.org"},
		{name: "letters beyond", in: "BÜCHER@Žižka.example", want: "bücher@žižka.example"},
		{name: "one letter becomes two", in: "\u0130.example", want: "i\u0307.example"},
		{name: "sigma inside a word", in: "ΣΑΣΑ", want: "σασα"},
		{name: "sigma ends a word", in: "ΟΔΟΣ", want: "οδος"},
		{name: "sigma ends a word before a space", in: "ΟΔΟΣ Α", want: "οδος α"},
		{name: "sigma alone", in: "Σ", want: "σ"},
		{name: "sigma before an ignorable character and a letter", in: "ΑΣ.Α", want: "ασ.α"},
		{name: "sigma before a format character and a letter", in: "ΑΣ\u00adΑ", want: "ασ\u00adα"},
		{name: "sigma before a combining mark and a letter", in: "ΑΣ\u0301Α", want: "ασ\u0301α"},
		{name: "sigma before an enclosing mark and a letter", in: "ΑΣ\u20ddΑ", want: "ασ\u20ddα"},
		{name: "sigma before a modifier letter and a letter", in: "ΑΣ\u02b0Α", want: "ασ\u02b0α"},
		{name: "sigma before a modifier symbol and a letter", in: "ΑΣ^Α", want: "ασ^α"},
		{name: "sigma after an ignorable character", in: "Α'Σ", want: "α'ς"},
		{name: "sigma after US-ASCII", in: "xΣ", want: "xς"},
		{name: "no case", in: "日本語.example", want: "日本語.example"},
		{name: "digits with case", in: "Ⅷ", want: "ⅷ"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := string(appendLower([]byte("before:"), []byte(test.in))); got != "before:"+test.want {
				t.Errorf("appendLower(%q) = %q, want %q", test.in, got, "before:"+test.want)
			}
		})
	}
}

// TestAppendLower_startOfValue: the value before it is not part of the word.
func TestAppendLower_startOfValue(t *testing.T) {
	if got := string(appendLower([]byte("α"), []byte("Σ"))); got != "ασ" {
		t.Errorf("got %q, want %q", got, "ασ")
	}
}

func TestTrimRight(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{name: "nothing to do", in: " a b", want: " a b"},
		{name: "CR", in: "a\r", want: "a"},
		{name: "all of US-ASCII's", in: "a \t\v\f\r\x1c\x1d\x1e\x1f", want: "a"},
		{name: "Unicode's", in: "a\u0085\u00a0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000", want: "a"},
		{name: "not zero-width", in: "a\u200b", want: "a\u200b"},
		{name: "not other control characters", in: "a\x00\x1b", want: "a\x00\x1b"},
		{name: "only white space", in: " \u3000"},
		{name: "broken UTF-8", in: "a\xe2\x80", want: "a\xe2\x80"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := string(trimRight([]byte(test.in))); got != test.want {
				t.Errorf("trimRight(%q) = %q, want %q", test.in, got, test.want)
			}
		})
	}
}

func TestSanitize(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{name: "nothing to do", in: "a b~", want: "a b~"},
		{name: "line feed", in: "a\nb", want: "a?b"},
		{name: "C0", in: "\x00\x1b\x1f", want: "???"},
		{name: "DEL and C1", in: "\x7f\u0080\u0085\u009f", want: "????"},
		{name: "separators", in: "\u2028\u2029", want: "??"},
		{name: "others stay", in: "é\u00a0\u200b\u202e日", want: "é\u00a0\u200b\u202e日"},
		{name: "broken UTF-8", in: "a\xff\xfe", want: "a\ufffd\ufffd"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := sanitize(test.in); got != test.want {
				t.Errorf("sanitize(%q) = %q, want %q", test.in, got, test.want)
			}
		})
	}
}

func TestTruncate(t *testing.T) {
	for _, test := range []struct {
		name  string
		in    string
		limit int
		want  string
	}{
		{name: "short enough", in: "abcdef", limit: 6, want: "abcdef"},
		{name: "too long", in: "abcdefg", limit: 6, want: "abc..."},
		{name: "between characters", in: "ééé", limit: 5, want: "é..."},
		{name: "inside a character", in: "aééé", limit: 5, want: "a..."},
		{name: "hardly any room", in: "abcdefg", limit: 1, want: "..."},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := truncate(test.in, test.limit); got != test.want {
				t.Errorf("truncate(%q, %d) = %q, want %q", test.in, test.limit, got, test.want)
			}
		})
	}
}

func TestQuotePython(t *testing.T) {
	for _, test := range []struct{ name, in, want, asBytes string }{
		{name: "plain", in: "a b", want: "'a b'", asBytes: "b'a b'"},
		{name: "apostrophe", in: "it's", want: `"it's"`, asBytes: `b"it's"`},
		{name: "both marks", in: `it's "x"`, want: `'it\'s "x"'`, asBytes: `b'it\'s "x"'`},
		{name: "backslash", in: `a\b`, want: `'a\\b'`, asBytes: `b'a\\b'`},
		{name: "known escapes", in: "\t\n\r", want: `'\t\n\r'`, asBytes: `b'\t\n\r'`},
		{name: "other control characters", in: "\x00\x1b\x7f", want: `'\x00\x1b\x7f'`, asBytes: `b'\x00\x1b\x7f'`},
		{name: "letters beyond", in: "é", want: "'é'", asBytes: `b'\xc3\xa9'`},
		{name: "what is not printable", in: "\u0085\u2028\U000e0001", want: `'\x85\u2028\U000e0001'`, asBytes: `b'\xc2\x85\xe2\x80\xa8\xf3\xa0\x80\x81'`},
		{name: "the last ones of each length", in: "\u00ad\uffff\U0010ffff", want: `'\xad\uffff\U0010ffff'`, asBytes: `b'\xc2\xad\xef\xbf\xbf\xf4\x8f\xbf\xbf'`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := quotePython(test.in); got != test.want {
				t.Errorf("quotePython(%q) = %s, want %s", test.in, got, test.want)
			}
			if got := quotePythonBytes(test.in); got != test.asBytes {
				t.Errorf("quotePythonBytes(%q) = %s, want %s", test.in, got, test.asBytes)
			}
		})
	}
}

func FuzzSanitize(f *testing.F) {
	for _, seed := range []string{"", "a\r\nb", "\xff\u0085", "日本"} {
		f.Add(seed, 10)
	}
	f.Fuzz(func(t *testing.T, text string, limit int) {
		cleaned := sanitize(text)
		if !printable(cleaned) {
			t.Errorf("sanitize(%q) = %q", text, cleaned)
		}
		limit = limit&1023 + len("...")
		if short := truncate(cleaned, limit); len(short) > limit || !utf8.ValidString(short) {
			t.Errorf("truncate(%q, %d) = %q", cleaned, limit, short)
		}
	})
}

// printable reports whether text is UTF-8 without control characters.
func printable(text string) bool {
	for _, r := range text {
		if isUnsafe(r) {
			return false
		}
	}
	return utf8.ValidString(text)
}
