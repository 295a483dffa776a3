package dns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"
)

func TestClientFaults(t *testing.T) {
	udpPlain, udpEDNS, tcp := "udp x.test. TXT", "udp+edns x.test. TXT", "tcp+edns x.test. TXT"
	stalls := func(_ *nameServer, _ []byte, conn *net.TCPConn) { untilClosed(conn) }
	for _, test := range []struct {
		name    string
		timeout time.Duration
		udp     udpDeed
		tcp     tcpDeed
		want    string
		asked   []string // over two attempts
	}{
		{"good", plenty, answering(good), nil, theAnswer, []string{udpEDNS}},
		{"silence", patience, nil, nil, "timeout", []string{udpEDNS, udpEDNS}},
		{"late", patience, func(s *nameServer, query []byte, from netip.AddrPort) {
			msg := good(query)
			time.AfterFunc(3*patience/2, func() { s.send(from, msg) })
		}, nil, "timeout", []string{udpEDNS, udpEDNS}},
		{"SERVFAIL", plenty, answering(rcode(2)), nil, "SERVFAIL", []string{udpEDNS, udpEDNS}},
		{"REFUSED", plenty, answering(rcode(5)), nil, "REFUSED", []string{udpEDNS, udpEDNS}},
		{"NOTIMP", plenty, answering(rcode(4)), nil, "NOTIMP", []string{udpEDNS, udpPlain, udpEDNS, udpPlain}},
		{"FORMERR", plenty, answering(rcode(1)), nil, "FORMERR", []string{udpEDNS, udpPlain, udpEDNS, udpPlain}},
		{"REFUSED without question", plenty, answering(func(q []byte) []byte {
			b := justHeader(q)
			b[3] = 0x85
			return b
		}), nil, "REFUSED", []string{udpEDNS, udpEDNS}},
		{"SERVFAIL, then silence", patience, func(s *nameServer, query []byte, from netip.AddrPort) {
			if len(s.queries()) == 1 {
				s.send(from, rcode(2)(query))
			}
		}, nil, "SERVFAIL", []string{udpEDNS, udpEDNS}},
		{"fails once", plenty, func(s *nameServer, query []byte, from netip.AddrPort) {
			if len(s.queries()) == 1 {
				s.send(from, rcode(2)(query))
			} else {
				s.send(from, good(query))
			}
		}, nil, theAnswer, []string{udpEDNS, udpEDNS}},

		{"truncated, TCP works", plenty, answering(cutOff), overTCP(good), theAnswer, []string{udpEDNS, tcp}},
		{"truncated, TCP stalls", patience, answering(cutOff), stalls, "timeout", []string{udpEDNS, tcp, udpEDNS, tcp}},
		{"truncated, TCP drips", patience, answering(cutOff), func(_ *nameServer, query []byte, conn *net.TCPConn) {
			for _, c := range framed(good(query)) {
				if _, err := conn.Write([]byte{c}); err != nil {
					return
				}
				conn.SetReadDeadline(time.Now().Add(patience / 10))
				untilClosed(conn)
			}
		}, "timeout", []string{udpEDNS, tcp, udpEDNS, tcp}},
		{"truncated, TCP closes", plenty, answering(cutOff), nil, "malformed", []string{udpEDNS, tcp, udpEDNS, tcp}},
		{"truncated, TCP closes within the length", plenty, answering(cutOff), func(_ *nameServer, query []byte, conn *net.TCPConn) {
			conn.Write([]byte{0})
		}, "malformed", []string{udpEDNS, tcp, udpEDNS, tcp}},
		{"truncated, TCP closes within the message", plenty, answering(cutOff), func(_ *nameServer, query []byte, conn *net.TCPConn) {
			conn.Write(framed(good(query))[:30])
		}, "malformed", []string{udpEDNS, tcp, udpEDNS, tcp}},
		{"truncated, TCP gives nothing", plenty, answering(cutOff), overTCP(func([]byte) []byte { return nil }), "malformed", []string{udpEDNS, tcp, udpEDNS, tcp}},
		{"truncated, TCP answers something else", plenty, answering(cutOff), overTCP(edited(func(m *dns.Msg) { m.Id++ })), "malformed", []string{udpEDNS, tcp, udpEDNS, tcp}},
		{"truncated, over TCP too", plenty, answering(cutOff), overTCP(cutOff), "malformed", []string{udpEDNS, tcp, udpEDNS, tcp}},
		{"truncated, TCP fails", plenty, answering(cutOff), overTCP(rcode(2)), "SERVFAIL", []string{udpEDNS, tcp, udpEDNS, tcp}},

		{"compression loop", plenty, answering(looped), overTCP(looped), "malformed", []string{udpEDNS, tcp, udpEDNS, tcp}},
		{"unreadable, TCP works", plenty, answering(looped), overTCP(good), theAnswer, []string{udpEDNS, tcp}},
		{"ends within a record", plenty, answering(func(q []byte) []byte { b := good(q); return b[:len(b)-1] }), overTCP(good), theAnswer, []string{udpEDNS, tcp}},
		{"ends between records", plenty, answering(cutBetween), overTCP(cutBetween), "malformed", []string{udpEDNS, tcp, udpEDNS, tcp}},
		{"ends before the records", plenty, answering(announcing), overTCP(good), theAnswer, []string{udpEDNS, tcp}},
		{"alias of nothing", plenty, answering(emptyAlias), overTCP(emptyAlias), "malformed", []string{udpEDNS, tcp, udpEDNS, tcp}},
		{"referral", plenty, answering(referral), overTCP(referral), "malformed", []string{udpEDNS, tcp, udpEDNS, tcp}},
		{"larger than announced", plenty, answering(withRecords("x.test. 60 TXT " + strings.Repeat(`"`+strings.Repeat("x", 250)+`" `, 20))), overTCP(good), theAnswer, []string{udpEDNS, tcp}},
		{"guesses without end", plenty, answering(slices.Repeat([]func([]byte) []byte{edited(func(m *dns.Msg) { m.Id++ })}, 2*maxJunk)...), overTCP(good), theAnswer, []string{udpEDNS, tcp}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newNameServer(t, "127.0.0.1", test.udp, test.tcp)
			c := clientOf(ResolvConf{Timeout: test.timeout, Attempts: 2}, s)
			start := time.Now()
			a, err := c.Lookup(t.Context(), theQuestion)
			if got := inWords(a, err); got != test.want {
				t.Errorf("got  %s (%v)\nwant %s", got, err, test.want)
			}
			if got := s.queries(); !slices.Equal(got, test.asked) {
				t.Errorf("asked %q\nwant  %q", got, test.asked)
			}
			if err == nil && a.TCP != slices.Contains(test.asked, tcp) {
				t.Errorf("TCP: %v", a.TCP)
			}
			if d := time.Since(start); test.timeout == patience && d < patience {
				t.Errorf("gave up after %v, want %v at least", d, patience)
			}
		})
	}
}

