package dns

import (
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

	"policyd-spf/spf/dns/dnstest"
)

func TestClientFaults(t *testing.T) {
	udpPlain, udpEDNS, tcp := "udp x.test. TXT", "udp+edns x.test. TXT", "tcp+edns x.test. TXT"
	stalls := func(_ *dnstest.Server, _ []byte, conn *net.TCPConn) { dnstest.WaitClosed(conn) }
	for _, test := range []struct {
		name    string
		timeout time.Duration
		udp     dnstest.UDPHandler
		tcp     dnstest.TCPHandler
		want    string
		asked   []string // over two attempts
	}{
		{name: "good", timeout: longTimeout, udp: dnstest.Respond(dnstest.Good), want: wantAnswer, asked: []string{udpEDNS}},
		{name: "silence", timeout: shortTimeout, want: "timeout", asked: []string{udpEDNS, udpEDNS}},
		{name: "late", timeout: shortTimeout, udp: respondToPrevious(), want: "timeout", asked: []string{udpEDNS, udpEDNS}},
		{name: "SERVFAIL", timeout: longTimeout, udp: dnstest.Respond(dnstest.Rcode(2)), want: "SERVFAIL", asked: []string{udpEDNS, udpEDNS}},
		{name: "REFUSED", timeout: longTimeout, udp: dnstest.Respond(dnstest.Rcode(5)), want: "REFUSED", asked: []string{udpEDNS, udpEDNS}},
		{name: "NOTIMP", timeout: longTimeout, udp: dnstest.Respond(dnstest.Rcode(4)), want: "NOTIMP", asked: []string{udpEDNS, udpPlain, udpEDNS, udpPlain}},
		{name: "FORMERR", timeout: longTimeout, udp: dnstest.Respond(dnstest.Rcode(1)), want: "FORMERR", asked: []string{udpEDNS, udpPlain, udpEDNS, udpPlain}},
		{name: "REFUSED without question", timeout: longTimeout, udp: dnstest.Respond(func(q []byte) []byte {
			b := dnstest.HeaderOnly(q)
			b[3] = 0x85
			return b
		}), want: "REFUSED", asked: []string{udpEDNS, udpEDNS}},
		{name: "SERVFAIL, then silence", timeout: shortTimeout, udp: func(s *dnstest.Server, query []byte, from netip.AddrPort) {
			if len(s.Queries()) == 1 {
				s.Send(from, dnstest.Rcode(2)(query))
			}
		}, want: "SERVFAIL", asked: []string{udpEDNS, udpEDNS}},
		{name: "silence, then SERVFAIL", timeout: shortTimeout, udp: func(s *dnstest.Server, query []byte, from netip.AddrPort) {
			if len(s.Queries()) == 2 {
				s.Send(from, dnstest.Rcode(2)(query))
			}
		}, want: "SERVFAIL", asked: []string{udpEDNS, udpEDNS}},
		{name: "fails once", timeout: longTimeout, udp: func(s *dnstest.Server, query []byte, from netip.AddrPort) {
			if len(s.Queries()) == 1 {
				s.Send(from, dnstest.Rcode(2)(query))
			} else {
				s.Send(from, dnstest.Good(query))
			}
		}, want: wantAnswer, asked: []string{udpEDNS, udpEDNS}},

		{name: "truncated, TCP works", timeout: longTimeout, udp: dnstest.Respond(dnstest.Truncated), tcp: dnstest.RespondTCP(dnstest.Good), want: wantAnswer, asked: []string{udpEDNS, tcp}},
		{name: "truncated, TCP stalls", timeout: shortTimeout, udp: dnstest.Respond(dnstest.Truncated), tcp: stalls, want: "timeout", asked: []string{udpEDNS, tcp, udpEDNS, tcp}},
		{name: "truncated, TCP drips", timeout: shortTimeout, udp: dnstest.Respond(dnstest.Truncated), tcp: func(_ *dnstest.Server, query []byte, conn *net.TCPConn) {
			for _, c := range dnstest.Framed(dnstest.Records("x.test. 60 TXT " + strings.Repeat(`"`+strings.Repeat("x", 250)+`" `, 20))(query)) {
				if _, err := conn.Write([]byte{c}); err != nil {
					return
				}
				conn.SetReadDeadline(time.Now().Add(shortTimeout / 10))
				dnstest.WaitClosed(conn)
			}
		}, want: "timeout", asked: []string{udpEDNS, tcp, udpEDNS, tcp}},
		{name: "truncated, TCP closes", timeout: longTimeout, udp: dnstest.Respond(dnstest.Truncated), want: "malformed", asked: []string{udpEDNS, tcp, udpEDNS, tcp}},
		{name: "truncated, TCP closes within the length", timeout: longTimeout, udp: dnstest.Respond(dnstest.Truncated), tcp: func(_ *dnstest.Server, query []byte, conn *net.TCPConn) {
			conn.Write([]byte{0})
		}, want: "malformed", asked: []string{udpEDNS, tcp, udpEDNS, tcp}},
		{name: "truncated, TCP closes within the message", timeout: longTimeout, udp: dnstest.Respond(dnstest.Truncated), tcp: func(_ *dnstest.Server, query []byte, conn *net.TCPConn) {
			conn.Write(dnstest.Framed(dnstest.Good(query))[:30])
		}, want: "malformed", asked: []string{udpEDNS, tcp, udpEDNS, tcp}},
		{name: "truncated, TCP returns nothing", timeout: longTimeout, udp: dnstest.Respond(dnstest.Truncated), tcp: dnstest.RespondTCP(func([]byte) []byte { return nil }), want: "malformed", asked: []string{udpEDNS, tcp, udpEDNS, tcp}},
		{name: "truncated, TCP answers something else", timeout: longTimeout, udp: dnstest.Respond(dnstest.Truncated), tcp: dnstest.RespondTCP(dnstest.Edited(func(m *dns.Msg) { m.Id++ })), want: "malformed", asked: []string{udpEDNS, tcp, udpEDNS, tcp}},
		{name: "truncated, over TCP too", timeout: longTimeout, udp: dnstest.Respond(dnstest.Truncated), tcp: dnstest.RespondTCP(dnstest.Truncated), want: "malformed", asked: []string{udpEDNS, tcp, udpEDNS, tcp}},
		{name: "truncated, TCP fails", timeout: longTimeout, udp: dnstest.Respond(dnstest.Truncated), tcp: dnstest.RespondTCP(dnstest.Rcode(2)), want: "SERVFAIL", asked: []string{udpEDNS, tcp, udpEDNS, tcp}},

		{name: "compression loop", timeout: longTimeout, udp: dnstest.Respond(dnstest.CompressionLoop), tcp: dnstest.RespondTCP(dnstest.CompressionLoop), want: "malformed", asked: []string{udpEDNS, tcp, udpEDNS, tcp}},
		{name: "unreadable, TCP works", timeout: longTimeout, udp: dnstest.Respond(dnstest.CompressionLoop), tcp: dnstest.RespondTCP(dnstest.Good), want: wantAnswer, asked: []string{udpEDNS, tcp}},
		{name: "ends within a record", timeout: longTimeout, udp: dnstest.Respond(func(q []byte) []byte { b := dnstest.Good(q); return b[:len(b)-1] }), tcp: dnstest.RespondTCP(dnstest.Good), want: wantAnswer, asked: []string{udpEDNS, tcp}},
		{name: "ends between records", timeout: longTimeout, udp: dnstest.Respond(dnstest.MissingSecondRecord), tcp: dnstest.RespondTCP(dnstest.MissingSecondRecord), want: "malformed", asked: []string{udpEDNS, tcp, udpEDNS, tcp}},
		{name: "ends before the records", timeout: longTimeout, udp: dnstest.Respond(dnstest.MissingRecord), tcp: dnstest.RespondTCP(dnstest.Good), want: wantAnswer, asked: []string{udpEDNS, tcp}},
		{name: "alias of nothing", timeout: longTimeout, udp: dnstest.Respond(dnstest.EmptyCNAME), tcp: dnstest.RespondTCP(dnstest.EmptyCNAME), want: "malformed", asked: []string{udpEDNS, tcp, udpEDNS, tcp}},
		{name: "referral", timeout: longTimeout, udp: dnstest.Respond(dnstest.Referral), tcp: dnstest.RespondTCP(dnstest.Referral), want: "malformed", asked: []string{udpEDNS, tcp, udpEDNS, tcp}},
		{name: "larger than announced", timeout: longTimeout, udp: dnstest.Respond(dnstest.Records("x.test. 60 TXT " + strings.Repeat(`"`+strings.Repeat("x", 250)+`" `, 20))), tcp: dnstest.RespondTCP(dnstest.Good), want: wantAnswer, asked: []string{udpEDNS, tcp}},
		{name: "guesses before each answer", timeout: longTimeout, udp: func(s *dnstest.Server, query []byte, from netip.AddrPort) {
			for range 60 {
				s.Send(from, dnstest.TooShort(query))
			}
			if len(s.Queries()) == 1 {
				s.Send(from, dnstest.Rcode(2)(query))
			} else {
				s.Send(from, dnstest.Good(query))
			}
		}, want: wantAnswer, asked: []string{udpEDNS, udpEDNS}},
		{name: "guesses without end", timeout: longTimeout, udp: dnstest.Respond(slices.Repeat([]func([]byte) []byte{dnstest.Edited(func(m *dns.Msg) { m.Id++ })}, 2*maxMismatches)...), tcp: dnstest.RespondTCP(dnstest.Good), want: wantAnswer, asked: []string{udpEDNS, tcp}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			check := func(timeout time.Duration) error {
				s := dnstest.Start(t, "127.0.0.1", test.udp, test.tcp)
				c := newClient(ResolvConf{Timeout: timeout, Attempts: 2}, s)
				start := time.Now()
				a, err := c.Lookup(testQuestion, noTime)
				took := time.Since(start)
				if got := describe(a, err); got != test.want {
					return fmt.Errorf("got  %s (%v)\nwant %s", got, err, test.want)
				}
				if got := s.AwaitQueries(len(test.asked), longTimeout); !slices.Equal(got, test.asked) {
					return fmt.Errorf("asked %q\nwant  %q", got, test.asked)
				}
				if err == nil && a.TCP != slices.Contains(test.asked, tcp) {
					return fmt.Errorf("TCP: %v", a.TCP)
				}
				if timeout < longTimeout && took < timeout {
					return fmt.Errorf("gave up after %v, want %v at least", took, timeout)
				}
				return nil
			}
			if err := patiently(test.timeout, check); err != nil {
				t.Error(err)
			}
		})
	}
}

