package lint

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
)

// ipSet returns the union of networks.
func ipSet(networks ...string) IPSet {
	var prefixes []netip.Prefix
	for _, n := range networks {
		prefixes = append(prefixes, netip.MustParsePrefix(n))
	}
	return NewIPSet(prefixes...)
}

func TestIPSet_prefixes(t *testing.T) {
	for _, test := range []struct {
		name string
		set  IPSet
		want string
	}{
		{name: "empty", set: ipSet(), want: "[]"},
		{name: "duplicates", set: ipSet("192.0.2.0/24", "192.0.2.0/24"), want: "[192.0.2.0/24]"},
		{name: "contained", set: ipSet("192.0.2.0/24", "192.0.2.128/25"), want: "[192.0.2.0/24]"},
		{name: "two halves", set: ipSet("192.0.2.128/25", "192.0.2.0/25"), want: "[192.0.2.0/24]"},
		{name: "neighbors that make no network", set: ipSet("192.0.2.64/26", "192.0.2.128/26"), want: "[192.0.2.64/26 192.0.2.128/26]"},
		{name: "all of IPv4", set: ipSet("0.0.0.0/1", "128.0.0.0/1"), want: "[0.0.0.0/0]"},
		{name: "all of IPv6", set: ipSet("::/1", "8000::/1"), want: "[::/0]"},
		{name: "the families do not touch", set: ipSet("255.255.255.255/32", "::/128"), want: "[255.255.255.255/32 ::/128]"},
		{name: "host bits", set: ipSet("192.0.2.77/24"), want: "[192.0.2.0/24]"},
		{name: "union", set: ipSet("192.0.2.0/25").Union(ipSet("192.0.2.128/25", "2001:db8::/32")), want: "[192.0.2.0/24 2001:db8::/32]"},
		{name: "intersection", set: ipSet("192.0.2.0/24", "2001:db8::/32").Intersect(ipSet("192.0.2.128/25", "192.0.3.0/24")), want: "[192.0.2.128/25]"},
		{name: "difference", set: ipSet("192.0.2.0/24").Difference(ipSet("192.0.2.64/26")), want: "[192.0.2.0/26 192.0.2.128/25]"},
		{name: "difference at both ends", set: ipSet("192.0.2.0/30").Difference(ipSet("192.0.2.0/32", "192.0.2.3/32")), want: "[192.0.2.1/32 192.0.2.2/32]"},
		{name: "difference of all", set: allAddresses().Difference(ipSet("0.0.0.0/0", "::/0")), want: "[]"},
		{name: "difference from all", set: allAddresses().Difference(ipSet("0.0.0.0/1", "::/1")), want: "[128.0.0.0/1 8000::/1]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := fmt.Sprint(test.set.Prefixes()); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestIPSet_count(t *testing.T) {
	ip4, ip6 := allAddresses().Count()
	if ip4.String() != "4294967296" || ip6.String() != "340282366920938463463374607431768211456" {
		t.Errorf("all: %v and %v", ip4, ip6)
	}
	ip4, ip6 = ipSet("192.0.2.0/24", "192.0.2.0/28", "2001:db8::/126").Count()
	if ip4.Int64() != 256 || ip6.Int64() != 4 {
		t.Errorf("%v and %v", ip4, ip6)
	}
}

// The operations agree with membership, over random sets in a small space of
// both families.
func TestIPSet_membership(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	random := func() IPSet {
		var networks []netip.Prefix
		for range rnd.IntN(8) {
			base := netip.AddrFrom4([4]byte{192, 0, 2, byte(rnd.IntN(64))})
			bits := 26 + rnd.IntN(7)
			if rnd.IntN(2) == 0 {
				base, bits = netip.AddrFrom16([16]byte{15: byte(rnd.IntN(64))}), 122+rnd.IntN(7)
			}
			networks = append(networks, netip.PrefixFrom(base, bits))
		}
		return NewIPSet(networks...)
	}
	for range 2000 {
		s, u := random(), random()
		union, both, only := s.Union(u), s.Intersect(u), s.Difference(u)
		subset := true
		for i := range 130 {
			a := netip.AddrFrom4([4]byte{192, 0, 2, byte(i)})
			if i >= 65 {
				a = netip.AddrFrom16([16]byte{15: byte(i - 65)})
			}
			inS, inU := s.Contains(a), u.Contains(a)
			if union.Contains(a) != (inS || inU) || both.Contains(a) != (inS && inU) || only.Contains(a) != (inS && !inU) {
				t.Fatalf("%v: %v and %v: union %v, intersection %v, difference %v", a, s.Prefixes(), u.Prefixes(), union.Prefixes(), both.Prefixes(), only.Prefixes())
			}
			subset = subset && (!inU || inS)
		}
		if s.ContainsSet(u) != subset {
			t.Fatalf("%v contains %v: %v", s.Prefixes(), u.Prefixes(), !subset)
		}
		if !NewIPSet(s.Prefixes()...).Equal(s) {
			t.Fatalf("the prefixes of %v are not the set", s)
		}
	}
}
