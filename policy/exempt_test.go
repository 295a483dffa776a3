package policy

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"policyd-spf/spf"
	"policyd-spf/spf/dns"
	"policyd-spf/spf/dns/dnsfake"
)

// exemptionOf returns the exemption that a server with a configuration finds for a
// client, as its observer learns it.
func exemptionOf(t *testing.T, config string, r dns.Resolver, request Request) Exemption {
	t.Helper()
	s, _ := newServer(t, config, r)
	o := &outcomes{}
	s.Observer = o
	s.Answer(context.Background(), request)
	if len(o.all) != 1 {
		t.Fatalf("%d outcomes of one request", len(o.all))
	}
	return o.all[0].Facts.Exemption
}

func TestExemption(t *testing.T) {
	const zone = `
$ORIGIN example.
$TTL 300
relay                  TXT "v=spf1 ip4:192.0.2.1 -all"
other                  TXT "v=spf1 ip4:192.0.2.2 -all"
mx                     A   192.0.2.1
elsewhere              A   192.0.2.2
xn--bcher-kva          A   192.0.2.1
alias                  CNAME mx
mx6                    AAAA 2001:db8::1
1.2.0.192.in-addr.arpa. PTR mx.example.
1.2.0.192.in-addr.arpa. PTR xn--bcher-kva.example.
2.2.0.192.in-addr.arpa. PTR mx.example.
`
	v4 := Request{ClientAddress: "192.0.2.1", HELOName: "mx.example", Sender: "a@example"}
	helo := func(name string) Request { r := v4; r.HELOName = name; return r }
	client := func(address string) Request { r := v4; r.ClientAddress = address; return r }
	for _, test := range []struct {
		name    string
		config  string
		request Request
		want    Exemption
	}{
		{name: "none", request: v4},
		{name: "skip_addresses", request: client("127.0.0.1"), want: Exemption{"skip_addresses", "127.0.0.0/8"}},
		{name: "Whitelist", config: "Whitelist = 192.0.2.0/24", request: v4, want: Exemption{"Whitelist", "192.0.2.0/24"}},
		{name: "skip_addresses before Whitelist", config: "Whitelist = 127.0.0.1", request: client("127.0.0.1"), want: Exemption{"skip_addresses", "127.0.0.0/8"}},
		{name: "Domain_Whitelist", config: "Domain_Whitelist = other.example, relay.example", request: v4, want: Exemption{"Domain_Whitelist", "relay.example"}},
		{name: "Domain_Whitelist, no pass", config: "Domain_Whitelist = other.example", request: v4},
		{name: "HELO_Whitelist", config: "HELO_Whitelist = elsewhere.example, mx.example", request: v4, want: Exemption{"HELO_Whitelist", "mx.example"}},
		{name: "HELO_Whitelist, not the client's address", config: "HELO_Whitelist = elsewhere.example", request: helo("elsewhere.example")},
		{name: "HELO_Whitelist, another name", config: "HELO_Whitelist = mx.example", request: helo("alias.example")},
		{name: "HELO_Whitelist, an alias", config: "HELO_Whitelist = alias.example", request: helo("alias.example"), want: Exemption{"HELO_Whitelist", "alias.example"}},
		{name: "HELO_Whitelist, IPv6", config: "HELO_Whitelist = mx6.example", request: Request{ClientAddress: "2001:db8::1", HELOName: "mx6.example", Sender: "a@example"}, want: Exemption{"HELO_Whitelist", "mx6.example"}},
		{name: "HELO_Whitelist, a name without the family", config: "HELO_Whitelist = mx6.example", request: helo("mx6.example")},
		{name: "HELO_Whitelist, U-label for an A-label", config: "HELO_Whitelist = bücher.example", request: helo("xn--bcher-kva.example"), want: Exemption{"HELO_Whitelist", "bücher.example"}},
		{name: "HELO_Whitelist, A-label for a U-label", config: "HELO_Whitelist = xn--bcher-kva.example", request: helo("bücher.example"), want: Exemption{"HELO_Whitelist", "xn--bcher-kva.example"}},
		{name: "HELO_Whitelist, no HELO name", config: "HELO_Whitelist = mx.example", request: helo("")},
		{name: "Domain_Whitelist_PTR", config: "Domain_Whitelist_PTR = mx.example", request: v4, want: Exemption{"Domain_Whitelist_PTR", "mx.example"}},
		{name: "Domain_Whitelist_PTR, a parent", config: "Domain_Whitelist_PTR = other.example, .example", request: v4, want: Exemption{"Domain_Whitelist_PTR", ".example"}},
		{name: "Domain_Whitelist_PTR, U-label", config: "Domain_Whitelist_PTR = bücher.example", request: v4, want: Exemption{"Domain_Whitelist_PTR", "bücher.example"}},
		{name: "Domain_Whitelist_PTR, U-label of a parent", config: "Domain_Whitelist_PTR = .bücher.example", request: v4},
		{name: "Domain_Whitelist_PTR, a name that does not resolve to the client", config: "Domain_Whitelist_PTR = mx.example", request: client("192.0.2.2")},
		{name: "Domain_Whitelist_PTR, no name", config: "Domain_Whitelist_PTR = mx.example", request: client("192.0.2.3")},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := exemptionOf(t, test.config+"\n", dnsfake.Zone(t, zone), test.request); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

// TestExemption_manyPTRNames: of a client's names the first ten count, and no more
// are looked up (RFC 7208, 4.6.4).
func TestExemption_manyPTRNames(t *testing.T) {
	for _, test := range []struct {
		place int // of the name that is listed, counted from 1
		want  Exemption
		asked int // lookups of addresses
	}{
		{place: 1, want: Exemption{"Domain_Whitelist_PTR", "listed.example"}, asked: 1},
		{place: 10, want: Exemption{"Domain_Whitelist_PTR", "listed.example"}, asked: 1},
		{place: 11},
	} {
		t.Run(fmt.Sprint(test.place), func(t *testing.T) {
			asked := 0
			resolver := dnsfake.Func(func(q dns.Question, deadline time.Time) (dns.Answer, error) {
				switch q.Type {
				case dns.TypePTR:
					var names []string
					for i := 1; i <= 15; i++ {
						if i == test.place {
							names = append(names, "listed.example")
						} else {
							names = append(names, fmt.Sprintf("%d.example", i))
						}
					}
					return dns.Answer{Names: names}, nil
				case dns.TypeA:
					asked++
					return dns.Answer{Addrs: []netip.Addr{netip.MustParseAddr("192.0.2.1")}}, nil
				}
				return dns.Answer{}, nil
			})
			got := exemptionOf(t, "Domain_Whitelist_PTR = listed.example\n", resolver, Request{ClientAddress: "192.0.2.1", HELOName: "mx.example", Sender: "a@example"})
			if got != test.want || asked != test.asked {
				t.Errorf("got %+v after %d lookups, want %+v after %d", got, asked, test.want, test.asked)
			}
		})
	}
}

func TestParseClient(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{name: "IPv4", in: "192.0.2.1", want: "192.0.2.1"},
		{name: "IPv6", in: "2001:db8::1", want: "2001:db8::1"},
		{name: "mapped", in: "::ffff:192.0.2.1", want: "::ffff:192.0.2.1"},
		{name: "with a zone", in: "fe80::1%eth0", want: "fe80::1"},
		{name: "no address", in: "unknown"},
		{name: "with a prefix length", in: "192.0.2.1/32"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, ok := parseClient(test.in)
			if ok != (test.want != "") || ok && got.String() != test.want {
				t.Errorf("got %v, %v, want %q", got, ok, test.want)
			}
		})
	}
}

