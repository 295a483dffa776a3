package term

import "strings"

// minWrap is the narrowest line that Wrap makes, in columns. Deep trees leave
// no room; their lines are then too long.
const minWrap = 20

// Wrap splits a text into lines of at most width columns, at spaces where it
// can. Spaces around a line break are dropped.
func Wrap(text string, width int) []string {
	width = max(width, minWrap)
	var lines []string
	runes := []rune(text)
	for len(runes) > width {
		end := width
		for end > 0 && runes[end] != ' ' {
			end--
		}
		if end == 0 { // one long word
			lines = append(lines, string(runes[:width]))
			runes = runes[width:]
			continue
		}
		lines = append(lines, strings.TrimRight(string(runes[:end]), " "))
		for end < len(runes) && runes[end] == ' ' {
			end++
		}
		runes = runes[end:]
	}
	return append(lines, string(runes))
}
