package maillog

import (
	"bytes"
)

// isPostfixService reports whether the lines of a Postfix daemon are read.
func isPostfixService(name []byte) bool {
	switch string(name) {
	case "smtpd", "qmgr", "cleanup", "lmtp", "local", "virtual", "smtp", "pipe":
		return true
	}
	return false
}

// postfix reads a line of a Postfix daemon.
func (p *Parser) postfix(service, text []byte) {
	r := &p.rec
	rest, isNoQueue := cutPrefix(text, "NOQUEUE: ")
	if !isNoQueue {
		id, after, ok := cutQueueID(text)
		if !ok {
			return
		}
		r.QueueID, rest = id, after
	}
	switch string(service) {
	case "smtpd", "cleanup":
		if client, ok := cutPrefix(rest, "client="); ok && !isNoQueue {
			p.client(client)
		} else if id, ok := cutPrefix(rest, "message-id="); ok && !isNoQueue {
			r.Kind, r.ID = MessageID, id
		} else if refusal, ok := cutPrefix(rest, "reject: "); ok {
			p.refused(refusal)
		} else if refusal, ok := cutPrefix(rest, "milter-reject: "); ok {
			p.refused(refusal)
		}
	case "qmgr":
		// from=<a@example.com>, size=1234, nrcpt=1 (queue active)
		if sender, ok := cutPrefix(rest, "from=<"); ok {
			if i := lastIndex(sender, ">, size="); i >= 0 {
				r.Kind, r.Sender, r.Known = Queued, sender[:i], HasSender
			}
		}
	default:
		if to, ok := cutPrefix(rest, "to=<"); ok {
			p.delivered(to)
		}
	}
}

// client reads "name[192.0.2.1], sasl_method=...". Postfix writes names of
// letters, digits, dots and hyphens only.
func (p *Parser) client(text []byte) {
	r := &p.rec
	name, address, _, ok := hostAddress(text)
	if !ok {
		r.Kind = Unreadable
		return
	}
	r.Kind, r.ClientName = Client, name
	if r.Client, ok = parseAddr(address); ok {
		r.Known = HasClient
	}
}

// hostAddress splits "name[address]rest".
func hostAddress(text []byte) (name, address, rest []byte, ok bool) {
	i := bytes.IndexByte(text, '[')
	j := bytes.IndexByte(text, ']')
	if i <= 0 || j < i {
		return nil, nil, nil, false
	}
	return text[:i], text[i+1 : j], text[j+1:], true
}

// refused reads what follows "reject: ":
//
//	RCPT from name[192.0.2.1]:25: 550 5.1.1 <r@x>: Recipient address rejected:
//	text; from=<s> to=<r> proto=ESMTP helo=<h>
//
// The text, the sender and the recipient may hold anything, so they are believed
// only where they can be distinguished.
func (p *Parser) refused(text []byte) {
	r := &p.rec
	_, rest, ok := cut(text, " from ")
	if !ok {
		r.Kind = Unreadable
		return
	}
	name, address, rest, ok := hostAddress(rest)
	if !ok {
		r.Kind = Unreadable
		return
	}
	_, rest, ok = cut(rest, ": ") // a port may stand before it
	if !ok || len(rest) == 0 {
		r.Kind = Unreadable
		return
	}
	r.Kind, r.ClientName = Refused, name
	action, code, reason := cutCode(rest)
	if action == NoAction {
		// A milter's text may have the enhanced status code alone, or none.
		action, code, reason = Reject, nil, rest
		if rest[0] == '4' {
			action = Defer
		}
	}
	r.Action, r.Code = action, code
	before, after, ok := cutOnce(reason, "; from=<")
	r.Reason = before
	if ok {
		p.addresses(after)
	} else if r.Ambiguous = contains(reason, "; from=<"); !r.Ambiguous { // before MAIL FROM: "; proto=ESMTP helo=<h>"
		if i := lastIndex(reason, "; proto="); i >= 0 {
			r.Reason = reason[:i]
			p.helo(reason[i:])
		}
	}
	if r.Client, ok = parseAddr(address); ok {
		r.Known |= HasClient
	}
}

// addresses reads "s> to=<r> proto=ESMTP helo=<h>". to may be missing. A HELO
// name holds no angle brackets: Postfix replaces them.
func (p *Parser) addresses(b []byte) {
	r := &p.rec
	i := lastIndex(b, "> proto=")
	if i < 0 {
		r.Ambiguous = true
		return
	}
	envelope, rest := b[:i], b[i+len("> proto="):]
	p.helo(rest)
	sender, recipient, ok := cut(envelope, "> to=<")
	if !ok {
		r.Sender, r.Known = envelope, r.Known|HasSender
		return
	}
	if contains(recipient, "> to=<") {
		r.Ambiguous = true
		return
	}
	r.Sender, r.Recipient = sender, recipient
	r.Known |= HasSender | HasRecipient
}

// helo reads " helo=<h>".
func (p *Parser) helo(b []byte) {
	r := &p.rec
	if _, name, ok := cut(b, " helo=<"); ok {
		if end := bytes.IndexByte(name, '>'); end >= 0 {
			r.HELO, r.Known = name[:end], r.Known|HasHELO
		}
	}
}

// delivered reads what follows "to=<":
//
//	r@example.com>, orig_to=<x>, relay=..., delay=..., delays=..., dsn=2.0.0, status=sent (text)
func (p *Parser) delivered(text []byte) {
	r := &p.rec
	to, rest, ok := cut(text, ">, ")
	if !ok {
		return
	}
	original, rest, ok := cut(rest, "relay=")
	if !ok {
		return
	}
	if original, ok = cutPrefix(original, "orig_to=<"); ok {
		r.OriginalRecipient = bytes.TrimSuffix(original, []byte(">, "))
	}
	_, rest, ok = cut(rest, ", status=")
	if !ok {
		r.Kind = Unreadable
		return
	}
	status, reason, _ := cut(rest, " ")
	r.Kind, r.Recipient, r.Known, r.Status = Delivered, to, HasRecipient, status
	r.Reason = bytes.TrimSuffix(bytes.TrimPrefix(reason, []byte("(")), []byte(")"))
}
