package explain

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// width is the number of columns that a line has at most: those of a terminal of
// the usual size.
const width = 80

// Style says how text is printed.
type Style struct {
	Color bool // with ECMA-48 sequences
	UTF8  bool // else US-ASCII
}

// color is an SGR parameter of ECMA-48.
type color string

const (
	plainText color = ""
	bold      color = "1"
	dim       color = "2"
	red       color = "1;31"
	green     color = "1;32"
	yellow    color = "1;33"
)

// printer writes lines of at most width columns. Text from elsewhere must have gone
// through sanitize or sanitizeASCII.
type printer struct {
	style Style
	out   strings.Builder
}

// span is a piece of a line.
type span struct {
	text  string
	color color
}

// indent is what the lines of a tree begin with.
type indent struct{ first, rest string }

// tree returns the indents of a node whose parent's lines begin with above.
func (p *printer) tree(above string, last bool) indent {
	switch {
	case p.style.UTF8 && last:
		return indent{above + "└─ ", above + "   "}
	case p.style.UTF8:
		return indent{above + "├─ ", above + "│  "}
	case last:
		return indent{above + "`- ", above + "   "}
	}
	return indent{above + "|- ", above + "|  "}
}

// sanitize returns foreign text as characters that take one column each and do
// nothing else: a client's text must not move the cursor, hide what is beside it,
// or reverse it. Only printable US-ASCII stays, and with UTF-8 the letters of
// Latin, Greek, Cyrillic and Armenian.
func (p *printer) sanitize(text string) string {
	const wideFrom = 0x590 // the first letters that run from right to left; wide ones follow
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		i += size
		switch {
		case r >= ' ' && r <= '~':
		case p.style.UTF8 && r > unicode.MaxLatin1 && r < wideFrom && unicode.IsLetter(r):
		case p.style.UTF8 && r > '~' && r <= unicode.MaxLatin1 && unicode.IsPrint(r):
		default:
			r = '?'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// sanitizeASCII is sanitize for text whose columns are its bytes.
func sanitizeASCII(text string) string {
	b := []byte(text)
	for i, c := range b {
		if c < ' ' || c > '~' {
			b[i] = '?'
		}
	}
	return string(b)
}

// line prints pieces as one line.
func (p *printer) line(spans ...span) {
	for i := len(spans) - 1; i >= 0; i-- { // no trailing spaces
		if spans[i].text = strings.TrimRight(spans[i].text, " "); spans[i].text != "" {
			break
		}
	}
	for _, s := range spans {
		p.out.WriteString(p.paint(s))
	}
	p.out.WriteByte('\n')
}

func (p *printer) paint(s span) string {
	if !p.style.Color || s.color == plainText || strings.TrimSpace(s.text) == "" {
		return s.text
	}
	return "\x1b[" + string(s.color) + "m" + s.text + "\x1b[0m"
}

// text prints a text on as many lines as it needs.
func (p *printer) text(b indent, text string, c color) {
	for i, line := range wrap(text, width-max(columns(b.first), columns(b.rest))) {
		head := b.first
		if i > 0 {
			head = b.rest
		}
		p.line(span{head, dim}, span{line, c})
	}
}

// remarkColumn is where remarks begin if there is room.
const remarkColumn = 40

// pair prints a text and a remark on it, side by side if that fits.
func (p *printer) pair(b indent, left, right span) {
	if right.text == "" {
		p.text(indent{b.first, b.rest + "  "}, left.text, left.color)
		return
	}
	used := columns(b.first) + columns(left.text)
	at := max(used+2, remarkColumn)
	if at+columns(right.text) > width {
		at = used + 2
	}
	if at+columns(right.text) <= width {
		gap := strings.Repeat(" ", at-used)
		p.line(span{b.first, dim}, left, span{gap, plainText}, right)
		return
	}
	p.text(indent{b.first, b.rest + "  "}, left.text, left.color)
	p.text(indent{b.rest + "    ", b.rest + "    "}, right.text, right.color)
}

func columns(text string) int { return utf8.RuneCountInString(text) }

// wrap splits a text into lines of at most n columns, at spaces where possible.
func wrap(text string, n int) []string {
	var lines []string
	runes := []rune(text)
	for n = max(n, 20); len(runes) > n; {
		cut := n
		for cut > 0 && runes[cut] != ' ' {
			cut--
		}
		if cut == 0 {
			lines = append(lines, string(runes[:n]))
			runes = runes[n:]
			continue
		}
		lines = append(lines, strings.TrimRight(string(runes[:cut]), " "))
		for cut < len(runes) && runes[cut] == ' ' {
			cut++
		}
		runes = runes[cut:]
	}
	return append(lines, string(runes))
}

// recordWithCarets prints a record with carets under length bytes from at on, and
// what is wrong there. A length of 0 is for a record without an error.
func (p *printer) recordWithCarets(b indent, record string, at, length int, what string) {
	text := sanitizeASCII(record)
	room := width - columns(b.rest)
	head := b.first
	for _, l := range wrapRanges(text, room, at) {
		p.line(span{head, dim}, span{text[l.start:l.end], plainText})
		head = b.rest
		p.carets(head, l, at, length, what)
	}
}

// linesWithCarets prints only those lines of a record that have carets.
func (p *printer) linesWithCarets(above, record string, at, length int) {
	text := sanitizeASCII(record)
	for _, l := range wrapRanges(text, width-columns(above), at) {
		if l.start < at+length && at < l.end {
			p.line(span{above, dim}, span{text[l.start:l.end], plainText})
			p.carets(above, l, at, length, "")
		}
	}
}

// carets prints the carets under a line of a record, and after the last one what is
// wrong.
func (p *printer) carets(above string, l lineRange, at, length int, what string) {
	from, to := max(at, l.start), min(at+length, l.end)
	if from >= to {
		return
	}
	carets := strings.Repeat(" ", from-l.start) + strings.Repeat("^", to-from)
	switch {
	case at+length > l.end || what == "":
		p.line(span{above, dim}, span{carets, red})
	case columns(above)+len(carets)+1+len(what) <= width:
		p.line(span{above, dim}, span{carets + " " + what, red})
	default:
		p.line(span{above, dim}, span{carets, red})
		p.text(indent{above, above}, what, red)
	}
}

// lineRange is a line of a text: its bytes from start to end.
type lineRange struct{ start, end int }

// wrapRanges splits a text of one-column bytes into lines of at most room, at
// spaces where possible, but never drops the byte at at.
func wrapRanges(text string, room, at int) []lineRange {
	var lines []lineRange
	for start := 0; start < len(text) || lines == nil; {
		end := min(start+room, len(text))
		if end < len(text) {
			if blank := strings.LastIndexByte(text[start:end+1], ' '); blank > 0 {
				end = start + blank
			}
		}
		lines = append(lines, lineRange{start, end})
		for start = end; start < len(text) && text[start] == ' ' && start != at; start++ {
		}
	}
	return lines
}
