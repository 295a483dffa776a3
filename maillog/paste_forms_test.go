package maillog

import (
	"encoding/base64"
	"strings"
	"testing"
	"unicode/utf16"
)

// ourField is a Received-SPF field of policyd-spf, in one line.
const ourField = "Received-SPF: Fail (SPF fail - not authorized) identity=mailfrom; client-ip=192.0.2.1; helo=h.example; envelope-from=a@example.com; receiver=<UNKNOWN>"

// utf16LE returns a text in UTF-16 with a byte order mark, as Windows saves it.
func utf16LE(text string) string {
	b := []byte{0xFF, 0xFE}
	for _, unit := range utf16.Encode([]rune(text)) {
		b = append(b, byte(unit), byte(unit>>8))
	}
	return string(b)
}

// TestPaste_copied is about what mail clients, web pages, editors and filters do to
// a text on its way.
func TestPaste_copied(t *testing.T) {
	const fieldIn = "Received-SPF field, line %s: client=192.0.2.1 helo=h.example sender=<a@example.com> mailfrom recorded=fail"
	field := func(line string) string { return strings.Replace(fieldIn, "%s", line, 1) }
	const url = "http://www.openspf.net/Why?s=mfrom;id=a@example.com;ip=192.0.2.1;r=<UNKNOWN>"
	const fromURL = "URL of a refusal, line 1: client=192.0.2.1 sender=<a@example.com> mailfrom action=reject"
	for _, test := range []struct{ name, text, want string }{
		{name: "byte order mark", text: "\ufeff" + ourField, want: field("1")},
		{name: "UTF-16", text: utf16LE("\r\n" + ourField + "\r\n"), want: field("2")},
		{name: "CRLF", text: strings.ReplaceAll(ourField, "; ", ";\r\n\t") + "\r\n", want: field("1")},
		{name: "carriage returns alone", text: strings.ReplaceAll(ourField, "; ", ";\r\t") + "\r", want: field("1")},
		{name: "quoted", text: "You wrote:\n> " + strings.ReplaceAll(ourField, "; ", ";\n>  ") + "\n", want: field("2")},
		{name: "quoted twice", text: ">> " + strings.ReplaceAll(ourField, "; ", ";\n>>  ") + "\n", want: field("1")},
		{name: "quoted twice with spaces", text: "> > " + strings.ReplaceAll(ourField, "; ", ";\n> >   ") + "\n", want: field("1")},
		{name: "indented", text: "The field:\n\n    " + strings.ReplaceAll(ourField, "; ", ";\n        ") + "\n", want: field("3")},
		{name: "no spaces at the start of further lines", text: strings.ReplaceAll(ourField, "; ", ";\n") + "\nSubject: x\n", want: field("1")},
		{name: "no-break spaces", text: strings.ReplaceAll(ourField, " ", "\u00a0"), want: field("1")},
		{name: "zero-width spaces", text: strings.ReplaceAll(ourField, "; ", ";\u200b "), want: field("1")},
		{name: "line separators", text: strings.ReplaceAll(ourField, "; ", ";\u2028 "), want: field("1")},
		{name: "hyphens that do not break", text: strings.ReplaceAll(ourField, "-", "\u2011"), want: field("1")},
		{name: "control characters", text: "\x02" + strings.ReplaceAll(ourField, "=", "=\x00") + "\x0c\n", want: field("1")},
		{name: "UTF-16 without a byte order mark", text: utf16LE(ourField)[2:], want: field("1")},
		{name: "colors of grep", text: strings.NewReplacer("a@example.com", "\x1b[01;31m\x1b[Ka@example.com\x1b[m\x1b[K", "192.0.2.1", "\x1b[1m192.0.2.1\x1b[0m").Replace(ourField), want: field("1")},
		{name: "HTML", text: "<html><body><pre>Received-SPF: Fail (SPF fail - not authorized) identity=mailfrom; client-ip=192.0.2.1;<br> helo=h.example; envelope-from=a@example.com; receiver=&lt;UNKNOWN&gt;</pre>", want: field("1")},
		{name: "capitals", text: strings.Replace(ourField, "Received-SPF", "RECEIVED-SPF", 1), want: field("1")},
		{name: "quoted-printable", text: "Content-Transfer-Encoding: quoted-printable\n\n" + strings.ReplaceAll(strings.ReplaceAll(ourField, "=", "=3D"), "helo", "he=\nlo"), want: field("3")},

		{name: "URL in angle brackets", text: "<http://www.openspf.net/Why?s=mfrom;id=a@example.com;ip=192.0.2.1;r=r@example.net>",
			want: "URL of a refusal, line 1: client=192.0.2.1 sender=<a@example.com> recipient=<r@example.net> mailfrom action=reject"},
		{name: "URL with entities", text: "http://www.openspf.net/Why?s=mfrom&amp;id=a%40example.com&amp;ip=192.0.2.1&amp;r=mx.example.net", want: fromURL},
		{name: "URL with numeric entities", text: "http://www.openspf.net/Why?s=mfrom&#59;id=a&#64;example.com&#x3b;ip=192.0.2.1&#x3B;r=&lt;UNKNOWN&gt;", want: fromURL},
		{name: "URL, percent-encoded", text: "http://www.openspf.net/Why?s=mfrom;id=a%40example.com;ip=192.0.2.1;r=%3CUNKNOWN%3E", want: fromURL},
		{name: "URL at the end of a sentence", text: "See http://www.openspf.net/Why?s=mfrom;id=a@example.com;ip=192.0.2.1.", want: fromURL},
		{name: "URL, IPv6, percent-encoded", text: "http://www.openspf.net/Why?s=helo&id=h.example&ip=2001%3Adb8%3A%3A1&r=mx",
			want: "URL of a refusal, line 1: client=2001:db8::1 helo=h.example helo action=reject"},
		{name: "Safe Links", text: "https://eur01.safelinks.protection.outlook.com/?url=http%3A%2F%2Fwww.openspf.net%2FWhy%3Fs%3Dmfrom%3Bid%3Da%40example.com%3Bip%3D192.0.2.1%3Br%3D%253CUNKNOWN%253E&data=05%7C02", want: fromURL},
		{name: "URL Defense 2", text: "https://urldefense.proofpoint.com/v2/url?u=http-3A__www.openspf.net_Why-3Fs-3Dmfrom-3Bid-3Da-40example.com-3Bip-3D192.0.2.1-3Br-3Dmx&d=DwMF", want: fromURL},
		{name: "URL Defense 3", text: "https://urldefense.com/v3/__http://www.openspf.net/Why?s=mfrom;id=a@example.com;ip=192.0.2.1;r=mx__;!!abc", want: fromURL},
		{name: "Exim's URL", text: "550 [SPF] http://www.open-spf.org/Why?scope=mfrom&identity=a@example.com&ip=192.0.2.1", want: fromURL},
		{name: "older URL", text: "http://www.openspf.org/why.html?sender=a%40example.com&ip=192.0.2.1&receiver=mx.example.net", want: fromURL},
		{name: "URL in quoted-printable", text: strings.ReplaceAll(url[:60], "=", "=3D") + "=\n" + strings.ReplaceAll(url[60:], "=", "=3D"), want: fromURL},
	} {
		t.Run(test.name, func(t *testing.T) { testPaste(t, test.text, test.want) })
	}
}

