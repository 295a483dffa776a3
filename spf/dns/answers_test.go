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
		{"strings", Question{"x.test", TypeTXT}, dnstest.Records(`x.test. 60 TXT "a" "" "b"`, `x.test. 30 TXT "c"`), `["a" "" "b"] ["c"] 30`, 1},
		{"octets", Question{"x.test", TypeTXT}, dnstest.Records(`x.test. 60 TXT "a\"b\\c\000\1959"`), `["a\"b\\c\x00\xc39"] 60`, 1},
		{"addresses", Question{"x.test", TypeA}, dnstest.Records(`x.test. 60 A 192.0.2.2`, `x.test. 60 A 192.0.2.1`), `192.0.2.2 192.0.2.1 60`, 1},
		{"IPv6 addresses", Question{"x.test", TypeAAAA}, dnstest.Records(`x.test. 60 AAAA 2001:db8::1`, `x.test. 60 AAAA ::ffff:192.0.2.1`), `2001:db8::1 ::ffff:192.0.2.1 60`, 1},
		{"MX by preference", Question{"x.test", TypeMX}, dnstest.Records(`x.test. 60 MX 20 b.test.`, `x.test. 60 MX 10 A.test.`, `x.test. 60 MX 20 c.test.`), `"a.test" "b.test" "c.test" 60`, 1},
		{"null MX", Question{"x.test", TypeMX}, dnstest.Records(`x.test. 60 MX 0 .`), `"" 60`, 1},
		{"names of raw octets", Question{"x.test", TypePTR}, dnstest.Records(`x.test. 60 PTR a\255\032\\b.test.`, `x.test. 60 PTR a\\.test.`), `"a\xff \\b.test" "a\\.test" 60`, 1},
		{"dot in a label", Question{"x.test", TypePTR}, dnstest.Records(`x.test. 60 PTR a\.b.test.`, `x.test. 60 PTR c.test.`), `"" "c.test" 60`, 1},
		{"question of raw octets", Question{"a\xff b\\\"@.x.test", TypeTXT}, dnstest.Records(`a\255\032b\\\"\@.x.test. 60 TXT x`), `["x"] 60`, 1},
		{"root", Question{"", TypeMX}, dnstest.Records(`. 60 MX 0 a.`), `"a" 60`, 1},

		{"NODATA", testQuestion, dnstest.WithSOA(0), `NODATA 40`, 1},
		{"NXDOMAIN", testQuestion, dnstest.WithSOA(3), `NXDOMAIN 40`, 1},
		{"NXDOMAIN with data", testQuestion, dnstest.WithSOA(3, dnstest.Record), `NXDOMAIN 40`, 1},
		{"SOA TTL below its MINIMUM", testQuestion, dnstest.WithSOAOf("test. 30 SOA ns. root. 1 3600 600 86400 40", 3), `NXDOMAIN 30`, 1},
		{"NODATA without SOA", testQuestion, dnstest.Rcode(0), `NODATA 0`, 1},
		{"NXDOMAIN without SOA", testQuestion, dnstest.Rcode(3), `NXDOMAIN 0`, 1},
		{"NODATA beside NS", testQuestion, func(query []byte) []byte {
			m := dnstest.Reply(query, 0)
			m.Ns = dnstest.Reply(query, 0, "test. 60 NS ns.test.").Answer
			return dnstest.Pack(m)
		}, `NODATA 0`, 1},
		{"another type", testQuestion, dnstest.WithSOA(0, `x.test. 60 A 192.0.2.1`, `x.test. 60 SPF "v=spf1 -all"`), `NODATA 40`, 1},
		{"another name", testQuestion, dnstest.WithSOA(0, `y.test. 60 TXT x`, `test. 60 TXT x`, `x.test.test. 60 TXT x`), `NODATA 40`, 1},
		{"another class", testQuestion, dnstest.WithSOA(0, `x.test. 60 CH TXT x`), `NODATA 40`, 1},
		{"other data beside", testQuestion, dnstest.Records(dnstest.Record, `y.test. 5 TXT x`, `x.test. 5 A 192.0.2.1`, `x.test. 5 CH TXT x`), wantAnswer, 1},

		{"TTL 0", testQuestion, dnstest.Records(`x.test. 0 TXT x`), `["x"] 0`, 1},
		{"TTL 2^31-1", testQuestion, dnstest.Records(`x.test. 2147483647 TXT x`), `["x"] 86400`, 1},
		{"TTL 2^31", testQuestion, dnstest.Records(`x.test. 2147483648 TXT x`), `["x"] 0`, 1},
		{"TTL 2^32-1", testQuestion, dnstest.Records(`x.test. 4294967295 TXT x`), `["x"] 0`, 1},
		{"TTL of an alias", testQuestion, dnstest.Records(`x.test. 5 CNAME y.test.`, `y.test. 60 TXT x`), `["x"] 5`, 1},
		{"TTL behind an alias", testQuestion, dnstest.Records(`x.test. 60 CNAME y.test.`, `y.test. 5 TXT x`), `["x"] 5`, 1},
		{"negative TTL of an alias", testQuestion, dnstest.WithSOA(0, `x.test. 5 CNAME y.test.`), `NODATA 5`, 1},

		{"another case", testQuestion, func(query []byte) []byte {
			m := dnstest.Reply(query, 0, `X.tEst. 60 CNAME Y.test.`, `y.TEST. 60 TXT "v=spf1 -all"`)
			m.Question[0].Name = "X.TeSt."
			return dnstest.Pack(m)
		}, wantAnswer, 1},

		{"5 aliases", Question{"c0.test", TypeTXT}, dnstest.Records(chain(5)...), `["end"] 60`, 1},
		{"10 aliases", Question{"c0.test", TypeTXT}, dnstest.Records(chain(10)...), `["end"] 60`, 1},
		{"11 aliases", Question{"c0.test", TypeTXT}, dnstest.Records(chain(11)...), `limit 10`, 1},
		{"20 aliases", Question{"c0.test", TypeTXT}, dnstest.Records(chain(20)...), `limit 10`, 1},
		{"aliases in reverse", Question{"c0.test", TypeTXT}, dnstest.Records(reversed(chain(5))...), `["end"] 60`, 1},
		{"alias of itself", testQuestion, dnstest.Records(`x.test. 60 CNAME X.test.`), `NODATA 0`, 1},
		{"aliases of one another", testQuestion, dnstest.Records(`x.test. 60 CNAME y.test.`, `y.test. 60 CNAME x.test.`), `NODATA 0`, 1},
		{"a circle beyond", testQuestion, dnstest.Records(`x.test. 60 CNAME y.test.`, `y.test. 60 CNAME z.test.`, `z.test. 60 CNAME y.test.`), `NODATA 0`, 1},
		{"alias of what does not exist", testQuestion, dnstest.WithSOA(3, `x.test. 60 CNAME y.test.`), `NXDOMAIN 40`, 1},
		{"alias beside data", testQuestion, dnstest.Records(dnstest.Record, `x.test. 60 CNAME y.test.`, `y.test. 60 TXT x`), wantAnswer, 1},
		{"alias of a name that cannot be asked for", testQuestion, dnstest.Records(`x.test. 60 CNAME a\.b.test.`), `NODATA 0`, 1},
		{"alias of the root", testQuestion, dnstest.Records(`x.test. 60 CNAME .`), `NODATA 0`, 1},
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
		{"data", testQuestion, []string{dnstest.Record}, false},
		{"an alias", testQuestion, []string{`x.test. 60 CNAME y.test.`, `y.test. 60 TXT x`}, true},
		{"an alias of nothing", testQuestion, []string{`x.test. 60 CNAME .`}, true},
		{"a chain", Question{"c0.test", TypeTXT}, chain(3), true},
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

