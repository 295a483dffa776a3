package report

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"
)

// server is a client that fails for others' domains, as a log shows it.
type server struct {
	addrs      []string
	name       string // verified; "unknown": Postfix found none; "#" is the number of the address
	helo       string // "#" as in name; "%" is the number of the message
	domains    []string
	recipients int // 0: the log does not show them
	messages   int // one every eight hours
	burst      int // if not 0: so many messages in one hour of each day
	every      int // days between such hours; 0 is one
	dmarc      string
}

// addrRange returns n addresses, step apart.
func addrRange(network string, n, step int) []string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf("%s.%d", network, 16+i*step))
	}
	return list
}

func domainNames(n int) []string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf("sender%d.example", i))
	}
	return list
}

// reportOn reports on servers at a site with some mailboxes.
func reportOn(t *testing.T, mailboxes int, servers ...server) *Report {
	t.Helper()
	start := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	var log strings.Builder
	messages := 0
	message := func(at time.Time, result, client, name, helo, sender, recipient, dmarc string) {
		messages++
		stamp, id := at.Format(time.RFC3339), fmt.Sprintf("4F1A%06X", messages)
		pairs := fmt.Sprintf("client-ip=%s; helo=%s; envelope-from=%s; receiver=<UNKNOWN> ", client, helo, sender)
		fmt.Fprintf(&log, "%s mx policyd-spf[9]: None; identity=helo; %s\n", stamp, pairs)
		fmt.Fprintf(&log, "%s mx policyd-spf[9]: %s; identity=mailfrom; %s\n", stamp, result, pairs)
		fmt.Fprintf(&log, "%s mx policyd-spf[9]: prepend Received-SPF: %s (x) identity=mailfrom; %s\n", stamp, result, pairs)
		if recipient == "" {
			return
		}
		fmt.Fprintf(&log, "%s mx postfix/smtpd[8]: %s: client=%s[%s]\n", stamp, id, name, client)
		if dmarc != "" {
			fmt.Fprintf(&log, "%s mx opendmarc[5]: %s: %s %s\n", stamp, id, sender[strings.Index(sender, "@")+1:], dmarc)
		}
		fmt.Fprintf(&log, "%s mx postfix/qmgr[7]: %s: from=<%s>, size=1, nrcpt=1 (queue active)\n", stamp, id, sender)
		fmt.Fprintf(&log, "%s mx postfix/lmtp[6]: %s: to=<%s>, relay=x, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 Saved)\n", stamp, id, recipient)
		fmt.Fprintf(&log, "%s mx postfix/qmgr[7]: %s: removed\n", stamp, id)
	}
	mailbox := func(i int) string { return fmt.Sprintf("user%d@example.org", i) }
	for _, s := range servers {
		for i := range s.messages {
			number := strings.NewReplacer("#", fmt.Sprint(i%len(s.addrs)), "%", fmt.Sprint(i))
			to := ""
			if s.recipients > 0 {
				to = mailbox(i % s.recipients)
			}
			at := start.Add(time.Duration(i) * 8 * time.Hour)
			if s.burst > 0 {
				at = start.AddDate(0, 0, i/s.burst*max(s.every, 1)).Add(time.Duration(i%s.burst) * time.Minute)
			}
			message(at, "Fail", s.addrs[i%len(s.addrs)], number.Replace(s.name), number.Replace(s.helo), "a@"+s.domains[i%len(s.domains)], to, s.dmarc)
		}
	}
	for i := range mailboxes {
		message(start.AddDate(0, 0, 8).Add(time.Duration(i)*time.Second), "Pass", "192.0.2.250", "mail.other.example", "mail.other.example", "b@other.example", mailbox(i), "")
	}
	c := New(Options{Now: start.AddDate(0, 3, 0), Own: []string{"example.org"}})
	if err := c.Read("mail.log", strings.NewReader(log.String())); err != nil {
		t.Fatal(err)
	}
	r := c.Report(context.Background())
	if r.Messages != int64(messages) {
		t.Fatalf("%d messages, want %d", r.Messages, messages)
	}
	return r
}

