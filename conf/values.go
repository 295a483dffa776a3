package conf

import (
	"errors"
	"strings"
)

// maxNumber limits the numbers of options. As seconds it fits a time.Duration, and
// it fits an int on every platform. A larger number counts as this one; both mean
// "no limit" in practice.
const maxNumber = 1<<31 - 1

var errNumber = errors.New("not a whole number")

// parseNumber parses a number: an optional sign and decimal digits, with single
// underscores between them and white space around all.
func parseNumber(text string) (int, error) {
	digits := TrimSpace(text)
	negative := strings.HasPrefix(digits, "-")
	if negative || strings.HasPrefix(digits, "+") {
		digits = digits[1:]
	}
	n := int64(0)
	afterDigit := false
	for _, c := range []byte(digits) {
		switch {
		case '0' <= c && c <= '9':
			n = min(n*10+int64(c-'0'), maxNumber)
			afterDigit = true
		case c == '_' && afterDigit:
			afterDigit = false
		default:
			return 0, errNumber
		}
	}
	if !afterDigit {
		return 0, errNumber
	}
	if negative {
		n = -n
	}
	return int(n), nil
}

// parseBool returns the value of a boolean option: false for the empty text and
// for the usual words, and true for anything else. The original takes only the empty
// text for false.
func parseBool(text string) bool {
	switch strings.ToLower(text) {
	case "", "false", "no", "0":
		return false
	}
	return true
}

// parseList returns the entries of a list separated by commas, without white space
// around them and without empty entries. It returns nil if there are none.
func parseList(text string) []string {
	list := make([]string, 0, strings.Count(text, ",")+1)
	for entry := range strings.SplitSeq(text, ",") {
		if entry = TrimSpace(entry); entry != "" {
			list = append(list, entry)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list
}
