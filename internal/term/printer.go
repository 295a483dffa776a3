package term

import "strings"

// Color is a rendition of ECMA-48 (SGR).
type Color string

// The colors in use.
const (
	Plain  Color = ""
	Bold   Color = "1"
	Dim    Color = "2"
	Red    Color = "1;31"
	Green  Color = "1;32"
	Yellow Color = "1;33"
)

// Span is a part of a line in one color. Its text must be safe (see
// Style.Safe).
type Span struct {
	Text  string
	Color Color
}

// Indent is what the lines of a paragraph begin with: First the first one, Rest
// the others.
type Indent struct{ First, Rest string }

// Spaces returns an Indent of first and rest columns.
func Spaces(first, rest int) Indent {
	return Indent{strings.Repeat(" ", first), strings.Repeat(" ", rest)}
}

func (i Indent) columns() int { return max(Columns(i.First), Columns(i.Rest)) }

// Printer collects lines of text in a style. Text passed to it must be safe
// (see Style.Safe), except where a method says otherwise.
type Printer struct {
	Style
	out strings.Builder
}

// NewPrinter returns a Printer for a style.
func NewPrinter(style Style) *Printer {
	if style.Width <= 0 {
		style.Width = DefaultWidth
	}
	return &Printer{Style: style}
}

// String returns the lines printed so far.
func (p *Printer) String() string { return p.out.String() }

// Line prints spans as one line, without the spaces at its end. It does not
// wrap.
func (p *Printer) Line(spans ...Span) {
	end := len(spans)
	for end > 0 && strings.TrimRight(spans[end-1].Text, " ") == "" {
		end--
	}
	for i, s := range spans[:end] {
		if i == end-1 {
			s.Text = strings.TrimRight(s.Text, " ")
		}
		p.span(s)
	}
	p.out.WriteByte('\n')
}

func (p *Printer) span(s Span) {
	if !p.Color || s.Color == Plain || strings.TrimSpace(s.Text) == "" {
		p.out.WriteString(s.Text)
		return
	}
	p.out.WriteString("\x1b[" + string(s.Color) + "m" + s.Text + "\x1b[0m")
}

// Text prints a paragraph on as many lines as it takes.
func (p *Printer) Text(indent Indent, text string, color Color) {
	for i, line := range Wrap(text, p.Width-indent.columns()) {
		head := indent.First
		if i > 0 {
			head = indent.Rest
		}
		p.Line(Span{head, Dim}, Span{line, color})
	}
}

// noteColumn is where a note on the right begins, if there is room.
const noteColumn = 40

// Pair prints a text and a note about it, side by side if both fit.
func (p *Printer) Pair(indent Indent, left, right Span) {
	hanging := Indent{indent.First, indent.Rest + "  "}
	if right.Text == "" {
		p.Text(hanging, left.Text, left.Color)
		return
	}
	used := Columns(indent.First) + Columns(left.Text)
	at := max(used+2, noteColumn)
	if at+Columns(right.Text) > p.Width {
		at = used + 2
	}
	if at+Columns(right.Text) <= p.Width {
		p.Line(Span{indent.First, Dim}, left, Span{strings.Repeat(" ", at-used), Plain}, right)
		return
	}
	p.Text(hanging, left.Text, left.Color)
	below := indent.Rest + "    "
	p.Text(Indent{below, below}, right.Text, right.Color)
}
