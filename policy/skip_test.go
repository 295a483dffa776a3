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
		{"9.255.255.255", ""}, {"10.0.0.0", "10.0.0.0/8"}, {"10.255.255.255", "10.0.0.0/8"}, {"11.0.0.0", ""},
		{"172.15.255.255", ""}, {"172.16.0.0", "172.16.0.0/12"}, {"172.31.255.255", "172.16.0.0/12"}, {"172.32.0.0", ""},
		{"192.168.0.1", "192.168.0.0/16"}, {"192.169.0.1", ""},
		{"100.63.255.255", ""}, {"100.64.0.0", "100.64.0.0/10"}, {"100.127.255.255", "100.64.0.0/10"}, {"100.128.0.0", ""},
		{"127.0.0.1", "127.0.0.0/8"}, {"169.254.1.1", "169.254.0.0/16"}, {"::1", "::1/128"}, {"::2", ""},
		{"fc00::1", "fc00::/7"}, {"fdff::1", "fc00::/7"}, {"fe00::1", ""}, {"fe80::1", "fe80::/10"}, {"febf::1", "fe80::/10"}, {"fec0::1", ""},
		{"::ffff:10.0.0.1", "10.0.0.0/8"}, {"2001:db8::1", ""}, {"192.0.2.1", ""},
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
