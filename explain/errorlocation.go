package explain

import (
	"errors"
	"strings"

	"policyd-spf/spf"
)

// errorLocation returns the innermost location that an error comes from.
func (r *Record) errorLocation(err error) *ErrorLocation {
	if r == nil {
		return nil
	}
	if r.Offset != nil {
		return &ErrorLocation{r.Domain, r.Text, *r.Offset, r.Length, r.Error}
	}
	if n := len(r.Terms); n > 0 && r.Terms[n-1].Error != "" {
		t := r.Terms[n-1]
		if inner := t.Record; inner != nil && (inner.Error != "" || inner.Result == spf.Permerror.String()) {
			if inner.Text == "" { // there is no record to show
				return &ErrorLocation{r.Domain, r.Text, t.Offset, len(t.Text), withoutLocation(err, inner.Error)}
			}
			return inner.errorLocation(err)
		}
		return &ErrorLocation{r.Domain, r.Text, t.Offset, len(t.Text), withoutLocation(err, t.Error)}
	}
	if r.Error != "" {
		return &ErrorLocation{Domain: r.Domain, Error: r.Error}
	}
	return nil
}

// withoutLocation returns an error as text. The location of a syntax error is shown
// already.
func withoutLocation(err error, text string) string {
	var syntax *spf.SyntaxError
	if errors.As(err, &syntax) {
		return syntax.Kind.String()
	}
	return text
}

// extent returns how many bytes of the record a syntax error is about.
func extent(e *spf.SyntaxError) int {
	switch {
	case e.Detail != "":
		return len(e.Detail)
	case e.Term != "":
		return len(e.Term)
	}
	rest := e.Record[min(e.Offset, len(e.Record)):]
	if end := strings.IndexByte(rest, ' '); end >= 0 {
		return max(end, 1)
	}
	return max(len(rest), 1)
}
