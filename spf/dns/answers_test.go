package dns

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// chain gives the aliases c0 to cN-1.test and the record of cN.test.
func chain(n int) []string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf("c%d.test. 60 CNAME c%d.test.", i, i+1))
	}
	return append(list, fmt.Sprintf("c%d.test. 60 TXT end", n))
}

// withAuthority gives an answer with a SOA record of TTL 50 and minimum 40.
func withAuthority(rcode int, records ...string) func(query []byte) []byte {
	return func(query []byte) []byte {
		m := reply(query, rcode, records...)
		soa, err := dns.NewRR("test. 50 SOA ns. root. 1 3600 600 86400 40")
		if err != nil {
			panic(err)
		}
		m.Ns = append(m.Ns, soa)
		return wire(m)
	}
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
		{"strings", Question{"x.test", TypeTXT}, withRecords(`x.test. 60 TXT "a" "" "b"`, `x.test. 30 TXT "c"`), `["a" "" "b"] ["c"] 30`, 1},
		{"octets", Question{"x.test", TypeTXT}, withRecords(`x.test. 60 TXT "a\"b\\c\000\1959"`), `["a\"b\\c\x00\xc39"] 60`, 1},
		{"addresses", Question{"x.test", TypeA}, withRecords(`x.test. 60 A 192.0.2.2`, `x.test. 60 A 192.0.2.1`), `192.0.2.2 192.0.2.1 60`, 1},
		{"IPv6 addresses", Question{"x.test", TypeAAAA}, withRecords(`x.test. 60 AAAA 2001:db8::1`, `x.test. 60 AAAA ::ffff:192.0.2.1`), `2001:db8::1 ::ffff:192.0.2.1 60`, 1},
		{"MX by preference", Question{"x.test", TypeMX}, withRecords(`x.test. 60 MX 20 b.test.`, `x.test. 60 MX 10 A.test.`, `x.test. 60 MX 20 c.test.`), `"a.test" "b.test" "c.test" 60`, 1},
		{"null MX", Question{"x.test", TypeMX}, withRecords(`x.test. 60 MX 0 .`), `"" 60`, 1},
		{"names of raw octets", Question{"x.test", TypePTR}, withRecords(`x.test. 60 PTR a\255\032\\b.test.`, `x.test. 60 PTR a\\.test.`), `"a\xff \\b.test" "a\\.test" 60`, 1},
		{"dot in a label", Question{"x.test", TypePTR}, withRecords(`x.test. 60 PTR a\.b.test.`, `x.test. 60 PTR c.test.`), `"" "c.test" 60`, 1},
		{"question of raw octets", Question{"a\xff b\\\"@.x.test", TypeTXT}, withRecords(`a\255\032b\\\"\@.x.test. 60 TXT x`), `["x"] 60`, 1},
		{"root", Question{"", TypeMX}, withRecords(`. 60 MX 0 a.`), `"a" 60`, 1},

		{"NODATA", theQuestion, withAuthority(0), `NODATA 40`, 1},
		{"NXDOMAIN", theQuestion, withAuthority(3), `NXDOMAIN 40`, 1},
		{"NXDOMAIN with data", theQuestion, withAuthority(3, theRecord), `NXDOMAIN 40`, 1},
		{"NODATA without SOA", theQuestion, rcode(0), `NODATA 0`, 1},
		{"NXDOMAIN without SOA", theQuestion, rcode(3), `NXDOMAIN 0`, 1},
		{"NODATA beside NS", theQuestion, func(query []byte) []byte {
			m := reply(query, 0)
			m.Ns = reply(query, 0, "test. 60 NS ns.test.").Answer
			return wire(m)
		}, `NODATA 0`, 1},
		{"another type", theQuestion, withAuthority(0, `x.test. 60 A 192.0.2.1`, `x.test. 60 SPF "v=spf1 -all"`), `NODATA 40`, 1},
		{"another name", theQuestion, withAuthority(0, `y.test. 60 TXT x`, `test. 60 TXT x`, `x.test.test. 60 TXT x`), `NODATA 40`, 1},
		{"another class", theQuestion, withAuthority(0, `x.test. 60 CH TXT x`), `NODATA 40`, 1},
		{"other data beside", theQuestion, withRecords(theRecord, `y.test. 5 TXT x`, `x.test. 5 A 192.0.2.1`, `x.test. 5 CH TXT x`), theAnswer, 1},

		{"TTL 0", theQuestion, withRecords(`x.test. 0 TXT x`), `["x"] 0`, 1},
		{"TTL 2^31-1", theQuestion, withRecords(`x.test. 2147483647 TXT x`), `["x"] 86400`, 1},
		{"TTL 2^31", theQuestion, withRecords(`x.test. 2147483648 TXT x`), `["x"] 0`, 1},
		{"TTL 2^32-1", theQuestion, withRecords(`x.test. 4294967295 TXT x`), `["x"] 0`, 1},
		{"TTL of an alias", theQuestion, withRecords(`x.test. 5 CNAME y.test.`, `y.test. 60 TXT x`), `["x"] 5`, 1},
		{"TTL behind an alias", theQuestion, withRecords(`x.test. 60 CNAME y.test.`, `y.test. 5 TXT x`), `["x"] 5`, 1},
		{"negative TTL of an alias", theQuestion, withAuthority(0, `x.test. 5 CNAME y.test.`), `NODATA 5`, 1},

		{"another case", theQuestion, func(query []byte) []byte {
			m := reply(query, 0, `X.tEst. 60 CNAME Y.test.`, `y.TEST. 60 TXT "v=spf1 -all"`)
			m.Question[0].Name = "X.TeSt."
			return wire(m)
		}, theAnswer, 1},

		{"5 aliases", Question{"c0.test", TypeTXT}, withRecords(chain(5)...), `["end"] 60`, 1},
		{"10 aliases", Question{"c0.test", TypeTXT}, withRecords(chain(10)...), `["end"] 60`, 1},
		{"11 aliases", Question{"c0.test", TypeTXT}, withRecords(chain(11)...), `limit 10`, 1},
		{"20 aliases", Question{"c0.test", TypeTXT}, withRecords(chain(20)...), `limit 10`, 1},
		{"aliases in reverse", Question{"c0.test", TypeTXT}, withRecords(reversed(chain(5))...), `["end"] 60`, 1},
		{"alias of itself", theQuestion, withRecords(`x.test. 60 CNAME X.test.`), `NODATA 0`, 1},
		{"aliases of one another", theQuestion, withRecords(`x.test. 60 CNAME y.test.`, `y.test. 60 CNAME x.test.`), `NODATA 0`, 1},
		{"a circle beyond", theQuestion, withRecords(`x.test. 60 CNAME y.test.`, `y.test. 60 CNAME z.test.`, `z.test. 60 CNAME y.test.`), `NODATA 0`, 1},
		{"alias of what does not exist", theQuestion, withAuthority(3, `x.test. 60 CNAME y.test.`), `NXDOMAIN 40`, 1},
		{"alias beside data", theQuestion, withRecords(theRecord, `x.test. 60 CNAME y.test.`, `y.test. 60 TXT x`), theAnswer, 1},
		{"alias of a name that cannot be asked for", theQuestion, withRecords(`x.test. 60 CNAME a\.b.test.`), `NODATA 0`, 1},
		{"alias of the root", theQuestion, withRecords(`x.test. 60 CNAME .`), `NODATA 0`, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newNameServer(t, "127.0.0.1", answering(test.answer), overTCP(test.answer))
			c := clientOf(ResolvConf{Timeout: plenty}, s)
			if got := inWords(c.Lookup(t.Context(), test.q)); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if got := s.queries(); len(got) != test.asked {
				t.Errorf("asked %q, want %d queries", got, test.asked)
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
	} {
		t.Run(test.name, func(t *testing.T) {
			records := map[string]string{
				"r0.test.": "r0.test. 60 CNAME r1.test.", "r1.test.": "r1.test. 60 CNAME r2.test.", "r2.test.": "r2.test. 60 CNAME r0.test.",
				"d0.test.": "d0.test. 60 CNAME d1.test.", "f0.test.": "f0.test. 60 CNAME f1.test.",
			}
			for _, record := range chain(11) {
				records[strings.Fields(record)[0]] = record
			}
			s := newNameServer(t, "127.0.0.1", func(s *nameServer, query []byte, from netip.AddrPort) {
				name := reply(query, 0).Question[0].Name
				switch {
				case records[name] != "":
					s.send(from, withRecords(records[name])(query))
				case name == "d1.test.":
					s.send(from, withAuthority(3)(query))
				default:
					s.send(from, rcode(2)(query))
				}
			}, nil)
			c := clientOf(ResolvConf{Timeout: plenty, Attempts: 1}, s)
			q := Question{test.start, TypeTXT}
			a, err := c.Lookup(t.Context(), q)
			if got := inWords(a, err); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if e, ok := err.(*Error); ok && e.Question != q {
				t.Errorf("the failure is of %v, want %v", e.Question, q)
			}
			if got := s.queries(); len(got) != test.asked {
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
			s := newNameServer(t, "127.0.0.1", answering(cutOff), overTCP(withRecords(test.records...)))
			c := clientOf(ResolvConf{Timeout: plenty}, s)
			if a, err := c.Lookup(t.Context(), Question{"x.test", test.typ}); err != nil || !a.TCP || !test.check(a) {
				t.Errorf("got %.300s (%v)", show(a, err), err)
			}
		})
	}
}

func TestClientUnencodableName(t *testing.T) {
	s := newNameServer(t, "127.0.0.1", answering(good), nil)
	c := clientOf(ResolvConf{Timeout: plenty}, s)
	label := strings.Repeat("x", MaxLabelLen)
	long := strings.Join([]string{label, label, label, label[:61]}, ".")
	for _, name := range []string{".", "a..b", ".a", "a.", label + "x.test", long + "x"} {
		if a, err := c.Lookup(t.Context(), Question{name, TypeTXT}); !a.NXDomain || err != nil {
			t.Errorf("%.20q: got %v, %v", name, a, err)
		}
	}
	if got := s.queries(); len(got) != 0 {
		t.Errorf("asked %q", got)
	}
	if got := inWords(c.Lookup(t.Context(), Question{long, TypeTXT})); got != "NODATA 0" || len(s.queries()) != 1 {
		t.Errorf("the longest name: got %s", got)
	}
}

func TestClientOptions(t *testing.T) {
	t.Run("use-vc", func(t *testing.T) {
		s := newNameServer(t, "127.0.0.1", nil, overTCP(good))
		a, err := clientOf(ResolvConf{Timeout: plenty, UseTCP: true}, s).Lookup(t.Context(), theQuestion)
		if inWords(a, err) != theAnswer || !a.TCP || len(s.queries()) != 1 {
			t.Errorf("got %v, %v after %q", a, err, s.queries())
		}
	})
	t.Run("rotate", func(t *testing.T) {
		a, b := newNameServer(t, "127.0.0.1", answering(good), nil), newNameServer(t, "127.0.0.1", answering(good), nil)
		c := clientOf(ResolvConf{Timeout: plenty, Rotate: true}, a, b)
		for range 4 {
			c.Lookup(t.Context(), theQuestion)
		}
		if len(a.queries()) != 2 || len(b.queries()) != 2 {
			t.Errorf("asked %q and %q", a.queries(), b.queries())
		}
	})
	t.Run("no rotate", func(t *testing.T) {
		a, b := newNameServer(t, "127.0.0.1", answering(good), nil), newNameServer(t, "127.0.0.1", answering(good), nil)
		c := clientOf(ResolvConf{Timeout: plenty}, a, b)
		for range 4 {
			c.Lookup(t.Context(), theQuestion)
		}
		if len(a.queries()) != 4 || len(b.queries()) != 0 {
			t.Errorf("asked %q and %q", a.queries(), b.queries())
		}
	})
	t.Run("IPv6", func(t *testing.T) {
		s := newNameServer(t, "::1", answering(cutOff), overTCP(good))
		if got := inWords(clientOf(ResolvConf{Timeout: plenty}, s).Lookup(t.Context(), theQuestion)); got != theAnswer {
			t.Errorf("got %s", got)
		}
	})
}

func TestClientAnnouncesSize(t *testing.T) {
	for addr, want := range map[string]uint16{"127.0.0.1:53": 4096, "[::1]:53": 4096, "192.0.2.1:53": 1232, "[2001:db8::1]:53": 1232} {
		c := NewClient(ResolvConf{Servers: []netip.AddrPort{netip.MustParseAddrPort(addr)}})
		var m dns.Msg
		if err := m.Unpack(appendQuery(nil, 1, theQuestion, c.servers[0].udpSize)); err != nil {
			t.Fatal(err)
		}
		if got := m.IsEdns0().UDPSize(); got != want || !m.RecursionDesired {
			t.Errorf("%s: announces %d octets, want %d", addr, got, want)
		}
	}
}

// Each query has an id and a port of its own.
func TestClientUnpredictable(t *testing.T) {
	const lookups = 50
	ids, ports := map[[2]byte]bool{}, map[uint16]bool{}
	s := newNameServer(t, "127.0.0.1", func(s *nameServer, query []byte, from netip.AddrPort) {
		ids[[2]byte(query)], ports[from.Port()] = true, true
		s.send(from, good(query))
	}, nil)
	c := clientOf(ResolvConf{Timeout: plenty}, s)
	for range lookups {
		if _, err := c.Lookup(t.Context(), theQuestion); err != nil {
			t.Fatal(err)
		}
	}
	s.conn.Close()
	s.tl.Close()
	s.busy.Wait()
	if len(ids) < lookups-5 || len(ports) < lookups-15 {
		t.Errorf("%d ids and %d ports in %d lookups", len(ids), len(ports), lookups)
	}
}

// Lookups at the same time, over UDP and TCP, get each its own answer.
func TestClientConcurrent(t *testing.T) {
	own := func(query []byte) []byte {
		m := reply(query, 0)
		return withRecords(fmt.Sprintf("%s 60 TXT %q", m.Question[0].Name, m.Question[0].Name))(query)
	}
	s := newNameServer(t, "127.0.0.1", func(s *nameServer, query []byte, from netip.AddrPort) {
		if query[headerSize+1]%2 == 0 {
			s.send(from, cutOff(query))
		} else {
			s.send(from, own(query))
		}
	}, overTCP(own))
	c := NewCache(clientOf(ResolvConf{Timeout: plenty}, s))
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			name := fmt.Sprint(string(rune('a'+i%20)), ".test")
			if got, want := inWords(c.Lookup(t.Context(), Question{name, TypeTXT})), fmt.Sprintf("[%q] 60", name+"."); !strings.HasPrefix(got, want[:len(want)-2]) {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
	all.Wait()
	if n := len(s.queries()); n != 20+10 {
		t.Errorf("%d queries, want 20 of which 10 again over TCP", n)
	}
}

// Nothing is left of lookups, however they end.
func TestClientLeavesNothing(t *testing.T) {
	s := newNameServer(t, "127.0.0.1", func(s *nameServer, query []byte, from netip.AddrPort) {
		if m := reply(query, 0); m.Question[0].Name != "silent.test." {
			s.send(from, cutOff(query))
		}
	}, func(_ *nameServer, query []byte, conn *net.TCPConn) {
		switch reply(query, 0).Question[0].Name {
		case "stall.test.":
			untilClosed(conn)
		case "good.test.":
			conn.Write(framed(good(query)))
		}
	})
	c := clientOf(ResolvConf{Timeout: patience, Attempts: 1}, s)
	c.Lookup(t.Context(), theQuestion) // what the runtime opens once
	goroutines, files := runtime.NumGoroutine(), openFiles(t)
	for _, name := range []string{"silent.test", "stall.test", "closes.test", "good.test"} {
		c.Lookup(t.Context(), Question{name, TypeTXT})
	}
	deadline := time.Now().Add(plenty)
	for runtime.NumGoroutine() > goroutines || openFiles(t) > files {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines and %d files, before %d and %d", runtime.NumGoroutine(), openFiles(t), goroutines, files)
		}
		runtime.Gosched()
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip(err)
	}
	return len(list)
}
