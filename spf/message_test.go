package spf

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// FuzzAnswer reads a datagram as the answer to a question.
func FuzzAnswer(f *testing.F) {
	questions := []Question{theQuestion, {"x.test", TypeA}, {"x.test", TypeAAAA}, {"x.test", TypeMX}, {"x.test", TypePTR}}
	for i, q := range questions {
		query := appendQuery(nil, 0x1234, q, udpSize)
		for _, deed := range []func([]byte) []byte{good, cutOff, tooShort, justHeader, looped, withAuthority(3), rcode(2),
			withRecords(`x.test. 60 CNAME y.test.`, `Y.test. 60 TXT "a\000" b`, `y.test. 60 MX 5 a\.b.test.`, `y.test. 5 A 192.0.2.1`, `y.test. 5 AAAA ::1`),
			withRecords(chain(12)...),
			withRecords(`x.test. 60 MX 5 a.test.`, `x.test. 60 MX 4 b.test.`, `x.test. 60 A 192.0.2.1`, `x.test. 60 AAAA ::1`, `x.test. 60 PTR a\255\\.test.`),
		} {
			f.Add(deed(query), byte(i))
		}
	}
	f.Fuzz(func(t *testing.T, msg []byte, which byte) {
		q := questions[int(which)%len(questions)]
		query := appendQuery(nil, 0x1234, q, udpSize)
		if !answers(query, msg) {
			return
		}
		r, err := unpack(msg, q)
		if err != nil {
			return
		}
		if r.rcode != rcodeSuccess && r.rcode != rcodeNXDomain {
			if !r.answer.Void() || r.open {
				t.Errorf("RCODE %d with %+v", r.rcode, r)
			}
			return
		}
		var m dns.Msg
		if m.Unpack(msg) == nil { // which looks at more records than unpack
			if m.Id != 0x1234 || !m.Response || m.Opcode != dns.OpcodeQuery || m.Rcode != r.rcode {
				t.Errorf("accepted %v", &m)
			}
			if len(m.Question) != 1 || !strings.EqualFold(m.Question[0].Name, "x.test.") || m.Question[0].Qtype != uint16(q.Type) || m.Question[0].Qclass != dns.ClassINET {
				t.Errorf("accepted %v for %v", m.Question, q)
			}
			if want := dataOf(&m, q, r); r.rcode == rcodeSuccess && r.answer.data() != want {
				t.Errorf("read %s\nfrom %v\nwant %s", r.answer.data(), &m, want)
			}
		}
		a := r.answer
		if a.TTL < 0 || a.TTL > maxTTL || a.NXDomain && !a.Void() || len(r.aliases) > maxAliases+1 || r.open && len(r.aliases) == 0 {
			t.Errorf("got %+v", r)
		}
		if q.Type != TypeTXT && a.TXT != nil || q.Type != TypeA && q.Type != TypeAAAA && a.Addrs != nil || q.Type != TypeMX && q.Type != TypePTR && a.Names != nil {
			t.Errorf("%v answered with %+v", q, a)
		}
		for _, addr := range a.Addrs {
			if addr.Is4() != (q.Type == TypeA) {
				t.Errorf("%v answered with %v", q, addr)
			}
		}
		for _, name := range append(slices.Clone(a.Names), r.aliases...) {
			if !encodable(name) || name != lowerASCII(name) {
				t.Errorf("name %q", name)
			}
		}
	})
}

// data writes the data of an answer, names and addresses in alphabetical order.
func (a Answer) data() string {
	names := slices.Clone(a.Names)
	slices.Sort(names)
	return fmt.Sprintf("%q %v %q", a.TXT, a.Addrs, names)
}