func testPaste(t *testing.T, text, want string) {
	t.Helper()
	s, err := Paste([]byte(text), now())
	if err != nil {
		t.Fatal(err)
	}
	if got := describeSource(&s); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestPaste_receivers is about the fields of other mail servers.
func TestPaste_receivers(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{name: "Yahoo", text: "Received-SPF: pass (domain of example.com designates 192.0.2.1 as permitted sender)",
			want: "Received-SPF field, line 1: client=192.0.2.1 sender=<example.com> mailfrom recorded=pass"},
		{name: "smf-spf", text: "Received-SPF: Fail (mx.example.net: domain of <a@example.com>\n does not designate 192.0.2.1 as permitted sender)\n receiver=mx.example.net; client-ip=192.0.2.1;\n envelope-from=<a@example.com>; helo=h.example;",
			want: "Received-SPF field, line 1: client=192.0.2.1 helo=h.example sender=<a@example.com> mailfrom recorded=fail"},
		{name: "Gmail, domain has no record", text: "Received-SPF: none (google.com: a@example.com does not designate permitted sender hosts) client-ip=192.0.2.1;",
			want: "Received-SPF field, line 1: client=192.0.2.1 sender=<a@example.com> mailfrom recorded=none"},
		{name: "Gmail, temperror", text: "Received-SPF: temperror (google.com: error in processing during lookup of a@example.com: DNS error) client-ip=192.0.2.1;",
			want: "Received-SPF field, line 1: client=192.0.2.1 sender=<a@example.com> mailfrom recorded=temperror"},
		{name: "Gmail, permerror", text: "Received-SPF: permerror (google.com: permanent error in processing during lookup of a@example.com: bad.example not found) client-ip=192.0.2.1;",
			want: "Received-SPF field, line 1: client=192.0.2.1 sender=<a@example.com> mailfrom recorded=permerror"},
		{name: "Gmail, the null reverse-path", text: "Received-SPF: pass (google.com: domain of postmaster@h.example designates 192.0.2.1 as permitted sender) client-ip=192.0.2.1;",
			want: "Received-SPF field, line 1: client=192.0.2.1 sender=<postmaster@h.example> mailfrom recorded=pass"},
		{name: "Microsoft, softfail", text: "Received-SPF: SoftFail (protection.outlook.com: domain of transitioning\n example.com discourages use of 192.0.2.1 as permitted sender)",
			want: "Received-SPF field, line 1: client=192.0.2.1 sender=<example.com> mailfrom recorded=softfail"},
		{name: "Microsoft, none", text: "Received-SPF: None (protection.outlook.com: example.com does not designate\n permitted sender hosts) receiver=protection.outlook.com; client-ip=192.0.2.1; helo=h.example;",
			want: "Received-SPF field, line 1: client=192.0.2.1 helo=h.example sender=<example.com> mailfrom recorded=none"},
		{name: "Exim", text: "Received-SPF: softfail (mx.example.net: transitioning domain of example.com does not designate 192.0.2.1 as permitted sender) client-ip=192.0.2.1; envelope-from=a@example.com; helo=h.example;",
			want: "Received-SPF field, line 1: client=192.0.2.1 helo=h.example sender=<a@example.com> mailfrom recorded=softfail"},
		{name: "AR, Fastmail", text: "Authentication-Results: mx6.messagingengine.com;\n    iprev=pass smtp.remote-ip=192.0.2.1 (h.example);\n    spf=fail smtp.mailfrom=a@example.com smtp.helo=h.example",
			want: "Authentication-Results field, line 1: client=192.0.2.1 helo=h.example sender=<a@example.com> mailfrom recorded=fail"},
		{name: "AR, rspamd", text: "Authentication-Results: mx.example.net;\n\tdkim=none;\n\tspf=softfail (mx.example.net: 192.0.2.1 is neither permitted nor denied by domain of a@example.com) smtp.mailfrom=a@example.com",
			want: "Authentication-Results field, line 1: client=192.0.2.1 sender=<a@example.com> mailfrom recorded=softfail"},
		{name: "AR, authserv-id with a version", text: "Authentication-Results: mx.example.net 1; spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=example.com smtp.helo=h.example",
			want: "Authentication-Results field, line 1: client=192.0.2.1 helo=h.example sender=<example.com> mailfrom recorded=pass"},
		{name: "AR, angle brackets", text: "Authentication-Results: mx.example.net; spf=hardfail (sender IP is 192.0.2.1) smtp.mailfrom=<a@example.com> smtp.helo=h.example",
			want: "Authentication-Results field, line 1: client=192.0.2.1 helo=h.example sender=<a@example.com> mailfrom recorded=fail"},
		{name: "AR, the null reverse-path", text: "Authentication-Results: mx.example.net; spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=<> smtp.helo=h.example",
			want: "Authentication-Results field, line 1: client=192.0.2.1 helo=h.example sender=<> helo recorded=pass"},
		{name: "AR, quoted comment and other methods first", text: "Authentication-Results: mx.example.net;\n dkim=fail reason=\"signature; spf=pass\" header.d=example.com;\n spf=fail (mx.example.net: domain of a@example.com does not designate 192.0.2.1 as permitted sender) smtp.mailfrom=a@example.com; dmarc=fail",
			want: "Authentication-Results field, line 1: client=192.0.2.1 sender=<a@example.com> mailfrom recorded=fail"},
		{name: "AR below the Received field of its own host", text: "Received: from h.example (h.example [192.0.2.1])\n\tby mx.example.net (Postfix) with ESMTPS id 4F1\n\tfor <r@example.net>; Mon,  2 Nov 2026 10:11:12 +0100 (CET)\nAuthentication-Results: mx.example.net; spf=fail smtp.mailfrom=a@example.com\nReceived: from inner.example (inner.example [192.0.2.9])\n\tby h.example (Postfix) with ESMTP id 3;\n\tMon,  2 Nov 2026 10:11:10 +0100 (CET)\nFrom: a@example.com\n\nx\n",
			want: "Authentication-Results field, line 4: client=192.0.2.1 helo=h.example sender=<a@example.com> mailfrom recorded=fail time=2026-11-02T09:11:12Z in a message"},
		{name: "AR below the Received field of a content filter", text: "Received: from mx.example.net (localhost [127.0.0.1])\n\tby mx.example.net (Postfix) with ESMTP id 5;\n\tMon,  2 Nov 2026 10:11:12 +0100 (CET)\nAuthentication-Results: example.net; spf=fail smtp.mailfrom=a@example.com\nReceived: from h.example (h.example [192.0.2.1])\n\tby mx.example.net (Postfix) with ESMTP id 4;\n\tMon,  2 Nov 2026 10:11:10 +0100 (CET)\nFrom: a@example.com\n\nx\n",
			want: "Authentication-Results field, line 4: client=192.0.2.1 helo=h.example sender=<a@example.com> mailfrom recorded=fail time=2026-11-02T09:11:12Z in a message"},
		{name: "mapped address", text: "Received-SPF: pass (x: domain of a@example.com designates ::ffff:192.0.2.1 as permitted sender) client-ip=::ffff:192.0.2.1; helo=h.example;",
			want: "Received-SPF field, line 1: client=192.0.2.1 helo=h.example sender=<a@example.com> mailfrom recorded=pass"},
		{name: "no colon, as in a table", text: "Received-SPF\tFail (SPF fail - not authorized) identity=mailfrom; client-ip=192.0.2.1; helo=h.example; envelope-from=a@example.com; receiver=<UNKNOWN>",
			want: "Received-SPF field, line 1: client=192.0.2.1 helo=h.example sender=<a@example.com> mailfrom recorded=fail"},
		{name: "value of a field alone", text: "Fail (SPF fail - not authorized) identity=mailfrom; client-ip=192.0.2.1; helo=h.example; envelope-from=a@example.com; receiver=<UNKNOWN>",
			want: "Received-SPF field, line 1: client=192.0.2.1 helo=h.example sender=<a@example.com> mailfrom recorded=fail"},
		{name: "value of Gmail's field alone", text: "softfail (google.com: domain of transitioning a@example.com does not designate 192.0.2.1 as permitted sender) client-ip=192.0.2.1;",
			want: "Received-SPF field, line 1: client=192.0.2.1 sender=<a@example.com> mailfrom recorded=softfail"},
		{name: "field name with a space", text: "Received-SPF : Fail (x) identity=mailfrom; client-ip=192.0.2.1; helo=h.example; envelope-from=a@example.com; receiver=<UNKNOWN>",
			want: "Received-SPF field, line 1: client=192.0.2.1 helo=h.example sender=<a@example.com> mailfrom recorded=fail"},
		{name: "X-Comment", text: "X-Comment: SPF skipped for whitelisted relay - client-ip=192.0.2.1; helo=h.example; envelope-from=a@example.com; receiver=<UNKNOWN>",
			want: "X-Comment field, line 1: client=192.0.2.1 helo=h.example sender=<a@example.com> action=prepend"},
		{name: "ARC alone", text: "ARC-Authentication-Results: i=1; mx.google.com;\n       spf=pass (google.com: domain of a@example.com designates 192.0.2.1 as permitted sender) smtp.mailfrom=a@example.com",
			want: "Authentication-Results field, line 1: client=192.0.2.1 sender=<a@example.com> mailfrom recorded=pass"},
		{name: "Gmail, original of a message", text: "Message ID\t<x@example.com>\nCreated at:\tMon, Nov 2, 2026 at 10:11 AM\nFrom:\tAlice <a@example.com>\nSPF:\tPASS with IP 192.0.2.1 Learn more\n\n\nDelivered-To: r@gmail.com\nReceived: by 2002:a05:1 with SMTP id x;\n        Mon, 2 Nov 2026 10:11:12 +0000\nReturn-Path: <a@example.com>\nReceived-SPF: pass (google.com: domain of a@example.com designates 192.0.2.1 as permitted sender) client-ip=192.0.2.1;\n\nbody\n",
			want: "Received-SPF field, line 11: client=192.0.2.1 sender=<a@example.com> mailfrom recorded=pass time=2026-11-02T10:11:12Z in a message"},
	} {
		t.Run(test.name, func(t *testing.T) { testPaste(t, test.text, test.want) })
	}
}

