package dns

import "strings"

const (
	// headerSize is the length of a message's header (RFC 1035, 4.1.1).
	headerSize = 12

	// maxQuery is the length of the longest query that appendQuery makes: a
	// header, a name (whose wire format is two bytes longer than its text), a
	// type and a class, and an OPT record without options.
	maxQuery = headerSize + 1 + MaxNameLen + 1 + 4 + 11

	typeNS  = 2  // RFC 1035, 3.2.2
	classIN = 1  // RFC 1035, 3.2.4
	typeOPT = 41 // RFC 6891, 6.1.1
)

// validName reports whether a message can hold name; the root is "".
func validName(name string) bool {
	return name == "" || IsName(name)
}

// appendQuery appends the query for q, whose name is valid, to b. A udpSize other
// than 0 announces how long an answer may be (RFC 6891, 6.2.3).
func appendQuery(b []byte, id uint16, q Question, udpSize uint16) []byte {
	additional := byte(0)
	if udpSize != 0 {
		additional = 1
	}
	b = append(b, byte(id>>8), byte(id), 1, 0, 0, 1, 0, 0, 0, 0, 0, additional) // RD; one question
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

// isResponseTo reports whether msg is a response to query: QR is set, and ID,
// opcode and question are the query's, the name in any case (RFC 5452, 9.1; RFC
// 4343, 3). A server that could not parse the query may leave out the question.
func isResponseTo(query, msg []byte) bool {
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
		if lower(msg[i]) != lower(query[i]) { // the lengths of labels are below 'A'
			return false
		}
	}
	return true
}

// isTruncated reports whether the response msg has TC set.
func isTruncated(msg []byte) bool { return msg[2]&0x02 != 0 }

// lower returns c in lower case if it is a US-ASCII letter (RFC 4343, 3).
func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}
