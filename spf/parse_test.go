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
		{"unknown mechanism", "v=spf1 moo -all", UnknownMechanism, "moo", "", 7},
		{"unknown mechanism with arguments", "v=spf1 moo:cow.example/24", UnknownMechanism, "moo:cow.example/24", "", 7},
		{"unknown mechanism behind all", "v=spf1 -all moo", UnknownMechanism, "moo", "", 12},
		{"qualifier alone", "v=spf1 -", UnknownMechanism, "-", "", 7},
		{"two qualifiers", "v=spf1 --all", UnknownQualifier, "--all", "", 7},
		{"qualifier there is not", "v=spf1 =a", UnknownQualifier, "=a", "", 7},
		{"comma", "v=spf1 ip4:192.0.2.1, -all", CommaAfterTerm, "ip4:192.0.2.1,", "", 7},
		{"address for a", "v=spf1 a:192.0.2.1", AddressAsDomain, "a:192.0.2.1", "", 7},
		{"address alone", "v=spf1 192.0.2.1", BareAddress, "192.0.2.1", "", 7},
		{"address alone with length", "v=spf1 -192.0.2.0/24", BareAddress, "-192.0.2.0/24", "", 7},
		{"ip4 without address", "v=spf1 ip4", BadIP4, "ip4", "", 7},
		{"ip4 of three numbers", "v=spf1 ip4:192.0.2", BadIP4, "ip4:192.0.2", "", 7},
		{"ip4 with leading zero", "v=spf1 ip4:192.0.02.1", BadIP4, "ip4:192.0.02.1", "", 7},
		{"ip4 over 255", "v=spf1 ip4:192.0.2.256", BadIP4, "ip4:192.0.2.256", "", 7},
		{"ip4 with empty length", "v=spf1 ip4:192.0.2.1/", BadIP4, "ip4:192.0.2.1/", "", 7},
		{"ip4 with length of leading zero", "v=spf1 ip4:192.0.2.1/08", BadIP4, "ip4:192.0.2.1/08", "", 7},
		{"ip4 length", "v=spf1 ip4:192.0.2.1/33", BadIP4CIDR, "ip4:192.0.2.1/33", "", 7},
		{"ip4 length that overflows", "v=spf1 ip4:192.0.2.1/99999999999999999999", BadIP4CIDR, "ip4:192.0.2.1/99999999999999999999", "", 7},
		{"ip4 with dual length", "v=spf1 ip4:192.0.2.1/24//64", DualCIDR, "ip4:192.0.2.1/24//64", "", 7},
		{"ip6 with an IPv4 address", "v=spf1 ip6:192.0.2.1", BadIP6, "ip6:192.0.2.1", "", 7},
		{"ip6 with zone", "v=spf1 ip6:fe80::1%eth0", BadIP6, "ip6:fe80::1%eth0", "", 7},
		{"ip6 length", "v=spf1 ip6:2001:db8::/129", BadIP6CIDR, "ip6:2001:db8::/129", "", 7},
		{"ip6 with dual length", "v=spf1 ip6:2001:db8::/64//64", DualCIDR, "ip6:2001:db8::/64//64", "", 7},
		{"a length", "v=spf1 a/33", BadIP4CIDR, "a/33", "", 7},
		{"a length for IPv6", "v=spf1 a//129", BadIP6CIDR, "a//129", "", 7},
		{"a with empty length", "v=spf1 a/", UnknownMechanism, "a/", "", 7},
		{"exists with length", "v=spf1 exists:a.example/24", CIDRNotAllowed, "exists:a.example/24", "", 7},
		{"include with length", "v=spf1 include:a.example//24", CIDRNotAllowed, "include:a.example//24", "", 7},
		{"all with length", "v=spf1 -all/24", CIDRNotAllowed, "-all/24", "", 7},
		{"all with argument", "v=spf1 all:a.example", AllWithArgument, "all:a.example", "", 7},
		{"all with empty argument", "v=spf1 all:", AllWithArgument, "all:", "", 7},
		{"exists without name", "v=spf1 exists", ExistsWithoutName, "exists", "", 7},
		{"exists with empty name", "v=spf1 exists:", ExistsWithoutName, "exists:", "", 7},
		{"include without name", "v=spf1 include", IncludeWithoutName, "include", "", 7},
		{"include with empty name", "v=spf1 include:", EmptyDomainSpec, "include:", "", 7},
		{"mx with empty name", "v=spf1 mx:", EmptyDomainSpec, "mx:", "", 7},
		{"mx with empty name and length", "v=spf1 mx:/24", EmptyDomainSpec, "mx:/24", "", 7},
		{"redirect twice", "v=spf1 redirect=a.example REDIRECT=b.example", RepeatedRedirect, "REDIRECT=b.example", "", 26},
		{"exp twice", "v=spf1 exp=a.example exp=a.example", RepeatedExp, "exp=a.example", "", 21},
		{"empty redirect", "v=spf1 redirect=", EmptyRedirect, "redirect=", "", 7},
		{"empty exp", "v=spf1 exp= -all", EmptyExp, "exp=", "", 7},
		{"name of one label", "v=spf1 a:foo", BadDomainSpec, "a:foo", "foo", 9},
		{"name with port", "v=spf1 a:a.example:8080", BadDomainSpec, "a:a.example:8080", "a.example:8080", 9},
		{"top label of digits", "v=spf1 a:foo.123", BadDomainSpec, "a:foo.123", "foo.123", 9},
		{"top label that ends in a hyphen", "v=spf1 a:foo.ex-", BadDomainSpec, "a:foo.ex-", "foo.ex-", 9},
		{"top label that begins with a hyphen", "v=spf1 a:foo.-ex", BadDomainSpec, "a:foo.-ex", "foo.-ex", 9},
		{"two final dots", "v=spf1 a:foo.example..", BadDomainSpec, "a:foo.example..", "foo.example..", 9},
		{"text behind a macro", "v=spf1 a:%{d}example", BadDomainSpec, "a:%{d}example", "%{d}example", 9},
		{"tab in a name", "v=spf1 a:foo\tbar.example", BadCharacter, "a:foo\tbar.example", "foo\tbar.example", 9},
		{"stray percent sign", "v=spf1 a:x%y.example", BadMacro, "a:x%y.example", "x%y", 9},
		{"percent sign at the end", "v=spf1 exists:foo.%", BadDomainSpec, "exists:foo.%", "foo.%", 14},
		{"macro without end", "v=spf1 exists:%{d.example", BadMacro, "exists:%{d.example", "%{d", 14},
		{"macro letter", "v=spf1 exists:%{z}.example", UnknownMacro, "exists:%{z}.example", "%{z}", 14},
		{"macro without letter", "v=spf1 exists:%{}.example", UnknownMacro, "exists:%{}.example", "%{}", 14},
		{"macro with zero digits", "v=spf1 exists:%{d0}.example", UnknownMacro, "exists:%{d0}.example", "%{d0}", 14},
		{"macro with bad delimiter", "v=spf1 exists:%{d;}.example", UnknownMacro, "exists:%{d;}.example", "%{d;}", 14},
		{"macro with transformers swapped", "v=spf1 exists:%{dr1}.example", UnknownMacro, "exists:%{dr1}.example", "%{dr1}", 14},
		{"macro for explanations", "v=spf1 exists:%{C}.example", ExpOnlyMacro, "exists:%{C}.example", "%{C}", 14},
		{"macro in an unknown modifier", "v=spf1 foo=%{y} -all", UnknownMacro, "foo=%{y}", "%{y}", 11},
		{"macro for explanations in redirect", "v=spf1 redirect=%{r}.example", ExpOnlyMacro, "redirect=%{r}.example", "%{r}", 16},
		{"macro for explanations in exp", "v=spf1 exp=%{t}.example", ExpOnlyMacro, "exp=%{t}.example", "%{t}", 11},
		{"transformers of a macro for explanations in an unknown modifier", "v=spf1 foo=%{cx}", UnknownMacro, "foo=%{cx}", "%{cx}", 11},
		{"stray percent sign in an unknown modifier", "v=spf1 foo=a%b.c", BadMacro, "foo=a%b.c", "a%b", 11},
		{"tab in an unknown modifier", "v=spf1 x=a\tb", BadCharacter, "x=a\tb", "a\tb", 9},
		{"record beyond US-ASCII", "v=spf1 a:\xc3\xbc.example", NonASCIIRecord, "", "", 9},
		{"first of two", "v=spf1 moo cow", UnknownMechanism, "moo", "", 7},
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
		{"version alone", "V=SPF1", "v=spf1"},
		{"many spaces", "v=spf1   a   ", "v=spf1 a"},
		{"qualifiers", "v=spf1 +a -mx ?ptr ~all", "v=spf1 +a -mx ?ptr ~all"},
		{"case", "v=spf1 IP4:192.0.2.1 ALL", "v=spf1 ip4:192.0.2.1 all"},
		{"lengths", "v=spf1 a/0 mx//0 a:b.example/24//64 ip4:192.0.2.0/24 ip6:2001:DB8::/32",
			"v=spf1 a/0 mx//0 a:b.example/24//64 ip4:192.0.2.0/24 ip6:2001:db8::/32"},
		{"slash in a name", "v=spf1 exists:a/24.example", "v=spf1 exists:a/24.example"},
		{"macros", "v=spf1 exists:%{S1R-}.%{ir.}%%%_%-.example", "v=spf1 exists:%{S1r-}.%{ir.}%%%_%-.example"},
		{"modifiers", "v=spf1 Redirect=a.example x-y.z_1=a=b exp=%{d}", "v=spf1 redirect=a.example x-y.z_1=a=b exp=%{d}"},
		{"macros for explanations in an unknown modifier", "v=spf1 foo=%{c}%{R}%{t1r-}", "v=spf1 foo=%{c}%{R}%{t1r-}"},
		{"modifier without value", "v=spf1 foo=", "v=spf1 foo="},
		{"numbers over any name", "v=spf1 a:%{d99999999999999999999}", "v=spf1 a:%{d65536}"},
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

// FuzzParse holds that printing a record and parsing that again gives the same
// record, and that an error points into its text.
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
		{"usual", "v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.0/22 include:_spf.example.com include:mail.example.net mx ~all"},
		{"64kB", "v=spf1" + strings.Repeat(" exists:%{l}.example", 3400)},
		{"50kB-label", "v=spf1 a:" + strings.Repeat("a", 50000) + ".example"},
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
