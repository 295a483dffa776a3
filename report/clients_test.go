package report

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"policyd-spf/maillog"
)

// A flood of clients, each seen once, does not push a forwarder with one message a
// day out of the table, and the totals count what the table has no room for.
func TestClients_floodKeepsForwarder(t *testing.T) {
	const perDay, days = 20_000, 10
	start := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	c := New(Options{Now: start.AddDate(0, 1, 0)})
	forwarder := netip.MustParseAddr("192.0.2.25")
	message := func(client netip.Addr, at time.Time, sender, name, rcpt string) {
		m := maillog.Message{
			Time: at, Program: maillog.PolicydSPF, Host: []byte("mx"), PID: 1,
			Envelope: maillog.Envelope{Client: client, HELO: []byte(name), Sender: []byte(sender), Known: maillog.HasClient | maillog.HasHELO | maillog.HasSender},
			Verdict:  maillog.Verdict{HELOResult: maillog.None, MailFromResult: maillog.Fail, Action: maillog.Prepend},
		}
		c.add(&m)
		c.join.record(&maillog.Record{
			Kind: maillog.Refused, Host: []byte("mx"), ClientName: []byte(name), Verdict: maillog.Verdict{Action: maillog.Reject, Code: []byte("450 4.2.0")},
			Envelope: maillog.Envelope{Client: client, Sender: []byte(sender), Recipient: []byte(rcpt), Known: maillog.HasClient | maillog.HasSender | maillog.HasRecipient},
		})
	}
	n := 0
	for day := range days {
		for range perDay {
			addr := netip.AddrFrom4([4]byte{20, byte(n >> 16), byte(n >> 8), byte(n)})
			message(addr, start.AddDate(0, 0, day), fmt.Sprintf("a@forged%d.example", n%50), "unknown", fmt.Sprintf("r%d@dest.example", n%500))
			n++
		}
		message(forwarder, start.AddDate(0, 0, day).Add(time.Hour), fmt.Sprintf("a@sender%d.example", day), "out.fwd.example", "alice@dest.example")
	}
	r := c.Report(context.Background())
	found := false
	for _, f := range r.Findings {
		found = found || f.Kind == Forwarder && f.Value == forwarder.String() && f.Messages == days
	}
	if !found {
		t.Error("the forwarder is not found")
	}
	if r.Limits.Clients != maxClients || r.Limits.EvictedClients == 0 {
		t.Errorf("limits %+v", r.Limits)
	}
	total := int64(0)
	for _, f := range r.Findings {
		total += f.Messages
	}
	if want := int64(perDay*days + days); total != want || r.Checks.MailFrom.Fail != want {
		t.Errorf("%d messages in findings, %d failed, want %d", total, r.Checks.MailFrom.Fail, want)
	}
}

// The index of the table finds each client that is in it, whatever was evicted.
func TestClientTable_index(t *testing.T) {
	var table clientTable
	addr := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{20, byte(i >> 16), byte(i >> 8), byte(i)}) }
	for i := range 3 * maxClients {
		table.get(addr(i)).tally[outcomeFail][dmarcUnknown]++
	}
	inTable := 0
	for i := range table.n {
		c := table.at(i)
		evicted := table.evicted
		if table.get(c.address()) != c || table.evicted != evicted {
			t.Fatalf("%s is not found", c.address())
		}
		inTable++
	}
	lost := table.lost.refused(outcomeFail)
	if got := lost.Total() + int64(inTable); got != 3*maxClients {
		t.Errorf("%d clients, want %d", got, 3*maxClients)
	}
}

func TestDistinct(t *testing.T) {
	for _, n := range []int{0, 1, 100, maxExact, 200_000} {
		var d distinct
		for range 2 {
			for i := range n {
				d.add(nameHash(fmt.Appendf(nil, "name%d.example", i)))
			}
		}
		tolerance := 0
		if n > maxExact {
			tolerance = n / 40 // three standard errors
		}
		if got := int(d.count()); got < n-tolerance || got > n+tolerance {
			t.Errorf("%d of %d distinct names", got, n)
		}
	}
}

