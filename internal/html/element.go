package html

import "strings"

// constant is the type of names. Outside this package only constants of the source
// can be passed as one, never a string that comes from data.
type constant string

// Part is what elements are made of: an Attribute, a Text, an Element or a Group.
type Part interface {
	addTo(e *Element)
}

// node is a Part that is written between tags.
type node interface {
	Part
	write(b *strings.Builder)
}

// Element is an element with its attributes and content.
type Element struct {
	name       constant
	attributes []Attribute
	content    []node
}

// Attribute is an attribute of an element.
type Attribute struct {
	name  constant
	value string
}

// Text is text between tags.
type Text string

// Group is several parts in a row.
type Group []Part

// El returns an element. Its parts are attributes and content, in any order; a
// nil Part is ignored.
func El(name constant, parts ...Part) *Element {
	e := &Element{name: name}
	e.Add(parts...)
	return e
}

// Add adds parts to the end of the element.
func (e *Element) Add(parts ...Part) {
	for _, p := range parts {
		if p != nil {
			p.addTo(e)
		}
	}
}

// Attr returns an attribute.
func Attr(name constant, value string) Attribute { return Attribute{name, value} }

// Class returns the attribute class.
func Class(class constant) Attribute { return Attribute{"class", string(class)} }

func (e *Element) addTo(parent *Element) {
	if e != nil {
		parent.content = append(parent.content, e)
	}
}

func (a Attribute) addTo(e *Element) { e.attributes = append(e.attributes, a) }
func (t Text) addTo(e *Element)      { e.content = append(e.content, t) }
func (g Group) addTo(e *Element)     { e.Add(g...) }

func (t Text) write(b *strings.Builder) { escape(b, string(t)) }

func (e *Element) write(b *strings.Builder) {
	b.WriteString("<" + string(e.name))
	for _, a := range e.attributes {
		b.WriteString(" " + string(a.name) + `="`)
		escape(b, a.value)
		b.WriteString(`"`)
	}
	b.WriteString(">")
	if !isVoid(e.name) {
		for _, n := range e.content {
			n.write(b)
		}
		b.WriteString("</" + string(e.name) + ">")
	}
	if endsLine(e.name) {
		b.WriteString("\n")
	}
}

// isVoid reports whether an element has no end tag (HTML Standard, 13.1.2).
func isVoid(name constant) bool {
	switch name {
	case "br", "meta", "link":
		return true
	}
	return false
}

// endsLine reports whether a line feed may follow an element without being shown.
func endsLine(name constant) bool {
	switch name {
	case "a", "bdi", "br", "code", "mark", "span", "strong", "td", "th", "dt", "title", "desc":
		return false
	}
	return true
}

// String returns the element as HTML.
func (e *Element) String() string {
	var b strings.Builder
	e.write(&b)
	return b.String()
}
