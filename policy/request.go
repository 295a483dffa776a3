package policy

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"policyd-spf/conf"
)

// The limits of what is read. Both are far beyond what Postfix sends: its
// longest values are the sender and the names of a TLS certificate, and a
// request has some forty attributes.
const (
	maxLine  = 16 << 10  // octets of a line: eight times smtpd's line_length_limit
	maxBlock = 256 << 10 // octets of a request; it bounds what a request can make us keep

	// What a request of the usual length needs, so that one read(2) will do.
	firstBuffer = 4 << 10
)

// Attributes is a set of attributes of a request.
type Attributes uint8

// The attributes that bypass headers show as missing.
const (
	ClientAddress Attributes = 1 << iota
	HELOName
	Sender
)

// Request is what Postfix asks. Values are in lower case, but for QueueID.
type Request struct {
	ClientAddress string // client_address
	HELOName      string // helo_name
	Sender        string // sender
	Recipient     string // recipient
	Instance      string // instance: the same for all recipients of a message
	QueueID       string // queue_id

	Missing Attributes // those that were not there at all
}

// Errors of reader.next for a request that is not going to be checked.
var (
	errLongLine  = errors.New("a line of 16384 octets or more")
	errLongBlock = errors.New("a request of more than 262144 octets")
)

// reader reads requests. Its memory is bounded by maxLine and maxBlock.
type reader struct {
	in  io.Reader
	log *Log

	buf        []byte // buf[start:end] has been read from in, but not used
	start, end int

	values []byte // the values of the request being read, lower-cased
}

// span is a value in reader.values.
type span struct {
	start, end int
	present    bool
}

func newReader(in io.Reader, log *Log) *reader {
	return &reader{in: in, log: log, buf: make([]byte, firstBuffer)}
}

// next reads a request up to its empty line. It gives io.EOF at the end of the
// input, also inside a request. errLongLine and errLongBlock are about this
// request only: it has been read to its end, and the next may follow.
func (r *reader) next() (Request, error) {
	var spans [6]span
	var broken error
	size := 0
	r.values = r.values[:0]
	for {
		line, err := r.line()
		if errors.Is(err, errLongLine) {
			broken = err
			continue
		}
		if err != nil {
			return Request{}, err
		}
		line = trimRight(line)
		r.log.readLine(line)
		if len(line) == 0 {
			break
		}
		if size += len(line) + 1; size > maxBlock && broken == nil {
			broken = errLongBlock
		}
		if broken == nil {
			r.attribute(line, &spans)
		}
	}
	if broken != nil {
		return Request{}, broken
	}
	return r.request(&spans), nil
}

// line gives the next line, without its line feed. It is valid until the next
// call. A line over maxLine is read to its end and gives errLongLine.
func (r *reader) line() ([]byte, error) {
	long := false
	for from := r.start; ; {
		if i := bytes.IndexByte(r.buf[from:r.end], '\n'); i >= 0 {
			line := r.buf[r.start : from+i]
			r.start = from + i + 1
			if long {
				return nil, errLongLine
			}
			return line, nil
		}
		if r.start > 0 {
			r.end = copy(r.buf, r.buf[r.start:r.end])
			r.start = 0
		}
		if r.end == maxLine {
			long, r.end = true, 0
		}
		from = r.end
		if r.end == len(r.buf) {
			r.buf = append(r.buf, make([]byte, min(len(r.buf), maxLine-len(r.buf)))...)
		}
		n, err := r.in.Read(r.buf[r.end:])
		r.end += n
		if n == 0 && err != nil {
			return nil, err
		}
	}
}

// attribute takes the value of a line, if it is of use.
func (r *reader) attribute(line []byte, spans *[6]span) {
	if !utf8.Valid(line) {
		line = []byte(conf.DecodeUTF8(line))
	}
	name, value, ok := splitLine(line)
	if !ok {
		r.log.unmatched(line)
		return
	}
	i := 0
	switch string(name) {
	case "client_address":
		i = 0
	case "helo_name":
		i = 1
	case "sender":
		i = 2
	case "recipient":
		i = 3
	case "instance":
		i = 4
	case "queue_id":
		i = 5
	default:
		return
	}
	start := len(r.values)
	if i == 5 {
		r.values = append(r.values, value...)
	} else {
		r.values = appendLower(r.values, value)
	}
	spans[i] = span{start, len(r.values), true}
}

// request gives the values that were read.
func (r *reader) request(spans *[6]span) Request {
	values := string(r.values) // the one allocation of a request
	value := func(i int) string { return values[spans[i].start:spans[i].end] }
	req := Request{
		ClientAddress: value(0),
		HELOName:      value(1),
		Sender:        value(2),
		Recipient:     value(3),
		Instance:      value(4),
		QueueID:       value(5),
	}
	for i, a := range [...]Attributes{ClientAddress, HELOName, Sender} {
		if !spans[i].present {
			req.Missing |= a
		}
	}
	return req
}

// splitLine takes a line apart: white space, a name without white space and
// without "=", white space, "=", and the value, which is all the rest.
func splitLine(line []byte) (name, value []byte, ok bool) {
	i := bytes.IndexByte(line, '=')
	if i < 0 {
		return nil, nil, false
	}
	name, value = line[:i], line[i+1:]
	for _, c := range name {
		if c <= ' ' || c >= utf8.RuneSelf { // seldom
			name = trimRight(trimLeft(name))
			return name, value, len(name) > 0 && !bytes.ContainsFunc(name, conf.IsSpace)
		}
	}
	return name, value, i > 0
}
