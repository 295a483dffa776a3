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

// testZone returns a zone of lines below example.
func testZone(t *testing.T, lines string) *dns.Zone {
	t.Helper()
	z, err := dns.ParseZone(strings.NewReader("$ORIGIN example.\n$TTL 300\n@ SOA ns hostmaster 1 3600 600 86400 300\n"+lines), "", "zone")
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestDomain_findings(t *testing.T) {
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
		{"?all after a redirect", "a TXT \"v=spf1 redirect=b.example\"\nb TXT \"v=spf1 ?all\"", []string{"neutral-all ?all"}},
		{"?all in an include", "a TXT \"v=spf1 include:b.example -all\"\nb TXT \"v=spf1 ip4:192.0.2.1 ?all\"", nil},
		{"neither all nor redirect", `a TXT "v=spf1 ip4:192.0.2.1"`, []string{"no-end"}},
		{"wide networks", `a TXT "v=spf1 ip4:11.0.0.0/15 ip4:12.0.0.0/16 ip6:2a00::/31 ip6:2b00::/32 -all"`,
			[]string{"wide-network ip4:11.0.0.0/15", "wide-network ip6:2a00::/31"}},
		{"a wide network by a", "a TXT \"v=spf1 a/8 -all\"\na A 192.0.2.1", []string{"wide-network a/8"}},
		{"a wide network that does not pass", `a TXT "v=spf1 -ip4:10.0.0.0/8 ~all"`, nil},
		{"strings that join to one term", `a TXT "v=spf1 ip4:192.0.2.1" "mx -all"`, []string{"syntax-error", "joined-terms ip4:192.0.2.1mx"}},
		{"the version joins", `a TXT "v=spf1" "-all"`, []string{"no-record", "not-a-record", "joined-terms v=spf1-all"}},
		{"strings that join with a space", `a TXT "v=spf1 ip4:192.0.2.1 " "ip4:192.0.2.2" " -all"`, nil},
		{"strings that join within a term", "a TXT \"v=spf1 include:b.exa\" \"mple -all\"\nb TXT \"v=spf1 ip4:192.0.2.1 ~all\"", nil},
		{"a term after all", `a TXT "v=spf1 -all ip4:192.0.2.1"`, []string{"after-all ip4:192.0.2.1"}},
		{"a redirect beside all", "a TXT \"v=spf1 redirect=b.example -all\"\nb TXT \"v=spf1 -all\"", []string{"redirect-ignored redirect=b.example"}},
		{"ptr", `a TXT "v=spf1 ptr -all"`, []string{"ptr ptr"}},
		{"the same include twice", "a TXT \"v=spf1 include:b.example include:b.example -all\"\nb TXT \"v=spf1 ip4:192.0.2.1 ~all\"",
			[]string{"duplicate-include include:b.example"}},
		{"the same include in two records", "a TXT \"v=spf1 include:b.example include:c.example -all\"\nb TXT \"v=spf1 include:c.example ~all\"\nc TXT \"v=spf1 ip4:192.0.2.1 ~all\"",
			[]string{"duplicate-include include:c.example"}},
		{"a modifier that there is not", `a TXT "v=spf1 rediret=b.example -all"`, []string{"unknown-modifier rediret=b.example"}},
		{"a name that cannot exist", `a TXT "v=spf1 a:b..example -all"`, []string{"bad-name a:b..example"}},
		{"a URL", `a TXT "v=spf1 a:https://b.example -all"`, []string{"bad-name a:https://b.example", "void-lookup a:https://b.example"}},
		{"a void lookup", "a TXT \"v=spf1 a:b.example -all\"", []string{"void-lookup a:b.example"}},
		{"too many of them", "a TXT \"v=spf1 a:b.example mx:c.example exists:d.example -all\"",
			[]string{"void-limit", "void-lookup a:b.example", "void-lookup mx:c.example", "void-lookup exists:d.example"}},
		{"too many for IPv6", "a TXT \"v=spf1 a:b.example a:c.example a:d.example -all\"\nb A 192.0.2.1\nc A 192.0.2.2\nd A 192.0.2.3", []string{"void-limit-ipv6"}},
		{"macros", `a TXT "v=spf1 exists:%{i}.b.example -all"`, []string{"macro exists:%{i}.b.example"}},
		{"a macro that is known without a client", "a TXT \"v=spf1 include:_spf.%{d} -all\"\n_spf.a TXT \"v=spf1 ip4:192.0.2.1 ~all\"", nil},
		{"a large answer", "a TXT \"v=spf1 -all\"\na TXT " + strings.Repeat(`"`+strings.Repeat("x", 250)+`" `, 2), []string{"large"}},
		{"an answer for TCP", "a TXT \"v=spf1 -all\"\na TXT " + strings.Repeat(`"`+strings.Repeat("x", 250)+`" `, 5), []string{"needs-tcp"}},
		{"two syntax errors", `a TXT "v=spf1 ipv4:192.0.2.1 ip4:192.0.2.300 -all"`, []string{"syntax-error", "syntax-error"}},
		{"a near miss", `a TXT "v=spf1; -all"`, []string{"no-record", "not-a-record"}},
		{"a near miss beside a record", "a TXT \"v=spf1 -all\"\na TXT \" v=spf1 mx -all\"", []string{"ignored-near-miss"}},
		{"a near miss in an include", "a TXT \"v=spf1 include:b.example -all\"\nb TXT \"spf1 ip4:192.0.2.1 ~all\"", []string{"not-a-record", "include-no-record include:b.example"}},
		{"include=", `a TXT "v=spf1 include=b.example ip4=192.0.2.1 -all"`, []string{"mechanism-as-modifier include=b.example", "mechanism-as-modifier ip4=192.0.2.1"}},
		{"two records in one", `a TXT "v=spf1 ip4:192.0.2.1 v=spf1 -all"`, []string{"unknown-modifier v=spf1"}},
		{"modifiers of RFC 6652", `a TXT "v=spf1 -all ra=postmaster rp=100 rr=all"`, nil},
		{"everybody in two networks", `a TXT "v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all"`, []string{"pass-all IPv4", "wide-network ip4:0.0.0.0/1", "wide-network ip4:128.0.0.0/1"}},
		{"everybody who has a public address", `a TXT "v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/2 ip4:192.0.0.0/3 -all"`,
			[]string{"pass-all IPv4", "wide-network ip4:0.0.0.0/1", "wide-network ip4:128.0.0.0/2", "wide-network ip4:192.0.0.0/3"}},
		{"everybody of IPv6", `a TXT "v=spf1 ip6:2000::/4 ip6:3000::/4 -all"`, []string{"pass-all IPv6", "wide-network ip6:2000::/4", "wide-network ip6:3000::/4"}},
		{"everybody in two records", "a TXT \"v=spf1 ip4:0.0.0.0/1 include:b.example -all\"\nb TXT \"v=spf1 ip4:128.0.0.0/1 -all\"",
			[]string{"pass-all IPv4", "wide-network ip4:0.0.0.0/1", "wide-network ip4:128.0.0.0/1"}},
		{"everybody but a network that fails", `a TXT "v=spf1 -ip4:8.0.0.0/8 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all"`, []string{"wide-network ip4:0.0.0.0/1", "wide-network ip4:128.0.0.0/1"}},
		{"private networks", `a TXT "v=spf1 ip4:10.1.0.0/16 ip4:192.168.0.1 ip6:fd00::1 ip4:127.0.0.1 ip4:169.254.0.0/16 ip4:224.0.0.1 ip6:fe80::1 -all"`,
			[]string{"non-public-network ip4:10.1.0.0/16", "non-public-network ip4:169.254.0.0/16", "non-public-network ip4:127.0.0.1", "non-public-network ip4:224.0.0.1", "non-public-network ip6:fd00::1"}},
		{"a private address of a name", "a TXT \"v=spf1 a -all\"\na A 10.0.0.1", []string{"non-public-network a"}},
		{"a of the domain twice", "a TXT \"v=spf1 a a:A.example mx a:a.example/32 -all\"\na A 192.0.2.1\na AAAA 2001:db8::1\na MX 0 h\nh A 192.0.2.2", []string{"duplicate-term a:A.example", "duplicate-term a:a.example/32"}},
		{"a with another length is not the same", "a TXT \"v=spf1 a a/24 -all\"\na A 192.0.2.1", []string{"contained-network a"}},
		{"a network twice", `a TXT "v=spf1 ip4:192.0.2.1 -ip4:192.0.2.1/32 ip4:192.0.2.5/24 ip4:192.0.2.0/24 -all"`,
			[]string{"duplicate-term -ip4:192.0.2.1/32", "duplicate-term ip4:192.0.2.0/24", "contained-network ip4:192.0.2.1"}},
		{"a network twice by two mechanisms", "a TXT \"v=spf1 a ip4:192.0.2.1 -all\"\na A 192.0.2.1", []string{"duplicate-network ip4:192.0.2.1"}},
		{"a network in that of an include", "a TXT \"v=spf1 ip4:192.0.2.1 include:b.test -all\"\nb.test. TXT \"v=spf1 ip4:192.0.2.0/24 ip4:192.0.2.8/29 -all\"", []string{"contained-network ip4:192.0.2.1"}},
		{"null MX", "a TXT \"v=spf1 mx -all\"\na MX 0 .", []string{"null-mx mx"}},
		{"an MX that is an alias", "a TXT \"v=spf1 mx -all\"\na MX 0 h\nh CNAME i\ni A 192.0.2.1", []string{"mx-alias mx"}},
		{"exp", "a TXT \"v=spf1 -all exp=e.example\"\ne TXT \"%{i} is not ours\"", []string{"explanation exp=e.example"}},
		{"exp without text", `a TXT "v=spf1 -all exp=e.example"`, []string{"explanation-error exp=e.example"}},
		{"exp with two texts", "a TXT \"v=spf1 -all exp=e.example\"\ne TXT x\ne TXT y", []string{"explanation-error exp=e.example"}},
		{"exp with a bad macro", "a TXT \"v=spf1 -all exp=e.example\"\ne TXT \"see %{z}\"", []string{"explanation-error exp=e.example"}},
		{"exp that is not ASCII", "a TXT \"v=spf1 -all exp=e.example\"\ne TXT \"\\195\\164\"", []string{"explanation-error exp=e.example"}},
		{"exp that is too long", "a TXT \"v=spf1 -all exp=e.example\"\ne TXT " + strings.Repeat("\""+strings.Repeat("x", 250)+"\" ", 2), []string{"explanation-error exp=e.example"}},
		{"exp by the client", `a TXT "v=spf1 -all exp=%{i}.example"`, []string{"macro exp=%{i}.example"}},
		{"exp without a fail", "a TXT \"v=spf1 ~all exp=e.example\"\ne TXT x", []string{"explanation-unused exp=e.example", "explanation exp=e.example"}},
		{"exp of an include is not fetched", "a TXT \"v=spf1 include:b.example -all\"\nb TXT \"v=spf1 ip4:192.0.2.1 -all exp=gone.example\"", nil},
		{"worst first", `a TXT "v=spf1 ptr ip4:11.0.0.0/8 +all mx"`, []string{"pass-all +all", "wide-network ip4:11.0.0.0/8", "after-all mx", "ptr ptr"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := Domain(context.Background(), testZone(t, test.zone), "a.example", spf.DefaultLimits())
			var got []string
			for _, f := range s.Findings {
				if f.Kind == DocumentationRange { // the addresses of most tests
					continue
				}
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

func TestDomain_lookupLimit(t *testing.T) {
	zone := "a TXT \"v=spf1 include:b.example" + strings.Repeat(" a:h.example", 9) + " -all\"\nb TXT \"v=spf1 a:h.example ~all\"\nh A 192.0.2.1\nh AAAA 2001:db8::1"
	s := Domain(context.Background(), testZone(t, zone), "a.example", spf.DefaultLimits())
	f := s.Findings[0]
	if f.Kind != LookupLimit || f.Count != 11 || f.Limit != 10 || f.Term.Offset() != len("v=spf1 include:b.example")+1+8*len("a:h.example ") {
		t.Errorf("got %+v", f)
	}
}

func TestDomain_mxLimit(t *testing.T) {
	zone := "a TXT \"v=spf1 mx -all\"\nh A 192.0.2.1\nh AAAA 2001:db8::1\n"
	for i := range 11 {
		zone += fmt.Sprintf("a MX 10 h%d\nh%d A 192.0.2.1\nh%d AAAA 2001:db8::1\n", i, i, i)
	}
	s := Domain(context.Background(), testZone(t, zone), "a.example", spf.DefaultLimits())
	if len(s.Findings) == 0 || s.Findings[0].Kind != MXLimit || s.Findings[0].Count != 11 {
		t.Errorf("findings: %v", s.Findings)
	}
}

// An audit counts what an evaluation counts for a client that no term matches.
func TestDomain_countsLikeAnEvaluation(t *testing.T) {
	zone := `a TXT "v=spf1 include:b.example mx a:gone.example ip4:192.0.2.1 redirect=c.example"
a MX 10 h
h A 192.0.2.1
b TXT "v=spf1 a:h.example exists:gone.example -all"
c TXT "v=spf1 include:b.example ?all"
`
	s := Domain(context.Background(), testZone(t, zone), "a.example", spf.DefaultLimits())
	for ip, voids := range map[string]int{"203.0.113.1": s.VoidLookups4, "2001:db8::1": s.VoidLookups6} {
		c := spf.Checker{Resolver: testZone(t, zone), Limits: spf.Limits{Lookups: 100, VoidLookups: 100}}
		v := c.CheckHost(context.Background(), spf.Args{IP: netip.MustParseAddr(ip), Domain: "a.example", Sender: "x@a.example"})
		if v.Lookups != s.Lookups || v.VoidLookups != voids {
			t.Errorf("%s: evaluated %d terms and %d void lookups; the audit has %d and %d", ip, v.Lookups, v.VoidLookups, s.Lookups, voids)
		}
	}
}

func TestDomain_limits(t *testing.T) {
	var deep strings.Builder
	for i := range 100 {
		fmt.Fprintf(&deep, "d%d TXT \"v=spf1 include:d%d.example include:d%d.example -all\"\n", i, i+1, i+1)
	}
	deep.WriteString("a TXT \"v=spf1 include:d0.example -all\"\n")
	s := Domain(context.Background(), testZone(t, deep.String()), "a.example", spf.DefaultLimits())
	if len(s.Records) != maxRecords || s.Lookups != maxCounted {
		t.Errorf("%d records and %d terms", len(s.Records), s.Lookups)
	}
	if last := s.Findings[len(s.Findings)-1]; last.Kind != Truncated {
		t.Errorf("the last finding is %v", last.Kind)
	}
}

func TestDomain_canceled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s := Domain(ctx, testZone(t, `a TXT "v=spf1 -all"`), "a.example", spf.DefaultLimits())
	if len(s.Findings) != 1 || s.Findings[0].Kind != DNSError {
		t.Errorf("findings: %v", s.Findings)
	}
}

func TestDomain_pass(t *testing.T) {
	for _, test := range []struct {
		name, zone, want string
		client           bool
	}{
		{"networks", `a TXT "v=spf1 ip4:192.0.2.0/25 ip4:192.0.2.128/25 -all"`, "[192.0.2.0/24]", false},
		{"after a fail", `a TXT "v=spf1 -ip4:192.0.2.0/25 ip4:192.0.2.0/24 -all"`, "[192.0.2.128/25]", false},
		{"an include", "a TXT \"v=spf1 include:b.example -all\"\nb TXT \"v=spf1 -ip4:192.0.2.1 ip4:192.0.2.0/31 ?all\"", "[192.0.2.0/32]", false},
		{"a redirect", "a TXT \"v=spf1 ip4:192.0.2.1 redirect=b.example\"\nb TXT \"v=spf1 ip4:192.0.2.0/31 ?all\"", "[192.0.2.0/31]", false},
		{"names", "a TXT \"v=spf1 a mx/31 -all\"\na A 192.0.2.9\na MX 0 a", "[192.0.2.8/31]", false},
		{"an error before it", "a TXT \"v=spf1 a:x.down.example ip4:192.0.2.1 -all\"\ndown NS ns.down", "[]", false},
		{"exists", "a TXT \"v=spf1 -ip4:128.0.0.0/1 exists:b.example -all\"\nb A 192.0.2.1", "[0.0.0.0/1 ::/0]", false},
		{"macros", `a TXT "v=spf1 exists:%{i}.b.example ip4:192.0.2.1 -all"`, "[192.0.2.1/32]", true},
		{"a loop", "a TXT \"v=spf1 ip4:192.0.2.1 include:b.example -all\"\nb TXT \"v=spf1 include:a.example ip4:192.0.2.2 -all\"", "[192.0.2.1/32]", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := Domain(context.Background(), testZone(t, test.zone), "a.example", spf.DefaultLimits())
			if got := fmt.Sprint(s.Pass.Prefixes()); got != test.want || s.ClientDependent != test.client {
				t.Errorf("got %s, depends on the client: %v; want %s, %v", got, s.ClientDependent, test.want, test.client)
			}
		})
	}
}

// boundaries returns the ends of a set's ranges and the addresses plus and minus one.
func boundaries(s IPSet) []netip.Addr {
	var addrs []netip.Addr
	for _, r := range s.ranges {
		addrs = append(addrs, aroundRange(r)...)
	}
	return addrs
}

// The effect is the result of an evaluation, at the boundaries of all networks.
func TestEffectIsThatOfAnEvaluation(t *testing.T) {
	zone := testZone(t, `a TXT "v=spf1 -ip4:192.0.2.7 include:b.example ?a mx/30 ~include:c.example exists:gone.example redirect=d.example"
a A 198.51.100.1
a AAAA 2001:db8::1
a MX 10 h
h A 198.51.100.77
b TXT "v=spf1 ip4:192.0.2.0/28 -all"
c TXT "v=spf1 ip4:203.0.113.0/25 -ip4:203.0.113.128/26 include:e.down.example ~all"
d TXT "v=spf1 ip6:2001:db8::/64 -all"
down NS ns.down
`)
	s := Domain(context.Background(), zone, "a.example", spf.DefaultLimits())
	e := effectOf(s.Records[0], false)
	c := spf.Checker{Resolver: zone, Limits: spf.Limits{Lookups: 100, VoidLookups: 100}}
	for _, set := range e {
		for _, ip := range boundaries(set) {
			v := c.CheckHost(context.Background(), spf.Args{IP: ip, Domain: "a.example", Sender: "x@a.example"})
			if !e[v.Result].Contains(ip) {
				t.Errorf("%v: %v, but not in that effect", ip, v.Result)
			}
		}
	}
}

// Hostile records cost a bounded number of lookups, networks and findings.
func TestDomain_manyNetworks(t *testing.T) {
	var zone strings.Builder
	zone.WriteString("a TXT \"v=spf1 ")
	for i := range 20 {
		fmt.Fprintf(&zone, "\" \"include:b%d.example ", i)
	}
	zone.WriteString("-all\"\n")
	for i := range 20 {
		fmt.Fprintf(&zone, "b%d TXT \"v=spf1\"", i)
		for k := range 1500 {
			fmt.Fprintf(&zone, " \" %cip4:10.%d.%d.%d\"", "+-"[k%2], i, k/256, k%256)
		}
		zone.WriteString("\n")
	}
	s := Domain(context.Background(), testZone(t, zone.String()), "a.example", spf.DefaultLimits())
	if len(s.Networks) != maxNetworks || len(s.Findings) > maxFindings+1 || s.Findings[len(s.Findings)-1].Kind != Truncated {
		t.Errorf("%d networks, %d findings", len(s.Networks), len(s.Findings))
	}
}