func TestFindings_server(t *testing.T) {
	one := []string{"203.0.113.25"}
	const generic = "203-0-113-25.dyn.telco.example"
	tests := []struct {
		name      string
		server    server
		mailboxes int
		kind      string
		line      bool // one is proposed
	}{
		{name: "forwarder for one recipient",
			server: server{addrs: one, name: "fwd.uni.example", helo: "fwd.uni.example", domains: domainNames(8), recipients: 1, messages: 24}, mailboxes: 3, kind: Forwarder, line: true},
		{name: "forwarder with sixteen servers",
			server: server{addrs: addrRange("203.0.113", 16, 1), name: "out#.uni.example", helo: "out#.uni.example", domains: domainNames(8), recipients: 2, messages: 48}, mailboxes: 20, kind: Forwarder, line: true},
		{name: "forwarder with servers in several networks",
			server: server{addrs: []string{"203.0.113.25", "198.51.100.25", "192.0.2.25", "198.18.0.25"}, name: "out#.isp.example", helo: "out#.isp.example", domains: domainNames(15), recipients: 7, messages: 36}, mailboxes: 20, kind: Forwarder, line: true},
		{name: "more servers than a small network has",
			server: server{addrs: addrRange("203.0.113", 40, 3), name: "m#.uni.example", helo: "m#.uni.example", domains: domainNames(20), recipients: 2, messages: 80}, mailboxes: 20, kind: Undecided},
		{name: "snowshoe",
			server: server{addrs: addrRange("203.0.113", 40, 3), name: "m#.snow.example", helo: "m#.snow.example", domains: domainNames(17), recipients: 21, messages: 80}, mailboxes: 400, kind: Forger},
		{name: "many servers that send most of the mail",
			server: server{addrs: addrRange("203.0.113", 40, 3), name: "m#.gateway.example", helo: "m#.gateway.example", domains: domainNames(20), recipients: 20, messages: 80}, mailboxes: 20, kind: Undecided},
		{name: "second MX of somebody else",
			server: server{addrs: addrRange("203.0.113", 2, 1), name: "mx#.backup.example", helo: "mx#.backup.example", domains: domainNames(20), recipients: 20, messages: 80}, mailboxes: 400, kind: Undecided},
		{name: "second MX below our domain",
			server: server{addrs: one, name: "mx2.example.org", helo: "mx2.example.org", domains: domainNames(20), recipients: 20, messages: 80}, mailboxes: 400, kind: Undecided},
		{name: "computer of a customer below our domain",
			server: server{addrs: one, name: "203-0-113-25.dyn.example.org", helo: "localhost", domains: domainNames(20), recipients: 20, messages: 80}, mailboxes: 400, kind: Forger},
		{name: "service with many servers and careless customers",
			server: server{addrs: addrRange("203.0.113", 40, 3), name: "o#.news.example", helo: "o#.news.example", domains: domainNames(3), recipients: 20, messages: 80}, mailboxes: 20, kind: Undecided},
		{name: "few recipients who are all of a small site",
			server: server{addrs: one, name: "fwd.uni.example", helo: "fwd.uni.example", domains: domainNames(8), recipients: 4, messages: 24}, mailboxes: 4, kind: Undecided},
		{name: "the same recipients at a larger site",
			server: server{addrs: one, name: "fwd.uni.example", helo: "fwd.uni.example", domains: domainNames(8), recipients: 4, messages: 24}, mailboxes: 8, kind: Forwarder, line: true},
		{name: "name that any address has",
			server: server{addrs: one, name: generic, helo: "pc.local.example", domains: domainNames(8), recipients: 1, messages: 24}, mailboxes: 8, kind: Forwarder},
		{name: "one domain, name that any address has",
			server: server{addrs: one, name: generic, helo: generic, domains: domainNames(1), recipients: 1, messages: 24}, mailboxes: 8, kind: Misconfigured},
		{name: "no verified name, few recipients for days",
			server: server{addrs: one, name: "unknown", helo: "fwd.uni.example", domains: domainNames(8), recipients: 1, messages: 24}, mailboxes: 8, kind: Undecided},
		{name: "no verified name, many recipients",
			server: server{addrs: one, name: "unknown", helo: "fwd.uni.example", domains: domainNames(8), recipients: 20, messages: 24}, mailboxes: 20, kind: Forger},
		{name: "no verified name, no name in HELO",
			server: server{addrs: one, name: "unknown", helo: "localhost", domains: domainNames(8), recipients: 1, messages: 24}, mailboxes: 8, kind: Forger},
		{name: "another domain and recipient each time, slowly",
			server: server{addrs: one, name: "srv.rented.example", helo: "srv.rented.example", domains: domainNames(9), recipients: 9, messages: 9}, mailboxes: 200, kind: Forger},
		{name: "too little of that",
			server: server{addrs: one, name: "srv.rented.example", helo: "srv.rented.example", domains: domainNames(4), recipients: 4, messages: 4}, mailboxes: 200, kind: Undecided},
		{name: "another HELO name each time, few recipients",
			server: server{addrs: one, name: "srv.rented.example", helo: "mail.pc%.example", domains: domainNames(8), recipients: 1, messages: 24}, mailboxes: 8, kind: Forger},
		{name: "burst each day to many recipients",
			server: server{addrs: one, name: "srv.rented.example", helo: "srv.rented.example", domains: domainNames(40), recipients: 40, messages: 160, burst: 40}, mailboxes: 400, kind: Forger},
		{name: "burst each day from several servers to many recipients",
			server: server{addrs: addrRange("203.0.113", 4, 1), name: "m#.rented.example", helo: "m#.rented.example", domains: domainNames(40), recipients: 39, messages: 200, burst: 50}, mailboxes: 400, kind: Forger},
		{name: "list whose posts reach each member by itself",
			server: server{addrs: one, name: "lists.club.example", helo: "lists.club.example", domains: domainNames(4), recipients: 8, messages: 160, burst: 16}, mailboxes: 400, kind: Forwarder, line: true},
		{name: "one domain, static address of a hoster",
			server: server{addrs: one, name: "static.25.113.0.203.clients.hoster.example", helo: "static.25.113.0.203.clients.hoster.example", domains: domainNames(1), recipients: 5, messages: 24}, mailboxes: 8, kind: Misconfigured},
		{name: "relatives of the domain in the HELO name, which is not verified",
			server: server{addrs: one, name: "unknown", helo: "srv.acme.example", domains: []string{"acme.test", "acme-shop.test"}, recipients: 5, messages: 12}, mailboxes: 20, kind: Misconfigured},
		{name: "two domains of one company",
			server: server{addrs: one, name: "srv.acme.example", helo: "srv.acme.example", domains: []string{"acme.example", "widgets.example"}, recipients: 5, messages: 12}, mailboxes: 20, kind: Misconfigured, line: true},
		{name: "relatives of one domain",
			server: server{addrs: one, name: "srv.hoster.example", helo: "srv.hoster.example", domains: []string{"acme.example", "acme-shop.example", "acme.test"}, recipients: 5, messages: 12}, mailboxes: 20, kind: Misconfigured},
		{name: "one domain that sends steadily from a rented server: a shop or slow phishing",
			server: server{addrs: one, name: "vps7.hoster.example", helo: "vps7.hoster.example", domains: domainNames(1), recipients: 20, messages: 40}, mailboxes: 40, kind: Misconfigured},
		{name: "the same, and DMARC passes",
			server: server{addrs: one, name: "vps7.hoster.example", helo: "vps7.hoster.example", domains: domainNames(1), recipients: 20, messages: 40, dmarc: "pass"}, mailboxes: 40, kind: Misconfigured, line: true},
		{name: "one domain, HELO name below it but not verified",
			server: server{addrs: one, name: "vps7.hoster.example", helo: "www.sender0.example", domains: domainNames(1), recipients: 20, messages: 40}, mailboxes: 40, kind: Misconfigured},
		{name: "verified name is one that looks like a relative",
			server: server{addrs: one, name: "www.bank-login.example", helo: "www.bank-login.example", domains: []string{"bank.example"}, recipients: 20, messages: 40}, mailboxes: 40, kind: Misconfigured},
		{name: "one domain in bursts to many recipients",
			server: server{addrs: one, name: "vps7.hoster.example", helo: "vps7.hoster.example", domains: domainNames(1), recipients: 90, messages: 120, burst: 40}, mailboxes: 400, kind: Forger},
		{name: "newsletter that reaches the same readers each week",
			server: server{addrs: one, name: "web.agency.example", helo: "web.agency.example", domains: domainNames(1), recipients: 12, messages: 36, burst: 12, every: 7}, mailboxes: 400, kind: Misconfigured},
		{name: "one short burst of several domains, once",
			server: server{addrs: one, name: "mail.rented.example", helo: "mail.rented.example", domains: domainNames(3), recipients: 5, messages: 5, burst: 5}, mailboxes: 400, kind: Forger},
		{name: "one short burst for one recipient",
			server: server{addrs: one, name: "mail.uni.example", helo: "mail.uni.example", domains: domainNames(3), recipients: 1, messages: 5, burst: 5}, mailboxes: 400, kind: Undecided},
		{name: "one short burst of one domain",
			server: server{addrs: one, name: "mail.uni.example", helo: "mail.uni.example", domains: domainNames(1), recipients: 5, messages: 5, burst: 5}, mailboxes: 400, kind: Undecided},
		{name: "a message on each of two days for one recipient",
			server: server{addrs: one, name: "mail.uni.example", helo: "mail.uni.example", domains: domainNames(2), recipients: 1, messages: 2, burst: 1}, mailboxes: 400, kind: Undecided},
		{name: "two domains, neither in the name",
			server: server{addrs: one, name: "srv.hoster.example", helo: "srv.hoster.example", domains: []string{"acme.example", "widgets.example"}, recipients: 5, messages: 12}, mailboxes: 20, kind: Undecided},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := reportOn(t, test.mailboxes, test.server)
			if len(r.Findings) != 1 {
				t.Fatalf("findings %+v, want one", r.Findings)
			}
			f := &r.Findings[0]
			if f.Kind != test.kind || (f.Value != "") != test.line || (len(r.Advice.Whitelist) > 0) != test.line {
				t.Errorf("kind %s, line %q, lines of the advice %v, want %s, line %v", f.Kind, f.Value, r.Advice.Whitelist, test.kind, test.line)
			}
			if safe := test.line || test.kind == Forger; r.Advice.Safe != safe {
				t.Errorf("safe is %v, want %v: %v", r.Advice.Safe, safe, r.Advice.Blockers)
			}
		})
	}
}

