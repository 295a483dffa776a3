package explain

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode"

	"policyd-spf/internal/term"
	"policyd-spf/spf/dns"
	"policyd-spf/spf/lint"
)

// TestJSONIsHarmless: a client's text is in JSON unchanged, but does nothing to a
// terminal.
func TestJSONIsHarmless(t *testing.T) {
	const sender = "a\x1b\x7f\u009b31m\u202e\U000e0001é一\n\\@shop.example"
	var b strings.Builder
	if err := term.WriteJSON(&b, Request{Sender: sender}); err != nil {
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
	f := lint.Finding{Kind: lint.MXLimit, Name: "x", Count: dns.MaxNames, Limit: 10}
	if got := message(f); !strings.Contains(got, "x has 100 or more MX hosts") {
		t.Errorf("got %s", got)
	}
}