func TestOrgDomain(t *testing.T) {
	for name, want := range map[string]string{
		"example.com": "example.com", "mail.example.com.": "example.com", "a.b.example.co.uk": "example.co.uk",
		"example.de": "example.de", "mail.sub.example.de": "example.de", "localhost": "localhost", "": "", "x.com.au": "x.com.au",
	} {
		if got := string(orgDomain([]byte(name))); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestIsGeneric(t *testing.T) {
	addr := netip.MustParseAddr("203.0.113.7")
	for name, want := range map[string]bool{
		"7-113-0-203.isp.example": true, "host-203-0-113-7.example": true, "dyn-123.isp.example": true, "p54a.dip.pool.example": true,
		"static.7.113.0.203.clients.hoster.example": false, "203-0-113-7.static.isp.example": false, "static-dsl-7.isp.example": true,
		"mail.example.com": false, "mx1.example.com": false, "out3.fwd.example": false,
	} {
		if got := isGeneric([]byte(name), addr); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestIsRentedName(t *testing.T) {
	for name, want := range map[string]bool{
		"vps10.hoster.example": true, "VM-12.hoster.example": true, "vserver.example": true, "static.7.113.0.203.clients.hoster.example": true,
		"out1.uni.example": false, "vpsmail.example": false, "mail.vps.example": false, "": false,
	} {
		if got := isRentedName([]byte(name)); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestIsPublicName(t *testing.T) {
	for name, want := range map[string]bool{
		"mail.example.com": true, "localhost": false, "alumni0.local": false, "localhost.localdomain": false, "[192.0.2.1]": false, "": false, "mail.": false,
	} {
		if got := isPublicName([]byte(name)); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestAreRelated(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{a: "acme.com", b: "acme.com", want: true},
		{a: "acme.com", b: "ACME.co.uk", want: true},
		{a: "acme.com", b: "acme-shop.de", want: true},
		{a: "my-acme.com", b: "acme.com", want: true},
		{a: "acme.com", b: "acmeshop.com"},
		{a: "acme.com", b: "shop.com"},
		{a: "a-acme-b.com", b: "acme.com"},
		{a: "", b: ""},
		{a: "", b: "acme.com"},
	} {
		if got := areRelated([]byte(test.a), []byte(test.b)); got != test.want {
			t.Errorf("%q and %q: %v, want %v", test.a, test.b, got, test.want)
		}
	}
}

func TestIsPrivate(t *testing.T) {
	for addr, want := range map[string]bool{
		"10.1.2.3": true, "172.17.0.1": true, "192.168.1.1": true, "100.64.0.1": true, "169.254.1.1": true, "127.0.0.1": true, "fd00::1": true, "::1": true,
		"192.0.2.1": false, "100.128.0.1": false, "2001:db8::1": false, "::ffff:10.0.0.1": true,
	} {
		if got := isPrivate(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: %v, want %v", addr, got, want)
		}
	}
}

// A domain longer than a name in DNS has no record, and a long reason is cut.
func TestBrokenTable_longNames(t *testing.T) {
	for _, test := range []struct {
		name, domain, reason string
		domains, kept        int
	}{
		{name: "usual", domain: "a.example", reason: "x", domains: 1, kept: 1},
		{name: "long reason", domain: "a.example", reason: strings.Repeat("x", 2000), domains: 1, kept: maxReason},
		{name: "longest domain", domain: strings.Repeat("d", maxDomain), domains: 1},
		{name: "longer domain", domain: strings.Repeat("d", maxDomain+1)},
	} {
		t.Run(test.name, func(t *testing.T) {
			var table brokenTable
			sender := "u@" + test.domain
			table.count(&pending{text: []byte(sender + test.reason), senderEnd: len(sender)})
			if len(table.domains) != test.domains {
				t.Fatalf("%d domains, want %d", len(table.domains), test.domains)
			}
			for _, d := range table.domains {
				if len(d.reason) != test.kept {
					t.Errorf("reason of %d bytes, want %d", len(d.reason), test.kept)
				}
			}
		})
	}
}

// A log may hold anything.
func FuzzCollector(f *testing.F) {
	f.Add("2026-11-02T10:00:00Z mx policyd-spf[1]: Fail; identity=mailfrom; client-ip=192.0.2.1; helo=; envelope-from=@; receiver=<UNKNOWN> \n")
	f.Add(logLines(1, "2001:db8::1", "[x]", "\"a@\"@.", "Pass", "Permerror"))
	f.Add("Nov  2 10:00:00 mx postfix/smtpd[1]: 4F1A22C0D1: client=x[192.0.2.1]\nNov  2 10:00:00 mx postfix/qmgr[1]: 4F1A22C0D1: from=<>, size=1\n")
	f.Fuzz(func(t *testing.T, log string) {
		c := New(Options{Now: time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC), Own: []string{"example.org", ""}, WhatIf: []Config{{Name: "x"}}, List: true, Recheck: RecheckAll})
		const small = 4 // so that messages make room for others
		c.join = newJoiner(c.count, small)
		c.reader.OnRecord = c.join.record
		if err := c.Read("log", strings.NewReader(log)); err != nil {
			t.Fatal(err)
		}
		r := c.Report(context.Background())
		if err := r.JSON(io.Discard); err != nil {
			t.Fatal(err)
		}
	})
}
