package explain

import (
	"fmt"
	"io"
	"net/netip"

	"policyd-spf/internal/term"
	"policyd-spf/spf/lint"
)

// Comparison is what a new record of a domain changes.
type Comparison struct {
	Version     int              `json:"version"`
	Domain      string           `json:"domain"`
	Before      string           `json:"before,omitempty"` // the domain's own record
	After       string           `json:"after,omitempty"`
	Gained      []string         `json:"gained"` // networks that gain Pass
	Lost        []string         `json:"lost"`   // networks that lose it
	Changes     []ComparedResult `json:"changes"`
	ClientTerms bool             `json:"client_terms,omitempty"` // results change for clients that macros or ptr match
	Broken      bool             `json:"broken,omitempty"`       // the new record, by an audit

	comparison *lint.Comparison
}

// ComparedResult is the networks whose result changes from one to another.
type ComparedResult struct {
	From      string   `json:"from"`
	To        string   `json:"to"`
	Networks  []string `json:"networks"`            // empty with Otherwise
	Otherwise bool     `json:"otherwise,omitempty"` // most addresses: the result of those that no network has
}

// NewComparison returns the report on two audits of one domain.
func NewComparison(c *lint.Comparison) *Comparison {
	d := &Comparison{
		Version: Version, Domain: c.Before.Domain, Before: ownText(c.Before), After: ownText(c.After),
		Gained: networkTexts(c.Gained.Prefixes()), Lost: networkTexts(c.Lost.Prefixes()), Changes: []ComparedResult{},
		ClientTerms: c.ClientTerms, Broken: NewAudit(c.After).Broken(), comparison: c,
	}
	for _, x := range c.Changes {
		r := ComparedResult{From: x.From.String(), To: x.To.String(), Networks: []string{}}
		if r.Otherwise = x.From == c.Before.Otherwise() && x.To == c.After.Otherwise(); !r.Otherwise {
			r.Networks = networkTexts(x.Addresses.Prefixes())
		}
		d.Changes = append(d.Changes, r)
	}
	return d
}

// ownText returns the text of the domain's own record.
func ownText(s *lint.Report) string {
	if len(s.Records) == 0 {
		return ""
	}
	return s.Records[0].Text
}

func networkTexts(networks []netip.Prefix) []string {
	texts := []string{}
	for _, n := range networks {
		texts = append(texts, n.String())
	}
	return texts
}

// Changed reports whether a result changes, or the new record is broken.
func (d *Comparison) Changed() bool { return !d.comparison.Same() || d.Broken }

// JSON writes the report as JSON.
func (d *Comparison) JSON(w io.Writer) error { return term.WriteJSON(w, d) }

// maxShownChanges is how many networks of a change are printed.
const maxShownChanges = 20

// Brief returns the worst of what changes, in one line without its line feed.
func (d *Comparison) Brief(style Style) string {
	headline, _ := d.headline()
	return style.Safe(headline)
}

// headline says what changes.
func (d *Comparison) headline() (string, term.Color) {
	switch {
	case d.Broken:
		return d.Domain + ": the new record does not work as it should; see --domain with --zone", term.Red
	case len(d.Lost) > 0:
		return d.Domain + ": some hosts lose Pass", term.Red
	case d.Changed():
		return d.Domain + ": results change, and no host loses Pass", term.Yellow
	}
	return d.Domain + ": no result changes", term.Green
}

// Text returns the report as text for people.
func (d *Comparison) Text(style Style) string {
	p := newPrinter(style)
	headline, color := d.headline()
	p.Text(indent("", "  "), p.Safe(headline), color)
	for _, r := range []struct{ name, text string }{{"now:  ", d.Before}, {"new:  ", d.After}} {
		text := r.text
		if text == "" {
			text = "no valid SPF record"
		}
		p.Text(indent("  "+r.name, "          "), p.Safe(text), term.Plain)
	}
	for i, x := range d.comparison.Changes {
		p.Line()
		p.Line(span(fmt.Sprintf("From %s to %s", x.From, x.To), term.Bold), span(": "+sizeText(x.Addresses), term.Plain))
		if d.Changes[i].Otherwise {
			p.Line(span("  all other addresses", term.Plain))
		}
		networks := d.Changes[i].Networks
		for k, n := range networks {
			if k == maxShownChanges {
				p.Line(span(fmt.Sprintf("  and %d more networks", len(networks)-k), term.Dim))
				break
			}
			p.Line(span("  "+n, term.Plain))
		}
	}
	if d.ClientTerms {
		p.Line()
		p.Text(indent("", "  "), clientTermsDiffer, term.Yellow)
	}
	return p.String()
}

const clientTermsDiffer = "Results change as well for clients that macros or ptr match; which clients these are is not known."

// sizeText says how many addresses a set has.
func sizeText(set lint.IPSet) string {
	ip4, ip6 := set.Count()
	switch {
	case ip6.Sign() == 0:
		return amount(ip4) + " of IPv4"
	case ip4.Sign() == 0:
		return amount(ip6) + " of IPv6"
	}
	return amount(ip4) + " of IPv4, " + amount(ip6) + " of IPv6"
}
