// Package htmltest reads pages of package html back, for tests.
package htmltest

import (
	"encoding/xml"
	"io"
	"strings"
	"testing"

	"policyd-spf/internal/html"
)

// Parse returns the text and the names of the elements of a part of a page, whose
// elements all have end tags.
func Parse(t testing.TB, e *html.Element) (text string, elements []string) {
	t.Helper()
	var b strings.Builder
	for d := xml.NewDecoder(strings.NewReader(e.String())); ; {
		token, err := d.Token()
		if err == io.EOF {
			return b.String(), elements
		}
		if err != nil {
			t.Fatalf("%v in:\n%s", err, e)
		}
		switch token := token.(type) {
		case xml.StartElement:
			elements = append(elements, token.Name.Local)
		case xml.CharData:
			b.Write(token)
		}
	}
}
