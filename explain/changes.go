package explain

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"

	"policyd-spf/internal/term"
	"policyd-spf/spf"
)

// AuditEffect is the results of a domain by address. Terms that depend on the client
// in other ways match nobody.
type AuditEffect struct {
	Networks map[string][]string `json:"networks"`  // by result, but for Otherwise
	Default  string              `json:"otherwise"` // the result of all other addresses
}

// newEffect returns the effect of an audited domain.
func (d *Audit) newEffect() *AuditEffect {
	e := d.report.Effect()
	largest := d.report.Otherwise()
	out := &AuditEffect{Networks: make(map[string][]string), Default: largest.String()}
	for result, set := range e {
		if spf.Result(result) != largest && !set.IsEmpty() {
			out.Networks[spf.Result(result).String()] = networkTexts(set.Prefixes())
		}
	}
	return out
}

// JSON writes the report as JSON, with the effect of the record.
func (d *Audit) JSON(w io.Writer) error { return term.WriteJSON(w, d.withEffect()) }

// JSONLine is like JSON, but writes the report in one line.
func (d *Audit) JSONLine(w io.Writer) error { return term.WriteJSONLine(w, d.withEffect()) }

func (d *Audit) withEffect() *Audit {
	out := *d
	out.Effect = d.newEffect()
	return &out
}

// AuditError is the line for a name that cannot be audited.
type AuditError struct {
	Version int    `json:"version"`
	Domain  string `json:"domain"`
	Error   string `json:"error"`
}

// JSONLine writes the error as JSON in one line.
func (d *AuditError) JSONLine(w io.Writer) error { return term.WriteJSONLine(w, d) }

// ReadAudits reads audits that JSON or JSONLine has written, and returns them by
// domain. If a domain has several, the last one counts. name is for errors.
func ReadAudits(r io.Reader, name string) (map[string]*Audit, error) {
	audits := make(map[string]*Audit)
	documents := json.NewDecoder(r)
	for n := 1; ; n++ {
		var d Audit
		switch err := documents.Decode(&d); {
		case err == io.EOF:
			return audits, nil
		case err != nil:
			return nil, fmt.Errorf("%s: document %d: %v; expected what --domain writes as JSON", name, n, err)
		case d.Version != Version || d.Domain == "":
			return nil, fmt.Errorf("%s: document %d is no audit of version %d; expected what --domain writes as JSON", name, n, Version)
		}
		audits[d.Domain] = &d
	}
}

// SetChanges records what has changed since an earlier audit of the domain, nil if
// there is none: records by name, and the effect. It reports whether anything has.
func (d *Audit) SetChanges(earlier *Audit) bool {
	d.Changed = []string{}
	if earlier == nil {
		d.Changed = append(d.Changed, "new")
		return true
	}
	before, now := recordTexts(earlier), recordTexts(d)
	for _, name := range slices.Sorted(maps.Keys(union(before, now))) {
		if before[name] != now[name] {
			d.Changed = append(d.Changed, "record "+name)
			d.changedRecords = append(d.changedRecords, changedRecord{name, before[name], now[name]})
		}
	}
	effect := d.newEffect()
	if old := earlier.Effect; old == nil || old.Default != effect.Default || !maps.EqualFunc(old.Networks, effect.Networks, slices.Equal) {
		d.Changed = append(d.Changed, "effect")
	}
	return len(d.Changed) > 0
}

// changedRecord is a record that has changed: its texts, or why there is none. A
// text is empty if the name was not looked up.
type changedRecord struct{ name, before, now string }

// ChangesText returns the changes that SetChanges has recorded as text.
func (d *Audit) ChangesText(style Style) string {
	p := newPrinter(style)
	if len(d.Changed) == 0 {
		p.Text(indent("", "  "), p.Safe(d.Domain)+": nothing has changed", term.Green)
		return p.String()
	}
	headline := ": a record has changed, but its effect has not"
	switch d.Changed[len(d.Changed)-1] {
	case "new":
		headline = " is new: the earlier audits do not have it"
	case "effect":
		headline = ": the effect has changed"
	}
	p.Text(indent("", "  "), p.Safe(d.Domain)+headline, term.Yellow)
	for _, r := range d.changedRecords {
		p.Line(span("  "+p.Safe(r.name), term.Plain))
		for _, version := range [...]struct{ label, text string }{{"was:  ", r.before}, {"now:  ", r.now}} {
			if version.text == "" {
				version.text = "not looked up"
			}
			p.Text(indent("    "+version.label, "            "), p.Safe(version.text), term.Plain)
		}
	}
	return p.String()
}

// recordTexts returns the records of an audit by name: the text, or why there is
// none.
func recordTexts(d *Audit) map[string]string {
	texts := make(map[string]string)
	for _, r := range d.Records {
		texts[r.Domain] = r.Text
		if r.Text == "" {
			texts[r.Domain] = "no record: " + r.Error
		}
	}
	return texts
}

func union(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}
