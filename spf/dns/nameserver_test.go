package dns

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"testing"

	"github.com/miekg/dns"
)

// udpDeed is what a server does with a query over UDP. nil: silence.
type udpDeed = func(s *nameServer, query []byte, from netip.AddrPort)

// tcpDeed is what a server does with a query over TCP. nil: it closes.
type tcpDeed = func(s *nameServer, query []byte, conn *net.TCPConn)

// nameServer is a name server on loopback that does with queries over UDP and
// TCP what its test wants.
type nameServer struct {
	addr netip.AddrPort
	udp  udpDeed
	tcp  tcpDeed

	conn *net.UDPConn
	tl   *net.TCPListener
	busy sync.WaitGroup

	mu   sync.Mutex
	seen []string // "udp name type", "udp+edns ..." or "tcp name type"
}

// newNameServer starts a name server on an address of loopback, "127.0.0.1" or
// another, until the test ends.
func newNameServer(t testing.TB, host string, udp udpDeed, tcp tcpDeed) *nameServer {
	t.Helper()
	s := &nameServer{udp: udp, tcp: tcp}
	at := netip.AddrPortFrom(netip.MustParseAddr(host), 0)
	for s.conn == nil { // the port that TCP gets may be taken for UDP
		var err error
		if s.tl, err = net.ListenTCP("tcp", net.TCPAddrFromAddrPort(at)); err != nil {
			t.Skipf("no socket on %s: %v", host, err)
		}
		s.addr = s.tl.Addr().(*net.TCPAddr).AddrPort()
		if s.conn, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(s.addr)); err != nil {
			s.tl.Close()
			if !errors.Is(err, syscall.EADDRINUSE) {
				t.Fatal(err)
			}
		}
	}
	s.busy.Go(s.serveUDP)
	s.busy.Go(s.serveTCP)
	t.Cleanup(func() {
		s.conn.Close()
		s.tl.Close()
		s.busy.Wait()
	})
	return s
}

func (s *nameServer) serveUDP() {
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

func (s *nameServer) serveTCP() {
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

// note remembers a query.
func (s *nameServer) note(how string, query []byte) {
	var m dns.Msg
	what := "unreadable"
	if m.Unpack(query) == nil && len(m.Question) == 1 {
		if m.IsEdns0() != nil {
			how += "+edns"
		}
		what = m.Question[0].Name + " " + dns.TypeToString[m.Question[0].Qtype]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, how+" "+what)
}

// queries gives what was asked.
func (s *nameServer) queries() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.seen...)
}

// send sends a datagram from the server's address.
func (s *nameServer) send(to netip.AddrPort, msg []byte) { s.conn.WriteToUDPAddrPort(msg, to) }

// clientOf gives a client of the servers.
func clientOf(conf ResolvConf, servers ...*nameServer) *Client {
	for _, s := range servers {
		conf.Servers = append(conf.Servers, s.addr)
	}
	return NewClient(conf)
}

// reply makes the answer to query of the given records in master file form.
func reply(query []byte, rcode int, answer ...string) *dns.Msg {
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

// wire packs a message.
func wire(m *dns.Msg) []byte {
	b, err := m.Pack()
	if err != nil {
		panic(err)
	}
	return b
}

// framed puts the length that TCP wants before a message.
func framed(msg []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(msg))), msg...)
}
