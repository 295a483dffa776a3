package maillog

import (
	"bytes"
	"iter"
	"unicode/utf16"
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

// splitLines splits a text into lines without the colors of a terminal.
func splitLines(text []byte) pastedLines {
	var t pastedLines
	for line := range linesOf(text) {
		t.add(trimColors(line), len(t.lines))
	}
	return t
}

// linesOf returns the lines of a text without what editors and mail clients add: a byte
// order mark, UTF-16, carriage returns and the ">" of quoted text.
func linesOf(text []byte) iter.Seq[[]byte] {
	text = fromUTF16(text)
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	if bytes.IndexByte(text, '\n') < 0 {
		text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
	}
	return func(yield func([]byte) bool) {
		for line := range bytes.Lines(text) {
			if !yield(trimQuoting(bytes.TrimRight(line, "\r\n"))) {
				return
			}
		}
	}
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

// trimColors removes control sequences (ECMA-48, 5.4), such as those that grep(1) marks
// matches with.
func trimColors(line []byte) []byte {
	const start = "\x1b["
	if !contains(line, start) {
		return line
	}
	var out []byte
	for {
		before, after, ok := cut(line, start)
		out = append(out, before...)
		if !ok {
			return out
		}
		i := 0
		for i < len(after) && (after[i] < 0x40 || after[i] > 0x7e) { // up to the final byte
			i++
		}
		line = after[min(i+1, len(after)):]
	}
}