// TestFindings_neighbors holds that servers in one network whose names are of one domain
// are judged together, unless they may be those of a hoster's customers.
func TestFindings_neighbors(t *testing.T) {
	addr := func(n int) []string { return []string{fmt.Sprintf("203.0.113.%d", n)} }
	spammer := server{addrs: addr(11), name: "vps11.hoster.example", helo: "vps11.hoster.example", domains: domainNames(30), recipients: 60, messages: 60, burst: 30}
	type want struct {
		kind string // "": a forger
		line bool
	}
	for _, test := range []struct {
		name    string
		servers []server
		want    map[string]want
	}{
		{name: "forwarder beside a spammer",
			servers: []server{spammer, {addrs: addr(10), name: "vps10.hoster.example", helo: "mail.own.test", domains: domainNames(8), recipients: 1, messages: 24}},
			want:    map[string]want{"203.0.113.10": {Forwarder, true}, "203.0.113.11": {}}},
		{name: "forwarder with the hoster's name beside a spammer",
			servers: []server{spammer, {addrs: addr(10), name: "vps10.hoster.example", helo: "vps10.hoster.example", domains: domainNames(8), recipients: 1, messages: 24}},
			want:    map[string]want{"203.0.113.10": {Forwarder, true}, "203.0.113.11": {}}},
		{name: "shop beside a spammer",
			servers: []server{spammer, {addrs: addr(20), name: "vps20.hoster.example", helo: "www.shop.test", domains: []string{"shop.test"}, recipients: 12, messages: 12}},
			want:    map[string]want{"203.0.113.20": {kind: Misconfigured}, "203.0.113.11": {}}},
		{name: "little forwarded mail beside a spammer",
			servers: []server{spammer, {addrs: addr(10), name: "vps10.hoster.example", helo: "mail.own.test", domains: domainNames(3), recipients: 1, messages: 3}},
			want:    map[string]want{"203.0.113.10": {kind: Undecided}, "203.0.113.11": {}}},
		{name: "rented servers are not one forwarder",
			servers: []server{{addrs: addrRange("203.0.113", 2, 1), name: "vps#.hoster.example", helo: "vps#.hoster.example", domains: domainNames(4), recipients: 1, messages: 8}},
			want:    map[string]want{"203.0.113.16": {kind: Undecided}, "203.0.113.17": {kind: Undecided}}},
		{name: "servers of one forwarder are",
			servers: []server{{addrs: addrRange("203.0.113", 2, 1), name: "out#.uni.example", helo: "out#.uni.example", domains: domainNames(4), recipients: 1, messages: 8}},
			want:    map[string]want{"203.0.113.16": {Forwarder, true}, "203.0.113.17": {Forwarder, true}}},
		{name: "a neighbor with other recipients is not one of them",
			servers: []server{
				{addrs: addrRange("203.0.113", 2, 1), name: "out#.uni.example", helo: "out#.uni.example", domains: domainNames(8), recipients: 1, messages: 24},
				{addrs: addr(40), name: "lab.uni.example", helo: "lab.uni.example", domains: domainNames(1), recipients: 3, messages: 3, burst: 3}},
			want: map[string]want{"203.0.113.16": {Forwarder, true}, "203.0.113.17": {Forwarder, true}, "203.0.113.40": {kind: Undecided}}},
		{name: "one spammer's servers, each with recipients of its own, burst each day",
			servers: []server{{addrs: addrRange("203.0.113", 2, 1), name: "m#.rented.example", helo: "m#.rented.example", domains: domainNames(20), recipients: 20, messages: 100, burst: 50}},
			want:    map[string]want{"203.0.113.16": {kind: Undecided}, "203.0.113.17": {kind: Undecided}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := reportOn(t, 200, test.servers...)
			got := make(map[string]want)
			for _, s := range test.servers {
				for _, a := range s.addrs {
					got[a] = want{}
				}
			}
			for _, f := range r.Findings {
				for _, a := range f.Clients {
					got[a] = want{f.Kind, f.Value != ""}
				}
			}
			if !maps.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
