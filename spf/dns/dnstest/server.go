// Package dnstest provides a name server for tests. It listens on real sockets of the
// loopback interface and does with each query what its test wants.
package dnstest

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// UDPHandler handles a query over UDP. A nil handler does not answer. query is valid
// until the handler returns.
type UDPHandler = func(s *Server, query []byte, from netip.AddrPort)

// TCPHandler handles a query over TCP. The server closes the connection after it; a
// nil handler does nothing else.
type TCPHandler = func(s *Server, query []byte, conn *net.TCPConn)

// Server is a name server.
type Server struct {
	Addr netip.AddrPort

	udp UDPHandler
	tcp TCPHandler

	conn *net.UDPConn
	tl   *net.TCPListener
	busy sync.WaitGroup

	noted chan struct{} // has a value if there may be new queries in seen

	mu   sync.Mutex
	seen []string // "udp name type", "udp+edns ..." or "tcp name type"
}

// Start starts a name server on a loopback address. It is closed when the test ends.
func Start(t testing.TB, host string, udp UDPHandler, tcp TCPHandler) *Server {
	t.Helper()
	s := &Server{udp: udp, tcp: tcp, noted: make(chan struct{}, 1)}
	at := netip.AddrPortFrom(netip.MustParseAddr(host), 0)
	for s.conn == nil { // the port that TCP gets may be taken for UDP
		var err error
		if s.tl, err = net.ListenTCP("tcp", net.TCPAddrFromAddrPort(at)); err != nil {
			t.Skipf("no socket on %s: %v", host, err)
		}
		s.Addr = s.tl.Addr().(*net.TCPAddr).AddrPort()
		if s.conn, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(s.Addr)); err != nil {
			s.tl.Close()
			if !errors.Is(err, syscall.EADDRINUSE) {
				t.Fatal(err)
			}
		}
	}
	s.busy.Go(s.serveUDP)
	s.busy.Go(s.serveTCP)
	t.Cleanup(s.Close)
	return s
}

func (s *Server) serveUDP() {
	b := make([]byte, 1024)
	for {
		n, from, err := s.conn.ReadFromUDPAddrPort(b)
		if err != nil {
			return
		}
		s.note("udp", b[:n])
		if s.udp != nil {
			s.udp(s, b[:n], from)
		}
	}
}

func (s *Server) serveTCP() {
	for {
		conn, err := s.tl.AcceptTCP()
		if err != nil {
			return
		}
		s.busy.Go(func() {
			defer conn.Close()
			var length [2]byte
			if _, err := io.ReadFull(conn, length[:]); err != nil {
				return
			}
			query := make([]byte, binary.BigEndian.Uint16(length[:]))
			if _, err := io.ReadFull(conn, query); err != nil {
				return
			}
			s.note("tcp", query)
			if s.tcp != nil {
				s.tcp(s, query, conn)
			}
		})
	}
}

// note records a query.
func (s *Server) note(how string, query []byte) {
	var m dns.Msg
	what := "unreadable"
	if m.Unpack(query) == nil && len(m.Question) == 1 {
		if m.IsEdns0() != nil {
			how += "+edns"
		}
		what = m.Question[0].Name + " " + dns.TypeToString[m.Question[0].Qtype]
	}
	s.mu.Lock()
	s.seen = append(s.seen, how+" "+what)
	s.mu.Unlock()
	select {
	case s.noted <- struct{}{}:
	default:
	}
}

// Queries returns the queries so far, as "udp name type", "udp+edns name type", or the
// same with "tcp".
func (s *Server) Queries() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.seen...)
}

// AwaitQueries is Queries after n of them have been read, or the timeout has passed. A
// client that has timed out may be ahead of the server.
func (s *Server) AwaitQueries(n int, timeout time.Duration) []string {
	expired := time.After(timeout)
	for {
		queries := s.Queries()
		if len(queries) >= n {
			return queries
		}
		select {
		case <-s.noted:
		case <-expired:
			return queries
		}
	}
}

// Close closes the server's sockets and waits for its handlers.
func (s *Server) Close() {
	s.CloseUDP()
	s.CloseTCP()
	s.busy.Wait()
}

// CloseUDP closes the UDP socket.
func (s *Server) CloseUDP() { s.conn.Close() }

// CloseTCP closes the TCP listener.
func (s *Server) CloseTCP() { s.tl.Close() }

// Send sends a datagram from the server's address.
func (s *Server) Send(to netip.AddrPort, msg []byte) { s.conn.WriteToUDPAddrPort(msg, to) }

// Reply returns the response to query with an RCODE and answer records in the form of
// zone files.
func Reply(query []byte, rcode int, answer ...string) *dns.Msg {
	var m, r dns.Msg
	if err := m.Unpack(query); err != nil {
		panic(err)
	}
	r.SetRcode(&m, rcode)
	r.RecursionAvailable = true
	r.Compress = true
	for _, text := range answer {
		rr, err := dns.NewRR(text)
		if err != nil {
			panic(err)
		}
		r.Answer = append(r.Answer, rr)
	}
	return &r
}

// Pack returns the wire format of a message.
func Pack(m *dns.Msg) []byte {
	b, err := m.Pack()
	if err != nil {
		panic(err)
	}
	return b
}

// Framed returns a message after its length, as TCP needs it (RFC 1035, 4.2.2).
func Framed(msg []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(msg))), msg...)
}
