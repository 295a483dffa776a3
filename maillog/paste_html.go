package maillog

import (
	"bytes"
	"strconv"
	"strings"
)

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
