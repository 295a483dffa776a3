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
		{domain: "a.example", ip: "192.0.2.9", want: "fail: a.example -ip4:192.0.2.9"},
		{domain: "a.example", ip: "192.0.2.1", want: "pass: a.example include:b.example, b.example ip4:192.0.2.1"},
		{domain: "a.example", ip: "192.0.2.2", want: "pass: a.example include:b.example, b.example include:d.example, d.example ip4:192.0.2.2"},
		{domain: "a.example", ip: "198.51.100.7", want: "pass: a.example a:h.example"},
		{domain: "a.example", ip: "203.0.113.1", want: "softfail: a.example redirect=c.example, c.example ~all"},
		{domain: "e.example", ip: "203.0.113.1", want: "neutral: "},
		{domain: "f.example", ip: "203.0.113.1", want: "permerror: f.example include:gone.example"},
		{domain: "gone.example", ip: "203.0.113.1", want: "none: "},
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
		{name: "nothing", before: "v=spf1 include:b.example -all", after: "v=spf1 ip4:192.0.2.0/25 ip4:192.0.2.200 -all", gained: "[]", lost: "[]"},
		{name: "networks", before: "v=spf1 ip4:203.0.113.0/25 -all", after: "v=spf1 ip4:203.0.113.64/26 ip6:2001:db8::/64 -all", gained: "[2001:db8::/64]", lost: "[203.0.113.0/26]",
			changes: "pass to fail [203.0.113.0/26], fail to pass [2001:db8::/64]"},
		{name: "all", before: "v=spf1 ip4:128.0.0.0/1 ip6:::/0 ~all", after: "v=spf1 ip4:128.0.0.0/1 ip6:::/0 -all", gained: "[]", lost: "[]", changes: "softfail to fail [0.0.0.0/1]"},
		{name: "an error", before: "v=spf1 ip4:0.0.0.0/0 ip6:::/1 -all", after: "v=spf1 ip4:0.0.0.0/0 ip6:::/1 include:gone.example -all", gained: "[]", lost: "[]", changes: "fail to permerror [8000::/1]"},
		{name: "macros", before: "v=spf1 exists:%{i}.x.example -all", after: "v=spf1 exists:%{i}.y.example -all", gained: "[]", lost: "[]", clientTerms: true},
		{name: "a macro changes places", before: "v=spf1 exists:%{i}.x.example -ip4:203.0.113.1 -all", after: "v=spf1 -ip4:203.0.113.1 exists:%{i}.x.example -all", gained: "[]", lost: "[]", clientTerms: true},
		{name: "a network before a macro", before: "v=spf1 exists:%{i}.x.example -all", after: "v=spf1 ip4:203.0.113.1 exists:%{i}.x.example -all", gained: "[203.0.113.1/32]", lost: "[]", changes: "fail to pass [203.0.113.1/32]"},
		{name: "a network before the second macro", before: "v=spf1 exists:%{i}.x.example -exists:%{i}.y.example ip4:203.0.113.1 -all", after: "v=spf1 exists:%{i}.x.example ip4:203.0.113.1 -exists:%{i}.y.example -all", gained: "[]", lost: "[]", clientTerms: true},
		{name: "no macro any more", before: "v=spf1 exists:%{i}.x.example -all", after: "v=spf1 ~all", gained: "[]", lost: "[]", changes: "fail to softfail [0.0.0.0/0 ::/0]", clientTerms: true},
		{name: "another qualifier of a macro", before: "v=spf1 exists:%{i}.x.example -all", after: "v=spf1 ~exists:%{i}.x.example -all", gained: "[]", lost: "[]", clientTerms: true},
		{name: "a macro that is repeated", before: "v=spf1 ptr -all", after: "v=spf1 ptr ptr -all", gained: "[]", lost: "[]"},
		{name: "a macro of an include", before: "v=spf1 include:e.example -all", after: "v=spf1 include:f.example -all", gained: "[]", lost: "[]", clientTerms: true},
		{name: "no record", before: "v=spf1 ptr -all", after: "no record", gained: "[]", lost: "[]", changes: "fail to none [0.0.0.0/0 ::/0]", clientTerms: true},
		{name: "a macro stays where it is", before: "v=spf1 exists:%{i}.x.example -all", after: "v=spf1 exists:%{i}.x.example ip4:203.0.113.1 -all", gained: "[203.0.113.1/32]", lost: "[]", changes: "fail to pass [203.0.113.1/32]"},
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