// A datagram that does not answer the query is ignored: without another one the query
// times out, and a good answer after it counts.
func TestClientIgnores(t *testing.T) {
	for name, junk := range map[string]func(query []byte) []byte{
		"wrong id":        dnstest.Edited(func(m *dns.Msg) { m.Id ^= 1 }),
		"wrong name":      dnstest.Edited(func(m *dns.Msg) { m.Question[0].Name = "y.test." }),
		"longer name":     dnstest.Edited(func(m *dns.Msg) { m.Question[0].Name = "x.test.test." }),
		"wrong type":      dnstest.Edited(func(m *dns.Msg) { m.Question[0].Qtype = dns.TypeSPF }),
		"wrong class":     dnstest.Edited(func(m *dns.Msg) { m.Question[0].Qclass = dns.ClassCHAOS }),
		"two questions":   dnstest.Edited(func(m *dns.Msg) { m.Question = append(m.Question, m.Question[0]) }),
		"no question":     dnstest.Edited(func(m *dns.Msg) { m.Question = nil }),
		"not a response":  dnstest.Edited(func(m *dns.Msg) { m.Response = false }),
		"wrong opcode":    dnstest.Edited(func(m *dns.Msg) { m.Opcode = dns.OpcodeNotify }),
		"the query":       func(query []byte) []byte { return query },
		"short":           dnstest.TooShort,
		"empty":           func([]byte) []byte { return nil },
		"question cut":    func(query []byte) []byte { return dnstest.Good(query)[:headerSize+5] },
		"random":          func([]byte) []byte { return []byte(strings.Repeat("\xa5\x5a\xff", 30)) },
		"NXDOMAIN header": func(query []byte) []byte { b := dnstest.HeaderOnly(query); b[3] = 0x83; return b },
		"NOERROR header":  func(query []byte) []byte { b := dnstest.HeaderOnly(query); b[3] = 0x80; return b },
	} {
		t.Run(name+" alone", func(t *testing.T) {
			t.Parallel()
			s := dnstest.Start(t, "127.0.0.1", dnstest.Respond(junk), nil)
			c := newClient(ResolvConf{Timeout: shortTimeout, Attempts: 1}, s)
			if got := describe(c.Lookup(testQuestion, noTime)); got != "timeout" {
				t.Errorf("got %s, want timeout", got)
			}
		})
		t.Run(name+" first", func(t *testing.T) {
			t.Parallel()
			s := dnstest.Start(t, "127.0.0.1", dnstest.Respond(junk, junk, junk, dnstest.Good), nil)
			c := newClient(ResolvConf{Timeout: longTimeout, Attempts: 1}, s)
			if got := describe(c.Lookup(testQuestion, noTime)); got != wantAnswer {
				t.Errorf("got %s, want %s", got, wantAnswer)
			}
		})
	}
}

