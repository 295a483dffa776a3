package dns

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"policyd-spf/spf/dns/dnstest"
)

func TestAppendQuery(t *testing.T) {
	q := Question{"a.\xff\".test", TypeMX}
	for _, test := range []struct {
		name string
		size uint16
		want string
	}{
		{name: "plain", want: "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x02\xff\"\x04test\x00\x00\x0f\x00\x01"},
		{name: "EDNS(0)", size: 1232, want: "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01\x01a\x02\xff\"\x04test\x00\x00\x0f\x00\x01" +
			"\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := string(appendQuery(nil, 0x1234, q, test.size)); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

// A response that ends before the end of its question does not answer it, whatever
// the buffer has after it.
func TestIsResponseTo_cut(t *testing.T) {
	query := appendQuery(nil, 0x1234, testQuestion, 0)
	response := slices.Clone(query)
	response[2] |= 0x80 // QR
	for n := range response {
		if isResponseTo(query, response[:n]) {
			t.Errorf("accepts the first %d of %d bytes", n, len(response))
		}
	}
	if !isResponseTo(query, response) {
		t.Error("does not accept the whole response")
	}
}

// A response without data that names other servers is a referral, unless it has a SOA
// record (RFC 2308, 2.2) or comes from a server that has or looks up the answer itself.
func TestUnpackReferral(t *testing.T) {
	for _, test := range []struct {
		name     string
		edit     func(m *dns.Msg)
		referral bool
	}{
		{name: "NS", edit: func(*dns.Msg) {}, referral: true},
		{name: "authoritative", edit: func(m *dns.Msg) { m.Authoritative = true }},
		{name: "recursion available", edit: func(m *dns.Msg) { m.RecursionAvailable = true }},
		{name: "SOA", edit: func(m *dns.Msg) {
			m.Ns = append(m.Ns, &dns.SOA{Hdr: dns.RR_Header{Name: "test.", Rrtype: dns.TypeSOA, Class: dns.ClassINET, Ttl: 60}, Ns: "a.test.", Mbox: "b.test."})
		}},
		{name: "no NS", edit: func(m *dns.Msg) { m.Ns = nil }},
	} {
		t.Run(test.name, func(t *testing.T) {
			query := appendQuery(nil, 1, testQuestion, 0)
			m := dnstest.Reply(query, 0)
			m.Authoritative, m.RecursionAvailable = false, false
			m.Ns = dnstest.Reply(query, 0, "test. 60 NS a.test.").Answer
			test.edit(m)
			r, err := unpack(dnstest.Pack(m), testQuestion)
			if (err == errReferral) != test.referral || err == nil && !r.answer.Void() {
				t.Errorf("got %+v, %v", r, err)
			}
		})
	}
}

// No query outgrows its buffer.
func TestAppendQueryLongest(t *testing.T) {
	label := strings.Repeat("x", MaxLabelLen)
	name := strings.Join([]string{label, label, label, label[:61]}, ".")
	if got := len(appendQuery(nil, 0, Question{name, TypeTXT}, UDPSize)); !validName(name) || got != maxQuery {
		t.Errorf("%d bytes, want %d", got, maxQuery)
	}
}

// Every byte but the dot survives the way into a message and back.
func TestNameOctets(t *testing.T) {
	for c := range 256 {
		if c == '.' {
			continue
		}
		name := "@" + string([]byte{byte(c)}) + "b.test"
		query := appendQuery(nil, 1, Question{name, TypePTR}, 0)
		var m dns.Msg
		if err := m.Unpack(query); err != nil {
			t.Fatal(err)
		}
		if got := toPresentation(name); got != m.Question[0].Name {
			t.Errorf("%q: presented as %s, dns has %s", name, got, m.Question[0].Name)
		}
		if got, ok := fromPresentation(m.Question[0].Name); got != strings.ToLower(name) && c < 0x80 || got != name && c >= 0x80 || !ok {
			t.Errorf("%q: came back as %q, %v", name, got, ok)
		}
	}
}

func TestWireNameDots(t *testing.T) {
	for text, want := range map[string]string{
		`a\.b.test.`: "", `a\046b.test.`: "", `\..`: "",
		`a\\.b.test.`: `a\.b.test`, `a\\\.b.test.`: "", `.`: "", `A.b.`: "a.b",
	} {
		if got, _ := fromPresentation(text); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

// FuzzAnswer reads a datagram as the answer to a question.
func FuzzAnswer(f *testing.F) {
	questions := []Question{testQuestion, {"x.test", TypeA}, {"x.test", TypeAAAA}, {"x.test", TypeMX}, {"x.test", TypePTR}}
	for i, q := range questions {
		query := appendQuery(nil, 0x1234, q, UDPSize)
		for _, deed := range []func([]byte) []byte{dnstest.Good, dnstest.Truncated, dnstest.TooShort, dnstest.HeaderOnly, dnstest.CompressionLoop, dnstest.WithSOA(3), dnstest.Rcode(2),
			dnstest.Records(`x.test. 60 CNAME y.test.`, `Y.test. 60 TXT "a\000" b`, `y.test. 60 MX 5 a\.b.test.`, `y.test. 5 A 192.0.2.1`, `y.test. 5 AAAA ::1`),
			dnstest.Records(chain(12)...),
			dnstest.Records(`x.test. 60 MX 5 a.test.`, `x.test. 60 MX 4 b.test.`, `x.test. 60 A 192.0.2.1`, `x.test. 60 AAAA ::1`, `x.test. 60 PTR a\255\\.test.`),
		} {
			f.Add(deed(query), byte(i))
		}
	}
	f.Fuzz(func(t *testing.T, msg []byte, which byte) {
		q := questions[int(which)%len(questions)]
		query := appendQuery(nil, 0x1234, q, UDPSize)
		if !isResponseTo(query, msg) {
			return
		}
		r, err := unpack(msg, q)
		if err != nil {
			return
		}
		var m dns.Msg
		if err := m.Unpack(msg); err != nil || m.Id != 0x1234 || !m.Response || m.Opcode != dns.OpcodeQuery {
			t.Fatalf("accepted %v (%v)", &m, err)
		}
		if r.rcode == rcodeSuccess || r.rcode == rcodeNXDomain {
			if len(m.Question) != 1 || !strings.EqualFold(m.Question[0].Name, "x.test.") || m.Question[0].Qtype != uint16(q.Type) || m.Question[0].Qclass != dns.ClassINET {
				t.Fatalf("accepted %v for %v", m.Question, q)
			}
		} else if !r.answer.Void() || r.chaseCNAME {
			t.Errorf("RCODE %d with %+v", r.rcode, r)
		}
		a := r.answer
		if a.TTL < 0 || a.TTL > maxTTL || a.NXDomain && !a.Void() || len(r.aliases) > MaxCNAMEs+1 || r.chaseCNAME && len(r.aliases) == 0 {
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
			if !validName(name) || name != ToLower(name) {
				t.Errorf("name %q", name)
			}
		}
	})
}

// FuzzZone reads a master file and looks up what is in it.
func FuzzZone(f *testing.F) {
	f.Add([]byte(testZone))
	f.Add([]byte("a CNAME *\n* CNAME a\n\\000 A 192.0.2.1\n"))
	f.Add([]byte("$GENERATE 1-3 a$ A 192.0.2.$\n$INCLUDE x\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if bytes.Contains(bytes.ToUpper(text), []byte("$GENERATE")) {
			return // makes any number of records
		}
		z, err := ParseZone(bytes.NewReader(text), "test", "zone")
		if err != nil {
			if !strings.HasPrefix(err.Error(), "zone") {
				t.Errorf("error %q does not name the file", err)
			}
			return
		}
		for name := range z.names {
			for _, typ := range []Type{TypeA, TypeTXT, TypeMX} {
				for _, name := range []string{name, "x." + name} {
					a, err := z.Lookup(Question{name, typ}, noTime)
					if err == nil && (a.TTL < 0 || a.TTL > maxTTL) {
						t.Errorf("%s %v: %+v", name, typ, a)
					}
				}
			}
		}
	})
}
