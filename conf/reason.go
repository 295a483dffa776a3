package conf

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The defaults of Reason_Message and Reason_URL. If Reason_URL is empty, the bare
// message is the default.
const (
	defaultReasonMessage     = "Message {rejectdefer} due to: {spf}. Please see {url}"
	defaultReasonMessageBare = "Message {rejectdefer} due to: {spf}."
	defaultReasonURL         = "http://www.openspf.net/Why?s={0};id={1};ip={2};r={3}"
)

// ReasonTemplate is a parsed value of Reason_Message or Reason_URL. The zero value
// is an empty text.
type ReasonTemplate struct {
	literals []string // the text around the fields: one more than fields
	fields   []int    // indexes into the values of Expand
}

// ParseReasonMessage parses a value of Reason_Message: text with the fields
// {rejectdefer}, {spf} and {url}, in which {{ and }} are braces. Expand takes the
// values of the fields in this order.
func ParseReasonMessage(text string) (ReasonTemplate, error) {
	return parseTemplate(text, "rejectdefer", "spf", "url")
}

// ParseReasonURL parses a value of Reason_URL: text with the fields {0}, the
// identity, {1}, its value, {2}, the client's address, and {3}, the recipient, in
// which {{ and }} are braces. Expand takes the values of the fields in this order.
func ParseReasonURL(text string) (ReasonTemplate, error) {
	return parseTemplate(text, "0", "1", "2", "3")
}

// Reason returns the parsed Reason_Message and Reason_URL. With an error, which is
// about the message, it returns the default message. An invalid URL, which no
// file can set, is the default, too.
func (s *Settings) Reason() (message, url ReasonTemplate, err error) {
	if url, err = ParseReasonURL(s.ReasonURL); err != nil {
		url, _ = ParseReasonURL(defaultReasonURL)
	}
	fallback := defaultReasonMessage
	if s.ReasonURL == "" {
		fallback = defaultReasonMessageBare
	}
	text := s.ReasonMessage
	if text == defaultReasonMessage {
		text = fallback
	}
	if message, err = ParseReasonMessage(text); err != nil {
		message, _ = ParseReasonMessage(fallback)
	}
	return message, url, err
}

// Expand returns the text with the values of the fields, in the order of the
// function that parsed it. Braces in values are text.
func (t ReasonTemplate) Expand(values ...string) string {
	var s strings.Builder
	for i, literal := range t.literals {
		s.WriteString(literal)
		if i < len(t.fields) {
			s.WriteString(values[t.fields[i]])
		}
	}
	return s.String()
}

func parseTemplate(text string, names ...string) (ReasonTemplate, error) {
	var t ReasonTemplate
	var literal strings.Builder
	for text != "" {
		i := strings.IndexAny(text, "{}")
		if i < 0 {
			break
		}
		literal.WriteString(text[:i])
		brace := text[i : i+1]
		text = text[i+1:]
		if strings.HasPrefix(text, brace) { // doubled
			literal.WriteString(brace)
			text = text[1:]
			continue
		}
		name, rest, closed := strings.Cut(text, "}")
		if brace == "}" {
			return ReasonTemplate{}, errors.New("a single } (}} is a brace)")
		}
		if !closed {
			return ReasonTemplate{}, errors.New("a single { ({{ is a brace)")
		}
		field := slices.Index(names, name)
		if field < 0 {
			return ReasonTemplate{}, fmt.Errorf("unknown field {%s}", name)
		}
		t.literals = append(t.literals, literal.String())
		t.fields = append(t.fields, field)
		literal.Reset()
		text = rest
	}
	literal.WriteString(text)
	t.literals = append(t.literals, literal.String())
	return t, nil
}
