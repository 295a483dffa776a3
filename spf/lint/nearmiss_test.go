package lint

import (
	"slices"
	"strings"
	"testing"

	"policyd-spf/spf"
)

func TestHint(t *testing.T) {
	for _, test := range []struct{ term, want string }{
		{"ipv4:192.0.2.1", "ip4:192.0.2.1"},
		{"+IPv4:192.0.2.0/24", "+ip4:192.0.2.0/24"},
		{"ipv6:2001:db8::/32", "ip6:2001:db8::/32"},
		{"ip:2001:db8::1", "ip6:2001:db8::1"},
		{"ip4=192.0.2.1", "ip4:192.0.2.1"},
		{"ip4:2001:db8::1", "ip6:2001:db8::1"},
		{"ip6:192.0.2.1", "ip4:192.0.2.1"},
		{"192.0.2.1", "ip4:192.0.2.1"},
		{"~2001:db8::1", "~ip6:2001:db8::1"},
		{"a:192.0.2.1", "ip4:192.0.2.1"},
		{"include:192.0.2.1", "ip4:192.0.2.1"},
		{"ip4:192.0.2.0/255.255.255.0", "ip4:192.0.2.0/24"},
		{"ip4:192.0.2.1,", "ip4:192.0.2.1"},
		{"include=spf.example.com", "include:spf.example.com"},
		{"include::spf.example.com", "include:spf.example.com"},
		{"include:https://www.example.com/mail?x", "include:www.example.com"},
		{"a:http://user@example.com:8080/", "a:example.com"},
		{"include:spf.example.com;", "include:spf.example.com"},
		{"redirect:example.com", "redirect=example.com"},
		{"rediret=example.com", "redirect=example.com"},
		{"inlcude:example.com", "include:example.com"},
		{"incude:example.com", "include:example.com"},
		{"exp:example.com", "exp=example.com"},
		{"–all", "-all"},
		{"—all", "-all"},
		{"\x96all", "-all"},
		{"−all", "-all"},
		{"-all\xa0", "-all"},
		{"\x93-all\x94", "-all"},
		{"--all", "-all"},
		{"-all.", "-all"},
		{"-all;", "-all"},
		{`-all"`, "-all"},
		{"~all”", "~all"},
		{"\u200b-all", "-all"},

		{"ip4.192.0.2.1", "ip4:192.0.2.1"},
		{"ip4:192.0.2/24", "ip4:192.0.2.0/24"},
		{"ip4:192.0.2.", "ip4:192.0.2.0/24"},
		{"ip4:192.0.2.*", "ip4:192.0.2.0/24"},
		{"ip4:192.0.2.0-192.0.2.255", "ip4:192.0.2.0/24"},
		{"ip4:192.000.002.001", "ip4:192.0.2.1"},
		{"ip4:192.0.2.1:25", "ip4:192.0.2.1"},
		{"ip4:192.0.2.1/", "ip4:192.0.2.1"},
		{"ip4:\"192.0.2.1\"", "ip4:192.0.2.1"},
		{"ip4:[192.0.2.1]", "ip4:192.0.2.1"},
		{"include:spf.example.com/24", "include:spf.example.com"},
		{"include:spf.example.com/", "include:spf.example.com"},
		{"include:https://spf.example.com", "include:spf.example.com"},
		{"redirect=https://spf.example.com", "redirect=spf.example.com"},
		{"~al", "~all"},
		{"-alll", "-all"},
		{"mx.", "mx"},
		{"-all/24", "-all"},

		{"ip4:192.0.2.0-192.0.2.7-1", ""},
		{"ip4:192.0.2.1-192.0.2.7", ""},
		{"all-", "-all"},
		{"ALL~", "~ALL"},
		{"all–", "-all"},
		{"all-;", "-all"},
		{"ip4:192.0.2.1,192.0.2.2", "ip4:192.0.2.1 ip4:192.0.2.2"},
		{"ip4:192.0.2.1,ip6:2001:db8::1,-all", "ip4:192.0.2.1 ip6:2001:db8::1 -all"},
		{"ip6:2001:db8::1;2001:db8::2", "ip6:2001:db8::1 ip6:2001:db8::2"},
		{"include:a.example,b.example", "include:a.example include:b.example"},
		{"~a:a.example,b.example", "~a:a.example ~a:b.example"},
		{"include=a.example,b.example", "include:a.example include:b.example"},
		{"ip4:192.0.2.1ip4:192.0.2.2", "ip4:192.0.2.1 ip4:192.0.2.2"},
		{"ip4:192.0.2.1+ip4:192.0.2.2~all", "ip4:192.0.2.1 +ip4:192.0.2.2 ~all"},
		{"ip4:192.0.2.0/24include:a.example", "ip4:192.0.2.0/24 include:a.example"},
		{"ip4:192.0.2.1-all", "ip4:192.0.2.1 -all"},
		{"ip4:192.0.2.1\n-all", "ip4:192.0.2.1 -all"},
		{"~allv=spf1", "~all"},
		{"_all", "-all"},
		{"%all", ""},
		{"=all", ""},
		{"*all", ""},
		{"include:user@mail.example", "include:mail.example"},
		{"-a:mail..example/24", "-a:mail.example/24"},
		{"mx,hello", ""},
		{"ip4:192.0.2.1,300", ""},
		{"v=spf1v=spf1", ""},

		{"hello", ""},
		{"hello:world", ""},
		{"foo=bar", ""},
		{"ip4:192.0.2.300", ""},
		{"", ""},
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
		{"leading space", " v=spf1 a -all", TextBeforeVersion, " ", "v=spf1 a -all"},
		{"leading tab", "\tv=spf1 a -all", TextBeforeVersion, "\t", "v=spf1 a -all"},
		{"tab after the version", "v=spf1\ta -all", NoSpaceAfterVersion, "\t", "v=spf1 a -all"},
		{"no-break space after the version", "v=spf1\u00a0a -all", NoSpaceAfterVersion, "\u00a0", "v=spf1 a -all"},
		{"a no-break space in Latin 1", "v=spf1\xa0a -all", NoSpaceAfterVersion, "\xa0", "v=spf1 a -all"},
		{"quotes", `"v=spf1 a -all"`, QuoteBeforeVersion, `"`, "v=spf1 a -all"},
		{"escaped quotes", `\"v=spf1 a -all\"`, QuoteBeforeVersion, `\"`, "v=spf1 a -all"},
		{"typographic quotes", "“v=spf1 a -all”", QuoteBeforeVersion, "“", "v=spf1 a -all"},
		{"byte order mark", "\ufeffv=spf1 a -all", BOMBeforeVersion, "\ufeff", "v=spf1 a -all"},
		{"semicolon", "v=spf1; a; -all", NoSpaceAfterVersion, ";", "v=spf1 a -all"},
		{"semicolon at the end", "v=spf1;", NoSpaceAfterVersion, ";", "v=spf1"},
		{"comma", "v=spf1,a,-all", NoSpaceAfterVersion, ",", "v=spf1 a -all"},
		{"no space", "v=spf1include:example.com -all", NoSpaceAfterVersion, "i", "v=spf1 include:example.com -all"},
		{"no space before all", "v=spf1-all", NoSpaceAfterVersion, "-", "v=spf1 -all"},
		{"no v", "spf1 a -all", WrongVersion, "spf1", "v=spf1 a -all"},
		{"no v, but an equals sign", "spf=1 a -all", WrongVersion, "spf=1", "v=spf1 a -all"},
		{"a space in the version", "v=spf 1 a -all", WrongVersion, "v=spf 1", "v=spf1 a -all"},
		{"spaces in the version", "v = spf1 a -all", WrongVersion, "v = spf1", "v=spf1 a -all"},
		{"no 1", "v=spf a -all", WrongVersion, "v=spf", "v=spf1 a -all"},
		{"version 2", "v=spf2 include:example.com ~all", WrongVersion, "v=spf2", "v=spf1 include:example.com ~all"},
		{"a colon", "v:spf1 mx -all", WrongVersion, "v:spf1", "v=spf1 mx -all"},
		{"swapped letters", "v=sfp1 mx -all", WrongVersion, "v=sfp1", "v=spf1 mx -all"},
		{"no version", "include:example.com ~all", NoVersion, "", "v=spf1 include:example.com ~all"},
		{"text before it", "SPF: v=spf1 mx -all", TextBeforeVersion, "SPF: ", "v=spf1 mx -all"},
		{"a version with a fraction", "v=spf1.0 mx -all", WrongVersion, "v=spf1.0", "v=spf1 mx -all"},
		{"a letter for the number", "v=spfl mx -all", WrongVersion, "v=spfl", "v=spf1 mx -all"},
		{"a missing letter", "v=sp1 mx -all", WrongVersion, "v=sp1", "v=spf1 mx -all"},
		{"nothing before the equals sign", "=spf1 mx -all", WrongVersion, "=spf1", "v=spf1 mx -all"},
		{"a hyphen alone", "v=spf1; mx - all", NoSpaceAfterVersion, ";", "v=spf1 mx -all"},
		{"a space after a colon", " v=spf1 include: example.com ~ all", TextBeforeVersion, " ", "v=spf1 include:example.com ~all"},
		{"other slips", " v=spf1 ipv4:192.0.2.1 –all", TextBeforeVersion, " ", "v=spf1 ip4:192.0.2.1 -all"},
		{"upper case", " V=SPF1 A -ALL", TextBeforeVersion, " ", "v=spf1 A -ALL"},
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

// FuzzFindNearMiss: what is meant is an SPF record, and the fault is in the text.
func FuzzFindNearMiss(f *testing.F) {
	f.Add("\ufeffv=spf1; ipv4:192.0.2.1 –all")
	f.Add("spf = 1 a:http://example.com/ ~all.")
	f.Fuzz(func(t *testing.T, text string) {
		miss, ok := FindNearMiss(text)
		if !ok {
			return
		}
		if _, n := spf.SelectRecord(txtAnswer(miss.Meant)); n != 1 {
			t.Errorf("%q is no record", miss.Meant)
		}
		if miss.Offset < 0 || miss.Length < 0 || miss.Offset+miss.Length > len(text) {
			t.Errorf("the fault is at %d, %d long", miss.Offset, miss.Length)
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
