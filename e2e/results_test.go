package e2e

import (
	"strings"
	"testing"
)

// TestResults sends a message for each result of check_host() and checks the reply
// and the header of an accepted message.
func TestResults(t *testing.T) {
	configure(t)
	h := startHost(t)
	for _, test := range []struct {
		name   string
		client string
		helo   string
		sender string
		reply  string // prefix of the reply to RCPT
		header string // of an accepted message
	}{
		{
			name: "pass", client: "192.0.2.1", helo: "client.test", sender: "a@pass.test", reply: "250 ",
			header: "Received-Spf: Pass (sender SPF authorized) identity=mailfrom; client-ip=192.0.2.1; helo=client.test; envelope-from=a@pass.test; receiver=<UNKNOWN>",
		},
		{
			name: "pass over IPv6", client: "2001:db8::1", helo: "client.test", sender: "a@pass.test", reply: "250 ",
			header: "Received-Spf: Pass (sender SPF authorized) identity=mailfrom; client-ip=2001:db8::1; helo=client.test; envelope-from=a@pass.test; receiver=<UNKNOWN>",
		},
		{
			name: "fail", client: "192.0.2.1", helo: "client.test", sender: "a@fail.test",
			reply: "550 5.7.23 <user@rcpt.test>: Recipient address rejected: Message rejected due to: SPF fail - not authorized. " +
				"Please see http://www.openspf.net/Why?s=mfrom;id=a@fail.test;ip=192.0.2.1;r=<UNKNOWN>",
		},
		{
			name: "fail over IPv6", client: "2001:db8::bad", helo: "client.test", sender: "a@pass.test",
			reply: "550 5.7.23 <user@rcpt.test>: Recipient address rejected: Message rejected due to: SPF fail - not authorized. " +
				"Please see http://www.openspf.net/Why?s=mfrom;id=a@pass.test;ip=2001:db8::bad;r=<UNKNOWN>",
		},
		{
			name: "fail with the domain's own explanation", client: "192.0.2.1", helo: "client.test", sender: "a@why.test",
			reply: "550 5.7.23 <user@rcpt.test>: Recipient address rejected: Message rejected due to: 192.0.2.1 is not one of ours. " +
				"Please see http://www.openspf.net/Why?s=mfrom;id=a@why.test;ip=192.0.2.1;r=<UNKNOWN>",
		},
		{
			name: "fail of HELO", client: "192.0.2.1", helo: "helofail.test", sender: "a@pass.test",
			reply: "550 5.7.23 <user@rcpt.test>: Recipient address rejected: Message rejected due to: SPF fail - not authorized. " +
				"Please see http://www.openspf.net/Why?s=helo;id=helofail.test;ip=192.0.2.1;r=<UNKNOWN>",
		},
		{
			name: "softfail", client: "192.0.2.1", helo: "client.test", sender: "a@softfail.test", reply: "250 ",
			header: "Received-Spf: Softfail (domain owner discourages use of this host) identity=mailfrom; client-ip=192.0.2.1; helo=client.test; envelope-from=a@softfail.test; receiver=<UNKNOWN>",
		},
		{
			name: "neutral", client: "192.0.2.1", helo: "client.test", sender: "a@neutral.test", reply: "250 ",
			header: "Received-Spf: Neutral (access neither permitted nor denied) identity=mailfrom; client-ip=192.0.2.1; helo=client.test; envelope-from=a@neutral.test; receiver=<UNKNOWN>",
		},
		{
			name: "none", client: "192.0.2.1", helo: "client.test", sender: "a@none.test", reply: "250 ",
			header: "Received-Spf: None (no SPF record) identity=mailfrom; client-ip=192.0.2.1; helo=client.test; envelope-from=a@none.test; receiver=<UNKNOWN>",
		},
		{
			name: "permerror", client: "192.0.2.1", helo: "client.test", sender: "a@permerror.test", reply: "250 ",
			header: "Received-Spf: Permerror (SPF Permanent Error: Unknown mechanism found: ipv4:192.0.2.1) identity=mailfrom; client-ip=192.0.2.1; helo=client.test; envelope-from=a@permerror.test; receiver=<UNKNOWN>",
		},
		{
			name: "null sender", client: "192.0.2.1", helo: "helopass.test", sender: "", reply: "250 ",
			header: "Received-Spf: Pass (sender SPF authorized) identity=helo; client-ip=192.0.2.1; helo=helopass.test; envelope-from=<>; receiver=<UNKNOWN>",
		},
		{
			name: "null sender, no record", client: "192.0.2.1", helo: "client.test", sender: "", reply: "250 ",
			header: "Received-Spf: None (no SPF record) identity=helo; client-ip=192.0.2.1; helo=client.test; envelope-from=<>; receiver=<UNKNOWN>",
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
	h.log.checkNoProblems(t)
}

// A failed lookup makes a Temperror header or, with TempError_Defer, a deferral.
func TestTempError(t *testing.T) {
	for _, test := range []struct {
		option string
		reply  string
	}{
		{option: "TempError_Defer = False", reply: "250 "},
		{option: "TempError_Defer = True", reply: "450 4.7.24 <user@rcpt.test>: Recipient address rejected: Message deferred due to: SPF Temporary Error: "},
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
			h.log.checkNoProblems(t)
		})
	}
}

// Internationalized addresses (RFC 6531) are checked against the record of the
// domain's A-labels (RFC 8616).
func TestSMTPUTF8(t *testing.T) {
	configure(t)
	h := startHost(t)
	for _, test := range []struct{ name, sender string }{
		{name: "local part", sender: "jörg@pass.test"},
		{name: "domain", sender: "info@bücher.test"},
		{name: "both", sender: "jörg@bücher.test"},
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
	h.log.checkNoProblems(t)
}
