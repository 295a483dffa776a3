package explain

import "policyd-spf/internal/term"

// Style says how text is printed.
type Style = term.Style

// printer prints reports as text.
type printer struct {
	*term.Printer
	raw bool // its sentences go into HTML, which escapes all text itself
}

func newPrinter(style Style) *printer { return &printer{Printer: term.NewPrinter(style)} }

// Safe returns text that somebody else chose, safe to be put into a sentence.
func (p *printer) Safe(text string) string {
	if p.raw {
		return text
	}
	return p.Printer.Safe(text)
}

// recordWithCarets prints a record with carets under length bytes from at on, and
// what is wrong there. A length of 0 is for a record without an error.
func (p *printer) recordWithCarets(b term.Indent, record string, at, length int, what string) {
	if length == 0 {
		p.Carets(b, record)
		return
	}
	p.Carets(b, record, term.Mark{Offset: at, Length: length, Message: what})
}

// linesWithCarets prints only those lines of a record that have carets.
func (p *printer) linesWithCarets(above, record string, at, length int) {
	p.Excerpt(term.Indent{First: above, Rest: above}, record, term.Mark{Offset: at, Length: length})
}

func indent(first, rest string) term.Indent { return term.Indent{First: first, Rest: rest} }

func span(text string, c term.Color) term.Span { return term.Span{Text: text, Color: c} }
