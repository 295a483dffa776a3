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

func TestSanitize(t *testing.T) {
	tests := []struct{ name, text, utf8, ascii string }{
		{name: "letters", text: "a@shop.example", utf8: "a@shop.example", ascii: "a@shop.example"},
		{name: "Latin, Greek, Cyrillic", text: "é ß ž α я", utf8: "é ß ž α я", ascii: "? ? ? ? ?"},
		{name: "an escape sequence", text: "a\x1b[2Jb", utf8: "a?[2Jb", ascii: "a?[2Jb"},
		{name: "C1 controls", text: "a\u009bb", utf8: "a?b", ascii: "a?b"},
		{name: "wide letters", text: "一x", utf8: "?x", ascii: "?x"},
		{name: "right to left", text: "אבx", utf8: "??x", ascii: "??x"},
		{name: "an override of direction", text: "a\u202eb", utf8: "a?b", ascii: "a?b"},
		{name: "a combining accent", text: "e\u0301", utf8: "e?", ascii: "e?"},
		{name: "bytes that are not UTF-8", text: "a\xffb\xc3", utf8: "a?b?", ascii: "a?b?"},
		{name: "no-break space and soft hyphen", text: "a\u00a0b\u00adc", utf8: "a?b?c", ascii: "a?b?c"},
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

// TestJSONIsHarmless: a client's text is in JSON unchanged, but does nothing to a
// terminal.
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

// TestLookup_manyNames: only the first dns.MaxNames names of an answer are known.
func TestLookup_manyNames(t *testing.T) {
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
		{name: "empty", want: []string{""}},
		{name: "short", text: "a b", want: []string{"a b"}},
		{name: "just as long", text: strings.Repeat("a", 20), want: []string{strings.Repeat("a", 20)}},
		{name: "at a space", text: "aaaaaaaaaa bbbbbbbbb cc", want: []string{"aaaaaaaaaa bbbbbbbbb", "cc"}},
		{name: "a word that is longer than a line", text: long, want: []string{long[:20], long[:20], long[:5]}},
		{name: "several spaces", text: "aaaaaaaaaaaaaaaaaaa   b", want: []string{"aaaaaaaaaaaaaaaaaaa", "b"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := wrap(test.text, 20); !slices.Equal(got, test.want) {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestRecordWithCarets(t *testing.T) {
	record := "v=spf1 " + strings.Repeat("ip4:192.0.2.1 ", 6) + "ipv4:192.0.2.2 -all"
	at := strings.Index(record, "ipv4")
	tests := []struct {
		name, record string
		at, length   int
		want         string
	}{
		{name: "no fault", record: "v=spf1 -all", want: "v=spf1 -all\n"},
		{name: "at the end", record: "v=spf1 -al", at: 7, length: 3, want: "v=spf1 -al\n       ^^^ wrong\n"},
		{name: "in the second line", record: record, at: at, length: 14, want: record[:76] + "\n" + record[77:] + "\n" + strings.Repeat(" ", at-77) + strings.Repeat("^", 14) + " wrong\n"},
		{name: "over the end of a line", record: strings.Repeat("x", 100), at: 70, length: 20, want: strings.Repeat("x", 80) + "\n" + strings.Repeat(" ", 70) + strings.Repeat("^", 10) + "\n" +
			strings.Repeat("x", 20) + "\n" + strings.Repeat("^", 10) + " wrong\n"},
		{name: "bytes that are not US-ASCII", record: "v=spf1 \xc3\xa4 -all", at: 7, length: 2, want: "v=spf1 ?? -all\n       ^^ wrong\n"},
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
