package spf

import (
	"errors"
	"strings"
	"testing"
)

func TestParseErrors(t *testing.T) {
	tests := []struct {
		name, record string
		kind         SyntaxKind
		term, detail string
		offset       int
	}{
		{name: "unknown mechanism", record: "v=spf1 moo -all", kind: UnknownMechanism, term: "moo", offset: 7},
		{name: "unknown mechanism with arguments", record: "v=spf1 moo:cow.example/24", kind: UnknownMechanism, term: "moo:cow.example/24", offset: 7},
		{name: "unknown mechanism after all", record: "v=spf1 -all moo", kind: UnknownMechanism, term: "moo", offset: 12},
		{name: "qualifier alone", record: "v=spf1 -", kind: UnknownMechanism, term: "-", offset: 7},
		{name: "two qualifiers", record: "v=spf1 --all", kind: UnknownQualifier, term: "--all", offset: 7},
		{name: "unknown qualifier", record: "v=spf1 =a", kind: UnknownQualifier, term: "=a", offset: 7},
		{name: "comma", record: "v=spf1 ip4:192.0.2.1, -all", kind: CommaAfterTerm, term: "ip4:192.0.2.1,", offset: 7},
		{name: "address for a", record: "v=spf1 a:192.0.2.1", kind: AddressAsDomain, term: "a:192.0.2.1", offset: 7},
		{name: "bare address", record: "v=spf1 192.0.2.1", kind: BareAddress, term: "192.0.2.1", offset: 7},
		{name: "bare address with length", record: "v=spf1 -192.0.2.0/24", kind: BareAddress, term: "-192.0.2.0/24", offset: 7},
		{name: "ip4 without address", record: "v=spf1 ip4", kind: BadIP4, term: "ip4", offset: 7},
		{name: "ip4 of three numbers", record: "v=spf1 ip4:192.0.2", kind: BadIP4, term: "ip4:192.0.2", offset: 7},
		{name: "ip4 with leading zero", record: "v=spf1 ip4:192.0.02.1", kind: BadIP4, term: "ip4:192.0.02.1", offset: 7},
		{name: "ip4 over 255", record: "v=spf1 ip4:192.0.2.256", kind: BadIP4, term: "ip4:192.0.2.256", offset: 7},
		{name: "ip4 with empty length", record: "v=spf1 ip4:192.0.2.1/", kind: BadIP4, term: "ip4:192.0.2.1/", offset: 7},
		{name: "ip4 with length of leading zero", record: "v=spf1 ip4:192.0.2.1/08", kind: BadIP4, term: "ip4:192.0.2.1/08", offset: 7},
		{name: "ip4 length", record: "v=spf1 ip4:192.0.2.1/33", kind: BadIP4CIDR, term: "ip4:192.0.2.1/33", offset: 7},
		{name: "ip4 length that overflows", record: "v=spf1 ip4:192.0.2.1/99999999999999999999", kind: BadIP4CIDR, term: "ip4:192.0.2.1/99999999999999999999", offset: 7},
		{name: "ip4 with dual length", record: "v=spf1 ip4:192.0.2.1/24//64", kind: DualCIDR, term: "ip4:192.0.2.1/24//64", offset: 7},
		{name: "ip6 with an IPv4 address", record: "v=spf1 ip6:192.0.2.1", kind: BadIP6, term: "ip6:192.0.2.1", offset: 7},
		{name: "ip6 with zone", record: "v=spf1 ip6:fe80::1%eth0", kind: BadIP6, term: "ip6:fe80::1%eth0", offset: 7},
		{name: "ip6 length", record: "v=spf1 ip6:2001:db8::/129", kind: BadIP6CIDR, term: "ip6:2001:db8::/129", offset: 7},
		{name: "ip6 with dual length", record: "v=spf1 ip6:2001:db8::/64//64", kind: DualCIDR, term: "ip6:2001:db8::/64//64", offset: 7},
		{name: "a length", record: "v=spf1 a/33", kind: BadIP4CIDR, term: "a/33", offset: 7},
		{name: "a length for IPv6", record: "v=spf1 a//129", kind: BadIP6CIDR, term: "a//129", offset: 7},
		{name: "a with empty length", record: "v=spf1 a/", kind: UnknownMechanism, term: "a/", offset: 7},
		{name: "exists with length", record: "v=spf1 exists:a.example/24", kind: CIDRNotAllowed, term: "exists:a.example/24", offset: 7},
		{name: "include with length", record: "v=spf1 include:a.example//24", kind: CIDRNotAllowed, term: "include:a.example//24", offset: 7},
		{name: "all with length", record: "v=spf1 -all/24", kind: CIDRNotAllowed, term: "-all/24", offset: 7},
		{name: "all with argument", record: "v=spf1 all:a.example", kind: AllWithArgument, term: "all:a.example", offset: 7},
		{name: "all with empty argument", record: "v=spf1 all:", kind: AllWithArgument, term: "all:", offset: 7},
		{name: "exists without name", record: "v=spf1 exists", kind: ExistsWithoutName, term: "exists", offset: 7},
		{name: "exists with empty name", record: "v=spf1 exists:", kind: ExistsWithoutName, term: "exists:", offset: 7},
		{name: "include without name", record: "v=spf1 include", kind: IncludeWithoutName, term: "include", offset: 7},
		{name: "include with empty name", record: "v=spf1 include:", kind: EmptyDomainSpec, term: "include:", offset: 7},
		{name: "mx with empty name", record: "v=spf1 mx:", kind: EmptyDomainSpec, term: "mx:", offset: 7},
		{name: "mx with empty name and length", record: "v=spf1 mx:/24", kind: EmptyDomainSpec, term: "mx:/24", offset: 7},
		{name: "redirect twice", record: "v=spf1 redirect=a.example REDIRECT=b.example", kind: RepeatedRedirect, term: "REDIRECT=b.example", offset: 26},
		{name: "exp twice", record: "v=spf1 exp=a.example exp=a.example", kind: RepeatedExp, term: "exp=a.example", offset: 21},
		{name: "empty redirect", record: "v=spf1 redirect=", kind: EmptyRedirect, term: "redirect=", offset: 7},
		{name: "empty exp", record: "v=spf1 exp= -all", kind: EmptyExp, term: "exp=", offset: 7},
		{name: "name of one label", record: "v=spf1 a:foo", kind: BadDomainSpec, term: "a:foo", detail: "foo", offset: 9},
		{name: "name with port", record: "v=spf1 a:a.example:8080", kind: BadDomainSpec, term: "a:a.example:8080", detail: "a.example:8080", offset: 9},
		{name: "top label of digits", record: "v=spf1 a:foo.123", kind: BadDomainSpec, term: "a:foo.123", detail: "foo.123", offset: 9},
		{name: "top label that ends in a hyphen", record: "v=spf1 a:foo.ex-", kind: BadDomainSpec, term: "a:foo.ex-", detail: "foo.ex-", offset: 9},
		{name: "top label that begins with a hyphen", record: "v=spf1 a:foo.-ex", kind: BadDomainSpec, term: "a:foo.-ex", detail: "foo.-ex", offset: 9},
		{name: "two final dots", record: "v=spf1 a:foo.example..", kind: BadDomainSpec, term: "a:foo.example..", detail: "foo.example..", offset: 9},
		{name: "text after a macro", record: "v=spf1 a:%{d}example", kind: BadDomainSpec, term: "a:%{d}example", detail: "%{d}example", offset: 9},
		{name: "tab in a name", record: "v=spf1 a:foo\tbar.example", kind: BadCharacter, term: "a:foo\tbar.example", detail: "foo\tbar.example", offset: 9},
		{name: "stray percent sign", record: "v=spf1 a:x%y.example", kind: BadMacro, term: "a:x%y.example", detail: "x%y", offset: 9},
		{name: "percent sign at the end", record: "v=spf1 exists:foo.%", kind: BadDomainSpec, term: "exists:foo.%", detail: "foo.%", offset: 14},
		{name: "unclosed macro", record: "v=spf1 exists:%{d.example", kind: BadMacro, term: "exists:%{d.example", detail: "%{d", offset: 14},
		{name: "macro letter", record: "v=spf1 exists:%{z}.example", kind: UnknownMacro, term: "exists:%{z}.example", detail: "%{z}", offset: 14},
		{name: "macro without letter", record: "v=spf1 exists:%{}.example", kind: UnknownMacro, term: "exists:%{}.example", detail: "%{}", offset: 14},
		{name: "macro with zero digits", record: "v=spf1 exists:%{d0}.example", kind: UnknownMacro, term: "exists:%{d0}.example", detail: "%{d0}", offset: 14},
		{name: "macro with bad delimiter", record: "v=spf1 exists:%{d;}.example", kind: UnknownMacro, term: "exists:%{d;}.example", detail: "%{d;}", offset: 14},
		{name: "macro with transformers swapped", record: "v=spf1 exists:%{dr1}.example", kind: UnknownMacro, term: "exists:%{dr1}.example", detail: "%{dr1}", offset: 14},
		{name: "macro for explanations", record: "v=spf1 exists:%{C}.example", kind: ExpOnlyMacro, term: "exists:%{C}.example", detail: "%{C}", offset: 14},
		{name: "macro in an unknown modifier", record: "v=spf1 foo=%{y} -all", kind: UnknownMacro, term: "foo=%{y}", detail: "%{y}", offset: 11},
		{name: "macro for explanations in redirect", record: "v=spf1 redirect=%{r}.example", kind: ExpOnlyMacro, term: "redirect=%{r}.example", detail: "%{r}", offset: 16},
		{name: "macro for explanations in exp", record: "v=spf1 exp=%{t}.example", kind: ExpOnlyMacro, term: "exp=%{t}.example", detail: "%{t}", offset: 11},
		{name: "transformers of a macro for explanations in an unknown modifier", record: "v=spf1 foo=%{cx}", kind: UnknownMacro, term: "foo=%{cx}", detail: "%{cx}", offset: 11},
		{name: "stray percent sign in an unknown modifier", record: "v=spf1 foo=a%b.c", kind: BadMacro, term: "foo=a%b.c", detail: "a%b", offset: 11},
		{name: "first of two unknown macros", record: "v=spf1 exists:%{y}.%{z}.example", kind: UnknownMacro, term: "exists:%{y}.%{z}.example", detail: "%{y}", offset: 14},
		{name: "DEL in an unknown modifier", record: "v=spf1 x=a\x7fb", kind: BadCharacter, term: "x=a\x7fb", detail: "a\x7fb", offset: 9},
		{name: "modifier whose name starts with a digit", record: "v=spf1 1x=a", kind: UnknownMechanism, term: "1x=a", offset: 7},
		{name: "tab in an unknown modifier", record: "v=spf1 x=a\tb", kind: BadCharacter, term: "x=a\tb", detail: "a\tb", offset: 9},
		{name: "record beyond US-ASCII", record: "v=spf1 a:\xc3\xbc.example", kind: NonASCIIRecord, term: "", offset: 9},
		{name: "first of two", record: "v=spf1 moo cow", kind: UnknownMechanism, term: "moo", offset: 7},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse(test.record)
			var got *SyntaxError
			if !errors.As(err, &got) {
				t.Fatalf("error %v, want a syntax error", err)
			}
			want := SyntaxError{Kind: test.kind, Record: test.record, Term: test.term, Detail: test.detail, Offset: test.offset}
			if *got != want {
				t.Errorf("got  %+v\nwant %+v", *got, want)
			}
		})
	}
}

