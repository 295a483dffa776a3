package explain

import (
	"policyd-spf/spf"
	"policyd-spf/spf/lint"
)

// Audit is the report on all SPF records of a domain. Its JSON names are stable.
type Audit struct {
	Version    int            `json:"version"`
	Domain     string         `json:"domain"`
	Terms      int            `json:"terms"` // that cause lookups, for a client that no term matches
	TermsLimit int            `json:"terms_limit"`
	VoidsIPv4  int            `json:"voids_ipv4"` // void lookups for an IPv4 client
	VoidsIPv6  int            `json:"voids_ipv6"`
	VoidsLimit int            `json:"voids_limit"`
	PassIPv4   string         `json:"pass_ipv4"` // how many addresses pass: a number of up to 39 digits
	PassIPv6   string         `json:"pass_ipv6"`
	PassOther  bool           `json:"pass_other,omitempty"` // whether terms that depend on the client can match more
	Findings   []AuditFinding `json:"findings"`             // most severe first
	Records    []AuditRecord  `json:"records"`              // the domain's own first, each once
	Networks   []AuditNetwork `json:"networks"`             // that pass, widest first

	Repair  *Repair      `json:"repair,omitempty"`  // of the domain's own record
	Effect  *AuditEffect `json:"effect,omitempty"`  // in JSON only
	Changed []string     `json:"changed,omitempty"` // since an earlier audit

	report         *lint.Report
	changedRecords []changedRecord
}

// AuditFinding is a finding of the audit.
type AuditFinding struct {
	Kind        string `json:"kind"`
	Severity    string `json:"severity"` // broken, risky, remark
	Domain      string `json:"domain,omitempty"`
	Term        string `json:"term,omitempty"`
	Offset      *int   `json:"offset,omitempty"` // in the record, in bytes
	Length      int    `json:"length,omitempty"`
	Name        string `json:"name,omitempty"`
	Network     string `json:"network,omitempty"`
	OtherTerm   string `json:"other_term,omitempty"` // has the same effect
	OtherDomain string `json:"other_domain,omitempty"`
	Count       int    `json:"count,omitempty"`
	Limit       int    `json:"limit,omitempty"`
	Hint        string `json:"hint,omitempty"` // the term or record that was probably meant
	Text        string `json:"text"`           // for people
}

// AuditRecord is a name and its record.
type AuditRecord struct {
	Domain      string       `json:"domain"`
	Text        string       `json:"text,omitempty"`
	Error       string       `json:"error,omitempty"`
	NearMisses  []string     `json:"near_misses,omitempty"` // TXT records that were meant as SPF records
	TTL         float64      `json:"ttl"`
	Size        int          `json:"size,omitempty"` // bytes of the answer, if it has data
	TCP         bool         `json:"tcp,omitempty"`
	Terms       []AuditTerm  `json:"terms,omitempty"` // directives and the redirect
	Explanation *Explanation `json:"explanation,omitempty"`
}

// AuditTerm is a term of a record.
type AuditTerm struct {
	Text    string   `json:"text"`
	Offset  int      `json:"offset"`
	Target  string   `json:"target,omitempty"`
	Macro   bool     `json:"macro,omitempty"`   // the target depends on the client
	Counted int      `json:"counted,omitempty"` // terms that cause lookups, this one included
	Lookups []Lookup `json:"lookups,omitempty"`
	Record  string   `json:"record,omitempty"` // the name among records that it leads to
}

// AuditNetwork is a network of clients that pass.
type AuditNetwork struct {
	Network string `json:"network"`
	Domain  string `json:"domain"` // the name whose record has it
	Term    string `json:"term"`
}

