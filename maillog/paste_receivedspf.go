package maillog

import (
	"bytes"
	"net/netip"
)

// pastedReceivedSPF reads a Received-SPF field of any program.
func (p *paste) pastedReceivedSPF(f *field) Source {
	p.parser.reset(f.value)
	rec := &p.parser.rec
	rec.Kind = Acted
	p.parser.receivedSPF(f.value)
	rec.doubtTruncated(len(f.value), maxHeader)
	if rec.Kind == Acted && !rec.Ambiguous {
		if !contains(f.value, ") identity=") { // not policyd-spf's order: most programs mean the receiving host
			rec.dropHost()
		}
		return source(ReceivedSPF, f.line, &rec.Envelope, &rec.Verdict)
	}
	name, rest, _ := cut(f.value, " ")
	result := resultNamed(bytes.TrimRight(name, ";"))
	text, list, ok := comment(bytes.TrimLeft(rest, " "))
	if !ok {
		list = rest
	}
	list = bytes.TrimSpace(list)
	if result == NoResult || bytes.HasPrefix(list, []byte("identity=")) && contains(list, recipientKey) { // one of ours, and it is doubtful
		return Source{}
	}
	p.parser.reset(list)
	v, ok := p.parser.readLoose(list)
	rec = &p.parser.rec
	if !ok || !rec.believe(v) {
		return Source{}
	}
	rec.Identity = identityNamed(v.identity)
	rec.trimSender()
	if v.seen&keySender == 0 {
		if sender := domainOf(text); len(sender) > 0 {
			rec.Sender, rec.Known = sender, rec.Known|HasSender
		}
	}
	if rec.Known&HasClient == 0 {
		if rec.Client, ok = addressIn(text); ok {
			rec.Known |= HasClient
		}
	}
	rec.dropHost()
	if rec.Identity == NoIdentity {
		rec.Identity = MailFrom
		if len(rec.Sender) == 0 {
			rec.Identity = HELO
		}
	}
	rec.setResult(rec.Identity, result)
	return source(ReceivedSPF, f.line, &rec.Envelope, &rec.Verdict)
}

// trimSender removes angle brackets around the sender.
func (r *Record) trimSender() {
	if n := len(r.Sender); n >= 2 && r.Sender[0] == '<' && r.Sender[n-1] == '>' {
		r.Sender = r.Sender[1 : n-1]
	}
}

// dropHost removes a recipient that is a host.
func (r *Record) dropHost() {
	if bytes.IndexByte(r.Recipient, '@') < 0 {
		r.Recipient, r.Known = nil, r.Known&^HasRecipient
	}
}

// reset prepares the Parser for a text without a syslog line around it.
func (p *Parser) reset(text []byte) {
	p.rec = Record{Kind: Other, Program: PolicydSPF, Repeated: 1}
	p.scratch = make([]byte, 0, len(text))
}

// readLoose reads the key-value-list of any program: values without quotes end
// at a semicolon or a space, whatever else they hold.
func (p *Parser) readLoose(b []byte) (v pairs, ok bool) {
	for len(b) > 0 {
		key, rest, found := cut(b, "=")
		if !found {
			return v, true // free text at the end
		}
		if i := bytes.LastIndexAny(key, " ;"); i >= 0 {
			key = key[i+1:]
		}
		var value []byte
		if len(rest) > 0 && rest[0] == '"' {
			if value, rest, ok = p.unquote(rest); !ok {
				return v, false
			}
		} else {
			i := bytes.IndexAny(rest, "; ")
			if i < 0 {
				i = len(rest)
			}
			value, rest = rest[:i], rest[i:]
		}
		if v.set(key, value); v.twice {
			return v, false
		}
		b, _ = cutSemicolon(rest)
	}
	return v, true
}

// domainOf returns what the comment of a result names as the sender: an address, or
// a domain.
//
//	domain of a@example.com designates 192.0.2.1 as permitted sender
//	google.com: a@example.com does not designate permitted sender hosts
//	protection.outlook.com: example.com does not designate permitted sender hosts
//	error in processing during lookup of a@example.com: DNS error
func domainOf(text []byte) []byte {
	const punctuation = ",;:()<>"
	for _, before := range [...]string{"domain of transitioning ", "domain of ", "lookup of "} {
		if _, rest, ok := cut(text, before); ok {
			return bytes.Trim(firstWord(rest), punctuation)
		}
	}
	if before, _, ok := cut(text, " does not designate permitted sender hosts"); ok {
		return bytes.Trim(lastWord(before), punctuation)
	}
	return nil
}

// addressIn returns the first IP address among the words of a text.
func addressIn(text []byte) (a netip.Addr, ok bool) {
	for len(text) > 0 {
		i := bytes.IndexAny(text, " ,;()[]=<>")
		if i < 0 {
			i = len(text)
		}
		if a, ok := parseAddr(bytes.TrimRight(text[:i], ".")); ok {
			return a, true
		}
		text = text[min(i+1, len(text)):]
	}
	return a, false
}
