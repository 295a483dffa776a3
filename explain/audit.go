package explain

import (
	"io"

	"policyd-spf/internal/term"
	"policyd-spf/spf"
	"policyd-spf/spf/lint"
)

// Audit is what an audit of all of a domain's records found. Its JSON names are
// stable.
type Audit struct {
	Version    int            `json:"version"`
	Domain     string         `json:"domain"`
	Terms      int            `json:"terms"` // that cause lookups, for a client that no term matches; so are the void lookups
	TermsLimit int            `json:"terms_limit"`
	VoidsIPv4  int            `json:"voids_ipv4"` // for an IPv4 client
	VoidsIPv6  int            `json:"voids_ipv6"`
	VoidsLimit int            `json:"voids_limit"`
	Findings   []AuditFinding `json:"findings"` // worst first
	Records    []AuditRecord  `json:"records"`  // the domain's own first, each once
	Networks   []AuditNetwork `json:"networks"` // whose clients pass, widest first

	survey *lint.Report
}

// AuditFinding is one finding.
type AuditFinding struct {
	Kind     string `json:"kind"`
	Severity string `json:"severity"` // broken, risky, remark
	Domain   string `json:"domain,omitempty"`
	Term     string `json:"term,omitempty"`
	Offset   *int   `json:"offset,omitempty"` // in the record, in bytes
	Length   int    `json:"length,omitempty"`
	Name     string `json:"name,omitempty"`
	Network  string `json:"network,omitempty"`
	Count    int    `json:"count,omitempty"`
	Limit    int    `json:"limit,omitempty"`
	Text     string `json:"text"` // for people
}

// AuditRecord is a name and its record.
type AuditRecord struct {
	Domain string      `json:"domain"`
	Text   string      `json:"text,omitempty"`
	Error  string      `json:"error,omitempty"`
	TTL    float64     `json:"ttl"`
	Size   int         `json:"size,omitempty"` // bytes of the answer, if it has data
	TCP    bool        `json:"tcp,omitempty"`
	Terms  []AuditTerm `json:"terms,omitempty"` // directives and redirect
}

// AuditTerm is a term of a record.
type AuditTerm struct {
	Text    string   `json:"text"`
	Offset  int      `json:"offset"`
	Target  string   `json:"target,omitempty"`
	Macro   bool     `json:"macro,omitempty"`   // the target depends on the client
	Counted int      `json:"counted,omitempty"` // terms that cause lookups so far, this one included
	Lookups []Lookup `json:"lookups,omitempty"`
	Record  string   `json:"record,omitempty"` // the domain in Records that it leads to
}

// AuditNetwork is a network whose clients pass.
type AuditNetwork struct {
	Network string `json:"network"`
	Domain  string `json:"domain"` // whose record names it
	Term    string `json:"term"`
}

// NewAudit returns a lint report as plain data.
func NewAudit(s *lint.Report) *Audit {
	d := &Audit{
		Version: Version, Domain: s.Domain, survey: s,
		Terms: s.Lookups, TermsLimit: s.Limits.Lookups, VoidsIPv4: s.VoidLookups4, VoidsIPv6: s.VoidLookups6, VoidsLimit: s.Limits.VoidLookups,
		Findings: []AuditFinding{}, Records: []AuditRecord{}, Networks: []AuditNetwork{},
	}
	for _, f := range s.Findings {
		d.Findings = append(d.Findings, newAuditFinding(f))
	}
	for _, r := range s.Records {
		d.Records = append(d.Records, newAuditRecord(r))
	}
	for _, n := range s.Networks {
		d.Networks = append(d.Networks, AuditNetwork{n.Network.String(), n.Record.Domain, n.Term.Source()})
	}
	return d
}

// Broken reports whether results are wrong or errors.
func (d *Audit) Broken() bool {
	return len(d.survey.Findings) > 0 && d.survey.Findings[0].Kind.Severity() == lint.Broken
}

// JSON writes the audit as JSON.
func (d *Audit) JSON(w io.Writer) error { return term.WriteJSON(w, d) }

func newAuditFinding(f lint.Finding) AuditFinding {
	d := AuditFinding{
		Kind: f.Kind.String(), Severity: f.Kind.Severity().String(),
		Name: f.Name, Count: f.Count, Limit: f.Limit, Text: message(f),
	}
	if f.Record != nil {
		d.Domain = f.Record.Domain
	}
	if f.Term != nil {
		d.Term = f.Term.Source()
	}
	if at, length := location(f); length > 0 {
		d.Offset, d.Length = &at, length
	}
	if f.Network.IsValid() {
		d.Network = f.Network.String()
	}
	return d
}

// location returns the part of the record that a finding is about.
func location(f lint.Finding) (at, length int) {
	if syntax, ok := f.Err.(*spf.SyntaxError); ok {
		return syntax.Offset, extent(syntax)
	}
	if f.Term != nil {
		return f.Term.Offset(), len(f.Term.Source())
	}
	if f.BoundaryOffset > 0 {
		return f.BoundaryOffset - 1, 2
	}
	return 0, 0
}

func newAuditRecord(r *lint.Record) AuditRecord {
	d := AuditRecord{
		Domain: r.Domain, Text: r.Text, Error: errorText(r.Err),
		TTL: seconds(r.Answer.TTL), TCP: r.Answer.TCP,
	}
	if !r.Answer.Void() {
		d.Size = r.Answer.Size
	}
	for _, t := range r.Terms {
		term := AuditTerm{
			Text: t.Term.Source(), Offset: t.Term.Offset(), Target: t.Target, Macro: t.Macro, Counted: t.LookupNumber,
		}
		for _, l := range t.Lookups {
			term.Lookups = append(term.Lookups, lookup(spf.LookupEvent{Question: l.Question, Answer: l.Answer, Err: l.Err}))
		}
		if t.Record != nil {
			term.Record = t.Record.Domain
		}
		d.Terms = append(d.Terms, term)
	}
	return d
}
