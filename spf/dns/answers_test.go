package dns

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"policyd-spf/spf/dns/dnstest"
)

// chain returns the aliases c0 to cN-1.test and the record of cN.test.
func chain(n int) []string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf("c%d.test. 60 CNAME c%d.test.", i, i+1))
	}
	return append(list, fmt.Sprintf("c%d.test. 60 TXT end", n))
}

// What one answer means.
func TestClientAnswers(t *testing.T) {
	for _, test := range []struct {
		name   string
		q      Question
		answer func(query []byte) []byte
		want   string
		asked  int
	}{
		{name: "strings", q: Question{"x.test", TypeTXT}, answer: dnstest.Records(`x.test. 60 TXT "a" "" "b"`, `x.test. 30 TXT "c"`), want: `["a" "" "b"] ["c"] 30`, asked: 1},
		{name: "octets", q: Question{"x.test", TypeTXT}, answer: dnstest.Records(`x.test. 60 TXT "a\"b\\c\000\1959"`), want: `["a\"b\\c\x00\xc39"] 60`, asked: 1},
		{name: "addresses", q: Question{"x.test", TypeA}, answer: dnstest.Records(`x.test. 60 A 192.0.2.2`, `x.test. 60 A 192.0.2.1`), want: `192.0.2.2 192.0.2.1 60`, asked: 1},
		{name: "IPv6 addresses", q: Question{"x.test", TypeAAAA}, answer: dnstest.Records(`x.test. 60 AAAA 2001:db8::1`, `x.test. 60 AAAA ::ffff:192.0.2.1`), want: `2001:db8::1 ::ffff:192.0.2.1 60`, asked: 1},
		{name: "MX by preference", q: Question{"x.test", TypeMX}, answer: dnstest.Records(`x.test. 60 MX 20 b.test.`, `x.test. 60 MX 10 A.test.`, `x.test. 60 MX 20 c.test.`), want: `"a.test" "b.test" "c.test" 60`, asked: 1},
		{name: "null MX", q: Question{"x.test", TypeMX}, answer: dnstest.Records(`x.test. 60 MX 0 .`), want: `"" 60`, asked: 1},
		{name: "names of raw octets", q: Question{"x.test", TypePTR}, answer: dnstest.Records(`x.test. 60 PTR a\255\032\\b.test.`, `x.test. 60 PTR a\\.test.`), want: `"a\xff \\b.test" "a\\.test" 60`, asked: 1},
		{name: "dot in a label", q: Question{"x.test", TypePTR}, answer: dnstest.Records(`x.test. 60 PTR a\.b.test.`, `x.test. 60 PTR c.test.`), want: `"" "c.test" 60`, asked: 1},
		{name: "question of raw octets", q: Question{"a\xff b\\\"@.x.test", TypeTXT}, answer: dnstest.Records(`a\255\032b\\\"\@.x.test. 60 TXT x`), want: `["x"] 60`, asked: 1},
		{name: "root", q: Question{"", TypeMX}, answer: dnstest.Records(`. 60 MX 0 a.`), want: `"a" 60`, asked: 1},

		{name: "NODATA", q: testQuestion, answer: dnstest.WithSOA(0), want: `NODATA 40`, asked: 1},
		{name: "NXDOMAIN", q: testQuestion, answer: dnstest.WithSOA(3), want: `NXDOMAIN 40`, asked: 1},
		{name: "NXDOMAIN with data", q: testQuestion, answer: dnstest.WithSOA(3, dnstest.Record), want: `NXDOMAIN 40`, asked: 1},
		{name: "SOA TTL below its MINIMUM", q: testQuestion, answer: dnstest.WithSOAOf("test. 30 SOA ns. root. 1 3600 600 86400 40", 3), want: `NXDOMAIN 30`, asked: 1},
		{name: "NODATA without SOA", q: testQuestion, answer: dnstest.Rcode(0), want: `NODATA 0`, asked: 1},
		{name: "NXDOMAIN without SOA", q: testQuestion, answer: dnstest.Rcode(3), want: `NXDOMAIN 0`, asked: 1},
		{name: "NODATA beside NS", q: testQuestion, answer: func(query []byte) []byte {
			m := dnstest.Reply(query, 0)
			m.Ns = dnstest.Reply(query, 0, "test. 60 NS ns.test.").Answer
			return dnstest.Pack(m)
		}, want: `NODATA 0`, asked: 1},
		{name: "another type", q: testQuestion, answer: dnstest.WithSOA(0, `x.test. 60 A 192.0.2.1`, `x.test. 60 SPF "v=spf1 -all"`), want: `NODATA 40`, asked: 1},
		{name: "another name", q: testQuestion, answer: dnstest.WithSOA(0, `y.test. 60 TXT x`, `test. 60 TXT x`, `x.test.test. 60 TXT x`), want: `NODATA 40`, asked: 1},
		{name: "another class", q: testQuestion, answer: dnstest.WithSOA(0, `x.test. 60 CH TXT x`), want: `NODATA 40`, asked: 1},
		{name: "an alias of another class", q: testQuestion, answer: dnstest.WithSOA(0, `x.test. 60 CH CNAME y.test.`, `y.test. 60 TXT x`), want: `NODATA 40`, asked: 1},
		{name: "SOA of another class", q: testQuestion, answer: dnstest.WithSOAOf("test. 30 CH SOA ns. root. 1 3600 600 86400 40", 3), want: `NXDOMAIN 0`, asked: 1},
		{name: "TXT without strings", q: testQuestion, answer: dnstest.Edited(func(m *dns.Msg) {
			m.Answer = append(m.Answer, &dns.TXT{Hdr: *m.Answer[0].Header()})
		}), want: `["v=spf1 -all"] [] 60`, asked: 1},
		{name: "other data beside", q: testQuestion, answer: dnstest.Records(dnstest.Record, `y.test. 5 TXT x`, `x.test. 5 A 192.0.2.1`, `x.test. 5 CH TXT x`), want: wantAnswer, asked: 1},

		{name: "TTL 0", q: testQuestion, answer: dnstest.Records(`x.test. 0 TXT x`), want: `["x"] 0`, asked: 1},
		{name: "TTL 2^31-1", q: testQuestion, answer: dnstest.Records(`x.test. 2147483647 TXT x`), want: `["x"] 86400`, asked: 1},
		{name: "TTL 2^31", q: testQuestion, answer: dnstest.Records(`x.test. 2147483648 TXT x`), want: `["x"] 0`, asked: 1},
		{name: "TTL 2^32-1", q: testQuestion, answer: dnstest.Records(`x.test. 4294967295 TXT x`), want: `["x"] 0`, asked: 1},
		{name: "TTL of an alias", q: testQuestion, answer: dnstest.Records(`x.test. 5 CNAME y.test.`, `y.test. 60 TXT x`), want: `["x"] 5`, asked: 1},
		{name: "TTL of the first of two aliases", q: testQuestion, answer: dnstest.Records(`x.test. 5 CNAME y.test.`, `y.test. 60 CNAME z.test.`, `z.test. 60 TXT x`), want: `["x"] 5`, asked: 1},
		{name: "TTL after an alias", q: testQuestion, answer: dnstest.Records(`x.test. 60 CNAME y.test.`, `y.test. 5 TXT x`), want: `["x"] 5`, asked: 1},
		{name: "negative TTL of an alias", q: testQuestion, answer: dnstest.WithSOA(0, `x.test. 5 CNAME y.test.`), want: `NODATA 5`, asked: 1},

		{name: "another case", q: testQuestion, answer: func(query []byte) []byte {
			m := dnstest.Reply(query, 0, `X.tEst. 60 CNAME Y.test.`, `y.TEST. 60 TXT "v=spf1 -all"`)
			m.Question[0].Name = "X.TeSt."
			return dnstest.Pack(m)
		}, want: wantAnswer, asked: 1},

		{name: "5 aliases", q: Question{"c0.test", TypeTXT}, answer: dnstest.Records(chain(5)...), want: `["end"] 60`, asked: 1},
		{name: "10 aliases", q: Question{"c0.test", TypeTXT}, answer: dnstest.Records(chain(10)...), want: `["end"] 60`, asked: 1},
		{name: "11 aliases", q: Question{"c0.test", TypeTXT}, answer: dnstest.Records(chain(11)...), want: `limit 10`, asked: 1},
		{name: "20 aliases", q: Question{"c0.test", TypeTXT}, answer: dnstest.Records(chain(20)...), want: `limit 10`, asked: 1},
		{name: "aliases in reverse", q: Question{"c0.test", TypeTXT}, answer: dnstest.Records(reversed(chain(5))...), want: `["end"] 60`, asked: 1},
		{name: "alias of itself", q: testQuestion, answer: dnstest.Records(`x.test. 60 CNAME X.test.`), want: `NODATA 0`, asked: 1},
		{name: "aliases of one another", q: testQuestion, answer: dnstest.Records(`x.test. 60 CNAME y.test.`, `y.test. 60 CNAME x.test.`), want: `NODATA 0`, asked: 1},
		{name: "a loop further on", q: testQuestion, answer: dnstest.Records(`x.test. 60 CNAME y.test.`, `y.test. 60 CNAME z.test.`, `z.test. 60 CNAME y.test.`), want: `NODATA 0`, asked: 1},
		{name: "alias of a name that does not exist", q: testQuestion, answer: dnstest.WithSOA(3, `x.test. 60 CNAME y.test.`), want: `NXDOMAIN 40`, asked: 1},
		{name: "alias beside data", q: testQuestion, answer: dnstest.Records(dnstest.Record, `x.test. 60 CNAME y.test.`, `y.test. 60 TXT x`), want: wantAnswer, asked: 1},
		{name: "alias of a name that cannot be queried", q: testQuestion, answer: dnstest.Records(`x.test. 60 CNAME a\.b.test.`), want: `NODATA 0`, asked: 1},
		{name: "alias of the root", q: testQuestion, answer: dnstest.Records(`x.test. 60 CNAME .`), want: `NODATA 0`, asked: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := dnstest.Start(t, "127.0.0.1", dnstest.Respond(test.answer), dnstest.RespondTCP(test.answer))
			c := newClient(ResolvConf{Timeout: longTimeout}, s)
			if got := describe(c.Lookup(test.q, noTime)); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if got := s.Queries(); len(got) != test.asked {
				t.Errorf("asked %q, want %d queries", got, test.asked)
			}
		})
	}
}

