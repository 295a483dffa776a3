package report

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"policyd-spf/internal/mailstream"
)

// measured is the report of a generated stream.
func measured(t *testing.T, s *mailstream.Stream, o mailstream.LogOptions) *Report {
	t.Helper()
	var log bytes.Buffer
	if err := s.WriteLog(&log, o); err != nil {
		t.Fatal(err)
	}
	c := New(Options{Now: s.Params.Start.AddDate(0, 1, 0), Own: mailstream.OwnDomains()})
	if err := c.Read("mail.log", &log); err != nil {
		t.Fatal(err)
	}
	return c.Report(context.Background())
}

// refuses reports whether a value of Mail_From_reject refuses a result.
func refuses(value, result string) bool {
	switch value {
	case "SPF_Not_Pass":
		return result == "fail" || result == "softfail" || result == "neutral"
	case "Softfail":
		return result == "fail" || result == "softfail"
	}
	return result == "fail"
}

// truth is what is known of a stream's clients.
type truth map[netip.Addr]mailstream.Kind

func truthOf(s *mailstream.Stream) truth {
	clients := make(truth)
	for _, m := range s.Messages {
		clients[m.Client] = m.Kind
	}
	return clients
}

// whitelisted returns the clients in the lines of an advice.
func whitelisted(t *testing.T, a *Advice) map[netip.Addr]bool {
	t.Helper()
	clients := make(map[netip.Addr]bool)
	for _, l := range a.Whitelist {
		for value := range strings.SplitSeq(l.Value, ",") {
			addr, err := netip.ParseAddr(value)
			if err != nil || l.Option != "Whitelist" {
				t.Fatalf("line %s = %s", l.Option, l.Value)
			}
			clients[addr] = true
		}
	}
	return clients
}

// lost returns how many messages are refused that must not be, according to the
// truth.
func lost(s *mailstream.Stream, value string, exempt map[netip.Addr]bool, dmarc bool) map[mailstream.Kind]int {
	n := make(map[mailstream.Kind]int)
	for _, m := range s.Messages {
		if exempt[m.Client] || !refuses(value, m.MailFromResult) {
			continue
		}
		switch m.Kind {
		case mailstream.Forwarder, mailstream.List, mailstream.Misconfigured:
			n[m.Kind]++
		default:
			if dmarc && m.Exists && m.DMARC == "pass" {
				n[m.Kind]++
			}
		}
	}
	return n
}

// checkLines reports lines that name a forger's client.
func checkLines(t *testing.T, r *Report, clients truth) {
	t.Helper()
	for addr := range whitelisted(t, &r.Advice) {
		switch kind := clients[addr]; kind {
		case mailstream.Botnet, mailstream.BurstForger, mailstream.Snowshoe, mailstream.ForgedOwn:
			t.Errorf("a proposed line has %s, a client of %s", addr, kind)
		}
	}
	for _, f := range r.Findings {
		if f.Value == "" {
			continue
		}
		for _, a := range f.clients {
			switch kind := clients[a]; kind {
			case mailstream.Botnet, mailstream.BurstForger, mailstream.Snowshoe, mailstream.ForgedOwn:
				t.Errorf("a finding's line has %s, a client of %s", a, kind)
			}
		}
	}
}

// TestFindings_seeds holds that forwarders and lists are found and little else is
// taken for one, and that no advice is called safe that loses mail.
func TestFindings_seeds(t *testing.T) {
	var found, missed, wrong, forwarders, safe int
	for seed := range uint64(seeds) {
		p, dmarc := mailstream.Typical(seed), seed%2 == 0
		if seed%3 == 0 { // without what always prevents that it is safe
			p.BackupMXs, p.Newsletters = 0, 0
		}
		s := mailstream.Generate(p)
		clients := truthOf(s)
		r := measured(t, s, mailstream.LogOptions{DMARC: dmarc})
		forwarders += p.Forwarders + p.Lists

		flagged := make(map[netip.Addr]bool)
		for _, f := range r.Findings {
			if f.Kind != Forwarder {
				continue
			}
			for _, a := range f.clients {
				flagged[a] = true
				if kind := clients[a]; kind != mailstream.Forwarder && kind != mailstream.List {
					wrong++
					t.Logf("seed %d: %s of kind %s: %v", seed, a, kind, f.Evidence)
				}
			}
		}
		seen := make(map[netip.Addr]bool)
		for _, m := range s.Messages {
			if (m.Kind == mailstream.Forwarder || m.Kind == mailstream.List) && refuses("SPF_Not_Pass", m.MailFromResult) && !seen[m.Client] {
				seen[m.Client] = true
				if flagged[m.Client] {
					found++
				} else {
					missed++
				}
			}
		}

		checkLines(t, r, clients)
		if r.Advice.Safe {
			safe++
			for kind, messages := range lost(s, r.Advice.Value, whitelisted(t, &r.Advice), dmarc) {
				t.Errorf("seed %d: safe, but %s = %s refuses %d messages of %s", seed, r.Advice.Option, r.Advice.Value, messages, kind)
			}
		}
	}
	t.Logf("%d forwarders and lists: %d clients found, %d missed; %d other clients taken for one; %d streams safe", forwarders, found, missed, wrong, safe)
	if forwarders < 10*seeds || safe == 0 {
		t.Errorf("%d forwarders, want %d; %d streams are safe, want some", forwarders, 10*seeds, safe)
	}
	if recall := float64(found) / float64(found+missed); recall < 0.9 {
		t.Errorf("recall %.3f", recall)
	}
	if precision := float64(found) / float64(found+wrong); precision < 0.9 {
		t.Errorf("precision %.3f", precision)
	}
}

