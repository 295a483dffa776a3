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
	"policyd-spf/spf/dns/dnsfake"
)

// testZone returns a zone of lines below example.
func testZone(t *testing.T, lines string) *dns.Zone {
	t.Helper()
	return dnsfake.Zone(t, "$ORIGIN example.\n$TTL 300\n@ SOA ns hostmaster 1 3600 600 86400 300\n"+lines)
}

func TestDomain_findings(t *testing.T) {
	tests := []struct {
		name string
		zone string
		want []string // kind and term, or name
	}{
		{name: "nothing", zone: `a TXT "v=spf1 ip4:192.0.2.0/24 -all"`},
		{name: "no record", zone: `b TXT "v=spf1 -all"`, want: []string{"no-record"}},
		{name: "several records", zone: "a TXT \"v=spf1 -all\"\na TXT \"v=spf1 ~all\"", want: []string{"several-records"}},
		{name: "syntax error", zone: `a TXT "v=spf1 ipv4:192.0.2.1 -all"`, want: []string{"syntax-error"}},
		{name: "syntax error in an include", zone: "a TXT \"v=spf1 include:b.example -all\"\nb TXT \"v=spf1 mx: -all\"", want: []string{"syntax-error"}},
		{name: "include of itself", zone: `a TXT "v=spf1 include:a.example -all"`, want: []string{"loop include:a.example"}},
		{name: "loop by way of another", zone: "a TXT \"v=spf1 include:b.example -all\"\nb TXT \"v=spf1 redirect=a.example\"", want: []string{"loop redirect=a.example"}},
		{name: "include without record", zone: `a TXT "v=spf1 include:b.example -all"`, want: []string{"include-no-record include:b.example"}},
		{name: "redirect without record", zone: `a TXT "v=spf1 redirect=b.example"`, want: []string{"redirect-no-record redirect=b.example"}},
		{name: "a name whose servers do not answer", zone: "a TXT \"v=spf1 include:b.down.example mx:down.example -all\"\ndown NS ns.down",
			want: []string{"dns-error mx:down.example", "dns-error b.down.example"}},
		{name: "+all", zone: `a TXT "v=spf1 +all"`, want: []string{"pass-all +all"}},
		{name: "the whole Internet in another way", zone: `a TXT "v=spf1 ip4:0.0.0.0/0 -all"`, want: []string{"pass-all ip4:0.0.0.0/0"}},
		{name: "?all", zone: `a TXT "v=spf1 ?all"`, want: []string{"neutral-all ?all"}},
		{name: "?all after a redirect", zone: "a TXT \"v=spf1 redirect=b.example\"\nb TXT \"v=spf1 ?all\"", want: []string{"neutral-all ?all"}},
		{name: "?all in an include", zone: "a TXT \"v=spf1 include:b.example -all\"\nb TXT \"v=spf1 ip4:192.0.2.1 ?all\""},
		{name: "neither all nor redirect", zone: `a TXT "v=spf1 ip4:192.0.2.1"`, want: []string{"no-end"}},
		{name: "wide networks", zone: `a TXT "v=spf1 ip4:11.0.0.0/15 ip4:12.0.0.0/16 ip6:2a00::/31 ip6:2b00::/32 -all"`,
			want: []string{"wide-network ip4:11.0.0.0/15", "wide-network ip6:2a00::/31"}},
		{name: "a wide network by a", zone: "a TXT \"v=spf1 a/8 -all\"\na A 192.0.2.1", want: []string{"wide-network a/8"}},
		{name: "a wide network that does not pass", zone: `a TXT "v=spf1 -ip4:10.0.0.0/8 ~all"`},
		{name: "strings that join to one term", zone: `a TXT "v=spf1 ip4:192.0.2.1" "mx -all"`, want: []string{"syntax-error", "joined-terms ip4:192.0.2.1mx"}},
		{name: "the version joins", zone: `a TXT "v=spf1" "-all"`, want: []string{"no-record", "not-a-record"}},
		{name: "strings that join with a space", zone: `a TXT "v=spf1 ip4:192.0.2.1 " "ip4:192.0.2.2" " -all"`},
		{name: "strings that join within a term", zone: "a TXT \"v=spf1 include:b.exa\" \"mple -all\"\nb TXT \"v=spf1 ip4:192.0.2.1 ~all\""},
		{name: "a term after all", zone: `a TXT "v=spf1 -all ip4:192.0.2.1"`, want: []string{"after-all ip4:192.0.2.1"}},
		{name: "a redirect beside all", zone: "a TXT \"v=spf1 redirect=b.example -all\"\nb TXT \"v=spf1 -all\"", want: []string{"redirect-ignored redirect=b.example"}},
		{name: "ptr", zone: `a TXT "v=spf1 ptr -all"`, want: []string{"ptr ptr"}},
		{name: "the same include twice", zone: "a TXT \"v=spf1 include:b.example include:b.example -all\"\nb TXT \"v=spf1 ip4:192.0.2.1 ~all\"",
			want: []string{"duplicate-include include:b.example"}},
		{name: "the same include in two records", zone: "a TXT \"v=spf1 include:b.example include:c.example -all\"\nb TXT \"v=spf1 include:c.example ~all\"\nc TXT \"v=spf1 ip4:192.0.2.1 ~all\"",
			want: []string{"duplicate-include include:c.example"}},
		{name: "a modifier that there is not", zone: `a TXT "v=spf1 rediret=b.example -all"`, want: []string{"unknown-modifier rediret=b.example"}},
		{name: "a name that cannot exist", zone: `a TXT "v=spf1 a:b..example -all"`, want: []string{"bad-name a:b..example"}},
		{name: "a URL", zone: `a TXT "v=spf1 a:https://b.example -all"`, want: []string{"bad-name a:https://b.example", "void-lookup a:https://b.example"}},
		{name: "a void lookup", zone: "a TXT \"v=spf1 a:b.example -all\"", want: []string{"void-lookup a:b.example"}},
		{name: "too many of them", zone: "a TXT \"v=spf1 a:b.example mx:c.example exists:d.example -all\"",
			want: []string{"void-limit", "void-lookup a:b.example", "void-lookup mx:c.example", "void-lookup exists:d.example"}},
		{name: "too many for IPv6", zone: "a TXT \"v=spf1 a:b.example a:c.example a:d.example -all\"\nb A 192.0.2.1\nc A 192.0.2.2\nd A 192.0.2.3", want: []string{"void-limit-ipv6"}},
		{name: "macros", zone: `a TXT "v=spf1 exists:%{i}.b.example -all"`, want: []string{"macro exists:%{i}.b.example"}},
		{name: "a macro that is known without a client", zone: "a TXT \"v=spf1 include:_spf.%{d} -all\"\n_spf.a TXT \"v=spf1 ip4:192.0.2.1 ~all\""},
		{name: "a large answer", zone: "a TXT \"v=spf1 -all\"\na TXT " + strings.Repeat(`"`+strings.Repeat("x", 250)+`" `, 2), want: []string{"large"}},
		{name: "an answer for TCP", zone: "a TXT \"v=spf1 -all\"\na TXT " + strings.Repeat(`"`+strings.Repeat("x", 250)+`" `, 5), want: []string{"needs-tcp"}},
		{name: "two syntax errors", zone: `a TXT "v=spf1 ipv4:192.0.2.1 ip4:192.0.2.300 -all"`, want: []string{"syntax-error", "syntax-error"}},
		{name: "a near miss", zone: `a TXT "v=spf1; -all"`, want: []string{"no-record", "not-a-record"}},
		{name: "a near miss beside a record", zone: "a TXT \"v=spf1 -all\"\na TXT \" v=spf1 mx -all\"", want: []string{"ignored-near-miss"}},
		{name: "a near miss in an include", zone: "a TXT \"v=spf1 include:b.example -all\"\nb TXT \"spf1 ip4:192.0.2.1 ~all\"", want: []string{"not-a-record", "include-no-record include:b.example"}},
		{name: "include=", zone: `a TXT "v=spf1 include=b.example ip4=192.0.2.1 -all"`, want: []string{"mechanism-as-modifier include=b.example", "mechanism-as-modifier ip4=192.0.2.1"}},
		{name: "two records in one", zone: `a TXT "v=spf1 ip4:192.0.2.1 v=spf1 -all"`, want: []string{"unknown-modifier v=spf1"}},
		{name: "modifiers of RFC 6652", zone: `a TXT "v=spf1 -all ra=postmaster rp=100 rr=all"`},
		{name: "everybody in two networks", zone: `a TXT "v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all"`, want: []string{"pass-all IPv4", "wide-network ip4:0.0.0.0/1", "wide-network ip4:128.0.0.0/1"}},
		{name: "everybody who has a public address", zone: `a TXT "v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/2 ip4:192.0.0.0/3 -all"`,
			want: []string{"pass-all IPv4", "wide-network ip4:0.0.0.0/1", "wide-network ip4:128.0.0.0/2", "wide-network ip4:192.0.0.0/3"}},
		{name: "everybody of IPv6", zone: `a TXT "v=spf1 ip6:2000::/4 ip6:3000::/4 -all"`, want: []string{"pass-all IPv6", "wide-network ip6:2000::/4", "wide-network ip6:3000::/4"}},
		{name: "everybody in two records", zone: "a TXT \"v=spf1 ip4:0.0.0.0/1 include:b.example -all\"\nb TXT \"v=spf1 ip4:128.0.0.0/1 -all\"",
			want: []string{"pass-all IPv4", "wide-network ip4:0.0.0.0/1", "wide-network ip4:128.0.0.0/1"}},
		{name: "everybody but a network that fails", zone: `a TXT "v=spf1 -ip4:8.0.0.0/8 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all"`, want: []string{"wide-network ip4:0.0.0.0/1", "wide-network ip4:128.0.0.0/1"}},
		{name: "private networks", zone: `a TXT "v=spf1 ip4:10.1.0.0/16 ip4:192.168.0.1 ip6:fd00::1 ip4:127.0.0.1 ip4:169.254.0.0/16 ip4:224.0.0.1 ip6:fe80::1 -all"`,
			want: []string{"non-public-network ip4:10.1.0.0/16", "non-public-network ip4:169.254.0.0/16", "non-public-network ip4:127.0.0.1", "non-public-network ip4:224.0.0.1", "non-public-network ip6:fd00::1"}},
		{name: "a private address of a name", zone: "a TXT \"v=spf1 a -all\"\na A 10.0.0.1", want: []string{"non-public-network a"}},
		{name: "a of the domain twice", zone: "a TXT \"v=spf1 a a:A.example mx a:a.example/32 -all\"\na A 192.0.2.1\na AAAA 2001:db8::1\na MX 0 h\nh A 192.0.2.2", want: []string{"duplicate-term a:A.example", "duplicate-term a:a.example/32"}},
		{name: "a with another length is not the same", zone: "a TXT \"v=spf1 a a/24 -all\"\na A 192.0.2.1", want: []string{"contained-network a"}},
		{name: "a network twice", zone: `a TXT "v=spf1 ip4:192.0.2.1 -ip4:192.0.2.1/32 ip4:192.0.2.5/24 ip4:192.0.2.0/24 -all"`,
			want: []string{"duplicate-term -ip4:192.0.2.1/32", "duplicate-term ip4:192.0.2.0/24", "contained-network ip4:192.0.2.1", "host-bits ip4:192.0.2.5/24"}},
		{name: "host bits", zone: `a TXT "v=spf1 ip4:192.0.2.7/24 -ip6:2001:db8::5/32 ip4:198.51.100.1/32 ip6:2001:db9::/128 -all"`, want: []string{"host-bits ip4:192.0.2.7/24", "host-bits -ip6:2001:db8::5/32"}},
		{name: "mapped addresses", zone: `a TXT "v=spf1 ip6:::ffff:192.0.2.1 -ip6:::ffff:192.0.2.0/120 -all"`, want: []string{"mapped-network ip6:::ffff:192.0.2.1", "mapped-network -ip6:::ffff:192.0.2.0/120"}},
		{name: "a mapped address of a name", zone: "a TXT \"v=spf1 a -all\"\na A 192.0.2.1\na AAAA ::ffff:192.0.2.1"},
		{name: "null MX beside another", zone: "a TXT \"v=spf1 mx -all\"\na MX 0 .\na MX 10 h\nh A 192.0.2.1", want: []string{"null-mx mx"}},
		{name: "all without a space after a name", zone: `a TXT "v=spf1 a:b.example-all"`, want: []string{"no-end", "void-lookup a:b.example-all"}},
		{name: "a name with -all that exists", zone: "a TXT \"v=spf1 a:b.example-all ~all\"\nb.example-all. A 192.0.2.1"},
		{name: "a host whose servers fail", zone: "a TXT \"v=spf1 mx -all\"\na MX 0 h.down\ndown NS ns.down", want: []string{"dns-error mx"}},
		{name: "an explanation without text", zone: "a TXT \"v=spf1 -all exp=e.example\"\ne TXT \"\"", want: []string{"explanation-error exp=e.example"}},
		{name: "a URL beside a syntax error", zone: `a TXT "v=spf1 foo a:https://b.example include:%{i}.b.example redirect=x@b.example include=b.example -all"`,
			want: []string{"syntax-error", "bad-name a:https://b.example", "bad-name redirect=x@b.example", "mechanism-as-modifier include=b.example"}},
		{name: "another macro syntax", zone: `a TXT "v=spf1 exists:${i}.b.example -all"`, want: []string{"bad-name exists:${i}.b.example", "void-lookup exists:${i}.b.example"}},
		{name: "a wildcard that includes itself", zone: "a TXT \"v=spf1 include:x.a.example -all\"\n*.a TXT \"v=spf1 include:x.a.example -all\"", want: []string{"loop include:x.a.example"}},
		{name: "a network twice by two mechanisms", zone: "a TXT \"v=spf1 a ip4:192.0.2.1 -all\"\na A 192.0.2.1", want: []string{"duplicate-network ip4:192.0.2.1"}},
		{name: "a network in that of an include", zone: "a TXT \"v=spf1 ip4:192.0.2.1 include:b.test -all\"\nb.test. TXT \"v=spf1 ip4:192.0.2.0/24 ip4:192.0.2.8/29 -all\"", want: []string{"contained-network ip4:192.0.2.1"}},
		{name: "null MX", zone: "a TXT \"v=spf1 mx -all\"\na MX 0 .", want: []string{"null-mx mx"}},
		{name: "an MX that is an alias", zone: "a TXT \"v=spf1 mx -all\"\na MX 0 h\nh CNAME i\ni A 192.0.2.1", want: []string{"mx-alias mx"}},
		{name: "exp", zone: "a TXT \"v=spf1 -all exp=e.example\"\ne TXT \"%{i} is not ours\"", want: []string{"explanation exp=e.example"}},
		{name: "exp without text", zone: `a TXT "v=spf1 -all exp=e.example"`, want: []string{"explanation-error exp=e.example"}},
		{name: "exp with two texts", zone: "a TXT \"v=spf1 -all exp=e.example\"\ne TXT x\ne TXT y", want: []string{"explanation-error exp=e.example"}},
		{name: "exp with a bad macro", zone: "a TXT \"v=spf1 -all exp=e.example\"\ne TXT \"see %{z}\"", want: []string{"explanation-error exp=e.example"}},
		{name: "exp that is not ASCII", zone: "a TXT \"v=spf1 -all exp=e.example\"\ne TXT \"\\195\\164\"", want: []string{"explanation-error exp=e.example"}},
		{name: "exp that is too long", zone: "a TXT \"v=spf1 -all exp=e.example\"\ne TXT " + strings.Repeat("\""+strings.Repeat("x", 250)+"\" ", 2), want: []string{"explanation-error exp=e.example"}},
		{name: "exp by the client", zone: `a TXT "v=spf1 -all exp=%{i}.example"`, want: []string{"macro exp=%{i}.example"}},
		{name: "exp without a fail", zone: "a TXT \"v=spf1 ~all exp=e.example\"\ne TXT x", want: []string{"explanation-unused exp=e.example", "explanation exp=e.example"}},
		{name: "exp of an include is not fetched", zone: "a TXT \"v=spf1 include:b.example -all\"\nb TXT \"v=spf1 ip4:192.0.2.1 -all exp=gone.example\""},
		{name: "worst first", zone: `a TXT "v=spf1 ptr ip4:11.0.0.0/8 +all mx"`, want: []string{"pass-all +all", "wide-network ip4:11.0.0.0/8", "after-all mx", "ptr ptr"}},
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
		{name: "networks", zone: `a TXT "v=spf1 ip4:192.0.2.0/25 ip4:192.0.2.128/25 -all"`, want: "[192.0.2.0/24]"},
		{name: "after a fail", zone: `a TXT "v=spf1 -ip4:192.0.2.0/25 ip4:192.0.2.0/24 -all"`, want: "[192.0.2.128/25]"},
		{name: "an include", zone: "a TXT \"v=spf1 include:b.example -all\"\nb TXT \"v=spf1 -ip4:192.0.2.1 ip4:192.0.2.0/31 ?all\"", want: "[192.0.2.0/32]"},
		{name: "a redirect", zone: "a TXT \"v=spf1 ip4:192.0.2.1 redirect=b.example\"\nb TXT \"v=spf1 ip4:192.0.2.0/31 ?all\"", want: "[192.0.2.0/31]"},
		{name: "names", zone: "a TXT \"v=spf1 a mx/31 -all\"\na A 192.0.2.9\na MX 0 a", want: "[192.0.2.8/31]"},
		{name: "an error before it", zone: "a TXT \"v=spf1 a:x.down.example ip4:192.0.2.1 -all\"\ndown NS ns.down", want: "[]"},
		{name: "exists", zone: "a TXT \"v=spf1 -ip4:128.0.0.0/1 exists:b.example -all\"\nb A 192.0.2.1", want: "[0.0.0.0/1 ::/0]"},
		{name: "macros", zone: `a TXT "v=spf1 exists:%{i}.b.example ip4:192.0.2.1 -all"`, want: "[192.0.2.1/32]", client: true},
		{name: "a loop", zone: "a TXT \"v=spf1 ip4:192.0.2.1 include:b.example -all\"\nb TXT \"v=spf1 include:a.example ip4:192.0.2.2 -all\"", want: "[192.0.2.1/32]"},
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
	if len(s.Networks) != maxNetworks || s.Findings[len(s.Findings)-1].Kind != Truncated {
		t.Errorf("%d networks; the last finding is %v", len(s.Networks), s.Findings[len(s.Findings)-1].Kind)
	}
}

// Many findings of one kind leave out no other.
func TestDomain_manyFindings(t *testing.T) {
	var zone strings.Builder
	zone.WriteString("a TXT \"v=spf1\"")
	for i := range 256 {
		fmt.Fprintf(&zone, " \" ip4:%d.0.0.0/8\"", i)
	}
	zone.WriteString(" \" ?all mx\"\n")
	s := Domain(context.Background(), testZone(t, zone.String()), "a.example", spf.DefaultLimits())
	found := make(map[Kind]int)
	for _, f := range s.Findings {
		found[f.Kind]++
	}
	if s.Findings[0].Kind != PassAll || found[WideNetwork] != maxFindings || found[AfterAll] != 1 {
		t.Errorf("findings by kind: %v", found)
	}
	if last := s.Findings[len(s.Findings)-1]; last.Kind != Truncated || last.Count != 256-maxFindings {
		t.Errorf("the last finding is %v with %d", last.Kind, last.Count)
	}
}

// Everybody passes by a term only if its Pass is that of the domain.
func TestDomain_passAll(t *testing.T) {
	for _, test := range []struct {
		name, zone string
		want       []string // the term, or the family of the networks together
	}{
		{name: "all of an include", zone: "a TXT \"v=spf1 include:b.example -all\"\nb TXT \"v=spf1 all\"", want: []string{"all of b.example"}},
		{name: "all of a redirect", zone: "a TXT \"v=spf1 redirect=b.example\"\nb TXT \"v=spf1 +all\"", want: []string{"+all of b.example"}},
		{name: "all of an include that does not pass", zone: "a TXT \"v=spf1 -include:b.example ?include:b.example ~all\"\nb TXT \"v=spf1 +all\""},
		{name: "all after all", zone: `a TXT "v=spf1 -all +all"`},
		{name: "exists of a name that exists", zone: "a TXT \"v=spf1 exists:b.example -all\"\nb A 127.0.0.2", want: []string{"exists:b.example of a.example"}},
		{name: "exists of a name that does not", zone: `a TXT "v=spf1 exists:b.example -all"`},
		{name: "a network of each family", zone: "a TXT \"v=spf1 a/0//0 -all\"\na A 192.0.2.1\na AAAA 2001:db8::1", want: []string{"a/0//0 of a.example", "a/0//0 of a.example"}},
		{name: "one family by a network and one by several", zone: `a TXT "v=spf1 ip4:0.0.0.0/0 ip6:2000::/4 ip6:3000::/4 -all"`, want: []string{"ip4:0.0.0.0/0 of a.example", "IPv6"}},
		{name: "both families by several networks", zone: `a TXT "v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 ip6:2000::/4 ip6:3000::/4 -all"`, want: []string{"IPv4", "IPv6"}},
		{name: "neutral for everybody", zone: `a TXT "v=spf1 ?ip4:0.0.0.0/0 -all"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := Domain(context.Background(), testZone(t, test.zone), "a.example", spf.DefaultLimits())
			var got []string
			for _, f := range s.Findings {
				switch {
				case f.Kind != PassAll:
				case f.Term == nil:
					got = append(got, f.Name)
				default:
					got = append(got, f.Term.Source()+" of "+f.Record.Domain)
				}
				if f.Kind == PassAll && f.Other != s.Records[0] {
					t.Errorf("%v is not for the domain", f)
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if s.AdmitsEverybody() != (len(test.want) > 0) {
				t.Errorf("AdmitsEverybody is %v", s.AdmitsEverybody())
			}
		})
	}
}
