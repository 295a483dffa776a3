package maillog

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func describeSource(s *Source) string {
	e := Envelope{Client: s.Client, HELO: []byte(s.HELO), Sender: []byte(s.Sender), Recipient: []byte(s.Recipient), Known: s.Known}
	parts := append([]string{fmt.Sprintf("%s, line %d:", s.Form, s.Line)}, describeEnvelope(&e)...)
	if s.Identity != NoIdentity {
		parts = append(parts, s.Identity.String())
	}
	if s.Result != NoResult {
		parts = append(parts, "recorded="+s.Result.String())
	}
	if s.Action != NoAction {
		parts = append(parts, "action="+s.Action.String())
	}
	if s.Other != "" {
		parts = append(parts, "other="+s.Other)
	}
	if !s.Time.IsZero() {
		parts = append(parts, "time="+s.Time.UTC().Format(time.RFC3339))
	}
	if s.InMessage {
		parts = append(parts, "in a message")
	}
	return strings.Join(parts, " ")
}

func TestPaste(t *testing.T) {
	const message = "Return-Path: <a@example.com>\nReceived: from h.example (h.example [192.0.2.1])\n\tby mx.example.net (Postfix) with ESMTPS id 4F1A22C0D1;\n\tMon,  2 Nov 2026 10:11:12 +0100 (CET)\n"
	for _, test := range []struct{ name, text, want string }{
		{name: "request", text: "\nrequest=smtpd_access_policy\nprotocol_state=RCPT\nclient_address=192.0.2.1\nhelo_name=h.example\nsender=a+b=c@example.com\nrecipient=r@example.net\n\nclient_address=192.0.2.9\n",
			want: "policy request, line 2: client=192.0.2.1 helo=h.example sender=<a+b=c@example.com> recipient=<r@example.net>"},
		{name: "request without a sender", text: "client_address=2001:db8::1\r\nhelo_name=h.example\r\nsender=\r\n",
			want: "policy request, line 1: client=2001:db8::1 helo=h.example sender=<>"},
		{name: "request, typed by hand", text: "sender = a@example.com\nhelo_name = h.example\nclient_address = 192.0.2.1\n",
			want: "policy request, line 1: client=192.0.2.1 helo=h.example sender=<a@example.com>"},
		{name: "refused for another reason than SPF", text: "Nov  2 10:11:12 mx postfix/smtpd[9]: NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.example; from=<a@example.com> to=<r@example.net> proto=ESMTP helo=<h.example>",
			want: "log line of Postfix, line 1: client=192.0.2.1 helo=h.example sender=<a@example.com> recipient=<r@example.net> other=554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.example time=2026-11-02T10:11:12Z"},
		{name: "refused with a Reason_Message of the administrator's", text: "Nov  2 10:11:12 mx postfix/smtpd[9]: NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 550 5.7.23 <r@example.net>: Recipient address rejected: Not today; from=<a@example.com> to=<r@example.net> proto=ESMTP helo=<h.example>",
			want: "log line of Postfix, line 1: client=192.0.2.1 helo=h.example sender=<a@example.com> recipient=<r@example.net> action=reject time=2026-11-02T10:11:12Z"},
		{name: "our field", text: `Received-SPF: Fail (SPF fail - not authorized) identity=mailfrom; client-ip=192.0.2.1; helo="h; x"; envelope-from=a@example.com; receiver=<UNKNOWN>`,
			want: "Received-SPF field, line 1: client=192.0.2.1 helo=h; x sender=<a@example.com> mailfrom recorded=fail"},
		{name: "folded", text: "\n\nReceived-SPF: Fail (SPF fail -\n not authorized)\n\tidentity=mailfrom; client-ip=192.0.2.1;\r\n    helo=h.example; envelope-from=a@example.com;\n receiver=<UNKNOWN>\n",
			want: "Received-SPF field, line 3: client=192.0.2.1 helo=h.example sender=<a@example.com> mailfrom recorded=fail"},
		{name: "spf-engine, unquoted", text: "Received-SPF: Pass (mailfrom) identity=mailfrom; client-ip=192.0.2.1; helo=h.example; envelope-from=b+a=x@example.com; receiver=example.net ",
			want: "Received-SPF field, line 1: client=192.0.2.1 helo=h.example sender=<b+a=x@example.com> recipient=<example.net> mailfrom recorded=pass"},
		{name: "Mail::SPF", text: `Received-SPF: softfail (example.com: Sender is not authorized by default to use 'a@example.com' in 'mfrom' identity, however domain is not currently prepared for false failures (mechanism '~all' matched)) receiver=mx.example.net; identity=mailfrom; envelope-from="a@example.com"; helo=h.example; client-ip=192.0.2.1`,
			want: "Received-SPF field, line 1: client=192.0.2.1 helo=h.example sender=<a@example.com> mailfrom recorded=softfail"},
		{name: "pyspf", text: `Received-SPF: PermError (r@example.net: permanent error in processing domain of example.com: Unknown mechanism found) client-ip=192.0.2.1; envelope-from="a@example.com"; helo=h.example; receiver=r@example.net; problem=moo; identity=mailfrom`,
			want: "Received-SPF field, line 1: client=192.0.2.1 helo=h.example sender=<a@example.com> recipient=<r@example.net> mailfrom recorded=permerror"},
		{name: "Gmail", text: "Received-SPF: pass (google.com: domain of a@example.com designates 192.0.2.1 as permitted sender) client-ip=192.0.2.1;",
			want: "Received-SPF field, line 1: client=192.0.2.1 sender=<a@example.com> mailfrom recorded=pass"},
		{name: "Gmail, IPv6", text: "Received-SPF: softfail (google.com: domain of transitioning a@example.com does not designate 2001:db8::1 as permitted sender) client-ip=2001:db8::1;",
			want: "Received-SPF field, line 1: client=2001:db8::1 sender=<a@example.com> mailfrom recorded=softfail"},
		{name: "Gmail, neutral", text: "Received-SPF: neutral (google.com: 192.0.2.1 is neither permitted nor denied by best guess record for domain of a@example.com) client-ip=192.0.2.1;",
			want: "Received-SPF field, line 1: client=192.0.2.1 sender=<a@example.com> mailfrom recorded=neutral"},
		{name: "Microsoft", text: "Received-SPF: Pass (protection.outlook.com: domain of example.com designates\n 192.0.2.1 as permitted sender) receiver=protection.outlook.com;\n client-ip=192.0.2.1; helo=h.example; pr=C",
			want: "Received-SPF field, line 1: client=192.0.2.1 helo=h.example sender=<example.com> mailfrom recorded=pass"},
		{name: "Microsoft, fail", text: "Received-SPF: Fail (protection.outlook.com: domain of example.com does not\n designate 192.0.2.1 as permitted sender)\n receiver=protection.outlook.com; client-ip=192.0.2.1;\n helo=[192.0.2.1];",
			want: "Received-SPF field, line 1: client=192.0.2.1 helo=[192.0.2.1] sender=<example.com> mailfrom recorded=fail"},
		{name: "AR, ours", text: "Authentication-Results: mx.example.net; spf=pass (sender SPF authorized) smtp.mailfrom=example.com\n (client-ip=192.0.2.1; helo=h.example; envelope-from=a@example.com; receiver=<UNKNOWN>)",
			want: "Authentication-Results field, line 1: client=192.0.2.1 helo=h.example sender=<a@example.com> mailfrom recorded=pass"},
		{name: "AR, Gmail", text: "Authentication-Results: mx.google.com;\n       dkim=pass header.i=@example.com header.s=x header.b=AbC;\n       spf=pass (google.com: domain of a@example.com designates 192.0.2.1 as permitted sender) smtp.mailfrom=a@example.com;\n       dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=example.com",
			want: "Authentication-Results field, line 1: client=192.0.2.1 sender=<a@example.com> mailfrom recorded=pass"},
		{name: "AR, Microsoft", text: "Authentication-Results: spf=fail (sender IP is 192.0.2.1)\n smtp.mailfrom=example.com; dkim=none (message not signed)\n header.d=none;dmarc=fail action=none header.from=example.com;",
			want: "Authentication-Results field, line 1: client=192.0.2.1 sender=<example.com> mailfrom recorded=fail"},
		{name: "AR without an address, in a message", text: "Authentication-Results: mx.example.net; spf=softfail smtp.mailfrom=a@example.com\n" + message + "\nbody",
			want: "Authentication-Results field, line 1: client=192.0.2.1 helo=h.example sender=<a@example.com> mailfrom recorded=softfail time=2026-11-02T09:11:12Z in a message"},
		{name: "log, classic", text: "Nov  2 10:11:12 mx policyd-spf[1]: None; identity=helo; client-ip=192.0.2.1; helo=h; envelope-from=a@example.com; receiver=<UNKNOWN> \n" +
			"Nov  2 10:11:12 mx policyd-spf[1]: Fail; identity=mailfrom; client-ip=192.0.2.1; helo=h; envelope-from=a@example.com; receiver=<UNKNOWN> \n" +
			"Nov  2 10:11:12 mx policyd-spf[1]: 550 5.7.23 Message rejected due to: SPF fail - not authorized. Please see http://www.openspf.net/Why?s=mfrom;id=a@example.com;ip=192.0.2.1;r=<UNKNOWN>\n",
			want: "log line of a policy server, line 1: client=192.0.2.1 helo=h sender=<a@example.com> mailfrom recorded=fail action=reject time=2026-11-02T10:11:12Z"},
		{name: "log, other lines before it", text: "Nov  2 10:11:12 mx cron[1]: x\n2026-11-02T10:11:12+01:00 mx policyd-spf[1]: : prepend Received-SPF: Softfail (mailfrom) identity=mailfrom; client-ip=192.0.2.1; helo=h; envelope-from=a@example.com; receiver=example.net",
			want: "log line of a policy server, line 2: client=192.0.2.1 helo=h sender=<a@example.com> recipient=<example.net> mailfrom recorded=softfail action=prepend time=2026-11-02T09:11:12Z"},
		{name: "log, perl", text: `Nov  2 10:11:12 mx postfix/policy-spf[1]: Policy action=550 Please see http://www.openspf.org/Why?s=mfrom;id=a%40example.com;ip=192.0.2.1;r=mx.example.net`,
			want: "log line of a policy server, line 1: client=192.0.2.1 sender=<a@example.com> mailfrom recorded=fail action=reject time=2026-11-02T10:11:12Z"},
		{name: "text of a log line", text: "  Pass; identity=helo; client-ip=192.0.2.1; helo=h; envelope-from=<>; receiver=<UNKNOWN> ",
			want: "log line of a policy server, line 1: client=192.0.2.1 helo=h sender=<> helo recorded=pass"},
		{name: "Postfix", text: "Nov  2 10:11:12 mx postfix/smtpd[9]: NOQUEUE: reject: RCPT from h.example[192.0.2.1]: 550 5.7.23 <r@example.net>: Recipient address rejected: Message rejected due to: SPF fail - not authorized. Please see http://www.openspf.net/Why?s=mfrom;id=a@example.com;ip=192.0.2.1;r=<UNKNOWN>; from=<a@example.com> to=<r@example.net> proto=ESMTP helo=<h.example>",
			want: "log line of Postfix, line 1: client=192.0.2.1 helo=h.example sender=<a@example.com> recipient=<r@example.net> mailfrom recorded=fail action=reject time=2026-11-02T10:11:12Z"},
		{name: "Postfix, without a time", text: "NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 550 5.7.23 <r@example.net>: Recipient address rejected: Go away; from=<a@example.com> to=<r@example.net> proto=ESMTP helo=<h.example>",
			want: "log line of Postfix, line 1: client=192.0.2.1 helo=h.example sender=<a@example.com> recipient=<r@example.net> action=reject"},
		{name: "URL", text: "http://www.openspf.net/Why?s=mfrom;id=a@example.com;ip=192.0.2.1;r=<UNKNOWN>",
			want: "URL of a refusal, line 1: client=192.0.2.1 sender=<a@example.com> mailfrom action=reject"},
		{name: "URL, encoded", text: "see <a href=\"http://www.openspf.org/Why?s=helo&amp;id=h.example&amp;ip=2001:db8::1&amp;r=r@example.net\">",
			want: "URL of a refusal, line 1: client=2001:db8::1 helo=h.example recipient=<r@example.net> helo action=reject"},
		{name: "SMTP reply", text: "550 5.7.23 <r@example.net>: Recipient address rejected: Message rejected due to: SPF fail - not authorized. Please see http://www.openspf.net/Why?s=mfrom;id=a@example.com;ip=192.0.2.1;r=r@example.net",
			want: "URL of a refusal, line 1: client=192.0.2.1 sender=<a@example.com> recipient=<r@example.net> mailfrom recorded=fail action=reject"},
		{name: "bounce text", text: "This is the mail system at host out.example.\n\nI'm sorry to have to inform you that your message could not\nbe delivered to one or more recipients.\n\n<r@example.net>: host mx.example.net[198.51.100.25] said: 550 5.7.23\n    <r@example.net>: Recipient address rejected: Message rejected due to: SPF\n    fail - not authorized. Please see\n    http://www.openspf.net/Why?s=mfrom;id=a@example.com;ip=192.0.2.1;r=<UNKNOWN>\n    (in reply to RCPT TO command)\n",
			want: "bounce, line 9: client=192.0.2.1 sender=<a@example.com> mailfrom recorded=fail action=reject"},
		{name: "delivery status", text: "Reporting-MTA: dns; out.example\n\nFinal-Recipient: rfc822; r@example.net\nAction: failed\nStatus: 5.7.23\nDiagnostic-Code: smtp; 550 5.7.23 <r@example.net>: Recipient address rejected:\n    Message rejected due to: SPF fail - not authorized. Please see\n    http://www.openspf.net/Why?s=mfrom;id=a@example.com;ip=192.0.2.1;r=<UNKNOWN>\n",
			want: "bounce, line 8: client=192.0.2.1 sender=<a@example.com> mailfrom recorded=fail action=reject"},
		{name: "whole bounce", text: "Received-SPF: Pass (x) identity=helo; client-ip=198.51.100.25; helo=out.example; envelope-from=<>; receiver=<UNKNOWN>\nFrom: MAILER-DAEMON@out.example\nSubject: Undelivered Mail\nContent-Type: multipart/report; report-type=delivery-status;\n boundary=x\n\n--x\n\nSee http://www.openspf.net/Why?s=3Dmfrom;id=3Da@example.com;ip=3D192.0=\n.2.1;r=3D<UNKNOWN>\n",
			want: "bounce, line 9: client=192.0.2.1 sender=<a@example.com> mailfrom action=reject"},
		{name: "whole message, topmost field", text: "Received-SPF: Pass (ok) identity=mailfrom; client-ip=192.0.2.1; helo=h.example; envelope-from=a@example.com; receiver=<UNKNOWN>\n" + message +
			"Received-SPF: Fail (forged) identity=mailfrom; client-ip=192.0.2.9; helo=g.example; envelope-from=v@bank.example; receiver=<UNKNOWN>\nFrom: a@example.com\n\nbody\n",
			want: "Received-SPF field, line 1: client=192.0.2.1 helo=h.example sender=<a@example.com> mailfrom recorded=pass time=2026-11-02T09:11:12Z in a message"},
		{name: "mbox", text: "From a@example.com Mon Nov  2 10:11:12 2026\n" + message + "Received-SPF: None (no SPF record) identity=helo; client-ip=192.0.2.1; helo=h.example; envelope-from=<>; receiver=<UNKNOWN>\n\n",
			want: "Received-SPF field, line 6: client=192.0.2.1 helo=h.example sender=<> helo recorded=none time=2026-11-02T09:11:12Z in a message"},
		{name: "field in an e-mail", text: "Hello, our mails have this header line:\n\n    Received-SPF: Fail (SPF fail - not authorized) identity=mailfrom;\n      client-ip=192.0.2.1; helo=h.example; envelope-from=a@example.com;\n      receiver=<UNKNOWN>\n",
			want: "Received-SPF field, line 3: client=192.0.2.1 helo=h.example sender=<a@example.com> mailfrom recorded=fail"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, err := Paste([]byte(test.text), now())
			if err != nil {
				t.Fatal(err)
			}
			if got := describeSource(&s); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestPaste_nothingUsable(t *testing.T) {
	for _, test := range []struct{ name, text string }{
		{name: "empty"},
		{name: "prose", text: "Why is my mail refused?\n"},
		{name: "request without an address", text: "client_address=unknown\nhelo_name=h\nsender=a@example.com\n"},
		{name: "field without an address", text: "Received-SPF: pass"},
		{name: "AR without spf", text: "Authentication-Results: mx; dkim=pass header.d=example.com"},
		{name: "message with a field in its body", text: "From: a@example.com\nSubject: x\n\nReceived-SPF: Pass (x) identity=mailfrom; client-ip=192.0.2.1; helo=h; envelope-from=a@example.com; receiver=<UNKNOWN>\nhttp://www.openspf.net/Why?s=mfrom;id=a@example.com;ip=192.0.2.1;r=x\n"},
		{name: "forged field", text: "Received-SPF: Fail (x) identity=mailfrom; client-ip=192.0.2.9; helo=h; envelope-from=v@bank.example; receiver=r (y) identity=mailfrom; client-ip=192.0.2.1; helo=h; envelope-from=a@example.com; receiver=<UNKNOWN>"},
		{name: "usable field below one that is not", text: "Received-SPF: Fail (x)\nReceived: from h by mx\nReceived-SPF: Pass (x) identity=mailfrom; client-ip=192.0.2.1; helo=h; envelope-from=a@example.com; receiver=<UNKNOWN>\nFrom: a@example.com\n\n"},
		{name: "two addresses", text: "Received-SPF: Pass (x) client-ip=192.0.2.1; client-ip=192.0.2.9; helo=h; identity=helo"},
		{name: "URL without an address", text: "http://www.openspf.net/Why?s=mfrom;id=a@example.com"},
		{name: "other program's line", text: "Nov  2 10:11:12 mx dovecot[1]: x"},
		{name: "cut log line", text: "Nov  2 10:11:12 mx policyd-spf[1]: Pass; identity=mailfrom; client-ip=192.0.2.1; helo=h"},
		{name: "binary", text: "\x00\xff\xfe\x80\n\x00"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if s, err := Paste([]byte(test.text), now()); !errors.Is(err, ErrNothingUsable) {
				t.Errorf("%s, %v", describeSource(&s), err)
			}
		})
	}
}

func FuzzPaste(f *testing.F) {
	f.Add("Received-SPF: pass (google.com: domain of a@b designates 192.0.2.1 as permitted sender) client-ip=192.0.2.1;")
	f.Add("Authentication-Results: x; spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=\"a\\\"b\"; dkim=none")
	f.Add("client_address=192.0.2.1\nsender=a\n\n")
	f.Add("From: x\nReceived: from h (h [IPv6:::1]); Mon, 2 Nov 2026 10:11:12 +0100\n\tx\n\n?s=mfrom;id=a@b;ip=::1;r=x")
	f.Add("Nov  2 10:11:12 mx policyd-spf[1]: Pass; identity=helo; client-ip=192.0.2.1; helo=h; envelope-from=<>; receiver=<UNKNOWN> ")
	f.Add("Content-Type: multipart/report; delivery-status\n\n?s=3Dhelo&amp;id=3D=41&amp;ip=\n=31.2.3.4;r=")
	f.Add(`{"name":"Received-SPF","value":"Fail (x) client-ip=\u003c192.0.2.1;\r\n helo=\"h\""},`)
	f.Add("\"a\",\"Received-SPF: Fail (x)\n client-ip=192.0.2.1; helo=\"\"h; x\"\"\"")
	f.Add("* `Received-SPF: Fail (domain of [a@b](mailto:a@b) does not designate [IPv6:::1] as) SPF=HELO; sender=h; remoteip=::1`")
	f.Add("<22>1 2026-11-02T10:11:12Z mx policyd-spf 1 - [a b=\"c\"] : prepend Received-SPF: Pass (x) identity=helo; client-ip=::1; helo=h; envelope-from=<>; receiver=x")
	f.Add("x Authentication-Results: a; spf/1 = pass (x is neither permitted nor denied by domain of \"a b\"@c) smtp.helo=a@b; iprev=pass policy.iprev=::1")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Paste([]byte(text), now())
		if (err == nil) != s.usable() {
			t.Errorf("%v, but %s", err, describeSource(&s))
		}
		if err == nil && (s.Form == 0 || s.Line < 1 || s.Line > strings.Count(text, "\n")+1) {
			t.Errorf("form %d, line %d", s.Form, s.Line)
		}
	})
}