// TestFindings_dmarcOfRefused holds that a finding's DMARC results are those of its
// refused messages, or of all where only PermError_reject refuses them.
func TestFindings_dmarcOfRefused(t *testing.T) {
	for seed := range uint64(4) {
		r := measured(t, mailstream.Generate(mailstream.Typical(seed)), mailstream.LogOptions{DMARC: true})
		kinds := make(map[string]bool)
		for i := range r.Findings {
			f := &r.Findings[i]
			kinds[f.Kind] = true
			want := f.Refused
			if f.Kind == Permerror {
				want = f.Messages
			}
			if got := f.DMARC.Total(); got != want || f.Refused > f.Messages {
				t.Errorf("seed %d: %s of %s has %+v, %d messages, %d refused", seed, f.Kind, f.Clients, f.DMARC, f.Messages, f.Refused)
			}
		}
		if !kinds[Forwarder] || !kinds[Permerror] || !kinds[ForgedOwn] || !kinds[Forger] {
			t.Errorf("seed %d: kinds %v", seed, kinds)
		}
	}
}

// TestAdvice_safeWithoutLosses holds that streams in which nobody would lose mail
// are called safe.
func TestAdvice_safeWithoutLosses(t *testing.T) {
	safe := 0
	for seed := range uint64(seeds) {
		p := mailstream.Typical(seed)
		p.Forwarders, p.Lists, p.Misconfigureds, p.BackupMXs, p.OwnHosts, p.Newsletters = 0, 0, 0, 0, 0, 0
		s := mailstream.Generate(p)
		r := measured(t, s, mailstream.LogOptions{DMARC: seed%2 == 0})
		checkLines(t, r, truthOf(s))
		if r.Advice.Safe {
			safe++
		} else {
			t.Logf("seed %d: %v", seed, r.Advice.Blockers)
		}
	}
	if safe < seeds*9/10 {
		t.Errorf("%d of %d streams are safe", safe, seeds)
	}
}

// TestAdvice_needsSevenDays holds that a short log is never enough.
func TestAdvice_needsSevenDays(t *testing.T) {
	for _, test := range []struct {
		days int
		safe bool
	}{{days: 3}, {days: 6}, {days: 7, safe: true}, {days: 8, safe: true}} {
		p := mailstream.Typical(7)
		p.Days = test.days
		p.Forwarders, p.Lists, p.Misconfigureds, p.BackupMXs, p.OwnHosts, p.Newsletters = 0, 0, 0, 0, 0, 0
		r := measured(t, mailstream.Generate(p), mailstream.LogOptions{DMARC: true})
		if r.Advice.Safe != test.safe {
			t.Errorf("%d days: safe is %v: %v", test.days, r.Advice.Safe, r.Advice.Blockers)
		}
	}
}

// TestAdvice_withoutRecipients holds that no line is proposed, and nothing is safe
// that loses mail, where the log does not show recipients, or MAIL FROM results.
func TestAdvice_withoutRecipients(t *testing.T) {
	for seed := range uint64(5) {
		for _, o := range []mailstream.LogOptions{{NoSMTP: true}, {HELOOnly: true}} {
			p := mailstream.Typical(seed)
			p.OwnHosts = 0
			s := mailstream.Generate(p)
			r := measured(t, s, o)
			checkLines(t, r, truthOf(s))
			if r.Advice.Safe || len(r.Advice.Whitelist) > 0 {
				t.Errorf("seed %d, %+v: safe is %v, lines %v", seed, o, r.Advice.Safe, r.Advice.Whitelist)
			}
		}
	}
}

// Clients that are exempt, and mail that the server has refused, are no reason for
// doubt.
func TestAdvice_exemptAndRefused(t *testing.T) {
	p := mailstream.Typical(3)
	p.Forwarders, p.Lists, p.Misconfigureds, p.BackupMXs, p.OwnHosts, p.Newsletters = 0, 0, 0, 0, 0, 0
	var log bytes.Buffer
	if err := mailstream.Generate(p).WriteLog(&log, mailstream.LogOptions{RFC3339: true, DMARC: true}); err != nil {
		t.Fatal(err)
	}
	for i := range 500 {
		const stamp = "2026-11-05T12:00:00Z mx policyd-spf[9]: "
		pairs := fmt.Sprintf("client-ip=192.0.2.1; helo=h.example; envelope-from=u%d@x.example; receiver=<UNKNOWN> ", i)
		fmt.Fprintf(&log, "%sprepend X-Comment: SPF skipped for whitelisted relay - %s\n", stamp, pairs)
		fmt.Fprintf(&log, "%sFail; identity=helo; %s\n", stamp, pairs)
		fmt.Fprintf(&log, "%s550 5.7.23 Message rejected due to: SPF fail - not authorized. Please see http://www.openspf.net/Why?s=helo;id=h.example;ip=192.0.2.1;r=<UNKNOWN>\n", stamp)
	}
	c := New(Options{Now: p.Start.AddDate(0, 1, 0)})
	if err := c.Read("mail.log", &log); err != nil {
		t.Fatal(err)
	}
	r := c.Report(context.Background())
	if !r.Advice.Safe || r.Exempt != 500 || r.Refused != 500 {
		t.Errorf("safe is %v: %v; %d exempt, %d refused", r.Advice.Safe, r.Advice.Blockers, r.Exempt, r.Refused)
	}
}