// Answer.Alias says that the name is an alias, in one message or over several.
func TestClientAlias(t *testing.T) {
	for _, test := range []struct {
		name    string
		q       Question
		records []string
		want    bool
	}{
		{name: "data", q: testQuestion, records: []string{dnstest.Record}},
		{name: "an alias", q: testQuestion, records: []string{`x.test. 60 CNAME y.test.`, `y.test. 60 TXT x`}, want: true},
		{name: "an alias of nothing", q: testQuestion, records: []string{`x.test. 60 CNAME .`}, want: true},
		{name: "a chain", q: Question{"c0.test", TypeTXT}, records: chain(3), want: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer := dnstest.Records(test.records...)
			s := dnstest.Start(t, "127.0.0.1", dnstest.Respond(answer), dnstest.RespondTCP(answer))
			c := newClient(ResolvConf{Timeout: longTimeout}, s)
			if a, err := c.Lookup(test.q, noTime); a.Alias != test.want || err != nil {
				t.Errorf("alias %v, %v, want %v", a.Alias, err, test.want)
			}
		})
	}
}

func reversed(list []string) []string {
	slices.Reverse(list)
	return list
}

// A server that answers with one alias at a time is queried for the next one.
func TestClientChainInParts(t *testing.T) {
	for _, test := range []struct {
		name, start string
		want        string
		asked       int
	}{
		{name: "10 aliases", start: "c1.test", want: `["end"] 60`, asked: 11},
		{name: "11 aliases", start: "c0.test", want: `limit 10`, asked: 11},
		{name: "loop", start: "r0.test", want: `NODATA 0`, asked: 3},
		{name: "dead end", start: "d0.test", want: `NXDOMAIN 40`, asked: 2},
		{name: "failure", start: "f0.test", want: `SERVFAIL`, asked: 2},
		{name: "smallest TTL in the middle", start: "t0.test", want: `["end"] 5`, asked: 4},
		{name: "smallest TTL before a dead end", start: "n0.test", want: `NXDOMAIN 5`, asked: 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			records := map[string]string{
				"t0.test.": "t0.test. 50 CNAME t1.test.", "t1.test.": "t1.test. 5 CNAME t2.test.", "t2.test.": "t2.test. 60 CNAME t3.test.", "t3.test.": "t3.test. 60 TXT end",
				"n0.test.": "n0.test. 5 CNAME n1.test.", "n1.test.": "n1.test. 60 CNAME d1.test.",
				"r0.test.": "r0.test. 60 CNAME r1.test.", "r1.test.": "r1.test. 60 CNAME r2.test.", "r2.test.": "r2.test. 60 CNAME r0.test.",
				"d0.test.": "d0.test. 60 CNAME d1.test.", "f0.test.": "f0.test. 60 CNAME f1.test.",
			}
			for _, record := range chain(11) {
				records[strings.Fields(record)[0]] = record
			}
			s := dnstest.Start(t, "127.0.0.1", func(s *dnstest.Server, query []byte, from netip.AddrPort) {
				name := dnstest.Reply(query, 0).Question[0].Name
				switch {
				case records[name] != "":
					s.Send(from, dnstest.Records(records[name])(query))
				case name == "d1.test.":
					s.Send(from, dnstest.WithSOA(3)(query))
				default:
					s.Send(from, dnstest.Rcode(2)(query))
				}
			}, nil)
			c := newClient(ResolvConf{Timeout: longTimeout, Attempts: 1}, s)
			q := Question{test.start, TypeTXT}
			a, err := c.Lookup(q, noTime)
			if got := describe(a, err); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if e, ok := err.(*Error); ok && e.Question != q {
				t.Errorf("the failure is of %v, want %v", e.Question, q)
			}
			if got := s.Queries(); len(got) != test.asked {
				t.Errorf("asked %q, want %d queries", got, test.asked)
			}
		})
	}
}

