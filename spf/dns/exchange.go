package dns

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// maxMismatches is the number of datagrams that do not answer the query after
// which TCP is used instead. Late and duplicate answers are few; more of them are
// attempts to guess the query's ID (RFC 5452, 9.2), and reading them costs time.
const maxMismatches = 100

// noSocket is the descriptor of an exchange without a socket.
const noSocket = -1

var (
	errWouldBlock = errors.New("no answer yet")
	errMismatch   = errors.New("answers to other questions")
	errTruncated  = errors.New("truncated answer")
	errClosed     = errors.New("connection closed within the answer")
)

// exchange is one query to one server and the answer to it. Its methods do not
// block: they return errWouldBlock instead.
type exchange struct {
	fd         int
	udpSize    uint16    // announced in the query; 0: the query has no EDNS(0)
	expires    time.Time // when to give up
	mismatches int       // datagrams that did not answer the query
	tcp        *stream   // nil while UDP is used

	query []byte // preceded by its length, for TCP
}

// buildQuery builds the query for q with a new random ID (RFC 5452, 9.2). With a
// udpSize of 0 it has no EDNS(0).
func (x *exchange) buildQuery(q Question, udpSize uint16) {
	var id [2]byte
	rand.Read(id[:]) // it never fails
	x.query = appendQuery(make([]byte, lengthSize, lengthSize+maxQuery-MaxNameLen+len(q.Name)), binary.BigEndian.Uint16(id[:]), q, udpSize)
	binary.BigEndian.PutUint16(x.query, uint16(len(x.query)-lengthSize))
	x.udpSize = udpSize
}

// sendUDP sends the query in a datagram. The socket is new and connected: its port
// is random, and the kernel drops what others send (RFC 5452, 9.1 and 9.2).
func (x *exchange) sendUDP(to *server, expires time.Time) error {
	x.mismatches, x.tcp = 0, nil
	if err := x.connect(to, unix.SOCK_DGRAM, expires); err != nil {
		return err
	}
	if _, err := unix.Write(x.fd, x.query[lengthSize:]); err != nil {
		return err
	}
	return errWouldBlock
}

// sendTCP opens a connection for the query (RFC 7766), which is written once the
// connection is established.
func (x *exchange) sendTCP(to *server, expires time.Time) error {
	err := x.connect(to, unix.SOCK_STREAM, expires)
	x.tcp = &stream{buf: make([]byte, lengthSize)}
	if err == nil {
		err = errWouldBlock
	}
	return err
}

// connect replaces the exchange's socket with a new one that is connected to a server.
func (x *exchange) connect(to *server, kind int, expires time.Time) error {
	x.close()
	x.expires = expires
	family := unix.AF_INET
	if _, ok := to.sockaddr.(*unix.SockaddrInet6); ok {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return err
	}
	x.fd = fd
	if err := unix.Connect(fd, to.sockaddr); err != unix.EINPROGRESS && err != unix.EINTR {
		return err
	}
	return nil
}

// close closes the socket.
func (x *exchange) close() {
	if x.fd != noSocket {
		unix.Close(x.fd)
	}
	x.fd = noSocket
}

// pollFD returns the events to wait for.
func (x *exchange) pollFD() unix.PollFd {
	fd := unix.PollFd{Fd: int32(x.fd), Events: unix.POLLIN}
	if x.tcp != nil && !x.tcp.connected {
		fd.Events = unix.POLLOUT
	}
	return fd
}

// receive returns the server's answer. An answer over UDP is stored in buf.
func (x *exchange) receive(buf []byte) ([]byte, error) {
	receive := x.receiveUDP
	if x.tcp != nil {
		receive = x.receiveTCP
	}
	msg, err := receive(buf)
	if err == nil && isTruncated(msg) {
		return nil, errTruncated
	}
	return msg, err
}

// receiveUDP returns the first datagram that answers the query.
func (x *exchange) receiveUDP(buf []byte) ([]byte, error) {
	for ; x.mismatches < maxMismatches; x.mismatches++ {
		n, err := read(x.fd, buf)
		if err != nil {
			return nil, err
		}
		if isResponseTo(x.query[lengthSize:], buf[:n]) {
			return buf[:n], nil
		}
	}
	return nil, errMismatch
}

// lengthSize is the size of the length that precedes a message over TCP (RFC 1035,
// 4.2.2).
const lengthSize = 2

// stream is the state of an exchange over TCP.
type stream struct {
	connected bool
	buf       []byte // room for the length of the answer, and for the answer once that is known
	received  int    // bytes of buf
}

// receiveTCP writes the query once the connection is established, and reads the
// answer.
func (x *exchange) receiveTCP([]byte) ([]byte, error) {
	t := x.tcp
	if !t.connected {
		return nil, x.writeTCP()
	}
	for t.received < len(t.buf) {
		n, err := read(x.fd, t.buf[t.received:])
		switch {
		case err != nil:
			return nil, err
		case n == 0:
			return nil, errClosed
		}
		if t.received += n; t.received == lengthSize {
			t.buf = append(t.buf, make([]byte, binary.BigEndian.Uint16(t.buf))...)
		}
	}
	msg := t.buf[lengthSize:]
	if !isResponseTo(x.query[lengthSize:], msg) {
		return nil, errMismatch // only one query was sent on this connection
	}
	return msg, nil
}

// writeTCP writes the query if the connection has been established.
func (x *exchange) writeTCP() error {
	switch errno, err := unix.GetsockoptInt(x.fd, unix.SOL_SOCKET, unix.SO_ERROR); {
	case err != nil:
		return err
	case errno != 0:
		return unix.Errno(errno)
	}
	_, err := unix.Write(x.fd, x.query) // it fits into any send buffer
	switch err {
	case nil:
		x.tcp.connected = true
		return errWouldBlock
	case unix.EAGAIN:
		return errWouldBlock
	}
	return err
}

// read is read(2), with errWouldBlock if there is nothing to read.
func read(fd int, b []byte) (int, error) {
	for {
		n, err := unix.Read(fd, b)
		switch err {
		case nil:
			return n, nil
		case unix.EAGAIN:
			return 0, errWouldBlock
		case unix.EINTR:
		default:
			return 0, err
		}
	}
}

// sockaddrOf returns an address in the form of the system calls.
func sockaddrOf(addr netip.AddrPort) unix.Sockaddr {
	ip := addr.Addr().Unmap()
	if ip.Is4() {
		return &unix.SockaddrInet4{Port: int(addr.Port()), Addr: ip.As4()}
	}
	return &unix.SockaddrInet6{Port: int(addr.Port()), Addr: ip.As16(), ZoneId: zoneID(ip.Zone())}
}

// zoneID returns the index of the interface that a zone names (RFC 4007, 11.2).
func zoneID(zone string) uint32 {
	if zone == "" {
		return 0
	}
	if i, err := net.InterfaceByName(zone); err == nil {
		return uint32(i.Index)
	}
	n, _ := strconv.ParseUint(zone, 10, 32)
	return uint32(n)
}
