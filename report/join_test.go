package report

import (
	"bytes"
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"policyd-spf/maillog"
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
		{name: "filter on another host", lines: joinChecks + joinAction + joinClient + strings.ReplaceAll(joinDMARC, "mx ", "filter ") + joinQueued, joined: true},
		{name: "filter on another host, queue id of two hosts", lines: joinChecks + joinAction + joinClient + strings.ReplaceAll(joinClient, "mx ", "mx2 ") + strings.ReplaceAll(joinDMARC, "mx ", "filter ") + joinQueued},
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

// Senders that choose long names do not make the joiner take more memory, and all
// messages are completed in order.
func TestJoin_longNames(t *testing.T) {
	const messages, length = 20_000, 1900
	completed := 0
	j := newJoiner(func(p *pending) {
		if len(p.sender()) != length || p.at != int64(completed) {
			t.Fatalf("message %d: %d bytes at %d", completed, len(p.sender()), p.at)
		}
		completed++
	}, maxPending)
	long := bytes.Repeat([]byte("a"), length)
	for i := range messages {
		j.add(&maillog.Message{Time: time.Unix(0, int64(i)), Host: []byte("mx"), Envelope: maillog.Envelope{
			Client: netip.AddrFrom4([4]byte{192, 0, byte(i >> 8), byte(i)}), HELO: long, Sender: long, Recipient: long,
			Known: maillog.HasClient | maillog.HasHELO | maillog.HasSender | maillog.HasRecipient,
		}})
		total := 0
		if i%1000 == 0 {
			for n := range j.messages {
				p := &j.messages[n]
				total += cap(p.text) + cap(p.recipient) + cap(p.name)
			}
		}
		if total > maxHeld {
			t.Fatalf("%d bytes after %d messages", total, i)
		}
	}
	j.flush()
	if completed != messages {
		t.Errorf("%d messages, want %d", completed, messages)
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

// TestJoin_receiver holds that a domain is no recipient: spf-engine logs only that of
// the recipient's.
func TestJoin_receiver(t *testing.T) {
	const delivered = "mx postfix/lmtp[6]: 4F1A22C0D1: to=<r@mx.example>, relay=x, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 Saved)\n"
	for _, test := range []struct {
		receiver string
		want     int64
	}{
		{receiver: "<UNKNOWN>", want: 1},
		{receiver: "mx.example", want: 1},
		{receiver: "R@mx.example", want: 1},
		{receiver: "alias@mx.example", want: 2},
	} {
		r := reportOf(t, strings.ReplaceAll(joinAction, "<UNKNOWN>", test.receiver)+joinClient+joinQueued+delivered)
		if len(r.Findings) != 1 || r.Findings[0].Recipients != test.want {
			t.Errorf("receiver=%s: findings %+v, want one with %d recipients", test.receiver, r.Findings, test.want)
		}
	}
}

// TestReport_internationalDomain holds that both forms of a domain are one.
func TestReport_internationalDomain(t *testing.T) {
	lines := func(domain string) string {
		return strings.ReplaceAll(joinChecks+joinAction, "a@x.example", "a@"+domain)
	}
	for _, own := range []string{"例え.jp", "xn--r8jz45g.jp"} {
		c := New(Options{Now: time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC), Own: []string{own}})
		for _, domain := range []string{"例え.jp", "xn--r8jz45g.jp"} {
			for line := range strings.Lines(lines(domain)) {
				if err := c.Read("log", strings.NewReader("2026-11-02T10:00:00Z "+line)); err != nil {
					t.Fatal(err)
				}
			}
		}
		r := c.Report(context.Background())
		if len(r.Findings) != 1 || r.Findings[0].Kind != ForgedOwn || r.Findings[0].Messages != 2 {
			t.Errorf("own domain %s: findings %+v, want one of %s with 2 messages", own, r.Findings, ForgedOwn)
		}
		for _, s := range r.Settings {
			if s.Refused > 0 && s.Domains != 1 {
				t.Errorf("%s = %s: %d domains, want 1", s.Option, s.Value, s.Domains)
			}
		}
	}
}

// TestFindings_permerror holds that messages with permerror count only for the finding
// about their domain.
func TestFindings_permerror(t *testing.T) {
	broken := strings.NewReplacer("Fail", "Permerror", "a@x.example", "a@y.example").Replace(joinChecks + joinAction)
	for _, f := range reportOf(t, joinChecks+joinAction+broken).Findings {
		if f.Messages != 1 || f.Domains != 1 {
			t.Errorf("%s with %d messages of %d domains, want 1 of 1", f.Kind, f.Messages, f.Domains)
		}
	}
}
