package conf

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func TestParseNetwork(t *testing.T) {
	for _, test := range []struct{ entry, want string }{ // want is empty for an invalid entry
		{entry: "192.0.2.1", want: "192.0.2.1/32"},
		{entry: "192.0.2.0/24", want: "192.0.2.0/24"},
		{entry: "192.0.2.0/024", want: "192.0.2.0/24"},
		{entry: "10.0.0.0/08", want: "10.0.0.0/8"},
		{entry: "10.0.0.0/0000000000000000000000008", want: "10.0.0.0/8"},
		{entry: "0.0.0.0/0", want: "0.0.0.0/0"},
		{entry: "192.0.2.0/255.255.255.0", want: "192.0.2.0/24"},
		{entry: "192.0.2.0/0.0.0.255", want: "192.0.2.0/24"},
		{entry: "192.0.2.1/255.255.255.255", want: "192.0.2.1/32"},
		{entry: "0.0.0.0/0.0.0.0", want: "0.0.0.0/0"},
		{entry: "128.0.0.0/128.0.0.0", want: "128.0.0.0/1"},
		{entry: "192.0.2.1/32", want: "192.0.2.1/32"},
		{entry: "192.0.2.1/0.0.0.0", want: ""},
		{entry: "192.0.2.1/255.255.255.254", want: ""},
		{entry: "0.0.0.0/255.255.255.255", want: "0.0.0.0/32"},
		{entry: "0.0.0.0/127.255.255.255", want: "0.0.0.0/1"},
		{entry: "::1", want: "::1/128"},
		{entry: "::1/128", want: "::1/128"},
		{entry: "2001:DB8::/32", want: "2001:db8::/32"},
		{entry: "::/0", want: "::/0"},
		{entry: "::ffff:127.0.0.0/104", want: "::ffff:127.0.0.0/104"},
		{entry: "fe80::1%eth0", want: "fe80::1/128"},

		{entry: "", want: ""}, {entry: "mx.example", want: ""}, {entry: "/24", want: ""}, {entry: "192.0.2.0/", want: ""}, {entry: "0/0", want: ""}, {entry: "192.0.2/24", want: ""},
		{entry: "192.0.2.0//24", want: ""}, {entry: "192.0.2.0/24/24", want: ""}, {entry: "192.0.2.0/33", want: ""}, {entry: "192.0.2.0/256", want: ""},
		{entry: "192.0.2.0/-1", want: ""}, {entry: "192.0.2.0/+24", want: ""}, {entry: "192.0.2.0 /24", want: ""}, {entry: "192.0.2.0/ 24", want: ""}, {entry: "192.0.2.0/2_4", want: ""},
		{entry: "192.0.02.0/24", want: ""}, {entry: "192.0.2.0/255.0.255.0", want: ""}, {entry: "192.0.2.0/0.255.0.255", want: ""}, {entry: "192.0.2.0/255.255.255", want: ""},
		{entry: "::/129", want: ""}, {entry: "2001:db8::/ffff:ffff::", want: ""}, {entry: "2001::/255.255.0.0", want: ""}, {entry: "2001:db8::/255.255.0.0", want: ""}, {entry: "192.0.2.0/ffff::", want: ""},
		{entry: "192.0.2.1/24", want: ""}, {entry: "192.0.2.1/255.255.255.0", want: ""}, {entry: "2001:db8::1/64", want: ""}, {entry: "[::1]", want: ""},
	} {
		t.Run(test.entry, func(t *testing.T) {
			got, err := parseNetwork(test.entry)
			if err == nil != (test.want != "") || err == nil && got.String() != test.want {
				t.Errorf("parseNetwork(%q) = %v, %v, want %q", test.entry, got, err, test.want)
			}
		})
	}
}

func TestNetworksFind_membership(t *testing.T) {
	n := ParseNetworks("127.0.0.0/8, ::ffff:127.0.0.0/104,::1,192.0.2.7,2001:db8::/33,255.255.255.255,10.0.0.0/8,10.1.0.0/16")
	for address, want := range map[string]bool{
		"127.0.0.0": true, "127.255.255.255": true, "126.255.255.255": false, "128.0.0.0": false,
		"::ffff:127.0.0.1": true, "::ffff:128.0.0.1": false, "::ffff:192.0.2.7": false, "192.0.2.7": true,
		"192.0.2.6": false, "192.0.2.8": false, "::1": true, "::": false, "::2": false, "0.0.0.1": false, "0.0.0.0": false,
		"2001:db8::": true, "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff": true, "2001:db8:8000::": false,
		"2001:db8::1%eth0": true, "255.255.255.255": true, "255.255.255.254": false,
		"10.0.0.1": true, "10.1.0.1": true, "10.2.0.1": true, "11.0.0.0": false,
	} {
		t.Run(address, func(t *testing.T) {
			if network, got := n.Find(netip.MustParseAddr(address)); got != want {
				t.Errorf("Find(%s) = %v, %v", address, network, got)
			}
		})
	}
}