// Answers from an address other than the queried one do not reach the client.
func TestClientIgnoresOthers(t *testing.T) {
	for name, host := range map[string]string{"port": "127.0.0.1", "address": "127.0.0.2"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			other := dnstest.Start(t, host, nil, nil)
			s := dnstest.Start(t, "127.0.0.1", func(_ *dnstest.Server, query []byte, from netip.AddrPort) {
				other.Send(from, dnstest.Good(query))
			}, nil)
			c := newClient(ResolvConf{Timeout: shortTimeout, Attempts: 1}, s)
			if got := describe(c.Lookup(testQuestion, noTime)); got != "timeout" {
				t.Errorf("got %s, want timeout", got)
			}
		})
	}
}

// A server that refuses EDNS(0) is queried again without it, and from then on only
// without it.
func TestClientWithoutOptions(t *testing.T) {
	for name, refusal := range map[string]func(query []byte) []byte{
		"FORMERR":                  dnstest.Rcode(1),
		"FORMERR without question": dnstest.HeaderOnly,
		"NOTIMP":                   dnstest.Rcode(4),
		"BADVERS": func(query []byte) []byte {
			m := dnstest.Reply(query, dns.RcodeBadVers)
			m.SetEdns0(512, false)
			return dnstest.Pack(m)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := dnstest.Start(t, "127.0.0.1", func(s *dnstest.Server, query []byte, from netip.AddrPort) {
				if query[11] != 0 { // an additional record
					s.Send(from, refusal(query))
				} else {
					s.Send(from, dnstest.Good(query))
				}
			}, nil)
			c := newClient(ResolvConf{Timeout: longTimeout, Attempts: 1}, s)
			for range 2 {
				if got := describe(c.Lookup(testQuestion, noTime)); got != wantAnswer {
					t.Errorf("got %s, want %s", got, wantAnswer)
				}
			}
			want := []string{"udp+edns x.test. TXT", "udp x.test. TXT", "udp x.test. TXT"}
			if got := s.Queries(); !slices.Equal(got, want) {
				t.Errorf("asked %q\nwant  %q", got, want)
			}
		})
	}
}

