package explain

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

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
// domain. If a domain has several, the last one counts. An AuditError is not one. name is
// for errors.
func ReadAudits(r io.Reader, name string) (map[string]*Audit, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	audits := make(map[string]*Audit)
	documents := json.NewDecoder(bytes.NewReader(text))
	for {
		start := documents.InputOffset()
		start += int64(len(text[start:]) - len(bytes.TrimLeft(text[start:], " \t\r\n")))
		var d Audit
		err := documents.Decode(&d)
		switch {
		case err == io.EOF:
			return audits, nil
		case err != nil || d.Version != Version || d.Domain == "":
			line := 1 + bytes.Count(text[:start], []byte("\n"))
			return nil, InputError(fmt.Sprintf("%s:%d: not an audit; expected a document that --domain writes as JSON, of version %d", name, line, Version))
		case len(d.Records) > 0:
			audits[d.Domain] = &d
		}
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

// changedRecord is a record that has changed: its texts, or why it has no valid one. A
// text is empty if the name was not looked up.
type changedRecord struct{ name, before, now string }

// BriefChanges returns what SetChanges has recorded in one line without its line feed.
func (d *Audit) BriefChanges(style Style) string {
	headline, _ := d.changesHeadline()
	return style.Safe(headline)
}

// changesHeadline returns a summary of the changes.
func (d *Audit) changesHeadline() (string, term.Color) {
	if len(d.Changed) == 0 {
		return d.Domain + ": nothing has changed", term.Green
	}
	switch d.Changed[len(d.Changed)-1] {
	case "new":
		return d.Domain + " is new: the earlier audits do not have it", term.Yellow
	case "effect":
		return d.Domain + ": the effect has changed", term.Yellow
	}
	return d.Domain + ": a record has changed, but its effect has not", term.Yellow
}

// ChangesText returns the changes that SetChanges has recorded as text.
func (d *Audit) ChangesText(style Style) string {
	p := newPrinter(style)
	headline, color := d.changesHeadline()
	p.Text(indent("", "  "), p.Safe(headline), color)
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
			texts[r.Domain] = strings.TrimSuffix("no record: "+r.Error, ": ")
		}
	}
	return texts
}

func union(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}