// What is no answer to the query is ignored: alone it is silence, and behind it
// the good answer counts.
func TestClientIgnores(t *testing.T) {
	for name, junk := range map[string]func(query []byte) []byte{
		"wrong id":        edited(func(m *dns.Msg) { m.Id ^= 1 }),
		"wrong name":      edited(func(m *dns.Msg) { m.Question[0].Name = "y.test." }),
		"longer name":     edited(func(m *dns.Msg) { m.Question[0].Name = "x.test.test." }),
		"wrong type":      edited(func(m *dns.Msg) { m.Question[0].Qtype = dns.TypeSPF }),
		"wrong class":     edited(func(m *dns.Msg) { m.Question[0].Qclass = dns.ClassCHAOS }),
		"two questions":   edited(func(m *dns.Msg) { m.Question = append(m.Question, m.Question[0]) }),
		"no question":     edited(func(m *dns.Msg) { m.Question = nil }),
		"not a response":  edited(func(m *dns.Msg) { m.Response = false }),
		"wrong opcode":    edited(func(m *dns.Msg) { m.Opcode = dns.OpcodeNotify }),
		"the query":       func(query []byte) []byte { return query },
		"short":           tooShort,
		"empty":           func([]byte) []byte { return nil },
		"question cut":    func(query []byte) []byte { return good(query)[:headerSize+5] },
		"random":          func([]byte) []byte { return []byte(strings.Repeat("\xa5\x5a\xff", 30)) },
		"NXDOMAIN header": func(query []byte) []byte { b := justHeader(query); b[3] = 0x83; return b },
		"NOERROR header":  func(query []byte) []byte { b := justHeader(query); b[3] = 0x80; return b },
	} {
		t.Run(name+" alone", func(t *testing.T) {
			t.Parallel()
			s := newNameServer(t, "127.0.0.1", answering(junk), nil)
			c := clientOf(ResolvConf{Timeout: patience, Attempts: 1}, s)
			if got := inWords(c.Lookup(t.Context(), theQuestion)); got != "timeout" {
				t.Errorf("got %s, want timeout", got)
			}
		})
		t.Run(name+" first", func(t *testing.T) {
			t.Parallel()
			s := newNameServer(t, "127.0.0.1", answering(junk, junk, junk, good), nil)
			c := clientOf(ResolvConf{Timeout: plenty, Attempts: 1}, s)
			if got := inWords(c.Lookup(t.Context(), theQuestion)); got != theAnswer {
				t.Errorf("got %s, want %s", got, theAnswer)
			}
		})
	}
}

