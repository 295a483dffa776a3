package term

import (
	"math"
	"strings"
)

// Bar returns a horizontal bar of at most width columns for a value between 0
// and limit. A value above 0 is always visible.
func (s Style) Bar(value, limit float64, width int) string {
	if !(value > 0) || !(limit > 0) || width <= 0 {
		return ""
	}
	share := min(value/limit, 1)
	if !s.UTF8 {
		return strings.Repeat("#", max(int(math.Round(share*float64(width))), 1))
	}
	const eighths = "▏▎▍▌▋▊▉█"
	n := max(int(math.Round(share*float64(width)*8)), 1)
	bar := strings.Repeat("█", n/8)
	if rest := n % 8; rest > 0 {
		bar += string([]rune(eighths)[rest-1])
	}
	return bar
}

// Sparkline returns one character for each value, between 0 and the largest.
func (s Style) Sparkline(values []float64) string {
	levels := []rune(" .:-=+*#")
	if s.UTF8 {
		levels = []rune("▁▂▃▄▅▆▇█")
	}
	limit := 0.0
	for _, v := range values {
		limit = max(limit, v)
	}
	var b strings.Builder
	for _, v := range values {
		level := 0
		if v > 0 {
			level = min(1+int(v/limit*float64(len(levels)-1)), len(levels)-1)
		}
		b.WriteRune(levels[level])
	}
	return b.String()
}

// BarRow is a row of a bar chart.
type BarRow struct {
	Label string
	Value float64
	Text  string // the value as it is printed
	Color Color  // of the bar
}

// minBar is the least room for a bar, in columns.
const minBar = 10

// BarChart prints rows of a label, a value and a bar, all to one scale.
func (p *Printer) BarChart(indent string, rows []BarRow) {
	label, text, limit := 0, 0, 0.0
	for _, r := range rows {
		label = max(label, Columns(r.Label))
		text = max(text, Columns(r.Text))
		limit = max(limit, r.Value)
	}
	width := max(p.Width-Columns(indent)-label-text-2*len(columnGap), minBar)
	for _, r := range rows {
		p.Line(
			Span{indent + r.Label + strings.Repeat(" ", label-Columns(r.Label)) + columnGap, Plain},
			Span{strings.Repeat(" ", text-Columns(r.Text)) + r.Text + columnGap, Plain},
			Span{p.Bar(r.Value, limit, width), r.Color},
		)
	}
}
