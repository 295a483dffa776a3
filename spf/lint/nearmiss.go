package lint

import (
	"strings"
	"unicode/utf8"

	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// NearMissKind is the reason why a TXT record that was meant as an SPF record is
// not one (RFC 7208, 4.5).
type NearMissKind uint8

// The kinds of near misses.
const (
	TextBeforeVersion   NearMissKind = iota // spaces or other text
	QuoteBeforeVersion                      // a quotation mark in the text
	BOMBeforeVersion                        // a byte order mark
	NoSpaceAfterVersion                     // something other than a space follows
	WrongVersion                            // not "v=spf1" but something like it
	NoVersion                               // terms only
	SplitStrings                            // strings without spaces between them (3.3)
	ObsoleteType                            // of type SPF (3.1)
	OtherName                               // a record at a name where it is not looked up
)

// NearMiss is a TXT record that is not an SPF record, but was meant as one.
type NearMiss struct {
	Kind   NearMissKind
	Text   string // of the TXT record
	Offset int    // of the part at fault in Text, in bytes
	Length int    // of that part, in bytes
	Meant  string // the SPF record that was probably meant, "" if that is not known
	Name   string // of OtherName: the name that has the record
}

// maxNearMissText is how many bytes of a text are examined: more than any record has
// that fits into an answer over UDP.
const maxNearMissText = 4096

// FindNearMiss reports whether the text of a TXT record was meant as an SPF record
// but is not one.
func FindNearMiss(text string) (miss NearMiss, ok bool) {
	if miss, ok = findNearMiss(text); !isValidRecord(miss.Meant) {
		miss.Meant = ""
	}
	return miss, ok
}

// isValidRecord reports whether text is an SPF record without syntax errors.
func isValidRecord(text string) bool {
	if _, n := spf.SelectRecord(txtAnswer(text)); n != 1 {
		return false
	}
	_, err := spf.Parse(text)
	return err == nil
}

// nearMisses returns the TXT records of an answer that were meant as SPF records.
func nearMisses(a dns.Answer) []NearMiss {
	var misses []NearMiss
	for _, strs := range a.TXT {
		miss, ok := FindNearMiss(spf.JoinStrings(strs))
		if !ok {
			continue
		}
		if meant := joinWithSpaces(strs); meant != "" {
			miss.Kind, miss.Offset, miss.Length, miss.Meant = SplitStrings, len(strs[0]), 1, meant
		}
		if misses = append(misses, miss); len(misses) == maxSyntaxErrors {
			break
		}
	}
	return misses
}

// joinWithSpaces returns the record that strings make with spaces between them, or that is
// meant by that, and "" if there is none.
func joinWithSpaces(strs []string) string {
	if len(strs) < 2 {
		return ""
	}
	text := strings.Join(strs, " ")
	start := indexFold(text, spf.Version)
	if start < 0 {
		return ""
	}
	meant := mend(text[start+len(spf.Version):])
	if !isValidRecord(meant) {
		return ""
	}
	return meant
}

// elsewhere returns records of a domain that has no SPF record which are where nobody looks
// them up: of type SPF, or at a name below it.
func (w *linter) elsewhere(domain string) []NearMiss {
	var misses []NearMiss
	for _, q := range []dns.Question{
		{Name: domain, Type: dns.TypeSPF}, {Name: "_spf." + domain, Type: dns.TypeTXT}, {Name: "www." + domain, Type: dns.TypeTXT},
	} {
		if !dns.IsName(q.Name) {
			continue
		}
		text, n := spf.SelectRecord(w.lookup(q).Answer)
		switch {
		case n == 0:
		case q.Type == dns.TypeSPF:
			misses = append(misses, NearMiss{Kind: ObsoleteType, Text: text, Meant: text})
		default:
			misses = append(misses, NearMiss{Kind: OtherName, Text: text, Meant: spf.Version + " redirect=" + q.Name, Name: q.Name})
		}
	}
	return misses
}

// findNearMiss is FindNearMiss; what was meant may be invalid.
func findNearMiss(text string) (miss NearMiss, ok bool) {
	if len(text) > maxNearMissText || text == "" {
		return NearMiss{}, false
	}
	if _, n := spf.SelectRecord(txtAnswer(text)); n == 1 {
		return NearMiss{}, false
	}
	miss = NearMiss{Text: text}
	start := indexFold(text, spf.Version)
	if start == 0 && strings.HasPrefix(text[len(spf.Version):], ".0") {
		start = -1 // a version with a fraction
	}
	switch {
	case start == 0:
		miss.Kind, miss.Offset = NoSpaceAfterVersion, len(spf.Version)
		_, miss.Length = utf8.DecodeRuneInString(text[miss.Offset:])
		if !separates(text[miss.Offset:]) {
			return NearMiss{}, false // such as v=spf10: another version
		}
		miss.Meant = mend(text[miss.Offset:])
		return miss, true
	case start > 0 && looksLikeRecord(text[start:]):
		miss.Length, miss.Kind = start, TextBeforeVersion
		if strings.HasPrefix(text, "\uFEFF") || strings.HasPrefix(text, "\xFF\xFE") {
			miss.Kind = BOMBeforeVersion
		} else if r, _ := utf8.DecodeRuneInString(strings.TrimLeft(text, " ")); isQuote(r) || r == '\\' {
			miss.Kind = QuoteBeforeVersion
		}
		miss.Meant = mend(text[start+len(spf.Version):])
		return miss, true
	}
	trimmed := trimInvisible(text)
	miss.Offset = strings.Index(text, trimmed)
	n := wrongVersion(trimmed)
	// A "v" and a number are certain enough; otherwise it may be a text about SPF.
	isVersion := n > 0 && trimmed[0]|0x20 == 'v' && strings.ContainsAny(trimmed[:n], "0123456789")
	if n > 0 && (isVersion && hasTerm(trimmed[n:]) || areTerms(trimmed[n:])) {
		miss.Kind, miss.Length, miss.Meant = WrongVersion, n, mend(trimmed[n:])
		return miss, true
	}
	if onlyTerms(trimmed) {
		miss.Kind, miss.Length, miss.Meant = NoVersion, 0, mend(trimmed)
		return miss, true
	}
	return NearMiss{}, false
}

// separates reports whether the text after "v=spf1" makes it the version of
// another record: something that is part of neither a word nor a number, or a
// term without a space before it.
func separates(after string) bool {
	c := after[0]
	isWord := 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9'
	word, _, _ := strings.Cut(after, " ")
	return !isWord || hasTerm(word)
}

// looksLikeRecord reports whether text that starts with the version continues like a
// record.
func looksLikeRecord(text string) bool {
	rest := text[len(spf.Version):]
	return rest == "" || separates(rest)
}

// indexFold returns the index of an ASCII text in s, whatever its case, or -1.
func indexFold(s, text string) int {
	for i := 0; i+len(text) <= len(s); i++ {
		if strings.EqualFold(s[i:i+len(text)], text) {
			return i
		}
	}
	return -1
}

// wrongVersion returns the length of a text at the start of s that stands for the
// version but is not "v=spf1": "spf1", "v=spf 1", "v=spf2", "v = spf1". It
// returns 0 if there is none. Sender ID's "spf2.0/pra" (RFC 4406, 3) is not one.
func wrongVersion(s string) int {
	end := 0
	next := func(text string) bool { // after spaces and invisible characters
		rest := strings.TrimLeftFunc(s[end:], func(r rune) bool { return r == ' ' || isInvisible(r) })
		at := len(s) - len(rest)
		if at+len(text) > len(s) || !strings.EqualFold(s[at:at+len(text)], text) {
			return false
		}
		end = at + len(text)
		return true
	}
	hasV := next("v")
	if !hasV {
		next("=")
	} else {
		if !next("\\=") && !next("=") && !next(":") && !next("-") {
			next(".")
		}
	}
	if !next("spf") && !next("sfp") && !next("psf") {
		return nearVersion(s)
	}
	if !next("=") {
		next("-")
	}
	switch {
	case next("v1"), next("1.0"), next("1"):
	case next("2.0"), next("2"), next("3"), next("0"):
		if end < len(s) && (s[end] == '/' || s[end] == '.') {
			return 0
		}
	case !hasV:
		return 0 // a text about SPF
	}
	if end < len(s) && !separates(s[end:]) {
		return nearVersion(s)
	}
	return end
}

// nearVersion returns the length of a first word that differs from "v=spf1" by one
// character, or 0.
func nearVersion(s string) int {
	word, _, _ := strings.Cut(s, " ")
	if lower := strings.ToLower(word); lower != spf.Version && len(word) > 4 && lower[1] == '=' && isNear(lower, spf.Version) && word[len(word)-1] != '2' {
		return len(word)
	}
	return 0
}

// hasTerm reports whether one of the words in text is a directive, or was meant
// as one.
func hasTerm(text string) bool {
	for _, word := range words(text) {
		if isDirective(word) {
			return true
		}
		meant, _ := Hint(word)
		if first, _, _ := strings.Cut(meant, " "); isDirective(first) {
			return true
		}
	}
	return false
}

// areTerms reports whether all words in text are terms or were meant as terms, and
// there is one at least.
func areTerms(text string) bool {
	list := words(text)
	for _, word := range list {
		if _, ok := Hint(word); !ok && !isTerm(word) {
			return false
		}
	}
	return len(list) > 0
}

// onlyTerms reports whether text is a record without its version: two directives
// or more, of which one is all, and nothing else.
func onlyTerms(text string) bool {
	all := false
	list := words(text)
	for _, word := range list {
		if !isTerm(word) {
			return false
		}
		all = all || strings.EqualFold(strings.TrimLeft(word, "+-~?"), "all")
	}
	return all && len(list) > 1
}

func isDirective(word string) bool { return isTerm(word) && !strings.Contains(word, "=") }

// words splits a text at spaces and invisible characters.
func words(text string) []string {
	return strings.FieldsFunc(fromWindows1252(text), func(r rune) bool { return r == ' ' || isInvisible(r) })
}

// trimInvisible removes spaces, quotes and invisible characters around a text.
func trimInvisible(text string) string {
	return strings.TrimFunc(text, func(r rune) bool { return r == ' ' || isQuote(r) || isInvisible(r) })
}

// mend returns a record of the terms in a text, with invalid ones replaced by what was
// probably meant, if that is known.
func mend(terms string) string {
	var b strings.Builder
	b.WriteString(spf.Version)
	list := words(strings.TrimLeft(strings.ReplaceAll(terms, "%20", " "), ";,:.\"'="))
	for i := 0; i < len(list); i++ {
		word := list[i]
		if term, n := torn(list[i:]); n > 0 {
			word = term
			i += n - 1
		}
		if meant, ok := Hint(word); ok && !isTerm(word) {
			word = meant
		} else if trimmed := trimPunctuation(word); !ok && trimmed != word {
			word = trimmed
		}
		if word != "" {
			b.WriteString(" " + word)
		}
	}
	return b.String()
}

// txtAnswer returns an answer with one TXT record of one string.
func txtAnswer(text string) dns.Answer { return dns.Answer{TXT: [][]string{{text}}} }