// A server that gives one alias an answer is asked on.
func TestClientChainInParts(t *testing.T) {
	for _, test := range []struct {
		name, start string
		want        string
		asked       int
	}{
		{"10 aliases", "c1.test", `["end"] 60`, 11},
		{"11 aliases", "c0.test", `limit 10`, 11},
		{"circle", "r0.test", `NODATA 0`, 3},
		{"dead end", "d0.test", `NXDOMAIN 40`, 2},
		{"failure", "f0.test", `SERVFAIL`, 2},
		{"smallest TTL in the middle", "t0.test", `["end"] 5`, 4},
		{"smallest TTL before a dead end", "n0.test", `NXDOMAIN 5`, 3},
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

// Large answers come over TCP, whole.
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
		{"60 kB TXT", TypeTXT, big, func(a Answer) bool { return len(a.TXT) == 240 && a.Size > 60000 }},
		{"200 strings", TypeTXT, strings200, func(a Answer) bool { return len(a.TXT) == 1 && len(a.TXT[0]) == 200 }},
		{"1,000 addresses", TypeA, addresses, func(a Answer) bool { return len(a.Addrs) == 1000 }},
		{"500 MX", TypeMX, hosts, func(a Answer) bool { return len(a.Names) == MaxNames && a.Names[0] == "h499.test" }},
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

// Lookups leave no descriptors behind, however they end.
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
