package maillog

import (
	"bytes"
	"net/netip"
)

// resultInfo is the result of one method in an Authentication-Results field
// (RFC 8601, 2.2, resinfo).
type resultInfo struct {
	method, result []byte
	properties     []property
	comments       [][]byte
}

// property is a property of a result, such as smtp.mailfrom, and its value.
type property struct{ name, value []byte }

// value returns the value of the first property that has one of the names, given in
// lower case.
func (r *resultInfo) value(names ...string) []byte {
	for _, property := range r.properties {
		for _, name := range names {
			if equalFold(property.name, name) {
				return property.value
			}
		}
	}
	return nil
}

// sender returns the MAIL FROM identity of a result, without angle brackets.
func (r *resultInfo) sender() []byte {
	return trimBrackets(r.value("smtp.mailfrom", "smtp.mfrom", "smtp.mail"))
}

// helo returns the HELO identity of a result. Some programs write the address that
// stands for it (RFC 7208, 2.4).
func (r *resultInfo) helo() []byte {
	name := r.value("smtp.helo")
	return name[bytes.LastIndexByte(name, '@')+1:]
}

// client returns the client's address in a result of spf or iprev (RFC 8601, 2.7.3).
func (r *resultInfo) client() (netip.Addr, bool) {
	return parseAddrLiteral(r.value("smtp.remote-ip", "smtp.client-ip", "policy.iprev"))
}

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
	all, ok := p.parser.resultInfos(f.value)
	if !ok {
		return Source{}
	}
	return foreignResults(all, f.line)
}

// foreignResults returns what results of any program say about SPF. If there are
// several results of SPF, the first one about MAIL FROM counts, or else the first one
// about HELO.
func foreignResults(all []resultInfo, line int) Source {
	var spf *resultInfo
	rank := func(r *resultInfo) int {
		switch {
		case r == nil:
			return 0
		case len(r.sender()) > 0:
			return 3
		case len(r.helo()) > 0:
			return 2
		}
		return 1
	}
	var rec Record
	for i := range all {
		r := &all[i]
		isSPF := equalFold(r.method, "spf")
		if isSPF && r.value("smtp.pra") == nil && rank(r) > rank(spf) { // RFC 4407's identity is not one of SPF
			spf = r
		}
		if client, ok := r.client(); ok && (isSPF || equalFold(r.method, "iprev")) && rec.Known&HasClient == 0 {
			rec.Client, rec.Known = client, rec.Known|HasClient
		}
		if name := r.helo(); isSPF && len(name) > 0 && rec.Known&HasHELO == 0 {
			rec.HELO, rec.Known = name, rec.Known|HasHELO
		}
	}
	if spf == nil {
		return Source{}
	}
	if spf.value("smtp.mailfrom", "smtp.mfrom", "smtp.mail") != nil {
		rec.Sender, rec.Known, rec.Identity = spf.sender(), rec.Known|HasSender, MailFrom
	}
	for _, comment := range spf.comments {
		if !rec.readExplanation(comment) {
			return Source{}
		}
	}
	switch {
	case len(rec.Sender) > 0 && !isSender(rec.Sender):
		return Source{}
	case len(rec.Sender) == 0 && rec.Known&HasHELO != 0:
		rec.Identity = HELO
	}
	result := resultNamed(spf.result)
	rec.setResult(rec.Identity, result)
	s := source(AuthResults, line, &rec.Envelope, &rec.Verdict)
	s.Result = result
	return s
}

// resultInfos splits an Authentication-Results field, or a part of one, into results.
// Words that are not part of one, such as the authserv-id, are ignored. It returns
// false if a comment or a quoted-string does not end.
func (p *Parser) resultInfos(b []byte) (all []resultInfo, ok bool) {
	const space = " \t"
	current := -1 // index of the result that the properties belong to
	for {
		switch b = bytes.TrimLeft(b, space); {
		case len(b) == 0:
			return all, true
		case b[0] == ';':
			current, b = -1, b[1:]
			continue
		case b[0] == '(':
			text, rest, ok := comment(b)
			if !ok || hasOpenQuote(text) {
				return nil, false
			}
			if current >= 0 {
				all[current].comments = append(all[current].comments, text)
			}
			b = rest
			continue
		}
		i := bytes.IndexAny(b, "=;("+space)
		if i < 0 {
			return all, true
		}
		name, rest := b[:i], bytes.TrimLeft(b[i:], space)
		if len(rest) == 0 || rest[0] != '=' {
			b = rest
			continue
		}
		var value []byte
		if value, b, ok = p.propertyValue(bytes.TrimLeft(rest[1:], space)); !ok {
			return nil, false
		}
		if current < 0 {
			current = len(all)
			method, _, _ := cut(name, "/") // its version
			all = append(all, resultInfo{method: method, result: value})
			continue
		}
		all[current].properties = append(all[current].properties, property{name, value})
	}
}

// propertyValue reads a value of Authentication-Results. Without quotes it ends
// at a semicolon, a space or a comment.
func (p *Parser) propertyValue(b []byte) (value, rest []byte, ok bool) {
	if len(b) > 0 && b[0] == '"' {
		return p.unquote(b)
	}
	i := bytes.IndexAny(b, "; \t(")
	if i < 0 {
		i = len(b)
	}
	return b[:i], b[i:], true
}
