package maillog

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"
	"unicode/utf8"
)

// decodings returns the ways in which a text may be encoded, in the order in which
// they are undone: each may hide the next. A decoding returns false for a text
// without it.
func decodings() []func(pastedLines) (pastedLines, bool) {
	return []func(pastedLines) (pastedLines, bool){
		plainCharacters, syslogMessages, jsonStrings, unquotePrintable, decodeBase64, csvCells, unescapeHTML, unescapeHTML, trimLinks, trimMarkup, joinedAttributes,
	}
}

// mapLines applies decode to each line. It returns false if no line changes.
func (t pastedLines) mapLines(decode func([]byte) []byte) (pastedLines, bool) {
	var out pastedLines
	changed := false
	for i, line := range t.lines {
		decoded := decode(line)
		if !changed {
			if bytes.Equal(decoded, line) {
				continue
			}
			changed = true
			out = pastedLines{slices.Clone(t.lines[:i]), slices.Clone(t.numbers[:i])}
		}
		for part := range bytes.SplitSeq(decoded, []byte("\n")) {
			out.add(bytes.TrimRight(part, "\r"), t.numbers[i])
		}
	}
	if !changed {
		return t, false
	}
	return out, true
}

// plainCharacters replaces the spaces and quotation marks of word processors and web
// pages with those of US-ASCII, and removes invisible and control characters.
func plainCharacters(t pastedLines) (pastedLines, bool) {
	replacer := strings.NewReplacer(
		"\u00a0", " ", "\u2002", " ", "\u2003", " ", "\u2009", " ", "\u202f", " ", // spaces
		"\u200b", "", "\u200c", "", "\u200d", "", "\u2060", "", "\ufeff", "", "\u00ad", "", // invisible
		"\u0085", "\n", "\u2028", "\n", "\u2029", "\n", // line ends
		"\u2010", "-", "\u2011", "-", // hyphens
		"\u201c", `"`, "\u201d", `"`, "\u2018", "'", "\u2019", "'",
	)
	isControl := func(c byte) bool { return c < ' ' && c != '\t' || c == 0x7f }
	return t.mapLines(func(line []byte) []byte {
		isPlain := true
		for _, c := range line {
			isPlain = isPlain && c < utf8.RuneSelf && !isControl(c)
		}
		if isPlain {
			return line
		}
		var out []byte
		for _, c := range line {
			if !isControl(c) {
				out = append(out, c)
			}
		}
		return []byte(replacer.Replace(string(out)))
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