// A dead server beside a live one costs its time-out once.
func TestClientDeadServer(t *testing.T) {
	for name, dead := range map[string]dnstest.UDPHandler{"silent": nil, "failing": dnstest.Respond(dnstest.Rcode(2))} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check := func(timeout time.Duration) error {
				first, second := dnstest.Start(t, "127.0.0.1", dead, nil), dnstest.Start(t, "127.0.0.1", dnstest.Respond(dnstest.Good), nil)
				c := newClient(ResolvConf{Timeout: timeout, Attempts: 2}, first, second)
				for range 3 {
					if got := describe(c.Lookup(testQuestion, noTime)); got != wantAnswer {
						return fmt.Errorf("got %s, want %s", got, wantAnswer)
					}
				}
				want := 1
				if dead != nil {
					want = 3 // SERVFAIL may be the name's, and costs no time
				}
				if n := len(first.AwaitQueries(want, longTimeout)); n != want {
					return fmt.Errorf("asked the first server %d times, want %d", n, want)
				}
				return nil
			}
			if err := patiently(shortTimeout, check); err != nil {
				t.Error(err)
			}
		})
	}
}

// After a deadline shorter than the time-out, the next lookup uses the live server.
func TestClientDeadServerShortDeadline(t *testing.T) {
	first, second := dnstest.Start(t, "127.0.0.1", nil, nil), dnstest.Start(t, "127.0.0.1", dnstest.Respond(dnstest.Good), nil)
	c := newClient(ResolvConf{Timeout: longTimeout, Attempts: 2}, first, second)
	if got := describe(c.Lookup(testQuestion, time.Now().Add(shortTimeout))); got != "timeout" {
		t.Errorf("first: got %s, want timeout", got)
	}
	if got := describe(c.Lookup(testQuestion, noTime)); got != wantAnswer {
		t.Errorf("then: got %s, want %s", got, wantAnswer)
	}
}

