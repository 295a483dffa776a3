package policy

import (
	"errors"
	"fmt"
	"strings"
)

// fieldScanner reads the tokens of a structured header field (RFC 5322, 3.2).
type fieldScanner struct{ rest string }

func (s *fieldScanner) literal(text string) error {
	var ok bool
	if s.rest, ok = strings.CutPrefix(s.rest, text); !ok {
		return fmt.Errorf("want %q, have %q", text, s.rest)
	}
	return nil
}

// comment reads a comment (RFC 5322, 3.2.2) and returns it without its parentheses,
// but with its backslashes.
func (s *fieldScanner) comment() (string, error) {
	depth := 0
	for i := 0; i < len(s.rest); i++ {
		switch s.rest[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				text := s.rest[1:i]
				s.rest = s.rest[i+1:]
				return text, nil
			}
		}
		if depth == 0 {
			return "", fmt.Errorf("want a comment, have %q", s.rest)
		}
	}
	return "", errors.New("an unterminated comment")
}

// value reads a quoted-string (RFC 5322, 3.2.4), or the text before one of the
// characters in end.
func (s *fieldScanner) value(end string) (string, error) {
	if !strings.HasPrefix(s.rest, `"`) {
		i := strings.IndexAny(s.rest, end)
		if i < 0 {
			return "", fmt.Errorf("an unterminated value: %q", s.rest)
		}
		text := s.rest[:i]
		s.rest = s.rest[i:]
		if strings.ContainsAny(text, `"\`) {
			return "", fmt.Errorf("not quoted: %q", text)
		}
		return text, nil
	}
	var text strings.Builder
	for i := 1; i < len(s.rest); i++ {
		switch c := s.rest[i]; c {
		case '"':
			s.rest = s.rest[i+1:]
			return text.String(), nil
		case '\\':
			i++
			if i == len(s.rest) {
				return "", errors.New("a backslash at the end")
			}
			text.WriteByte(s.rest[i])
		default:
			text.WriteByte(c)
		}
	}
	return "", errors.New("an unterminated quoted-string")
}

// parseReceivedSPF parses a field of RFC 7208, 9.1. It returns the comment, and
// keys and values in turn.
func parseReceivedSPF(field string) (comment string, pairs []string, err error) {
	s := fieldScanner{field}
	if err := s.literal("Received-SPF: Fail "); err != nil {
		return "", nil, err
	}
	if comment, err = s.comment(); err != nil {
		return "", nil, err
	}
	for separator := " "; s.rest != " "; separator = "; " {
		if err := s.literal(separator); err != nil {
			return "", nil, err
		}
		key, rest, ok := strings.Cut(s.rest, "=")
		if !ok {
			return "", nil, fmt.Errorf("no key: %q", s.rest)
		}
		s.rest = rest
		value, err := s.value("; ")
		if err != nil {
			return "", nil, err
		}
		pairs = append(pairs, key, value)
	}
	return comment, pairs, nil
}

// parseAuthResults parses a field of RFC 8601, 2.2. It returns the comments and the
// value of the only property.
func parseAuthResults(field string) (comments []string, value string, err error) {
	s := fieldScanner{field}
	read := func() {
		var text string
		if err == nil {
			text, err = s.comment()
			comments = append(comments, text)
		}
	}
	literal := func(text string) {
		if err == nil {
			err = s.literal(text)
		}
	}
	literal("Authentication-Results: mx.example.net; spf=fail ")
	read()
	literal(" smtp.mailfrom=")
	if err == nil {
		value, err = s.value(" ")
	}
	literal(" ")
	read()
	if err == nil && s.rest != "" {
		err = fmt.Errorf("more than a field: %q", s.rest)
	}
	return comments, value, err
}