func TestReceivedFrom(t *testing.T) {
	for _, test := range []struct{ name, value, address, helo string }{
		{name: "Postfix", value: "from h.example (name.example [192.0.2.1]) by mx", address: "192.0.2.1", helo: "h.example"},
		{name: "Postfix, IPv6", value: "from h.example (unknown [IPv6:2001:db8::1]) by mx", address: "2001:db8::1", helo: "h.example"},
		{name: "Exim", value: "from name.example ([192.0.2.1] helo=h.example) by mx", address: "192.0.2.1", helo: "h.example"},
		{name: "Exim, the same name", value: "from h.example ([192.0.2.1]) by mx", address: "192.0.2.1", helo: "h.example"},
		{name: "Exchange", value: "from h.example (192.0.2.1) by mx", address: "192.0.2.1", helo: "h.example"},
		{name: "qmail", value: "from unknown (HELO h.example) (192.0.2.1) by mx", address: "192.0.2.1", helo: "h.example"},
		{name: "sendmail", value: "from h.example (name.example [192.0.2.1] (may be forged)) by mx", address: "192.0.2.1", helo: "h.example"},
		{name: "Yahoo", value: "from 192.0.2.1 (EHLO h.example) by 10.197.33.1 with SMTPs", address: "192.0.2.1", helo: "h.example"},
		{name: "address literal", value: "from [192.0.2.1] (port=4711 helo=h.example) by mx", address: "192.0.2.1", helo: "h.example"},
		{name: "HELO with another address", value: "from [10.0.0.1] (unknown [192.0.2.1]) by mx", address: "192.0.2.1", helo: "[10.0.0.1]"},
		{name: "no address", value: "from h.example (localhost) by mx"},
		{name: "no client", value: "by mx with SMTP id x"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, helo := receivedFrom([]byte(test.value))
			if test.address == "" && a.IsValid() || test.address != "" && a.String() != test.address || helo != test.helo {
				t.Errorf("%v, %q, want %s, %q", a, helo, test.address, test.helo)
			}
		})
	}
}

