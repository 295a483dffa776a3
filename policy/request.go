package policy

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"policyd-spf/conf"
)

// The limits of what is read. Both are far beyond what Postfix sends: its longest
// values are the sender and the names of a TLS certificate, and a request has some
// forty attributes.
const (
	maxLine    = 16 << 10  // bytes of a line, its line feed included: eight times smtpd's line_length_limit
	maxRequest = 256 << 10 // bytes of a request; it limits the memory that a request can take
)

// AttributeSet is a set of a request's attributes.
type AttributeSet uint8

// The attributes that exemption headers show as missing.
const (
	ClientAddress AttributeSet = 1 << iota
	HELOName
	Sender
)

// Request is a policy request of Postfix (SMTPD_POLICY_README). Values are in lower
// case, except QueueID.
type Request struct {
	ClientAddress string // client_address
	HELOName      string // helo_name
	Sender        string // sender
	Recipient     string // recipient
	Instance      string // instance: the same for all recipients of a message
	QueueID       string // queue_id

	SASLUsername string // sasl_username
	CertSubject  string // ccert_subject
	CertIssuer   string // ccert_issuer

	Missing AttributeSet // the attributes that were not sent at all
}

// authenticated reports whether the client has a SASL login or a verified TLS
// certificate. Postfix sends ccert_subject and ccert_issuer only for a certificate
// that it trusts, but ccert_fingerprint for any.
func (r Request) authenticated() bool { return r.SASLUsername+r.CertSubject+r.CertIssuer != "" }

// The errors of reader.next for a request that is not checked.
var (
	errLongLine    = errors.New("a line of 16384 bytes or more")
	errLongRequest = errors.New("a request of more than 262144 bytes")
)

// reader reads requests. Its memory is limited by maxLine and maxRequest.
type reader struct {
	in  *bufio.Reader
	log *Log

	values []byte // the values of the request being read, in lower case
}

// span is a value in reader.values.
type span struct {
	start, end int
	present    bool
}

// The attributes that are read, as indexes of a request's spans.
const (
	attrClientAddress = iota
	attrHELOName
	attrSender
	attrRecipient
	attrInstance
	attrQueueID
	attrSASLUsername
	attrCertSubject
	attrCertIssuer
	attrCount
)

func newReader(in io.Reader, log *Log) *reader {
	return &reader{in: bufio.NewReaderSize(in, maxLine), log: log}
}

// next reads a request up to its empty line. It returns io.EOF at the end of the
// input, even within a request. errLongLine and errLongRequest are about this
// request only: it has been read to its end, and the next one may follow.
func (r *reader) next() (Request, error) {
	var spans [attrCount]span
	var tooLong error
	size := 0
	r.values = r.values[:0]
	for {
		line, err := r.line()
		if err == errLongLine {
			tooLong = err
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
		if size += len(line) + 1; size > maxRequest && tooLong == nil {
			tooLong = errLongRequest
		}
		if tooLong == nil {
			r.attribute(line, &spans)
		}
	}
	if tooLong != nil {
		return Request{}, tooLong
	}
	return r.request(&spans), nil
}

// line returns the next line without its line feed. It is valid until the next
// call. A line that is too long is read to its end and returns errLongLine.
func (r *reader) line() ([]byte, error) {
	line, err := r.in.ReadSlice('\n')
	if err == nil {
		return line[:len(line)-1], nil
	}
	for errors.Is(err, bufio.ErrBufferFull) {
		if _, err = r.in.ReadSlice('\n'); err == nil {
			return nil, errLongLine
		}
	}
	return nil, err
}

// attribute stores the value of a line if its attribute is in use.
func (r *reader) attribute(line []byte, spans *[attrCount]span) {
	name, value, ok := splitLine(line)
	if !ok {
		r.log.unmatched(line)
		return
	}
	i := attributeIndex(name)
	if i == attrCount {
		return
	}
	if !utf8.Valid(value) {
		value = []byte(conf.DecodeUTF8(value))
	}
	start := len(r.values)
	switch i {
	case attrQueueID:
		r.values = append(r.values, value...)
	case attrHELOName:
		r.values = appendLowerName(r.values, value)
	case attrSender:
		at := bytes.LastIndexByte(value, '@') + 1
		r.values = appendLowerName(appendLower(r.values, value[:at]), value[at:])
	default:
		r.values = appendLower(r.values, value)
	}
	spans[i] = span{start, len(r.values), true}
}

// attributeIndex returns the index of an attribute, or attrCount if it is not in use.
func attributeIndex(name []byte) int {
	switch string(name) {
	case "client_address":
		return attrClientAddress
	case "helo_name":
		return attrHELOName
	case "sender":
		return attrSender
	case "recipient":
		return attrRecipient
	case "instance":
		return attrInstance
	case "queue_id":
		return attrQueueID
	case "sasl_username":
		return attrSASLUsername
	case "ccert_subject":
		return attrCertSubject
	case "ccert_issuer":
		return attrCertIssuer
	}
	return attrCount
}

// request returns the values that were read.
func (r *reader) request(spans *[attrCount]span) Request {
	values := string(r.values) // the only allocation of a request
	value := func(i int) string { return values[spans[i].start:spans[i].end] }
	request := Request{
		ClientAddress: value(attrClientAddress),
		HELOName:      value(attrHELOName),
		Sender:        value(attrSender),
		Recipient:     value(attrRecipient),
		Instance:      value(attrInstance),
		QueueID:       value(attrQueueID),
		SASLUsername:  value(attrSASLUsername),
		CertSubject:   value(attrCertSubject),
		CertIssuer:    value(attrCertIssuer),
	}
	for i, a := range [...]AttributeSet{attrClientAddress: ClientAddress, attrHELOName: HELOName, attrSender: Sender} {
		if !spans[i].present {
			request.Missing |= a
		}
	}
	return request
}

// splitLine splits a line: white space, a name without white space and without
// "=", white space, "=", and the value, which is all the rest.
func splitLine(line []byte) (name, value []byte, ok bool) {
	i := bytes.IndexByte(line, '=')
	if i < 0 {
		return nil, nil, false
	}
	name, value = line[:i], line[i+1:]
	for _, c := range name {
		if c <= ' ' || c >= utf8.RuneSelf { // rare
			name = trimRight(trimLeft(name))
			return name, value, len(name) > 0 && !bytes.ContainsFunc(name, conf.IsSpace)
		}
	}
	return name, value, i > 0
}
