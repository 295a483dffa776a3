package dns

import (
	"errors"
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
		{"good", longTimeout, dnstest.Respond(dnstest.Good), nil, wantAnswer, []string{udpEDNS}},
		{"silence", shortTimeout, nil, nil, "timeout", []string{udpEDNS, udpEDNS}},
		{"late", shortTimeout, func(s *dnstest.Server, query []byte, from netip.AddrPort) {
			msg := dnstest.Good(query)
			time.AfterFunc(3*shortTimeout/2, func() { s.Send(from, msg) })
		}, nil, "timeout", []string{udpEDNS, udpEDNS}},
		{"SERVFAIL", longTimeout, dnstest.Respond(dnstest.Rcode(2)), nil, "SERVFAIL", []string{udpEDNS, udpEDNS}},
		{"REFUSED", longTimeout, dnstest.Respond(dnstest.Rcode(5)), nil, "REFUSED", []string{udpEDNS, udpEDNS}},
		{"NOTIMP", longTimeout, dnstest.Respond(dnstest.Rcode(4)), nil, "NOTIMP", []string{udpEDNS, udpPlain, udpEDNS, udpPlain}},
		{"FORMERR", longTimeout, dnstest.Respond(dnstest.Rcode(1)), nil, "FORMERR", []string{udpEDNS, udpPlain, udpEDNS, udpPlain}},
		{"REFUSED without question", longTimeout, dnstest.Respond(func(q []byte) []byte {
			b := dnstest.HeaderOnly(q)
			b[3] = 0x85
			return b
		}), nil, "REFUSED", []string{udpEDNS, udpEDNS}},
		{"SERVFAIL, then silence", shortTimeout, func(s *dnstest.Server, query []byte, from netip.AddrPort) {
			if len(s.Queries()) == 1 {
				s.Send(from, dnstest.Rcode(2)(query))
			}
		}, nil, "SERVFAIL", []string{udpEDNS, udpEDNS}},
		{"silence, then SERVFAIL", shortTimeout, func(s *dnstest.Server, query []byte, from netip.AddrPort) {
			if len(s.Queries()) == 2 {
				s.Send(from, dnstest.Rcode(2)(query))
			}
		}, nil, "SERVFAIL", []string{udpEDNS, udpEDNS}},
		{"fails once", longTimeout, func(s *dnstest.Server, query []byte, from netip.AddrPort) {
			if len(s.Queries()) == 1 {
				s.Send(from, dnstest.Rcode(2)(query))
			} else {
				s.Send(from, dnstest.Good(query))
			}
		}, nil, wantAnswer, []string{udpEDNS, udpEDNS}},

		{"truncated, TCP works", longTimeout, dnstest.Respond(dnstest.Truncated), dnstest.RespondTCP(dnstest.Good), wantAnswer, []string{udpEDNS, tcp}},
		{"truncated, TCP stalls", shortTimeout, dnstest.Respond(dnstest.Truncated), stalls, "timeout", []string{udpEDNS, tcp, udpEDNS, tcp}},
		{"truncated, TCP drips", shortTimeout, dnstest.Respond(dnstest.Truncated), func(_ *dnstest.Server, query []byte, conn *net.TCPConn) {
			for _, c := range dnstest.Framed(dnstest.Good(query)) {
				if _, err := conn.Write([]byte{c}); err != nil {
					return
				}
				conn.SetReadDeadline(time.Now().Add(shortTimeout / 10))
				dnstest.WaitClosed(conn)
			}
		}, "timeout", []string{udpEDNS, tcp, udpEDNS, tcp}},
		{"truncated, TCP closes", longTimeout, dnstest.Respond(dnstest.Truncated), nil, "malformed", []string{udpEDNS, tcp, udpEDNS, tcp}},
		{"truncated, TCP closes within the length", longTimeout, dnstest.Respond(dnstest.Truncated), func(_ *dnstest.Server, query []byte, conn *net.TCPConn) {
			conn.Write([]byte{0})
		}, "malformed", []string{udpEDNS, tcp, udpEDNS, tcp}},
		{"truncated, TCP closes within the message", longTimeout, dnstest.Respond(dnstest.Truncated), func(_ *dnstest.Server, query []byte, conn *net.TCPConn) {
			conn.Write(dnstest.Framed(dnstest.Good(query))[:30])
		}, "malformed", []string{udpEDNS, tcp, udpEDNS, tcp}},
		{"truncated, TCP gives nothing", longTimeout, dnstest.Respond(dnstest.Truncated), dnstest.RespondTCP(func([]byte) []byte { return nil }), "malformed", []string{udpEDNS, tcp, udpEDNS, tcp}},
		{"truncated, TCP answers something else", longTimeout, dnstest.Respond(dnstest.Truncated), dnstest.RespondTCP(dnstest.Edited(func(m *dns.Msg) { m.Id++ })), "malformed", []string{udpEDNS, tcp, udpEDNS, tcp}},
		{"truncated, over TCP too", longTimeout, dnstest.Respond(dnstest.Truncated), dnstest.RespondTCP(dnstest.Truncated), "malformed", []string{udpEDNS, tcp, udpEDNS, tcp}},
		{"truncated, TCP fails", longTimeout, dnstest.Respond(dnstest.Truncated), dnstest.RespondTCP(dnstest.Rcode(2)), "SERVFAIL", []string{udpEDNS, tcp, udpEDNS, tcp}},

		{"compression loop", longTimeout, dnstest.Respond(dnstest.CompressionLoop), dnstest.RespondTCP(dnstest.CompressionLoop), "malformed", []string{udpEDNS, tcp, udpEDNS, tcp}},
		{"unreadable, TCP works", longTimeout, dnstest.Respond(dnstest.CompressionLoop), dnstest.RespondTCP(dnstest.Good), wantAnswer, []string{udpEDNS, tcp}},
		{"ends within a record", longTimeout, dnstest.Respond(func(q []byte) []byte { b := dnstest.Good(q); return b[:len(b)-1] }), dnstest.RespondTCP(dnstest.Good), wantAnswer, []string{udpEDNS, tcp}},
		{"ends between records", longTimeout, dnstest.Respond(dnstest.MissingSecondRecord), dnstest.RespondTCP(dnstest.MissingSecondRecord), "malformed", []string{udpEDNS, tcp, udpEDNS, tcp}},
		{"ends before the records", longTimeout, dnstest.Respond(dnstest.MissingRecord), dnstest.RespondTCP(dnstest.Good), wantAnswer, []string{udpEDNS, tcp}},
		{"alias of nothing", longTimeout, dnstest.Respond(dnstest.EmptyCNAME), dnstest.RespondTCP(dnstest.EmptyCNAME), "malformed", []string{udpEDNS, tcp, udpEDNS, tcp}},
		{"referral", longTimeout, dnstest.Respond(dnstest.Referral), dnstest.RespondTCP(dnstest.Referral), "malformed", []string{udpEDNS, tcp, udpEDNS, tcp}},
		{"larger than announced", longTimeout, dnstest.Respond(dnstest.Records("x.test. 60 TXT " + strings.Repeat(`"`+strings.Repeat("x", 250)+`" `, 20))), dnstest.RespondTCP(dnstest.Good), wantAnswer, []string{udpEDNS, tcp}},
		{"guesses before each answer", longTimeout, func(s *dnstest.Server, query []byte, from netip.AddrPort) {
			for range 60 {
				s.Send(from, dnstest.TooShort(query))
			}
			if len(s.Queries()) == 1 {
				s.Send(from, dnstest.Rcode(2)(query))
			} else {
				s.Send(from, dnstest.Good(query))
			}
		}, nil, wantAnswer, []string{udpEDNS, udpEDNS}},
		{"guesses without end", longTimeout, dnstest.Respond(slices.Repeat([]func([]byte) []byte{dnstest.Edited(func(m *dns.Msg) { m.Id++ })}, 2*maxMismatches)...), dnstest.RespondTCP(dnstest.Good), wantAnswer, []string{udpEDNS, tcp}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := dnstest.Start(t, "127.0.0.1", test.udp, test.tcp)
			c := newClient(ResolvConf{Timeout: test.timeout, Attempts: 2}, s)
			start := time.Now()
			a, err := c.Lookup(testQuestion, noTime)
			if got := describe(a, err); got != test.want {
				t.Errorf("got  %s (%v)\nwant %s", got, err, test.want)
			}
			if got := s.Queries(); !slices.Equal(got, test.asked) {
				t.Errorf("asked %q\nwant  %q", got, test.asked)
			}
			if err == nil && a.TCP != slices.Contains(test.asked, tcp) {
				t.Errorf("TCP: %v", a.TCP)
			}
			if d := time.Since(start); test.timeout == shortTimeout && d < shortTimeout {
				t.Errorf("gave up after %v, want %v at least", d, shortTimeout)
			}
		})
	}
}

// What is no answer to the query is ignored: alone it is silence, and behind it
// the good answer counts.
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

// Answers from elsewhere than the server asked do not reach the client.
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

// A server that refuses EDNS(0) is asked without it, and from then on at once.
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
			first, second := dnstest.Start(t, "127.0.0.1", dead, nil), dnstest.Start(t, "127.0.0.1", dnstest.Respond(dnstest.Good), nil)
			c := newClient(ResolvConf{Timeout: shortTimeout, Attempts: 2}, first, second)
			for range 3 {
				if got := describe(c.Lookup(testQuestion, noTime)); got != wantAnswer {
					t.Errorf("got %s, want %s", got, wantAnswer)
				}
			}
			want := 1
			if dead != nil {
				want = 3 // SERVFAIL may be the name's, and costs no time
			}
			if n := len(first.Queries()); n != want {
				t.Errorf("asked the first server %d times, want %d", n, want)
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
