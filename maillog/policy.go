package maillog

import "bytes"

// Our server truncates values, and ends them with "...", where a header field or a
// refusal would be longer than this, in bytes.
const (
	maxHeader  = 998  // RFC 5322, 2.1.1
	maxRefusal = 2000 // of the 2048 bytes that Postfix's line_length_limit allows
)

// failReason is the {spf} part of a refusal for fail, of domains without exp=.
const failReason = "SPF fail - not authorized"

// doubtTruncated marks the Record as ambiguous if a value in a text of n bytes may be
// truncated.
func (r *Record) doubtTruncated(n, limit int) {
	const slack = 64 // a truncated text is at most this much shorter than the limit
	if n < limit-slack {
		return
	}
	for _, value := range [...][]byte{r.HELO, r.Sender, r.Recipient} {
		if bytes.HasSuffix(value, []byte("...")) {
			r.doubt()
		}
	}
}

// policy reads a line of a policy server.
func (p *Parser) policy(text []byte) {
	r := &p.rec
	if id, rest, ok := cutQueueID(text); ok {
		r.QueueID, text = id, rest
	} else if rest, ok := cutPrefix(text, ": "); ok { // spf-engine before there is a queue id
		text = rest
	}
	if rest, ok := cutPrefix(text, "shadow: "); ok {
		p.shadow(rest)
		return
	}
	switch text[0] {
	case 'P', 'F', 'S', 'N', 'T':
		if p.checked(text) {
			return
		}
	case 'a':
		if rest, ok := cutPrefix(text, "action="); ok {
			p.keyValues(rest)
			return
		}
	}
	p.action(text)
}

// checked reads the line of a check: "Pass; identity=mailfrom; client-ip=...".
func (p *Parser) checked(text []byte) bool {
	i := bytes.IndexByte(text[:min(len(text), len("Temperror;"))], ';')
	if i < 0 {
		return false
	}
	result := resultNamed(text[:i])
	rest, ok := cutPrefix(text[i:], "; ")
	if result == NoResult || !ok || !bytes.HasPrefix(rest, []byte("identity=")) {
		return false
	}
	r := &p.rec
	r.Kind = Checked
	r.Result = result
	p.believePairs(rest)
	if r.Ambiguous { // the identity stands before anything that the client said
		name, _, _ := cut(rest[len("identity="):], ";")
		r.Identity = identityNamed(name)
	}
	if r.Identity == NoIdentity {
		r.Kind = Unreadable
	}
	r.setResult(r.Identity, result)
	return true
}

// believePairs reads the key-value-list of a result line or of Received-SPF:
// quoted as in RFC 7208, 9.1, or else unquoted as in pypolicyd-spf.
func (p *Parser) believePairs(b []byte) {
	r := &p.rec
	if v, ok := p.readOwnPairs(b); ok {
		r.Identity = identityNamed(v.identity)
		if !r.believe(v) {
			r.Kind = Unreadable
		}
		return
	}
	rest, ok := cutPrefix(b, "identity=")
	if !ok {
		r.doubt()
		return
	}
	name, rest, ok := cut(rest, "; ")
	r.Identity = identityNamed(name)
	if !ok || r.Identity == NoIdentity || !contains(rest, recipientKey) {
		r.Kind = Unreadable // it is cut short
		return
	}
	v, ok := readUnquoted(rest)
	switch {
	case !ok:
		r.doubt()
	case !r.believe(v):
		r.Kind = Unreadable
	}
}

// action reads the line of an action.
func (p *Parser) action(text []byte) {
	r := &p.rec
	switch text[0] {
	case 'p', 'P':
		for _, prefix := range [...]string{"prepend ", "PREPEND "} {
			if rest, ok := cutPrefix(text, prefix); ok {
				r.Action = Prepend
				p.header(rest)
				return
			}
		}
	case 'H':
		if rest, ok := cutPrefix(text, "Header field not prepended: "); ok { // Header_Type = None
			r.Action = Dunno
			p.header(rest)
		}
	case 'r':
		if rest, ok := cutPrefix(text, "result_only "); ok {
			r.Kind, r.Action, r.Reason = Acted, restrictionAction(rest), rest
		}
	case 'D', 'd':
		if equalFold(text, "dunno") {
			r.Kind, r.Action = Acted, Dunno
			return
		}
		p.refusal(text)
	case '4', '5':
		p.refusal(text)
	}
}

// restrictionAction returns what a restriction does: Reject or Defer if it is such an
// action of access(5), or else Restrict.
func restrictionAction(text []byte) Action {
	name, _, hasText := cut(text, " ")
	action, _ := actionNamed(name)
	if action != Reject && action != Defer || !hasText && isDigit(name[0]) { // digits without text are OK
		return Restrict
	}
	return action
}

