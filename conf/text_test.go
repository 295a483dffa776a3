package conf

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestDecodeUTF8(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"empty", "", ""},
		{"ASCII", "a=b", "a=b"},
		{"well-formed", "é€𝄞", "é€𝄞"},
		{"replacement character itself", "\uFFFD", "\uFFFD"},
		{"cut before ASCII", "\xE2\x82x", "\uFFFDx"},
		{"cut at the end", "\xF0\x9D\x84", "\uFFFD"},
		{"surrogate", "\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"},
		{"overlong", "\xC0\xAF", "\uFFFD\uFFFD"},
		{"overlong of three", "\xE0\x80\x80", "\uFFFD\uFFFD\uFFFD"},
		{"beyond the last", "\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},
		{"continuation alone", "a\x80b", "a\uFFFDb"},
		{"Latin-1", "f\xFCr\xDF", "f\uFFFDr\uFFFD"},
		{"broken after well-formed", "é\xE9é", "é\uFFFDé"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := DecodeUTF8([]byte(test.in)); got != test.want {
				t.Errorf("DecodeUTF8(%q) = %q, want %q", test.in, got, test.want)
			}
		})
	}
}

// FuzzDecodeUTF8 compares with the definition: a broken part is the longest
// text that some character's encoding begins with, or else one octet.
func FuzzDecodeUTF8(f *testing.F) {
	for _, seed := range []string{"", "é", "\xE2\x82x", "\xED\xA0\x80", "\xF0\x9D\x84", "\xF4\x90\x80\x80", "\xC0\xAF"} {
		f.Add([]byte(seed))
	}
	beginnings := make(map[string]bool)
	for r := rune(0x80); r <= utf8.MaxRune; r++ {
		if utf8.ValidRune(r) {
			for encoded := string(r); len(encoded) > 1; {
				encoded = encoded[:len(encoded)-1]
				beginnings[encoded] = true
			}
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var want strings.Builder
		for rest := string(b); rest != ""; {
			r, n := utf8.DecodeRuneInString(rest)
			if r == utf8.RuneError && n == 1 {
				for n < len(rest) && beginnings[rest[:n+1]] {
					n++
				}
			}
			want.WriteRune(r)
			rest = rest[n:]
		}
		if got := DecodeUTF8(b); got != want.String() {
			t.Errorf("DecodeUTF8(%q) = %q, want %q", b, got, want.String())
		}
	})
}

func TestTrimSpace(t *testing.T) {
	const space = "\t\n\v\f\r\x1C\x1D\x1E\x1F \u0085\u00A0\u1680\u2000\u200A\u2028\u2029\u202F\u205F\u3000"
	if got := TrimSpace(space + "a" + space); got != "a" {
		t.Errorf("TrimSpace leaves %q", got)
	}
	const ink = "\x00\x1B\u200B\uFEFF\u180E"
	if got := TrimSpace(ink); got != ink {
		t.Errorf("TrimSpace(%q) = %q", ink, got)
	}
}

func TestUniversalNewlines(t *testing.T) {
	const text, want = "a\nb\r\nc\rd\n\re\vf\u2028g\r\r\n", "a\nb\nc\nd\n\ne\vf\u2028g\n\n"
	if got := universalNewlines(text); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
