package maillog

import "bytes"

// header reads the header field of an action, and sets Kind to Acted.
func (p *Parser) header(field []byte) {
	r := &p.rec
	r.Kind = Acted
	if rest, ok := cutPrefix(field, "Received-SPF: "); ok {
		p.receivedSPF(rest)
	} else if rest, ok := cutPrefix(field, "Authentication-Results: "); ok {
		p.authResults(rest)
	} else if rest, ok := cutPrefix(field, "X-Comment: "); ok {
		p.exempt(rest, false)
	} else {
		r.Kind = Unreadable
	}
	r.doubtTruncated(len(field), maxHeader)
}

// receivedSPF reads the body of a Received-SPF field (RFC 7208, 9.1).
func (p *Parser) receivedSPF(field []byte) {
	r := &p.rec
	name, rest, _ := cut(field, " ")
	r.Result = resultNamed(name)
	if r.Result == NoResult {
		r.Kind = Unreadable
		return
	}
	text, list, ok := comment(rest)
	if ok && len(list) > 0 && list[0] == ' ' && len(text) > 0 {
		if v, ok := p.readOwnPairs(list[1:]); ok {
			r.Reason, r.Identity = text, identityNamed(v.identity)
			if !r.believe(v) {
				r.Kind = Unreadable
			}
			r.setResult(r.Identity, r.Result)
			return
		}
	}
	// spf-engine neither quotes values nor escapes parentheses in the
	// explanation of a domain (exp=).
	text, _, ok = cut(rest, ") identity=")
	if !ok || len(text) == 0 || text[0] != '(' {
		if !bytes.HasPrefix(rest, []byte("(")) || !contains(rest, clientKey) {
			r.Kind = Unreadable
			return
		}
		r.doubt()
		return
	}
	r.Reason = text[1:]
	p.believePairs(rest[len(text)+len(") "):])
	if r.Kind != Unreadable && !r.Ambiguous {
		r.setResult(r.Identity, r.Result)
	}
}

// authResults reads the body of an Authentication-Results field (RFC 8601,
// 2.2) of a policy server.
func (p *Parser) authResults(field []byte) {
	r := &p.rec
	_, rest, ok := cut(field, "; ")
	if !ok {
		r.Kind = Unreadable
		return
	}
	if exempt, ok := cutPrefix(rest, "none ("); ok {
		if exempt[len(exempt)-1] != ')' {
			r.Kind = Unreadable
			return
		}
		p.exempt(exempt[:len(exempt)-1], true)
		return
	}
	rest, ok = cutPrefix(rest, "spf=")
	if !ok {
		r.Kind = Unreadable
		return
	}
	name, rest, _ := cut(rest, " ")
	r.Result = resultNamed(name)
	if r.Result == NoResult {
		r.Kind = Unreadable
		return
	}
	text, rest, ok := comment(rest)
	if !ok {
		r.doubt()
		return
	}
	r.Reason = text
	rest, ok = cutPrefix(rest, " smtp.")
	if !ok {
		r.doubt()
		return
	}
	property, rest, ok := cut(rest, "=")
	r.Identity = identityNamed(property)
	if !ok || r.Identity == NoIdentity {
		r.doubt()
		return
	}
	value, rest, ok := p.pvalue(rest)
	if !ok || len(rest) < len(" ()") || rest[0] != ' ' || rest[1] != '(' || rest[len(rest)-1] != ')' {
		r.Kind = Unreadable
		return
	}
	p.commentPairs(rest[2 : len(rest)-1])
	if r.Known&HasSender == 0 || r.Identity == HELO && !bytes.Equal(value, r.HELO) ||
		r.Identity == MailFrom && !sameDomain(r.Sender, value) {
		r.doubt()
	}
	if r.Ambiguous {
		return
	}
	if r.Domain = value; r.Identity == HELO {
		r.Domain = r.HELO
	}
	r.setResult(r.Identity, r.Result)
}

// pvalue reads the value of a property (RFC 8601, 2.2): a quoted-string or a run
// of characters without white space.
func (p *Parser) pvalue(b []byte) (value, rest []byte, ok bool) {
	if len(b) > 0 && b[0] == '"' {
		return p.unquote(b)
	}
	i := bytes.IndexByte(b, ' ')
	if i < 0 {
		return b, nil, true
	}
	return b[:i], b[i:], true
}

// commentPairs reads the values in a comment. A backslash in it is ambiguous: the
// server escapes parentheses only if they do not balance, so a backslash may be an
// escape or a part of the value.
func (p *Parser) commentPairs(text []byte) {
	r := &p.rec
	v, ok := readUnquoted(text)
	if !ok || bytes.IndexByte(text, '\\') >= 0 || !r.believe(v) {
		r.doubt()
	}
}

// sameDomain reports whether domain is that of sender: what follows an "@",
// without a final full stop, or the whole of a sender without "@". spf-engine
// takes the first "@", policyd-spf the last.
func sameDomain(sender, domain []byte) bool {
	head, ok := bytes.CutSuffix(bytes.TrimSuffix(sender, []byte(".")), domain)
	return ok && (len(head) == 0 || head[len(head)-1] == '@')
}

// exempt reads the comment about a client that was not checked. escaped says
// that it is a comment of RFC 5322, in which a backslash may stand for itself or
// for an escape, see commentPairs.
func (p *Parser) exempt(text []byte, escaped bool) {
	r := &p.rec
	for _, known := range [...]struct{ phrase, option string }{
		{"SPF check N/A for local connections", "skip_addresses"},
		{"SPF skipped for whitelisted relay domain", "Domain_Whitelist"},
		{"SPF skipped for whitelisted relay", "Whitelist"},
		{"SPF skipped for whitelisted HELO domain", "HELO_Whitelist"},
		{"SPF skipped for PTR whitelisted relay domain", "Domain_Whitelist_PTR"},
		{"SPF skipped for authenticated client", "Skip_Authenticated"},
		{"SPF skipped for private address", "Skip_Private"},
		{"SPF skipped for sender domain", "Skip_Sender_Domains"},
		{"SPF not checked for localhost", "exempt_localhost"},
		{"SPF not checked for whitelisted relay", "exempt_relay"},
		{"SPF exempted by policy", "exempt_domains"},
	} {
		if len(text) < len(known.phrase) || string(text[:len(known.phrase)]) != known.phrase {
			continue
		}
		r.Exempt = known.option
		rest := text[len(known.phrase):]
		if len(rest) == 0 { // postfix-policyd-spf-perl says no more
			r.Ambiguous = true
			return
		}
		rest, ok := cutPrefix(rest, " - ")
		if !ok {
			break
		}
		rest = bytes.TrimLeft(rest, " ")
		if !contains(rest, recipientKey) {
			break
		}
		if v, ok := readUnquoted(rest); !ok || escaped && bytes.IndexByte(text, '\\') >= 0 || !r.believe(v) {
			r.doubt()
		}
		return
	}
	r.Kind = Unreadable
}
