package dns

import (
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/miekg/dns"
)

// patience is the client's time-out where a test waits for it to pass, and
// plenty where it must not pass.
const (
	patience = 60 * time.Millisecond
	plenty   = 20 * time.Second
)

const theRecord = `x.test. 60 TXT "v=spf1 -all"`

var theQuestion = Question{"x.test", TypeTXT}

// answering sends what is made of each query, one datagram for each.
func answering(makes ...func(query []byte) []byte) udpDeed {
	return func(s *nameServer, query []byte, from netip.AddrPort) {
		for _, make := range makes {
			s.send(from, make(query))
		}
	}
}

// overTCP sends what is made of the query, framed.
func overTCP(make func(query []byte) []byte) tcpDeed {
	return func(_ *nameServer, query []byte, conn *net.TCPConn) { conn.Write(framed(make(query))) }
}

// untilClosed reads until the client gives up.
func untilClosed(conn *net.TCPConn) { conn.Read(make([]byte, 1)) }

func good(query []byte) []byte   { return wire(reply(query, 0, theRecord)) }
func cutOff(query []byte) []byte { return edited(func(m *dns.Msg) { m.Truncated = true })(query) }
func tooShort([]byte) []byte     { return []byte{1, 2, 3, 4, 5} }
func justHeader(query []byte) []byte {
	return []byte{query[0], query[1], 0x81, 0x81, 0, 0, 0, 0, 0, 0, 0, 0}
}

// rcode answers with that and nothing else.
func rcode(n int) func(query []byte) []byte {
	return func(query []byte) []byte { return wire(reply(query, n)) }
}

// edited gives the good answer after an edit.
func edited(edit func(m *dns.Msg)) func(query []byte) []byte {
	return func(query []byte) []byte {
		m := reply(query, 0, theRecord)
		edit(m)
		return wire(m)
	}
}

// withRecords gives an answer of these records.
func withRecords(records ...string) func(query []byte) []byte {
	return func(query []byte) []byte { return wire(reply(query, 0, records...)) }
}

// announcing gives an answer that ends behind the question and announces a
// record.
func announcing(query []byte) []byte {
	b := wire(reply(query, 0))
	b[7] = 1
	return b
}

// cutBetween gives the good answer and announces another record behind it.
func cutBetween(query []byte) []byte {
	b := good(query)
	b[7] = 2
	return b
}

// emptyAlias gives an answer of one CNAME record, which is empty.
func emptyAlias(query []byte) []byte {
	return append(announcing(query), 0xc0, headerSize, 0, 5, 0, 1, 0, 0, 0, 60, 0, 0)
}

// referral answers as a server does that knows only whom to ask.
func referral(query []byte) []byte {
	m := reply(query, 0)
	m.RecursionAvailable = false
	m.Ns = reply(query, 0, "test. 60 NS ns.test.").Answer
	return wire(m)
}

// looped gives an answer whose only record's name is a compression pointer to
// itself.
func looped(query []byte) []byte {
	b := wire(reply(query, 0))
	b[7] = 1 // one answer
	at := len(b)
	return append(b, 0xc0|byte(at>>8), byte(at), 0, 16, 0, 1, 0, 0, 0, 60, 0, 2, 1, 'x')
}

// inWords writes an outcome as show does, and time-outs and the like in words.
func inWords(a Answer, err error) string {
	var e *Error
	if !errors.As(err, &e) || e.Kind == BadRcode || e.Kind == TooManyCNAMEs {
		return show(a, err)
	}
	return [...]string{Timeout: "timeout", OutOfTime: "out of time", Malformed: "malformed", Network: "network"}[e.Kind]
}

const theAnswer = `["v=spf1 -all"] 60`
