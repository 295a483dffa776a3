package policy

import (
	"testing"
	"unicode/utf8"
)

func TestAppendLower(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"US-ASCII", "Mail.Example.ORG", "mail.example.org"},
		{"letters beyond", "BÜCHER@Žižka.example", "bücher@žižka.example"},
		{"one letter becomes two", "\u0130.example", "i\u0307.example"},
		{"sigma inside a word", "ΣΑΣΑ", "σασα"},
		{"sigma ends a word", "ΟΔΟΣ", "οδος"},
		{"sigma ends a word before a blank", "ΟΔΟΣ Α", "οδος α"},
		{"sigma alone", "Σ", "σ"},
		{"sigma before an ignorable character and a letter", "ΑΣ.Α", "ασ.α"},
		{"sigma behind an ignorable character", "Α'Σ", "α'ς"},
		{"sigma behind US-ASCII", "xΣ", "xς"},
		{"no case", "日本語.example", "日本語.example"},
		{"digits with case", "Ⅷ", "ⅷ"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := string(appendLower([]byte("before:"), []byte(test.in))); got != "before:"+test.want {
				t.Errorf("appendLower(%q) = %q, want %q", test.in, got, "before:"+test.want)
			}
		})
	}
}

// TestAppendLowerForgets: the value before is no part of the word.
func TestAppendLowerForgets(t *testing.T) {
	if got := string(appendLower([]byte("α"), []byte("Σ"))); got != "ασ" {
		t.Errorf("got %q, want %q", got, "ασ")
	}
}

func TestTrimRight(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"nothing to do", " a b", " a b"},
		{"CR", "a\r", "a"},
		{"all of US-ASCII's", "a \t\v\f\r\x1c\x1d\x1e\x1f", "a"},
		{"Unicode's", "a\u0085\u00a0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000", "a"},
		{"not zero-width", "a\u200b", "a\u200b"},
		{"not other control characters", "a\x00\x1b", "a\x00\x1b"},
		{"only white space", " \u3000", ""},
		{"broken UTF-8", "a\xe2\x80", "a\xe2\x80"},
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
		{"nothing to do", "a b~", "a b~"},
		{"line feed", "a\nb", "a?b"},
		{"C0", "\x00\x1b\x1f", "???"},
		{"DEL and C1", "\x7f\u0080\u0085\u009f", "????"},
		{"separators", "\u2028\u2029", "??"},
		{"others stay", "é\u00a0\u200b\u202e日", "é\u00a0\u200b\u202e日"},
		{"broken UTF-8", "a\xff\xfe", "a\ufffd\ufffd"},
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
		{"short enough", "abcdef", 6, "abcdef"},
		{"too long", "abcdefg", 6, "abc..."},
		{"between characters", "ééé", 5, "é..."},
		{"inside a character", "aééé", 5, "a..."},
		{"hardly any room", "abcdefg", 1, "..."},
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
		{"plain", "a b", "'a b'", "b'a b'"},
		{"apostrophe", "it's", `"it's"`, `b"it's"`},
		{"both marks", `it's "x"`, `'it\'s "x"'`, `b'it\'s "x"'`},
		{"backslash", `a\b`, `'a\\b'`, `b'a\\b'`},
		{"known escapes", "\t\n\r", `'\t\n\r'`, `b'\t\n\r'`},
		{"other control characters", "\x00\x1b\x7f", `'\x00\x1b\x7f'`, `b'\x00\x1b\x7f'`},
		{"letters beyond", "é", "'é'", `b'\xc3\xa9'`},
		{"what is not printable", "\u0085\u2028\U000e0001", `'\x85\u2028\U000e0001'`, `b'\xc2\x85\xe2\x80\xa8\xf3\xa0\x80\x81'`},
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

func FuzzClean(f *testing.F) {
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

// printable tells whether text is UTF-8 without control characters.
func printable(text string) bool {
	for _, r := range text {
		if isUnsafe(r) {
			return false
		}
	}
	return utf8.ValidString(text)
}
