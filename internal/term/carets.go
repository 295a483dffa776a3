package term

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Mark is a part of a text that a message is about.
type Mark struct {
	Offset, Length int    // in bytes of the text
	Message        string // printed after the carets; it must be safe
	Color          Color  // Red if it is empty
}

// Carets prints a text, which need not be safe, with carets under each mark.
// Long texts take several lines; a mark's message follows its last caret.
func (p *Printer) Carets(indent Indent, text string, marks ...Mark) {
	p.marked(indent, text, marks, false)
}

// Excerpt is like Carets, but prints only the lines that have carets.
func (p *Printer) Excerpt(indent Indent, text string, marks ...Mark) {
	p.marked(indent, text, marks, true)
}

// columnRange is a half-open range of columns.
type columnRange struct{ start, end int }

func (p *Printer) marked(indent Indent, text string, marks []Mark, onlyMarked bool) {
	marks = slices.Clone(marks)
	slices.SortStableFunc(marks, func(a, b Mark) int { return cmp.Compare(a.Offset, b.Offset) })
	ranges := make([]columnRange, len(marks))
	for i, m := range marks {
		ranges[i] = columnsOf(text, m)
	}
	runes := []rune(p.Safe(text))
	head := indent.First
	for _, line := range splitMarked(runes, max(p.Width-indent.columns(), minWrap), ranges) {
		isMarked := slices.ContainsFunc(ranges, func(r columnRange) bool { return r.start < line.end && line.start < r.end })
		if onlyMarked && !isMarked {
			continue
		}
		p.Line(Span{head, Dim}, Span{string(runes[line.start:line.end]), Plain})
		head = indent.Rest
		for i, r := range ranges {
			p.carets(head, line, r, marks[i])
		}
	}
}

// columnsOf converts a mark's byte range to columns of the safe text. Every
// character that the range touches has a caret.
func columnsOf(text string, m Mark) columnRange {
	from, to := m.Offset, m.Offset+m.Length
	var r columnRange
	column, found := 0, false
	for i := 0; i < len(text); column++ {
		_, size := utf8.DecodeRuneInString(text[i:])
		if from < i+size && i < to {
			if !found {
				r.start, found = column, true
			}
			r.end = column + 1
		}
		i += size
	}
	return r
}

// carets prints the carets of one mark under one line of a text.
func (p *Printer) carets(head string, line, mark columnRange, m Mark) {
	from, to := max(mark.start, line.start), min(mark.end, line.end)
	if from >= to {
		return
	}
	if m.Color == Plain {
		m.Color = Red
	}
	carets := strings.Repeat(" ", from-line.start) + strings.Repeat("^", to-from)
	switch {
	case mark.end > line.end || m.Message == "":
		p.Line(Span{head, Dim}, Span{carets, m.Color})
	case Columns(head)+len(carets)+1+Columns(m.Message) <= p.Width:
		p.Line(Span{head, Dim}, Span{carets + " " + m.Message, m.Color})
	default:
		p.Line(Span{head, Dim}, Span{carets, m.Color})
		p.Text(Indent{head, head}, m.Message, m.Color)
	}
}

// splitMarked splits a text into lines of at most width columns, at spaces where
// it can. Spaces at a line break are dropped unless they are marked.
func splitMarked(text []rune, width int, marks []columnRange) []columnRange {
	isMarked := func(column int) bool {
		return slices.ContainsFunc(marks, func(r columnRange) bool { return r.start <= column && column < r.end })
	}
	var lines []columnRange
	for start := 0; start < len(text) || lines == nil; {
		end := min(start+width, len(text))
		if end < len(text) {
			for space := end; space > start; space-- {
				if text[space] == ' ' {
					end = space
					break
				}
			}
		}
		lines = append(lines, columnRange{start, end})
		for start = end; start < len(text) && text[start] == ' ' && !isMarked(start); start++ {
		}
	}
	return lines
}
