package maillog

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// pastedLines is a text as lines without line endings. A line's number is that of
// the line of the original text that it begins in, counted from 0.
type pastedLines struct {
	lines   [][]byte
	numbers []int
}

func (t *pastedLines) add(line []byte, number int) {
	t.lines, t.numbers = append(t.lines, line), append(t.numbers, number)
}

// splitLines splits a text into lines, and removes what editors and mail clients
// add: a byte order mark, UTF-16, carriage returns and the ">" of quoted text.
func splitLines(text []byte) pastedLines {
	text = fromUTF16(text)
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	if bytes.IndexByte(text, '\n') < 0 {
		text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
	}
	var t pastedLines
	for line := range bytes.Lines(text) {
		t.add(trimQuoting(bytes.TrimRight(line, "\r\n")), len(t.lines))
	}
	return t
}

// fromUTF16 returns a text in UTF-16 with a byte order mark, as Windows programs
// save it, in UTF-8.
func fromUTF16(text []byte) []byte {
	if len(text) < 2 || !(text[0] == 0xFF && text[1] == 0xFE || text[0] == 0xFE && text[1] == 0xFF) {
		return text
	}
	low, high := 0, 1
	if text[0] == 0xFE {
		low, high = 1, 0
	}
	units := make([]uint16, 0, len(text)/2)
	for text = text[2:]; len(text) >= 2; text = text[2:] {
		units = append(units, uint16(text[high])<<8|uint16(text[low]))
	}
	return []byte(string(utf16.Decode(units)))
}

// trimQuoting removes "> " from the start of a line, as often as it is there. The
// spaces after the first one stay, for they fold a header field.
func trimQuoting(line []byte) []byte {
	for {
		rest := bytes.TrimLeft(line, " \t")
		if len(rest) == 0 || rest[0] != '>' {
			return line
		}
		line = bytes.TrimPrefix(rest[1:], []byte(" "))
	}
}

// decodings returns the ways in which a text may be encoded, in the order in which
// they are undone: each may hide the next. A decoding returns false for a text
// without it.
func decodings() []func(pastedLines) (pastedLines, bool) {
	return []func(pastedLines) (pastedLines, bool){
		plainCharacters, journalEntries, unquotePrintable, decodeBase64, unescapeHTML,
	}
}

// mapLines applies decode to each line. It returns false if no line changes.
func (t pastedLines) mapLines(decode func([]byte) []byte) (pastedLines, bool) {
	var out pastedLines
	changed := false
	for i, line := range t.lines {
		decoded := decode(line)
		changed = changed || !bytes.Equal(decoded, line)
		for part := range bytes.SplitSeq(decoded, []byte("\n")) {
			out.add(part, t.numbers[i])
		}
	}
	return out, changed
}

// plainCharacters replaces the spaces and quotation marks of word processors and web
// pages with those of US-ASCII, and removes invisible characters.
func plainCharacters(t pastedLines) (pastedLines, bool) {
	replacer := strings.NewReplacer(
		"\u00a0", " ", "\u2002", " ", "\u2003", " ", "\u2009", " ", "\u202f", " ", // spaces
		"\u200b", "", "\u200c", "", "\u200d", "", "\u2060", "", "\ufeff", "", "\u00ad", "", // invisible
		"\u201c", `"`, "\u201d", `"`, "\u2018", "'", "\u2019", "'",
	)
	return t.mapLines(func(line []byte) []byte {
		for _, c := range line {
			if c >= utf8.RuneSelf {
				return []byte(replacer.Replace(string(line)))
			}
		}
		return line
	})
}

// unquotePrintable decodes quoted-printable (RFC 2045, 6.7).
func unquotePrintable(t pastedLines) (pastedLines, bool) {
	encoded := false
	for _, line := range t.lines {
		encoded = encoded || contains(line, "=3D")
	}
	if !encoded {
		return t, false
	}
	var out pastedLines
	soft := false // the line before ends in a soft line break
	for i, line := range t.lines {
		text := decodePrintable(bytes.TrimRight(line, " \t"))
		next := bytes.HasSuffix(text, []byte("="))
		text = bytes.TrimSuffix(text, []byte("="))
		if last := len(out.lines) - 1; soft && last >= 0 {
			out.lines[last] = append(out.lines[last], text...)
		} else {
			out.add(text, t.numbers[i])
		}
		soft = next
	}
	return out, true
}

// decodePrintable decodes "=3D" and the like of quoted-printable in a line.
func decodePrintable(line []byte) []byte {
	out := make([]byte, 0, len(line))
	for i := 0; i < len(line); i++ {
		if line[i] == '=' && i+2 < len(line) {
			high, ok1 := hexDigit(line[i+1])
			low, ok2 := hexDigit(line[i+2])
			if ok1 && ok2 {
				out = append(out, byte(high<<4|low))
				i += 2
				continue
			}
		}
		out = append(out, line[i])
	}
	return out
}

