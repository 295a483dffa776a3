package maillog

import (
	"strings"
	"testing"
)

type lineTest struct{ name, text, want string }

func testLines(t *testing.T, ident string, tests []lineTest) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			line := "Nov  2 10:11:12 mx " + ident + "[123]: " + test.text
			if got := describe(NewParser(now()).Parse([]byte(line))); got != test.want {
				t.Errorf("%s\ngot  %s\nwant %s", line, got, test.want)
			}
		})
	}
}

func TestParseChecks(t *testing.T) {
	testLines(t, "policyd-spf", []lineTest{
		{name: "pass", text: "Pass; identity=mailfrom; client-ip=192.0.2.1; helo=mail.example.com; envelope-from=a@example.com; receiver=<UNKNOWN> ",
			want: "checked result=pass identity=mailfrom mailfrom_result=pass client=192.0.2.1 helo=mail.example.com sender=<a@example.com>"},
		{name: "trailing space lost", text: "Fail; identity=helo; client-ip=192.0.2.1; helo=mail.example.com; envelope-from=<>; receiver=b@example.org",
			want: "checked result=fail identity=helo helo_result=fail client=192.0.2.1 helo=mail.example.com sender=<> recipient=<b@example.org>"},
		{name: "IPv6", text: "Permerror; identity=helo; client-ip=2001:db8::1; helo=x; envelope-from=<>; receiver=none ",
			want: "checked result=permerror identity=helo helo_result=permerror client=2001:db8::1 helo=x sender=<>"},
		{name: "zone of an address", text: "None; identity=helo; client-ip=fe80::1%eth0; helo=x; envelope-from=<>; receiver=<UNKNOWN> ",
			want: "checked result=none identity=helo helo_result=none client=fe80::1 helo=x sender=<>"},
		{name: "quoted values", text: `Pass; identity=mailfrom; client-ip=192.0.2.1; helo="a; b"; envelope-from="\"x\\y\"@example.com"; receiver=<UNKNOWN> `,
			want: `checked result=pass identity=mailfrom mailfrom_result=pass client=192.0.2.1 helo=a; b sender=<"x\y"@example.com>`},
		{name: "a sender that holds fields", text: `Pass; identity=mailfrom; client-ip=192.0.2.1; helo=h; envelope-from="x; receiver=y; client-ip=192.0.2.9; helo=z@example.com"; receiver=<UNKNOWN> `,
			want: `checked result=pass identity=mailfrom mailfrom_result=pass client=192.0.2.1 helo=h sender=<x; receiver=y; client-ip=192.0.2.9; helo=z@example.com>`},
		{name: "a sender that ends its quotes", text: `Pass; identity=mailfrom; client-ip=192.0.2.1; helo=h; envelope-from="x\"; receiver=y; helo=\"z@example.com"; receiver=<UNKNOWN> `,
			want: `checked result=pass identity=mailfrom mailfrom_result=pass client=192.0.2.1 helo=h sender=<x"; receiver=y; helo="z@example.com>`},
		{name: "a sender that holds a line of ours", text: `Pass; identity=mailfrom; client-ip=192.0.2.1; helo=h; envelope-from="x]: Fail; identity=mailfrom; client-ip=192.0.2.9; helo=h; envelope-from=v@example.com; receiver=r"; receiver=<UNKNOWN> `,
			want: `checked result=pass identity=mailfrom mailfrom_result=pass client=192.0.2.1 helo=h sender=<x]: Fail; identity=mailfrom; client-ip=192.0.2.9; helo=h; envelope-from=v@example.com; receiver=r>`},
		{name: "unquoted with a space", text: "None; identity=mailfrom; client-ip=192.0.2.1; helo=h; envelope-from=a b@example.com; receiver=<UNKNOWN> ",
			want: "checked result=none identity=mailfrom mailfrom_result=none client=192.0.2.1 helo=h sender=<a b@example.com>"},
		{name: "unquoted VERP", text: "None; identity=mailfrom; client-ip=192.0.2.1; helo=h; envelope-from=b+a=x.com@example.com; receiver=<UNKNOWN> ",
			want: "checked result=none identity=mailfrom mailfrom_result=none client=192.0.2.1 helo=h sender=<b+a=x.com@example.com>"},
		{name: "unquoted with quotes", text: `None; identity=mailfrom; client-ip=192.0.2.1; helo=h; envelope-from="a b"@example.com; receiver=<UNKNOWN> `,
			want: `checked result=none identity=mailfrom mailfrom_result=none client=192.0.2.1 helo=h sender=<"a b"@example.com>`},
		{name: "unquoted forgery", text: "None; identity=mailfrom; client-ip=192.0.2.1; helo=h; envelope-from=v@bank.example; receiver=x@evil.example; receiver=<UNKNOWN> ",
			want: "checked result=none identity=mailfrom mailfrom_result=none ambiguous"},
		{name: "unquoted forgery with quotes", text: `None; identity=mailfrom; client-ip=192.0.2.1; helo=h; envelope-from="v@bank.example"; receiver="; receiver=<UNKNOWN> `,
			want: "checked result=none identity=mailfrom mailfrom_result=none ambiguous"},
		{name: "unquoted, with a key of the sender's", text: "None; identity=mailfrom; client-ip=192.0.2.1; helo=h; envelope-from=v@bank.example; x=y@evil.example; receiver=<UNKNOWN> ",
			want: "checked result=none identity=mailfrom mailfrom_result=none client=192.0.2.1 helo=h sender=<v@bank.example; x=y@evil.example>"},
		{name: "unquoted, space at the end", text: "None; identity=mailfrom; client-ip=192.0.2.1; helo=h; envelope-from=v@bank.example ; receiver=<UNKNOWN> ",
			want: "checked result=none identity=mailfrom mailfrom_result=none client=192.0.2.1 helo=h sender=<v@bank.example >"},
		{name: "unquoted, semicolon at the end", text: "None; identity=mailfrom; client-ip=192.0.2.1; helo=h; envelope-from=v@bank.example;; receiver=<UNKNOWN> ",
			want: "checked result=none identity=mailfrom mailfrom_result=none client=192.0.2.1 helo=h sender=<v@bank.example;>"},
		{name: "unquoted forgery of the client", text: "None; identity=mailfrom; client-ip=192.0.2.1; helo=h; envelope-from=x; client-ip=192.0.2.9; helo=g; envelope-from=v@bank.example; receiver=<UNKNOWN> ",
			want: "checked result=none identity=mailfrom mailfrom_result=none ambiguous"},
		{name: "no address", text: "Pass; identity=mailfrom; client-ip=unknown; helo=h; envelope-from=a@example.com; receiver=<UNKNOWN> ", want: "unreadable"},
		{name: "cut in the sender", text: "Pass; identity=mailfrom; client-ip=192.0.2.1; helo=mail.example.com; envelope-from=a@exam", want: "unreadable"},
		{name: "cut in the address", text: "Pass; identity=mailfrom; client-ip=192.0.", want: "unreadable"},
		{name: "cut in quotes", text: `Pass; identity=mailfrom; client-ip=192.0.2.1; helo=h; envelope-from="a; receiver=b`, want: "checked result=pass identity=mailfrom mailfrom_result=pass ambiguous"},
		{name: "a NUL", text: "Pass; identity=mailfrom; client-ip=192.0.2.1; helo=\x00; envelope-from=a@example.com; receiver=<UNKNOWN> ", want: "checked result=pass identity=mailfrom mailfrom_result=pass ambiguous"},
		{name: "no result", text: "Passed; identity=mailfrom; client-ip=192.0.2.1; helo=h; envelope-from=a@example.com; receiver=<UNKNOWN> ", want: "other"},
		{name: "start", text: "Starting", want: "other"},
		{name: "the library's result", text: `spfcheck: pyspf result: "['Pass', 'sender SPF authorized', 'mailfrom']"`, want: "other"},
		{name: "debugLevel 3", text: "Action: prepend: Text: Received-SPF: Pass (x) identity=mailfrom; client-ip=192.0.2.1; helo=h; envelope-from=a; receiver=b  Reject action: 550 5.7.23", want: "other"},
		{name: "debugLevel 4", text: `Read line: "sender=Pass; identity=mailfrom; client-ip=192.0.2.1; helo=h; envelope-from=a; receiver=b"`, want: "other"},
		{name: "an error", text: `ERROR: Could not match line "Pass; identity=mailfrom; client-ip=192.0.2.1; helo=h; envelope-from=a; receiver=b"`, want: "other"},
	})
}

