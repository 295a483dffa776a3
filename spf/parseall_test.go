package spf

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func TestParseAll(t *testing.T) {
	for _, test := range []struct {
		name   string
		text   string
		terms  int
		errors []string // offset, kind, detail
	}{
		{name: "valid", text: "v=spf1 a mx -all", terms: 3},
		{name: "no terms", text: "v=spf1"},
		{
			name: "errors in several terms", text: "v=spf1 ipv4:192.0.2.1 a ip4:192.0.2.300  exists: -all", terms: 2,
			errors: []string{`7 UnknownMechanism ""`, `24 BadIP4 ""`, `41 ExistsWithoutName ""`},
		},
		{
			name: "non-ASCII bytes in two terms", text: "v=spf1 a\xa0mx a –all", terms: 1,
			errors: []string{`8 NonASCIIRecord "\xa0"`, `14 NonASCIIRecord "–"`},
		},
		{
			name: "the second redirect", text: "v=spf1 redirect=a.example redirect=b.example", terms: 1,
			errors: []string{`26 RepeatedRedirect ""`},
		},
		{
			name: "a macro within a term", text: "v=spf1 exists:a.%{x}.example include:", terms: 0,
			errors: []string{`16 UnknownMacro "%{x}"`, `29 EmptyDomainSpec ""`},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, errs := ParseAll(test.text, 10)
			var got []string
			for _, e := range errs {
				got = append(got, fmt.Sprintf("%d %s %q", e.Offset, syntaxKindName(e.Kind), e.Detail))
				if !strings.HasPrefix(test.text[e.Offset:], e.Detail) {
					t.Errorf("offset %d is not that of %q", e.Offset, e.Detail)
				}
			}
			if len(r.Terms) != test.terms || !slices.Equal(got, test.errors) {
				t.Errorf("%d terms and %q; want %d and %q", len(r.Terms), got, test.terms, test.errors)
			}
		})
	}
}

// syntaxKindName returns the name of a kind that the test above expects.
func syntaxKindName(k SyntaxKind) string {
	names := map[SyntaxKind]string{
		UnknownMechanism: "UnknownMechanism", BadIP4: "BadIP4", ExistsWithoutName: "ExistsWithoutName", NonASCIIRecord: "NonASCIIRecord",
		RepeatedRedirect: "RepeatedRedirect", UnknownMacro: "UnknownMacro", EmptyDomainSpec: "EmptyDomainSpec",
	}
	return names[k]
}

func TestParseAll_limit(t *testing.T) {
	if _, errs := ParseAll("v=spf1 x y z", 2); len(errs) != 2 || errs[1].Term != "y" {
		t.Errorf("errors: %v", errs)
	}
}

// FuzzParseAll checks ParseAll against Parse: they accept the same records, and
// agree on the first error of an ASCII record.
func FuzzParseAll(f *testing.F) {
	f.Add("v=spf1 ipv4:192.0.2.1 a -all")
	f.Add("v=spf1 redirect=a.example redirect=b.example exp=%{x}")
	f.Fuzz(func(t *testing.T, text string) {
		if !isRecord(text) {
			return
		}
		r, err := Parse(text)
		all, errs := ParseAll(text, len(text))
		if (err == nil) != (len(errs) == 0) {
			t.Fatalf("Parse: %v; ParseAll: %v", err, errs)
		}
		if err == nil {
			if r.String() != all.String() {
				t.Fatalf("Parse: %s; ParseAll: %s", r, all)
			}
			return
		}
		if first := err.(*SyntaxError); first.Kind != NonASCIIRecord && indexNonASCII(text) < 0 && *first != *errs[0] {
			t.Fatalf("Parse: %+v; ParseAll: %+v", first, errs[0])
		}
	})
}

func TestExpandExplanation(t *testing.T) {
	q := Args{IP: netip.MustParseAddr("192.0.2.1"), Domain: "example.org", Sender: "alice@example.org", HELO: "mail.example.org"}
	got, err := ExpandExplanation("%{i} is not one of %{d}'s hosts; see %{r}, %{p}", q, "a.example", "mx.example.net")
	if want := "192.0.2.1 is not one of a.example's hosts; see mx.example.net, unknown"; got != want || err != nil {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	_, err = ExpandExplanation("see %{x}", q, "a.example", "")
	if syntax, ok := err.(*SyntaxError); !ok || syntax.Kind != UnknownMacro || syntax.Offset != 4 || syntax.Detail != "%{x}" {
		t.Errorf("error %v", err)
	}
}
