package spf

import (
	"fmt"
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

// TestMacros has the examples of RFC 7208, 7.4, and others.
func TestMacros(t *testing.T) {
	tests := []struct{ spec, want string }{
		{spec: "%{s}", want: "strong-bad@email.example.com"},
		{spec: "%{o}", want: "email.example.com"},
		{spec: "%{d}", want: "email.example.com"},
		{spec: "%{d4}", want: "email.example.com"},
		{spec: "%{d3}", want: "email.example.com"},
		{spec: "%{d2}", want: "example.com"},
		{spec: "%{d1}", want: "com"},
		{spec: "%{dr}", want: "com.example.email"},
		{spec: "%{d2r}", want: "example.email"},
		{spec: "%{l}", want: "strong-bad"},
		{spec: "%{l-}", want: "strong.bad"},
		{spec: "%{lr}", want: "strong-bad"},
		{spec: "%{lr-}", want: "bad.strong"},
		{spec: "%{l1r-}", want: "strong"},
		{spec: "%{ir}.%{v}._spf.%{d2}", want: "3.2.0.192.in-addr._spf.example.com"},
		{spec: "%{lr-}.lp._spf.%{d2}", want: "bad.strong.lp._spf.example.com"},
		{spec: "%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", want: "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"},
		{spec: "%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", want: "3.2.0.192.in-addr.strong.lp._spf.example.com"},
		{spec: "%{p}", want: "mx.example.org"},
		{spec: "%{h}", want: "helo.example"},
		{spec: "%{c} %{r}", want: "192.0.2.3 unknown"},
		{spec: "%{S}", want: "strong-bad%40email.example.com"},
		{spec: "%%%_%-", want: "% %20"},
		{spec: "%{s@}", want: ""},
		{spec: "%{s1-.}", want: "com"},
		{spec: "%{d2r.}", want: "example.email"},
		{spec: "%{s3--.-}", want: "bad@email.example.com"},
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

// All but unreserved characters are escaped (RFC 3986, 2.3).
func TestMacroEscapes(t *testing.T) {
	const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
	for i := range 256 {
		c := string([]byte{byte(i)})
		want := fmt.Sprintf("%%%02X", i)
		if strings.Contains(unreserved, c) {
			want = c
		}
		if got := escapeURL(c); got != want {
			t.Errorf("%q becomes %q, want %q", c, got, want)
		}
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
		{name: "no local part", sender: "@b.example", want: "postmaster b.example"},
		{name: "no at sign", sender: "b.example", want: "postmaster b.example"},
		{name: "several at signs", sender: "a@b@c.example", want: "a@b c.example"},
		{name: "final dot", sender: "a@c.example.", want: "a c.example"},
		{name: "U-label", sender: "a@bücher.example", want: "a xn--bcher-kva.example"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := expand(t, "%{l} %{o}", "192.0.2.3", test.sender, ""); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestMacrosExpandName(t *testing.T) {
	tests := []struct {
		name, spec, local, want string
		flaw                    nameError
	}{
		{name: "lower case", spec: "MX.Example", want: "mx.example"},
		{name: "final dot", spec: "mx.example.", want: "mx.example"},
		{name: "labels cut from the left", spec: "%{l}." + strings.Repeat("b23456789.", 24) + "example", local: "x1234567890.y", want: "y." + strings.Repeat("b23456789.", 24) + "example"},
		{name: "exactly 253", spec: "%{l}." + strings.Repeat("b23456789.", 24) + "example", local: "x1234", want: "x1234." + strings.Repeat("b23456789.", 24) + "example"},
		{name: "253 and a final dot", spec: "%{l}." + strings.Repeat("b23456789.", 24) + "example.", local: "x1234", want: "x1234." + strings.Repeat("b23456789.", 24) + "example"},
		{name: "254 and a final dot", spec: "%{l}." + strings.Repeat("b23456789.", 24) + "example.", local: "x12345", want: strings.Repeat("b23456789.", 24) + "example"},
		{name: "a value's final dot", spec: "%{l}", local: "mx.example.", want: "mx.example"},
		{name: "a value's two final dots", spec: "%{l}", local: "mx.example..", want: "", flaw: nameMalformed},
		{name: "two final dots of a long name", spec: "%{l}", local: strings.Repeat("b23456789.", 26) + "example..", want: "", flaw: nameMalformed},
		{name: "a value cut", spec: "%{l}.example", local: strings.Repeat("a.", 180) + "a", want: strings.Repeat("a.", 123) + "example"},
		{name: "label over 63", spec: "%{l}.example", local: strings.Repeat("a", 64), want: "", flaw: nameMalformed},
		{name: "empty label", spec: "%{l}.example", local: "a..b", want: "", flaw: nameMalformed},
		{name: "label far over 63", spec: "%{l}.example", local: strings.Repeat("a", 50000), want: "example"},
		{name: "escaped address with a local part beyond US-ASCII", spec: "%{S}.example", local: "ü", flaw: nameUnencodable},
		{name: "unreserved characters", spec: "%{L}.example", local: "aZ0-_~", want: "az0-_~.example"},
		{name: "each delimiter", spec: "%{l.-+,/_=}.example", local: "a.b-c+d,e/f_g=h", want: "a.b.c.d.e.f.g.h.example"},
		{name: "an equals sign as delimiter", spec: "%{l1=}.example", local: "a=b", want: "b.example"},
		{name: "local part beyond US-ASCII", spec: "%{l}.example", local: "ü", want: "", flaw: nameUnencodable},
		{name: "a label that begins before the last 253 bytes", spec: "x%{l}", local: strings.Repeat("a.", 126) + "a", want: strings.Repeat("a.", 125) + "a"},
		{name: "URL escapes", spec: "%{L}.example", local: "a_b c", want: "a_b%20c.example"},
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
				t.Errorf("got %q (%d bytes), %d\nwant %q, %d", got, len(got), flaw, test.want, test.flaw)
			}
		})
	}
}

// The time to expand a macro-string is linear in the sizes of the string and of
// the value, not in their product.
func TestExpansionBounded(t *testing.T) {
	const size, limit = 60000, 2 * time.Second
	for _, test := range []struct{ name, macro, local string }{
		{name: "empty parts", macro: "%{l1}", local: "."},
		{name: "empty parts, reversed", macro: "%{l1r}", local: "."},
		{name: "empty parts, several delimiters", macro: "%{l2.-+}", local: ".+"},
		{name: "parts of one byte", macro: "%{l1}", local: ".a"},
		{name: "many delimiters", macro: "%{l" + strings.Repeat(".-", size/2) + "}", local: "-."},
	} {
		t.Run(test.name, func(t *testing.T) {
			start := time.Now()
			spec := "x." + strings.Repeat(test.macro, max(size/len(test.macro), 1))
			m, bad := parseDomainSpec(spec)
			if bad != nil {
				t.Fatal(bad)
			}
			v := macros{local: strings.Repeat(test.local, 16000/len(test.local))}
			v.expandName(m, "", nil)
			v.expandText(m, "", nil)
			if took := time.Since(start); took > limit {
				t.Errorf("took %v", took)
			}
		})
	}
}

// An explanation is truncated, wherever its length comes from.
func TestExpandTextTruncates(t *testing.T) {
	tests := []struct {
		name  string
		text  string
		local string
		want  int // length
	}{
		{name: "at the limit", text: strings.Repeat("a", maxExplanation), want: maxExplanation},
		{name: "long text", text: strings.Repeat("a", maxExplanation+1), want: maxExplanation},
		{name: "long value", text: "%{l}", local: strings.Repeat("a", 2*maxExplanation), want: maxExplanation},
		{name: "many macros", text: strings.Repeat("%{l}", 1000), local: strings.Repeat("a", 100), want: maxExplanation},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, bad := parseExplainString(test.text)
			if bad != nil {
				t.Fatal(bad)
			}
			v := macros{local: test.local}
			if got := len(v.expandText(m, "", nil)); got != test.want {
				t.Errorf("%d bytes, want %d", got, test.want)
			}
		})
	}
}

func TestToName(t *testing.T) {
	tests := []struct {
		name, text, want string
		flaw             nameError
	}{
		{name: "U-label", text: "bücher.example", want: "xn--bcher-kva.example"},
		{name: "upper case U-label", text: "BÜCHER.example", want: "xn--bcher-kva.example"},
		{name: "all beyond US-ASCII", text: "例え.テスト", want: "xn--r8jz45g.xn--zckzah"},
		{name: "other full stop", text: "例え。テスト", want: "xn--r8jz45g.xn--zckzah"},
		{name: "sharp s", text: "straße.example", want: "xn--strae-oqa.example"},
		{name: "other final full stop", text: "例え。テスト。", want: "xn--r8jz45g.xn--zckzah"},
		{name: "two other final full stops", text: "例え。テスト。。", want: "", flaw: nameMalformed},
		{name: "symbol", text: "☃.example", want: "", flaw: nameUnencodable},
		{name: "A-label", text: "xn--bcher-kva.example", want: "xn--bcher-kva.example"},
		{name: "replacement character", text: "b\uFFFD.example", want: "", flaw: nameUnencodable},
		{name: "control character", text: "b\u0085.example", want: "", flaw: nameUnencodable},
		{name: "empty", text: "", want: "", flaw: nameMalformed},
		{name: "dot", text: ".", want: "", flaw: nameMalformed},
		{name: "empty label", text: "a..example", want: "", flaw: nameMalformed},
		{name: "two final dots", text: "a.example..", want: "", flaw: nameMalformed},
		{name: "label of 63", text: strings.Repeat("a", 63) + ".example", want: strings.Repeat("a", 63) + ".example"},
		{name: "label of 64", text: strings.Repeat("a", 64) + ".example", want: "", flaw: nameMalformed},
		{name: "254 bytes", text: strings.Repeat("a.", 126) + "bc", want: "", flaw: nameMalformed},
		{name: "A-label over 63", text: strings.Repeat("例", 64) + ".example", want: "", flaw: nameUnencodable},
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

// ExpandName expands only what does not depend on the client.
func TestExpandName(t *testing.T) {
	tests := []struct {
		name string
		spec string
		want string // "" if it cannot be expanded
	}{
		{name: "no macro", spec: "MX.Example.", want: "mx.example"},
		{name: "%{d}", spec: "x.%{d}", want: "x.d.example"},
		{name: "%{o}", spec: "x.%{o2}", want: "x.o.example"},
		{name: "escapes", spec: "a%_b%-.%%.example", want: "a b%20.%.example"},
		{name: "malformed", spec: "a..%{d}"},
		{name: "%{s}", spec: "x%{s}.%{d}"},
		{name: "%{l}", spec: "x%{l}.%{d}"},
		{name: "%{i}", spec: "x%{ir}.%{d}"},
		{name: "%{p}", spec: "x%{p}.%{d}"},
		{name: "%{v}", spec: "x%{v}.%{d}"},
		{name: "%{h}", spec: "x%{h}.%{d}"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, bad := parseDomainSpec(test.spec)
			if bad != nil {
				t.Fatal(bad)
			}
			got, ok := ExpandName(m, "o.example", "d.example")
			if ok != (test.want != "") || ok && got != test.want {
				t.Errorf("ExpandName(%s) = %q, %t, want %q", test.spec, got, ok, test.want)
			}
		})
	}
}
