package conf

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The defaults of the two options that make a rejection's text. Without a
// Reason_URL the default message ends before its last sentence.
const (
	defaultReasonMessage     = "Message {rejectdefer} due to: {spf}. Please see {url}"
	defaultReasonMessageBare = "Message {rejectdefer} due to: {spf}."
	defaultReasonURL         = "http://www.openspf.net/Why?s={0};id={1};ip={2};r={3}"
)

// ReasonTemplate is a value of Reason_Message or Reason_URL, ready to be
// filled in. The zero value is an empty text.
type ReasonTemplate struct {
	literals []string // one more than fields
	fields   []int
}

// ParseReasonMessage reads a value of Reason_Message: text with the fields
// {rejectdefer}, {spf} and {url}, where {{ and }} are braces. Expand takes
// their values in this order.
func ParseReasonMessage(text string) (ReasonTemplate, error) {
	return parseTemplate(text, "rejectdefer", "spf", "url")
}

// ParseReasonURL reads a value of Reason_URL: text with the fields {0}, the
// identity, {1}, its value, {2}, the client's address, and {3}, the recipient,
// where {{ and }} are braces. Expand takes their values in this order.
func ParseReasonURL(text string) (ReasonTemplate, error) {
	return parseTemplate(text, "0", "1", "2", "3")
}

// Reason gives the settings' Reason_Message and Reason_URL. The error tells
// what is wrong with the message; the default one stands for it then. The URL
// was checked when it was read.
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

// Expand fills in the values of the fields, in the order of the function that
// read the template. Braces in them are text.
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
