package cli

import (
	"fmt"
	"strings"

	"policyd-spf/internal/suggest"
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

// didYouMean returns "; did you mean X?" for the nearest candidate, or else the only
// one that begins with word, with a prefix, or "" if there is none.
func didYouMean(word string, candidates []string, prefix string) string {
	word = strings.ToLower(strings.Trim(strings.ReplaceAll(word, "_", "-"), "-"))
	if word == "" {
		return ""
	}
	var longer []string
	best, bestDistance := "", len(word)/3+1
	for _, c := range candidates {
		if d := suggest.Distance(word, c); d < bestDistance || d == 1 && len(word) > 1 && best == "" {
			best, bestDistance = c, d
		}
		if strings.HasPrefix(c, word) {
			longer = append(longer, c)
		}
	}
	if best == "" && len(longer) == 1 {
		best = longer[0]
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + prefix + best + "?"
}