// Answers from elsewhere than the server asked do not reach the client.
func TestClientIgnoresOthers(t *testing.T) {
	for name, host := range map[string]string{"port": "127.0.0.1", "address": "127.0.0.2"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			other := newNameServer(t, host, nil, nil)
			s := newNameServer(t, "127.0.0.1", func(_ *nameServer, query []byte, from netip.AddrPort) {
				other.send(from, good(query))
			}, nil)
			c := clientOf(ResolvConf{Timeout: patience, Attempts: 1}, s)
			if got := inWords(c.Lookup(t.Context(), theQuestion)); got != "timeout" {
				t.Errorf("got %s, want timeout", got)
			}
		})
	}
}

// A server that refuses EDNS(0) is asked without it, and from then on at once.
func TestClientWithoutOptions(t *testing.T) {
	for name, refusal := range map[string]func(query []byte) []byte{
		"FORMERR":                  rcode(1),
		"FORMERR without question": justHeader,
		"NOTIMP":                   rcode(4),
		"BADVERS": func(query []byte) []byte {
			m := reply(query, dns.RcodeBadVers)
			m.SetEdns0(512, false)
			return wire(m)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newNameServer(t, "127.0.0.1", func(s *nameServer, query []byte, from netip.AddrPort) {
				if query[11] != 0 { // an additional record
					s.send(from, refusal(query))
				} else {
					s.send(from, good(query))
				}
			}, nil)
			c := clientOf(ResolvConf{Timeout: plenty, Attempts: 1}, s)
			for range 2 {
				if got := inWords(c.Lookup(t.Context(), theQuestion)); got != theAnswer {
					t.Errorf("got %s, want %s", got, theAnswer)
				}
			}
			want := []string{"udp+edns x.test. TXT", "udp x.test. TXT", "udp x.test. TXT"}
			if got := s.queries(); !slices.Equal(got, want) {
				t.Errorf("asked %q\nwant  %q", got, want)
			}
		})
	}
}

// A dead server beside a live one costs its time-out once.
func TestClientDeadServer(t *testing.T) {
	for name, dead := range map[string]udpDeed{"silent": nil, "failing": answering(rcode(2))} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, second := newNameServer(t, "127.0.0.1", dead, nil), newNameServer(t, "127.0.0.1", answering(good), nil)
			c := clientOf(ResolvConf{Timeout: patience, Attempts: 2}, first, second)
			for range 3 {
				if got := inWords(c.Lookup(t.Context(), theQuestion)); got != theAnswer {
					t.Errorf("got %s, want %s", got, theAnswer)
				}
			}
			want := 1
			if dead != nil {
				want = 3 // SERVFAIL may be the name's, and costs no time
			}
			if n := len(first.queries()); n != want {
				t.Errorf("asked the first server %d times, want %d", n, want)
			}
		})
	}
}

