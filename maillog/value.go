package maillog

import "bytes"

// unknownValue stands for a value that is not shown: a recipient that
// Hide_Receiver hides, an attribute that Postfix did not send.
const unknownValue = "<UNKNOWN>"

// The classes of bytes in charClass.
const (
	plain   = '.' // may stand in a value without quotes, and in a queue id if also one of these:
	digit   = '0'
	hex     = 'A' // capital letter A or E
	letter  = 'B' // other letter that is no vowel
	vowel   = 'I' // other vowel
	special = 'x' // asks for quotes (RFC 7208, 9.1), or is in no value at all
)

// charClass has the class of each byte.
const charClass = "" +
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.x.....xx..x...0000000000.xxxx." +
	".ABBBABBBIBBBBBIBBBBBIBBBBB.x....IBBBIBBBIBBBBBIBBBBBIBBBBB....x" +
	"................................................................" +
	"................................................................"

func isSpecial(c byte) bool { return charClass[c] == special }

// value reads a value at the beginning of b and returns what follows it: a
// quoted-string (RFC 5322, 3.2.4), "<>", "<UNKNOWN>" or a run of characters that
// are not special. The value may be empty.
func (p *Parser) value(b []byte) (value, rest []byte, ok bool) {
	if len(b) == 0 {
		return b, b, true
	}
	switch b[0] {
	case '"':
		return p.unquote(b)
	case '<':
		for _, whole := range [...]string{"<>", unknownValue} {
			if len(b) >= len(whole) && string(b[:len(whole)]) == whole {
				return b[:len(whole)], b[len(whole):], true
			}
		}
		return nil, b, false
	}
	for i, c := range b {
		if isSpecial(c) {
			return b[:i], b[i:], true
		}
	}
	return b, nil, true
}

// unquote reads a quoted-string (RFC 5322, 3.2.4). Its value is a part of b, or
// of p.scratch if backslashes had to go.
func (p *Parser) unquote(b []byte) (value, rest []byte, ok bool) {
	start := len(p.scratch)
	from := 1
	for i := 1; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			if from == 1 {
				return b[1:i], b[i+1:], true
			}
			p.scratch = append(p.scratch, b[from:i]...)
			return p.scratch[start:], b[i+1:], true
		case c == '\\':
			if i+1 == len(b) {
				return nil, b, false
			}
			p.scratch = append(p.scratch, b[from:i]...)
			i++
			p.scratch = append(p.scratch, b[i])
			from = i + 1
		case c < ' ' && c != '\t' || c == 0x7F:
			return nil, b, false
		}
	}
	return nil, b, false
}

// comment reads a comment with those nested in it (RFC 5322, 3.2.2). text is
// what stands between the parentheses, escapes included.
func comment(b []byte) (text, rest []byte, ok bool) {
	if len(b) == 0 || b[0] != '(' {
		return nil, b, false
	}
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return b[1:i], b[i+1:], true
			}
		}
	}
	return nil, b, false
}

// pairs are the values of a key-value-list (RFC 7208, 9.1).
type pairs struct {
	identity, client, helo, sender, recipient []byte
	seen                                      uint8
}

// The keys of pairs.
const (
	keyIdentity = 1 << iota
	keyClient
	keyHELO
	keySender
	keyReceiver

	keysAll = keyIdentity | keyClient | keyHELO | keySender | keyReceiver
)

// set sets the value of a key. It returns false for one that has a value: two
// values contradict each other. Other keys do not matter.
func (v *pairs) set(key, value []byte) bool {
	var bit uint8
	switch string(key) {
	case "identity":
		bit, v.identity = keyIdentity, value
	case "client-ip":
		bit, v.client = keyClient, value
	case "helo":
		bit, v.helo = keyHELO, value
	case "envelope-from":
		bit, v.sender = keySender, value
	case "receiver":
		bit, v.recipient = keyReceiver, value
	}
	if v.seen&bit != 0 {
		return false
	}
	v.seen |= bit
	return true
}

// readPairs reads a key-value-list as RFC 7208, 9.1 defines it: all of b, with a
// semicolon between two pairs and perhaps one at the end.
func (p *Parser) readPairs(b []byte) (v pairs, ok bool) {
	for {
		i := 0
		for i < len(b) && !isSpecial(b[i]) {
			i++
		}
		if i == 0 || i == len(b) || b[i] != '=' {
			return v, false
		}
		key := b[:i]
		value, rest, ok := p.value(b[i+1:])
		if !ok || !v.set(key, value) {
			return v, false
		}
		rest, more := cutSemicolon(rest)
		if len(rest) == 0 {
			return v, true
		}
		if !more {
			return v, false
		}
		b = rest
	}
}