func TestParseHeaders(t *testing.T) {
	testLines(t, "policyd-spf", []lineTest{
		{name: "Received-SPF", text: "prepend Received-SPF: Pass (sender SPF authorized) identity=mailfrom; client-ip=192.0.2.1; helo=h.example; envelope-from=a@example.com; receiver=<UNKNOWN> ",
			want: "acted result=pass identity=mailfrom mailfrom_result=pass action=prepend reason=sender SPF authorized client=192.0.2.1 helo=h.example sender=<a@example.com>"},
		{name: "spf-engine", text: "prepend Received-SPF: Pass (mailfrom) identity=mailfrom; client-ip=192.0.2.1; helo=h.example; envelope-from=a@example.com; receiver=example.org ",
			want: "acted result=pass identity=mailfrom mailfrom_result=pass action=prepend reason=mailfrom client=192.0.2.1 helo=h.example sender=<a@example.com> recipient=<example.org>"},
		{name: "queue id", text: "4F1A22C0D1: prepend Received-SPF: None (no SPF record) identity=helo; client-ip=192.0.2.1; helo=h; envelope-from=<>; receiver=<UNKNOWN> ",
			want: "acted qid=4F1A22C0D1 result=none identity=helo helo_result=none action=prepend reason=no SPF record client=192.0.2.1 helo=h sender=<>"},
		{name: "long queue id", text: "4RbxYB1zZGz9wZH: prepend Received-SPF: None (no SPF record) identity=helo; client-ip=192.0.2.1; helo=h; envelope-from=<>; receiver=<UNKNOWN> ",
			want: "acted qid=4RbxYB1zZGz9wZH result=none identity=helo helo_result=none action=prepend reason=no SPF record client=192.0.2.1 helo=h sender=<>"},
		{name: "empty queue id", text: ": prepend Received-SPF: None (no SPF record) identity=helo; client-ip=192.0.2.1; helo=h; envelope-from=<>; receiver=<UNKNOWN> ",
			want: "acted result=none identity=helo helo_result=none action=prepend reason=no SPF record client=192.0.2.1 helo=h sender=<>"},
		{name: "nested comment", text: "prepend Received-SPF: Fail (see (this) one) identity=mailfrom; client-ip=192.0.2.1; helo=h; envelope-from=a@example.com; receiver=<UNKNOWN> ",
			want: "acted result=fail identity=mailfrom mailfrom_result=fail action=prepend reason=see (this) one client=192.0.2.1 helo=h sender=<a@example.com>"},
		{name: "escaped comment", text: `prepend Received-SPF: Fail (x\) identity=helo; client-ip=192.0.2.9; helo=v; envelope-from=v; receiver=r \(y) identity=mailfrom; client-ip=192.0.2.1; helo=h; envelope-from=a@example.com; receiver=<UNKNOWN> `,
			want: `acted result=fail identity=mailfrom mailfrom_result=fail action=prepend reason=x\) identity=helo; client-ip=192.0.2.9; helo=v; envelope-from=v; receiver=r \(y client=192.0.2.1 helo=h sender=<a@example.com>`},
		{name: "unescaped smiley", text: "prepend Received-SPF: Fail (go away :)) identity=helo; client-ip=192.0.2.1; helo=h; envelope-from=<>; receiver=<UNKNOWN> ",
			want: "acted result=fail identity=helo helo_result=fail action=prepend reason=go away :) client=192.0.2.1 helo=h sender=<>"},
		{name: "unescaped forgery in the explanation", text: "prepend Received-SPF: Fail (x) identity=helo; client-ip=192.0.2.9; helo=bank.example; envelope-from=v@bank.example; receiver=r (y) identity=helo; client-ip=192.0.2.1; helo=h; envelope-from=<>; receiver=<UNKNOWN> ",
			want: "acted result=fail action=prepend reason=x ambiguous"},
		{name: "AR", text: "prepend Authentication-Results: mx.example.net; spf=pass (sender SPF authorized) smtp.mailfrom=example.com (client-ip=192.0.2.1; helo=h; envelope-from=a@example.com; receiver=<UNKNOWN>)",
			want: "acted result=pass identity=mailfrom mailfrom_result=pass action=prepend reason=sender SPF authorized domain=example.com client=192.0.2.1 helo=h sender=<a@example.com>"},
		{name: "AR, HELO", text: `prepend Authentication-Results: mx.example.net; spf=none (no SPF record) smtp.helo="x@y dkim=pass" (client-ip=192.0.2.1; helo=x@y dkim=pass; envelope-from=<>; receiver=<UNKNOWN>)`,
			want: "acted result=none identity=helo helo_result=none action=prepend reason=no SPF record domain=x@y dkim=pass client=192.0.2.1 helo=x@y dkim=pass sender=<>"},
		{name: "AR, injection", text: `prepend Authentication-Results: mx.example.net; spf=none (no SPF record) smtp.mailfrom="evil.example; dkim=pass header.d=bank.example" (client-ip=192.0.2.1; helo=h; envelope-from=a@b@evil.example; dkim=pass header.d=bank.example; receiver=<UNKNOWN>)`,
			want: "acted result=none identity=mailfrom mailfrom_result=none action=prepend reason=no SPF record domain=evil.example; dkim=pass header.d=bank.example client=192.0.2.1 helo=h sender=<a@b@evil.example; dkim=pass header.d=bank.example>"},
		{name: "AR, recipient that forges the sender", text: `prepend Authentication-Results: mx.example.net; spf=pass (x) smtp.mailfrom=evil.example (client-ip=192.0.2.1; helo=h; envelope-from=a@evil.example; receiver=v@bank.example; receiver=r)`,
			want: "acted result=pass action=prepend reason=x ambiguous"},
		{name: "AR, other domain than the sender's", text: `prepend Authentication-Results: mx.example.net; spf=pass (x) smtp.mailfrom=evil.example (client-ip=192.0.2.1; helo=h; envelope-from=a@bank.example; receiver=r)`,
			want: "acted result=pass action=prepend reason=x ambiguous"},
		{name: "AR, unescaped explanation", text: `prepend Authentication-Results: mx.example.net; spf=fail (x) smtp.mailfrom=bank.example (client-ip=192.0.2.9; helo=h; envelope-from=v@bank.example; receiver=r (y) smtp.mailfrom=evil.example (client-ip=192.0.2.1; helo=h; envelope-from=a@evil.example; receiver=<UNKNOWN>)`,
			want: "acted result=fail action=prepend reason=x ambiguous"},
		{name: "skip_addresses", text: "prepend X-Comment: SPF check N/A for local connections - client-ip=127.0.0.1; helo=h; envelope-from=a@example.com; receiver=<UNKNOWN> ",
			want: "acted action=prepend exempt=skip_addresses client=127.0.0.1 helo=h sender=<a@example.com>"},
		{name: "exempt, null sender", text: "prepend X-Comment: SPF skipped for whitelisted relay - client-ip=192.0.2.1; helo=h; envelope-from=; receiver=b@example.org ",
			want: "acted action=prepend exempt=Whitelist client=192.0.2.1 helo=h sender=<> recipient=<b@example.org>"},
		{name: "exempt, missing attributes", text: "prepend X-Comment: SPF skipped for PTR whitelisted relay domain - client-ip=192.0.2.1; helo=<UNKNOWN>; envelope-from=<UNKNOWN>; receiver=none ",
			want: "acted action=prepend exempt=Domain_Whitelist_PTR client=192.0.2.1"},
		{name: "exempt by domain, AR", text: "prepend Authentication-Results: mx.example.net; none (SPF skipped for whitelisted relay domain -  client-ip=192.0.2.1; helo=h; envelope-from=a@example.com; receiver=<UNKNOWN>)",
			want: "acted action=prepend exempt=Domain_Whitelist client=192.0.2.1 helo=h sender=<a@example.com>"},
		{name: "exempt, forgery", text: "prepend X-Comment: SPF skipped for whitelisted HELO domain - client-ip=192.0.2.1; helo=h; envelope-from=a; receiver=b; envelope-from=v@bank.example; receiver=<UNKNOWN> ",
			want: "acted action=prepend exempt=HELO_Whitelist ambiguous"},
		{name: "Header_Type = None", text: "Header field not prepended: Received-SPF: Pass (mailfrom) identity=mailfrom; client-ip=192.0.2.1; helo=h; envelope-from=a@example.com; receiver=<UNKNOWN> ",
			want: "acted result=pass identity=mailfrom mailfrom_result=pass action=dunno reason=mailfrom client=192.0.2.1 helo=h sender=<a@example.com>"},
		{name: "restriction", text: "result_only spf_passed", want: "acted action=result_only reason=spf_passed"},
		{name: "restriction that rejects", text: "result_only REJECT no record", want: "acted action=reject reason=REJECT no record"},
		{name: "restriction that rejects, without text", text: "result_only reject", want: "acted action=reject reason=reject"},
		{name: "restriction with a code", text: "result_only 550 5.7.1 no", want: "acted action=reject reason=550 5.7.1 no"},
		{name: "restriction that defers", text: "result_only DEFER_IF_PERMIT not now", want: "acted action=defer reason=DEFER_IF_PERMIT not now"},
		{name: "restriction of digits alone, which are OK", text: "result_only 550", want: "acted action=result_only reason=550"},
		{name: "other header", text: "prepend X-Other: x", want: "unreadable"},
		{name: "cut", text: "prepend Received-SPF: Pass (sender SPF au", want: "unreadable"},
	})
}

