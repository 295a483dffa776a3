// Package html writes HTML pages that are complete in one file: no script, no
// request to anywhere, light and dark, for screens of 360 pixels and for paper.
//
// A page is a tree of elements that are made by Go calls. Names of elements,
// attributes and classes are constants of the source, which the compiler enforces:
// their type is not exported. Everything else is text and is escaped in one place,
// escape.go, so that no text from a sender can become markup.
//
// html/template would escape as well, but it needs text/template, which keeps the
// linker from removing unused methods: it adds 2.5 MB to the binary. The server
// is the same binary, and Postfix starts many of them.
//
//	element.go  El, the elements, and how they are written
//	escape.go   escaping of text
//	page.go     Page, the document around the elements
//	style.go    the style sheet
//	parts.go    lists of facts, badges, marked text
//	table.go    tables that become lists on narrow screens
//	chart.go    bars in SVG
package html
