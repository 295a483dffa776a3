package explain

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"policyd-spf/spf/dns"
	"policyd-spf/spf/lint"
)

func TestSafe(t *testing.T) {
	tests := []struct{ name, text, utf8, ascii string }{
		{"letters", "a@shop.example", "a@shop.example", "a@shop.example"},
		{"Latin, Greek, Cyrillic", "é ß ž α я", "é ß ž α я", "? ? ? ? ?"},
		{"an escape sequence", "a\x1b[2Jb", "a?[2Jb", "a?[2Jb"},
		{"C1 controls", "a\u009bb", "a?b", "a?b"},
		{"wide letters", "一x", "?x", "?x"},
		{"right to left", "אבx", "??x", "??x"},
		{"an override of direction", "a\u202eb", "a?b", "a?b"},
		{"a combining accent", "e\u0301", "e?", "e?"},
		{"octets that are no UTF-8", "a\xffb\xc3", "a?b?", "a?b?"},
		{"no-break space and soft hyphen", "a\u00a0b\u00adc", "a?b?c", "a?b?c"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for style, want := range map[Style]string{{UTF8: true}: test.utf8, {}: test.ascii} {
				p := printer{style: style}
				if got := p.sanitize(test.text); got != want {
					t.Errorf("with %+v: %q, want %q", style, got, want)
				}
			}
		})
	}
}

// What a client chose is in a document as it is, and does nothing to a terminal.
func TestJSONIsHarmless(t *testing.T) {
	const sender = "a\x1b\x7f\u009b31m\u202e\U000e0001é一\n\\@shop.example"
	var b strings.Builder
	if err := writeJSON(&b, Request{Sender: sender}); err != nil {
		t.Fatal(err)
	}
	for _, r := range b.String() {
		if r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf) {
			t.Errorf("%U in %q", r, b.String())
		}
	}
	var got Request
	if err := json.Unmarshal([]byte(b.String()), &got); err != nil || got.Sender != sender {
		t.Errorf("%v, %q, want %q", err, got.Sender, sender)
	}
}

// No more than dns.MaxNames of an answer's names are known.
func TestManyNames(t *testing.T) {
	names := slices.Repeat([]string{"mx.example"}, dns.MaxNames)
	l := Lookup{Type: dns.TypeMX.String(), Data: names[:dns.MaxNames-1]}
	if got := l.outcome(""); !strings.HasSuffix(got, ", mx.example and 91 more") {
		t.Errorf("got %s", got)
	}
	l.Data = names
	if got := l.outcome(""); !strings.HasSuffix(got, ", mx.example and many more") {
		t.Errorf("got %s", got)
	}
	f := lint.Finding{Kind: lint.FoundMXLimit, Name: "x", Count: dns.MaxNames, Limit: 10}
	if got := message(f); !strings.Contains(got, "x has 100 or more MX hosts") {
		t.Errorf("got %s", got)
	}
}

func FuzzSafe(f *testing.F) {
	for _, text := range []string{"a", "\x1b[31m", "é一\u202e", "\xff\xfe", "🙂"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, style := range []Style{{}, {UTF8: true}} {
			p := printer{style: style}
			got := p.sanitize(text)
			if columns(got) != utf8.RuneCountInString(text) || strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r == 0x7f || r >= 0x590 }) {
				t.Errorf("%q became %q", text, got)
			}
		}
	})
}

func TestWrap(t *testing.T) {
	long := strings.Repeat("x", 45)
	tests := []struct {
		name, text string
		want       []string
	}{
		{"empty", "", []string{""}},
		{"short", "a b", []string{"a b"}},
		{"just as long", strings.Repeat("a", 20), []string{strings.Repeat("a", 20)}},
		{"at a blank", "aaaaaaaaaa bbbbbbbbb cc", []string{"aaaaaaaaaa bbbbbbbbb", "cc"}},
		{"a word that is longer than a line", long, []string{long[:20], long[:20], long[:5]}},
		{"several blanks", "aaaaaaaaaaaaaaaaaaa   b", []string{"aaaaaaaaaaaaaaaaaaa", "b"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := wrap(test.text, 20); !slices.Equal(got, test.want) {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestPointed(t *testing.T) {
	record := "v=spf1 " + strings.Repeat("ip4:192.0.2.1 ", 6) + "ipv4:192.0.2.2 -all"
	at := strings.Index(record, "ipv4")
	tests := []struct {
		name, record string
		at, length   int
		want         string
	}{
		{"no fault", "v=spf1 -all", 0, 0, "v=spf1 -all\n"},
		{"at the end", "v=spf1 -al", 7, 3, "v=spf1 -al\n       ^^^ wrong\n"},
		{"in the second line", record, at, 14, record[:76] + "\n" + record[77:] + "\n" + strings.Repeat(" ", at-77) + strings.Repeat("^", 14) + " wrong\n"},
		{"over the end of a line", strings.Repeat("x", 100), 70, 20, strings.Repeat("x", 80) + "\n" + strings.Repeat(" ", 70) + strings.Repeat("^", 10) + "\n" +
			strings.Repeat("x", 20) + "\n" + strings.Repeat("^", 10) + " wrong\n"},
		{"octets that are none of US-ASCII", "v=spf1 \xc3\xa4 -all", 7, 2, "v=spf1 ?? -all\n       ^^ wrong\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var p printer
			p.recordWithCarets(indent{}, test.record, test.at, test.length, "wrong")
			if got := p.out.String(); got != test.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, test.want)
			}
		})
	}
}
