package policy

import (
	"strings"
	"testing"

	"policyd-spf/spf"
)

func TestPairValue(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"", ""},
		{"mail.example.org", "mail.example.org"},
		{"alice+tag@example.org", "alice+tag@example.org"},
		{"<>", "<>"},
		{"<UNKNOWN>", "<UNKNOWN>"},
		{"<x>", `"<x>"`},
		{"a;b", `"a;b"`},
		{"a=b", `"a=b"`},
		{"a,b", `"a,b"`},
		{"a(b", `"a(b"`},
		{"a b", `"a b"`},
		{"a\u00a0b", "\"a\u00a0b\""},
		{`a"b\`, `"a\"b\\"`},
		{"[2001:db8::1]", "[2001:db8::1]"},
		{"é", "é"},
	} {
		if got := pairValue(test.in); got != test.want {
			t.Errorf("pairValue(%q) = %s, want %s", test.in, got, test.want)
		}
	}
}

func TestResultValue(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"", `""`},
		{"example.org", "example.org"},
		{"!#$%&'*+.^_`{|}~-09", "!#$%&'*+.^_`{|}~-09"},
		{"a/b", `"a/b"`},
		{"a=b", `"a=b"`},
		{"a/b=c?@d", "a/b=c?@d"},
		{"a b@c", `"a b@c"`},
		{"a;b@c", `"a;b@c"`},
		{`a"\b`, `"a\"\\b"`},
		{"[192.0.2.1]", `"[192.0.2.1]"`},
		{"é.example", `"é.example"`},
	} {
		if got := pvalue(test.in); got != test.want {
			t.Errorf("pvalue(%q) = %s, want %s", test.in, got, test.want)
		}
	}
}

func TestComment(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"", ""},
		{"no SPF record", "no SPF record"},
		{"a (b (c)) d", "a (b (c)) d"},
		{"x) dkim=pass (y", `x\) dkim=pass \(y`},
		{"(", `\(`},
		{")", `\)`},
		{`\)`, `\)`},
		{`a\`, `a\\`},
		{`a\\`, `a\\`},
		{`(\)`, `\(\\\)`},
		{`(\))`, `(\))`},
	} {
		if got := comment(test.in); got != test.want {
			t.Errorf("comment(%q) = %s, want %s", test.in, got, test.want)
		}
	}
}

func TestDomainOf(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"alice@example.org", "example.org"},
		{"alice@example.org.", "example.org"},
		{"alice@example.org..", "example.org."},
		{"a@b@example.org", "example.org"},
		{"x@bank.example (@example.org", "example.org"},
		{"alice@", ""},
		{"example.org", "example.org"},
		{"", ""},
	} {
		if got := domainOf(test.in); got != test.want {
			t.Errorf("domainOf(%q) = %q, want %q", test.in, got, test.want)
		}
	}
}

// fields are a header field of each kind.
func fields(reason string, p envelope) map[string]string {
	return map[string]string{
		"Received-SPF":                      receivedSPF(MailFrom, spf.Fail, reason, p),
		"Authentication-Results":            authenticationResults("mx.example.net", MailFrom, spf.Fail, reason, p),
		"X-Comment":                         exemptionComment("SPF check N/A for local connections", p),
		"Authentication-Results for bypass": exemptionResults("mx.example.net", "SPF check N/A for local connections", p),
	}
}

// TestHeaderKeepsLegalValues: names and addresses as long as they may be are
// not cut, whatever the reason is.
func TestHeaderKeepsLegalValues(t *testing.T) {
	name := strings.Repeat(strings.Repeat("a", 62)+".", 4) + "aaa"
	address := strings.Repeat("l", 64) + "@" + name[:189]
	for _, recipient := range []string{unknown, address} {
		p := newEnvelope("2001:db8:1111:2222:3333:4444:5555:6666", name, address, recipient)
		for kind, field := range fields(strings.Repeat("r", 3000), p) {
			if len(field) > maxHeader {
				t.Errorf("%s has %d octets", kind, len(field))
			}
			if kind == "Authentication-Results" && recipient == address {
				continue // has the sender's domain twice: there is no room for the recipient too
			}
			for _, value := range []string{p.client, p.helo, p.sender, p.recipient} {
				if !strings.Contains(field, value) {
					t.Errorf("%s has not %q: %s", kind, value, field)
				}
			}
		}
	}
}

func TestHeaderCuts(t *testing.T) {
	const short = "mail.example.org"
	for _, test := range []struct {
		name   string
		reason string
		p      envelope
		want   string // what Received-SPF has
	}{
		{"a long reason", strings.Repeat("r", 2000), newEnvelope("192.0.2.1", short, "a@example.org", unknown),
			"r...) identity=mailfrom; client-ip=192.0.2.1; helo=mail.example.org; envelope-from=a@example.org; receiver=<UNKNOWN> "},
		{"a long HELO name", "why", newEnvelope("192.0.2.1", strings.Repeat("h", 5000), "a@example.org", unknown),
			"h...; envelope-from=a@example.org; receiver=<UNKNOWN> "},
		{"a long one that must be quoted", "why", newEnvelope("192.0.2.1", strings.Repeat(`"`, 5000), "a@example.org", unknown),
			`\"..."; envelope-from=a@example.org; receiver=<UNKNOWN> `},
		{"all long", strings.Repeat("r", 2000), newEnvelope("192.0.2.1", strings.Repeat("h", 5000), strings.Repeat("é", 5000), strings.Repeat("日", 5000)),
			"日... "},
	} {
		t.Run(test.name, func(t *testing.T) {
			for kind, field := range fields(test.reason, test.p) {
				if len(field) > maxHeader || len(field) < maxHeader*9/10 && strings.HasPrefix(kind, "R") {
					t.Errorf("%s has %d octets", kind, len(field))
				}
				if !printable(field) {
					t.Errorf("%s is cut within a character: %q", kind, field)
				}
			}
			if field := receivedSPF(MailFrom, spf.Fail, test.reason, test.p); !strings.HasSuffix(field, test.want) {
				t.Errorf("got %s, want an end of %s", field, test.want)
			}
		})
	}
}

