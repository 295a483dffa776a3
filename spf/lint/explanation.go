package lint

import (
	"fmt"
	"net/netip"
	"strings"
	"unicode"

	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// Explanation is the text that exp= names (RFC 7208, 6.2).
type Explanation struct {
	Term   *spf.Modifier
	Target string // "" if it depends on the client or cannot exist
	Macro  bool   // it depends on the client, and was not looked up
	Lookup Lookup
	Text   string // as published
	Value  string // expanded for a sample client
	Err    error  // why the text is ignored
}

// explanationError is a reason why the text of exp= is ignored or unwise.
type explanationError string

func (e explanationError) Error() string { return string(e) }

// maxExplanation is how many bytes of a text fit in a one-line SMTP reply together with a
// reply code and the host's own text (RFC 5321, 4.5.3.1.5).
const maxExplanation = 400

// explanation looks up and expands the text of a record's exp=. Only records that
// decide a fail themselves need one: those that are included do not.
func (w *linter) explanation(r *Record) {
	if r.Record == nil || r.Record.Exp == nil {
		return
	}
	x := &Explanation{Term: r.Record.Exp}
	r.Explanation = x
	if x.Target, x.Macro = w.target(x.Term.Value, r.Domain); x.Macro {
		return
	}
	if x.Target == "" {
		x.Err = explanationError("the name cannot exist")
		return
	}
	x.Lookup = w.lookup(dns.Question{Name: x.Target, Type: dns.TypeTXT})
	if x.Lookup.Err != nil {
		x.Err = x.Lookup.Err
		return
	}
	if n := len(x.Lookup.Answer.TXT); n != 1 {
		x.Err = explanationError(fmt.Sprintf("%s has %d TXT records, and must have one", x.Target, n))
		return
	}
	x.Text = spf.JoinStrings(x.Lookup.Answer.TXT[0])
	x.Value, x.Err = w.sample(x.Text, r.Domain)
}

// sample expands an explanation for a client that fails.
func (w *linter) sample(text, domain string) (string, error) {
	switch i := strings.IndexFunc(text, func(c rune) bool { return c > unicode.MaxASCII || unicode.IsControl(c) }); {
	case i >= 0 && text[i] < 0x80:
		return "", explanationError("the text has a control character")
	case i >= 0:
		return "", explanationError("the text is not US-ASCII")
	}
	q := spf.Args{IP: netip.MustParseAddr("203.0.113.1"), Domain: w.result.Domain, Sender: "user@" + w.result.Domain, HELO: "mail.example.net"}
	value, err := spf.ExpandExplanation(text, q, domain, "mx.example.org")
	if err == nil && value == "" {
		err = explanationError("the text is empty")
	}
	return value, err
}

// checkExplanation checks the exp= of a record.
func (w *linter) checkExplanation(r *Record) {
	x := r.Explanation
	if x == nil {
		return
	}
	f := Finding{Kind: ExplanationExpanded, Record: r, Term: x.Term, Name: x.Target, Text: x.Value, Err: x.Err}
	switch {
	case x.Macro:
		f.Kind = ClientMacro
	case x.Err != nil:
		f.Kind = ExplanationError
	case len(x.Value) > maxExplanation:
		f.Kind, f.Count, f.Limit = ExplanationError, len(x.Value), maxExplanation
	}
	w.report(f)
	canFail := false
	for _, t := range r.Terms {
		d, ok := t.Term.(*spf.Directive)
		canFail = canFail || ok && d.Result() == spf.Fail
	}
	if !canFail {
		w.report(Finding{Kind: ExplanationUnused, Record: r, Term: x.Term})
	}
}
