package term

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
)

// WriteJSON writes a document as indented JSON that is safe to show on a terminal:
// encoding/json leaves DEL, C1 controls and invisible or direction-changing
// characters as they are, so they are escaped here.
func WriteJSON(w io.Writer, document any) error { return writeJSON(w, document, "  ") }

// WriteJSONLine is like WriteJSON, but writes the document in one line.
func WriteJSONLine(w io.Writer, document any) error { return writeJSON(w, document, "") }

func writeJSON(w io.Writer, document any, indent string) error {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // the text stays readable; it is not put into web pages
	e.SetIndent("", indent)
	if err := e.Encode(document); err != nil {
		return err
	}
	_, err := io.WriteString(w, escapeInvisible(b.String()))
	return err
}

func escapeInvisible(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r == '\n' || !unicode.In(r, unicode.Cc, unicode.Cf) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}
