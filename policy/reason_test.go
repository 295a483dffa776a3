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

// TestVerdictReason has every text that a log filter may look for.
func TestVerdictReason(t *testing.T) {
	syntax := func(kind spf.SyntaxKind, term, detail string) error {
		return &spf.SyntaxError{Kind: kind, Domain: "a.example", Record: "v=spf1 " + term + " it's \xc3\xa9", Term: term, Detail: detail}
	}
	refused := &net.OpError{Op: "read", Err: os.NewSyscallError("recvfrom", syscall.ECONNREFUSED)}
	for _, test := range []struct {
		result spf.Result
		err    error
		want   string
	}{
		{result: spf.None},
		{result: spf.Neutral, want: "access neither permitted nor denied"},
		{result: spf.Pass, want: "sender SPF authorized"},
		{result: spf.Fail, want: "SPF fail - not authorized"},
		{result: spf.Softfail, want: "domain owner discourages use of this host"},
		{result: spf.Temperror, err: &dns.Error{Kind: dns.Timeout}, want: "SPF Temporary Error: DNS Timeout"},
		{result: spf.Temperror, err: &dns.Error{Kind: dns.OutOfTime}, want: "SPF Temporary Error: DNS Error: exceeded max query lookup time"},
		{result: spf.Temperror, err: &dns.Error{Kind: dns.BadRcode, Rcode: 2}, want: "SPF Temporary Error: DNS Error: SERVFAIL  RCODE: 2"},
		{result: spf.Temperror, err: &dns.Error{Kind: dns.BadRcode, Rcode: 23}, want: "SPF Temporary Error: DNS Error: 23  RCODE: 23"},
		{result: spf.Temperror, err: &dns.Error{Kind: dns.Malformed, Err: errors.New("x")}, want: "SPF Temporary Error: DNS Error: malformed answer"},
		{result: spf.Temperror, err: &dns.Error{Kind: dns.Network, Err: refused}, want: "SPF Temporary Error: DNS Connection refused"},
		{result: spf.Temperror, err: &dns.Error{Kind: dns.Network, Err: errors.New("x")}, want: "SPF Temporary Error: DNS Network error"},
		{result: spf.Temperror, err: fmt.Errorf("within: %w", &dns.Error{Kind: dns.Timeout}), want: "SPF Temporary Error: DNS Timeout"},
		{result: spf.Temperror, err: errInternal, want: "SPF Temporary Error: internal error"},
		{result: spf.Permerror, err: &spf.LimitError{Kind: spf.LookupLimit, Limit: 10}, want: "SPF Permanent Error: Too many DNS lookups"},
		{result: spf.Permerror, err: &spf.LimitError{Kind: spf.VoidLookupLimit, Limit: 7}, want: "SPF Permanent Error: Void lookup limit of 7 exceeded"},
		{result: spf.Permerror, err: &spf.LimitError{Kind: spf.MXLimit, Limit: 10}, want: "SPF Permanent Error: More than 10 MX records returned"},
		{result: spf.Permerror, err: &spf.LimitError{Kind: spf.CNAMELimit, Limit: 10}, want: "SPF Permanent Error: Length of CNAME chain exceeds 10"},
		{result: spf.Permerror, err: &spf.RecordError{Kind: spf.MultipleRecords, Domain: "a.example"}, want: "SPF Permanent Error: Two or more type TXT spf records found."},
		{result: spf.Permerror, err: &spf.RecordError{Kind: spf.IncludeNoRecord, Domain: "b.example", Term: "include:%{d1}"}, want: "SPF Permanent Error: No valid SPF record for included domain: b.example: include:%{d1}"},
		{result: spf.Permerror, err: &spf.RecordError{Kind: spf.RedirectNoRecord, Domain: "b.example", Term: "redirect=b.example"}, want: "SPF Permanent Error: redirect domain has no SPF record: b.example"},
		{result: spf.Permerror, err: &spf.RecordError{Kind: spf.SelfInclude, Term: "include:a.example"}, want: "SPF Permanent Error: include has trivial recursion: include:a.example"},
		{result: spf.Permerror, err: &spf.RecordError{Kind: spf.UnencodableName, Domain: "\ufffd.example"}, want: "SPF Permanent Error: Non-ascii characters found in TXT record for \ufffd.example"},
		{result: spf.Permerror, err: syntax(spf.UnknownMechanism, "moo", ""), want: "SPF Permanent Error: Unknown mechanism found: moo"},
		{result: spf.Permerror, err: syntax(spf.UnknownQualifier, "=a", ""), want: "SPF Permanent Error: Unknown qualifier, RFC 4408 para 4.6.1, found in: =a"},
		{result: spf.Permerror, err: syntax(spf.CommaAfterTerm, "a,", ""), want: "SPF Permanent Error: Do not separate mechnisms with commas: a,"},
		{result: spf.Permerror, err: syntax(spf.AddressAsDomain, "a:192.0.2.1", ""), want: "SPF Permanent Error: Use the ip4 mechanism for ip4 addresses: a:192.0.2.1"},
		{result: spf.Permerror, err: syntax(spf.BareAddress, "192.0.2.1", ""), want: "SPF Permanent Error: Missing IP4: 192.0.2.1"},
		{result: spf.Permerror, err: syntax(spf.BadIP4, "ip4:x", ""), want: "SPF Permanent Error: Invalid IP4 address: ip4:x"},
		{result: spf.Permerror, err: syntax(spf.BadIP6, "ip6:x", ""), want: "SPF Permanent Error: Invalid IP6 address: ip6:x"},
		{result: spf.Permerror, err: syntax(spf.BadIP4CIDR, "a/33", ""), want: "SPF Permanent Error: Invalid IP4 CIDR length: a/33"},
		{result: spf.Permerror, err: syntax(spf.BadIP6CIDR, "a//129", ""), want: "SPF Permanent Error: Invalid IP6 CIDR length: a//129"},
		{result: spf.Permerror, err: syntax(spf.DualCIDR, "ip4:192.0.2.1/1//1", ""), want: "SPF Permanent Error: Dual CIDR not allowed: ip4:192.0.2.1/1//1"},
		{result: spf.Permerror, err: syntax(spf.CIDRNotAllowed, "exists:a.b/1", ""), want: "SPF Permanent Error: CIDR not allowed: exists:a.b/1"},
		{result: spf.Permerror, err: syntax(spf.AllWithArgument, "-all:x", ""), want: "SPF Permanent Error: Invalid all mechanism format - only qualifier allowed with all: -all:x"},
		{result: spf.Permerror, err: syntax(spf.ExistsWithoutName, "exists", ""), want: "SPF Permanent Error: implicit exists not allowed: exists"},
		{result: spf.Permerror, err: syntax(spf.IncludeWithoutName, "include", ""), want: "SPF Permanent Error: include mechanism missing domain: include"},
		{result: spf.Permerror, err: syntax(spf.IncludeWithoutName, "-include", ""), want: "SPF Permanent Error: include has trivial recursion: -include"},
		{result: spf.Permerror, err: syntax(spf.EmptyDomainSpec, "a:", ""), want: "SPF Permanent Error: empty domain:: a:"},
		{result: spf.Permerror, err: syntax(spf.RepeatedRedirect, "redirect=b.c", ""), want: "SPF Permanent Error: redirect= MUST appear at most once: redirect=b.c"},
		{result: spf.Permerror, err: syntax(spf.RepeatedExp, "exp=b.c", ""), want: "SPF Permanent Error: exp= MUST appear at most once: exp=b.c"},
		{result: spf.Permerror, err: syntax(spf.EmptyExp, "exp=", ""), want: "SPF Permanent Error: exp has empty domain-spec:"},
		{result: spf.Permerror, err: syntax(spf.EmptyRedirect, "redirect=", ""), want: "SPF Permanent Error: redirect has empty domain:"},
		{result: spf.Permerror, err: syntax(spf.BadDomainSpec, "a:foo/24", "foo"), want: "SPF Permanent Error: Invalid domain found (use FQDN): foo"},
		{result: spf.Permerror, err: syntax(spf.BadDomainSpec, "include:foo", "foo"), want: "SPF Permanent Error: Invalid domain found (use FQDN): foo"},
		{result: spf.Permerror, err: syntax(spf.BadCharacter, "-Include:a\n.example", "a\n.example"), want: "SPF Permanent Error: No valid SPF record for included domain: a\n.example: -Include:a\n.example"},
		{result: spf.Permerror, err: syntax(spf.BadCharacter, "a:a.\tb", "a.\tb"), want: "SPF Permanent Error: Invalid domain found (use FQDN): a.\tb"},
		{result: spf.Permerror, err: syntax(spf.BadMacro, "a:%x.b.example", "%x"), want: "SPF Permanent Error: invalid-macro-char : %x"},
		{result: spf.Permerror, err: syntax(spf.BadMacro, "a:.%x.example", "%x"), want: "SPF Permanent Error: invalid-macro-char "},
		{result: spf.Permerror, err: syntax(spf.UnknownMacro, "exists:a.%{z}", "%{z}"), want: "SPF Permanent Error: Unknown Macro Encountered: %{z}"},
		{result: spf.Permerror, err: syntax(spf.ExpOnlyMacro, "exists:%{c}.b", "%{c}"), want: "SPF Permanent Error: c,r,t macros allowed in exp= text only: %{c}"},
		{result: spf.Permerror, err: syntax(spf.NonASCIIRecord, "a", ""), want: `SPF Permanent Error: Non-ascii characters found: b"v=spf1 a it's \xc3\xa9"`},
	} {
		if got := verdictReason(spf.Verdict{Result: test.result, Err: test.err}); got != test.want {
			t.Errorf("%v, %v: got %q, want %q", test.result, test.err, got, test.want)
		}
	}
}

func TestVerdictReason_explanation(t *testing.T) {
	if got := verdictReason(spf.Verdict{Result: spf.Fail, Explanation: "ask us"}); got != "ask us" {
		t.Errorf("got %q", got)
	}
}
