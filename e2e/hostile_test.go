package e2e

import (
	"net/mail"
	"slices"
	"strings"
	"testing"
)

// hostile are HELO names and senders that try to break a header out of shape.
// The wanted values are those that a reader of the header must get: Postfix has
// made what it finds unsafe in a HELO name to question marks by then, and has
// taken the quotes off a local part.
var hostile = []struct{ name, helo, wantHELO, sender, wantSender string }{
	{"semicolon in HELO", "a;b=c", "a?b=c", "a@pass.test", "a@pass.test"},
	{"quote in HELO", `"x`, "?x", "a@pass.test", "a@pass.test"},
	{"comment in HELO", "(x)", "?x?", "a@pass.test", "a@pass.test"},
	{"backslash in HELO", `x\`, "x?", "a@pass.test", "a@pass.test"},
	{"equals in HELO", "x=y=z", "x=y=z", "a@pass.test", "a@pass.test"},
	{"percent in HELO", "%{d}.client.test", "%{d}.client.test", "a@pass.test", "a@pass.test"},
	{"address literal in HELO", "[192.0.2.1]", "[192.0.2.1]", "a@pass.test", "a@pass.test"},
	{"equals in sender", "client.test", "client.test", "bounce+user=example.com@pass.test", "bounce+user=example.com@pass.test"},
	{"semicolon in sender", "client.test", "client.test", `"x; identity=helo"@pass.test`, `x; identity=helo@pass.test`},
	{"quote in sender", "client.test", "client.test", `"a\"b"@pass.test`, `a"b@pass.test`},
	{"backslash in sender", "client.test", "client.test", `"a\\b"@pass.test`, `a\b@pass.test`},
	{"comment in sender", "client.test", "client.test", `"(x"@pass.test`, `(x@pass.test`},
	{"space in sender", "client.test", "client.test", `"a b"@pass.test`, `a b@pass.test`},
	{"at in sender", "client.test", "client.test", `"a@fail.test"@pass.test`, `a@fail.test@pass.test`},
}

// TestHostileReceivedSPF: whatever the client says, there is one Received-SPF
// field, and a reader gets its values back.
func TestHostileReceivedSPF(t *testing.T) {
	configure(t)
	h := startHost(t)
	for _, test := range hostile {
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
	h.log.clean(t)
}

type pair struct{ key, value string }

type receivedSPF struct {
	result string
	pairs  []pair
}

// readReceivedSPF reads the field by the grammar of RFC 7208, 9.1; <UNKNOWN> and
// <> are taken for words too, since they stand there unquoted since ever.
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
	rest = afterComment(t, rest)
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

// afterComment gives what follows the comment whose inside s begins with.
func afterComment(t *testing.T, s string) string {
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
	t.Fatalf("a comment that does not end: %q", s)
	return ""
}

// unquote reads a quoted-string up to its final quote.
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
	t.Fatalf("a quoted-string that does not end: %q", s)
	return "", ""
}
