package maillog

import "bytes"

// pastedResults reads an Authentication-Results field of any program.
func (p *paste) pastedResults(f *field) Source {
	p.parser.reset(f.value)
	rec := &p.parser.rec
	rec.Kind = Acted
	p.parser.authResults(f.value)
	rec.doubtTruncated(len(f.value), maxHeader)
	if rec.Kind == Acted && !rec.Ambiguous {
		return source(AuthResults, f.line, &rec.Envelope, &rec.Verdict)
	}
	if contains(f.value, "("+clientKey) { // one of ours, and it is doubtful
		return Source{}
	}
	p.parser.reset(f.value)
	rec = &p.parser.rec
	var result Result
	inSPF, inIPRev := false, false
	rest := f.value
	for len(rest) > 0 {
		switch c := rest[0]; {
		case c == '(':
			text, after, ok := comment(rest)
			if !ok {
				return Source{}
			}
			if inSPF {
				p.readComment(text)
			}
			rest = after
		case c == ';':
			inSPF, inIPRev, rest = false, false, rest[1:]
		case c == ' ':
			rest = rest[1:]
		default:
			i := bytes.IndexAny(rest, "=; (")
			if i < 0 {
				i = len(rest)
			}
			name, after := rest[:i], rest[i:]
			if i == len(rest) || after[0] != '=' {
				rest = rest[max(i, 1):]
				continue
			}
			value, after, ok := p.propertyValue(after[1:])
			if !ok {
				return Source{}
			}
			rest = after
			switch {
			case equalFold(name, "iprev"): // RFC 8601, 2.7.3
				inIPRev = true
			case equalFold(name, "spf") && result == NoResult:
				inSPF, result = true, resultNamed(value)
			case inSPF && equalFold(name, "smtp.mailfrom"):
				rec.Sender, rec.Known, rec.Identity = value, rec.Known|HasSender, MailFrom
			case inSPF && equalFold(name, "smtp.helo"):
				rec.HELO, rec.Known = value, rec.Known|HasHELO
			case (inSPF || inIPRev) && (equalFold(name, "smtp.remote-ip") || equalFold(name, "smtp.client-ip") || equalFold(name, "policy.iprev")):
				if rec.Client, ok = parseAddr(value); ok {
					rec.Known |= HasClient
				}
			}
		}
	}
	rec.trimSender()
	if (rec.Identity == NoIdentity || len(rec.Sender) == 0) && rec.Known&HasHELO != 0 {
		rec.Identity = HELO
	}
	rec.setResult(rec.Identity, result)
	s := source(AuthResults, f.line, &rec.Envelope, &rec.Verdict)
	s.Result = result
	return s
}

// propertyValue reads a value of Authentication-Results. Without quotes it ends
// at a semicolon or a space.
func (p *paste) propertyValue(b []byte) (value, rest []byte, ok bool) {
	if len(b) > 0 && b[0] == '"' {
		return p.parser.unquote(b)
	}
	i := bytes.IndexAny(b, "; (")
	if i < 0 {
		i = len(b)
	}
	return b[:i], b[i:], true
}

// readComment reads the values in the comment of an spf result.
func (p *paste) readComment(text []byte) {
	rec := &p.parser.rec
	if rec.Known&HasClient == 0 {
		var ok bool
		if rec.Client, ok = addressIn(text); ok {
			rec.Known |= HasClient
		}
	}
	if sender := domainOf(text); len(sender) > 0 && rec.Known&HasSender == 0 {
		rec.Sender, rec.Known, rec.Identity = sender, rec.Known|HasSender, MailFrom
	}
}