func TestParseRefusals(t *testing.T) {
	const url = "Please see http://www.openspf.net/Why?s=mfrom;id=a@example.com;ip=192.0.2.1;r="
	testLines(t, "policyd-spf", []lineTest{
		{name: "reject", text: "550 5.7.23 Message rejected due to: SPF fail - not authorized. " + url + "<UNKNOWN>",
			want: "acted identity=mailfrom action=reject code=550 5.7.23 reason=SPF fail - not authorized client=192.0.2.1 sender=<a@example.com>"},
		{name: "reject, recipient shown", text: "4F1A22C0D1: 550 5.7.23 Message rejected due to: SPF fail - not authorized. " + url + "b@example.org",
			want: "acted qid=4F1A22C0D1 identity=mailfrom action=reject code=550 5.7.23 reason=SPF fail - not authorized client=192.0.2.1 sender=<a@example.com> recipient=<b@example.org>"},
		{name: "HELO, IPv6", text: "550 5.7.23 Message rejected due to: SPF fail - not authorized. Please see http://www.openspf.net/Why?s=helo;id=h.example;ip=2001:db8::1;r=<UNKNOWN>",
			want: "acted identity=helo action=reject code=550 5.7.23 reason=SPF fail - not authorized client=2001:db8::1 helo=h.example"},
		{name: "error", text: "550 5.7.24 Message rejected due to: SPF Permanent Error: Unknown mechanism found: moo. " + url + "<UNKNOWN>",
			want: "acted identity=mailfrom action=reject code=550 5.7.24 reason=SPF Permanent Error: Unknown mechanism found: moo client=192.0.2.1 sender=<a@example.com>"},
		{name: "defer", text: "defer_if_permit 4.7.24 Message deferred due to: SPF Temporary Error: DNS Timeout. " + url + "<UNKNOWN>",
			want: "acted identity=mailfrom action=defer code=defer_if_permit 4.7.24 reason=SPF Temporary Error: DNS Timeout client=192.0.2.1 sender=<a@example.com>"},
		{name: "451", text: "451 4.7.24 Message deferred due to: SPF Temporary Error: DNS Timeout. " + url + "<UNKNOWN>",
			want: "acted identity=mailfrom action=defer code=451 4.7.24 reason=SPF Temporary Error: DNS Timeout client=192.0.2.1 sender=<a@example.com>"},
		{name: "no enhanced code", text: "550 Message rejected due to: SPF fail - not authorized. " + url + "<UNKNOWN>",
			want: "acted identity=mailfrom action=reject code=550 reason=SPF fail - not authorized client=192.0.2.1 sender=<a@example.com>"},
		{name: "no URL", text: "550 5.7.23 Message rejected due to: SPF fail - not authorized.",
			want: "acted action=reject code=550 5.7.23 reason=SPF fail - not authorized. ambiguous"},
		{name: "other Reason_URL", text: "550 5.7.23 Message rejected due to: SPF fail - not authorized. Please see https://mx.example.net/why?s=mfrom&id=a@example.com&ip=192.0.2.1&r=b@example.org",
			want: "acted identity=mailfrom action=reject code=550 5.7.23 reason=SPF fail - not authorized client=192.0.2.1 sender=<a@example.com> recipient=<b@example.org>"},
		{name: "Reason_URL in another order", text: "550 5.7.23 x https://mx.example.net/why?s=mfrom;id=a@example.com;r=b@example.org;ip=192.0.2.1",
			want: "acted action=reject code=550 5.7.23 reason=x https://mx.example.net/why?s=mfrom;id=a@example.com;r=b@example.org;ip=192.0.2.1 ambiguous"},
		{name: "own words", text: "550 5.7.23 Go away", want: "acted action=reject code=550 5.7.23 reason=Go away ambiguous"},
		{name: "no words", text: "550 5.7.23 ", want: "acted action=reject code=550 5.7.23 ambiguous"},
		{name: "explanation that holds a URL", text: "550 5.7.23 Message rejected due to: see http://www.openspf.net/Why?s=mfrom;id=v@bank.example;ip=192.0.2.9;r=x. " + url + "<UNKNOWN>",
			want: "acted action=reject code=550 5.7.23 reason=see http://www.openspf.net/Why?s=mfrom;id=v@bank.example;ip=192.0.2.9;r=x ambiguous"},
		{name: "explanation that holds the only URL", text: "550 5.7.23 Message rejected due to: http://www.openspf.net/Why?s=mfrom;id=v@bank.example;ip=192.0.2.9;r=<UNKNOWN>.",
			want: "acted action=reject code=550 5.7.23 reason=http://www.openspf.net/Why?s=mfrom;id=v@bank.example;ip=192.0.2.9;r=<UNKNOWN>. ambiguous"},
		{name: "sender that holds a URL", text: "550 5.7.23 Message rejected due to: SPF fail - not authorized. Please see http://www.openspf.net/Why?s=mfrom;id=x;ip=192.0.2.9;r=@example.com;ip=192.0.2.1;r=<UNKNOWN>",
			want: "acted action=reject code=550 5.7.23 reason=SPF fail - not authorized ambiguous"},
		{name: "digits", text: "5501 x", want: "other"},
		{name: "access denied", text: "550", want: "acted action=reject code=550 ambiguous"},
	})
}

