package maillog

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// url reads the URL of a refusal, wherever the text has it: in a bounce, in an
// SMTP reply, alone. A bounce may break its lines at spaces or within the URL.
func (p *paste) url() (Source, bool) {
	entities := strings.NewReplacer(htmlEntities()...)
	for i, line := range p.otherLines() {
		text := bytes.TrimSpace(line)
		if bytes.IndexByte(text, '?') < 0 && !containsFold(text, "%3f") || len(text) > MaxLine {
			continue
		}
		const maxBreaks = 2 // lines that the URL goes on in
		var found *Record
		for next := i + 1; ; next++ {
			rec, whole, ok := readAnyURL(decodeText(text, entities))
			if ok && (whole || found == nil) {
				found = rec
			}
			if whole || next > i+maxBreaks || next >= len(p.lines) || len(bytes.TrimSpace(p.lines[next])) == 0 {
				break
			}
			text = append(bytes.TrimSuffix(bytes.Clone(text), []byte("=")), bytes.TrimSpace(p.lines[next])...)
		}
		if found == nil {
			if contains(text, "?s=") && contains(text, "id=") {
				known := HasSender
				_, address, _ := cutAny(text, "ip=")
				if _, ok := parseAddrLiteral(untilDelimiter(address)); ok {
					known = HasClient
				}
				p.lacking(&Source{Form: RefusalURL, Line: i + 1, Known: known})
			}
			continue
		}
		if s, ok := p.refusalURL(found, i); ok {
			return s, true
		}
	}
	return Source{}, false
}

// refusalURL returns the Source of the URL in line i.
func (p *paste) refusalURL(rec *Record, i int) (Source, bool) {
	form := RefusalURL
	if p.isBounce || p.mentionsBounce() {
		form = Bounce
	}
	rec.Reason = p.refusalBefore(i)
	rec.Action = Reject
	if bytes.Contains(rec.Reason, []byte("deferred due to")) {
		rec.Action = Defer
	}
	s := source(form, i, &rec.Envelope, &rec.Verdict)
	return s, s.usable()
}

// mentionsBounce reports whether the text has a phrase that bounces use.
func (p *paste) mentionsBounce() bool {
	phrases := [...]string{
		"diagnostic-code:", "final-recipient:", "said: 5", "said: 4", "could not be delivered", "undeliver", "returned mail",
		"remote server", "in reply to", "mail delivery failed", "delivery has failed", "delivery status notification",
		"error from remote", "permanent fatal errors", "gave this error", "generating server:", "could not deliver", "wasn't delivered", "not be delivered",
	}
	for _, line := range p.lines {
		line = bytes.ToLower(line)
		for _, words := range phrases {
			if contains(line, words) {
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
		line = trimReplyCode(bytes.TrimSpace(line))
		if broken, ok := bytes.CutSuffix(line, []byte("=")); ok { // a soft line break of quoted-printable
			text = append(text, broken...)
			continue
		}
		text = append(append(text, line...), ' ')
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

// readAnyURL reads the first URL of a refusal in a text, also where a mail filter
// has put it into another URL. It reports whether the URL names a receiver,
// which is its last part.
func readAnyURL(text []byte) (rec *Record, whole, ok bool) {
	const maxRewrites = 2 // by filters, one after the other
	for range maxRewrites + 1 {
		if rec, ok := readURL(text); ok {
			_, _, whole := cutAny(text, "r=")
			return rec, whole, true
		}
		if rec, whole, ok := readQuery(text); ok {
			return rec, whole, true
		}
		next := unwrapURL(text)
		if bytes.Equal(next, text) {
			break
		}
		text = next
	}
	return nil, false, false
}

// unwrapURL reverses what a mail filter does to a URL: percent-encoding, as in
// "safelinks.protection.outlook.com/?url=http%3A%2F%2F", or the "-3A" and "_" of
// "urldefense.proofpoint.com/v2/url?u=http-3A__".
func unwrapURL(text []byte) []byte {
	if _, rest, ok := cut(text, "/v2/url?u="); ok {
		rest, _, _ = cut(rest, "&")
		rest = bytes.ReplaceAll(bytes.ReplaceAll(rest, []byte("%"), []byte("%25")), []byte("_"), []byte("/"))
		return (&Parser{}).unescapeURL(bytes.ReplaceAll(rest, []byte("-"), []byte("%")))
	}
	return (&Parser{}).unescapeURL(text)
}

// readURL reads the first URL of a refusal in a text: "?s=mfrom;id=a@b;ip=...".
// The URL ends at white space, or at a character that belongs to the text around it.
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
	address, recipient, _ := cutAny(rest, "r=")
	return rec, rec.setURL(id, address, recipient)
}

// setURL sets the values of a URL. recipient may be a host name.
func (r *Record) setURL(id, address, recipient []byte) bool {
	// An address with "%" in it is not encoded, unless its characters are not US-ASCII:
	// browsers encode those.
	if decoded := (&Parser{}).unescapeURL(id); bytes.IndexByte(id, '@') < 0 || utf8.Valid(decoded) && utf8.RuneCount(decoded) < len(decoded) {
		id = decoded
	}
	address = bytes.TrimRight((&Parser{}).unescapeURL(untilDelimiter(address)), ".,")
	client, _ := parseAddrLiteral(address)
	v := pairs{client: address, addr: client, helo: id, seen: keyClient | keyHELO}
	if r.Identity == MailFrom {
		v.helo, v.sender, v.seen = nil, id, keyClient|keySender
	}
	recipient = (&Parser{}).unescapeURL(untilDelimiter(recipient))
	if bytes.IndexByte(recipient, '@') > 0 {
		v.recipient, v.seen = bytes.TrimRight(recipient, "."), v.seen|keyReceiver
	}
	return r.believe(v)
}

// readQuery reads the URLs of other programs: those of Exim and of Mail::SPF's
// earlier versions, with parts in any order and other names.
func readQuery(text []byte) (rec *Record, whole, ok bool) {
	const maxQueries = 20 // that are looked at
	for range maxQueries {
		i := bytes.IndexByte(text, '?')
		if i < 0 {
			return nil, false, false
		}
		text = text[i+1:]
		query := text
		if end := bytes.IndexAny(query, " \t<>\"')"); end >= 0 {
			query = query[:end]
		}
		rec := &Record{}
		rec.Identity = MailFrom
		var id, address, recipient []byte
		for _, part := range bytes.FieldsFunc(query, func(r rune) bool { return r == ';' || r == '&' }) {
			name, value, _ := cut(part, "=")
			switch string(name) {
			case "s", "scope":
				rec.Identity = identityNamed(value)
			case "id", "identity", "sender":
				if identity := identityNamed(value); identity != NoIdentity {
					rec.Identity = identity
				} else {
					id = (&Parser{}).unescapeURL(value)
				}
			case "ip":
				address = value
			case "r", "receiver":
				recipient, whole = value, true
			}
		}
		if len(id) > 0 && rec.Identity != NoIdentity && rec.setURL(id, address, recipient) {
			return rec, whole, true
		}
	}
	return nil, false, false
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

// decodeText replaces HTML entities, and decodes quoted-printable (RFC 2045, 6.7)
// if the text looks like it.
func decodeText(text []byte, entities *strings.Replacer) []byte {
	if bytes.IndexByte(text, '&') >= 0 {
		text = []byte(entities.Replace(string(text)))
	}
	if !contains(text, "?s=3D") {
		return text
	}
	return decodePrintable(text)
}