func TestMatchesPTREntry(t *testing.T) {
	for _, test := range []struct {
		name, entry string
		want        bool
	}{
		{name: "a.example", entry: "a.example", want: true},
		{name: "A.Example", entry: "a.eXample", want: true},
		{name: "mx.a.example", entry: "a.example", want: true},
		{name: "nota.example", entry: "a.example"},
		{name: "a.example", entry: ".a.example"},
		{name: "mx.a.example", entry: ".a.example", want: true},
		{name: ".a.example", entry: ".a.example"},
		{name: "a.example", entry: "mx.a.example"},
		{name: "a.example", entry: ""},
		{name: "", entry: ""},
	} {
		if got := matchesPTREntry(test.name, test.entry); got != test.want {
			t.Errorf("matchesPTREntry(%q, %q) = %t", test.name, test.entry, got)
		}
	}
}

func TestExemptWithoutDNS(t *testing.T) {
	for _, test := range []struct {
		name   string
		config string
		client string
		helo   string
		want   Exemption
		needs  string
	}{
		{name: "no lists but the default", client: "192.0.2.1"},
		{name: "skip_addresses", client: "::1", want: Exemption{"skip_addresses", "::1/128"}},
		{name: "Whitelist", config: "Whitelist = 192.0.2.0/24", client: "192.0.2.1", want: Exemption{"Whitelist", "192.0.2.0/24"}},
		{name: "Whitelist before a list that needs a lookup", config: "Whitelist = 192.0.2.0/24\nDomain_Whitelist = a.example", client: "192.0.2.1", want: Exemption{"Whitelist", "192.0.2.0/24"}},
		{name: "Domain_Whitelist", config: "Domain_Whitelist = a.example\nHELO_Whitelist = a.example", client: "192.0.2.1", helo: "a.example", needs: "Domain_Whitelist"},
		{name: "HELO_Whitelist", config: "HELO_Whitelist = a.example\nDomain_Whitelist_PTR = a.example", client: "192.0.2.1", helo: "a.example", needs: "HELO_Whitelist"},
		{name: "HELO_Whitelist, another name", config: "HELO_Whitelist = a.example", client: "192.0.2.1", helo: "b.example"},
		{name: "Domain_Whitelist_PTR", config: "HELO_Whitelist = a.example\nDomain_Whitelist_PTR = a.example", client: "192.0.2.1", helo: "b.example", needs: "Domain_Whitelist_PTR"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := loadText(t, test.config+"\n")
			got, needs := ExemptWithoutDNS(&s, netip.MustParseAddr(test.client), test.helo)
			if got != test.want || needs != test.needs {
				t.Errorf("got %+v, needs %q; want %+v, %q", got, needs, test.want, test.needs)
			}
		})
	}
}

