package policy

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"testing"

	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// TestReasonOf has each text that a log filter may look for.
func TestReasonOf(t *testing.T) {
	syntax := func(kind spf.SyntaxKind, term, detail string) error {
		return &spf.SyntaxError{Kind: kind, Domain: "a.example", Record: "v=spf1 " + term + " it's \xc3\xa9", Term: term, Detail: detail}
	}
	refused := &net.OpError{Op: "read", Err: os.NewSyscallError("recvfrom", syscall.ECONNREFUSED)}
	for _, test := range []struct {
		result spf.Result
		err    error
		want   string
	}{
		{spf.None, nil, ""},
		{spf.Neutral, nil, "access neither permitted nor denied"},
		{spf.Pass, nil, "sender SPF authorized"},
		{spf.Fail, nil, "SPF fail - not authorized"},
		{spf.Softfail, nil, "domain owner discourages use of this host"},
		{spf.Temperror, &dns.Error{Kind: dns.Timeout}, "SPF Temporary Error: DNS Timeout"},
		{spf.Temperror, &dns.Error{Kind: dns.OutOfTime}, "SPF Temporary Error: DNS Error: exceeded max query lookup time"},
		{spf.Temperror, &dns.Error{Kind: dns.BadRcode, Rcode: 2}, "SPF Temporary Error: DNS Error: SERVFAIL  RCODE: 2"},
		{spf.Temperror, &dns.Error{Kind: dns.BadRcode, Rcode: 23}, "SPF Temporary Error: DNS Error: 23  RCODE: 23"},
		{spf.Temperror, &dns.Error{Kind: dns.Malformed, Err: errors.New("x")}, "SPF Temporary Error: DNS Error: malformed answer"},
		{spf.Temperror, &dns.Error{Kind: dns.Network, Err: refused}, "SPF Temporary Error: DNS Connection refused"},
		{spf.Temperror, &dns.Error{Kind: dns.Network, Err: errors.New("x")}, "SPF Temporary Error: DNS Network error"},
		{spf.Temperror, fmt.Errorf("within: %w", &dns.Error{Kind: dns.Timeout}), "SPF Temporary Error: DNS Timeout"},
		{spf.Temperror, errInternal, "SPF Temporary Error: internal error"},
		{spf.Permerror, &spf.LimitError{Kind: spf.LookupLimit, Limit: 10}, "SPF Permanent Error: Too many DNS lookups"},
		{spf.Permerror, &spf.LimitError{Kind: spf.VoidLookupLimit, Limit: 7}, "SPF Permanent Error: Void lookup limit of 7 exceeded"},
		{spf.Permerror, &spf.LimitError{Kind: spf.MXLimit, Limit: 10}, "SPF Permanent Error: More than 10 MX records returned"},
		{spf.Permerror, &spf.LimitError{Kind: spf.CNAMELimit, Limit: 10}, "SPF Permanent Error: Length of CNAME chain exceeds 10"},
		{spf.Permerror, &spf.RecordError{Kind: spf.MultipleRecords, Domain: "a.example"}, "SPF Permanent Error: Two or more type TXT spf records found."},
		{spf.Permerror, &spf.RecordError{Kind: spf.IncludeNoRecord, Domain: "b.example", Term: "include:%{d1}"}, "SPF Permanent Error: No valid SPF record for included domain: b.example: include:%{d1}"},
		{spf.Permerror, &spf.RecordError{Kind: spf.RedirectNoRecord, Domain: "b.example", Term: "redirect=b.example"}, "SPF Permanent Error: redirect domain has no SPF record: b.example"},
		{spf.Permerror, &spf.RecordError{Kind: spf.SelfInclude, Term: "include:a.example"}, "SPF Permanent Error: include has trivial recursion: include:a.example"},
		{spf.Permerror, &spf.RecordError{Kind: spf.UnencodableName, Domain: "\ufffd.example"}, "SPF Permanent Error: Non-ascii characters found in TXT record for \ufffd.example"},
		{spf.Permerror, syntax(spf.UnknownMechanism, "moo", ""), "SPF Permanent Error: Unknown mechanism found: moo"},
		{spf.Permerror, syntax(spf.UnknownQualifier, "=a", ""), "SPF Permanent Error: Unknown qualifier, RFC 4408 para 4.6.1, found in: =a"},
		{spf.Permerror, syntax(spf.CommaAfterTerm, "a,", ""), "SPF Permanent Error: Do not separate mechnisms with commas: a,"},
		{spf.Permerror, syntax(spf.AddressAsDomain, "a:192.0.2.1", ""), "SPF Permanent Error: Use the ip4 mechanism for ip4 addresses: a:192.0.2.1"},
		{spf.Permerror, syntax(spf.BareAddress, "192.0.2.1", ""), "SPF Permanent Error: Missing IP4: 192.0.2.1"},
		{spf.Permerror, syntax(spf.BadIP4, "ip4:x", ""), "SPF Permanent Error: Invalid IP4 address: ip4:x"},
		{spf.Permerror, syntax(spf.BadIP6, "ip6:x", ""), "SPF Permanent Error: Invalid IP6 address: ip6:x"},
		{spf.Permerror, syntax(spf.BadIP4CIDR, "a/33", ""), "SPF Permanent Error: Invalid IP4 CIDR length: a/33"},
		{spf.Permerror, syntax(spf.BadIP6CIDR, "a//129", ""), "SPF Permanent Error: Invalid IP6 CIDR length: a//129"},
		{spf.Permerror, syntax(spf.DualCIDR, "ip4:192.0.2.1/1//1", ""), "SPF Permanent Error: Dual CIDR not allowed: ip4:192.0.2.1/1//1"},
		{spf.Permerror, syntax(spf.CIDRNotAllowed, "exists:a.b/1", ""), "SPF Permanent Error: CIDR not allowed: exists:a.b/1"},
		{spf.Permerror, syntax(spf.AllWithArgument, "-all:x", ""), "SPF Permanent Error: Invalid all mechanism format - only qualifier allowed with all: -all:x"},
		{spf.Permerror, syntax(spf.ExistsWithoutName, "exists", ""), "SPF Permanent Error: implicit exists not allowed: exists"},
		{spf.Permerror, syntax(spf.IncludeWithoutName, "include", ""), "SPF Permanent Error: include mechanism missing domain: include"},
		{spf.Permerror, syntax(spf.IncludeWithoutName, "-include", ""), "SPF Permanent Error: include has trivial recursion: -include"},
		{spf.Permerror, syntax(spf.EmptyDomainSpec, "a:", ""), "SPF Permanent Error: empty domain:: a:"},
		{spf.Permerror, syntax(spf.RepeatedRedirect, "redirect=b.c", ""), "SPF Permanent Error: redirect= MUST appear at most once: redirect=b.c"},
		{spf.Permerror, syntax(spf.RepeatedExp, "exp=b.c", ""), "SPF Permanent Error: exp= MUST appear at most once: exp=b.c"},
		{spf.Permerror, syntax(spf.EmptyExp, "exp=", ""), "SPF Permanent Error: exp has empty domain-spec:"},
		{spf.Permerror, syntax(spf.EmptyRedirect, "redirect=", ""), "SPF Permanent Error: redirect has empty domain:"},
		{spf.Permerror, syntax(spf.BadDomainSpec, "a:foo/24", "foo"), "SPF Permanent Error: Invalid domain found (use FQDN): foo"},
		{spf.Permerror, syntax(spf.BadDomainSpec, "include:foo", "foo"), "SPF Permanent Error: Invalid domain found (use FQDN): foo"},
		{spf.Permerror, syntax(spf.BadCharacter, "-Include:a\n.example", "a\n.example"), "SPF Permanent Error: No valid SPF record for included domain: a\n.example: -Include:a\n.example"},
		{spf.Permerror, syntax(spf.BadCharacter, "a:a.\tb", "a.\tb"), "SPF Permanent Error: Invalid domain found (use FQDN): a.\tb"},
		{spf.Permerror, syntax(spf.BadMacro, "a:%x.b.example", "%x"), "SPF Permanent Error: invalid-macro-char : %x"},
		{spf.Permerror, syntax(spf.BadMacro, "a:.%x.example", "%x"), "SPF Permanent Error: invalid-macro-char "},
		{spf.Permerror, syntax(spf.UnknownMacro, "exists:a.%{z}", "%{z}"), "SPF Permanent Error: Unknown Macro Encountered: %{z}"},
		{spf.Permerror, syntax(spf.ExpOnlyMacro, "exists:%{c}.b", "%{c}"), "SPF Permanent Error: c,r,t macros allowed in exp= text only: %{c}"},
		{spf.Permerror, syntax(spf.NonASCIIRecord, "a", ""), `SPF Permanent Error: Non-ascii characters found: b"v=spf1 a it's \xc3\xa9"`},
	} {
		if got := verdictReason(spf.Verdict{Result: test.result, Err: test.err}); got != test.want {
			t.Errorf("%v, %v: got %q, want %q", test.result, test.err, got, test.want)
		}
	}
}

func TestExplanation(t *testing.T) {
	if got := verdictReason(spf.Verdict{Result: spf.Fail, Explanation: "ask us"}); got != "ask us" {
		t.Errorf("got %q", got)
	}
}
