package dns

import (
	"net/netip"
	"strings"
	"testing"
)

func TestReverseName(t *testing.T) {
	for _, test := range []struct{ name, ip, want string }{
		{name: "IPv4", ip: "192.0.2.1", want: "1.2.0.192.in-addr.arpa"},
		{name: "IPv6", ip: "2001:db8::cb01", want: "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"}, // RFC 3596, 2.5
		{name: "mapped", ip: "::ffff:192.0.2.1", want: "1.0.2.0.0.0.0.c.f.f.f.f" + strings.Repeat(".0", 20) + ".ip6.arpa"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := ReverseName(netip.MustParseAddr(test.ip)); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestIsSubdomain(t *testing.T) {
	for _, test := range []struct {
		name, domain string
		want         bool
	}{
		{name: "a.example", domain: "a.example", want: true},
		{name: "b.a.example", domain: "a.example", want: true},
		{name: "ba.example", domain: "a.example"},
		{name: "example", domain: "a.example"},
		{name: "a.example.b", domain: "a.example"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := IsSubdomain(test.name, test.domain); got != test.want {
				t.Errorf("subdomain of %s: %v", test.domain, got)
			}
		})
	}
}

func TestIsName(t *testing.T) {
	label := strings.Repeat("x", 63)
	long := strings.Join([]string{label, label, label, label[:61]}, ".") // 253 bytes
	for _, test := range []struct {
		name, domain string
		want         bool
	}{
		{name: "longest label", domain: label + ".example", want: true},
		{name: "label too long", domain: label + "x.example"},
		{name: "longest name", domain: long, want: true},
		{name: "name too long", domain: "x" + long},
		{name: "name of labels too long", domain: long + "x"},
		{name: "any byte", domain: "\x00\xff .example", want: true},
		{name: "empty label", domain: "a..example"},
		{name: "final dot", domain: "a.example."},
		{name: "empty", domain: ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := IsName(test.domain); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
