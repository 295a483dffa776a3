package maillog

import (
	"bytes"
	"time"
)

const (
	// MaxLine is the longest line that is read, in bytes. syslog daemons
	// truncate far below it: rsyslog at 8 kB, journald at 48 kB.
	MaxLine = 64 << 10

	// maxValue is the longest HELO name, sender or recipient, in bytes: Postfix
	// reads no longer line from a client (line_length_limit). It bounds what an
	// unfinished message can hold.
	maxValue = 2048
)

// Parser reads log lines. It is not safe for concurrent use.
type Parser struct {
	rec     Record
	scratch []byte // unquoted values of the line
	clock   clock
	pairs   pairCache
}

// NewParser returns a Parser. Time stamps without a year get the latest year
// that is not after now, and those without a zone are in now's location.
func NewParser(now time.Time) *Parser { return &Parser{clock: newClock(now)} }

// Parse reads a line without its line ending. It never returns nil. The Record
// is valid until the next call.
func (p *Parser) Parse(line []byte) *Record {
	r := &p.rec
	r.Kind = Unreadable
	if len(line) > MaxLine {
		return p.unreadable()
	}
	if len(line) > 0 && line[0] == '<' {
		line = cutPriority(line)
	}
	n := stampLen(line)
	if n == 0 || n+1 >= len(line) {
		return p.unreadable()
	}
	stamp, rest := line[:n], line[n+1:]
	i := bytes.IndexByte(rest, ' ')
	if i <= 0 || i+1 == len(rest) {
		return p.unreadable()
	}
	host, rest := rest[:i], rest[i+1:]
	program, service, rest := splitIdent(rest)
	if program == NoProgram {
		r.Kind = Foreign
		return r
	}
	*r = Record{} // field by field: a composite literal would be copied
	r.Kind, r.Program, r.Stamp, r.Host, r.Repeated = Other, program, stamp, host, 1
	text, pid, ok := splitPID(rest)
	if ok && (program == PolicydSPF || program == PolicySPF) {
		_, ok = p.Time(stamp)
	}
	if !ok {
		r.Kind = Unreadable
		return r
	}
	text, r.Repeated = cutRepeat(text)
	if len(text) == 0 {
		r.Kind = Unreadable
		return r
	}
	r.PID, r.Text = pid, text
	p.scratch = p.scratch[:0]
	if cap(p.scratch) < len(line) { // values never outgrow their line: no slice of scratch moves
		p.scratch = make([]byte, 0, max(len(line), 1024))
	}
	switch program {
	case PolicydSPF:
		p.policy(text)
	case PolicySPF:
		if action, ok := cutPrefix(text, "Policy action="); ok {
			p.policy(action)
		}
	case Postfix:
		p.postfix(service, text)
	case OpenDMARC:
		p.openDMARC(text)
	case OpenDKIM:
		p.openDKIM(text)
	case Rspamd:
		p.rspamd(text)
	}
	if len(r.HELO) > maxValue || len(r.Sender) > maxValue || len(r.Recipient) > maxValue {
		r.Kind = Unreadable
	}
	return r
}

// unreadable returns the Record of a line that is not a log line.
func (p *Parser) unreadable() *Record {
	p.rec = Record{Kind: Unreadable, Repeated: 1}
	return &p.rec
}

// Time returns the time of a time stamp, and false if it is malformed.
func (p *Parser) Time(stamp []byte) (time.Time, bool) { return p.clock.parse(stamp) }

// cutPriority removes the priority that some syslogds write into files ("<22>").
func cutPriority(line []byte) []byte {
	const maxDigits = 3 // RFC 5424, 6.2.1
	for i := 1; i < len(line) && i <= maxDigits+1; i++ {
		if line[i] == '>' {
			return line[i+1:]
		}
		if !isDigit(line[i]) {
			break
		}
	}
	return line
}

// stampLen returns the length of the time stamp that a line begins with, 0 if
// there is none. It looks at the shape only; Time looks at the digits.
func stampLen(line []byte) int {
	const rfc3164 = len("Nov  2 10:11:12")
	const maxISO = 40
	if len(line) <= rfc3164 {
		return 0
	}
	if line[3] == ' ' && line[6] == ' ' && line[9] == ':' && line[12] == ':' && line[rfc3164] == ' ' {
		return rfc3164
	}
	if line[4] == '-' && line[7] == '-' && line[10] == 'T' && line[13] == ':' {
		if i := bytes.IndexByte(line[:min(len(line), maxISO)], ' '); i > 0 {
			return i
		}
	}
	return 0
}

