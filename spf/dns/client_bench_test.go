package dns

import (
	"net/netip"
	"testing"
	"time"

	"policyd-spf/spf/dns/dnstest"
)

func BenchmarkClient(b *testing.B) {
	var made []byte
	s := dnstest.Start(b, "127.0.0.1", func(s *dnstest.Server, query []byte, from netip.AddrPort) {
		if made == nil {
			made = dnstest.Pack(dnstest.Reply(query, 0, `example.org. 60 TXT "v=spf1 include:_spf.example.org ip4:192.0.2.0/24 -all"`))
		}
		copy(made, query[:2])
		s.Send(from, made)
	}, nil)
	c := newClient(ResolvConf{Timeout: time.Second}, s)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Lookup(Question{"example.org", TypeTXT}, noTime); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnpack(b *testing.B) {
	q := Question{"example.org", TypeTXT}
	msg := dnstest.Pack(dnstest.Reply(appendQuery(nil, 1, q, 1232), 0, `example.org. 60 TXT "v=spf1 include:_spf.example.org ip4:192.0.2.0/24 -all"`))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := unpack(msg, q); err != nil {
			b.Fatal(err)
		}
	}
}