// TestPaste_bounces is about the bounces of other mail servers.
func TestPaste_bounces(t *testing.T) {
	const refusal = "550 5.7.23 <r@example.net>: Recipient address rejected: Message rejected due to: SPF fail - not authorized. Please see http://www.openspf.net/Why?s=mfrom;id=a@example.com;ip=192.0.2.1;r=<UNKNOWN>"
	const want = ": client=192.0.2.1 sender=<a@example.com> mailfrom recorded=fail action=reject"
	encoded := base64.StdEncoding.EncodeToString([]byte("<p>mx.example.net gave this error:<br>" + strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(refusal) + "</p>\r\n"))
	for _, test := range []struct{ name, text, want string }{
		{name: "Exchange", text: "Delivery has failed to these recipients or groups:\n\nr@example.net\n\nDiagnostic information for administrators:\n\nGenerating server: ex.example.com\n\nr@example.net\nmx.example.net\nRemote Server returned '" + refusal + "'\n\nOriginal message headers:\n\nReceived-SPF: Pass (x) client-ip=198.51.100.7; envelope-from=other@example.org; helo=x\n",
			want: "bounce, line 11" + want},
		{name: "Gmail", text: "Address not found\nYour message wasn't delivered to r@example.net.\nThe response from the remote server was:\n" + refusal + "\n", want: "bounce, line 4" + want},
		{name: "Exim", text: "A message that you sent could not be delivered to one or more of its\nrecipients.\n\n  r@example.net\n    host mx.example.net [198.51.100.25]\n    SMTP error from remote mail server after RCPT TO:<r@example.net>:\n    " + refusal + "\n", want: "bounce, line 7" + want},
		{name: "base64", text: "From: postmaster@example.com\nContent-Type: multipart/report; report-type=delivery-status; boundary=x\n\n--x\nContent-Type: text/html\nContent-Transfer-Encoding: base64\n\n" + encoded[:76] + "\n" + encoded[76:] + "\n--x--\n", want: "bounce, line 8" + want},
		{name: "log line of the sender's Postfix", text: "Nov  2 10:11:12 out postfix/smtp[9]: 4F1A22C0D1: to=<r@example.net>, relay=mx.example.net[198.51.100.25]:25, delay=1, delays=0/0/0/0, dsn=5.7.23, status=bounced (host mx.example.net[198.51.100.25] said: " + refusal + " (in reply to RCPT TO command))",
			want: "bounce, line 1" + want},
		{name: "reply of several lines", text: "550-5.7.23 <r@example.net>: Recipient address rejected: Message rejected\n550-5.7.23 due to: SPF fail - not authorized. Please see\n550 5.7.23 http://www.openspf.net/Why?s=mfrom;id=a@example.com;ip=192.0.2.1;r=<UNKNOWN>\n",
			want: "URL of a refusal, line 3: client=192.0.2.1 sender=<a@example.com> mailfrom recorded=fail action=reject"},
		{name: "refused by Gmail", text: "550-5.7.26 Your email has been blocked because the sender is unauthenticated.\n550-5.7.26 Gmail requires all senders to authenticate with either SPF or DKIM.\n550-5.7.26  DKIM = did not pass\n550-5.7.26  SPF [example.com] with ip: [192.0.2.1] = did not pass\n550 5.7.26  For instructions, go to https://support.google.com/mail/answer/81126 x - gsmtp\n",
			want: "bounce, line 4: client=192.0.2.1 sender=<example.com> mailfrom action=reject"},
		{name: "refused by Exim", text: "550 [SPF] 192.0.2.1 is not allowed to send mail from example.com.\n",
			want: "bounce, line 1: client=192.0.2.1 sender=<example.com> mailfrom recorded=fail action=reject"},
		{name: "refused by another server", text: "550 5.7.1 mx.example.net: domain of a@example.com does not\n    designate 192.0.2.1 as permitted sender\n",
			want: "bounce, line 1: client=192.0.2.1 sender=<a@example.com> mailfrom recorded=fail action=reject"},
	} {
		t.Run(test.name, func(t *testing.T) { testPaste(t, test.text, test.want) })
	}
}