func TestParseKeyValues(t *testing.T) {
	testLines(t, "policyd-spf", []lineTest{
		{name: "all", text: `action=prepend code= client=192.0.2.1 helo=h.example sender=a@example.com recipient=b@example.org helo_result=none mailfrom_result=pass domain=example.com term=ip4:192.0.2.0/24 lookups=2 voids=1 ms=12 cached=yes shadow="550 5.7.23 x (Mail_From_reject = Fail)"`,
			want: "acted helo_result=none mailfrom_result=pass action=prepend domain=example.com term=ip4:192.0.2.0/24 lookups=2 voids=1 ms=12 cached=true client=192.0.2.1 helo=h.example sender=<a@example.com> recipient=<b@example.org> shadow=reject/550 5.7.23/Mail_From_reject/Fail"},
		{name: "few", text: `action=dunno client=192.0.2.1 shadow=`, want: "acted action=dunno client=192.0.2.1"},
		{name: "code", text: `action=reject code="550 5.7.23" client=192.0.2.1 helo=h sender=<> recipient=<UNKNOWN> helo_result=fail shadow=`,
			want: "acted helo_result=fail action=reject code=550 5.7.23 client=192.0.2.1 helo=h sender=<>"},
		{name: "forgery", text: `action=dunno client=192.0.2.1 helo=h sender="x\" action=reject sender=\"v@bank.example" recipient=<UNKNOWN> shadow=`,
			want: `acted action=dunno client=192.0.2.1 helo=h sender=<x" action=reject sender="v@bank.example>`},
		{name: "unknown key", text: `action=dunno new="a b" client=192.0.2.1 shadow=`, want: "acted action=dunno client=192.0.2.1"},
		{name: "twice", text: `action=dunno client=192.0.2.1 client=192.0.2.2`, want: "unreadable"},
		{name: "cut in quotes", text: `action=dunno client=192.0.2.1 sender="a`, want: "unreadable"},
		{name: "cut in a key", text: `action=dunno client=192.0.2.1 sen`, want: "unreadable"},
		{name: "unknown action", text: `action=explode client=192.0.2.1`, want: "unreadable"},
		{name: "bad number", text: `action=dunno lookups=many`, want: "unreadable"},
	})
}

