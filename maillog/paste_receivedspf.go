package maillog

import "bytes"

// pastedReceivedSPF reads a Received-SPF field of any program.
func (p *paste) pastedReceivedSPF(f *field) Source {
	p.parser.reset(f.value)
	rec := &p.parser.rec
	rec.Kind = Acted
	p.parser.receivedSPF(f.value)
	rec.doubtTruncated(len(f.value), maxHeader)
	name, rest, _ := cut(f.value, " ")
	list := bytes.TrimSpace(rest)
	text, after, isComment := comment(list)
	if isComment {
		list = bytes.TrimSpace(after)
	}
	if rec.Kind == Acted && !rec.Ambiguous {
		if !hasOwnOrder(list) { // other programs write the receiving host as receiver
			rec.dropHost()
		}
		return source(ReceivedSPF, f.line, &rec.Envelope, &rec.Verdict)
	}
	result := resultNamed(bytes.TrimRight(name, ";"))
	if result == NoResult || hasOwnOrder(list) || hasOpenQuote(text) || bytes.HasPrefix(list, []byte("(")) && !isComment {
		return Source{} // one of policyd-spf that is doubtful, or a comment with a doubtful end
	}
	p.parser.reset(list)
	v, ok := p.parser.readLoose(list)
	rec = &p.parser.rec
	if !ok || !rec.believe(v) {
		return Source{}
	}
	rec.Identity = identityNamed(v.identity)
	rec.Sender = trimBrackets(rec.Sender)
	rec.dropHost()
	if !rec.readExplanation(text) {
		return Source{}
	}
	if len(rec.Sender) > 0 && !isSender(rec.Sender) {
		return Source{}
	}
	switch {
	case rec.Identity != NoIdentity:
	case v.seen&keyIdentity != 0: // "pra" of RFC 4407, which is not an identity of SPF
		result = NoResult
	case len(rec.Sender) == 0:
		rec.Identity = HELO
	default:
		rec.Identity = MailFrom
	}
	rec.setResult(rec.Identity, result)
	s := source(ReceivedSPF, f.line, &rec.Envelope, &rec.Verdict)
	s.Result = result
	return s
}

// hasOwnOrder reports whether a key-value-list has its keys in the order of
// policyd-spf, which other programs do not use.
func hasOwnOrder(list []byte) bool {
	for _, key := range [...]string{"identity=", "client-ip="} {
		if !bytes.HasPrefix(list, []byte(key)) {
			return false
		}
		_, list, _ = cut(list, "; ")
	}
	return bytes.HasPrefix(list, []byte("helo="))
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
		if v.setLoose(key, value); v.twice {
			return v, false
		}
		b, _ = cutSemicolon(rest)
	}
	return v, true
}

// setLoose sets the value of a key of any program. Courier writes "SPF=MAILFROM;
// sender=a@example.com; remoteip=::ffff:192.0.2.1", with the HELO name as sender if
// that is what it checked.
func (v *pairs) setLoose(key, value []byte) {
	switch {
	case equalFold(key, "spf"):
		v.set([]byte("identity"), bytes.ToLower(value))
	case equalFold(key, "sender"):
		if string(v.identity) != "helo" {
			v.set([]byte("envelope-from"), value)
		}
	case equalFold(key, "remoteip"):
		v.setLoose([]byte("client-ip"), value)
	case string(key) == "client-ip":
		v.addr, _ = parseAddrLiteral(value)
		v.set(key, value)
	default:
		v.set(key, value)
	}
}
