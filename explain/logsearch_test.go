package explain

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"policyd-spf/spf/dns/dnsfake"
)

// searchedLog is a log of two messages from one client to different recipients, one
// with a queue id, and one that was refused. The policy server logs no recipient.
const searchedLog = `Nov  2 10:00:01 mx postfix/smtpd[1]: connect from out.example[192.0.2.1]
Nov  2 10:00:02 mx policyd-spf[2]: Pass; identity=helo; client-ip=192.0.2.1; helo=out.example; envelope-from=a@shop.example; receiver=<UNKNOWN> 
Nov  2 10:00:02 mx policyd-spf[2]: Pass; identity=mailfrom; client-ip=192.0.2.1; helo=out.example; envelope-from=a@shop.example; receiver=<UNKNOWN> 
Nov  2 10:00:02 mx policyd-spf[2]: prepend Received-SPF: Pass (ok) identity=mailfrom; client-ip=192.0.2.1; helo=out.example; envelope-from=a@shop.example; receiver=<UNKNOWN> 
Nov  2 10:00:02 mx postfix/smtpd[1]: 4F1A22C0D1: client=out.example[192.0.2.1]
Nov  2 10:00:02 mx postfix/qmgr[3]: 4F1A22C0D1: from=<a@shop.example>, size=1234, nrcpt=1 (queue active)
Nov  2 10:00:03 mx postfix/lmtp[4]: 4F1A22C0D1: to=<bob@example.net>, relay=x, delay=1, delays=0/0/0/0, dsn=2.0.0, status=sent (ok)
Nov  2 11:00:02 mx policyd-spf[2]: Pass; identity=helo; client-ip=192.0.2.1; helo=out.example; envelope-from=a@shop.example; receiver=<UNKNOWN> 
Nov  2 11:00:02 mx policyd-spf[2]: Pass; identity=mailfrom; client-ip=192.0.2.1; helo=out.example; envelope-from=a@shop.example; receiver=<UNKNOWN> 
Nov  2 11:00:02 mx policyd-spf[2]: prepend Received-SPF: Pass (ok) identity=mailfrom; client-ip=192.0.2.1; helo=out.example; envelope-from=a@shop.example; receiver=<UNKNOWN> 
Nov  2 11:00:02 mx postfix/smtpd[1]: 4F1A22C0D2: client=out.example[192.0.2.1]
Nov  2 11:00:02 mx postfix/qmgr[3]: 4F1A22C0D2: from=<a@shop.example>, size=1234, nrcpt=1 (queue active)
Nov  2 11:00:03 mx postfix/lmtp[4]: 4F1A22C0D2: to=<carol@example.net>, orig_to=<sales@example.net>, relay=x, delay=1, delays=0/0/0/0, dsn=2.0.0, status=sent (ok)
Nov  2 12:00:02 mx policyd-spf[2]: None; identity=helo; client-ip=203.0.113.9; helo=x; envelope-from=b@shop.example; receiver=<UNKNOWN> 
Nov  2 12:00:02 mx policyd-spf[2]: Fail; identity=mailfrom; client-ip=203.0.113.9; helo=x; envelope-from=b@shop.example; receiver=<UNKNOWN> 
Nov  2 12:00:02 mx policyd-spf[2]: 550 5.7.23 Message rejected due to: SPF fail - not authorized. Please see http://www.openspf.net/Why?s=mfrom;id=b@shop.example;ip=203.0.113.9;r=<UNKNOWN>
Nov  2 12:00:02 mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from unknown[203.0.113.9]: 550 5.7.23 <dave@example.net>: Recipient address rejected: Message rejected due to: SPF fail - not authorized. Please see http://www.openspf.net/Why?s=mfrom;id=b@shop.example;ip=203.0.113.9;r=<UNKNOWN>; from=<b@shop.example> to=<dave@example.net> proto=ESMTP helo=<x>
Nov  2 13:00:02 mx postfix/smtpd[1]: 4F1A22C0D3: client=out.example[192.0.2.1]
Nov  2 13:00:02 mx postfix/qmgr[3]: 4F1A22C0D3: from=<c@shop.example>, size=1234, nrcpt=1 (queue active)
Nov  2 13:00:03 mx postfix/lmtp[4]: 4F1A22C0D3: to=<erin@example.net>, relay=x, delay=1, delays=0/0/0/0, dsn=2.0.0, status=sent (ok)
`

func logServer(t *testing.T) *Server {
	t.Helper()
	zone := dnsfake.Zone(t, "$ORIGIN example.\nshop TXT \"v=spf1 ip4:192.0.2.1 -all\"\n")
	loaded, path := load(t, "")
	return &Server{Loaded: loaded, Path: path, Resolver: zone}
}

