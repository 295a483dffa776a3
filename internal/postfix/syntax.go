package postfix

import (
	"strconv"
	"strings"
	"time"
)

// Parameter is a line "name = value" of postconf(1)'s output.
type Parameter struct{ Name, Value string }

// ParseParameters parses lines of the form "name = value".
func ParseParameters(text string) []Parameter {
	var parameters []Parameter
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(line, "="); ok {
			parameters = append(parameters, Parameter{strings.TrimSpace(name), strings.TrimSpace(value)})
		}
	}
	return parameters
}

// SplitList splits a list of main.cf at commas and white space. Text in braces is
// one word, without the braces.
func SplitList(list string) []string { return split(list, ", \t\r\n") }

// splitFields splits an entry of master.cf at white space. Text in braces is one
// field, without the braces (Postfix 3.0 and later).
func splitFields(entry string) []string { return split(entry, " \t\r\n") }

// split splits as mystrtokq() of Postfix does: separators in braces do not count.
func split(list, separators string) []string {
	var found []string
	for {
		if list = strings.TrimLeft(list, separators); list == "" {
			return found
		}
		depth := 0
		end := strings.IndexFunc(list, func(r rune) bool {
			switch {
			case r == '{':
				depth++
			case r == '}' && depth > 0:
				depth--
			case depth == 0:
				return strings.ContainsRune(separators, r)
			}
			return false
		})
		if end < 0 {
			end = len(list)
		}
		found = append(found, withoutBraces(list[:end]))
		list = list[end:]
	}
}

// withoutBraces returns a word without the braces around all of it.
func withoutBraces(word string) string {
	if !strings.HasPrefix(word, "{") {
		return word
	}
	depth := 0
	closing := strings.IndexFunc(word, func(r rune) bool {
		switch r {
		case '{':
			depth++
		case '}':
			depth--
		}
		return depth == 0
	})
	if closing != len(word)-1 {
		return word
	}
	return strings.TrimSpace(word[1:closing])
}

// ParseTime parses a time of main.cf. Without a unit it is in seconds
// (postconf(5)).
func ParseTime(text string) (time.Duration, bool) {
	units := map[string]time.Duration{
		"": time.Second, "s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour,
	}
	number := strings.TrimRight(text, "smhdw")
	unit, known := units[text[len(number):]]
	n, err := strconv.ParseInt(number, 10, 32)
	return time.Duration(n) * unit, known && err == nil && n >= 0
}
