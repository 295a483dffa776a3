package maillog

import "bytes"

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
