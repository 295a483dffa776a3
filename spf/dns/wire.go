package dns

import "strings"

const (
	// headerSize is the length of a message's header (RFC 1035, 4.1.1).
	headerSize = 12

	// maxQuery is the longest query that appendQuery makes: header, name (with
	// an octet of length more than its text has, and the root), type and
	// class, and an OPT record without options.
	maxQuery = headerSize + 1 + MaxNameLen + 1 + 4 + 11

	typeNS  = 2  // RFC 1035, 3.2.2
	classIN = 1  // RFC 1035, 3.2.4
	typeOPT = 41 // RFC 6891, 6.1.1
)

// encodable tells whether a message can hold name; the root is "".
func encodable(name string) bool {
	return name == "" || IsName(name)
}

// appendQuery appends the query for q, whose name is encodable, to b. A udpSize
// other than 0 announces that answers may be so long (RFC 6891, 6.2.3).
func appendQuery(b []byte, id uint16, q Question, udpSize uint16) []byte {
	options := byte(0)
	if udpSize != 0 {
		options = 1
	}
	b = append(b, byte(id>>8), byte(id), 1, 0, 0, 1, 0, 0, 0, 0, 0, options) // RD; one question
	if q.Name != "" {
		for label := range strings.SplitSeq(q.Name, ".") {
			b = append(append(b, byte(len(label))), label...)
		}
	}
	b = append(b, 0, byte(q.Type>>8), byte(q.Type), 0, classIN)
	if udpSize != 0 { // RFC 6891, 6.1.2
		b = append(b, 0, 0, typeOPT, byte(udpSize>>8), byte(udpSize), 0, 0, 0, 0, 0, 0)
	}
	return b
}

// answers tells whether msg is a response to query: QR is set, id, opcode and
// question are the query's, its name in whatever case (RFC 5452, 9.1; RFC 4343,
// 3). A server that could not even read the query may leave the question out.
func answers(query, msg []byte) bool {
	if len(msg) < headerSize || msg[0] != query[0] || msg[1] != query[1] || msg[2]&0xf8 != 0x80 {
		return false
	}
	if msg[4] == 0 && msg[5] == 0 { // no question
		rcode := int(msg[3] & 0x0f)
		return rcode != rcodeSuccess && rcode != rcodeNXDomain
	}
	end := headerSize
	for query[end] != 0 {
		end += 1 + int(query[end])
	}
	end++ // the root
	if msg[4] != 0 || msg[5] != 1 || len(msg) < end+4 || string(msg[end:end+4]) != string(query[end:end+4]) {
		return false
	}
	for i := headerSize; i < end; i++ {
		if lower(msg[i]) != lower(query[i]) { // the octets of lengths are no letters
			return false
		}
	}
	return true
}

// truncated tells whether msg, which is an answer, has TC set.
func truncated(msg []byte) bool { return msg[2]&0x02 != 0 }

// lower gives the octet for which c counts in names (RFC 4343, 3).
func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}
