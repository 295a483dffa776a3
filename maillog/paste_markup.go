package maillog

import (
	"bytes"
	"encoding/csv"
	"io"
	"strings"
)

// csvCells puts each cell of a table in CSV (RFC 4180) on lines of its own. A text
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
		var out []byte
		for {
			before, after, ok := cut(line, scheme)
			out = append(out, before...)
			n := len(out)
			switch {
			case !ok:
				return out
			case n > 0 && out[n-1] == '<':
				target, rest, ok := cut(after, ">")
				if !ok {
					break
				}
				out, line = out[:n-1], rest
				if _, text, ok := cut(target, "|"); ok {
					out = append(out, text...)
				} else if n == 1 || out[n-2] == ' ' {
					out = append(out, target...)
				}
				continue
			case n > 1 && out[n-2] == ']' && out[n-1] == '(':
				_, rest, ok := cut(after, ")")
				if i := bytes.LastIndexByte(out, '['); ok && i >= 0 {
					text := bytes.Clone(out[i+1 : n-2])
					out, line = append(out[:i], text...), rest
					continue
				}
			}
			out = append(out, scheme...)
			line = after
		}
	})
}
