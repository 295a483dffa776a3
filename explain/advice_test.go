package explain

import (
	"context"
	"strings"
	"testing"

	"policyd-spf/spf/dns/dnsfake"
)

const adviceZone = `$ORIGIN example.
$TTL 300
@      SOA  ns hostmaster 1 3600 600 86400 300
@      NS   ns
all    TXT  "v=spf1 mx -all"
none   A    192.0.2.9
soft   TXT  "v=spf1 a ~all"
neu    TXT  "v=spf1 ?all"
red    TXT  "v=spf1 a redirect=all.example"
not    TXT  "v=spf1 -ip4:203.0.113.9 +all"
typo   TXT  "v=spf1 ipv4:192.0.2.1 -all"
inc    TXT  "v=spf1 include:typo.example -all"
two    TXT  "v=spf1 -all"
two    TXT  "v=spf1 +all"
down   NS   ns.down
lead   TXT  "v=spf1 include:x.down.example -all"
good   TXT  "v=spf1 ip4:203.0.113.9 -all"
`

// TestAdvice: the text for the sender names the record, the host and what to do; the
// line for a forwarder and when to do neither follow.
func TestAdvice(t *testing.T) {
	for _, test := range []struct {
		name, config, ip, helo, sender string
		want                           []string // parts of the text for the sender; none if there is no advice
		line                           string
	}{
		{name: "fail", sender: "a@all.example", want: []string{"from a@all.example", "203.0.113.9, which calls itself h.example", `record of all.example does not permit that: "v=spf1 mx -all"`, "add ip4:203.0.113.9 to the record, before -all"}, line: "Whitelist = 203.0.113.9"},
		{name: "IPv6", ip: "2001:db8::9", sender: "a@all.example", want: []string{"add ip6:2001:db8::9"}, line: "Whitelist = 2001:db8::9"},
		{name: "whitelist with entries", config: "Whitelist = 192.0.2.0/24\n", sender: "a@all.example", want: []string{"add ip4:"}, line: "Whitelist = 192.0.2.0/24, 203.0.113.9"},
		{name: "softfail that is not refused", sender: "a@soft.example", want: []string{"before ~all"}, line: "Whitelist = 203.0.113.9"},
		{name: "neutral that is not refused", sender: "a@neu.example"},
		{name: "neutral that is refused", config: "Mail_From_reject = SPF_Not_Pass\n", sender: "a@neu.example", want: []string{"before ?all"}, line: "Whitelist = 203.0.113.9"},
		{name: "none that is not refused", sender: "a@none.example"},
		{name: "none that is refused", config: "Mail_From_none_restriction = REJECT\n", sender: "a@none.example", want: []string{"none.example has no SPF record", `"v=spf1 ip4:203.0.113.9 -all"`}, line: "Whitelist = 203.0.113.9"},
		{name: "redirect", sender: "a@red.example", want: []string{`record of red.example does not permit that: "v=spf1 a redirect=all.example"`, "before redirect="}, line: "Whitelist = 203.0.113.9"},
		{name: "term that names the host", sender: "a@not.example", want: []string{"remove -ip4:203.0.113.9, which names it, from the record of not.example"}, line: "Whitelist = 203.0.113.9"},
		{name: "syntax error", sender: "a@typo.example", want: []string{`record of typo.example has an error`, `(at "ipv4:192.0.2.1", probably meant as "ip4:192.0.2.1")`, "Correct the record"}, line: "Whitelist = 203.0.113.9"},
		{name: "error in an included record", sender: "a@inc.example", want: []string{"record of typo.example has an error", "The record of inc.example leads there"}, line: "Whitelist = 203.0.113.9"},
		{name: "two records", sender: "a@two.example", want: []string{"record of two.example has an error"}, line: "Whitelist = 203.0.113.9"},
		{name: "temperror", config: "TempError_Defer = True\n", sender: "a@down.example", want: []string{"does not answer for down.example", "SERVFAIL"}},
		{name: "temperror of an included name", config: "TempError_Defer = True\n", sender: "a@lead.example", want: []string{"The SPF record of lead.example leads to x.down.example, for which the DNS does not answer", "name servers of x.down.example"}},
		{name: "HELO", helo: "all.example", sender: "", want: []string{"which calls itself all.example", "give it a HELO name whose record lists it"}, line: "Whitelist = 203.0.113.9"},
		{name: "pass", sender: "a@good.example"},
		{name: "test mode", config: "TestOnly = 0\n", sender: "a@all.example", want: []string{"add ip4:203.0.113.9"}, line: "Whitelist = 203.0.113.9"},
		{name: "pass restriction", config: "Mail_From_pass_restriction = class\n", sender: "a@good.example"},
	} {
		t.Run(test.name, func(t *testing.T) {
			zone := dnsfake.Zone(t, adviceZone)
			if test.ip == "" {
				test.ip = "203.0.113.9"
			}
			if test.helo == "" {
				test.helo = "h.example"
			}
			loaded, path := load(t, test.config)
			var got *Advice
			err := (&Server{Loaded: loaded, Path: path, Resolver: zone}).ExplainRequest(context.Background(),
				"client_address="+test.ip+"\nhelo_name="+test.helo+"\nsender="+test.sender+"\n", func(d *Report) error {
					got = d.Advice
					return nil
				})
			if err != nil {
				t.Fatal(err)
			}
			if len(test.want) == 0 {
				if got != nil {
					t.Errorf("advice: %+v", got)
				}
				return
			}
			if got == nil {
				t.Fatal("no advice")
			}
			for _, part := range test.want {
				if !strings.Contains(got.Sender, part) {
					t.Errorf("not %q in %q", part, got.Sender)
				}
			}
			if got.Line != test.line || got.Neither == "" || (got.When == "") != (test.line == "") {
				t.Errorf("when %q, line %q, neither %q; want line %q", got.When, got.Line, got.Neither, test.line)
			}
		})
	}
}

// The line for a forwarder, when it is in the configuration file, exempts the client.
func TestAdvice_lineExempts(t *testing.T) {
	loaded, path := load(t, "Whitelist = 198.51.100.7\n")
	zone := dnsfake.Zone(t, adviceZone)
	explained := func(s *Server) (last *Report) {
		err := s.ExplainRequest(context.Background(), "client_address=203.0.113.9\nhelo_name=h.example\nsender=a@all.example\n", func(d *Report) error {
			last = d
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return last
	}
	before := explained(&Server{Loaded: loaded, Path: path, Resolver: zone})
	if before.Outcome != Rejected || before.Advice == nil {
		t.Fatalf("%s, advice %v", before.Outcome, before.Advice)
	}
	loaded, path = load(t, before.Advice.Line+"\n")
	if after := explained(&Server{Loaded: loaded, Path: path, Resolver: zone}); after.Outcome != NotRefused || after.Bypass == nil {
		t.Errorf("with %q: %s", before.Advice.Line, after.Outcome)
	}
}
