package dns

import (
	"net/netip"
	"testing"
	"time"
)

func BenchmarkClient(b *testing.B) {
	var made []byte
	s := newNameServer(b, "127.0.0.1", func(s *nameServer, query []byte, from netip.AddrPort) {
		if made == nil {
			made = wire(reply(query, 0, `example.org. 60 TXT "v=spf1 include:_spf.example.org ip4:192.0.2.0/24 -all"`))
		}
		copy(made, query[:2])
		s.send(from, made)
	}, nil)
	c := clientOf(ResolvConf{Timeout: time.Second}, s)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Lookup(b.Context(), Question{"example.org", TypeTXT}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnpack(b *testing.B) {
	q := Question{"example.org", TypeTXT}
	msg := wire(reply(appendQuery(nil, 1, q, 1232), 0, `example.org. 60 TXT "v=spf1 include:_spf.example.org ip4:192.0.2.0/24 -all"`))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := unpack(msg, q); err != nil {
			b.Fatal(err)
		}
	}
}
