package lint

import (
	"strings"
	"unicode/utf8"
)

// fromWindows1252 decodes a text that is not UTF-8: the characters that word
// processors put in place of spaces, hyphens and quotation marks.
func fromWindows1252(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	return strings.NewReplacer("\xa0", "\u00a0", "\x96", "\u2013", "\x97", "\u2014", "\x91", "\u2018", "\x92", "\u2019", "\x93", "\u201c", "\x94", "\u201d").Replace(text)
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
}

// fixDash replaces dashes with hyphens, and what looks like a tilde at the start of a
// term: word processors do the reverse.
func fixDash(term string) string {
	term = strings.Map(func(r rune) rune {
		switch r {
		case '\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2015', '\u2212', '\uFE58', '\uFE63', '\uFF0D':
			return '-'
		}
		return r
	}, term)
	switch r, size := utf8.DecodeRuneInString(term); r {
	case '\u02DC', '\u223C', '\uFF5E':
		return "~" + term[size:]
	}
	return term
}

// fixQualifier puts a qualifier that stands after all before it, and drops one that is
// there twice.
func fixQualifier(term string) string {
	const all = "all"
	if len(term) > 1 && term[0] == term[1] && strings.IndexByte("+-~?", term[0]) >= 0 {
		return term[1:]
	}
	if len(term) <= len(all) || !strings.EqualFold(term[:len(all)], all) {
		return term
	}
	qualifier := fixDash(term[len(all):])
	if len(qualifier) != 1 || !strings.Contains("+-~?", qualifier) {
		return term
	}
	return qualifier + term[:len(all)]
}

// trimPunctuation removes quotes, separators and invisible characters around a
// term.
func trimPunctuation(term string) string {
	trimmed := strings.TrimFunc(term, func(r rune) bool {
		return isInvisible(r) || isQuote(r) || strings.ContainsRune(",;\\<>()", r)
	})
	trimmed = strings.TrimRight(trimmed, "*")
	if _, _, separator, _ := cutTerm(trimmed); separator == "" {
		return strings.TrimRight(trimmed, "./") // a final dot belongs to a domain name
	}
	return strings.TrimRight(strings.Map(dropQuote, trimmed), "/")
}

// dropQuote drops quotation marks within a term, for strings.Map.
func dropQuote(r rune) rune {
	if r != '\'' && isQuote(r) {
		return -1
	}
	return r
}

// isQuote reports whether r is a quotation mark.
func isQuote(r rune) bool {
	return strings.ContainsRune("\"'`\u201C\u201D\u201E\u2018\u2019\u00AB\u00BB", r)
}

// isInvisible reports whether r is a byte order mark, a no-break space or another
// character that cannot be seen in an editor.
func isInvisible(r rune) bool {
	return strings.ContainsRune("\t\r\n\v\f\u00A0\u00AD\u200B\u200C\u200D\u2028\u2029\u202F\u2060\u3000\uFEFF", r)
}

// fixMacros writes macros such as %i, ${i}, %(i) and {i} as %{i} (RFC 7208, 7.1).
func fixMacros(term string) string {
	_, _, separator, _ := cutTerm(term)
	if separator == "" || !strings.ContainsAny(term, "%${") {
		return term
	}
	var b strings.Builder
	for i := 0; i < len(term); {
		macro, n := cutMacro(term[i:])
		if n == 0 {
			macro, n = term[i:i+1], 1
		}
		b.WriteString(macro)
		i += n
	}
	return b.String()
}

// cutMacro returns the macro that was meant at the start of text, and the number of
// bytes in its place, 0 if there is none.
func cutMacro(text string) (macro string, n int) {
	const letters, opening, closing = "slodiphvcrtSLODIPHVCRT", "{([", "})]"
	if strings.IndexByte("%${", text[0]) < 0 {
		return "", 0
	}
	if text[0] != '{' {
		n++
	}
	if n == len(text) {
		return "", 0
	}
	if text[0] == '%' && strings.IndexByte("%_-", text[1]) >= 0 {
		return text[:2], 2
	}
	isOpen := strings.IndexByte(opening, text[n]) >= 0
	if isOpen {
		n++
	}
	if n == len(text) || strings.IndexByte(letters, text[n]) < 0 {
		return "", 0
	}
	letter := text[n : n+1]
	n++
	if !isOpen {
		if n < len(text) && strings.IndexByte(".-_/+", text[n]) < 0 {
			return "", 0 // a word, not a letter
		}
		return "%{" + letter + "}", n
	}
	transformers := 0
	for n+transformers < len(text) && strings.IndexByte("0123456789rR.-+,/_=", text[n+transformers]) >= 0 {
		transformers++
	}
	if end := n + transformers; end < len(text) && strings.IndexByte(closing, text[end]) >= 0 {
		return "%{" + letter + text[n:end] + "}", end + 1
	}
	return "%{" + letter + "}", n // the closing brace is missing
}

// withoutMacros removes macros from a target.
func withoutMacros(target string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(target, "%{")
		_, after, closed := strings.Cut(rest, "}")
		if !ok || !closed {
			return b.String() + target
		}
		b.WriteString(before)
		target = after
	}
}
