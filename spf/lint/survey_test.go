package lint

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// surveyZone makes a zone of lines below example.
func surveyZone(t *testing.T, lines string) *dns.Zone {
	t.Helper()
	z, err := dns.ParseZone(strings.NewReader("$ORIGIN example.\n$TTL 300\n@ SOA ns hostmaster 1 3600 600 86400 300\n"+lines), "", "zone")
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestSurveyFindings(t *testing.T) {
	tests := []struct {
		name string
		zone string
		want []string // kind and term, or name
	}{
		{"nothing", `a TXT "v=spf1 ip4:192.0.2.0/24 -all"`, nil},
		{"no record", `b TXT "v=spf1 -all"`, []string{"no-record"}},
		{"several records", "a TXT \"v=spf1 -all\"\na TXT \"v=spf1 ~all\"", []string{"several-records"}},
		{"syntax error", `a TXT "v=spf1 ipv4:192.0.2.1 -all"`, []string{"syntax-error"}},
		{"syntax error in an include", "a TXT \"v=spf1 include:b.example -all\"\nb TXT \"v=spf1 mx: -all\"", []string{"syntax-error"}},
		{"include of itself", `a TXT "v=spf1 include:a.example -all"`, []string{"loop include:a.example"}},
		{"loop by way of another", "a TXT \"v=spf1 include:b.example -all\"\nb TXT \"v=spf1 redirect=a.example\"", []string{"loop redirect=a.example"}},
		{"include without record", `a TXT "v=spf1 include:b.example -all"`, []string{"include-no-record include:b.example"}},
		{"redirect without record", `a TXT "v=spf1 redirect=b.example"`, []string{"redirect-no-record redirect=b.example"}},
		{"a name whose servers do not answer", "a TXT \"v=spf1 include:b.down.example mx:down.example -all\"\ndown NS ns.down",
			[]string{"dns-error mx:down.example", "dns-error b.down.example"}},
		{"+all", `a TXT "v=spf1 +all"`, []string{"pass-all +all"}},
		{"the whole Internet in another way", `a TXT "v=spf1 ip4:0.0.0.0/0 -all"`, []string{"pass-all ip4:0.0.0.0/0"}},
		{"?all", `a TXT "v=spf1 ?all"`, []string{"neutral-all ?all"}},
		{"?all behind a redirect", "a TXT \"v=spf1 redirect=b.example\"\nb TXT \"v=spf1 ?all\"", []string{"neutral-all ?all"}},
		{"?all in an include", "a TXT \"v=spf1 include:b.example -all\"\nb TXT \"v=spf1 ip4:192.0.2.1 ?all\"", nil},
		{"neither all nor redirect", `a TXT "v=spf1 ip4:192.0.2.1"`, []string{"no-end"}},
		{"wide networks", `a TXT "v=spf1 ip4:10.0.0.0/15 ip4:10.0.0.0/16 ip6:2001:db8::/31 ip6:2001:db8::/32 -all"`,
			[]string{"wide-network ip4:10.0.0.0/15", "wide-network ip6:2001:db8::/31"}},
		{"a wide network by a", "a TXT \"v=spf1 a/8 -all\"\na A 192.0.2.1", []string{"wide-network a/8"}},
		{"a wide network that does not pass", `a TXT "v=spf1 -ip4:10.0.0.0/8 ~all"`, nil},
		{"strings that join to one term", `a TXT "v=spf1 ip4:192.0.2.1" "mx -all"`, []string{"syntax-error", "joined-terms ip4:192.0.2.1mx"}},
		{"the version joins", `a TXT "v=spf1" "-all"`, []string{"no-record", "joined-terms v=spf1-all"}},
		{"strings that join with a blank", `a TXT "v=spf1 ip4:192.0.2.1 " "ip4:192.0.2.2" " -all"`, nil},
		{"strings that join within a term", "a TXT \"v=spf1 include:b.exa\" \"mple -all\"\nb TXT \"v=spf1 ip4:192.0.2.1 ~all\"", nil},
		{"a term behind all", `a TXT "v=spf1 -all ip4:192.0.2.1"`, []string{"after-all ip4:192.0.2.1"}},
		{"a redirect beside all", "a TXT \"v=spf1 redirect=b.example -all\"\nb TXT \"v=spf1 -all\"", []string{"redirect-ignored redirect=b.example"}},
		{"ptr", `a TXT "v=spf1 ptr -all"`, []string{"ptr ptr"}},
		{"the same include twice", "a TXT \"v=spf1 include:b.example include:b.example -all\"\nb TXT \"v=spf1 ip4:192.0.2.1 ~all\"",
			[]string{"duplicate-include include:b.example"}},
		{"the same include in two records", "a TXT \"v=spf1 include:b.example include:c.example -all\"\nb TXT \"v=spf1 include:c.example ~all\"\nc TXT \"v=spf1 ip4:192.0.2.1 ~all\"",
			[]string{"duplicate-include include:c.example"}},
		{"a modifier that there is not", `a TXT "v=spf1 rediret=b.example -all"`, []string{"unknown-modifier rediret=b.example"}},
		{"a name that cannot exist", `a TXT "v=spf1 a:b..example -all"`, []string{"bad-name a:b..example"}},
		{"a void lookup", "a TXT \"v=spf1 a:b.example -all\"", []string{"void-lookup a:b.example"}},
		{"too many of them", "a TXT \"v=spf1 a:b.example mx:c.example exists:d.example -all\"",
			[]string{"void-limit", "void-lookup a:b.example", "void-lookup mx:c.example", "void-lookup exists:d.example"}},
		{"too many for IPv6", "a TXT \"v=spf1 a:b.example a:c.example a:d.example -all\"\nb A 192.0.2.1\nc A 192.0.2.2\nd A 192.0.2.3", []string{"void-limit-ipv6"}},
		{"macros", `a TXT "v=spf1 exists:%{i}.b.example -all"`, []string{"macro exists:%{i}.b.example"}},
		{"a macro that is known without a client", "a TXT \"v=spf1 include:_spf.%{d} -all\"\n_spf.a TXT \"v=spf1 ip4:192.0.2.1 ~all\"", nil},
		{"a large answer", "a TXT \"v=spf1 -all\"\na TXT " + strings.Repeat(`"`+strings.Repeat("x", 250)+`" `, 2), []string{"large"}},
		{"an answer for TCP", "a TXT \"v=spf1 -all\"\na TXT " + strings.Repeat(`"`+strings.Repeat("x", 250)+`" `, 5), []string{"needs-tcp"}},
		{"worst first", `a TXT "v=spf1 ptr ip4:10.0.0.0/8 +all mx"`, []string{"pass-all +all", "wide-network ip4:10.0.0.0/8", "after-all mx", "ptr ptr"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := Domain(context.Background(), surveyZone(t, test.zone), "a.example", spf.DefaultLimits())
			var got []string
			for _, f := range s.Findings {
				about := f.Kind.String()
				switch {
				case f.Term != nil:
					about += " " + f.Term.Source()
				case f.Name != "":
					about += " " + f.Name
				}
				got = append(got, about)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestSurveyNamesTheTermOverTheLimit(t *testing.T) {
	zone := "a TXT \"v=spf1 include:b.example" + strings.Repeat(" a:h.example", 9) + " -all\"\nb TXT \"v=spf1 a:h.example ~all\"\nh A 192.0.2.1\nh AAAA 2001:db8::1"
	s := Domain(context.Background(), surveyZone(t, zone), "a.example", spf.DefaultLimits())
	if len(s.Findings) != 1 {
		t.Fatalf("findings: %v", s.Findings)
	}
	f := s.Findings[0]
	if f.Kind != FoundTermLimit || f.Count != 11 || f.Limit != 10 || f.Term.Offset() != len("v=spf1 include:b.example")+1+8*len("a:h.example ") {
		t.Errorf("got %+v", f)
	}
}

func TestSurveyMXLimit(t *testing.T) {
	zone := "a TXT \"v=spf1 mx -all\"\nh A 192.0.2.1\nh AAAA 2001:db8::1\n"
	for i := range 11 {
		zone += fmt.Sprintf("a MX 10 h%d\nh%d A 192.0.2.1\nh%d AAAA 2001:db8::1\n", i, i, i)
	}
	s := Domain(context.Background(), surveyZone(t, zone), "a.example", spf.DefaultLimits())
	if len(s.Findings) != 1 || s.Findings[0].Kind != FoundMXLimit || s.Findings[0].Count != 11 {
		t.Errorf("findings: %v", s.Findings)
	}
}

// What a survey counts is what an evaluation counts for a client that no term
// matches.
func TestSurveyCountsAsAnEvaluation(t *testing.T) {
	zone := `a TXT "v=spf1 include:b.example mx a:gone.example ip4:192.0.2.1 redirect=c.example"
a MX 10 h
h A 192.0.2.1
b TXT "v=spf1 a:h.example exists:gone.example -all"
c TXT "v=spf1 include:b.example ?all"
`
	s := Domain(context.Background(), surveyZone(t, zone), "a.example", spf.DefaultLimits())
	for ip, voids := range map[string]int{"203.0.113.1": s.VoidLookups4, "2001:db8::1": s.VoidLookups6} {
		c := spf.Checker{Resolver: surveyZone(t, zone), Limits: spf.Limits{Lookups: 100, VoidLookups: 100}}
		v := c.CheckHost(context.Background(), spf.Args{IP: netip.MustParseAddr(ip), Domain: "a.example", Sender: "x@a.example"})
		if v.Lookups != s.Lookups || v.VoidLookups != voids {
			t.Errorf("%s: evaluated %d terms and %d void lookups; the survey has %d and %d", ip, v.Lookups, v.VoidLookups, s.Lookups, voids)
		}
	}
}

func TestSurveyIsBounded(t *testing.T) {
	var deep strings.Builder
	for i := range 100 {
		fmt.Fprintf(&deep, "d%d TXT \"v=spf1 include:d%d.example include:d%d.example -all\"\n", i, i+1, i+1)
	}
	deep.WriteString("a TXT \"v=spf1 include:d0.example -all\"\n")
	s := Domain(context.Background(), surveyZone(t, deep.String()), "a.example", spf.DefaultLimits())
	if len(s.Records) != maxSurveyRecords || s.Lookups != maxCounted {
		t.Errorf("%d records and %d terms", len(s.Records), s.Lookups)
	}
	if last := s.Findings[len(s.Findings)-1]; last.Kind != FoundTruncated {
		t.Errorf("the last finding is %v", last.Kind)
	}
}

func TestSurveyEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s := Domain(ctx, surveyZone(t, `a TXT "v=spf1 -all"`), "a.example", spf.DefaultLimits())
	if len(s.Findings) != 1 || s.Findings[0].Kind != FoundDNSError {
		t.Errorf("findings: %v", s.Findings)
	}
}
