package maillog

import (
	"bytes"
	"net/netip"
)

// pairs are the values of a key-value-list (RFC 7208, 9.1).
type pairs struct {
	identity, client, helo, sender, recipient []byte
	addr                                      netip.Addr // client, if it was read before
	seen                                      uint8
	twice                                     bool // a key occurs again: its values contradict each other
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

// set sets the value of a key, and reports whether it knows the key.
func (v *pairs) set(key, value []byte) (known bool) {
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
	v.twice = v.twice || v.seen&bit != 0
	v.seen |= bit
	return bit != 0
}

// readOwnPairs reads a key-value-list as a policy server writes it (RFC 7208,
// 9.1): all of b, "; " between two pairs, no key that it does not write, none
// twice. All this is necessary: a line of pypolicyd-spf may look almost like
// this where a sender wrote parts of it. A list of policyd-spf without one of
// its keys is cut short. postfix-policyd-spf-perl writes the name of the
// receiving host as receiver.
func (p *Parser) readOwnPairs(b []byte) (v pairs, ok bool) {
	isOurs := p.rec.Program == PolicydSPF
	if isOurs {
		if v, ok := p.pairs.get(b); ok {
			return v, true
		}
	}
	list, unquoted := b, len(p.scratch)
	for {
		i := 0
		for i < len(b) && !isSpecial(b[i]) {
			i++
		}
		if i == len(b) || b[i] != '=' {
			return v, false
		}
		value, rest, ok := p.value(b[i+1:])
		if !ok || !v.set(b[:i], value) || v.twice {
			return v, false
		}
		if len(rest) == 0 || len(rest) == 1 && rest[0] == ' ' {
			break
		}
		if len(rest) < len("; ") || rest[0] != ';' || rest[1] != ' ' {
			return v, false
		}
		b = rest[len("; "):]
	}
	if p.rec.Program == PolicySPF {
		v.seen &^= keyReceiver
		return v, v.seen&keyClient != 0
	}
	if v.seen == keysAll && isOurs && len(p.scratch) == unquoted {
		p.pairs.put(list, &v)
	}
	return v, v.seen == keysAll
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
// with unquoted values, as in pypolicyd-spf, spf-engine and all comments. It returns
// false unless each key occurs once: a key inside a value cannot be distinguished
// from a key that the server wrote.
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
// if the client is not an address.
func (r *Record) believe(v pairs) bool {
	e := &r.Envelope
	if v.seen&keyClient != 0 {
		if e.Client = v.addr; !v.addr.IsValid() {
			var ok bool
			if e.Client, ok = parseAddr(v.client); !ok {
				return false
			}
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

// doubt marks the Record as ambiguous: it does not say who sends to whom.
func (r *Record) doubt() {
	r.Ambiguous = true
	r.Envelope = Envelope{}
	r.Identity = NoIdentity
}
