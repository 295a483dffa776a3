package maillog

import "bytes"

// PastedRequest is a request of the policy protocol in a text.
type PastedRequest struct {
	Attributes []byte // "name=value" lines, as Postfix sends them
	Line       int    // of the text, counted from 1
}

// Requests returns the requests that a text consists of. It returns nil for a text
// that does not begin with one, or whose first one has no client_address.
func Requests(text []byte) []PastedRequest {
	var all []PastedRequest
	open := false
	number := 0
	for line := range linesOf(text) {
		number++
		if bytes.IndexByte(line, '=') < 0 || len(all) == 0 { // a value may begin with a space, an attribute does not
			line = bytes.TrimLeft(line, " \t")
		}
		if len(bytes.TrimSpace(line)) == 0 {
			open = false
			continue
		}
		if !open {
			name, _, ok := cut(line, "=")
			if len(all) == 0 && (!ok || !isAttributeName(name)) {
				return nil
			}
			all = append(all, PastedRequest{Line: number})
			open = true
		}
		last := &all[len(all)-1]
		last.Attributes = append(append(last.Attributes, line...), '\n')
	}
	if len(all) == 0 || !hasClientAddress(all[0].Attributes) {
		return nil
	}
	return all
}

// hasClientAddress reports whether there is a client_address among attributes, which has
// no spaces as it comes from Postfix.
func hasClientAddress(attributes []byte) bool {
	_, value, ok := cut(append([]byte("\n"), attributes...), "\nclient_address=")
	value, _, _ = cut(value, "\n")
	return ok && bytes.IndexByte(value, ' ') < 0
}

// joinedAttributes splits a request whose lines were joined with spaces.
func joinedAttributes(t pastedLines) (pastedLines, bool) {
	return t.mapLines(func(line []byte) []byte {
		if !contains(line, "client_address=") {
			return line
		}
		var out []byte
		for i, word := range bytes.Fields(line) {
			name, _, ok := cut(word, "=")
			if isAttribute := ok && isAttributeName(name); i > 0 && isAttribute {
				out = append(out, '\n')
			} else if i > 0 {
				out = append(out, ' ')
			}
			out = append(out, word...)
		}
		return out
	})
}

// request reads the policy request that begins in line first: "name=value" lines
// up to an empty one.
func (p *paste) request(first int) (Source, bool) {
	var e Envelope
	for _, line := range p.lines[first:] {
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			break
		}
		name, value, ok := cut(line, "=")
		if spaced := bytes.TrimRight(name, " \t"); len(spaced) < len(name) { // typed by hand: "sender = a@example.com"
			name, value = spaced, bytes.TrimLeft(value, " \t")
		}
		if !ok || !isAttributeName(name) {
			return Source{}, false
		}
		switch string(name) {
		case "client_address":
			if e.Client, ok = parseAddr(bytes.TrimSpace(value)); ok {
				e.Known |= HasClient
			}
		case "helo_name":
			e.HELO, e.Known = value, e.Known|HasHELO
		case "sender":
			e.Sender, e.Known = value, e.Known|HasSender
		case "recipient":
			e.Recipient, e.Known = value, e.Known|HasRecipient
		}
	}
	s := source(Request, first, &e, &Verdict{})
	return s, s.usable()
}

// looseRequest reads a request that does not stand at the beginning of the text.
func (p *paste) looseRequest() (Source, bool) {
	after := true // an empty line, or one that is not an attribute
	for i, line := range p.lines {
		name, _, ok := cut(bytes.TrimSpace(line), "=")
		isAttribute := ok && isAttributeName(bytes.TrimRight(name, " \t"))
		if isAttribute && after {
			if s, ok := p.request(i); ok {
				return s, true
			}
		}
		after = !isAttribute
	}
	return Source{}, false
}

// isAttributeName reports whether name could be that of an attribute of the
// policy protocol.
func isAttributeName(name []byte) bool {
	for _, c := range name {
		if c != '_' && (c < 'a' || c > 'z') && !isDigit(c) {
			return false
		}
	}
	return len(name) > 0
}
