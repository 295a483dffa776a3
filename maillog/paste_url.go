package maillog

import "bytes"

// url reads the URL of a refusal, wherever the text has it: in a bounce, in an
// SMTP reply, alone. A bounce may break its lines at spaces, and what is copied
// from a message's source may be HTML or quoted-printable.
func (p *paste) url() (Source, bool) {
	for i := range p.lines {
		text := bytes.TrimSpace(p.lines[i])
		if !contains(text, "?s=") {
			continue
		}
		const maxBreaks = 2 // lines that the URL goes on in
		for _, next := range p.lines[i+1 : min(i+1+maxBreaks, len(p.lines))] {
			if _, _, whole := cutAny(text, "r="); whole {
				break
			}
			text = append(bytes.TrimSuffix(bytes.Clone(text), []byte("=")), bytes.TrimSpace(next)...)
		}
		text = decodeText(text)
		rec, ok := readURL(text)
		if !ok {
			continue
		}
		form := RefusalURL
		if p.isBounce || p.mentionsBounce() {
			form = Bounce
		}
		rec.Reason = p.refusalBefore(i)
		rec.Action = Reject
		if bytes.Contains(rec.Reason, []byte("deferred due to")) {
			rec.Action = Defer
		}
		if s := source(form, i, &rec.Envelope, &rec.Verdict); s.usable() {
			return s, true
		}
	}
	return Source{}, false
}

// mentionsBounce reports whether the text has a phrase that bounces use.
func (p *paste) mentionsBounce() bool {
	for _, line := range p.lines {
		for _, words := range [...]string{"diagnostic-code:", "final-recipient:", "said: 5", "said: 4", "could not be delivered", "undeliver", "returned mail", "remote server", "in reply to"} {
			if containsFold(line, words) {
				return true
			}
		}
	}
	return false
}

// refusalBefore returns the reason that stands before the URL in line i, from
// "Message rejected due to" on, over a few lines.
func (p *paste) refusalBefore(i int) []byte {
	const maxLines = 4
	var text []byte
	for _, line := range p.lines[max(0, i-maxLines) : i+1] {
		text = append(append(text, bytes.TrimSpace(line)...), ' ')
	}
	j := lastIndex(text, "Message rejected due to: ")
	if j < 0 {
		j = lastIndex(text, "Message deferred due to: ")
	}
	if j < 0 {
		return nil
	}
	return text[j:]
}

// readURL reads the first URL of a refusal in a text. It ends at white space, or
// where the text around it must go on.
func readURL(text []byte) (*Record, bool) {
	i := index(text, "?s=")
	if i < 0 {
		return nil, false
	}
	rest := text[i+len("?s="):]
	scope, rest, ok := cutAny(rest, "id=")
	rec := &Record{}
	if rec.Identity = identityNamed(scope); !ok || rec.Identity == NoIdentity {
		return nil, false
	}
	id, rest, ok := cutAny(rest, "ip=")
	if !ok || len(id) == 0 || bytes.IndexByte(id, ' ') >= 0 {
		return nil, false
	}
	if bytes.IndexByte(id, '@') < 0 {
		p := &Parser{}
		id = p.unescapeURL(id)
	}
	address, recipient, _ := cutAny(rest, "r=")
	address = untilDelimiter(address)
	v := pairs{client: address, helo: id, seen: keyClient | keyHELO}
	if rec.Identity == MailFrom {
		v.helo, v.sender, v.seen = nil, id, keyClient|keySender
	}
	if recipient = untilDelimiter(recipient); bytes.IndexByte(recipient, '@') > 0 {
		v.recipient, v.seen = bytes.TrimRight(recipient, "."), v.seen|keyReceiver
	}
	return rec, rec.believe(v)
}

// cutAny cuts b around ";key" or "&key".
func cutAny(b []byte, key string) (before, after []byte, ok bool) {
	for i := 0; i+1+len(key) <= len(b); i++ {
		if (b[i] == ';' || b[i] == '&') && string(b[i+1:i+1+len(key)]) == key {
			return b[:i], b[i+1+len(key):], true
		}
	}
	return b, nil, false
}

// untilDelimiter returns b up to what ends a URL in a text.
func untilDelimiter(b []byte) []byte {
	if i := bytes.IndexAny(b, " \t<>\"');&"); i >= 0 {
		return b[:i]
	}
	return b
}

// decodeText undoes quoted-printable (RFC 2045, 6.7) and the one entity of HTML
// that stands in URLs, if the text shows signs of them.
func decodeText(text []byte) []byte {
	text = bytes.ReplaceAll(text, []byte("&amp;"), []byte("&"))
	if !contains(text, "?s=3D") {
		return text
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] == '=' && i+2 < len(text) {
			high, ok1 := hexDigit(text[i+1])
			low, ok2 := hexDigit(text[i+2])
			if ok1 && ok2 {
				out = append(out, byte(high<<4|low))
				i += 2
				continue
			}
		}
		out = append(out, text[i])
	}
	return out
}
