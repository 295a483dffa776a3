package report

import (
	"context"
	"strings"
	"testing"
	"time"
)

// The lines of a message from 192.0.2.1 that the tests put in different orders.
const (
	joinChecks  = "mx policyd-spf[7]: None; identity=helo; client-ip=192.0.2.1; helo=h.example; envelope-from=a@x.example; receiver=<UNKNOWN> \nmx policyd-spf[7]: Fail; identity=mailfrom; client-ip=192.0.2.1; helo=h.example; envelope-from=a@x.example; receiver=<UNKNOWN> \n"
	joinAction  = "mx policyd-spf[7]: prepend Received-SPF: Fail (x) identity=mailfrom; client-ip=192.0.2.1; helo=h.example; envelope-from=a@x.example; receiver=<UNKNOWN> \n"
	joinClient  = "mx postfix/smtpd[8]: 4F1A22C0D1: client=h.example[192.0.2.1]\n"
	joinDMARC   = "mx opendmarc[9]: 4F1A22C0D1: x.example pass\n"
	joinQueued  = "mx postfix/qmgr[6]: 4F1A22C0D1: from=<a@x.example>, size=1, nrcpt=1 (queue active)\n"
	joinRewrote = "mx postfix/qmgr[6]: 4F1A22C0D1: from=<SRS0=a=b=x.example=a@mx.example>, size=1, nrcpt=1 (queue active)\n"
	joinHELO    = "mx policyd-spf[7]: 550 5.7.23 Message rejected due to: SPF fail - not authorized. Please see http://www.openspf.net/Why?s=helo;id=h.example;ip=192.0.2.1;r=<UNKNOWN>\n"
	joinReject  = "mx postfix/smtpd[8]: NOQUEUE: reject: RCPT from h.example[192.0.2.1]: 550 5.7.23 <r@mx.example>: Recipient address rejected: Message rejected due to: SPF fail; from=<a@x.example> to=<r@mx.example> proto=ESMTP helo=<h.example>\n"
)

// reportOf returns the report on lines without time stamps.
func reportOf(t *testing.T, lines string) *Report {
	t.Helper()
	var log strings.Builder
	for line := range strings.Lines(lines) {
		log.WriteString("2026-11-02T10:00:00Z " + line)
	}
	c := New(Options{Now: time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)})
	if err := c.Read("log", strings.NewReader(log.String())); err != nil {
		t.Fatal(err)
	}
	return c.Report(context.Background())
}

func TestJoin_dmarc(t *testing.T) {
	for _, test := range []struct {
		name, lines string
		joined      bool
	}{
		{name: "usual order", lines: joinChecks + joinAction + joinClient + joinDMARC + joinQueued, joined: true},
		{name: "policy server logs after smtpd", lines: joinChecks + joinClient + joinAction + joinDMARC + joinQueued, joined: true},
		{name: "policy server logs everything after smtpd", lines: joinClient + joinChecks + joinAction + joinDMARC + joinQueued, joined: true},
		{name: "rewritten sender", lines: joinChecks + joinAction + joinClient + joinDMARC + joinRewrote, joined: true},
		{name: "rewritten sender, policy server logs after smtpd", lines: joinClient + joinChecks + joinAction + joinDMARC + joinRewrote},
		{name: "client of another message", lines: joinChecks + joinAction + strings.ReplaceAll(joinClient, "192.0.2.1", "192.0.2.9") + joinDMARC + joinQueued},
		{name: "another host", lines: joinChecks + joinAction + strings.ReplaceAll(joinClient+joinDMARC+joinQueued, "mx ", "mx2 ")},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := reportOf(t, test.lines)
			if joined := r.DMARC.Pass == 1; joined != test.joined || r.Messages != 1 {
				t.Errorf("%+v of %d messages, want joined %v", r.DMARC, r.Messages, test.joined)
			}
		})
	}
}

// A refusal that does not show the sender is no refusal of the null reverse-path.
func TestJoin_senderOfRefusal(t *testing.T) {
	for _, test := range []struct {
		name, lines      string
		refused, unknown int64
	}{
		{name: "Postfix logs the sender", lines: joinHELO + joinReject},
		{name: "Postfix logs the null reverse-path", lines: joinHELO + strings.ReplaceAll(joinReject, "a@x.example", ""), refused: 1},
		{name: "nobody logs the sender", lines: joinHELO, unknown: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, s := range reportOf(t, test.lines).Settings {
				if s.Option == "HELO_reject" && s.Value == "Null" && (s.Refused != test.refused || s.Unknown != test.unknown) {
					t.Errorf("%d refused, %d unknown, want %d and %d", s.Refused, s.Unknown, test.refused, test.unknown)
				}
				if s.Option == "HELO_reject" && s.Value == "Fail" && s.Refused != 1 {
					t.Errorf("HELO_reject = Fail refuses %d", s.Refused)
				}
			}
		})
	}
}
