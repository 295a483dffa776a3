package maillog

import (
	"bytes"
	"iter"
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

// looseField reads the field in line i if it is about SPF. A field that lost the
// spaces at the start of its further lines when it was copied goes on up to the
// next field or an empty line.
func (p *paste) looseField(i int) (Source, bool) {
	line := bytes.TrimLeft(p.lines[i], " \t*")
	if len(line) < len("received-spf:") || line[0]|0x20 != 'r' && line[0]|0x20 != 'a' && line[0]|0x20 != 'x' {
		return Source{}, false
	}
	name, value := splitLooseField(line)
	if !isSPFFieldName(name) {
		return Source{}, false
	}
	if p.attempts++; p.attempts > maxAttempts {
		return Source{}, false
	}
	const maxLines = 30 // of a field
	end := i + 1
	for end < len(p.lines) && end < i+maxLines && len(bytes.TrimSpace(p.lines[end])) > 0 {
		end++
	}
	if all := fields(p.lines[:end], i); len(all) > 0 {
		if s, ok := p.spfField(all[:1], 0); ok {
			return s, true
		}
	}
	return p.unfolded(string(name), value, i)
}

// isSPFFieldName reports whether a field with a name may be about SPF.
func isSPFFieldName(name []byte) bool {
	for _, known := range [...]string{"received-spf", "authentication-results", "arc-authentication-results", "x-comment"} {
		if equalFold(name, known) {
			return true
		}
	}
	return false
}

// otherLines returns the lines that do not belong to a field about SPF. What such a field
// says counts as a whole or not at all: a sender may have written parts of it.
func (p *paste) otherLines() iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		inField := false
		for i, line := range p.lines {
			name, _, ok := cut(line, ":")
			switch {
			case beginsSPFField(line):
				inField = true
			case len(bytes.TrimSpace(line)) == 0, ok && isFieldName(name):
				inField = false
			}
			if !inField && !yield(i, line) {
				return
			}
		}
	}
}

// beginsSPFField reports whether a field about SPF begins in a line.
func beginsSPFField(line []byte) bool {
	name, _ := splitLooseField(bytes.TrimLeft(line, " \t*"))
	return isSPFFieldName(name)
}

// splitLooseField splits a field whose colon may have got lost in a table.
func splitLooseField(line []byte) (name, value []byte) {
	const maxName = 40 // bytes, more than the names that count have
	n := 0
	for n < min(len(line), maxName) && isFieldName(line[:n+1]) {
		n++
	}
	return line[:n], bytes.TrimLeft(line[n:], " \t:|*")
}

// unfolded reads a field whose value begins in line i, and goes on in lines that may
// have lost the spaces at their start.
func (p *paste) unfolded(name string, value []byte, i int) (Source, bool) {
	if p.attempts++; p.attempts > maxAttempts {
		return Source{}, false
	}
	const maxLines = 30
	f := field{name: []byte(name), line: i}
	for _, separator := range [...]string{" ", ""} { // lines break at spaces, or at a column
		f.value = bytes.Clone(value)
		for _, line := range p.lines[i+1 : min(i+maxLines, len(p.lines))] {
			text := bytes.TrimSpace(line)
			if next, _, ok := cut(text, ":"); len(text) == 0 || ok && isFieldName(next) {
				break
			}
			f.value = append(append(f.value, separator...), text...)
			f.isFolded = true
		}
		f.value = bytes.TrimSpace(f.value)
		if !contains(f.value, `"`) { // tabs and runs of spaces, where lines were joined
			f.value = bytes.Join(bytes.Fields(f.value), []byte(" "))
		}
		if s, ok := p.spfField([]field{f}, 0); ok || !f.isFolded {
			return s, ok
		}
	}
	return Source{}, false
}

// fieldInLine reads a field that stands within a line of other text, perhaps in
// backquotes.
func (p *paste) fieldInLine() (Source, bool) {
	for i, line := range p.otherLines() {
		for _, name := range [...]string{"Received-SPF", "Authentication-Results"} {
			before, value, ok := cut(line, name+":")
			if !ok || len(before) == 0 {
				continue
			}
			if before[len(before)-1] == '`' {
				value, _, _ = cut(value, "`")
			}
			if s, ok := p.unfolded(name, value, i); ok {
				return s, true
			}
		}
	}
	return Source{}, false
}

// bareValue reads the value of a field whose name was not copied: "Fail (SPF fail -
// not authorized) client-ip=...", or "spf=pass (...) smtp.mailfrom=...".
func (p *paste) bareValue() (Source, bool) {
	for i, line := range p.otherLines() {
		text := bytes.TrimSpace(line)
		if _, after, ok := cut(text, " "); ok && resultNamed(firstWord(text)) != NoResult && bytes.HasPrefix(after, []byte("(")) {
			if s, ok := p.unfolded("Received-SPF", text, i); ok {
				return s, true
			}
		}
		if j := index(text, "spf="); j == 0 || j > 0 && (text[j-1] == ' ' || text[j-1] == ';') {
			value := append([]byte("unknown; "), text[j:]...)
			if s, ok := p.unfolded("Authentication-Results", value, i); ok {
				return s, true
			}
		}
	}
	return Source{}, false
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
