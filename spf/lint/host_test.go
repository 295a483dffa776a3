package lint

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"policyd-spf/spf"
)

func TestCheckAddress(t *testing.T) {
	zone := testZone(t, `a TXT "v=spf1 -ip4:192.0.2.9 include:b.example a:h.example redirect=c.example"
b TXT "v=spf1 include:d.example ip4:192.0.2.1 -all"
c TXT "v=spf1 include:d.example ~all"
d TXT "v=spf1 ip4:192.0.2.2 -all"
e TXT "v=spf1 ip4:192.0.2.1"
f TXT "v=spf1 include:gone.example -all"
h A 198.51.100.7
`)
	for _, test := range []struct{ domain, ip, want string }{
		{"a.example", "192.0.2.9", "fail: a.example -ip4:192.0.2.9"},
		{"a.example", "192.0.2.1", "pass: a.example include:b.example, b.example ip4:192.0.2.1"},
		{"a.example", "192.0.2.2", "pass: a.example include:b.example, b.example include:d.example, d.example ip4:192.0.2.2"},
		{"a.example", "198.51.100.7", "pass: a.example a:h.example"},
		{"a.example", "203.0.113.1", "softfail: a.example redirect=c.example, c.example ~all"},
		{"e.example", "203.0.113.1", "neutral: "},
		{"f.example", "203.0.113.1", "permerror: f.example include:gone.example"},
		{"gone.example", "203.0.113.1", "none: "},
	} {
		t.Run(test.domain+" "+test.ip, func(t *testing.T) {
			h := CheckAddress(t.Context(), zone, test.domain, netip.MustParseAddr(test.ip), spf.DefaultLimits())
			var path []string
			for _, m := range h.Path {
				path = append(path, m.Domain+" "+m.Term.Source())
			}
			if got := fmt.Sprintf("%v: %s", h.Verdict.Result, strings.Join(path, ", ")); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestCompare(t *testing.T) {
	for _, test := range []struct {
		name, before, after, gained, lost string
		changes                           string
		clientTerms                       bool
	}{
		{"nothing", "v=spf1 include:b.example -all", "v=spf1 ip4:192.0.2.0/25 ip4:192.0.2.200 -all", "[]", "[]", "", false},
		{"networks", "v=spf1 ip4:203.0.113.0/25 -all", "v=spf1 ip4:203.0.113.64/26 ip6:2001:db8::/64 -all", "[2001:db8::/64]", "[203.0.113.0/26]",
			"pass to fail [203.0.113.0/26], fail to pass [2001:db8::/64]", false},
		{"all", "v=spf1 ip4:128.0.0.0/1 ip6:::/0 ~all", "v=spf1 ip4:128.0.0.0/1 ip6:::/0 -all", "[]", "[]", "softfail to fail [0.0.0.0/1]", false},
		{"an error", "v=spf1 ip4:0.0.0.0/0 ip6:::/1 -all", "v=spf1 ip4:0.0.0.0/0 ip6:::/1 include:gone.example -all", "[]", "[]", "fail to permerror [8000::/1]", false},
		{"macros", "v=spf1 exists:%{i}.x.example -all", "v=spf1 exists:%{i}.y.example -all", "[]", "[]", "", true},
		{"a macro changes places", "v=spf1 exists:%{i}.x.example -ip4:203.0.113.1 -all", "v=spf1 -ip4:203.0.113.1 exists:%{i}.x.example -all", "[]", "[]", "", true},
		{"a macro stays where it is", "v=spf1 exists:%{i}.x.example -all", "v=spf1 exists:%{i}.x.example ip4:203.0.113.1 -all", "[203.0.113.1/32]", "[]", "fail to pass [203.0.113.1/32]", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := Compare(audit(t, `a TXT "`+test.before+"\"\n"+rewriteZone), audit(t, `a TXT "`+test.after+"\"\n"+rewriteZone))
			var changes []string
			for _, x := range c.Changes {
				changes = append(changes, fmt.Sprintf("%v to %v %v", x.From, x.To, x.Addresses.Prefixes()))
			}
			if gained, lost := fmt.Sprint(c.Gained.Prefixes()), fmt.Sprint(c.Lost.Prefixes()); gained != test.gained || lost != test.lost {
				t.Errorf("gained %s, lost %s; want %s, %s", gained, lost, test.gained, test.lost)
			}
			if got := strings.Join(changes, ", "); got != test.changes || c.ClientTerms != test.clientTerms || c.Same() != (got == "" && !test.clientTerms) {
				t.Errorf("changes %s, client terms %v", got, c.ClientTerms)
			}
		})
	}
}
