package e2e

import (
	"strings"
	"testing"
)

// TestResults sends a message for each result of check_host() and looks at the
// reply, and at the header of what was accepted.
func TestResults(t *testing.T) {
	configure(t)
	h := startHost(t)
	for _, test := range []struct {
		name   string
		client string
		helo   string
		sender string
		reply  string // to RCPT; begins with
		header string // if it was accepted
	}{
		{
			"pass", "192.0.2.1", "client.test", "a@pass.test", "250 ",
			"Received-Spf: Pass (sender SPF authorized) identity=mailfrom; client-ip=192.0.2.1; helo=client.test; envelope-from=a@pass.test; receiver=<UNKNOWN>",
		},
		{
			"pass over IPv6", "2001:db8::1", "client.test", "a@pass.test", "250 ",
			"Received-Spf: Pass (sender SPF authorized) identity=mailfrom; client-ip=2001:db8::1; helo=client.test; envelope-from=a@pass.test; receiver=<UNKNOWN>",
		},
		{
			"fail", "192.0.2.1", "client.test", "a@fail.test",
			"550 5.7.23 <user@rcpt.test>: Recipient address rejected: Message rejected due to: SPF fail - not authorized. " +
				"Please see http://www.openspf.net/Why?s=mfrom;id=a@fail.test;ip=192.0.2.1;r=<UNKNOWN>",
			"",
		},
		{
			"fail over IPv6", "2001:db8::bad", "client.test", "a@pass.test",
			"550 5.7.23 <user@rcpt.test>: Recipient address rejected: Message rejected due to: SPF fail - not authorized. " +
				"Please see http://www.openspf.net/Why?s=mfrom;id=a@pass.test;ip=2001:db8::bad;r=<UNKNOWN>",
			"",
		},
		{
			"fail with the domain's own explanation", "192.0.2.1", "client.test", "a@why.test",
			"550 5.7.23 <user@rcpt.test>: Recipient address rejected: Message rejected due to: 192.0.2.1 is not one of ours. " +
				"Please see http://www.openspf.net/Why?s=mfrom;id=a@why.test;ip=192.0.2.1;r=<UNKNOWN>",
			"",
		},
		{
			"fail of HELO", "192.0.2.1", "helofail.test", "a@pass.test",
			"550 5.7.23 <user@rcpt.test>: Recipient address rejected: Message rejected due to: SPF fail - not authorized. " +
				"Please see http://www.openspf.net/Why?s=helo;id=helofail.test;ip=192.0.2.1;r=<UNKNOWN>",
			"",
		},
		{
			"softfail", "192.0.2.1", "client.test", "a@softfail.test", "250 ",
			"Received-Spf: Softfail (domain owner discourages use of this host) identity=mailfrom; client-ip=192.0.2.1; helo=client.test; envelope-from=a@softfail.test; receiver=<UNKNOWN>",
		},
		{
			"neutral", "192.0.2.1", "client.test", "a@neutral.test", "250 ",
			"Received-Spf: Neutral (access neither permitted nor denied) identity=mailfrom; client-ip=192.0.2.1; helo=client.test; envelope-from=a@neutral.test; receiver=<UNKNOWN>",
		},
		{
			"none", "192.0.2.1", "client.test", "a@none.test", "250 ",
			"Received-Spf: None (no SPF record) identity=mailfrom; client-ip=192.0.2.1; helo=client.test; envelope-from=a@none.test; receiver=<UNKNOWN>",
		},
		{
			"permerror", "192.0.2.1", "client.test", "a@permerror.test", "250 ",
			"Received-Spf: Permerror (SPF Permanent Error: Unknown mechanism found: ipv4:192.0.2.1) identity=mailfrom; client-ip=192.0.2.1; helo=client.test; envelope-from=a@permerror.test; receiver=<UNKNOWN>",
		},
		{
			"null sender", "192.0.2.1", "helopass.test", "", "250 ",
			"Received-Spf: Pass (sender SPF authorized) identity=helo; client-ip=192.0.2.1; helo=helopass.test; envelope-from=<>; receiver=<UNKNOWN>",
		},
		{
			"null sender, no record", "192.0.2.1", "client.test", "", "250 ",
			"Received-Spf: None (no SPF record) identity=helo; client-ip=192.0.2.1; helo=client.test; envelope-from=<>; receiver=<UNKNOWN>",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := connect(t, test.client, test.helo)
			m := message{sender: test.sender}
			reply := c.rcpt(m)[0]
			if !strings.HasPrefix(reply, test.reply) {
				t.Fatalf("got %q, want %q", reply, test.reply)
			}
			if test.header == "" {
				return
			}
			if got := spfHeader(t, h.delivered(t, c.data(m))[0]); got != test.header {
				t.Errorf("got  %s\nwant %s", got, test.header)
			}
		})
	}
	h.log.clean(t)
}

// TestTempError: a name server's failure marks the message, or defers it where
// the administrator wants that.
func TestTempError(t *testing.T) {
	for _, test := range []struct {
		option string
		reply  string
	}{
		{"TempError_Defer = False", "250 "},
		{"TempError_Defer = True", "450 4.7.24 <user@rcpt.test>: Recipient address rejected: Message deferred due to: SPF Temporary Error: "},
	} {
		t.Run(test.option, func(t *testing.T) {
			configure(t, test.option)
			h := startHost(t)
			c := connect(t, "192.0.2.1", "client.test")
			m := message{sender: "a@temperror.test"}
			reply := c.rcpt(m)[0]
			if !strings.HasPrefix(reply, test.reply) {
				t.Fatalf("got %q, want %q", reply, test.reply)
			}
			if strings.HasPrefix(reply, "250") {
				got := spfHeader(t, h.delivered(t, c.data(m))[0])
				if want := "Received-Spf: Temperror (SPF Temporary Error: "; !strings.HasPrefix(got, want) {
					t.Errorf("got %s, want %s", got, want)
				}
			}
			h.log.clean(t)
		})
	}
}

// TestSMTPUTF8: internationalised addresses (RFC 6531) reach the check, and DNS
// is asked for the domain's A-labels (RFC 8616).
func TestSMTPUTF8(t *testing.T) {
	configure(t)
	h := startHost(t)
	for _, test := range []struct{ name, sender string }{
		{"local part", "jörg@pass.test"},
		{"domain", "info@bücher.test"},
		{"both", "jörg@bücher.test"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := connect(t, "192.0.2.1", "client.test")
			id := c.send(message{sender: test.sender, parameters: "SMTPUTF8", from: "a@pass.test"})
			got := spfHeader(t, h.delivered(t, id)[0])
			want := "Received-Spf: Pass (sender SPF authorized) identity=mailfrom; client-ip=192.0.2.1; helo=client.test; envelope-from=" +
				test.sender + "; receiver=<UNKNOWN>"
			if got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
	h.log.clean(t)
}