// TestHeaderLongAuthservID: the administrator's own words can be too long.
func TestHeaderLongAuthservID(t *testing.T) {
	field := authenticationResults(strings.Repeat("x", 2000), HELO, spf.Pass, "why", newEnvelope("192.0.2.1", "a", "<>", unknown))
	if len(field) > maxHeader || !strings.HasSuffix(field, "...") {
		t.Errorf("%d octets: %s", len(field), field)
	}
}

// FuzzHeader holds header fields against readers that are as strict as the
// grammars: they have to get back what went in.
func FuzzHeader(f *testing.F) {
	f.Add("SPF fail - not authorized", "mail.example.org", "alice@example.org", "bob@example.net")
	f.Add(`x) dkim=pass (y\`, `a";b=c`, `"a;b"@example.org (c`, "<>")
	f.Add("(((", "a=b; client-ip=192.0.2.2", "é@é.example", `\`)
	f.Fuzz(func(t *testing.T, reason, helo, sender, recipient string) {
		p := newEnvelope("192.0.2.1", helo, sender, recipient)
		reason = sanitize(reason)
		for kind, field := range fields(reason, p) {
			if len(field) > maxHeader || !printable(field) {
				t.Errorf("%s: %d octets, %q", kind, len(field), field)
			}
		}
		if len(reason)+len(p.helo)+len(p.sender)+len(p.recipient) > 300 {
			return // may be cut
		}
		got, pairs, err := readReceivedSPF(fields(reason, p)["Received-SPF"])
		want := []string{"identity", "mailfrom", "client-ip", p.client, "helo", p.helo, "envelope-from", p.sender, "receiver", p.recipient}
		if err != nil || strings.Join(pairs, "\x00") != strings.Join(want, "\x00") {
			t.Errorf("Received-SPF reads as %q, %v, want %q", pairs, err, want)
		}
		if !sameComment(got, reason) {
			t.Errorf("the comment reads as %q, want %q", got, reason)
		}
		comments, value, err := readResults(fields(reason, p)["Authentication-Results"])
		if err != nil || value != domainOf(p.sender) {
			t.Errorf("smtp.mailfrom reads as %q, %v, want %q", value, err, domainOf(p.sender))
		}
		if len(comments) != 2 || !sameComment(comments[0], reason) || !sameComment(comments[1], values(p)) {
			t.Errorf("the comments read as %q, want %q and %q", comments, reason, values(p))
		}
	})
}

// sameComment tells whether a comment that was read, with its backslashes, is
// text: as it is, or with each of its special characters escaped.
func sameComment(read, text string) bool {
	return read == text || read == escape(text, `()\`)
}
