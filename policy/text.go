package policy

import (
	"bytes"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"policyd-spf/conf"
)

// trimRight returns line without trailing white space.
func trimRight(line []byte) []byte {
	for len(line) > 0 {
		c := line[len(line)-1]
		if c < utf8.RuneSelf && c > ' ' {
			break
		}
		r, size := utf8.DecodeLastRune(line)
		if !conf.IsSpace(r) {
			break
		}
		line = line[:len(line)-size]
	}
	return line
}

// trimLeft returns line without leading white space.
func trimLeft(line []byte) []byte { return bytes.TrimLeftFunc(line, conf.IsSpace) }

// appendLower appends text in lower case, by Unicode's full mapping, as the
// original does.
func appendLower(b, text []byte) []byte {
	start := len(b)
	for i, c := range text {
		if c >= utf8.RuneSelf {
			return append(b, lower(string(text[i:]), b[start:])...)
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		b = append(b, c)
	}
	return b
}

// appendLowerName is appendLower for a domain name, in which a capital sigma is
// never a final one: that would be another name (UTS 46, 7).
func appendLowerName(b, name []byte) []byte {
	if bytes.Contains(name, []byte("Σ")) { // rare, and ReplaceAll always copies
		name = bytes.ReplaceAll(name, []byte("Σ"), []byte("σ"))
	}
	return appendLower(b, name)
}

// lower returns text in lower case. before is the lower-case text that precedes
// it. Two letters differ from unicode.ToLower: U+0130 becomes two letters, and a
// capital sigma becomes a final one at the end of a word.
func lower(text string, before []byte) string {
	var s strings.Builder
	s.Grow(len(text))
	for i, r := range text {
		switch r {
		case '\u0130': // capital I with a dot above
			s.WriteString("i\u0307")
		case '\u03A3': // sigma
			if lastCased(string(before)+text[:i]) && !firstCased(text[i+utf8.RuneLen(r):]) {
				s.WriteRune('\u03C2')
			} else {
				s.WriteRune('\u03C3')
			}
		default:
			s.WriteRune(unicode.ToLower(r))
		}
	}
	return s.String()
}

// firstCased reports whether the first character of text that is not
// case-ignorable has case.
func firstCased(text string) bool {
	for _, r := range text {
		if !caseIgnorable(r) {
			return cased(r)
		}
	}
	return false
}

// lastCased is firstCased for the last such character.
func lastCased(text string) bool {
	for text != "" {
		r, size := utf8.DecodeLastRuneInString(text)
		if !caseIgnorable(r) {
			return cased(r)
		}
		text = text[:len(text)-size]
	}
	return false
}

// cased is the Unicode Standard's property Cased (3.13, D135).
func cased(r rune) bool {
	return unicode.In(r, unicode.Lu, unicode.Ll, unicode.Lt, unicode.Other_Uppercase, unicode.Other_Lowercase)
}

// caseIgnorable is the Unicode Standard's property Case_Ignorable (3.13, D136):
// marks, format and modifier characters, and punctuation that occurs in words.
func caseIgnorable(r rune) bool {
	return strings.ContainsRune("'.:\u00B7\u0387\u055F\u05F4\u2018\u2019\u2024\u2027\uFE13\uFE52\uFE55\uFF07\uFF0E\uFF1A", r) ||
		unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk)
}

// isUnsafe reports whether r could break a line or a terminal.
func isUnsafe(r rune) bool {
	return r < ' ' || 0x7F <= r && r <= 0x9F || r == 0x2028 || r == 0x2029
}

// sanitize returns text as it may be printed: UTF-8 on one line, with a question
// mark in place of each control character.
func sanitize(text string) string {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c >= 0x7F {
			return string(appendSanitized(make([]byte, 0, len(text)), text))
		}
	}
	return text
}

// appendSanitized appends what sanitize returns.
func appendSanitized(b []byte, text string) []byte {
	done := 0
	for i := 0; i < len(text); {
		if c := text[i]; ' ' <= c && c < 0x7F {
			i++
			continue
		}
		b = append(b, text[done:i]...)
		r, size := utf8.DecodeRuneInString(text[i:])
		if isUnsafe(r) {
			r = '?'
		}
		b = utf8.AppendRune(b, r)
		i += size
		done = i
	}
	return append(b, text[done:]...)
}

// truncate returns text of at most limit bytes. Longer text is cut between two
// characters and ends in "...".
func truncate(text string, limit int) string {
	const dots = "..."
	if len(text) <= limit {
		return text
	}
	end := max(limit-len(dots), 0)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + dots
}

// quotePython returns text as Python prints a string in a list. Some of the
// original's log lines have that form.
func quotePython(text string) string {
	quote := quoteMark(text)
	b := append(make([]byte, 0, len(text)+2), quote)
	for _, r := range text {
		switch {
		case r < utf8.RuneSelf:
			b = appendPython(b, byte(r), quote)
		case unicode.IsPrint(r):
			b = utf8.AppendRune(b, r)
		case r <= 0xFF:
			b = appendHex(append(b, `\x`...), r, 2)
		case r <= 0xFFFF:
			b = appendHex(append(b, `\u`...), r, 4)
		default:
			b = appendHex(append(b, `\U`...), r, 8)
		}
	}
	return string(append(b, quote))
}

// quotePythonList returns texts as Python prints a list of strings.
func quotePythonList(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = quotePython(text)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// pythonBool returns b as Python prints it.
func pythonBool(b bool) string {
	if b {
		return "True"
	}
	return "False"
}

// quotePythonBytes returns text as Python prints bytes.
func quotePythonBytes(text string) string {
	quote := quoteMark(text)
	b := append(make([]byte, 0, len(text)+3), 'b', quote)
	for i := range len(text) {
		if text[i] < utf8.RuneSelf {
			b = appendPython(b, text[i], quote)
		} else {
			b = appendHex(append(b, `\x`...), rune(text[i]), 2)
		}
	}
	return string(append(b, quote))
}

// quoteMark returns the quotation mark that Python puts around text.
func quoteMark(text string) byte {
	if strings.Contains(text, "'") && !strings.Contains(text, `"`) {
		return '"'
	}
	return '\''
}

// appendPython appends a US-ASCII character as Python escapes it.
func appendPython(b []byte, c, quote byte) []byte {
	switch {
	case c == quote || c == '\\':
		return append(b, '\\', c)
	case c == '\n':
		return append(b, `\n`...)
	case c == '\r':
		return append(b, `\r`...)
	case c == '\t':
		return append(b, `\t`...)
	case c < ' ' || c == 0x7F:
		return appendHex(append(b, `\x`...), rune(c), 2)
	}
	return append(b, c)
}

func appendHex(b []byte, r rune, digits int) []byte {
	hex := strconv.FormatInt(int64(r), 16)
	for range digits - len(hex) {
		b = append(b, '0')
	}
	return append(b, hex...)
}
