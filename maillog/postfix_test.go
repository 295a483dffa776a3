package maillog

import "testing"

func TestParsePostfix(t *testing.T) {
	for ident, tests := range map[string][]lineTest{
		"postfix/smtpd": {
			{name: "client", text: "4F1A22C0D1: client=mail.example.com[192.0.2.1]", want: "client qid=4F1A22C0D1 client=192.0.2.1 name=mail.example.com"},
			{name: "client, authenticated", text: "4F1A22C0D1: client=unknown[2001:db8::1], sasl_method=PLAIN, sasl_username=a", want: "client qid=4F1A22C0D1 client=2001:db8::1 name=unknown"},
			{name: "reject", text: "NOQUEUE: reject: RCPT from mail.example.com[192.0.2.1]: 550 5.1.1 <r@x>: Recipient address rejected: User unknown; from=<s@example.com> to=<r@x> proto=ESMTP helo=<h.example>",
				want: "refused action=reject code=550 5.1.1 reason=<r@x>: Recipient address rejected: User unknown client=192.0.2.1 helo=h.example sender=<s@example.com> recipient=<r@x> name=mail.example.com"},
			{name: "port", text: "NOQUEUE: reject: RCPT from unknown[192.0.2.1]:4711: 450 4.7.24 <r@x>: Recipient address rejected: x; from=<> to=<r@x> proto=SMTP helo=<h>",
				want: "refused action=defer code=450 4.7.24 reason=<r@x>: Recipient address rejected: x client=192.0.2.1 helo=h sender=<> recipient=<r@x> name=unknown"},
			{name: "explanation that holds an envelope", text: "NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 550 5.7.23 <r@x>: Recipient address rejected: x; from=<v@bank.example> to=<r> proto=ESMTP helo=<g>; from=<s@example.com> to=<r@x> proto=ESMTP helo=<h>",
				want: "refused action=reject code=550 5.7.23 reason=<r@x>: Recipient address rejected: x client=192.0.2.1 ambiguous name=unknown"},
			{name: "sender that holds a recipient", text: "NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 550 5.1.1 <r@x>: x; from=<a> to=<b@x> to=<r@x> proto=ESMTP helo=<h>",
				want: "refused action=reject code=550 5.1.1 reason=<r@x>: x client=192.0.2.1 helo=h ambiguous name=unknown"},
			{name: "no recipient", text: "NOQUEUE: reject: MAIL from unknown[192.0.2.1]: 552 5.3.4 Message size exceeds fixed limit; from=<s@example.com> proto=ESMTP helo=<h>",
				want: "refused action=reject code=552 5.3.4 reason=Message size exceeds fixed limit client=192.0.2.1 helo=h sender=<s@example.com> name=unknown"},
			{name: "connect", text: "connect from unknown[192.0.2.1]", want: "other"},
			{name: "cut", text: "NOQUEUE: reject: RCPT from unknown[192.0", want: "unreadable"},
		},
		"postfix/cleanup": {
			{name: "Message-ID", text: "4F1A22C0D1: message-id=<x@example.com>", want: "message-id qid=4F1A22C0D1 message-id=<x@example.com>"},
			{name: "milter", text: "4F1A22C0D1: milter-reject: END-OF-MESSAGE from a.example[192.0.2.1]: 5.7.1 rejected by DMARC policy for example.com; from=<s@example.com> to=<r@x> proto=ESMTP helo=<h>",
				want: "refused qid=4F1A22C0D1 action=reject reason=5.7.1 rejected by DMARC policy for example.com client=192.0.2.1 helo=h sender=<s@example.com> recipient=<r@x> name=a.example"},
		},
		"postfix/qmgr": {
			{name: "sender", text: "4F1A22C0D1: from=<a@example.com>, size=1234, nrcpt=1 (queue active)", want: "queued qid=4F1A22C0D1 sender=<a@example.com>"},
			{name: "null sender", text: "4F1A22C0D1: from=<>, size=1234, nrcpt=1 (queue active)", want: "queued qid=4F1A22C0D1 sender=<>"},
			{name: "sender that holds a sender", text: "4F1A22C0D1: from=<v@bank.example>, size=1, nrcpt=1 (queue active)@example.com>, size=1234, nrcpt=1 (queue active)",
				want: "queued qid=4F1A22C0D1 sender=<v@bank.example>, size=1, nrcpt=1 (queue active)@example.com>"},
			{name: "removed", text: "4F1A22C0D1: removed", want: "other"},
		},
		"postfix/lmtp": {
			{name: "sent", text: "4F1A22C0D1: to=<r@example.com>, relay=mx[private/dovecot-lmtp], delay=0.1, delays=0/0/0/0.1, dsn=2.0.0, status=sent (250 2.0.0 Saved)",
				want: "delivered qid=4F1A22C0D1 reason=250 2.0.0 Saved recipient=<r@example.com> status=sent"},
			{name: "original recipient", text: "4F1A22C0D1: to=<r@example.com>, orig_to=<postmaster>, relay=none, delay=0.1, delays=0/0/0/0.1, dsn=4.4.1, status=deferred (connect: refused, status=sent (x))",
				want: "delivered qid=4F1A22C0D1 reason=connect: refused, status=sent (x) recipient=<r@example.com> status=deferred"},
			{name: "long queue id", text: "4RbxYB1zZGz9wZH: to=<r@example.com>, relay=local, delay=0.1, delays=0/0/0/0.1, dsn=2.0.0, status=sent (delivered to mailbox)",
				want: "delivered qid=4RbxYB1zZGz9wZH reason=delivered to mailbox recipient=<r@example.com> status=sent"},
		},
		"opendmarc": {
			{name: "pass", text: "4F1A22C0D1: example.com pass", want: "dmarc qid=4F1A22C0D1 result=pass domain=example.com"},
			{name: "fail", text: "4F1A22C0D1: example.com fail", want: "dmarc qid=4F1A22C0D1 result=fail domain=example.com"},
			{name: "none", text: "4F1A22C0D1: example.com none", want: "dmarc qid=4F1A22C0D1 result=none domain=example.com"},
			{name: "SPF", text: "4F1A22C0D1: SPF(mailfrom): example.com pass", want: "other"},
			{name: "more words", text: "4F1A22C0D1: x example.com pass", want: "other"},
		},
		"opendkim": {
			{name: "pass", text: "4F1A22C0D1: DKIM verification successful", want: "dkim qid=4F1A22C0D1 result=pass"},
			{name: "signature", text: "4F1A22C0D1: s=mail d=example.com a=rsa-sha256 SSL ", want: "dkim qid=4F1A22C0D1 result=pass domain=example.com"},
			{name: "bad signature", text: "4F1A22C0D1: s=mail d=example.com a=rsa-sha256 SSL error:04091068:rsa routines", want: "dkim qid=4F1A22C0D1 result=fail domain=example.com"},
			{name: "none", text: "4F1A22C0D1: no signature data", want: "dkim qid=4F1A22C0D1 result=none"},
			{name: "other", text: "4F1A22C0D1: DKIM-Signature field added (s=mail, d=example.com)", want: "other"},
		},
		"rspamd": {
			{name: "pass", text: "<d8f3ba>; proxy; rspamd_task_write_log: id: <m@example.com>, qid: <4F1A22C0D1>, ip: 192.0.2.1, from: <a@example.com>, (default: F (no action): [-0.10/15.00] [R_SPF_ALLOW(-0.20){+ip4:192.0.2.0/24;},DMARC_POLICY_ALLOW(-0.50){example.com;none;},FROM_NO_DN(0.00){}]), len: 1234, time: 12.345ms",
				want: "dmarc qid=4F1A22C0D1 result=pass"},
			{name: "first symbol", text: "<d8f3ba>; proxy; rspamd_task_write_log: id: <m>, qid: <4F1A22C0D1>, ip: 192.0.2.1, from: <>, (default: F (no action): [-0.10/15.00] [DMARC_NA(0.00){example.com;}]), len: 1", want: "dmarc qid=4F1A22C0D1 result=none"},
			{name: "quarantine", text: "<d8f3ba>; proxy; rspamd_task_write_log: id: <m>, qid: <4F1A22C0D1>, ip: 192.0.2.1, from: <>, (default: T (add header): [8/15.00] [X(1.00){},DMARC_POLICY_QUARANTINE(1.50){example.com : No valid SPF;quarantine;}]), len: 1", want: "dmarc qid=4F1A22C0D1 result=fail"},
			{name: "Message-ID that holds a queue id", text: "<d8f3ba>; proxy; rspamd_task_write_log: id: <m, qid: <AAAA22C0D1>, ip: x>, qid: <4F1A22C0D1>, ip: 192.0.2.1, from: <>, (default: F (no action): [0/15.00] [DMARC_NA(0.00){}]), len: 1", want: "other"},
			{name: "sender that holds a symbol", text: "<d8f3ba>; proxy; rspamd_task_write_log: id: <m>, qid: <4F1A22C0D1>, ip: 192.0.2.1, from: <[DMARC_POLICY_ALLOW(-0.50)@x>, (default: F (no action): [0/15.00] [DMARC_POLICY_REJECT(2.00){}]), len: 1", want: "other"},
			{name: "no DMARC", text: "<d8f3ba>; proxy; rspamd_task_write_log: id: <m>, qid: <4F1A22C0D1>, ip: 192.0.2.1, from: <>, (default: F (no action): [0/15.00] [X(0.00){}]), len: 1", want: "other"},
		},
	} {
		t.Run(ident, func(t *testing.T) { testLines(t, ident, tests) })
	}
}