// readOwnPairs is readPairs for a list that a policy server wrote. One of
// policyd-spf's is cut short if it does not have all keys. postfix-policyd-spf-perl
// writes the name of the receiving host as receiver.
func (p *Parser) readOwnPairs(b []byte) (v pairs, ok bool) {
	v, ok = p.readPairs(b)
	if p.rec.Program == PolicySPF {
		v.seen &^= keyReceiver
		return v, ok && v.seen&keyClient != 0
	}
	return v, ok && v.seen == keysAll
}

// cutSemicolon removes white space and one semicolon from the beginning of b. It
// reports whether there was a semicolon.
func cutSemicolon(b []byte) (rest []byte, found bool) {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t' || b[0] == ';' && !found) {
		found = found || b[0] == ';'
		b = b[1:]
	}
	return b, found
}

// The separators of a list of unquoted values.
const (
	clientKey    = "client-ip="
	heloKey      = "; helo="
	senderKey    = "; envelope-from="
	recipientKey = "; receiver="
)

// readUnquoted reads "client-ip=...; helo=...; envelope-from=...; receiver=..."
// whose values are not quoted, as pypolicyd-spf, spf-engine and all comments
// have them. It returns false unless each key stands there once: a value that
// holds a key could be anybody's words.
func readUnquoted(b []byte) (v pairs, ok bool) {
	b, ok = cutPrefix(b, clientKey)
	if !ok {
		return v, false
	}
	if v.client, b, ok = cutOnce(b, heloKey); !ok {
		return v, false
	}
	if v.helo, b, ok = cutOnce(b, senderKey); !ok {
		return v, false
	}
	if v.sender, v.recipient, ok = cutOnce(b, recipientKey); !ok {
		return v, false
	}
	for _, value := range [...][]byte{v.helo, v.sender, v.recipient} {
		if contains(value, clientKey) || contains(value, heloKey) || contains(value, senderKey) || hasControl(value) || isCutQuote(value) {
			return v, false
		}
	}
	v.recipient = bytes.TrimSuffix(v.recipient, []byte(" "))
	v.seen = keyClient | keyHELO | keySender | keyReceiver
	return v, true
}

// isCutQuote reports whether b begins a quoted-string that does not end: the
// line was quoted, and syslogd cut it.
func isCutQuote(b []byte) bool {
	if len(b) == 0 || b[0] != '"' {
		return false
	}
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return false
		}
	}
	return true
}

// cutOnce cuts b around the only separator in it.
func cutOnce(b []byte, separator string) (before, after []byte, ok bool) {
	i := index(b, separator)
	if i < 0 {
		return nil, b, false
	}
	before, after = b[:i], b[i+len(separator):]
	return before, after, !contains(after, separator)
}

// cut cuts b around the first separator in it.
func cut(b []byte, separator string) (before, after []byte, ok bool) {
	i := index(b, separator)
	if i < 0 {
		return b, nil, false
	}
	return b[:i], b[i+len(separator):], true
}

// index returns where sub begins in b, -1 if nowhere. The conversion of a short
// constant does not allocate.
func index(b []byte, sub string) int { return bytes.Index(b, []byte(sub)) }

func contains(b []byte, sub string) bool { return index(b, sub) >= 0 }

// hasControl reports whether b holds a control character, which no program of
// those that are read writes.
func hasControl(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c == 0x7F {
			return true
		}
	}
	return false
}

// believe sets the Record's Envelope to values that were read. It returns false
// if the client is no address.
func (r *Record) believe(v pairs) bool {
	e := &r.Envelope
	if v.seen&keyClient != 0 {
		var ok bool
		if e.Client, ok = parseAddr(v.client); !ok {
			return false
		}
		e.Known |= HasClient
	}
	if v.seen&keyHELO != 0 && string(v.helo) != unknownValue {
		e.HELO = v.helo
		e.Known |= HasHELO
	}
	if v.seen&keySender != 0 && string(v.sender) != unknownValue {
		e.Sender = v.sender
		if string(v.sender) == "<>" {
			e.Sender = nil
		}
		e.Known |= HasSender
	}
	if v.seen&keyReceiver != 0 && string(v.recipient) != unknownValue && string(v.recipient) != "none" {
		e.Recipient = v.recipient
		e.Known |= HasRecipient
	}
	return true
}

// doubt marks the Record as one that does not tell who sends to whom.
func (r *Record) doubt() {
	r.Ambiguous = true
	r.Envelope = Envelope{}
	r.Identity = NoIdentity
}

func identityNamed(name []byte) Identity {
	switch string(name) {
	case "helo":
		return HELO
	case "mailfrom", "mfrom":
		return MailFrom
	}
	return NoIdentity
}