// Large answers arrive complete, over TCP.
func TestClientLargeAnswers(t *testing.T) {
	var strings200, addresses, hosts, big []string
	text := strings.Repeat("x", 250)
	for i := range 1000 {
		addresses = append(addresses, fmt.Sprintf("x.test. 60 A 10.0.%d.%d", i/250, i%250))
	}
	for i := range 500 {
		hosts = append(hosts, fmt.Sprintf("x.test. 60 MX %d h%d.test.", 500-i, i))
	}
	for range 240 { // a message of some 63 kB
		big = append(big, fmt.Sprintf("x.test. 60 TXT %q", text))
	}
	strings200 = []string{"x.test. 60 TXT" + strings.Repeat(` "`+text+`"`, 200)}
	for _, test := range []struct {
		name    string
		typ     Type
		records []string
		check   func(a Answer) bool
	}{
		{name: "60 kB TXT", typ: TypeTXT, records: big, check: func(a Answer) bool { return len(a.TXT) == 240 && a.Size > 60000 }},
		{name: "200 strings", typ: TypeTXT, records: strings200, check: func(a Answer) bool { return len(a.TXT) == 1 && len(a.TXT[0]) == 200 }},
		{name: "1,000 addresses", typ: TypeA, records: addresses, check: func(a Answer) bool { return len(a.Addrs) == 1000 }},
		{name: "500 MX", typ: TypeMX, records: hosts, check: func(a Answer) bool { return len(a.Names) == MaxNames && a.Names[0] == "h499.test" }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := dnstest.Start(t, "127.0.0.1", dnstest.Respond(dnstest.Truncated), dnstest.RespondTCP(dnstest.Records(test.records...)))
			c := newClient(ResolvConf{Timeout: longTimeout}, s)
			if a, err := c.Lookup(Question{"x.test", test.typ}, noTime); err != nil || !a.TCP || !test.check(a) {
				t.Errorf("got %.300s (%v)", describe(a, err), err)
			}
		})
	}
}

