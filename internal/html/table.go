package html

// Column is a column of a table.
type Column struct {
	Title   string
	Numbers bool // aligned to the right
	Prose   bool // takes the whole width of a narrow screen
}

// Table returns a table. The caption is text or a heading. The first cell of each
// row is its heading. On a narrow screen each row becomes a list in which the titles
// of the columns are the labels; the ARIA roles remain those of a table.
func Table(caption Part, columns []Column, rows [][]Part) *Element {
	return table("wide", caption, columns, rows)
}

// CompactTable returns a table of a few short columns, which fits a narrow screen
// as it is.
func CompactTable(caption Part, columns []Column, rows [][]Part) *Element {
	return table("compact", caption, columns, rows)
}

func table(class constant, caption Part, columns []Column, rows [][]Part) *Element {
	head := El("tr", Attr("role", "row"))
	for _, c := range columns {
		head.Add(El("th", Attr("scope", "col"), Attr("role", "columnheader"), c.class(), Text(c.Title)))
	}
	body := El("tbody", Attr("role", "rowgroup"))
	for _, cells := range rows {
		row := El("tr", Attr("role", "row"))
		for i, cell := range cells {
			if i == 0 {
				row.Add(El("th", Attr("scope", "row"), Attr("role", "rowheader"), columns[i].class(), cell))
				continue
			}
			row.Add(El("td", Attr("role", "cell"), Attr("data-label", columns[i].Title), columns[i].class(), El("div", cell)))
		}
		body.Add(row)
	}
	return El("table", Class(class), Attr("role", "table"), El("caption", caption),
		El("thead", Attr("role", "rowgroup"), head), body)
}

// class returns the class of a column's cells.
func (c Column) class() Part {
	switch {
	case c.Numbers:
		return Class("number")
	case c.Prose:
		return Class("prose")
	}
	return nil
}
