package maillog

import "bytes"

// keyValues reads a line of Log_Format = kv, after its first "action=": pairs of
// a key and a value, with a space between two pairs, values quoted as in
// Received-SPF. Unknown keys are ignored, and a key that occurs twice makes the
// line unreadable. Any pair may be missing, but a line that ends before a key that
// follows the results was cut short: its message would look unchecked.
func (p *Parser) keyValues(b []byte) {
	r := &p.rec
	r.Kind = Acted
	var v pairs
	var seen uint16
	key := []byte("action")
	for {
		value, rest, ok := p.value(b)
		if !ok || len(rest) > 0 && rest[0] != ' ' {
			r.Kind = Unreadable
			return
		}
		bit, valid := p.keyValue(&v, key, value)
		if !valid || seen&bit != 0 {
			r.Kind = Unreadable
			return
		}
		seen |= bit
		if b = bytes.TrimLeft(rest, " "); len(b) == 0 {
			break
		}
		i := bytes.IndexByte(b, '=')
		if i <= 0 {
			r.Kind = Unreadable // cut short
			return
		}
		key, b = b[:i], b[i+1:]
	}
	if seen < bitDomain || !r.believe(v) {
		r.Kind = Unreadable
	}
}

// bitDomain is the bit of the first key after the results.
const bitDomain = 1 << 8

// keyValue sets the field of a key. It returns the key's bit, 0 for one that is
// not known, and whether the value is one of that key's.
func (p *Parser) keyValue(v *pairs, key, value []byte) (bit uint16, ok bool) {
	r := &p.rec
	switch string(key) {
	case "action":
		r.Action, ok = actionNamed(value)
		return 1 << 0, ok
	case "code":
		r.Code = value
		return 1 << 1, true
	case "client":
		if len(value) > 0 {
			v.client, v.seen = value, v.seen|keyClient
		}
		return 1 << 2, true
	case "helo":
		v.helo, v.seen = value, v.seen|keyHELO
		return 1 << 3, true
	case "sender":
		v.sender, v.seen = value, v.seen|keySender
		return 1 << 4, true
	case "recipient":
		v.recipient, v.seen = value, v.seen|keyReceiver
		return 1 << 5, true
	case "helo_result":
		r.HELOResult, ok = optionalResult(value)
		return 1 << 6, ok
	case "mailfrom_result":
		r.MailFromResult, ok = optionalResult(value)
		return 1 << 7, ok
	case "domain":
		r.Domain = value
		return bitDomain, true
	case "term":
		r.Term = value
		return 1 << 9, true
	case "lookups":
		r.Lookups, ok = number(value, 0)
		r.Known |= HasCounts
		return 1 << 10, ok
	case "voids":
		r.Voids, ok = number(value, 0)
		return 1 << 11, ok
	case "ms":
		r.Millis, ok = number(value, 0)
		return 1 << 12, ok
	case "cached":
		r.Known |= HasCached
		switch string(value) {
		case "yes", "true", "1":
			r.Cached = true
		}
		return 1 << 13, true
	case "shadow":
		if len(value) > 0 {
			r.Shadow = shadowOf(value)
		}
		return 1 << 14, true
	case "exempt":
		r.Exempt = exemptNamed(value)
		return 1 << 15, true
	}
	return 0, true
}

// optionalResult returns the result with a name, and false if there is no such
// result. Empty, "-" and "unchecked" stand for a check that was not made.
func optionalResult(name []byte) (Result, bool) {
	switch string(name) {
	case "", "-", "unchecked":
		return NoResult, true
	}
	r := resultNamed(name)
	return r, r != NoResult
}

// actionNamed returns the action with a name of access(5) or of the log.
func actionNamed(name []byte) (Action, bool) {
	switch {
	case equalFold(name, "dunno"):
		return Dunno, true
	case equalFold(name, "prepend"):
		return Prepend, true
	case equalFold(name, "reject"):
		return Reject, true
	case equalFold(name, "defer"), equalFold(name, "defer_if_permit"):
		return Defer, true
	case equalFold(name, "result_only"), equalFold(name, "restrict"):
		return Restrict, true
	}
	if action, _, _ := cutCode(name); action != NoAction {
		return action, true
	}
	return NoAction, false
}

// exemptNamed returns the name of an option that exempts clients.
func exemptNamed(name []byte) string {
	for _, option := range [...]string{"skip_addresses", "Whitelist", "Domain_Whitelist", "HELO_Whitelist", "Domain_Whitelist_PTR",
		"Skip_Authenticated", "Skip_Private", "Skip_Sender_Domains"} {
		if string(name) == option {
			return option
		}
	}
	return ""
}

// shadow reads what follows "shadow: ".
func (p *Parser) shadow(text []byte) {
	r := &p.rec
	r.Kind = Shadowed
	r.Shadow = shadowOf(text)
	if _, _, rest := cutCode(text); contains(rest, "id=") {
		if i := lastIndex(rest, " ("); i >= 0 && len(r.Shadow.Option) > 0 {
			rest = rest[:i]
		}
		p.refusalURL(rest)
	} else {
		r.Ambiguous = true
	}
}

// shadowOf reads "550 5.7.23 text (Mail_From_reject = Fail)", "prepend" or
// "unknown (needs HELO)". The option is what the last parentheses hold, so the
// text cannot stand for it.
func shadowOf(text []byte) Shadow {
	s := Shadow{Text: text}
	action, code, _ := cutCode(text)
	if s.Action = action; action != NoAction {
		s.Code = code
	} else {
		word, restriction, _ := cut(text, " ")
		if s.Action, _ = actionNamed(word); s.Action == Restrict {
			restriction, _, _ = cut(restriction, " (")
			s.Action = restrictionAction(restriction)
		}
	}
	i := lastIndex(text, " (")
	if i < 0 || text[len(text)-1] != ')' || s.Action == NoAction {
		return s
	}
	if option, value, ok := cut(text[i+2:len(text)-1], " = "); ok {
		s.Option, s.Value = option, value
	}
	return s
}
