package spf

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"time"
)

// maxJunk is how many datagrams that answer something else may come before the
// question is put over TCP instead: late answers and duplicates are few, more
// of them are somebody's guesses at the query's id (RFC 5452, 9.2), and reading
// them costs time.
const maxJunk = 100

// buffers are what an exchange needs.
type buffers struct {
	query [2 + maxQuery]byte // behind the length that TCP wants
	reply [udpSizeLoopback]byte
}

// exchange puts q to s, and again over TCP if the answer does not fit into a
// datagram or cannot be read. With a udpSize of 0 it does without EDNS(0).
func (c *Client) exchange(ctx context.Context, s *server, q Question, udpSize uint16) (response, *DNSError) {
	b := c.buffers.Get().(*buffers)
	defer c.buffers.Put(b)

	var id [2]byte
	rand.Read(id[:]) // RFC 5452, 9.2; it cannot fail
	query := appendQuery(b.query[:2], binary.BigEndian.Uint16(id[:]), q, udpSize)
	binary.BigEndian.PutUint16(query, uint16(len(query)-2))

	if !c.conf.UseTCP {
		msg, err := c.overUDP(ctx, s, query[2:], b.reply[:])
		switch {
		case err == nil && !truncated(msg):
			if r, err := unpack(msg, q); err == nil {
				return r, nil
			}
		case err != nil && err != errJunk:
			return response{}, failure(s, err)
		}
	}
	msg, err := c.overTCP(ctx, s, query)
	if err != nil {
		return response{}, failure(s, err)
	}
	c.reading.Lock()
	r, err := unpack(msg, q)
	c.reading.Unlock()
	if err != nil {
		return response{}, &DNSError{Kind: DNSMalformed, Server: s.addr, Err: err}
	}
	r.answer.TCP = true
	return r, nil
}

var (
	errJunk   = errors.New("answers to other questions")
	errShort  = errors.New("message shorter than its header")
	errCut    = errors.New("answer cut off over TCP")
	errClosed = errors.New("connection closed within the answer")
)

// failure makes a *DNSError of an error in the exchange with s.
func failure(s *server, err error) *DNSError {
	e := &DNSError{Kind: DNSNetwork, Server: s.addr, Err: err}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		e.Kind, e.Err = DNSTimeout, nil
	case err == errJunk, err == errShort, err == errCut, err == errClosed:
		e.Kind = DNSMalformed
	}
	return e
}

// deadline is when an exchange that begins now must have ended.
func (c *Client) deadline(ctx context.Context) time.Time {
	d := time.Now().Add(c.conf.Timeout)
	if last, ok := ctx.Deadline(); ok && last.Before(d) {
		return last
	}
	return d
}

// interruptible sets the deadline of conn, and ends its reads and writes when
// ctx is done, until stop is called.
func interruptible(ctx context.Context, conn net.Conn, deadline time.Time) (stop func() bool) {
	conn.SetDeadline(deadline)
	return context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
}

// overUDP puts query to s in a datagram and reads the answer into buf. The
// socket is new and connected: its port is a random one, and the kernel drops
// what others than s send (RFC 5452, 9.1 and 9.2).
func (c *Client) overUDP(ctx context.Context, s *server, query, buf []byte) ([]byte, error) {
	conn, err := net.DialUDP("udp", nil, s.udpAddr)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer interruptible(ctx, conn, c.deadline(ctx))()
	if _, err := conn.Write(query); err != nil {
		return nil, err
	}
	for range maxJunk {
		n, err := conn.Read(buf)
		if err != nil {
			return nil, err
		}
		if answers(query, buf[:n]) {
			return buf[:n], nil
		}
	}
	return nil, errJunk
}

// overTCP puts query, behind its length, to s over a connection of its own and
// reads the answer (RFC 1035, 4.2.2; RFC 7766).
func (c *Client) overTCP(ctx context.Context, s *server, query []byte) ([]byte, error) {
	deadline := c.deadline(ctx)
	dialer := net.Dialer{Deadline: deadline, KeepAlive: -1}
	conn, err := dialer.DialContext(ctx, "tcp", s.addr.String())
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer interruptible(ctx, conn, deadline)()
	if _, err := conn.Write(query); err != nil {
		return nil, err
	}
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return nil, early(err)
	}
	msg := make([]byte, binary.BigEndian.Uint16(length[:]))
	if len(msg) < headerSize {
		return nil, errShort
	}
	if _, err := io.ReadFull(conn, msg); err != nil {
		return nil, early(err)
	}
	switch {
	case !answers(query[2:], msg):
		return nil, errJunk // nothing else was asked on this connection
	case truncated(msg):
		return nil, errCut
	}
	return msg, nil
}

// early gives the end of a connection that came too early its name.
func early(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errClosed
	}
	return err
}
