package policy

import (
	"net/netip"
	"testing"

	"policyd-spf/conf"
)

func TestSkip(t *testing.T) {
	all := with(func(s *conf.Settings) {
		s.SkipAuthenticated, s.SkipPrivate, s.SkipSenderDomains = true, true, []string{"example.net", ".example.com", "", "bücher.example"}
	})
	for _, test := range []struct {
		name     string
		settings conf.Settings
		client   string
		sender   string
		login    bool
		want     Exemption
	}{
		{name: "defaults", settings: conf.Default(), client: "10.0.0.1", sender: "a@example.net", login: true},
		{name: "authenticated", settings: all, client: "10.0.0.1", login: true, want: Exemption{"Skip_Authenticated", "Yes"}},
		{name: "private", settings: all, client: "10.0.0.1", sender: "a@example.net", want: Exemption{"Skip_Private", "10.0.0.0/8"}},
		{name: "sender", settings: all, client: "192.0.2.1", sender: "a@example.net", want: Exemption{"Skip_Sender_Domains", "example.net"}},
		{name: "sender with a quoted local part", settings: all, client: "192.0.2.1", sender: `"a@b"@example.net`, want: Exemption{"Skip_Sender_Domains", "example.net"}},
		{name: "sender in the local part", settings: all, client: "192.0.2.1", sender: `"a@example.net"@example.org`},
		{name: "sender with A-labels", settings: all, client: "192.0.2.1", sender: "a@xn--bcher-kva.example", want: Exemption{"Skip_Sender_Domains", "bücher.example"}},
		{name: "subdomain of an entry", settings: all, client: "192.0.2.1", sender: "a@b.example.net"},
		{name: "name that ends like an entry", settings: all, client: "192.0.2.1", sender: "a@badexample.net"},
		{name: "subdomain of an entry with a dot", settings: all, client: "192.0.2.1", sender: "a@b.c.example.com", want: Exemption{"Skip_Sender_Domains", ".example.com"}},
		{name: "domain of an entry with a dot", settings: all, client: "192.0.2.1", sender: "a@example.com"},
		{name: "null reverse-path", settings: all, client: "192.0.2.1"},
		{name: "sender without a domain", settings: all, client: "192.0.2.1", sender: "a@"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := Facts{Client: netip.MustParseAddr(test.client), Sender: test.sender, Authenticated: test.login}
			if got := skip(&test.settings, &f); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestPrivateNetwork(t *testing.T) {
	for _, test := range []struct{ client, want string }{
		{client: "9.255.255.255"}, {client: "10.0.0.0", want: "10.0.0.0/8"}, {client: "10.255.255.255", want: "10.0.0.0/8"}, {client: "11.0.0.0"},
		{client: "172.15.255.255"}, {client: "172.16.0.0", want: "172.16.0.0/12"}, {client: "172.31.255.255", want: "172.16.0.0/12"}, {client: "172.32.0.0"},
		{client: "192.168.0.1", want: "192.168.0.0/16"}, {client: "192.169.0.1"},
		{client: "100.63.255.255"}, {client: "100.64.0.0", want: "100.64.0.0/10"}, {client: "100.127.255.255", want: "100.64.0.0/10"}, {client: "100.128.0.0"},
		{client: "127.0.0.1", want: "127.0.0.0/8"}, {client: "169.254.1.1", want: "169.254.0.0/16"}, {client: "::1", want: "::1/128"}, {client: "::2"},
		{client: "fc00::1", want: "fc00::/7"}, {client: "fdff::1", want: "fc00::/7"}, {client: "fe00::1"}, {client: "fe80::1", want: "fe80::/10"}, {client: "febf::1", want: "fe80::/10"}, {client: "fec0::1"},
		{client: "::ffff:10.0.0.1", want: "10.0.0.0/8"}, {client: "2001:db8::1"}, {client: "192.0.2.1"},
	} {
		got := ""
		if network := PrivateNetwork(netip.MustParseAddr(test.client)); network.IsValid() {
			got = network.String()
		}
		if got != test.want {
			t.Errorf("PrivateNetwork(%s) = %q, want %q", test.client, got, test.want)
		}
	}
	if PrivateNetwork(netip.Addr{}).IsValid() {
		t.Error("no address is in a private network")
	}
}
