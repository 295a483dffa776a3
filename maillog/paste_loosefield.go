package maillog

import (
	"bytes"
	"iter"
)

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