// TestExemption_perUserBadNetworks: bad entries of a recipient's own list are logged
// with each of its requests, those of the configuration file once.
func TestExemption_perUserBadNetworks(t *testing.T) {
	path := t.TempDir() + "/users"
	writeFile(t, path, "bob@example.net,Whitelist=10.0.0.1/8\n")
	s, log := newServer(t, "Per_User = text,"+path+"\nskip_addresses = 10.0.0.1/9\n", sameRecord())
	count := func() int {
		s.Log.Flush()
		n := len(log.lines)
		log.lines = nil
		return n
	}
	ask := func(recipient string) int {
		s.Answer(context.Background(), Request{ClientAddress: "192.0.2.1", HELOName: "mx.example", Sender: "a@example", Recipient: recipient})
		return count()
	}
	carol, again := ask("carol@example.net"), ask("carol@example.net")
	if carol != again+1 {
		t.Errorf("%d lines, then %d: the configuration's bad entry must be logged once", carol, again)
	}
	// Bob's own list, and the configuration's skip_addresses, which is in force for him too.
	if bob := ask("bob@example.net"); bob != again+2 {
		t.Errorf("%d lines for settings with bad entries, %d without", bob, again)
	}
}

// outcomes is an Observer that keeps outcomes.
type outcomes struct{ all []Outcome }

func (o *outcomes) Evaluate(Subject)         {}
func (o *outcomes) Event(spf.Event)          {}
func (o *outcomes) Answered(outcome Outcome) { o.all = append(o.all, outcome) }
