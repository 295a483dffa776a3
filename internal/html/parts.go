package html

// Data returns text from outside, isolated from the text around it, whatever its
// direction of writing.
func Data(text string) *Element {
	return El("bdi", Text(text))
}

// Fact is a labelled value.
type Fact struct {
	Label string
	Value Part
}

// Facts returns a list of labelled values.
func Facts(facts ...Fact) *Element {
	list := El("dl")
	for _, f := range facts {
		list.Add(El("div", El("dt", Text(f.Label)), El("dd", f.Value)))
	}
	return list
}

// Figure is a number that stands out.
type Figure struct {
	Label string
	Value string
	Note  string // "" if there is nothing to say about it
}

// Figures returns a row of numbers that stand out.
func Figures(figures ...Figure) *Element {
	list := El("dl", Class("figures"))
	for _, f := range figures {
		value := El("dd", El("strong", Text(f.Value)))
		if f.Note != "" {
			value.Add(Text(" "), El("span", Text(f.Note)))
		}
		list.Add(El("div", El("dt", Text(f.Label)), value))
	}
	return list
}

// Result returns the name of a result of check_host() (RFC 7208, 2.6) as a badge.
func Result(result string) *Element {
	return El("span", Attr("class", "badge "+string(resultClass(result))), Text(result))
}

// resultClass returns the class of a result.
func resultClass(result string) constant {
	switch result {
	case "pass":
		return "pass"
	case "neutral":
		return "neutral"
	case "softfail":
		return "softfail"
	case "fail":
		return "fail"
	case "temperror":
		return "temperror"
	case "permerror":
		return "permerror"
	}
	return "none"
}

// Level is how good or bad something is.
type Level uint8

// The levels.
const (
	Plain Level = iota
	Good
	Doubtful
	Bad
)

func (l Level) class() constant {
	switch l {
	case Good:
		return "good"
	case Doubtful:
		return "doubtful"
	case Bad:
		return "bad"
	}
	return "plain"
}

// Banner returns the headline of a page, in large letters, with the reasons.
func Banner(level Level, headline Part, reasons ...Part) *Element {
	e := El("div", Attr("class", "banner "+string(level.class())), El("p", Class("headline"), headline))
	for _, r := range reasons {
		e.Add(r)
	}
	return e
}

// Note returns a short remark, such as "void 1/2".
func Note(text string) *Element {
	return El("span", Class("note"), Text(text))
}

// Unbroken returns a short text that is not broken into lines, such as a date.
func Unbroken(text string) *Element {
	return El("span", Class("unbroken"), Text(text))
}

// Code returns a text in a fixed-width font, to be compared and copied.
func Code(text string) *Element {
	return El("pre", El("code", Text(text)))
}

// Marked returns a text as Code does, with length bytes from offset on marked and a
// message about them. A range outside the text marks nothing.
func Marked(text string, offset, length int, message string) *Element {
	if offset < 0 || length <= 0 || offset >= len(text) {
		return Code(text)
	}
	end := min(offset+length, len(text))
	e := El("pre", El("code", Text(text[:offset]), El("mark", Text(text[offset:end])), Text(text[end:])))
	if message == "" {
		return e
	}
	return El("div", e, El("p", Class("wrong"), Text(message)))
}
