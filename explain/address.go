package explain

import (
	"fmt"
	"io"

	"policyd-spf/internal/term"
	"policyd-spf/spf"
	"policyd-spf/spf/lint"
)

// Address is whether a host passes for a domain, and by which terms.
type Address struct {
	Version int            `json:"version"`
	Domain  string         `json:"domain"`
	IP      string         `json:"ip"`
	Result  string         `json:"result"`
	Error   string         `json:"error,omitempty"`
	Path    []AddressMatch `json:"path"` // from the domain's own record to the term that decides
	Terms   int            `json:"terms"`
	Voids   int            `json:"voids"`

	verdict spf.Verdict
}

// AddressMatch is a term that matched, or the redirect that was followed.
type AddressMatch struct {
	Domain string `json:"domain"` // the name whose record has the term
	Term   string `json:"term"`
}

// NewAddress returns the report on an address.
func NewAddress(domain string, h *lint.Host) *Address {
	v := h.Verdict
	d := &Address{
		Version: Version, Domain: domain, IP: h.IP.String(), Result: v.Result.String(), Error: errorText(v.Err),
		Path: []AddressMatch{}, Terms: v.Lookups, Voids: v.VoidLookups, verdict: v,
	}
	for _, m := range h.Path {
		d.Path = append(d.Path, AddressMatch{m.Domain, m.Term.Source()})
	}
	return d
}

// Passes reports whether the host passes.
func (d *Address) Passes() bool { return d.verdict.Result == spf.Pass }

// JSON writes the report as JSON.
func (d *Address) JSON(w io.Writer) error { return term.WriteJSON(w, d) }

// Brief returns the result, in one line without its line feed.
func (d *Address) Brief(style Style) string {
	return fmt.Sprintf("%s for %s: %s", d.IP, style.Safe(d.Domain), d.Result)
}

// Text returns the report as text for people.
func (d *Address) Text(style Style) string {
	p := newPrinter(style)
	p.Text(indent("", "  "), d.Brief(style), resultColor(d.Result))
	in := indent("  ", "    ")
	for i, m := range d.Path {
		what := "by"
		if i < len(d.Path)-1 {
			what = "through"
		} else if d.Error != "" {
			what = "error in"
		}
		p.Text(in, fmt.Sprintf("%s %s in the record of %s", what, p.Safe(m.Term), p.Safe(m.Domain)), term.Plain)
	}
	switch {
	case d.Error != "":
		p.Text(in, p.Safe(d.Error), term.Red)
	case d.verdict.Result == spf.None:
		p.Text(in, p.Safe(d.Domain)+" has no SPF record", term.Plain)
	case len(d.Path) == 0:
		p.Text(in, "no term matches (RFC 7208, 4.7)", term.Plain)
	}
	p.Line(span(d.counts(), term.Dim))
	return p.String()
}

// counts returns what the check used of its limits.
func (d *Address) counts() string {
	limits := spf.DefaultLimits()
	return Verdict{Terms: d.Terms, TermsLimit: limits.Lookups, Voids: d.Voids, VoidsLimit: limits.VoidLookups}.counts()
}
