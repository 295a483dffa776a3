package e2e

import (
	"net/mail"
	"slices"
	"strings"
	"testing"
)

// hostileValues are HELO names and senders that try to change the structure of a
// header field, and the values that a parser of the field must get. Before, Postfix
// replaces what it finds unsafe in a HELO name by question marks and unquotes local
// parts.
var hostileValues = []struct{ name, helo, wantHELO, sender, wantSender string }{
	{name: "semicolon in HELO", helo: "a;b=c", wantHELO: "a?b=c", sender: "a@pass.test", wantSender: "a@pass.test"},
	{name: "quote in HELO", helo: `"x`, wantHELO: "?x", sender: "a@pass.test", wantSender: "a@pass.test"},
	{name: "comment in HELO", helo: "(x)", wantHELO: "?x?", sender: "a@pass.test", wantSender: "a@pass.test"},
	{name: "backslash in HELO", helo: `x\`, wantHELO: "x?", sender: "a@pass.test", wantSender: "a@pass.test"},
	{name: "equals in HELO", helo: "x=y=z", wantHELO: "x=y=z", sender: "a@pass.test", wantSender: "a@pass.test"},
	{name: "percent in HELO", helo: "%{d}.client.test", wantHELO: "%{d}.client.test", sender: "a@pass.test", wantSender: "a@pass.test"},
	{name: "address literal in HELO", helo: "[192.0.2.1]", wantHELO: "[192.0.2.1]", sender: "a@pass.test", wantSender: "a@pass.test"},
	{name: "equals in sender", helo: "client.test", wantHELO: "client.test", sender: "bounce+user=example.com@pass.test", wantSender: "bounce+user=example.com@pass.test"},
	{name: "semicolon in sender", helo: "client.test", wantHELO: "client.test", sender: `"x; identity=helo"@pass.test`, wantSender: `x; identity=helo@pass.test`},
	{name: "quote in sender", helo: "client.test", wantHELO: "client.test", sender: `"a\"b"@pass.test`, wantSender: `a"b@pass.test`},
	{name: "backslash in sender", helo: "client.test", wantHELO: "client.test", sender: `"a\\b"@pass.test`, wantSender: `a\b@pass.test`},
	{name: "comment in sender", helo: "client.test", wantHELO: "client.test", sender: `"(x"@pass.test`, wantSender: `(x@pass.test`},
	{name: "space in sender", helo: "client.test", wantHELO: "client.test", sender: `"a b"@pass.test`, wantSender: `a b@pass.test`},
	{name: "at in sender", helo: "client.test", wantHELO: "client.test", sender: `"a@fail.test"@pass.test`, wantSender: `a@fail.test@pass.test`},
}

// Whatever the client sends, there is one Received-SPF field, and a parser reads the
// client's values from it.
func TestHostileReceivedSPF(t *testing.T) {
	configure(t)
	h := startHost(t)
	for _, test := range hostileValues {
		t.Run(test.name, func(t *testing.T) {
			c := connect(t, "192.0.2.1", test.helo)
			id := c.send(message{sender: test.sender, from: "a@pass.test"})
			m := h.delivered(t, id)[0]
			spfHeader(t, m)
			got := readReceivedSPF(t, m)
			want := []pair{
				{"identity", "mailfrom"}, {"client-ip", "192.0.2.1"}, {"helo", test.wantHELO},
				{"envelope-from", test.wantSender}, {"receiver", "<UNKNOWN>"},
			}
			if got.result != "Pass" || !slices.Equal(got.pairs, want) {
				t.Errorf("%s\ngot  %s %q\nwant Pass %q", m.Header.Get("Received-SPF"), got.result, got.pairs, want)
			}
		})
	}
	h.log.checkNoProblems(t)
}

type pair struct{ key, value string }

type receivedSPF struct {
	result string
	pairs  []pair
}

// readReceivedSPF parses the field by the grammar of RFC 7208, 9.1. It accepts
// <UNKNOWN> and <> without quotes, as all versions have written them.
func readReceivedSPF(t *testing.T, m *mail.Message) receivedSPF {
	t.Helper()
	fields := m.Header["Received-Spf"]
	if len(fields) != 1 {
		t.Fatalf("%d Received-SPF fields: %q", len(fields), fields)
	}
	rest := fields[0]
	var r receivedSPF
	r.result, rest, _ = strings.Cut(rest, " ")
	rest, ok := strings.CutPrefix(rest, "(")
	if !ok {
		t.Fatalf("no comment in %q", fields[0])
	}
	rest = skipComment(t, rest)
	for rest = strings.TrimSpace(rest); rest != ""; rest = strings.TrimSpace(rest) {
		key, after, ok := strings.Cut(rest, "=")
		if !ok || strings.ContainsAny(key, ` ;"`) {
			t.Fatalf("no key=value at %q in %q", rest, fields[0])
		}
		var value string
		if quoted, ok := strings.CutPrefix(after, `"`); ok {
			value, rest = unquote(t, quoted)
		} else {
			end := strings.IndexByte(after, ';')
			if end < 0 {
				end = len(after)
			}
			value, rest = strings.TrimSpace(after[:end]), after[end:]
			if strings.ContainsAny(value, " \"\\()") {
				t.Fatalf("value %q should be quoted in %q", value, fields[0])
			}
		}
		r.pairs = append(r.pairs, pair{key, value})
		rest = strings.TrimPrefix(strings.TrimSpace(rest), ";")
	}
	return r
}

// skipComment returns the text after a comment. s begins after its parenthesis.
func skipComment(t *testing.T, s string) string {
	t.Helper()
	depth := 1
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return s[i+1:]
			}
		}
	}
	t.Fatalf("unterminated comment: %q", s)
	return ""
}

// unquote parses a quoted-string. s begins after its first quote.
func unquote(t *testing.T, s string) (value, rest string) {
	t.Helper()
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), s[i+1:]
		case '\\':
			i++
		}
		if i < len(s) {
			b.WriteByte(s[i])
		}
	}
	t.Fatalf("unterminated quoted-string: %q", s)
	return "", ""
}