func TestNetworksFind_widest(t *testing.T) {
	n := ParseNetworks("10.1.0.0/16,10.0.0.0/8,0.0.0.0/1,2001:db8:1::/48,2001:db8::/32,::ffff:0:0/96,192.0.2.0/24,192.0.2.255,192.0.2.0,2001:db8:ffff:ffff:ffff:ffff:ffff:ffff")
	for address, want := range map[string]string{
		"10.1.2.3": "0.0.0.0/1", "2001:db8:1::1": "2001:db8::/32", "::ffff:1.2.3.4": "::ffff:0.0.0.0/96",
		"192.0.2.0": "192.0.2.0/24", "192.0.2.255": "192.0.2.0/24", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff": "2001:db8::/32",
	} {
		if got, ok := n.Find(netip.MustParseAddr(address)); !ok || got.String() != want {
			t.Errorf("Find(%s) = %v, %v, want %s", address, got, ok, want)
		}
	}
}

func TestNetworksInvalid(t *testing.T) {
	n := ParseNetworks("mx.example, 10.0.0.1/8 ,10.0.0.0/8,,::1/0")
	if got, want := n.Invalid(), []string{"mx.example", "10.0.0.1/8", "::1/0"}; !slices.Equal(got, want) {
		t.Errorf("Invalid() = %q, want %q", got, want)
	}
	if _, ok := n.Find(netip.MustParseAddr("10.9.9.9")); !ok {
		t.Error("the valid entry after invalid ones is missing")
	}
}

func TestNetworksEmpty(t *testing.T) {
	for _, test := range []struct {
		name string
		n    *Networks
	}{{name: "nil"}, {name: "list without entries", n: ParseNetworks(" ,")}} {
		t.Run(test.name, func(t *testing.T) {
			if network, ok := test.n.Find(netip.MustParseAddr("::1")); ok || !test.n.Empty() || test.n.Invalid() != nil {
				t.Errorf("not an empty set: %v, invalid entries %q", network, test.n.Invalid())
			}
		})
	}
	if ParseNetworks("x").Empty() {
		t.Error("a list with an invalid entry is empty")
	}
	if network, ok := ParseNetworks("::1").Find(netip.Addr{}); ok {
		t.Errorf("the zero Addr is in %v", network)
	}
}

// FuzzNetworks compares Find with a scan of all prefixes.
func FuzzNetworks(f *testing.F) {
	f.Add(uint64(1))
	f.Add(uint64(20))
	f.Fuzz(func(t *testing.T, seed uint64) {
		random := rand.New(rand.NewPCG(seed, 0))
		prefixes, entries := []netip.Prefix{}, []string{}
		for range random.IntN(50) {
			a := randomAddr(random)
			p, _ := a.Prefix(a.BitLen() - min(a.BitLen(), random.IntN(40)))
			prefixes, entries = append(prefixes, p), append(entries, p.String())
		}
		n := ParseNetworks(strings.Join(entries, ","))
		for range 100 {
			a := randomAddr(random)
			contains := func(p netip.Prefix) bool { return p.Contains(a) }
			if _, got := n.Find(a); got != slices.ContainsFunc(prefixes, contains) {
				t.Fatalf("Find(%s) = %v in %v", a, got, prefixes)
			}
		}
	})
}

// randomAddr returns one of few addresses, so that networks nest and contain some.
func randomAddr(random *rand.Rand) netip.Addr {
	if random.IntN(2) == 0 {
		return netip.AddrFrom4([4]byte{192, 0, byte(random.IntN(4)), byte(random.IntN(256))})
	}
	a := netip.MustParseAddr("2001:db8::").As16()
	a[14], a[15] = byte(random.IntN(4)), byte(random.IntN(256))
	return netip.AddrFrom16(a)
}

func BenchmarkNetworksFind(b *testing.B) {
	for _, size := range []int{1, 10_000} {
		n := manyNetworks(size)
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			a4, a6 := netip.MustParseAddr("10.20.30.40"), netip.MustParseAddr("2001:db8:1234::1")
			for b.Loop() {
				n.Find(a4)
				n.Find(a6)
			}
		})
	}
}

func BenchmarkParseNetworks(b *testing.B) {
	text := manyNetworksText(10_000)
	b.ReportAllocs()
	for b.Loop() {
		ParseNetworks(text)
	}
}

func manyNetworks(size int) *Networks { return ParseNetworks(manyNetworksText(size)) }

// manyNetworksText returns a list of disjoint networks of both families.
func manyNetworksText(size int) string {
	entries := make([]string, size)
	for i := range entries {
		if i%2 == 0 {
			entries[i] = fmt.Sprintf("%d.%d.%d.0/24", 10+i>>16, i>>8&255, i&255)
		} else {
			entries[i] = fmt.Sprintf("2001:db8:%x::/48", i)
		}
	}
	return strings.Join(entries, ",")
}
