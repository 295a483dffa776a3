package lint

import (
	"slices"
	"strings"
	"testing"

	"policyd-spf/spf"
)

func TestHint(t *testing.T) {
	for _, test := range []struct{ term, want string }{
		{term: "ipv4:192.0.2.1", want: "ip4:192.0.2.1"},
		{term: "+IPv4:192.0.2.0/24", want: "+ip4:192.0.2.0/24"},
		{term: "ipv6:2001:db8::/32", want: "ip6:2001:db8::/32"},
		{term: "ip:2001:db8::1", want: "ip6:2001:db8::1"},
		{term: "ip4=192.0.2.1", want: "ip4:192.0.2.1"},
		{term: "ip4:2001:db8::1", want: "ip6:2001:db8::1"},
		{term: "ip6:192.0.2.1", want: "ip4:192.0.2.1"},
		{term: "192.0.2.1", want: "ip4:192.0.2.1"},
		{term: "~2001:db8::1", want: "~ip6:2001:db8::1"},
		{term: "a:192.0.2.1", want: "ip4:192.0.2.1"},
		{term: "include:192.0.2.1", want: "ip4:192.0.2.1"},
		{term: "ip4:192.0.2.0/255.255.255.0", want: "ip4:192.0.2.0/24"},
		{term: "ip4:192.0.2.1,", want: "ip4:192.0.2.1"},
		{term: "include=spf.example.com", want: "include:spf.example.com"},
		{term: "include::spf.example.com", want: "include:spf.example.com"},
		{term: "include:https://www.example.com/mail?x", want: "include:www.example.com"},
		{term: "a:http://user@example.com:8080/", want: "a:example.com"},
		{term: "include:spf.example.com;", want: "include:spf.example.com"},
		{term: "redirect:example.com", want: "redirect=example.com"},
		{term: "rediret=example.com", want: "redirect=example.com"},
		{term: "inlcude:example.com", want: "include:example.com"},
		{term: "incude:example.com", want: "include:example.com"},
		{term: "exp:example.com", want: "exp=example.com"},
		{term: "–all", want: "-all"},
		{term: "—all", want: "-all"},
		{term: "\x96all", want: "-all"},
		{term: "−all", want: "-all"},
		{term: "-all\xa0", want: "-all"},
		{term: "\x93-all\x94", want: "-all"},
		{term: "--all", want: "-all"},
		{term: "-all.", want: "-all"},
		{term: "-all;", want: "-all"},
		{term: `-all"`, want: "-all"},
		{term: "~all”", want: "~all"},
		{term: "\u200b-all", want: "-all"},

		{term: "ip4.192.0.2.1", want: "ip4:192.0.2.1"},
		{term: "ip4:192.0.2/24", want: "ip4:192.0.2.0/24"},
		{term: "ip4:192.0.2.", want: "ip4:192.0.2.0/24"},
		{term: "ip4:192.0.2.*", want: "ip4:192.0.2.0/24"},
		{term: "ip4:192.0.2.0-192.0.2.255", want: "ip4:192.0.2.0/24"},
		{term: "ip4:192.000.002.001", want: "ip4:192.0.2.1"},
		{term: "ip4:192.0.2.1:25", want: "ip4:192.0.2.1"},
		{term: "ip4:192.0.2.1/", want: "ip4:192.0.2.1"},
		{term: "ip4:\"192.0.2.1\"", want: "ip4:192.0.2.1"},
		{term: "ip4:[192.0.2.1]", want: "ip4:192.0.2.1"},
		{term: "include:spf.example.com/24", want: "include:spf.example.com"},
		{term: "include:spf.example.com/", want: "include:spf.example.com"},
		{term: "include:https://spf.example.com", want: "include:spf.example.com"},
		{term: "redirect=https://spf.example.com", want: "redirect=spf.example.com"},
		{term: "~al", want: "~all"},
		{term: "-alll", want: "-all"},
		{term: "mx.", want: "mx"},
		{term: "-all/24", want: "-all"},

		{term: "ip4:192.0.2.0-192.0.2.7-1", want: ""},
		{term: "ip4:192.0.2.1-192.0.2.7", want: "ip4:192.0.2.1 ip4:192.0.2.2/31 ip4:192.0.2.4/30"},
		{term: "~ip4:192.0.2.8-15", want: "~ip4:192.0.2.8/29"},
		{term: "ip4:192.0.2.9-8", want: ""},
		{term: "ip4:192.0.2.1-192.0.200.7", want: ""},
		{term: "ip4;192.0.2.1", want: "ip4:192.0.2.1"},
		{term: "ip4,192.0.2.1", want: "ip4:192.0.2.1"},
		{term: "ip4192.0.2.1", want: "ip4:192.0.2.1"},
		{term: "-ip4192.0.2.0/24", want: "-ip4:192.0.2.0/24"},
		{term: "include.spf.example.com", want: "include:spf.example.com"},
		{term: "include;spf.example.com", want: "include:spf.example.com"},
		{term: "redirect.example.com", want: "redirect=example.com"},
		{term: "ip4:ip4:192.0.2.1", want: "ip4:192.0.2.1"},
		{term: "include:include:example.com", want: "include:example.com"},
		{term: "-include:ip4:192.0.2.1", want: "-ip4:192.0.2.1"},
		{term: "ip4:192.0.2.0\\24", want: "ip4:192.0.2.0/24"},
		{term: "ip4:192.0.2.0/024", want: "ip4:192.0.2.0/24"},
		{term: "ip4:0.0.0.0/00", want: "ip4:0.0.0.0/0"},
		{term: "ip4:192.0.2.0/33"},
		{term: "ip4:mail.example.com", want: "a:mail.example.com"},
		{term: "-ip4:mail.example.com/24", want: "-a:mail.example.com/24"},
		{term: "ip4:localhost"},
		{term: "ip4:192.0.2.x", want: "ip4:192.0.2.0/24"},
		{term: "ip4:192.0.X.X", want: "ip4:192.0.0.0/16"},
		{term: "ip4:192.0.2.0/-1"},
		{term: "a/24/64", want: "a/24//64"},
		{term: "~mx:example.com/24/64", want: "~mx:example.com/24//64"},
		{term: "ip6:[2001:db8::1]:25", want: "ip6:2001:db8::1"},
		{term: "ip6:2001:db8/32", want: "ip6:2001:db8::/32"},
		{term: "ip6:2001:db8:::1", want: "ip6:2001:db8::1"},
		{term: "ip6:2001:db8:1:2:3:4:5:6:7"},
		{term: "-all:", want: "-all"},
		{term: "-all=", want: "-all"},
		{term: "-all**", want: "-all"},
		{term: "include:spf\u2010eu.example.com", want: "include:spf-eu.example.com"},
		{term: "include:bücher.example", want: "include:xn--bcher-kva.example"},
		{term: "a:bücher.example/24", want: "a:xn--bcher-kva.example/24"},
		{term: "exists:%i.example.com", want: "exists:%{i}.example.com"},
		{term: "exists:%(ir).example.com", want: "exists:%{ir}.example.com"},
		{term: "exists:%{i.example.com", want: "exists:%{i}.example.com"},
		{term: "exists:${i}._spf.%{d2}", want: "exists:%{i}._spf.%{d2}"},
		{term: "exists:{i}.{d}.example.com", want: "exists:%{i}.%{d}.example.com"},
		{term: "exists:%{i}.%%.%_.%d.example.com", want: "exists:%{i}.%%.%_.%{d}.example.com"},
		{term: "include:50%.example.com"},
		{term: "include:%include.example.com"},
		{term: "all-", want: "-all"},
		{term: "ALL~", want: "~ALL"},
		{term: "all–", want: "-all"},
		{term: "all-;", want: "-all"},
		{term: "ip4:192.0.2.1,192.0.2.2", want: "ip4:192.0.2.1 ip4:192.0.2.2"},
		{term: "ip4:192.0.2.1,ip6:2001:db8::1,-all", want: "ip4:192.0.2.1 ip6:2001:db8::1 -all"},
		{term: "ip6:2001:db8::1;2001:db8::2", want: "ip6:2001:db8::1 ip6:2001:db8::2"},
		{term: "include:a.example,b.example", want: "include:a.example include:b.example"},
		{term: "~a:a.example,b.example", want: "~a:a.example ~a:b.example"},
		{term: "include=a.example,b.example", want: "include:a.example include:b.example"},
		{term: "ip4:192.0.2.1ip4:192.0.2.2", want: "ip4:192.0.2.1 ip4:192.0.2.2"},
		{term: "ip4:192.0.2.1+ip4:192.0.2.2~all", want: "ip4:192.0.2.1 +ip4:192.0.2.2 ~all"},
		{term: "ip4:192.0.2.0/24include:a.example", want: "ip4:192.0.2.0/24 include:a.example"},
		{term: "ip4:192.0.2.1-all", want: "ip4:192.0.2.1 -all"},
		{term: "ip4:192.0.2.1\n-all", want: "ip4:192.0.2.1 -all"},
		{term: "~allv=spf1", want: "~all"},
		{term: "_all", want: "-all"},
		{term: "%all", want: ""},
		{term: "=all", want: ""},
		{term: "*all", want: ""},
		{term: "include:user@mail.example", want: "include:mail.example"},
		{term: "-a:mail..example/24", want: "-a:mail.example/24"},
		{term: "mx,hello", want: ""},
		{term: "ip4:192.0.2.1,300", want: ""},
		{term: "v=spf1v=spf1", want: ""},

		{term: "hello"},
		{term: "hello:world"},
		{term: "foo=bar"},
		{term: "include-x=b.example"},
		{term: "ip4:192.0.2.300"},
		{term: ""},
	} {
		t.Run(test.term, func(t *testing.T) {
			got, ok := Hint(test.term)
			if got != test.want || ok != (test.want != "") {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestFindNearMiss(t *testing.T) {
	for _, test := range []struct {
		name, text string
		kind       NearMissKind
		fault      string // the part of the text
		want       string
	}{
		{name: "leading space", text: " v=spf1 a -all", kind: TextBeforeVersion, fault: " ", want: "v=spf1 a -all"},
		{name: "leading tab", text: "\tv=spf1 a -all", kind: TextBeforeVersion, fault: "\t", want: "v=spf1 a -all"},
		{name: "tab after the version", text: "v=spf1\ta -all", kind: NoSpaceAfterVersion, fault: "\t", want: "v=spf1 a -all"},
		{name: "no-break space after the version", text: "v=spf1\u00a0a -all", kind: NoSpaceAfterVersion, fault: "\u00a0", want: "v=spf1 a -all"},
		{name: "a no-break space in Latin 1", text: "v=spf1\xa0a -all", kind: NoSpaceAfterVersion, fault: "\xa0", want: "v=spf1 a -all"},
		{name: "quotes", text: `"v=spf1 a -all"`, kind: QuoteBeforeVersion, fault: `"`, want: "v=spf1 a -all"},
		{name: "escaped quotes", text: `\"v=spf1 a -all\"`, kind: QuoteBeforeVersion, fault: `\"`, want: "v=spf1 a -all"},
		{name: "typographic quotes", text: "“v=spf1 a -all”", kind: QuoteBeforeVersion, fault: "“", want: "v=spf1 a -all"},
		{name: "byte order mark", text: "\ufeffv=spf1 a -all", kind: BOMBeforeVersion, fault: "\ufeff", want: "v=spf1 a -all"},
		{name: "semicolon", text: "v=spf1; a; -all", kind: NoSpaceAfterVersion, fault: ";", want: "v=spf1 a -all"},
		{name: "semicolon at the end", text: "v=spf1;", kind: NoSpaceAfterVersion, fault: ";", want: "v=spf1"},
		{name: "comma", text: "v=spf1,a,-all", kind: NoSpaceAfterVersion, fault: ",", want: "v=spf1 a -all"},
		{name: "no space", text: "v=spf1include:example.com -all", kind: NoSpaceAfterVersion, fault: "i", want: "v=spf1 include:example.com -all"},
		{name: "no space before all", text: "v=spf1-all", kind: NoSpaceAfterVersion, fault: "-", want: "v=spf1 -all"},
		{name: "no v", text: "spf1 a -all", kind: WrongVersion, fault: "spf1", want: "v=spf1 a -all"},
		{name: "no v, but an equals sign", text: "spf=1 a -all", kind: WrongVersion, fault: "spf=1", want: "v=spf1 a -all"},
		{name: "a space in the version", text: "v=spf 1 a -all", kind: WrongVersion, fault: "v=spf 1", want: "v=spf1 a -all"},
		{name: "spaces in the version", text: "v = spf1 a -all", kind: WrongVersion, fault: "v = spf1", want: "v=spf1 a -all"},
		{name: "no 1", text: "v=spf a -all", kind: WrongVersion, fault: "v=spf", want: "v=spf1 a -all"},
		{name: "version 2", text: "v=spf2 include:example.com ~all", kind: WrongVersion, fault: "v=spf2", want: "v=spf1 include:example.com ~all"},
		{name: "a colon", text: "v:spf1 mx -all", kind: WrongVersion, fault: "v:spf1", want: "v=spf1 mx -all"},
		{name: "swapped letters", text: "v=sfp1 mx -all", kind: WrongVersion, fault: "v=sfp1", want: "v=spf1 mx -all"},
		{name: "no version", text: "include:example.com ~all", kind: NoVersion, want: "v=spf1 include:example.com ~all"},
		{name: "text before it", text: "SPF: v=spf1 mx -all", kind: TextBeforeVersion, fault: "SPF: ", want: "v=spf1 mx -all"},
		{name: "a version with a fraction", text: "v=spf1.0 mx -all", kind: WrongVersion, fault: "v=spf1.0", want: "v=spf1 mx -all"},
		{name: "an invisible character in the version", text: "v=\u200bspf1 mx -all", kind: WrongVersion, fault: "v=\u200bspf1", want: "v=spf1 mx -all"},
		{name: "an equals sign after the version", text: "v=spf1= mx -all", kind: NoSpaceAfterVersion, fault: "=", want: "v=spf1 mx -all"},
		{name: "spaces of a URL", text: "v=spf1%20mx%20-all", kind: NoSpaceAfterVersion, fault: "%", want: "v=spf1 mx -all"},
		{name: "bold", text: "**v=spf1 mx -all**", kind: TextBeforeVersion, fault: "**", want: "v=spf1 mx -all"},
		{name: "a term that nobody understands", text: " v=spf1 foo -all", kind: TextBeforeVersion, fault: " ", want: ""},
		{name: "spaces within terms", text: "v=spf1; include : b.example ip4:192.0.2.0 /24 -all", kind: NoSpaceAfterVersion, fault: ";", want: "v=spf1 include:b.example ip4:192.0.2.0/24 -all"},
		{name: "a letter for the number", text: "v=spfl mx -all", kind: WrongVersion, fault: "v=spfl", want: "v=spf1 mx -all"},
		{name: "a missing letter", text: "v=sp1 mx -all", kind: WrongVersion, fault: "v=sp1", want: "v=spf1 mx -all"},
		{name: "nothing before the equals sign", text: "=spf1 mx -all", kind: WrongVersion, fault: "=spf1", want: "v=spf1 mx -all"},
		{name: "a hyphen alone", text: "v=spf1; mx - all", kind: NoSpaceAfterVersion, fault: ";", want: "v=spf1 mx -all"},
		{name: "a space after a colon", text: " v=spf1 include: example.com ~ all", kind: TextBeforeVersion, fault: " ", want: "v=spf1 include:example.com ~all"},
		{name: "other slips", text: " v=spf1 ipv4:192.0.2.1 –all", kind: TextBeforeVersion, fault: " ", want: "v=spf1 ip4:192.0.2.1 -all"},
		{name: "upper case", text: " V=SPF1 A -ALL", kind: TextBeforeVersion, fault: " ", want: "v=spf1 A -ALL"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, ok := FindNearMiss(test.text)
			if !ok {
				t.Fatal("not found")
			}
			if fault := got.Text[got.Offset : got.Offset+got.Length]; got.Kind != test.kind || fault != test.fault || got.Meant != test.want {
				t.Errorf("kind %d, %q, meant %q; want %d, %q, %q", got.Kind, fault, got.Meant, test.kind, test.fault, test.want)
			}
		})
	}
}

func TestFindNearMiss_none(t *testing.T) {
	for _, text := range []string{
		"", "v=spf1", "v=spf1 a -all", "V=SPF1 -all", "v=spf10 a -all", "spf2.0/pra a -all", "spf2.0/mfrom,pra include:example.com ~all",
		"v=DMARC1; p=none", "v=DKIM1; k=rsa; p=MIGf", "google-site-verification=abc", "spf", "spf1", "we have an spf record", "MS=ms123", "all",
		"a mx", "SPF 1 is a mechanism of old", "v=STSv1; id=1", "v=BIMI1; l=https://example.com/a.svg", "v=spf a text about mail", strings.Repeat(" ", maxNearMissText+1) + "v=spf1 -all",
	} {
		t.Run(text[:min(len(text), 40)], func(t *testing.T) {
			if miss, ok := FindNearMiss(text); ok {
				t.Errorf("found: %+v", miss)
			}
		})
	}
}

// Of the records of a domain without an SPF record, the audit finds those that were meant
// as one.
func TestDomain_nearMisses(t *testing.T) {
	for _, test := range []struct {
		name, zone string
		kind       NearMissKind
		want       string
	}{
		{name: "no quotation marks in the zone file", zone: "a TXT v=spf1 mx -all", kind: SplitStrings, want: "v=spf1 mx -all"},
		{name: "single quotation marks in the zone file", zone: "a TXT 'v=spf1 mx -all'", kind: SplitStrings, want: "v=spf1 mx -all"},
		{name: "a string for each term", zone: `a TXT "v=spf1" "ipv4:192.0.2.1" "-all"`, kind: SplitStrings, want: "v=spf1 ip4:192.0.2.1 -all"},
		{name: "one string", zone: `a TXT "v=spf1-all"`, kind: NoSpaceAfterVersion, want: "v=spf1 -all"},
		{name: "type SPF", zone: `a SPF "v=spf1 mx " "-all"`, kind: ObsoleteType, want: "v=spf1 mx -all"},
		{name: "at _spf", zone: `_spf.a TXT "v=spf1 mx -all"`, kind: OtherName, want: "v=spf1 redirect=_spf.a.example"},
		{name: "at www", zone: `www.a TXT "v=spf1 mx -all"`, kind: OtherName, want: "v=spf1 redirect=www.a.example"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := Domain(t.Context(), testZone(t, test.zone), "a.example", spf.DefaultLimits())
			if got := s.Records[0].NearMisses; len(got) != 1 || got[0].Kind != test.kind || got[0].Meant != test.want {
				t.Errorf("got %+v", got)
			}
			if s.Findings[0].Kind != NoRecord || s.Findings[1].Kind != NotARecord {
				t.Errorf("findings: %v", s.Findings)
			}
		})
	}
}

// A record of type SPF beside one of type TXT is what RFC 4408 asked for.
func TestDomain_obsoleteTypeToo(t *testing.T) {
	s := Domain(t.Context(), testZone(t, "a SPF \"v=spf1 -all\"\na TXT \"v=spf1 -all\""), "a.example", spf.DefaultLimits())
	if len(s.Findings) > 0 {
		t.Errorf("findings: %v", s.Findings)
	}
}

// FuzzFindNearMiss: what is meant is an SPF record, and the fault is in the text.
func FuzzFindNearMiss(f *testing.F) {
	f.Add("\ufeffv=spf1; ipv4:192.0.2.1 –all")
	f.Add("spf = 1 a:http://example.com/ ~all.")
	f.Fuzz(func(t *testing.T, text string) {
		miss, ok := FindNearMiss(text)
		if !ok {
			return
		}
		if miss.Meant != "" && !isValidRecord(miss.Meant) {
			t.Errorf("%q is not a valid record", miss.Meant)
		}
		if miss.Offset < 0 || miss.Length < 0 || miss.Offset+miss.Length > len(text) {
			t.Errorf("the fault is at %d, %d long", miss.Offset, miss.Length)
		}
	})
}

// Spaces within a term make one mistake of it.
func TestFindSlips_spaces(t *testing.T) {
	for _, test := range []struct{ record, want string }{
		{record: "v=spf1 mx - all", want: "- → -all"},
		{record: "v=spf1 mx \u2013 all", want: "\u2013 → -all"},
		{record: "v=spf1 include: b.example -all", want: "include: → include:b.example"},
		{record: "v=spf1 include :b.example -all", want: "include → include:b.example"},
		{record: "v=spf1 include : b.example -all", want: "include → include:b.example"},
		{record: "v=spf1 include b.example -all", want: "include → include:b.example"},
		{record: "v=spf1 ipv4 : 192.0.2.1 -all", want: "ipv4 → ip4:192.0.2.1"},
		{record: "v=spf1 ip4 192.0.2.1 ip6 2001:db8::1 -all", want: "ip4 → ip4:192.0.2.1, ip6 → ip6:2001:db8::1"},
		{record: "v=spf1 ip4:192.0.2.0 /24 mx / 24 -all", want: "/24 → ip4:192.0.2.0/24, / → mx/24"},
		{record: "v=spf1 redirect = b.example", want: "redirect → redirect=b.example"},
		{record: "v=spf1 redirect b.example", want: "redirect → redirect=b.example"},
		{record: "v=spf1 include= b.example -all", want: "b.example → include:b.example"},
		{record: "v=spf1 a b.example mx -all", want: "b.example → a:b.example"},
		{record: "v=spf1 mx 192.0.2.1 -all", want: "192.0.2.1 → ip4:192.0.2.1"},
		{record: "v=spf1 include include:b.example -all"},
		{record: "v=spf1 a:http://b.example/ ip4:192.0.2.300 -all", want: "a:http://b.example/ → a:b.example"},
		{record: "v=spf1 include: ipv4:192.0.2.1 -all", want: "ipv4:192.0.2.1 → ip4:192.0.2.1"},
		{record: "v=spf1 b.example -all"},
		{record: "v=spf1 mx - -all", want: ""},
		{record: "v=spf1 include:spf. b.example -all", want: "include:spf. → include:spf.b.example"},
		{record: "v=spf1 include:spf.mail. b.example -all", want: "b.example → include:spf.mail.b.example"},
		{record: "v=spf1 include:spf .b.example -all", want: "include:spf → include:spf.b.example"},
		{record: "v=spf1 a/ mx/ -all", want: "a/ → a, mx/ → mx"},
		{record: "v=spf1 ++a ~~mx ??all", want: "++a → +a, ~~mx → ~mx, ??all → ?all"},
	} {
		t.Run(test.record, func(t *testing.T) {
			var got []string
			for _, s := range FindSlips(test.record) {
				if !strings.HasPrefix(test.record[s.Offset:], s.Term) {
					t.Errorf("%d is not the offset of %q", s.Offset, s.Term)
				}
				got = append(got, s.Term+" → "+s.Meant)
			}
			if text := strings.Join(got, ", "); text != test.want {
				t.Errorf("got  %s\nwant %s", text, test.want)
			}
		})
	}
}

// FuzzFindSlips: what is meant are valid terms, and the slip is in the record.
func FuzzFindSlips(f *testing.F) {
	f.Add("ipv4 : 192.0.2.1 - all mx/24/64 exists:%(i.x include;a.example,b.example ip4:192.0.2.1-9")
	f.Add("a:http://b\u00fc.example:25/ \x96all {i} %{ ${ % ip6:[::1]:25 ip4:x.1/024\\\\ --")
	f.Fuzz(func(t *testing.T, terms string) {
		text := spf.Version + " " + terms
		for _, s := range FindSlips(text) {
			if !strings.HasPrefix(text[s.Offset:], s.Term) {
				t.Errorf("%d is not the offset of %q", s.Offset, s.Term)
			}
			for _, term := range strings.Fields(s.Meant) {
				if !isTerm(term) {
					t.Errorf("%q: %q is not a valid term", s.Term, term)
				}
			}
		}
	})
}

func TestFindSlips(t *testing.T) {
	if slips := FindSlips("v=spf1 include: include:b.example -all"); len(slips) != 0 {
		t.Errorf("got %v for a target that is missing", slips)
	}
	const text = "v=spf1 ip4: 192.0.2.1 include=b.example mx rediret=c.example foo=bar – all"
	var got []string
	for _, s := range FindSlips(text) {
		if !strings.HasPrefix(text[s.Offset:], s.Term) {
			t.Errorf("%d is not the offset of %q", s.Offset, s.Term)
		}
		got = append(got, s.Term+" "+s.Meant)
	}
	want := []string{"ip4: ip4:192.0.2.1", "include=b.example include:b.example", "rediret=c.example redirect=c.example", "– -all"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