// decodeBase64 decodes base64 (RFC 2045, 6.8) where several lines, or one long line,
// consist of it and contain text.
func decodeBase64(t pastedLines) (pastedLines, bool) {
	const minLength = 40 // of a block: a shorter one may be a word
	var out pastedLines
	changed := false
	for i := 0; i < len(t.lines); {
		end := i
		var block []byte
		for end < len(t.lines) && isBase64(t.lines[end]) {
			block = append(block, bytes.TrimSpace(t.lines[end])...)
			end++
		}
		decoded, err := base64.StdEncoding.DecodeString(string(block))
		if len(block) < minLength || err != nil || !utf8.Valid(decoded) || bytes.IndexByte(decoded, 0) >= 0 {
			end = max(end, i+1)
			for ; i < end; i++ {
				out.add(t.lines[i], t.numbers[i])
			}
			continue
		}
		changed = true
		for line := range bytes.Lines(decoded) {
			out.add(bytes.TrimRight(line, "\r\n"), t.numbers[i])
		}
		i = end
	}
	return out, changed
}

func isBase64(line []byte) bool {
	line = bytes.TrimSpace(line)
	for _, c := range line {
		if !isDigit(c) && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '+' && c != '/' && c != '=' {
			return false
		}
	}
	return len(line) > 0
}

// unescapeHTML removes HTML tags and replaces entities.
func unescapeHTML(t pastedLines) (pastedLines, bool) {
	entities, tags := strings.NewReplacer(htmlEntities()...), htmlTags()
	return t.mapLines(func(line []byte) []byte {
		if bytes.IndexByte(line, '&') < 0 && bytes.IndexByte(line, '<') < 0 {
			return line
		}
		return []byte(entities.Replace(string(removeTags(line, tags))))
	})
}

// removeTags removes tags. What is in angle brackets and does not begin like one,
// such as "<a@example.com>" and "<UNKNOWN>", stays. Tags that break a line become
// line feeds.
func removeTags(line []byte, tags map[string]tagKind) []byte {
	const maxTag, maxTagName = 4096, 16 // bytes
	var out []byte
	for len(line) > 0 {
		i := bytes.IndexByte(line, '<')
		if i < 0 {
			break
		}
		out = append(out, line[:i]...)
		line = line[i:]
		name := bytes.TrimPrefix(line[1:], []byte("/"))
		n := 0
		for n < min(len(name), maxTagName) && (name[n]|0x20 >= 'a' && name[n]|0x20 <= 'z' || isDigit(name[n])) {
			n++
		}
		name = bytes.ToLower(name[:n])
		kind, isTag := tags[string(name)]
		end := -1
		if isTag {
			end = bytes.IndexByte(line[:min(len(line), maxTag)], '>')
		}
		if end < 0 {
			out = append(out, '<')
			line = line[1:]
			continue
		}
		if kind == breakingTag {
			out = append(out, '\n')
		}
		line = line[end+1:]
	}
	return append(out, line...)
}

// tagKind says what a tag does to a line.
type tagKind uint8

const (
	inlineTag tagKind = iota
	breakingTag
)

// htmlTags returns the tags that mail clients write.
func htmlTags() map[string]tagKind {
	return map[string]tagKind{
		"a": inlineTag, "b": inlineTag, "i": inlineTag, "u": inlineTag, "code": inlineTag, "em": inlineTag, "font": inlineTag,
		"span": inlineTag, "strong": inlineTag, "tt": inlineTag, "wbr": inlineTag, "html": inlineTag, "body": inlineTag,
		"br": breakingTag, "p": breakingTag, "pre": breakingTag, "div": breakingTag, "td": breakingTag, "tr": breakingTag,
		"th": breakingTag, "table": breakingTag, "tbody": breakingTag, "li": breakingTag, "ul": breakingTag, "blockquote": breakingTag,
	}
}

// htmlEntities returns the entities that stand for what is in header fields, log
// lines and URLs, each before its character.
func htmlEntities() []string {
	pairs := []string{"&amp;", "&", "&lt;", "<", "&gt;", ">", "&quot;", `"`, "&apos;", "'", "&nbsp;", " ", "&#160;", " ", "&#xa0;", " "}
	for c := byte(' '); c <= '~'; c++ {
		hex := strconv.FormatUint(uint64(c), 16)
		pairs = append(pairs,
			"&#"+strconv.Itoa(int(c))+";", string(rune(c)), "&#0"+strconv.Itoa(int(c))+";", string(rune(c)),
			"&#x"+hex+";", string(rune(c)), "&#x"+strings.ToUpper(hex)+";", string(rune(c)), "&#X"+strings.ToUpper(hex)+";", string(rune(c)))
	}
	return append(pairs, "&equals;", "=", "&commat;", "@", "&semi;", ";", "&colon;", ":", "&quest;", "?", "&period;", ".", "&sol;", "/", "&lpar;", "(", "&rpar;", ")")
}