func TestParseShadow(t *testing.T) {
	testLines(t, "policyd-spf", []lineTest{
		{name: "reject", text: "shadow: 550 5.7.23 Message rejected due to: SPF fail - not authorized. Please see http://www.openspf.net/Why?s=mfrom;id=a@example.com;ip=192.0.2.1;r=<UNKNOWN> (Mail_From_reject = Fail)",
			want: "shadowed identity=mailfrom client=192.0.2.1 sender=<a@example.com> shadow=reject/550 5.7.23/Mail_From_reject/Fail"},
		{name: "unknown", text: "shadow: unknown (needs HELO)", want: "shadowed ambiguous shadow=///"},
		{name: "restriction that rejects", text: "shadow: result_only REJECT no (Mail_From_softfail_restriction = REJECT no)", want: "shadowed ambiguous shadow=reject//Mail_From_softfail_restriction/REJECT no"},
		{name: "restriction class", text: "shadow: result_only greylist (Mail_From_softfail_restriction = greylist)", want: "shadowed ambiguous shadow=result_only//Mail_From_softfail_restriction/greylist"},
		{name: "queue id", text: "4F1A22C0D1: shadow: prepend (HELO_reject = False)", want: "shadowed qid=4F1A22C0D1 ambiguous shadow=prepend//HELO_reject/False"},
	})
}

