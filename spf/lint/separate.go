package lint

import (
	"strings"

	"policyd-spf/spf"
)

// separate returns the terms that a word was made of, with a space between them:
// commas, semicolons or invisible characters stand in place of the spaces, or
// nothing does. A part without a mechanism has that of the part before it.
func separate(word string) (terms string, ok bool) {
	const maxParts = 20
	parts := strings.FieldsFunc(fromWindows1252(word), func(r rune) bool { return r == ',' || r == ';' || isInvisible(r) })
	if len(parts) == 1 {
		parts = cutGlued(parts[0])
	}
	if len(parts) < 2 || len(parts) > maxParts {
		return "", false
	}
	var list []string
	before := "" // the mechanism of the part before, with its qualifier
	for _, part := range parts {
		if strings.EqualFold(part, spf.Version) {
			continue
		}
		term := part
		if !isTerm(part) {
			if term, ok = hintOne(part); !ok {
				term = before + part
			}
		}
		if !isPlausible(term) {
			return "", false
		}
		qualifier, name, _, _ := cutTerm(term)
		before = qualifier + name + ":"
		list = append(list, term)
	}
	return strings.Join(list, " "), len(list) > 0
}

// cutGlued cuts a word before each "ip4:", "include:" and the like within it, and
// before a final all with its qualifier.
func cutGlued(word string) []string {
	lower := strings.ToLower(word)
	var parts []string
	start := 0
	for i := 1; i < len(word); i++ {
		isStart := false
		for _, name := range [...]string{"ip4:", "ip6:", "include:", "exists:", "redirect=", spf.Version} {
			isStart = isStart || strings.HasPrefix(lower[i:], name)
		}
		isEnd := strings.IndexByte("+-~?", word[i]) >= 0 && lower[i+1:] == "all"
		if !isStart && !isEnd {
			continue
		}
		at := i
		if isStart && strings.IndexByte("+-~?", word[i-1]) >= 0 {
			at-- // its qualifier
		}
		if at > start {
			parts, start = append(parts, word[start:at]), at
		}
	}
	return append(parts, word[start:])
}