func TestClientUnencodableName(t *testing.T) {
	s := dnstest.Start(t, "127.0.0.1", dnstest.Respond(dnstest.Good), nil)
	c := newClient(ResolvConf{Timeout: longTimeout}, s)
	label := strings.Repeat("x", MaxLabelLen)
	long := strings.Join([]string{label, label, label, label[:61]}, ".")
	for _, name := range []string{".", "a..b", ".a", "a.", label + "x.test", long + "x"} {
		if a, err := c.Lookup(Question{name, TypeTXT}, noTime); !a.NXDomain || err != nil {
			t.Errorf("%.20q: got %v, %v", name, a, err)
		}
	}
	if got := s.Queries(); len(got) != 0 {
		t.Errorf("asked %q", got)
	}
	if got := describe(c.Lookup(Question{long, TypeTXT}, noTime)); got != "NODATA 0" || len(s.Queries()) != 1 {
		t.Errorf("the longest name: got %s", got)
	}
}

func TestClientOptions(t *testing.T) {
	t.Run("use-vc", func(t *testing.T) {
		s := dnstest.Start(t, "127.0.0.1", nil, dnstest.RespondTCP(dnstest.Good))
		a, err := newClient(ResolvConf{Timeout: longTimeout, UseTCP: true}, s).Lookup(testQuestion, noTime)
		if describe(a, err) != wantAnswer || !a.TCP || len(s.Queries()) != 1 {
			t.Errorf("got %v, %v after %q", a, err, s.Queries())
		}
	})
	t.Run("rotate", func(t *testing.T) {
		a, b := dnstest.Start(t, "127.0.0.1", dnstest.Respond(dnstest.Good), nil), dnstest.Start(t, "127.0.0.1", dnstest.Respond(dnstest.Good), nil)
		c := newClient(ResolvConf{Timeout: longTimeout, Rotate: true}, a, b)
		for range 4 {
			c.Lookup(testQuestion, noTime)
		}
		if len(a.Queries()) != 2 || len(b.Queries()) != 2 {
			t.Errorf("asked %q and %q", a.Queries(), b.Queries())
		}
	})
	t.Run("no rotate", func(t *testing.T) {
		a, b := dnstest.Start(t, "127.0.0.1", dnstest.Respond(dnstest.Good), nil), dnstest.Start(t, "127.0.0.1", dnstest.Respond(dnstest.Good), nil)
		c := newClient(ResolvConf{Timeout: longTimeout}, a, b)
		for range 4 {
			c.Lookup(testQuestion, noTime)
		}
		if len(a.Queries()) != 4 || len(b.Queries()) != 0 {
			t.Errorf("asked %q and %q", a.Queries(), b.Queries())
		}
	})
	t.Run("IPv6", func(t *testing.T) {
		s := dnstest.Start(t, "::1", dnstest.Respond(dnstest.Truncated), dnstest.RespondTCP(dnstest.Good))
		if got := describe(newClient(ResolvConf{Timeout: longTimeout}, s).Lookup(testQuestion, noTime)); got != wantAnswer {
			t.Errorf("got %s", got)
		}
	})
}

