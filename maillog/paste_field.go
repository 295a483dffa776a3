package maillog

import (
	"bytes"
	"strings"
	"time"
)

// field is a header field, unfolded.
type field struct {
	name, value []byte
	line        int
	isFolded    bool // the value stands in several lines
}

// is reports whether the field has a name, given in lower case.
func (f *field) is(name string) bool { return equalFold(f.name, name) }

// fields returns the header fields that lines begin with (RFC 5322, 2.2).
func fields(lines [][]byte, first int) []field {
	var all []field
	var margin []byte // of a header that was indented when it was copied
	for i, line := range lines[first:] {
		line = bytes.TrimPrefix(bytes.TrimRight(line, " \t"), margin)
		if i == 0 && bytes.HasPrefix(line, []byte("From ")) { // of an mbox
			continue
		}
		if len(line) == 0 {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			if len(all) > 0 {
				last := &all[len(all)-1]
				last.value = append(append(last.value, ' '), bytes.TrimLeft(line, " \t")...)
				last.isFolded = true
				continue
			}
			text := bytes.TrimLeft(line, " \t")
			margin, line = line[:len(line)-len(text)], text
		}
		name, value, ok := cut(line, ":")
		name = bytes.TrimRight(name, " \t") // RFC 5322, 4.5.8
		if !ok || !isFieldName(name) {
			break
		}
		all = append(all, field{name: name, value: bytes.Clone(bytes.TrimLeft(value, " \t")), line: first + i})
	}
	return all
}

// isFieldName reports whether name looks like that of a header field. It must
// not begin with a digit, as a time stamp or a reply code does.
func isFieldName(name []byte) bool {
	for _, c := range name {
		if c != '-' && c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && !isDigit(c) {
			return false
		}
	}
	return len(name) > 0 && !isDigit(name[0])
}

// header reads the header that begins in line first. The topmost usable field
// counts, as each host adds its own above the others.
func (p *paste) header(first int) (Source, bool) {
	all := fields(p.lines, first)
	var at time.Time
	for i := range all {
		f := &all[i]
		switch {
		case f.is("from"), f.is("to"), f.is("subject"), f.is("date"), f.is("message-id"), f.is("return-path"), f.is("delivered-to"), f.is("mime-version"):
			p.isMessage = true
		case f.is("received"):
			p.isMessage = true
			if at.IsZero() {
				at = receivedTime(f.value)
			}
		case f.is("content-type"):
			p.isBounce = p.isBounce || containsFold(f.value, "multipart/report") && containsFold(f.value, "delivery-status")
		case f.is("x-failed-recipients"), f.is("reporting-mta"), f.is("final-recipient"), f.is("diagnostic-code"):
			p.isBounce = true
		}
	}
	if p.isBounce = p.isBounce && !hasSender(all); p.isBounce {
		p.isMessage = false // its body is what it is about
		return Source{}, false
	}
	for p.body = first; p.body < len(p.lines) && len(bytes.TrimSpace(p.lines[p.body])) > 0; {
		p.body++
	}
	unusable := false // the host that added the next Received field has added a field that cannot be used
	for i := range all {
		if unusable && all[i].is("received") {
			break // the fields below are of other hosts, or forged
		}
		s, ok := p.spfField(all, i)
		if !ok {
			unusable = unusable || all[i].hasSPF()
			continue
		}
		s.InMessage, s.Time = p.isMessage, at
		return s, true
	}
	return Source{}, false
}

// field reads a field, or the header of a message, that does not stand at the
// beginning of the text.
func (p *paste) field() (Source, bool) {
	inBlock := false // of lines that are header fields
	for i, line := range p.lines {
		if s, ok := p.looseField(i); ok {
			return s, true
		}
		name, _, ok := cut(bytes.TrimLeft(line, " \t"), ":")
		isField := ok && isFieldName(name)
		if isField && !inBlock && hasTrace(fields(p.lines, i)) {
			s, ok := p.header(i)
			p.isMessage = true
			return s, ok
		}
		inBlock = isField || inBlock && len(line) > 0 && (line[0] == ' ' || line[0] == '\t')
	}
	return Source{}, false
}

// hasSPF reports whether the field has the result of an SPF check.
func (f *field) hasSPF() bool {
	return f.is("received-spf") || f.is("authentication-results") && containsFold(f.value, "spf=")
}

// hasSender reports whether header fields are those of a message with a sender, which
// a bounce does not have (RFC 5321, 4.5.5).
func hasSender(all []field) bool {
	for i := range all {
		if f := &all[i]; f.is("return-path") {
			return len(bytes.TrimSpace(trimBrackets(bytes.TrimSpace(f.value)))) > 0
		}
	}
	return false
}

// hasTrace reports whether header fields are those of a message that was
// delivered.
func hasTrace(all []field) bool {
	for i := range all {
		if f := &all[i]; f.is("received") || f.is("return-path") || f.is("delivered-to") {
			return true
		}
	}
	return false
}

// spfField reads all[i] if it is about SPF.
func (p *paste) spfField(all []field, i int) (Source, bool) {
	var s Source
	var host []byte // that added the field
	switch f := &all[i]; {
	case f.is("received-spf"):
		s = p.pastedReceivedSPF(f)
		if _, text, ok := cut(f.value, "("); ok {
			host, _, _ = cut(text, ": ")
		}
	case f.is("authentication-results"), f.is("arc-authentication-results") && !p.isMessage:
		s = p.pastedResults(f)
		host = bytes.TrimRight(firstWord(f.value), ";")
	case f.is("x-comment"):
		return p.pastedComment(f)
	default:
		return s, false
	}
	if s.Result != NoResult && s.Known&HasClient == 0 && s.Known&(HasHELO|HasSender) != 0 {
		if client, helo := receivedNear(all, i, host); client.IsValid() {
			s.Client, s.Known = client, s.Known|HasClient
			if s.Known&HasHELO == 0 {
				s.HELO, s.Known = helo, s.Known|HasHELO
			}
		}
	}
	if f := &all[i]; f.isFolded && !contains(f.value, `"`) && strings.Contains(s.HELO+s.Sender, " ") {
		return Source{}, false // a line was broken within a value
	}
	if !s.usable() && s.Result != NoResult {
		p.lacking(&s)
	}
	return s, s.usable()
}

// pastedComment reads an X-Comment field, which says that the client is exempt.
func (p *paste) pastedComment(f *field) (Source, bool) {
	p.parser.reset(f.value)
	rec := &p.parser.rec
	rec.Kind, rec.Action = Acted, Prepend
	p.parser.exempt(f.value, false)
	s := source(XComment, f.line, &rec.Envelope, &rec.Verdict)
	return s, rec.Kind == Acted && !rec.Ambiguous && s.usable()
}

// containsFold reports whether b contains lower, which is in lower case, in any
// case of US-ASCII.
func containsFold(b []byte, lower string) bool {
	for i := 0; i+len(lower) <= len(b); i++ {
		if equalFold(b[i:i+len(lower)], lower) {
			return true
		}
	}
	return false
}
