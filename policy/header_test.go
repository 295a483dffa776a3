package policy

import (
	"strings"
	"testing"

	"policyd-spf/spf"
)

func TestPairValue(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{in: ""},
		{in: "mail.example.org", want: "mail.example.org"},
		{in: "alice+tag@example.org", want: "alice+tag@example.org"},
		{in: "<>", want: "<>"},
		{in: "<UNKNOWN>", want: "<UNKNOWN>"},
		{in: "<x>", want: `"<x>"`},
		{in: "a;b", want: `"a;b"`},
		{in: "a=b", want: `"a=b"`},
		{in: "a,b", want: `"a,b"`},
		{in: "a(b", want: `"a(b"`},
		{in: "a b", want: `"a b"`},
		{in: "a\u00a0b", want: "\"a\u00a0b\""},
		{in: `a"b\`, want: `"a\"b\\"`},
		{in: "[2001:db8::1]", want: "[2001:db8::1]"},
		{in: "é", want: "é"},
	} {
		if got := pairValue(test.in); got != test.want {
			t.Errorf("pairValue(%q) = %s, want %s", test.in, got, test.want)
		}
	}
}

func TestPvalue(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{in: "", want: `""`},
		{in: "example.org", want: "example.org"},
		{in: "!#$%&'*+.^_`{|}~-09", want: "!#$%&'*+.^_`{|}~-09"},
		{in: "a/b", want: `"a/b"`},
		{in: "a=b", want: `"a=b"`},
		{in: "a/b=c?@d", want: "a/b=c?@d"},
		{in: "a b@c", want: `"a b@c"`},
		{in: "a;b@c", want: `"a;b@c"`},
		{in: `a"\b`, want: `"a\"\\b"`},
		{in: "[192.0.2.1]", want: `"[192.0.2.1]"`},
		{in: "é.example", want: `"é.example"`},
	} {
		if got := pvalue(test.in); got != test.want {
			t.Errorf("pvalue(%q) = %s, want %s", test.in, got, test.want)
		}
	}
}

func TestComment(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{in: ""},
		{in: "no SPF record", want: "no SPF record"},
		{in: "a (b (c)) d", want: "a (b (c)) d"},
		{in: "x) dkim=pass (y", want: `x\) dkim=pass \(y`},
		{in: "(", want: `\(`},
		{in: ")", want: `\)`},
		{in: `\)`, want: `\)`},
		{in: `a\`, want: `a\\`},
		{in: `a\\`, want: `a\\`},
		{in: `(\)`, want: `\(\\\)`},
		{in: `(\))`, want: `(\))`},
	} {
		if got := comment(test.in); got != test.want {
			t.Errorf("comment(%q) = %s, want %s", test.in, got, test.want)
		}
	}
}

func TestDomainOf(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{in: "alice@example.org", want: "example.org"},
		{in: "alice@example.org.", want: "example.org"},
		{in: "alice@example.org..", want: "example.org."},
		{in: "a@b@example.org", want: "example.org"},
		{in: "x@bank.example (@example.org", want: "example.org"},
		{in: "alice@"},
		{in: "example.org", want: "example.org"},
		{in: ""},
	} {
		if got := domainOf(test.in); got != test.want {
			t.Errorf("domainOf(%q) = %q, want %q", test.in, got, test.want)
		}
	}
}

// fields returns a header field of each kind.
func fields(reason string, e envelope) map[string]string {
	return map[string]string{
		"Received-SPF":                      receivedSPF(MailFrom, spf.Fail, reason, e),
		"Authentication-Results":            authenticationResults("mx.example.net", MailFrom, spf.Fail, reason, e),
		"X-Comment":                         exemptionComment("SPF check N/A for local connections", e),
		"Authentication-Results for bypass": exemptionResults("mx.example.net", "SPF check N/A for local connections", e),
	}
}

// TestHeaderKeepsLegalValues: names and addresses of legal length are not
// truncated, whatever the reason is.
func TestHeaderKeepsLegalValues(t *testing.T) {
	name := strings.Repeat(strings.Repeat("a", 62)+".", 4) + "aaa"
	address := strings.Repeat("l", 64) + "@" + name[:189]
	for _, recipient := range []string{unknown, address} {
		e := newEnvelope("2001:db8:1111:2222:3333:4444:5555:6666", name, address, recipient)
		for kind, field := range fields(strings.Repeat("r", 3000), e) {
			if len(field) > maxHeader {
				t.Errorf("%s has %d bytes", kind, len(field))
			}
			if kind == "Authentication-Results" && recipient == address {
				continue // it has the sender's domain twice, and no room for the recipient
			}
			for _, value := range []string{e.client, e.helo, e.sender, e.recipient} {
				if !strings.Contains(field, value) {
					t.Errorf("%s has not %q: %s", kind, value, field)
				}
			}
		}
	}
}

func TestHeaderTruncatesLongValues(t *testing.T) {
	const short = "mail.example.org"
	for _, test := range []struct {
		name   string
		reason string
		e      envelope
		want   string // the end of Received-SPF
		size   int    // of Received-SPF; 0: not compared
	}{
		{name: "a long reason", reason: strings.Repeat("r", 2000), e: newEnvelope("192.0.2.1", short, "a@example.org", unknown),
			want: "r...) identity=mailfrom; client-ip=192.0.2.1; helo=mail.example.org; envelope-from=a@example.org; receiver=<UNKNOWN> "},
		{name: "a long reason and a long HELO name", reason: strings.Repeat("r", 2000), e: newEnvelope("192.0.2.1", strings.Repeat("h", 750), "a@example.org", unknown),
			want: "h; envelope-from=a@example.org; receiver=<UNKNOWN> ", size: maxHeader},
		{name: "a long HELO name", reason: "why", e: newEnvelope("192.0.2.1", strings.Repeat("h", 5000), "a@example.org", unknown),
			want: "h...; envelope-from=a@example.org; receiver=<UNKNOWN> "},
		{name: "a long one that must be quoted", reason: "why", e: newEnvelope("192.0.2.1", strings.Repeat(`"`, 5000), "a@example.org", unknown),
			want: `\"..."; envelope-from=a@example.org; receiver=<UNKNOWN> `},
		{name: "all long", reason: strings.Repeat("r", 2000), e: newEnvelope("192.0.2.1", strings.Repeat("h", 5000), strings.Repeat("é", 5000), strings.Repeat("日", 5000)),
			want: "日... "},
	} {
		t.Run(test.name, func(t *testing.T) {
			for kind, field := range fields(test.reason, test.e) {
				if len(field) > maxHeader || len(field) < maxHeader*9/10 && strings.HasPrefix(kind, "R") {
					t.Errorf("%s has %d bytes", kind, len(field))
				}
				if !printable(field) {
					t.Errorf("%s is truncated within a character: %q", kind, field)
				}
				if !strings.Contains(field, "; receiver=") {
					t.Errorf("%s ends before the recipient: %s", kind, field)
				}
			}
			field := receivedSPF(MailFrom, spf.Fail, test.reason, test.e)
			if !strings.HasSuffix(field, test.want) {
				t.Errorf("got %s, want an end of %s", field, test.want)
			}
			if test.size > 0 && len(field) != test.size {
				t.Errorf("%d bytes, want %d: %s", len(field), test.size, field)
			}
		})
	}
}