func TestClientAnnouncesSize(t *testing.T) {
	for addr, want := range map[string]uint16{"127.0.0.1:53": 4096, "[::1]:53": 4096, "192.0.2.1:53": 1232, "[2001:db8::1]:53": 1232} {
		c := NewClient(ResolvConf{Servers: []netip.AddrPort{netip.MustParseAddrPort(addr)}})
		var m dns.Msg
		if err := m.Unpack(appendQuery(nil, 1, testQuestion, c.servers[0].udpSize)); err != nil {
			t.Fatal(err)
		}
		if got := m.IsEdns0().UDPSize(); got != want || !m.RecursionDesired {
			t.Errorf("%s: announces %d octets, want %d", addr, got, want)
		}
	}
}

// Each query has its own random ID and port.
func TestClientUnpredictable(t *testing.T) {
	const lookups = 50
	ids, ports := map[[2]byte]bool{}, map[uint16]bool{}
	s := dnstest.Start(t, "127.0.0.1", func(s *dnstest.Server, query []byte, from netip.AddrPort) {
		ids[[2]byte(query)], ports[from.Port()] = true, true
		s.Send(from, dnstest.Good(query))
	}, nil)
	c := newClient(ResolvConf{Timeout: longTimeout}, s)
	for range lookups {
		if _, err := c.Lookup(testQuestion, noTime); err != nil {
			t.Fatal(err)
		}
	}
	s.Close()
	if len(ids) < lookups-5 || len(ports) < lookups-15 {
		t.Errorf("%d ids and %d ports in %d lookups", len(ids), len(ports), lookups)
	}
}

// Lookups leave no descriptors open, however they end.
func TestClientLeaksNoDescriptors(t *testing.T) {
	s := dnstest.Start(t, "127.0.0.1", func(s *dnstest.Server, query []byte, from netip.AddrPort) {
		if m := dnstest.Reply(query, 0); m.Question[0].Name != "silent.test." {
			s.Send(from, dnstest.Truncated(query))
		}
	}, func(_ *dnstest.Server, query []byte, conn *net.TCPConn) {
		switch dnstest.Reply(query, 0).Question[0].Name {
		case "stall.test.":
			dnstest.WaitClosed(conn)
		case "good.test.":
			conn.Write(dnstest.Framed(dnstest.Good(query)))
		}
	})
	c := newClient(ResolvConf{Timeout: shortTimeout, Attempts: 1}, s)
	for _, name := range []string{"silent.test", "stall.test", "closes.test", "good.test"} {
		c.Lookup(Question{name, TypeTXT}, noTime)
		for _, call := range c.polled[:cap(c.polled)] {
			if call != nil {
				t.Errorf("%s: the client keeps the call", name)
			}
		}
		if len(c.calls) != 0 {
			t.Errorf("%s: %d calls in progress", name, len(c.calls))
		}
	}
}
