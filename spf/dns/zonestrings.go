package dns

import (
	"fmt"
	"strings"
)

// maxStringLen is how many bytes a character-string holds (RFC 1035, 3.3).
const maxStringLen = 255

// checkStrings returns an error for the first string over 255 bytes in a TXT
// record of a zone file. The parser of the dns package splits such a string
// where its 255 bytes end, and name servers refuse it.
func checkStrings(text, file string) error {
	s := stringScanner{text: text, line: 1, lineStart: true}
	for s.at < len(s.text) {
		start, line, column := s.at, s.line, s.at-s.newline+1
		if !s.next() {
			continue
		}
		if !s.isTXT || s.length <= maxStringLen {
			continue
		}
		before, after := splitString(strings.Trim(s.text[start:s.at], `"`))
		return fmt.Errorf("%s:%d:%d: a string of %d bytes; a string of a TXT record has at most %d (RFC 1035, 3.3.14). Split it, in one record: \"%s\" \"%s\"",
			file, line, column, s.length, maxStringLen, before, after)
	}
	return nil
}

// openParenthesis returns where a parenthesis is that is open at the end of a zone file, as
// line and column.
func openParenthesis(text string) (at string, open bool) {
	s := stringScanner{text: text, line: 1, lineStart: true}
	for s.at < len(s.text) {
		s.next()
	}
	return s.opened, s.depth > 0
}

// splitString splits a string that is too long in two, at a space if there is one. It
// returns the end of the first part and the start of the second.
func splitString(text string) (before, after string) {
	const shown = 24 // bytes on each side
	cut, length := 0, 0
	for at := 0; at < len(text) && length < maxStringLen; length++ {
		c, n := unescapeByte(text[at:])
		if at += n; c == ' ' || cut < at-n-maxStringLen/2 {
			cut = at
		}
	}
	before, after = text[:cut], text[cut:]
	if len(before) > shown {
		before = "..." + before[len(before)-shown:]
	}
	if len(after) > shown {
		after = after[:shown] + "..."
	}
	return before, after
}

// stringScanner splits a zone file (RFC 1035, 5.1) into tokens.
type stringScanner struct {
	text      string
	at        int // of the next byte
	line      int
	newline   int    // where the line starts
	depth     int    // of parentheses
	opened    string // where the outermost one is: line and column
	lineStart bool
	fields    int  // of the entry: owner, TTL, class, type
	typed     bool // the type of the entry has been read
	isTXT     bool // it is TXT or SPF, and the strings follow
	length    int  // of the string read last, in bytes after escapes
}

// next reads a token, or whatever is between tokens. It reports whether that was
// a string after the type.
func (s *stringScanner) next() bool {
	c := s.text[s.at]
	switch {
	case c == '\n':
		s.at++
		s.line, s.newline = s.line+1, s.at
		if s.depth == 0 {
			s.lineStart, s.fields, s.typed, s.isTXT = true, 0, false, false
		}
		return false
	case c == ' ' || c == '\t' || c == '\r':
		if s.lineStart && c != '\r' {
			s.fields = 1 // the owner is that of the record before
		}
		s.at++
	case c == ';':
		for s.at < len(s.text) && s.text[s.at] != '\n' {
			s.at++
		}
	case c == '(':
		if s.depth == 0 {
			s.opened = fmt.Sprintf("%d:%d", s.line, s.at-s.newline+1)
		}
		s.depth++
		s.at++
	case c == ')':
		s.depth = max(s.depth-1, 0)
		s.at++
	case c == '"':
		s.lineStart = false
		s.quoted()
		return s.typed
	default:
		s.lineStart = false
		return s.word()
	}
	s.lineStart = false
	return false
}

// quoted reads a string in quotes, which may have line breaks.
func (s *stringScanner) quoted() {
	s.length = 0
	for s.at++; s.at < len(s.text) && s.text[s.at] != '"'; s.length++ {
		if s.text[s.at] == '\n' {
			s.line, s.newline = s.line+1, s.at+1
		}
		_, n := unescapeByte(s.text[s.at:])
		s.at += n
	}
	s.at = min(s.at+1, len(s.text))
}

// word reads a token without quotes.
func (s *stringScanner) word() bool {
	start := s.at
	s.length = 0
	for s.at < len(s.text) && strings.IndexByte(" \t\r\n;()\"", s.text[s.at]) < 0 {
		_, n := unescapeByte(s.text[s.at:])
		s.at += n
		s.length++
	}
	if s.typed {
		return true
	}
	word := s.text[start:s.at]
	s.fields++
	if s.fields == 1 || isTTLOrClass(word) {
		return false
	}
	s.typed = true
	s.isTXT = strings.EqualFold(word, "TXT") || strings.EqualFold(word, "SPF")
	return false
}

// isTTLOrClass reports whether a field before the type is a TTL or a class.
func isTTLOrClass(word string) bool {
	switch strings.ToUpper(word) {
	case "IN", "CH", "HS", "CS", "ANY":
		return true
	}
	return isDigit(word[0])
}