// dataOf is what the dns package finds in m for q, or for what that is an alias
// for.
func dataOf(m *dns.Msg, q Question, r response) string {
	name := q.Name
	if len(r.aliases) > 0 {
		name = r.aliases[len(r.aliases)-1]
	}
	var a Answer
	for _, rr := range m.Answer {
		owner, err := wireName(rr.Header().Name)
		if err != nil || owner != name || rr.Header().Class != dns.ClassINET || rr.Header().Rrtype != uint16(q.Type) {
			continue
		}
		switch rr := rr.(type) {
		case *dns.TXT:
			a.TXT = append(a.TXT, octets(rr))
		case *dns.A:
			ip, _ := netip.AddrFromSlice(rr.A)
			a.Addrs = append(a.Addrs, ip.Unmap())
		case *dns.AAAA:
			ip, _ := netip.AddrFromSlice(rr.AAAA)
			a.Addrs = append(a.Addrs, ip)
		case *dns.MX:
			name, _ := wireName(rr.Mx)
			a.Names = append(a.Names, name)
		case *dns.PTR:
			name, _ := wireName(rr.Ptr)
			a.Names = append(a.Names, name)
		}
	}
	return a.data()
}

// octets gives the strings of a TXT record without the dns package's escapes.
func octets(rr *dns.TXT) (text []string) {
	if len(rr.Txt) == 0 {
		return nil // which would be packed as an empty string
	}
	b := make([]byte, 1<<16)
	end, err := dns.PackRR(&dns.TXT{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeTXT}, Txt: rr.Txt}, b, 0, nil, false)
	if err != nil {
		panic(err)
	}
	for b := b[11:end]; len(b) > 0; b = b[1+b[0]:] {
		text = append(text, string(b[1:1+b[0]]))
	}
	return text
}

// crowded is an answer of thousands of MX records whose hosts, of 248 octets,
// take up two octets each.
func crowded() message {
	m := appendQuery(nil, 1, Question{"x.test", TypeMX}, 0)
	m[2] = 0x81
	label := "\x3d" + strings.Repeat("\xff", 61)
	m = append(m, "\xc0\x0c\x00\x0f\x00\x01\x00\x00\x00\x3c\x00\xfb\x00\x01"+strings.Repeat(label, 4)+"\x00"...)
	n := 1
	for ; len(m) < 1<<16-16; n++ {
		m = append(m, "\xc0\x0c\x00\x0f\x00\x01\x00\x00\x00\x3c\x00\x04\x00\x01\xc0\x26"...)
	}
	m[6], m[7] = byte(n>>8), byte(n)
	return m
}

func TestUnpackCrowded(t *testing.T) {
	m := crowded()
	r, err := unpack(m, Question{"x.test", TypeMX})
	if err != nil || len(r.answer.Names) != maxNames || len(r.answer.Names[maxNames-1]) != 4*61+3 {
		t.Fatalf("%d names (%v)", len(r.answer.Names), err)
	}
	allocs := testing.AllocsPerRun(5, func() { unpack(m, Question{"x.test", TypeMX}) })
	if most := float64(maxNames + 50); allocs > most {
		t.Errorf("%v allocations, want %v at most", allocs, most)
	}
}

// A name of pointers to pointers is given up, not followed thousands of times.
func TestUnpackPointers(t *testing.T) {
	m := message(bytes.Repeat([]byte{0}, 1<<14))
	for at := headerSize + 2; at+1 < len(m); at += 2 {
		m[at], m[at+1] = 0xc0|byte((at-2)>>8), byte(at-2)
	}
	if _, _, err := m.name(nil, headerSize+2*maxPointers); err != nil {
		t.Errorf("%d pointers: %v", maxPointers, err)
	}
	if _, _, err := m.name(nil, headerSize+2*maxPointers+2); err != errFormat {
		t.Errorf("%d pointers: got %v, want %v", maxPointers+1, err, errFormat)
	}
}

func BenchmarkUnpack(b *testing.B) {
	m := message(withRecords(`example.org. 60 TXT "v=spf1 include:_spf.example.org ip4:192.0.2.0/24 -all"`)(appendQuery(nil, 1, Question{"example.org", TypeTXT}, udpSize)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := unpack(m, Question{"example.org", TypeTXT}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnpackCrowded(b *testing.B) {
	m := crowded()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := unpack(m, Question{"x.test", TypeMX}); err != nil {
			b.Fatal(err)
		}
	}
}