func TestParsePrints(t *testing.T) {
	tests := []struct{ name, record, want string }{
		{name: "version alone", record: "V=SPF1", want: "v=spf1"},
		{name: "many spaces", record: "v=spf1   a   ", want: "v=spf1 a"},
		{name: "qualifiers", record: "v=spf1 +a -mx ?ptr ~all", want: "v=spf1 +a -mx ?ptr ~all"},
		{name: "case", record: "v=spf1 IP4:192.0.2.1 ALL", want: "v=spf1 ip4:192.0.2.1 all"},
		{name: "lengths", record: "v=spf1 a/0 mx//0 a:b.example/24//64 ip4:192.0.2.0/24 ip6:2001:DB8::/32",
			want: "v=spf1 a/0 mx//0 a:b.example/24//64 ip4:192.0.2.0/24 ip6:2001:db8::/32"},
		{name: "the longest lengths", record: "v=spf1 ip4:192.0.2.1/32 ip6:::1/128 a/32//128", want: "v=spf1 ip4:192.0.2.1/32 ip6:::1/128 a/32//128"},
		{name: "slash in a name", record: "v=spf1 exists:a/24.example", want: "v=spf1 exists:a/24.example"},
		{name: "macros", record: "v=spf1 exists:%{S1R-}.%{ir.}%%%_%-.example", want: "v=spf1 exists:%{S1r-}.%{ir.}%%%_%-.example"},
		{name: "modifiers", record: "v=spf1 Redirect=a.example x-y.z_1=a=b exp=%{d}", want: "v=spf1 redirect=a.example x-y.z_1=a=b exp=%{d}"},
		{name: "macros for explanations in an unknown modifier", record: "v=spf1 foo=%{c}%{R}%{t1r-}", want: "v=spf1 foo=%{c}%{R}%{t1r-}"},
		{name: "modifier without value", record: "v=spf1 foo=", want: "v=spf1 foo="},
		{name: "number over any number of labels", record: "v=spf1 a:%{d99999999999999999999}", want: "v=spf1 a:%{d65536}"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, err := Parse(test.record)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.String(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestIsRecord(t *testing.T) {
	for text, want := range map[string]bool{
		"v=spf1": true, "v=spf1 ": true, "V=SPF1 -all": true, "v=spf1\t-all": false,
		"v=spf10": false, " v=spf1": false, "v=spf": false, "": false,
	} {
		if got := isRecord(text); got != want {
			t.Errorf("isRecord(%q) = %v", text, got)
		}
	}
}

// FuzzParse checks that the canonical text of a record parses to the same record,
// and that an error points into the text.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"a mx ptr include:a.example -all", "exists:%{ir}.%{v}.%{l1r+-}._spf.%{d} redirect=%{o}",
		"ip4:192.0.2.0/24 ip6:2001:db8::/32 a/24//64", "exp=%{d}.%%.%_.%-", "foo=%{y}", "a:%x", "-", "=a", "a:b,",
	} {
		f.Add(Version + " " + s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !isRecord(text) {
			return
		}
		r, err := Parse(text)
		if err != nil {
			e := err.(*SyntaxError)
			at := e.Detail
			if at == "" {
				at = e.Term
			}
			if !strings.HasPrefix(text[e.Offset:], at) {
				t.Fatalf("%q: %q is not at %d", text, at, e.Offset)
			}
			return
		}
		printed := r.String()
		again, err := Parse(printed)
		if err != nil {
			t.Fatalf("%q printed as %q: %v", text, printed, err)
		}
		if got := again.String(); got != printed {
			t.Fatalf("%q printed as %q, and that as %q", text, printed, got)
		}
		for i, term := range r.Terms {
			if term.Source() != text[term.Offset():][:len(term.Source())] {
				t.Fatalf("term %d of %q is not at %d", i, text, term.Offset())
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for _, bm := range []struct{ name, record string }{
		{name: "usual", record: "v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.0/22 include:_spf.example.com include:mail.example.net mx ~all"},
		{name: "64kB", record: "v=spf1" + strings.Repeat(" exists:%{l}.example", 3400)},
		{name: "50kB-label", record: "v=spf1 a:" + strings.Repeat("a", 50000) + ".example"},
	} {
		b.Run(bm.name, func(b *testing.B) {
			b.SetBytes(int64(len(bm.record)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(bm.record); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