// splitIdent returns the program and the service that an ident names, and what
// follows the ident. Postfix's syslog_name may have anything after "postfix",
// and a service name of master.cf in the middle: "postfix/submission/smtpd".
func splitIdent(rest []byte) (Program, []byte, []byte) {
	if rest[0] != 'p' && rest[0] != 'o' && rest[0] != 'r' {
		return NoProgram, nil, nil
	}
	const (
		maxIdent = 64
		own      = "policyd-spf"
		postfix  = "postfix/"
	)
	end, service := 0, 0
	switch { // two thirds of a mail server's lines begin with these
	case len(rest) > len(own) && string(rest[:len(own)]) == own && rest[len(own)] == '[':
		return PolicydSPF, nil, rest[len(own):]
	case len(rest) > len(postfix) && string(rest[:len(postfix)]) == postfix:
		end, service = len(postfix), len(postfix)
	}
	for end < len(rest) && end < maxIdent && rest[end] != '[' && rest[end] != ':' && rest[end] != ' ' {
		if rest[end] == '/' {
			service = end + 1
		}
		end++
	}
	if end == len(rest) || rest[end] == ' ' {
		return NoProgram, nil, nil
	}
	ident, rest := rest[:end], rest[end:]
	if service > 0 {
		name := ident[service:]
		switch {
		case service < len(postfix) || string(ident[:len("postfix")]) != "postfix":
		case string(name) == "policy-spf":
			return PolicySPF, nil, rest
		case isPostfixService(name):
			return Postfix, name, rest
		}
		return NoProgram, nil, nil
	}
	switch string(ident) {
	case "policyd-spf":
		return PolicydSPF, nil, rest
	case "opendmarc":
		return OpenDMARC, nil, rest
	case "opendkim":
		return OpenDKIM, nil, rest
	case "rspamd":
		return Rspamd, nil, rest
	}
	return NoProgram, nil, nil
}

// splitPID reads "[pid]: text" or ": text".
func splitPID(rest []byte) (text []byte, pid uint32, ok bool) {
	if rest[0] == '[' {
		const maxDigits = 9
		i := 1
		for ; i < len(rest) && i <= maxDigits && isDigit(rest[i]); i++ {
			pid = pid*10 + uint32(rest[i]-'0')
		}
		if i == 1 || i >= len(rest) || rest[i] != ']' {
			return nil, 0, false
		}
		rest = rest[i+1:]
	}
	if len(rest) < 2 || rest[0] != ':' || rest[1] != ' ' {
		return nil, 0, false
	}
	return rest[2:], pid, true
}

// cutRepeat undoes rsyslog's $RepeatedMsgReduction: "message repeated 2 times: [
// text]". No text of a program that is read begins like this by itself.
func cutRepeat(text []byte) ([]byte, int) {
	rest, ok := cutPrefix(text, "message repeated ")
	if !ok {
		return text, 1
	}
	const maxDigits = 6
	n, i := 0, 0
	for ; i < len(rest) && i < maxDigits && isDigit(rest[i]); i++ {
		n = n*10 + int(rest[i]-'0')
	}
	rest, ok = cutPrefix(rest[i:], " times: [")
	if !ok || n == 0 || rest[len(rest)-1] != ']' {
		return text, 1
	}
	return bytes.TrimPrefix(rest[:len(rest)-1], []byte(" ")), n
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// cutPrefix returns b without prefix, and false if b does not begin with it or
// ends there.
func cutPrefix(b []byte, prefix string) ([]byte, bool) {
	if len(b) <= len(prefix) || string(b[:len(prefix)]) != prefix {
		return b, false
	}
	return b[len(prefix):], true
}

// cutQueueID splits "4F1A22C0D1: text", where text is not empty. A queue id is
// upper-case hexadecimal, or with enable_long_queue_ids letters and digits without
// vowels. Text without a digit is a queue id only if it is too long to be a word
// without vowels.
func cutQueueID(text []byte) (id, rest []byte, ok bool) {
	const minLen, maxLen, minNoDigit = 4, 32, 10
	var seen byte
	i := 0
	for i < len(text) && i <= maxLen && charClass[text[i]]&isIDChar != 0 {
		seen |= charClass[text[i]]
		i++
	}
	if i < minLen || i > maxLen || i+2 >= len(text) || text[i] != ':' || text[i+1] != ' ' ||
		seen&isDigitChar == 0 && (seen&isVowelChar != 0 || i < minNoDigit) {
		return nil, text, false
	}
	return text[:i], text[i+2:], true
}

// LineTime returns the time stamp of a line of any program, and false if it begins
// with none.
func (p *Parser) LineTime(line []byte) (time.Time, bool) {
	if len(line) > 0 && line[0] == '<' {
		line = cutPriority(line)
	}
	n := stampLen(line)
	if n == 0 {
		return time.Time{}, false
	}
	return p.Time(line[:n])
}
