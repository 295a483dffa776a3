package dnstest

import (
	"net"
	"net/netip"

	"github.com/miekg/dns"
)

// Record is the record in Good, for the name x.test.
const Record = `x.test. 60 TXT "v=spf1 -all"`

// Respond returns a handler that sends one datagram for each of makes.
func Respond(makes ...func(query []byte) []byte) UDPHandler {
	return func(s *Server, query []byte, from netip.AddrPort) {
		for _, make := range makes {
			s.Send(from, make(query))
		}
	}
}

// RespondTCP returns a handler that writes one framed message.
func RespondTCP(make func(query []byte) []byte) TCPHandler {
	return func(_ *Server, query []byte, conn *net.TCPConn) { conn.Write(Framed(make(query))) }
}

// WaitClosed reads until the client closes the connection.
func WaitClosed(conn *net.TCPConn) { conn.Read(make([]byte, 1)) }

// Good answers with Record.
func Good(query []byte) []byte { return Pack(Reply(query, 0, Record)) }

// Truncated is Good with TC set.
func Truncated(query []byte) []byte {
	return Edited(func(m *dns.Msg) { m.Truncated = true })(query)
}

// TooShort is shorter than a message's header.
func TooShort([]byte) []byte { return []byte{1, 2, 3, 4, 5} }

// HeaderOnly is a FORMERR response without a question.
func HeaderOnly(query []byte) []byte {
	return []byte{query[0], query[1], 0x81, 0x81, 0, 0, 0, 0, 0, 0, 0, 0}
}

// Rcode answers with an RCODE and no records.
func Rcode(n int) func(query []byte) []byte {
	return func(query []byte) []byte { return Pack(Reply(query, n)) }
}

// Edited is Good after an edit.
func Edited(edit func(m *dns.Msg)) func(query []byte) []byte {
	return func(query []byte) []byte {
		m := Reply(query, 0, Record)
		edit(m)
		return Pack(m)
	}
}

// Records answers with records in the form of zone files.
func Records(records ...string) func(query []byte) []byte {
	return func(query []byte) []byte { return Pack(Reply(query, 0, records...)) }
}

// NameAsText answers with a TXT record whose text is the name asked for.
func NameAsText(query []byte) []byte {
	name := Reply(query, 0).Question[0].Name
	return Records(name + ` 60 TXT "` + name + `"`)(query)
}

// WithSOA answers with an RCODE, records, and a SOA record of TTL 50 and MINIMUM 40.
func WithSOA(rcode int, records ...string) func(query []byte) []byte {
	return WithSOAOf("test. 50 SOA ns. root. 1 3600 600 86400 40", rcode, records...)
}

// WithSOAOf answers with an RCODE, records, and the SOA record given.
func WithSOAOf(record string, rcode int, records ...string) func(query []byte) []byte {
	return func(query []byte) []byte {
		m := Reply(query, rcode, records...)
		m.Ns = Reply(query, 0, record).Answer
		return Pack(m)
	}
}

// MissingRecord announces a record and ends after the question.
func MissingRecord(query []byte) []byte {
	b := Pack(Reply(query, 0))
	b[7] = 1
	return b
}

// MissingSecondRecord is Good with another record announced.
func MissingSecondRecord(query []byte) []byte {
	b := Good(query)
	b[7] = 2
	return b
}

// EmptyCNAME answers with a CNAME record without data.
func EmptyCNAME(query []byte) []byte {
	const headerSize = 12
	return append(MissingRecord(query), 0xc0, headerSize, 0, 5, 0, 1, 0, 0, 0, 60, 0, 0)
}

// Referral answers like a server that knows only which servers to query.
func Referral(query []byte) []byte {
	m := Reply(query, 0)
	m.RecursionAvailable = false
	m.Ns = Reply(query, 0, "test. 60 NS ns.test.").Answer
	return Pack(m)
}

// CompressionLoop answers with a record whose name is a compression pointer to itself.
func CompressionLoop(query []byte) []byte {
	b := MissingRecord(query)
	at := len(b)
	return append(b, 0xc0|byte(at>>8), byte(at), 0, 16, 0, 1, 0, 0, 0, 60, 0, 2, 1, 'x')
}
