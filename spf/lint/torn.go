package lint

import "strings"

// word is a word of a record's text.
type word struct {
	offset int
	text   string
}

// splitWords splits the text of a record at spaces.
func splitWords(text string) []word {
	var list []word
	for at := 0; at < len(text); {
		end := strings.IndexByte(text[at:], ' ')
		if end < 0 {
			end = len(text) - at
		}
		if end > 0 {
			list = append(list, word{at, text[at : at+end]})
		}
		at += end + 1
	}
	return list
}

// tornAt returns the term that the word at index i is a part of, if spaces were put into
// it, and the index of the next word after it. The term starts at index first or later.
func tornAt(list []word, i, first int) (term string, next int, ok bool) {
	for start := max(first, i-2); start <= i; start++ {
		var texts []string
		for _, w := range list[start:min(start+3, len(list))] {
			texts = append(texts, w.text)
		}
		if term, n := torn(texts); start+n > i {
			return term, start + n, true
		}
	}
	return "", 0, false
}

// torn returns the term that the first words make, two or three, if spaces were put into
// it: "- all", "include: example.com", "ip4 : 192.0.2.1", "mx /24", "a example.com",
// "mx:mail. example.com". n is 0 if they are no such term.
func torn(words []string) (term string, n int) {
	if len(words) < 2 {
		return "", 0
	}
	first, second := fixDash(words[0]), words[1]
	_, name, separator, _ := cutTerm(first)
	n = 2
	switch isAlone := separator == ""; {
	case len(first) == 1 && strings.Contains("+-~?", first):
		term = first + second
		if isPlausible(term) {
			return term, n
		}
		return "", 0
	case isTermLike(second):
		return "", 0
	case len(words) > 2 && (second == ":" || second == "=" || second == "/" && isNumber(words[2])):
		term, n = first+second+words[2], 3
	case strings.HasSuffix(first, "/") && isNumber(second) || strings.HasPrefix(second, "/") && isNumber(second[1:]):
		term = first + second
	case strings.ContainsAny(first[len(first)-1:], ":=") || strings.ContainsAny(second[:1], ":="):
		term = first + second
	case !isAlone && (strings.HasSuffix(first, ".") || strings.HasPrefix(second, ".")):
		term = first + second
	case isAlone && isModifierName(name):
		term = first + "=" + second
	case isAlone && (name == "include" || name == "exists" || name == "ip4" || name == "ip6"):
		term = first + ":" + second
	case isAlone && (name == "a" || name == "mx" || name == "ptr") && isTerm(first+":"+second):
		term = first + ":" + second
	default:
		return "", 0
	}
	if isPlausible(term) {
		return term, n
	}
	if meant, ok := hintOne(term); ok {
		return meant, n
	}
	return "", 0
}

// isTermLike reports whether a word is a term, or was meant as one by itself.
func isTermLike(text string) bool {
	_, name, separator, value := cutTerm(text)
	return isTerm(text) || separator != "" && name != "" && (isMechanismName(name) || isModifierName(name) || mechanismMeant(name, value) != "")
}