// NewAudit returns the report for an audit.
func NewAudit(s *lint.Report) *Audit {
	ip4, ip6 := s.Pass.Count()
	d := &Audit{
		Version: Version, Domain: s.Domain, report: s,
		Terms: s.Lookups, TermsLimit: s.Limits.Lookups, VoidsIPv4: s.VoidLookups4, VoidsIPv6: s.VoidLookups6, VoidsLimit: s.Limits.VoidLookups,
		PassIPv4: ip4.String(), PassIPv6: ip6.String(), PassOther: s.PassDependent,
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

// Broken reports whether the audit found results that are wrong or errors.
func (d *Audit) Broken() bool {
	return len(d.report.Findings) > 0 && d.report.Findings[0].Kind.Severity() == lint.Broken
}

func newAuditFinding(f lint.Finding) AuditFinding {
	d := AuditFinding{
		Kind: f.Kind.String(), Severity: f.Kind.Severity().String(),
		Name: f.Name, Count: f.Count, Limit: f.Limit, Hint: hint(f), Text: message(f),
	}
	if f.Record != nil {
		d.Domain = f.Record.Domain
	}
	if f.Term != nil {
		d.Term = f.Term.Source()
	}
	if _, at, length := location(f); length > 0 {
		d.Offset, d.Length = &at, length
	}
	if f.Network.IsValid() {
		d.Network = f.Network.String()
	}
	if f.OtherTerm != nil {
		d.OtherTerm, d.OtherDomain = f.OtherTerm.Source(), f.Other.Domain
	}
	return d
}

// hint returns the term or record that was probably meant, or "".
func hint(f lint.Finding) string {
	switch f.Kind {
	case lint.NotARecord, lint.IgnoredNearMiss:
		return f.NearMiss.Meant
	case lint.SyntaxError, lint.UnknownModifier, lint.MechanismAsModifier, lint.BadName, lint.IncludeNoRecord, lint.RedirectNoRecord, lint.VoidLookup, lint.MappedNetwork:
		return f.Text
	}
	return ""
}

// location returns the text that a finding is about and the part at fault. Without a
// part, length is 0.
func location(f lint.Finding) (text string, at, length int) {
	switch f.Kind {
	case lint.NotARecord, lint.IgnoredNearMiss:
		return f.NearMiss.Text, f.NearMiss.Offset, f.NearMiss.Length
	case lint.ExplanationError:
		if syntax, ok := f.Err.(*spf.SyntaxError); ok {
			return syntax.Record, syntax.Offset, extent(syntax)
		}
	}
	if f.Record == nil {
		return "", 0, 0
	}
	text = f.Record.Text
	if syntax, ok := f.Err.(*spf.SyntaxError); ok {
		return text, syntax.Offset, extent(syntax)
	}
	if f.Term != nil {
		return text, f.Term.Offset(), len(f.Term.Source())
	}
	if f.BoundaryOffset > 0 {
		return text, f.BoundaryOffset - 1, 2
	}
	return text, 0, 0
}

func newAuditRecord(r *lint.Record) AuditRecord {
	d := AuditRecord{
		Domain: r.Domain, Text: r.Text, Error: errorText(r.Err),
		TTL: seconds(r.Answer.TTL), TCP: r.Answer.TCP,
	}
	if !r.Answer.Void() {
		d.Size = r.Answer.Size
	}
	for _, miss := range r.NearMisses {
		d.NearMisses = append(d.NearMisses, miss.Text)
	}
	for _, t := range r.Terms {
		term := AuditTerm{
			Text: t.Term.Source(), Offset: t.Term.Offset(), Target: t.Target, Macro: t.Macro, Counted: t.LookupNumber,
		}
		for _, l := range t.Lookups {
			term.Lookups = append(term.Lookups, lintLookup(l))
		}
		if t.Record != nil {
			term.Record = t.Record.Domain
		}
		d.Terms = append(d.Terms, term)
	}
	if x := r.Explanation; x != nil {
		d.Explanation = &Explanation{Target: x.Target, Text: x.Text, Value: x.Value, Error: errorText(x.Err)}
		if x.Lookup.Question.Name != "" {
			d.Explanation.Lookups = []Lookup{lintLookup(x.Lookup)}
		}
	}
	return d
}

// lintLookup returns a lookup of the audit as a Lookup of a report.
func lintLookup(l lint.Lookup) Lookup {
	return lookup(spf.LookupEvent{Question: l.Question, Answer: l.Answer, Err: l.Err})
}
