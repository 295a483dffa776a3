package dns_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"policyd-spf/spf/dns"
)

// A Zone answers from records that are not published yet.
func ExampleParseZone() {
	zone, err := dns.ParseZone(strings.NewReader(`
example.org.      TXT   "v=spf1 mx -all"
example.org.      MX    10 mail
mail.example.org. A     192.0.2.1
www.example.org.  CNAME example.org.
`), "example.org", "new.zone")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, q := range []dns.Question{
		{Name: "www.example.org", Type: dns.TypeTXT},
		{Name: "example.org", Type: dns.TypeMX},
		{Name: "ftp.example.org", Type: dns.TypeA},
	} {
		a, err := zone.Lookup(q, time.Time{})
		fmt.Println(q, a.TXT, a.Names, a.NXDomain, err)
	}
	// Output:
	// www.example.org TXT [[v=spf1 mx -all]] [] false <nil>
	// example.org MX [] [mail.example.org] false <nil>
	// ftp.example.org A [] [] true <nil>
}

// A Cache keeps the answers of another resolver.
func ExampleCache() {
	zone, err := dns.ParseZone(strings.NewReader("example.org. 300 A 192.0.2.1\n"), "", "zone")
	if err != nil {
		fmt.Println(err)
		return
	}
	cache := dns.NewCache(zone)
	for range 2 {
		a, err := cache.Lookup(dns.Question{Name: "example.org", Type: dns.TypeA}, time.Now().Add(time.Second))
		fmt.Println(a.Addrs, a.Cached, err)
	}
	// Output:
	// [192.0.2.1] false <nil>
	// [192.0.2.1] true <nil>
}

// A Client queries name servers, here one that does not exist.
func ExampleClient() {
	client := dns.NewClient(dns.ResolvConf{Servers: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:1")}})
	_, err := client.Lookup(dns.Question{Name: "example.org", Type: dns.TypeTXT}, time.Now().Add(time.Second))
	var failure *dns.Error
	fmt.Println(errors.As(err, &failure) && failure.Kind == dns.Network)
	// Output: true
}

func ExampleError() {
	fmt.Println(&dns.Error{
		Kind: dns.BadRcode, Question: dns.Question{Name: "x.test", Type: dns.TypeTXT},
		Server: netip.MustParseAddrPort("192.0.2.53:53"), Rcode: 2,
	})
	// Output: x.test TXT: 192.0.2.53:53: answered with SERVFAIL
}

func ExampleReverseName() {
	fmt.Println(dns.ReverseName(netip.MustParseAddr("192.0.2.1")))
	// Output: 1.2.0.192.in-addr.arpa
}
