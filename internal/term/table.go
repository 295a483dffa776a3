package term

import "strings"

// Column describes a column of a table.
type Column struct {
	Title string // no line of titles is printed if all are empty
	Right bool   // aligned to the right, as numbers are
}

// columnGap is the space between two columns.
const columnGap = "  "

// Table prints rows of safe cells in columns. The last column takes what is
// left of the line and is wrapped if it is aligned to the left.
func (p *Printer) Table(indent string, columns []Column, rows [][]string) {
	widths := make([]int, len(columns))
	titles := make([]string, len(columns))
	for i, c := range columns {
		titles[i] = c.Title
		widths[i] = Columns(c.Title)
		for _, row := range rows {
			if i < len(row) {
				widths[i] = max(widths[i], Columns(row[i]))
			}
		}
	}
	if strings.Join(titles, "") != "" {
		p.row(indent, columns, widths, titles, Bold)
	}
	for _, row := range rows {
		p.row(indent, columns, widths, row, Plain)
	}
}

func (p *Printer) row(indent string, columns []Column, widths []int, cells []string, color Color) {
	var b strings.Builder
	b.WriteString(indent)
	last := len(columns) - 1
	for i := range columns {
		cell := ""
		if i < len(cells) {
			cell = cells[i]
		}
		if i == last && !columns[i].Right {
			head := b.String()
			for _, line := range Wrap(cell, p.Width-Columns(head)) {
				p.Line(Span{head, color}, Span{line, color})
				head = strings.Repeat(" ", Columns(head))
			}
			return
		}
		padding := strings.Repeat(" ", widths[i]-Columns(cell))
		if columns[i].Right {
			cell = padding + cell
		} else {
			cell += padding
		}
		b.WriteString(cell)
		if i < last {
			b.WriteString(columnGap)
		}
	}
	p.Line(Span{b.String(), color})
}