func TestClientNobodyThere(t *testing.T) {
	s := dnstest.Start(t, "127.0.0.1", nil, nil)
	s.CloseUDP()
	c := newClient(ResolvConf{Timeout: longTimeout, Attempts: 2}, s)
	_, err := c.Lookup(testQuestion, noTime)
	wantKind(t, err, Network)
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("got %v, want ECONNREFUSED", err)
	}
}

func TestClientNobodyThereOverTCP(t *testing.T) {
	s := dnstest.Start(t, "127.0.0.1", dnstest.Respond(dnstest.Truncated), nil)
	s.CloseTCP()
	c := newClient(ResolvConf{Timeout: longTimeout, Attempts: 1}, s)
	_, err := c.Lookup(testQuestion, noTime)
	wantKind(t, err, Network)
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("got %v, want ECONNREFUSED", err)
	}
}

func TestClientDeadline(t *testing.T) {
	for _, transport := range []string{"UDP", "TCP"} {
		conf := ResolvConf{Timeout: longTimeout, UseTCP: transport == "TCP"}
		stalls := func(_ *dnstest.Server, _ []byte, conn *net.TCPConn) { dnstest.WaitClosed(conn) }
		t.Run(transport+" during the lookup", func(t *testing.T) {
			t.Parallel()
			s := dnstest.Start(t, "127.0.0.1", nil, stalls)
			start := time.Now()
			_, err := newClient(conf, s).Lookup(testQuestion, start.Add(shortTimeout))
			wantKind(t, err, Timeout)
			if d := time.Since(start); d < shortTimeout || d > longTimeout/2 {
				t.Errorf("returned after %v, want %v", d, shortTimeout)
			}
			if got := s.Queries(); len(got) > 1 { // over TCP it may not have been written
				t.Errorf("queries %q", got)
			}
		})
		t.Run(transport+" before the lookup", func(t *testing.T) {
			s := dnstest.Start(t, "127.0.0.1", nil, nil)
			_, err := newClient(conf, s).Lookup(testQuestion, time.Now())
			wantKind(t, err, OutOfTime)
			if got := s.Queries(); len(got) != 0 {
				t.Errorf("queries %q", got)
			}
		})
	}
}

// A server cannot keep a call in progress by sending something all the time.
func TestClientExpiresWhileReceiving(t *testing.T) {
	sent := make(chan struct{})
	c := newClient(ResolvConf{Timeout: longTimeout, Attempts: 1}, dnstest.Start(t, "127.0.0.1", func(s *dnstest.Server, query []byte, from netip.AddrPort) {
		s.Send(from, dnstest.TooShort(query))
		close(sent)
	}, nil))
	call := c.Start(testQuestion, noTime)
	<-sent
	call.expires = time.Now()
	c.Progress(noTime)
	if !call.Done {
		t.Fatal("the call is still in progress")
	}
	wantKind(t, call.Err, Timeout)
}

// At the deadline no further attempt is made.
func TestClientDeadlineEndsAttempts(t *testing.T) {
	c := newClient(ResolvConf{Timeout: longTimeout, Attempts: 5}, dnstest.Start(t, "127.0.0.1", nil, nil))
	call := c.Start(testQuestion, time.Now().Add(shortTimeout))
	c.Wait(call)
	if call.attempt != 1 {
		t.Errorf("%d attempts, want 1", call.attempt)
	}
}

// A server that answers again does not count as down any more.
func TestClientServerRecovers(t *testing.T) {
	c := newClient(ResolvConf{Timeout: longTimeout}, dnstest.Start(t, "127.0.0.1", dnstest.Respond(dnstest.Good), nil))
	c.servers[0].downUntil = time.Now().Add(time.Hour)
	if got := describe(c.Lookup(testQuestion, noTime)); got != wantAnswer || !c.servers[0].downUntil.IsZero() {
		t.Errorf("got %s; down until %v", got, c.servers[0].downUntil)
	}
}

// wantKind fails the test if err is not an *Error of a kind.
func wantKind(t *testing.T, err error, kind ErrorKind) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Kind != kind {
		t.Errorf("error %v, want one of kind %d", err, kind)
	}
}

// respondToPrevious returns a handler that answers each query when the next one has
// come: when the client has given up waiting for it.
func respondToPrevious() dnstest.UDPHandler {
	var late []byte
	var to netip.AddrPort
	return func(s *dnstest.Server, query []byte, from netip.AddrPort) {
		if late != nil {
			s.Send(to, late)
		}
		late, to = dnstest.Good(query), from
	}
}
