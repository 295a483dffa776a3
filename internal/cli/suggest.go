package cli

import (
	"fmt"
	"strings"
)

// unknownFlag returns the error for a flag that is not in the table.
func unknownFlag(arg string) error {
	name, _, _ := strings.Cut(arg, "=")
	if hint := didYouMean(name, flagNames(), "--"); hint != "" {
		return fmt.Errorf("unknown flag %q%s", name, hint)
	}
	return fmt.Errorf("unknown flag %q; see policyd-spf --help", name)
}

// unknownWord returns the error for an argument that is neither a flag nor
// looks like a file.
func unknownWord(arg string) error {
	if hint := didYouMean(arg, flagNames(), "--"); hint != "" {
		return fmt.Errorf("unknown word %q%s", arg, hint)
	}
	return fmt.Errorf("unknown word %q, and no file has this name; expected a configuration file or a flag (see policyd-spf --help)", arg)
}

func flagNames() []string {
	var names []string
	for _, s := range flags() {
		if !s.hidden() {
			names = append(names, s.name)
		}
	}
	return names
}

// didYouMean returns "; did you mean X?" for the nearest candidate, with a
// prefix, or "" if none is near.
func didYouMean(word string, candidates []string, prefix string) string {
	word = strings.ToLower(strings.Trim(strings.ReplaceAll(word, "_", "-"), "-"))
	best, bestDistance := "", len(word)/3+1
	for _, c := range candidates {
		if d := editDistance(word, c); d < bestDistance || d == 1 && len(word) > 1 && best == "" {
			best, bestDistance = c, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + prefix + best + "?"
}

// editDistance returns the number of bytes to insert, delete, replace or swap
// with their neighbor to turn a into b (optimal string alignment).
func editDistance(a, b string) int {
	before, previous := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := 1; i <= len(a); i++ {
		current := make([]int, len(b)+1)
		current[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			current[j] = min(previous[j]+1, current[j-1]+1, previous[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				current[j] = min(current[j], before[j-2]+1)
			}
		}
		before, previous = previous, current
	}
	return previous[len(b)]
}