// refusal reads "550 5.7.23 text" or "defer_if_permit 4.7.24 text".
func (p *Parser) refusal(text []byte) {
	action, code, rest := cutCode(text)
	if action == NoAction {
		return
	}
	r := &p.rec
	r.Kind, r.Action, r.Code = Acted, action, code
	if hasControl(rest) {
		r.Kind = Unreadable
		return
	}
	p.refusalURL(rest)
	r.doubtTruncated(len(rest), maxRefusal)
	r.Reason = refusalReason(rest)
}

// cutCode splits a refusal into its action, its code and its text.
func cutCode(text []byte) (action Action, code, rest []byte) {
	n := 0
	switch {
	case len(text) >= 3 && (text[0] == '5' || text[0] == '4') && isDigit(text[1]) && isDigit(text[2]):
		action, n = Reject, 3
		if text[0] == '4' {
			action = Defer
		}
	case len(text) >= len("defer_if_permit") && equalFold(text[:len("defer_if_permit")], "defer_if_permit"):
		action, n = Defer, len("defer_if_permit")
	default:
		return NoAction, nil, text
	}
	if n < len(text) && text[n] != ' ' {
		return NoAction, nil, text
	}
	if n == len(text) {
		return action, text, nil
	}
	// An enhanced status code may follow (RFC 3463, 2).
	i, dots := n+1, 0
	for i < len(text) && (isDigit(text[i]) || text[i] == '.') {
		if text[i] == '.' {
			dots++
		}
		i++
	}
	if dots == 2 && (i == len(text) || text[i] == ' ') && text[n+1] == byte('4'+b2i(action == Reject)) {
		n = i
	}
	return action, text[:n], bytes.TrimPrefix(text[n:], []byte(" "))
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// refusalReason returns the {spf} part of the default Reason_Message, or the whole
// text of another one.
func refusalReason(text []byte) []byte {
	rest, ok := cutPrefix(text, "Message rejected due to: ")
	if !ok {
		if rest, ok = cutPrefix(text, "Message deferred due to: "); !ok {
			return text
		}
	}
	if i := lastIndex(rest, ". Please see http"); i >= 0 {
		rest = rest[:i]
	}
	return rest
}

// refusalURL reads who was refused from the URL of a refusal:
// "http://www.openspf.net/Why?s=mfrom;id=a@example.com;ip=192.0.2.1;r=r@x", also
// with "&". A domain controls the explanation before it (exp=) and a sender the
// id in it, so it is believed only if each part occurs once in the whole text.
func (p *Parser) refusalURL(text []byte) {
	r := &p.rec
	before, rest, ok := cut(text, ";id=")
	ipKey, rKey := ";ip=", ";r="
	if !ok {
		before, rest, ok = cut(text, "&id=")
		ipKey, rKey = "&ip=", "&r="
	}
	if !ok {
		r.Ambiguous = true
		return
	}
	scope := before[bytes.LastIndexByte(before, '?')+1:]
	scope, _ = cutPrefix(scope, "s=")
	r.Identity = identityNamed(scope)
	afterID := rest
	id, rest, ok1 := cutOnce(rest, ipKey)
	address, recipient, ok2 := cutOnce(rest, rKey)
	if r.Identity == NoIdentity || !ok1 || !ok2 || contains(id, rKey) || contains(afterID, ";id=") || contains(afterID, "&id=") {
		r.doubt()
		return
	}
	v := pairs{client: address, seen: keyClient}
	host := r.Program == PolicySPF // whose URL has the receiving host as r, and escapes the others
	if host {
		id = p.unescapeURL(id)
	} else {
		v.recipient, v.seen = bytes.TrimRight(recipient, " "), v.seen|keyReceiver
		if bytes.HasSuffix(v.recipient, []byte(".")) { // the end of a Reason_Message without {url}: the URL is a domain's
			r.doubt()
			return
		}
	}
	if r.Identity == HELO {
		v.helo, v.seen = id, v.seen|keyHELO
	} else {
		v.sender, v.seen = id, v.seen|keySender
	}
	if !r.believe(v) {
		r.doubt()
	}
}

// unescapeURL decodes percent-encoding (RFC 3986, 2.1): postfix-policyd-spf-perl's URL
// has macros in capital letters, which request it (RFC 7208, 7.3).
func (p *Parser) unescapeURL(b []byte) []byte {
	if bytes.IndexByte(b, '%') < 0 {
		return b
	}
	start := len(p.scratch)
	for i := 0; i < len(b); i++ {
		if b[i] == '%' && i+2 < len(b) {
			high, ok1 := hexDigit(b[i+1])
			low, ok2 := hexDigit(b[i+2])
			if ok1 && ok2 {
				p.scratch = append(p.scratch, byte(high<<4|low))
				i += 2
				continue
			}
		}
		p.scratch = append(p.scratch, b[i])
	}
	return p.scratch[start:]
}