func TestParsePolicySPFPerl(t *testing.T) {
	testLines(t, "postfix/policy-spf", []lineTest{
		{name: "pass", text: `Policy action=PREPEND Received-SPF: pass (example.com: 192.0.2.1 is authorized to use 'a@example.com' in 'mfrom' identity (mechanism 'ip4:192.0.2.0/24' matched)) receiver=mx.example.net; identity=mailfrom; envelope-from="a@example.com"; helo=h.example; client-ip=192.0.2.1`,
			want: "acted result=pass identity=mailfrom mailfrom_result=pass action=prepend reason=example.com: 192.0.2.1 is authorized to use 'a@example.com' in 'mfrom' identity (mechanism 'ip4:192.0.2.0/24' matched) client=192.0.2.1 helo=h.example sender=<a@example.com>"},
		{name: "HELO, IPv6", text: `Policy action=PREPEND Received-SPF: none (h.example: No applicable sender policy available) receiver=mx.example.net; identity=helo; helo=h.example; client-ip="2001:db8::1"`,
			want: "acted result=none identity=helo helo_result=none action=prepend reason=h.example: No applicable sender policy available client=2001:db8::1 helo=h.example"},
		{name: "fail", text: `Policy action=550 Please see http://www.openspf.org/Why?s=mfrom;id=a%40example.com;ip=192.0.2.1;r=mx.example.net`,
			want: "acted identity=mailfrom action=reject code=550 reason=Please see http://www.openspf.org/Why?s=mfrom;id=a%40example.com;ip=192.0.2.1;r=mx.example.net client=192.0.2.1 sender=<a@example.com>"},
		{name: "temperror", text: `Policy action=DEFER_IF_PERMIT SPF-Result=example.com: Time-out on DNS 'TXT' lookup of 'example.com'`,
			want: "acted action=defer code=DEFER_IF_PERMIT reason=SPF-Result=example.com: Time-out on DNS 'TXT' lookup of 'example.com' ambiguous"},
		{name: "dunno", text: `Policy action=DUNNO`, want: "acted action=dunno"},
		{name: "localhost", text: `Policy action=PREPEND Authentication-Results: mx.example.net; none (SPF not checked for localhost)`,
			want: "acted action=prepend exempt=exempt_localhost ambiguous"},
		{name: "verbose", text: `handler sender_policy_framework: is decisive.`, want: "other"},
	})
}

// TestParseKeyValues_cutShort: a line that ends before the results is no message.
func TestParseKeyValues_cutShort(t *testing.T) {
	const line = "Nov  2 10:11:12 mx policyd-spf[123]: action=prepend code= client=192.0.2.1 helo=h sender=a@example.com recipient=<UNKNOWN> helo_result=none mailfrom_result=softfail domain=example.com term=~all lookups=0 voids=0 ms=1 cached=no shadow="
	for n := strings.Index(line, "action="); n <= len(line); n++ {
		r := NewParser(now()).Parse([]byte(line[:n]))
		if r.Kind == Acted && (r.MailFromResult != Softfail || r.HELOResult != None) {
			t.Errorf("%q: HELO %v, MAIL FROM %v", line[:n], r.HELOResult, r.MailFromResult)
		}
		if n == len(line) && r.Kind != Acted {
			t.Errorf("%q: kind %v", line, r.Kind)
		}
	}
}
