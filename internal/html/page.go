package html

import (
	"io"
	"strings"
)

// Page is a document.
type Page struct {
	Title  string
	Body   Group
	Footer string // what made the page, and when
}

// policy is the page's Content Security Policy. Even if escaping fails, the
// browser runs no script and loads nothing: only the style sheet applies.
const policy = "default-src 'none'; style-src '" + styleHash + "'; img-src data:; base-uri 'none'; form-action 'none'"

// Write writes the page.
func (p *Page) Write(w io.Writer) error {
	main := El("main")
	main.Add(p.Body...)
	head := El("head",
		El("meta", Attr("charset", "utf-8")),
		El("meta", Attr("http-equiv", "Content-Security-Policy"), Attr("content", policy)),
		El("meta", Attr("name", "viewport"), Attr("content", "width=device-width, initial-scale=1")),
		El("meta", Attr("name", "color-scheme"), Attr("content", "light dark")),
		El("meta", Attr("name", "robots"), Attr("content", "noindex")),
		El("meta", Attr("name", "referrer"), Attr("content", "no-referrer")),
		El("link", Attr("rel", "icon"), Attr("href", "data:,")), // keeps browsers from asking for /favicon.ico
		El("title", Text(p.Title)), Text("\n"),
		&Element{name: "style", content: []node{styleSheet{}}},
	)
	body := El("body", main)
	if p.Footer != "" {
		body.Add(El("footer", El("p", Text(p.Footer))))
	}
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\n")
	El("html", Attr("lang", "en"), Text("\n"), head, body).write(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

// styleSheet is the only node that is written without escaping.
type styleSheet struct{}

func (styleSheet) addTo(*Element)           {}
func (styleSheet) write(b *strings.Builder) { b.WriteString(style) }
