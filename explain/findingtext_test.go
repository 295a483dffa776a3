package explain

import (
	"testing"

	"policyd-spf/spf/lint"
)

func TestCharacterName(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{text: "\t", want: "a tab"},
		{text: "\u00a0", want: "a no-break space"},
		{text: "\xa0", want: "a no-break space"},
		{text: "  ", want: "a space"},
		{text: "\u200b", want: "an invisible character (U+200B)"},
		{text: "–", want: "a dash (U+2013), which is not a hyphen"},
		{text: "−", want: "a dash (U+2212), which is not a hyphen"},
		{text: "é", want: "the character U+00E9"},
		{text: "\x96", want: "the byte 0x96"},
		{text: ";", want: `";"`},
		{text: "SPF: ", want: `"SPF: "`},
	} {
		if got := characterName(test.text); got != test.want {
			t.Errorf("%q: %s, want %s", test.text, got, test.want)
		}
	}
}

func TestMessage_voidLookup(t *testing.T) {
	r := &lint.Record{Domain: "a.example"}
	for _, test := range []struct{ name, want string }{
		{name: "mx.a.example", want: "a.example: mx.a.example does not exist: a void lookup"},
		{name: "192.0.2.1", want: "a.example: an MX record names the address 192.0.2.1, and must name a host (RFC 1035, 3.3.9): a void lookup"},
	} {
		if got := message(lint.Finding{Kind: lint.VoidLookup, Record: r, Name: test.name}); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}