// foundMessage describes what a search found.
func foundMessage(t *testing.T, find Find, log string) (string, error) {
	t.Helper()
	var found string
	err := logServer(t).ExplainLog(context.Background(), Text{In: strings.NewReader(log), Now: goldenTime()}, find, func(d *Report) error {
		found = fmt.Sprintf("%s, line %d, %d matches: %s to <%s>", d.Source.Form, d.Source.Line, d.Source.Matches, d.Request.Sender, d.Request.Recipient)
		return nil
	})
	return found, err
}

func TestExplainLog(t *testing.T) {
	for _, test := range []struct {
		name string
		find Find
		want string
	}{
		{name: "anything", want: "policy-log, line 14, 3 matches: b@shop.example to <>"},
		{name: "sender", find: Find{From: "A@Shop.example"}, want: "policy-log, line 8, 2 matches: a@shop.example to <>"},
		{name: "sender's domain", find: Find{From: "shop.example"}, want: "policy-log, line 14, 3 matches: b@shop.example to <>"},
		{name: "domain with an at sign", find: Find{From: "@shop.example"}, want: "policy-log, line 14, 3 matches: b@shop.example to <>"},
		{name: "client", find: Find{Client: netip.MustParseAddr("203.0.113.9")}, want: "policy-log, line 14, 0 matches: b@shop.example to <>"},
		{name: "recipient of delivered mail", find: Find{To: "bob@example.net"}, want: "policy-log, line 2, 0 matches: a@shop.example to <bob@example.net>"},
		{name: "recipient of the second message", find: Find{To: "carol@example.net"}, want: "policy-log, line 8, 0 matches: a@shop.example to <carol@example.net>"},
		{name: "recipient of refused mail", find: Find{To: "dave@example.net"}, want: "policy-log, line 14, 0 matches: b@shop.example to <dave@example.net>"},
		{name: "recipient's domain", find: Find{To: "example.net"}, want: "policy-log, line 14, 3 matches: b@shop.example to <dave@example.net>"},
		{name: "queue id", find: Find{QueueID: "4F1A22C0D1"}, want: "policy-log, line 2, 0 matches: a@shop.example to <bob@example.net>"},
		{name: "sender and recipient", find: Find{From: "a@shop.example", To: "example.net"}, want: "policy-log, line 8, 2 matches: a@shop.example to <carol@example.net>"},
		{name: "recipient before an alias", find: Find{To: "sales@example.net"}, want: "policy-log, line 8, 0 matches: a@shop.example to <sales@example.net>"},
		{name: "message that the policy server did not log", find: Find{To: "erin@example.net"}, want: "postfix-log, line 18, 0 matches: c@shop.example to <erin@example.net>"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := foundMessage(t, test.find, searchedLog)
			if err != nil || got != test.want {
				t.Errorf("%v\ngot  %s\nwant %s", err, got, test.want)
			}
		})
	}
}

func TestMatchesAddress(t *testing.T) {
	for _, test := range []struct {
		want, address string
		matches       bool
	}{
		{want: "", address: "a@example.com", matches: true},
		{want: "", address: "", matches: true},
		{want: "<>", address: "", matches: true},
		{want: "<>", address: "a@example.com"},
		{want: "A@Example.COM", address: "a@example.com", matches: true},
		{want: "a@example.com", address: "b@example.com"},
		{want: "a@example.com", address: "a@mail.example.com"},
		{want: "a@example.com", address: ""},
		{want: "example.com", address: "a@example.com", matches: true},
		{want: "@example.com", address: "a@example.com", matches: true},
		{want: "example.com", address: "example.com", matches: true},
		{want: "example.com", address: "a@mail.example.com"},
		{want: "example.com", address: ""},
		{want: "müller@bücher.example", address: "müller@xn--bcher-kva.example", matches: true},
		{want: "xn--bcher-kva.example", address: "müller@Bücher.example", matches: true},
		{want: "müller@bücher.example", address: "mueller@bücher.example"},
	} {
		t.Run(test.want+" and "+test.address, func(t *testing.T) {
			if got := matchesAddress(test.want, test.address); got != test.matches {
				t.Errorf("got %v, want %v", got, test.matches)
			}
		})
	}
}

func TestExplainLog_nothingFound(t *testing.T) {
	for _, test := range []struct {
		name, log string
		find      Find
		want      string
	}{
		{name: "other sender", log: searchedLog, find: Find{From: "x@shop.example"}, want: "standard input: no message matches (sender x@shop.example) among 20 lines"},
		{name: "sender of one message, recipient of another", log: searchedLog, find: Find{From: "b@shop.example", To: "bob@example.net"}, want: "standard input: no message matches (sender b@shop.example, recipient bob@example.net) among 20 lines"},
		{name: "no log", log: "hello\n", want: "standard input: no line of a policy server, and no refusal by Postfix that matches (any message), among 1 lines"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := foundMessage(t, test.find, test.log)
			if !IsInputError(err) || err.Error() != test.want {
				t.Errorf("found %q; got  %v\nwant %s", got, err, test.want)
			}
		})
	}
}