// A deadline shorter than the time-out still finds the live server next time.
func TestClientDeadServerShortDeadline(t *testing.T) {
	first, second := newNameServer(t, "127.0.0.1", nil, nil), newNameServer(t, "127.0.0.1", answering(good), nil)
	c := clientOf(ResolvConf{Timeout: plenty, Attempts: 2}, first, second)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if got := inWords(c.Lookup(ctx, theQuestion)); got != "timeout" {
		t.Errorf("first: got %s, want timeout", got)
	}
	if got := inWords(c.Lookup(t.Context(), theQuestion)); got != theAnswer {
		t.Errorf("then: got %s, want %s", got, theAnswer)
	}
}

func TestClientNobodyThere(t *testing.T) {
	s := newNameServer(t, "127.0.0.1", nil, nil)
	s.conn.Close()
	c := clientOf(ResolvConf{Timeout: plenty, Attempts: 2}, s)
	_, err := c.Lookup(t.Context(), theQuestion)
	wantDNSError(t, err, Network)
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("got %v, want ECONNREFUSED", err)
	}
}

func TestClientNobodyThereOverTCP(t *testing.T) {
	s := newNameServer(t, "127.0.0.1", answering(cutOff), nil)
	s.tl.Close()
	c := clientOf(ResolvConf{Timeout: plenty, Attempts: 1}, s)
	_, err := c.Lookup(t.Context(), theQuestion)
	wantDNSError(t, err, Network)
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("got %v, want ECONNREFUSED", err)
	}
}

func TestClientContext(t *testing.T) {
	for _, way := range []string{"UDP", "TCP"} {
		conf := ResolvConf{Timeout: plenty, UseTCP: way == "TCP"}
		stalls := func(_ *nameServer, _ []byte, conn *net.TCPConn) { untilClosed(conn) }
		t.Run(way+" deadline", func(t *testing.T) {
			t.Parallel()
			s := newNameServer(t, "127.0.0.1", nil, stalls)
			start := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			_, err := clientOf(conf, s).Lookup(ctx, theQuestion)
			wantDNSError(t, err, Timeout)
			if d := time.Since(start); d < patience || d > plenty/2 {
				t.Errorf("returned after %v, want %v", d, patience)
			}
		})
		t.Run(way+" cancelled", func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			s := newNameServer(t, "127.0.0.1",
				func(*nameServer, []byte, netip.AddrPort) { cancel() },
				func(_ *nameServer, _ []byte, conn *net.TCPConn) {
					cancel()
					untilClosed(conn)
				})
			start := time.Now()
			_, err := clientOf(conf, s).Lookup(ctx, theQuestion)
			wantDNSError(t, err, Timeout)
			if d := time.Since(start); d > plenty/2 {
				t.Errorf("returned after %v", d)
			}
			if got := s.queries(); len(got) != 1 {
				t.Errorf("asked %q", got)
			}
		})
		t.Run(way+" over", func(t *testing.T) {
			s := newNameServer(t, "127.0.0.1", nil, nil)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			_, err := clientOf(conf, s).Lookup(ctx, theQuestion)
			wantDNSError(t, err, OutOfTime)
			if got := s.queries(); len(got) != 0 {
				t.Errorf("asked %q", got)
			}
		})
	}
}

func ExampleError() {
	fmt.Println(&Error{Kind: BadRcode, Question: Question{"x.test", TypeTXT}, Server: netip.MustParseAddrPort("192.0.2.53:53"), Rcode: 2})
	// Output: x.test TXT: 192.0.2.53:53: answered with SERVFAIL
}
