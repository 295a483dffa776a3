package report

import (
	"fmt"
	"strconv"
)

// number returns n with commas between thousands.
func number(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// count returns n and a noun in the singular or plural: "1 message", "2 messages".
func count(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return number(n) + " " + noun + "s"
}

// percent returns a share as a percentage for people.
func percent(share float64) string {
	switch {
	case share == 0:
		return "0%"
	case share < 0.0001:
		return "less than 0.01%"
	case share < 0.1:
		return fmt.Sprintf("%.2f%%", share*100)
	}
	return fmt.Sprintf("%.1f%%", share*100)
}

// share returns n as a share of a number, 0 if that is 0.
func share(n, of int64) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}
