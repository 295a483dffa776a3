package report

import (
	"net/netip"
	"testing"
	"time"

	"policyd-spf/maillog"
)

func TestNetworkTable_guesses(t *testing.T) {
	type mail struct {
		client              string
		recipients, unknown int
	}
	for _, test := range []struct {
		name string
		mail []mail
		want bool // for 192.0.2.9
	}{
		{name: "nothing known"},
		{name: "a neighbor guesses", mail: []mail{{"192.0.2.1", 8, 2}, {"192.0.2.2", 8, 1}}, want: true},
		{name: "too few guesses", mail: []mail{{"192.0.2.1", 8, 2}}},
		{name: "a small share", mail: []mail{{"192.0.2.1", 8, 3}, {"192.0.2.9", 8, 0}, {"192.0.2.9", 8, 0}, {"192.0.2.9", 8, 0}}},
		{name: "another network", mail: []mail{{"192.0.3.1", 8, 8}}},
		{name: "IPv4-mapped address", mail: []mail{{"::ffff:192.0.2.1", 8, 4}}, want: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var table networkTable
			for _, m := range test.mail {
				table.count(&pending{client: netip.MustParseAddr(m.client), known: maillog.HasClient, nRecipients: m.recipients, unknown: m.unknown})
			}
			if got := table.guesses(netip.MustParseAddr("192.0.2.9")); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestNetworkOf(t *testing.T) {
	for addr, want := range map[string]string{"192.0.2.9": "192.0.2.0", "::ffff:192.0.2.9": "192.0.2.0", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::"} {
		if got := networkOf(netip.MustParseAddr(addr)).String(); got != want {
			t.Errorf("%s: %s, want %s", addr, got, want)
		}
	}
}

func TestNetworkTable_isOneBurst(t *testing.T) {
	type mail struct {
		client  string
		minute  int
		sender  string
		mailbox uint64
	}
	for _, test := range []struct {
		name string
		mail []mail
		want bool // for 192.0.2.9
	}{
		{name: "nothing known"},
		{name: "unrelated domains to as many mailboxes", mail: []mail{{"192.0.2.9", 0, "a@a.example", 1}, {"192.0.2.8", 5, "a@b.example", 2}, {"192.0.2.9", 59, "a@c.example", 3}}, want: true},
		{name: "two messages", mail: []mail{{"192.0.2.9", 0, "a@a.example", 1}, {"192.0.2.9", 5, "a@b.example", 2}}},
		{name: "more than an hour", mail: []mail{{"192.0.2.9", 0, "a@a.example", 1}, {"192.0.2.9", 5, "a@b.example", 2}, {"192.0.2.9", 60, "a@c.example", 3}}},
		{name: "one domain and its relative", mail: []mail{{"192.0.2.9", 0, "a@a.example", 1}, {"192.0.2.9", 5, "a@x.a.test", 2}, {"192.0.2.9", 9, "b@a.example", 3}}},
		{name: "one mailbox", mail: []mail{{"192.0.2.9", 0, "a@a.example", 1}, {"192.0.2.9", 5, "a@b.example", 1}, {"192.0.2.9", 9, "a@c.example", 1}}},
		{name: "another network", mail: []mail{{"192.0.3.9", 0, "a@a.example", 1}, {"192.0.3.9", 5, "a@b.example", 2}, {"192.0.3.9", 9, "a@c.example", 3}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var table networkTable
			for _, m := range test.mail {
				p := &pending{client: netip.MustParseAddr(m.client), known: maillog.HasClient, text: []byte(m.sender), senderEnd: len(m.sender), nRecipients: 1}
				p.at = int64(m.minute) * int64(time.Minute)
				p.recipients[0] = m.mailbox
				table.count(p)
			}
			if got := table.isOneBurst(netip.MustParseAddr("192.0.2.9")); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
