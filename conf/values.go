package conf

import (
	"errors"
	"strings"
)

// maxNumber bounds the numbers of options: as seconds it still fits a
// time.Duration, and it fits an int everywhere. What is beyond counts as this,
// since it means for ever anyway.
const maxNumber = 1<<31 - 1

var errNumber = errors.New("not a whole number")

// parseNumber reads a number: a sign if need be, and decimal digits, which may
// have single underscores between them, with white space around.
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

// parseBool tells whether text means yes where the original takes any text
// but the empty one for it.
func parseBool(text string) bool {
	switch strings.ToLower(text) {
	case "", "false", "no", "0":
		return false
	}
	return true
}

// parseList gives the entries of a list, which commas separate, without white
// space around them and without empty ones. It gives nil if there are none.
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
