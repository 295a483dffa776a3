package spf

import "strings"

const (
	// headerSize is the length of a message's header (RFC 1035, 4.1.1).
	headerSize = 12

	// maxQuery is the longest query that appendQuery makes: header, name (with
	// an octet of length more than its text has, and the root), type and
	// class, and an OPT record without options.
	maxQuery = headerSize + 1 + nameLimit + 1 + 4 + 11

	// maxPointers is how many compression pointers a name may go through: each
	// stands for a label at least, and no name has more.
	maxPointers = nameLimit / 2

	classIN = 1 // RFC 1035, 3.2.4

	// Types beside those that are asked for (RFC 1035, 3.2.2; RFC 6891, 6.1.1).
	typeNS    = 2
	typeCNAME = 5
	typeSOA   = 6
	typeOPT   = 41

	// The RCODEs that decide what happens next (RFC 1035, 4.1.1; RFC 6891, 9).
	rcodeSuccess  = 0
	rcodeFormErr  = 1
	rcodeServFail = 2
	rcodeNXDomain = 3
	rcodeNotImp   = 4
	rcodeBadVers  = 16
)

// encodable tells whether a message can hold name; the root is "".
func encodable(name string) bool {
	return name == "" || len(name) <= nameLimit && validLabels(name)
}

// appendQuery appends the query for q, whose name is encodable, to b. A udpSize
// other than 0 announces that answers may be so long (RFC 6891, 6.2.3).
func appendQuery(b []byte, id uint16, q Question, udpSize uint16) []byte {
	options := byte(0)
	if udpSize != 0 {
		options = 1
	}
	b = append(b, byte(id>>8), byte(id), 1, 0, 0, 1, 0, 0, 0, 0, 0, options) // RD; one question
	b = appendName(b, q.Name)
	b = append(b, byte(q.Type>>8), byte(q.Type), 0, classIN)
	if udpSize != 0 { // RFC 6891, 6.1.2
		b = append(b, 0, 0, typeOPT, byte(udpSize>>8), byte(udpSize), 0, 0, 0, 0, 0, 0)
	}
	return b
}

// appendName appends a name that is encodable (RFC 1035, 3.1).
func appendName(b []byte, name string) []byte {
	if name != "" {
		for label := range strings.SplitSeq(name, ".") {
			b = append(append(b, byte(len(label))), label...)
		}
	}
	return append(b, 0)
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

// nameEnd tells where the name at off ends; beyond the message if it does not.
func (m message) nameEnd(off int) int {
	for off < len(m) {
		switch c := int(m[off]); {
		case c == 0:
			return off + 1
		case c > labelLimit:
			return off + 2 // a pointer, or an error that name finds
		default:
			off += 1 + c
		}
	}
	return len(m) + 1
}

// named tells whether the name at off is this one.
func (m message) named(off int, name string) (bool, error) {
	var space [nameLimit]byte
	got, ok, err := m.name(space[:0], off)
	return ok && string(got) == name, err
}

// host reads a name that ends at end: "" if Question cannot hold it.
func (m message) host(off, end int) (string, error) {
	if m.nameEnd(off) != end {
		return "", errFormat
	}
	var space [nameLimit]byte
	name, ok, err := m.name(space[:0], off)
	if !ok || err != nil {
		return "", err
	}
	return string(name), nil
}

// name appends the name at off to b in the form that Question has (RFC 1035,
// 4.1.4). A name with a dot within a label has none: ok is false.
func (m message) name(b []byte, off int) (name []byte, ok bool, err error) {
	ok = true
	start := len(b)
	for pointers := 0; ; {
		if off >= len(m) {
			return nil, false, errFormat
		}
		c := int(m[off])
		switch {
		case c == 0:
			return b, ok, nil
		case c <= labelLimit:
			if len(b) > start {
				b = append(b, '.')
			}
			end := off + 1 + c
			if end > len(m) || len(b)-start+c > nameLimit {
				return nil, false, errFormat
			}
			for _, octet := range m[off+1 : end] {
				ok = ok && octet != '.'
				b = append(b, lower(octet))
			}
			off = end
		case c >= 0xc0 && off+1 < len(m) && pointers < maxPointers:
			pointers++
			off = (c&0x3f)<<8 | int(m[off+1])
		default:
			return nil, false, errFormat
		}
	}
}
