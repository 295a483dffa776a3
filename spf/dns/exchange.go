package dns

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"syscall"
	"time"
)

// maxJunk is how many datagrams that answer something else may come before the
// question is put over TCP instead: late answers and duplicates are few, more
// of them are somebody's guesses at the query's id (RFC 5452, 9.2), and reading
// them costs time.
const maxJunk = 100

// noSocket is the descriptor of none.
const noSocket = -1

var (
	errNotYet = errors.New("no answer yet")
	errJunk   = errors.New("answers to other questions")
	errShort  = errors.New("message shorter than its header")
	errCut    = errors.New("answer cut off")
	errClosed = errors.New("connection closed within the answer")
)

// exchange is a query to a server, and the wait for its answer. None of its
// methods waits.
type exchange struct {
	fd       int  // its socket, or noSocket
	taken    bool // somebody waits for it
	to       syscall.Sockaddr
	udpSize  uint16    // the length of answers that was announced; 0: EDNS(0) was not used
	deadline time.Time // of the answer
	junk     int       // how many datagrams were no answer
	tcp      *stream   // nil while it is over UDP

	query []byte             // as TCP wants it, behind its length
	space [2 + maxQuery]byte // of query
}

// begin puts the question of a lookup to a server, in a datagram if
// TCP is not wanted. The socket is new and connected: its port is a random one,
// and the kernel drops what others send (RFC 5452, 9.1 and 9.2). With a udpSize
// of 0 it does without EDNS(0).
func (x *exchange) begin(k *lookup, to syscall.Sockaddr, udpSize uint16) error {
	x.to, x.udpSize, x.junk = to, udpSize, 0
	var id [2]byte
	rand.Read(id[:]) // RFC 5452, 9.2; it cannot fail
	x.query = appendQuery(x.space[:2], binary.BigEndian.Uint16(id[:]), k.asked, udpSize)
	binary.BigEndian.PutUint16(x.query, uint16(len(x.query)-2))
	if k.client.conf.UseTCP {
		return x.overTCP(k)
	}
	if err := x.connect(k, syscall.SOCK_DGRAM); err != nil {
		return err
	}
	_, err := syscall.Write(x.fd, x.query[2:])
	return err
}

// overTCP puts the same over a connection of its own (RFC 7766).
func (x *exchange) overTCP(k *lookup) error {
	err := x.connect(k, syscall.SOCK_STREAM)
	x.tcp = new(stream)
	return err
}

// connect connects a new socket, in place of the one before.
func (x *exchange) connect(k *lookup, kind int) error {
	x.close()
	x.deadline = time.Now().Add(k.client.conf.Timeout)
	if last, ok := k.ctx.Deadline(); ok && last.Before(x.deadline) {
		x.deadline = last
	}
	family := syscall.AF_INET
	if _, ok := x.to.(*syscall.SockaddrInet6); ok {
		family = syscall.AF_INET6
	}
	fd, err := newSocket(family, kind)
	if err != nil {
		return err
	}
	x.fd = fd
	if err := syscall.Connect(fd, x.to); err != syscall.EINPROGRESS && err != syscall.EINTR {
		return err
	}
	return nil
}

// close gives up the exchange.
func (x *exchange) close() {
	if x.fd != noSocket {
		syscall.Close(x.fd)
	}
	x.fd, x.taken, x.tcp = noSocket, false, nil
}

// connecting tells whether there is a connection to wait for.
func (x *exchange) connecting() bool { return x.tcp != nil && !x.tcp.connected }

// receive gives the answer if it has come. One from UDP stands in buf.
func (x *exchange) receive(buf []byte) ([]byte, error) {
	var msg []byte
	var err error
	if x.tcp != nil {
		msg, err = x.tcp.receive(x)
	} else {
		msg, err = x.datagram(buf)
	}
	if err == nil && truncated(msg) {
		return nil, errCut
	}
	return msg, err
}

// datagram gives the first datagram that is an answer.
func (x *exchange) datagram(buf []byte) ([]byte, error) {
	for ; x.junk < maxJunk; x.junk++ {
		n, err := read(x.fd, buf)
		if err != nil {
			return nil, err
		}
		if answers(x.query[2:], buf[:n]) {
			return buf[:n], nil
		}
	}
	return nil, errJunk
}

// stream is an exchange over TCP.
type stream struct {
	connected bool
	length    [2]byte // of msg (RFC 1035, 4.2.2)
	msg       []byte
	have      int // octets of both
}

// receive sends the query once the connection is there, and then reads.
func (t *stream) receive(x *exchange) ([]byte, error) {
	if !t.connected {
		return nil, t.send(x)
	}
	for {
		rest := t.length[min(t.have, len(t.length)):]
		if len(rest) == 0 {
			rest = t.msg[t.have-len(t.length):]
		}
		n, err := read(x.fd, rest)
		switch {
		case err != nil:
			return nil, err
		case n == 0:
			return nil, errClosed
		}
		t.have += n
		switch length := int(binary.BigEndian.Uint16(t.length[:])); {
		case t.have < len(t.length):
			continue
		case length < headerSize:
			return nil, errShort
		case t.msg == nil:
			t.msg = make([]byte, length)
		case t.have == len(t.length)+length && answers(x.query[2:], t.msg):
			return t.msg, nil
		case t.have == len(t.length)+length:
			return nil, errJunk // nothing else was asked on this connection
		}
	}
}

// send sends the query if the connection is there.
func (t *stream) send(x *exchange) error {
	switch errno, err := syscall.GetsockoptInt(x.fd, syscall.SOL_SOCKET, syscall.SO_ERROR); {
	case err != nil:
		return err
	case errno != 0:
		return syscall.Errno(errno)
	}
	_, err := syscall.Write(x.fd, x.query) // which fits into any buffer
	if err == nil {
		t.connected = true
	}
	if err == nil || err == syscall.EAGAIN {
		err = errNotYet
	}
	return err
}

// read is read(2); if there is nothing to read, its error is errNotYet.
func read(fd int, b []byte) (int, error) {
	for {
		n, err := syscall.Read(fd, b)
		switch err {
		case nil:
			return n, nil
		case syscall.EAGAIN:
			return 0, errNotYet
		case syscall.EINTR:
		default:
			return 0, err
		}
	}
}
