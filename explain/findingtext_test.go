package explain

import (
	"testing"

	"policyd-spf/spf"
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

func TestSyntaxErrorText(t *testing.T) {
	for _, test := range []struct{ term, want string }{
		{term: "foo", want: "unknown mechanism"},
		{term: "mx;", want: `unknown mechanism: it has ";"`},
		{term: "a\tmx", want: "unknown mechanism: it has a tab"},
		{term: "a\nmx", want: "unknown mechanism: it has a line break"},
		{term: `"`, want: `unknown mechanism: it has "\""`},
		{term: "mail.example.com", want: "unknown mechanism; a domain name needs include:, a: or mx: before it"},
		{term: "mx\x00", want: `unknown mechanism: it has "\x00"`},
		{term: "\ufeffmx", want: "the record is not US-ASCII: it has an invisible character (U+FEFF)"},
		{term: "mx,", want: "terms are separated by spaces, not commas"},
		{term: "include:b.example;", want: `not a complete domain name: it has ";"`},
		{term: "ip4:192.0.2.1;", want: `not an IPv4 address: it has ";"`},
		{term: "ip4:", want: "not an IPv4 address: it is missing"},
		{term: "ip6", want: "not an IPv6 address: it is missing"},
		{term: "ip4:192.0.2.300/24", want: "not an IPv4 address"},
		{term: "ip4:192.0.2.0/024", want: `"024" is not a prefix length: a number without leading zeros (RFC 7208, 5.6)`},
		{term: "ip6:2001:db8::/a", want: `"a" is not a prefix length: a number without leading zeros (RFC 7208, 5.6)`},
		{term: "ip4:192.0.2.0/33", want: "an IPv4 prefix length is at most 32"},
		{term: "–all", want: "the record is not US-ASCII: it has a dash (U+2013), which is not a hyphen"},
		{term: "exp=Go", want: "not a complete domain name; exp= has the name of a TXT record, which has the text (RFC 7208, 6.2)"},
		{term: "exists:%{x}.example", want: "unknown macro; the letters are s, l, o, d, i, p, v and h, and then a number, r and delimiters may follow (RFC 7208, 7.1)"},
	} {
		t.Run(test.term, func(t *testing.T) {
			_, errs := spf.ParseAll("v=spf1 "+test.term, 1)
			if len(errs) != 1 || syntaxErrorText(errs[0]) != test.want {
				t.Errorf("got %v, want %s", errs, test.want)
			}
		})
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