// TestPaste_logs is about the ways in which log lines are shown.
func TestPaste_logs(t *testing.T) {
	const (
		check  = "Fail; identity=mailfrom; client-ip=192.0.2.1; helo=h.example; envelope-from=a@example.com; receiver=<UNKNOWN> "
		want   = "log line of a policy server, line 1: client=192.0.2.1 helo=h.example sender=<a@example.com> mailfrom recorded=fail"
		reject = "NOQUEUE: reject: RCPT from h.example[192.0.2.1]: 550 5.7.23 <r@example.net>: Recipient address rejected: Message rejected due to: SPF fail - not authorized. Please see http://www.openspf.net/Why?s=mfrom;id=a@example.com;ip=192.0.2.1;r=<UNKNOWN>; from=<a@example.com> to=<r@example.net> proto=ESMTP helo=<h.example>"
		asked  = ": client=192.0.2.1 helo=h.example sender=<a@example.com> recipient=<r@example.net> mailfrom recorded=fail action=reject"
	)
	for _, test := range []struct{ name, text, want string }{
		{name: "journalctl", text: "Nov 02 10:11:12 mx policyd-spf[1]: " + check, want: want + " time=2026-11-02T10:11:12Z"},
		{name: "journalctl -o short-iso", text: "2026-11-02T10:11:12+0100 mx policyd-spf[1]: " + check, want: want + " time=2026-11-02T09:11:12Z"},
		{name: "journalctl -o short-precise", text: "Nov 02 10:11:12.123456 mx policyd-spf[1]: " + check, want: want},
		{name: "journalctl -o short-full", text: "Mon 2026-11-02 10:11:12 UTC mx policyd-spf[1]: " + check, want: want},
		{name: "journalctl -o cat", text: check, want: want},
		{name: "journalctl -o json", text: `{"__REALTIME_TIMESTAMP":"1793614272000000","_HOSTNAME":"mx","SYSLOG_IDENTIFIER":"policyd-spf","SYSLOG_PID":"1","MESSAGE":"` + check + `"}`, want: want + " time=2026-11-02T10:11:12Z"},
		{name: "journalctl -o export", text: "MESSAGE=" + check, want: want},
		{name: "with a priority", text: "<22>Nov  2 10:11:12 mx policyd-spf[1]: " + check, want: want + " time=2026-11-02T10:11:12Z"},
		{name: "grep with file names", text: "/var/log/mail.log:Nov  2 10:11:12 mx policyd-spf[1]: " + check, want: want},
		{name: "grep with line numbers", text: "117:Nov  2 10:11:12 mx policyd-spf[1]: " + check, want: want},
		{name: "container", text: "postfix-1  | 2026-11-02T10:11:12.123456+00:00 INFO    policyd-spf[1]: " + check, want: want},
		{name: "quoted in a mail", text: "> Nov  2 10:11:12 mx policyd-spf[1]: " + check, want: want + " time=2026-11-02T10:11:12Z"},
		{name: "indented", text: "    Nov  2 10:11:12 mx policyd-spf[1]: " + check, want: want},
		{name: "Postfix, journalctl -o short-precise", text: "Nov 02 10:11:12.123456 mx postfix/smtpd[9]: " + reject, want: "log line of Postfix, line 1" + asked},
		{name: "Postfix, submission", text: "Nov  2 10:11:12 mx postfix/submission/smtpd[9]: " + reject, want: "log line of Postfix, line 1" + asked + " time=2026-11-02T10:11:12Z"},
		{name: "Postfix, wrapped", text: "Nov  2 10:11:12 mx postfix/smtpd[9]: " + strings.ReplaceAll(reject, "; from", ";\n  from"), want: "log line of Postfix, line 1" + asked + " time=2026-11-02T10:11:12Z"},
		{name: "policy server, wrapped", text: "Nov  2 10:11:12 mx policyd-spf[1]: " + strings.ReplaceAll(check, "; ", ";\n"), want: want + " time=2026-11-02T10:11:12Z"},
		{name: "Postfix, text in HTML", text: "<p>Nov  2 10:11:12 mx postfix/smtpd[9]: " + strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(reject) + "</p>", want: "log line of Postfix, line 1" + asked + " time=2026-11-02T10:11:12Z"},
	} {
		t.Run(test.name, func(t *testing.T) { testPaste(t, test.text, test.want) })
	}
}
