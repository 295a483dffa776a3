package html

import (
	"fmt"
	"strconv"
	"strings"
)

// Series is one of the parts that bars are stacked from.
type Series struct {
	Label string
	class constant
}

// ResultSeries returns the series of a result of check_host() (RFC 7208, 2.6).
func ResultSeries(result string) Series { return Series{result, resultClass(result)} }

// NewSeries returns a series with a class of the style sheet.
func NewSeries(label string, class constant) Series { return Series{label, class} }

// Bar is a bar: a value for each series.
type Bar struct {
	Label  string
	Values []int64
}

func (b Bar) total() int64 {
	var n int64
	for _, v := range b.Values {
		n += v
	}
	return n
}

// describe returns the bar in words: "2026-11-01: 120; pass 100, fail 20".
func (b Bar) describe(series []Series) string {
	var parts []string
	for i, v := range b.Values {
		if v > 0 {
			parts = append(parts, series[i].Label+" "+number(v))
		}
	}
	text := b.Label + ": " + number(b.total())
	if len(parts) > 0 {
		text += "; " + strings.Join(parts, ", ")
	}
	return text
}

// Units of the coordinates in a chart of upright bars, which is stretched to the
// width of the page.
const (
	barPitch    = 10
	barWidth    = 8
	chartHeight = 100
)

// StackedBars returns a picture of upright bars, such as one for each day, with a
// legend. The title and the description are for those who cannot see it; id
// distinguishes the pictures of a page.
func StackedBars(id string, title, description string, series []Series, bars []Bar) *Element {
	var top int64
	for _, b := range bars {
		top = max(top, b.total())
	}
	top = roundUp(top)
	svg := picture(id, title, description, len(bars)*barPitch, chartHeight)
	svg.Add(Class("days"))
	for i, b := range bars {
		g := El("g", El("title", Text(b.describe(series))),
			// A transparent bar of full height shows the text for small ones too.
			rect("hover", float64(i*barPitch), 0, barPitch, chartHeight))
		y := float64(chartHeight)
		for n, v := range b.Values {
			if v <= 0 {
				continue
			}
			height := float64(v) / float64(top) * chartHeight
			y -= height
			g.Add(rect(series[n].class, float64(i*barPitch)+(barPitch-barWidth)/2, y, barWidth, height))
		}
		svg.Add(g)
	}
	plot := El("div", Class("plot"), svg)
	for _, part := range [...]struct {
		class constant
		value int64
	}{{"top", top}, {"middle", top / 2}} {
		plot.Add(El("span", Attr("class", "scale "+string(part.class)), Attr("aria-hidden", "true"), Text(number(part.value))))
	}
	figure := El("figure", El("figcaption", Text(title)), Legend(series, bars), plot)
	if n := len(bars); n > 0 {
		axis := El("div", Class("axis"), Attr("aria-hidden", "true"), El("span", Text(bars[0].Label)))
		if n > 2 {
			axis.Add(El("span", Text(bars[n/2].Label)))
		}
		if n > 1 {
			axis.Add(El("span", Text(bars[n-1].Label)))
		}
		figure.Add(axis)
	}
	return figure
}

// Legend returns the series that the bars have, with their sums, or all series if
// there are no bars.
func Legend(series []Series, bars []Bar) *Element {
	list := El("ul", Class("legend"))
	for i, s := range series {
		var sum int64
		for _, b := range bars {
			sum += b.Values[i]
		}
		switch {
		case len(bars) == 0:
			list.Add(El("li", swatch(s.class), Text(s.Label)))
		case sum > 0:
			list.Add(El("li", swatch(s.class), Text(s.Label+" "), El("strong", Text(number(sum)))))
		}
	}
	return list
}

func swatch(class constant) *Element {
	svg := El("svg", Class("swatch"), Attr("viewBox", "0 0 10 10"), Attr("aria-hidden", "true"))
	svg.Add(rect(class, 0, 0, 10, 10))
	return svg
}

// SplitBar returns a horizontal bar of one value for each series. Its text, for those
// who cannot see it, is the bar in words.
func SplitBar(series []Series, bar Bar) *Element {
	const width = 1000
	svg := El("svg", Class("split"), Attr("role", "img"), Attr("viewBox", fmt.Sprintf("0 0 %d 10", width)),
		Attr("preserveAspectRatio", "none"), Attr("aria-label", bar.describe(series)), El("title", Text(bar.describe(series))))
	total := bar.total()
	x := 0.0
	for i, v := range bar.Values {
		if v <= 0 {
			continue
		}
		w := float64(v) / float64(total) * width
		svg.Add(rect(series[i].class, x, 0, w, 10))
		x += w
	}
	return svg
}

// ShareBar returns a horizontal bar for a part of a whole. It has no text: the
// number is printed next to it.
func ShareBar(s Series, part, whole int64) *Element {
	const width = 1000
	svg := El("svg", Class("split"), Attr("aria-hidden", "true"), Attr("viewBox", fmt.Sprintf("0 0 %d 10", width)), Attr("preserveAspectRatio", "none"),
		rect("rest", 0, 0, width, 10))
	if part > 0 && whole > 0 {
		// A value above zero is visible, however small it is.
		svg.Add(rect(s.class, 0, 0, max(float64(min(part, whole))/float64(whole)*width, 4), 10))
	}
	return svg
}

func picture(id string, title, description string, width, height int) *Element {
	titleID, descID := id+"-title", id+"-desc"
	return El("svg", Attr("role", "img"), Attr("aria-labelledby", titleID+" "+descID),
		Attr("viewBox", fmt.Sprintf("0 0 %d %d", max(width, 1), height)), Attr("preserveAspectRatio", "none"),
		El("title", Attr("id", titleID), Text(title)), El("desc", Attr("id", descID), Text(description)))
}

func rect(class constant, x, y, width, height float64) *Element {
	return El("rect", Class(class), Attr("x", decimal(x)), Attr("y", decimal(y)), Attr("width", decimal(width)), Attr("height", decimal(height)))
}

// decimal returns a coordinate with at most two decimals.
func decimal(f float64) string {
	text := strconv.FormatFloat(f, 'f', 2, 64)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// roundUp returns the least of 1, 2, 4, 6, 8, 10, 20, 40 ... that is not below n.
func roundUp(n int64) int64 {
	for unit := int64(1); ; unit *= 10 {
		for _, step := range [...]int64{1, 2, 4, 6, 8} {
			if unit*step >= n || unit*step > 1<<58 {
				return unit * step
			}
		}
	}
}

// number returns n with commas between thousands.
func number(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
