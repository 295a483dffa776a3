package maillog

import (
	"bytes"
	"encoding/csv"
	"io"
	"strings"
)

// csvCells puts each cell of a table in CSV (RFC 4180) on a separate line. A text
// without quoted cells is not taken for a table, nor one with quotes anywhere else.
func csvCells(t pastedLines) (pastedLines, bool) {
	text := bytes.Join(t.lines, []byte("\n"))
	if bytes.IndexByte(text, '"') < 0 {
		return t, false
	}
	for _, comma := range [...]rune{',', ';', '\t'} {
		r := csv.NewReader(bytes.NewReader(text))
		r.Comma, r.FieldsPerRecord = comma, -1
		records := pastedLines{}
		for {
			cells, err := r.Read()
			if err == io.EOF {
				return records, true
			} else if err != nil {
				break
			}
			for i, cell := range cells {
				line, _ := r.FieldPos(i)
				for part := range strings.SplitSeq(cell, "\n") {
					records.add([]byte(part), t.numbers[min(line, len(t.lines))-1])
				}
			}
		}
	}
	return t, false
}

// trimMarkup removes what marks up a line in a chat or a ticket: a bullet before it,
// and quotation marks, backquotes or asterisks around it.
func trimMarkup(t pastedLines) (pastedLines, bool) {
	return t.mapLines(func(line []byte) []byte {
		text := bytes.TrimSpace(line)
		for _, bullet := range [...]string{"- ", "* ", "• "} {
			text = bytes.TrimPrefix(text, []byte(bullet))
		}
		for _, mark := range [...]string{"|", "```", "`", "**", "*", `"`, "'"} {
			inner, ok := bytes.CutPrefix(text, []byte(mark))
			if inner, ok2 := bytes.CutSuffix(inner, []byte(mark)); ok && ok2 {
				text = bytes.TrimSpace(inner)
			}
		}
		if len(text) == len(bytes.TrimSpace(line)) {
			return line
		}
		return text
	})
}

// trimLinks replaces the links that mail clients and chats make of addresses by the
// address: "a@example.com<mailto:a@example.com>", "<mailto:a@example.com|a@example.com>"
// and "[a@example.com](mailto:a@example.com)".
func trimLinks(t pastedLines) (pastedLines, bool) {
	const scheme = "mailto:"
	return t.mapLines(func(line []byte) []byte {
		if !contains(line, scheme) {
			return line
		}
		var out []byte
		for {
			before, after, ok := cut(line, scheme)
			out = append(out, before...)
			if !ok {
				return out
			}
			if text, n := trimLink(out, after); n > 0 {
				out, line = text, after[n:]
			} else {
				out, line = append(out, scheme...), after
			}
		}
	})
}

// trimLink returns before with what a link shows in place of its beginning, and how many
// bytes of after belong to the link: 0 if there is none.
func trimLink(before, after []byte) (text []byte, n int) {
	const maxLink = 1000 // bytes, more than an address has
	after = after[:min(len(after), maxLink)]
	last := len(before) - 1
	switch {
	case last >= 0 && before[last] == '<':
		target, _, ok := cut(after, ">")
		if !ok {
			return nil, 0
		}
		if _, shown, ok := cut(target, "|"); ok {
			return append(before[:last], shown...), len(target) + 1
		}
		if last == 0 || before[last-1] == ' ' {
			return append(before[:last], target...), len(target) + 1
		}
		return before[:last], len(target) + 1 // the address stands before it
	case last > 0 && before[last] == '(' && before[last-1] == ']':
		target, _, ok := cut(after, ")")
		start := max(0, last-maxLink)
		i := bytes.LastIndexByte(before[start:last], '[')
		if !ok || i < 0 {
			return nil, 0
		}
		shown := bytes.Clone(before[start+i+1 : last-1])
		return append(before[:start+i], shown...), len(target) + 1
	}
	return nil, 0
}