// TestHeader_longAuthservID: the configuration's own text can be too long.
func TestHeader_longAuthservID(t *testing.T) {
	field := authenticationResults(strings.Repeat("x", 2000), HELO, spf.Pass, "why", newEnvelope("192.0.2.1", "a", "<>", unknown))
	if len(field) > maxHeader || !strings.HasSuffix(field, "...") {
		t.Errorf("%d bytes: %s", len(field), field)
	}
}

// FuzzHeader parses header fields as strictly as the grammars say, and compares
// what was put in.
func FuzzHeader(f *testing.F) {
	f.Add("SPF fail - not authorized", "mail.example.org", "alice@example.org", "bob@example.net")
	f.Add(`x) dkim=pass (y\`, `a";b=c`, `"a;b"@example.org (c`, "<>")
	f.Add("(((", "a=b; client-ip=192.0.2.2", "é@é.example", `\`)
	f.Fuzz(func(t *testing.T, reason, helo, sender, recipient string) {
		e := newEnvelope("192.0.2.1", helo, sender, recipient)
		reason = sanitize(reason)
		for kind, field := range fields(reason, e) {
			if len(field) > maxHeader || !printable(field) {
				t.Errorf("%s: %d bytes, %q", kind, len(field), field)
			}
		}
		if len(reason)+len(e.helo)+len(e.sender)+len(e.recipient) > 300 {
			return // may be truncated
		}
		got, pairs, err := parseReceivedSPF(fields(reason, e)["Received-SPF"])
		want := []string{"identity", "mailfrom", "client-ip", e.client, "helo", e.helo, "envelope-from", e.sender, "receiver", e.recipient}
		if err != nil || strings.Join(pairs, "\x00") != strings.Join(want, "\x00") {
			t.Errorf("Received-SPF reads as %q, %v, want %q", pairs, err, want)
		}
		if !sameComment(got, reason) {
			t.Errorf("the comment reads as %q, want %q", got, reason)
		}
		comments, value, err := parseAuthResults(fields(reason, e)["Authentication-Results"])
		if err != nil || value != domainOf(e.sender) {
			t.Errorf("smtp.mailfrom reads as %q, %v, want %q", value, err, domainOf(e.sender))
		}
		if len(comments) != 2 || !sameComment(comments[0], reason) || !sameComment(comments[1], values(e)) {
			t.Errorf("the comments read as %q, want %q and %q", comments, reason, values(e))
		}
	})
}

// sameComment reports whether a comment as it was read, with its backslashes, is
// text: as it is, or with each special character escaped.
func sameComment(read, text string) bool {
	return read == text || read == escape(text, `()\`)
}
