package spf

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

func expand(t *testing.T, spec, ip, sender, helo string) string {
	t.Helper()
	m, bad := parseExplainString(spec)
	if bad != nil {
		t.Fatalf("%s: %v", spec, bad)
	}
	v := newMacros(Args{IP: netip.MustParseAddr(ip), Sender: sender, HELO: helo}, "")
	return v.expandText(m, v.origin, func() string { return "mx.example.org" })
}

// TestMacros has the examples of RFC 7208, 7.4, and some more.
func TestMacros(t *testing.T) {
	tests := []struct{ spec, want string }{
		{"%{s}", "strong-bad@email.example.com"},
		{"%{o}", "email.example.com"},
		{"%{d}", "email.example.com"},
		{"%{d4}", "email.example.com"},
		{"%{d3}", "email.example.com"},
		{"%{d2}", "example.com"},
		{"%{d1}", "com"},
		{"%{dr}", "com.example.email"},
		{"%{d2r}", "example.email"},
		{"%{l}", "strong-bad"},
		{"%{l-}", "strong.bad"},
		{"%{lr}", "strong-bad"},
		{"%{lr-}", "bad.strong"},
		{"%{l1r-}", "strong"},
		{"%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"},
		{"%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"},
		{"%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"},
		{"%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com"},
		{"%{p}", "mx.example.org"},
		{"%{h}", "helo.example"},
		{"%{c} %{r}", "192.0.2.3 unknown"},
		{"%{S}", "strong-bad%40email.example.com"},
		{"%%%_%-", "% %20"},
		{"%{s@}", ""},
		{"%{s1-.}", "com"},
		{"%{d2r.}", "example.email"},
		{"%{s3--.-}", "bad@email.example.com"},
	}
	for _, test := range tests {
		t.Run(test.spec, func(t *testing.T) {
			if test.want == "" {
				if _, bad := parseExplainString(test.spec); bad == nil {
					t.Error("no error")
				}
				return
			}
			if got := expand(t, test.spec, "192.0.2.3", "strong-bad@email.example.com", "helo.example"); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestMacroIPv6(t *testing.T) {
	got := expand(t, "%{ir}.%{v} %{c}", "2001:db8::cb01", "a@b.example", "")
	want := "1.0.B.C.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2.ip6 2001:db8::cb01"
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestMacroSenders(t *testing.T) {
	tests := []struct{ name, sender, want string }{
		{"no local part", "@b.example", "postmaster b.example"},
		{"no at sign", "b.example", "postmaster b.example"},
		{"several at signs", "a@b@c.example", "a@b c.example"},
		{"final dot", "a@c.example.", "a c.example"},
		{"U-label", "a@bücher.example", "a xn--bcher-kva.example"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := expand(t, "%{l} %{o}", "192.0.2.3", test.sender, ""); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestExpandName(t *testing.T) {
	tests := []struct {
		name, spec, local, want string
		flaw                    nameError
	}{
		{"lower case", "MX.Example", "", "mx.example", nameOK},
		{"final dot", "mx.example.", "", "mx.example", nameOK},
		{"labels cut from the left", "%{l}." + strings.Repeat("b23456789.", 24) + "example", "x1234567890.y", "y." + strings.Repeat("b23456789.", 24) + "example", nameOK},
		{"exactly 253", "%{l}." + strings.Repeat("b23456789.", 24) + "example", "x1234", "x1234." + strings.Repeat("b23456789.", 24) + "example", nameOK},
		{"253 and a final dot", "%{l}." + strings.Repeat("b23456789.", 24) + "example.", "x1234", "x1234." + strings.Repeat("b23456789.", 24) + "example", nameOK},
		{"254 and a final dot", "%{l}." + strings.Repeat("b23456789.", 24) + "example.", "x12345", strings.Repeat("b23456789.", 24) + "example", nameOK},
		{"a value's final dot", "%{l}", "mx.example.", "mx.example", nameOK},
		{"a value's two final dots", "%{l}", "mx.example..", "", nameMalformed},
		{"two final dots of a long name", "%{l}", strings.Repeat("b23456789.", 26) + "example..", "", nameMalformed},
		{"a value cut", "%{l}.example", strings.Repeat("a.", 180) + "a", strings.Repeat("a.", 123) + "example", nameOK},
		{"label over 63", "%{l}.example", strings.Repeat("a", 64), "", nameMalformed},
		{"empty label", "%{l}.example", "a..b", "", nameMalformed},
		{"label far over 63", "%{l}.example", strings.Repeat("a", 50000), "example", nameOK},
		{"local part beyond US-ASCII", "%{l}.example", "ü", "", nameUnencodable},
		{"URL escapes", "%{L}.example", "a_b c", "a_b%20c.example", nameOK},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, bad := parseDomainSpec(test.spec)
			if bad != nil {
				t.Fatal(bad)
			}
			v := macros{local: test.local}
			got, flaw := v.expandName(m, "", nil)
			if flaw != test.flaw || flaw == nameOK && got != test.want {
				t.Errorf("got %q (%d octets), %d\nwant %q, %d", got, len(got), flaw, test.want, test.flaw)
			}
		})
	}
}

// What a record makes of a value takes time in proportion to the octets of
// both, not to their product: the first of these took a minute.
func TestExpansionBounded(t *testing.T) {
	const octets, most = 60000, 2 * time.Second
	for _, test := range []struct{ name, macro, local string }{
		{"of nothing", "%{l1}", "."},
		{"of nothing, reversed", "%{l1r}", "."},
		{"of nothing, several delimiters", "%{l2.-+}", ".+"},
		{"of one octet", "%{l1}", ".a"},
		{"delimiters without end", "%{l" + strings.Repeat(".-", octets/2) + "}", "-."},
	} {
		t.Run(test.name, func(t *testing.T) {
			start := time.Now()
			spec := "x." + strings.Repeat(test.macro, max(octets/len(test.macro), 1))
			m, bad := parseDomainSpec(spec)
			if bad != nil {
				t.Fatal(bad)
			}
			v := macros{local: strings.Repeat(test.local, 16000/len(test.local))}
			v.expandName(m, "", nil)
			v.expandText(m, "", nil)
			if took := time.Since(start); took > most {
				t.Errorf("took %v", took)
			}
		})
	}
}

func TestToName(t *testing.T) {
	tests := []struct {
		name, text, want string
		flaw             nameError
	}{
		{"U-label", "bücher.example", "xn--bcher-kva.example", nameOK},
		{"upper case U-label", "BÜCHER.example", "xn--bcher-kva.example", nameOK},
		{"all beyond US-ASCII", "例え.テスト", "xn--r8jz45g.xn--zckzah", nameOK},
		{"other full stop", "例え。テスト", "xn--r8jz45g.xn--zckzah", nameOK},
		{"sharp s", "straße.example", "xn--strae-oqa.example", nameOK},
		{"other final full stop", "例え。テスト。", "xn--r8jz45g.xn--zckzah", nameOK},
		{"two other final full stops", "例え。テスト。。", "", nameMalformed},
		{"symbol", "☃.example", "", nameUnencodable},
		{"A-label", "xn--bcher-kva.example", "xn--bcher-kva.example", nameOK},
		{"replacement character", "b\uFFFD.example", "", nameUnencodable},
		{"control character", "b\u0085.example", "", nameUnencodable},
		{"empty", "", "", nameMalformed},
		{"dot", ".", "", nameMalformed},
		{"empty label", "a..example", "", nameMalformed},
		{"two final dots", "a.example..", "", nameMalformed},
		{"label of 63", strings.Repeat("a", 63) + ".example", strings.Repeat("a", 63) + ".example", nameOK},
		{"label of 64", strings.Repeat("a", 64) + ".example", "", nameMalformed},
		{"254 octets", strings.Repeat("a.", 126) + "bc", "", nameMalformed},
		{"A-label over 63", strings.Repeat("例", 64) + ".example", "", nameUnencodable},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, flaw := toName(test.text)
			if flaw != test.flaw || flaw == nameOK && got != test.want {
				t.Errorf("got %q, %d, want %q, %d", got, flaw, test.want, test.flaw)
			}
		})
	}
}
