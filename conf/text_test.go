package conf

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestDecodeUTF8(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{name: "empty", in: "", want: ""},
		{name: "ASCII", in: "a=b", want: "a=b"},
		{name: "well-formed", in: "é€𝄞", want: "é€𝄞"},
		{name: "replacement character itself", in: "\uFFFD", want: "\uFFFD"},
		{name: "cut before ASCII", in: "\xE2\x82x", want: "\uFFFDx"},
		{name: "cut at the end", in: "\xF0\x9D\x84", want: "\uFFFD"},
		{name: "overlong of four", in: "\xF0\x80\x80\x80", want: "\uFFFD\uFFFD\uFFFD\uFFFD"},
		{name: "first of each length beside an invalid byte", in: "\u0080\u0800\U00010000\xFF", want: "\u0080\u0800\U00010000\uFFFD"},
		{name: "last of each length beside an invalid byte", in: "\u07FF\uD7FF\uFFFF\U0010FFFF\xFF", want: "\u07FF\uD7FF\uFFFF\U0010FFFF\uFFFD"},
		{name: "surrogate", in: "\xED\xA0\x80", want: "\uFFFD\uFFFD\uFFFD"},
		{name: "overlong by the second lead byte", in: "\xC1\x80", want: "\uFFFD\uFFFD"},
		{name: "shortest of two", in: "\xC2\x80", want: "\u0080"},
		{name: "lead byte beyond the last", in: "\xF5\x80\x80\x80", want: "\uFFFD\uFFFD\uFFFD\uFFFD"},
		{name: "overlong", in: "\xC0\xAF", want: "\uFFFD\uFFFD"},
		{name: "overlong of three", in: "\xE0\x80\x80", want: "\uFFFD\uFFFD\uFFFD"},
		{name: "beyond the last", in: "\xF4\x90\x80\x80", want: "\uFFFD\uFFFD\uFFFD\uFFFD"},
		{name: "continuation alone", in: "a\x80b", want: "a\uFFFDb"},
		{name: "Latin-1", in: "f\xFCr\xDF", want: "f\uFFFDr\uFFFD"},
		{name: "invalid after well-formed", in: "é\xE9é", want: "é\uFFFDé"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := DecodeUTF8([]byte(test.in)); got != test.want {
				t.Errorf("DecodeUTF8(%q) = %q, want %q", test.in, got, test.want)
			}
		})
	}
}

// FuzzDecodeUTF8 compares DecodeUTF8 with the definition: an invalid part is the
// longest prefix of some character's encoding, or else one byte.
func FuzzDecodeUTF8(f *testing.F) {
	for _, seed := range []string{"", "é", "\xE2\x82x", "\xED\xA0\x80", "\xF0\x9D\x84", "\xF4\x90\x80\x80", "\xC0\xAF"} {
		f.Add([]byte(seed))
	}
	prefixes := make(map[string]bool)
	for r := rune(0x80); r <= utf8.MaxRune; r++ {
		if utf8.ValidRune(r) {
			for encoded := string(r); len(encoded) > 1; {
				encoded = encoded[:len(encoded)-1]
				prefixes[encoded] = true
			}
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var want strings.Builder
		for rest := string(b); rest != ""; {
			r, n := utf8.DecodeRuneInString(rest)
			if r == utf8.RuneError && n == 1 {
				for n < len(rest) && prefixes[rest[:n+1]] {
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
	const notSpace = "\x00\x1B\u200B\uFEFF\u180E"
	if got := TrimSpace(notSpace); got != notSpace {
		t.Errorf("TrimSpace(%q) = %q", notSpace, got)
	}
}

func TestUniversalNewlines(t *testing.T) {
	const text, want = "a\nb\r\nc\rd\n\re\vf\u2028g\r\r\n", "a\nb\nc\nd\n\ne\vf\u2028g\n\n"
	if got := universalNewlines(text); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
