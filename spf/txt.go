package spf

import (
	"strings"

	"policyd-spf/spf/dns"
)

// lookupRecord gets the SPF record of a name, nil if it has none (RFC 7208, 4.4 and
// 4.5). A syntax error anywhere in it is an error before anything is evaluated
// (4.6).
func (e *Evaluation) lookupRecord(name, term string) (*Record, error) {
	a, err := e.lookup(dns.Question{Name: name, Type: dns.TypeTXT})
	if err != nil {
		return nil, err
	}
	r, n, err := parseAnswer(a)
	if n > 1 {
		return nil, &RecordError{MultipleRecords, name, term}
	}
	if bad, ok := err.(*SyntaxError); ok {
		bad.Domain = name
	}
	return r, err
}

// parseAnswer parses the SPF record in a TXT answer. n is how many records
// there are; r is nil unless there is one that parses.
func parseAnswer(a dns.Answer) (r *Record, n int, err error) {
	text, n := SelectRecord(a)
	if n != 1 {
		return nil, n, nil
	}
	r, err = Parse(text)
	return r, 1, err
}

// selectRecord finds the SPF records among TXT records (RFC 7208, 4.5): the
// first one, and how many there are.
func SelectRecord(a dns.Answer) (text string, n int) {
	for _, ss := range a.TXT {
		s := JoinStrings(ss)
		if !isRecord(s) {
			continue
		}
		if n == 0 {
			text = s
		}
		n++
	}
	return text, n
}

// joinStrings joins the strings of a TXT record without blanks (RFC 7208, 3.3).
func JoinStrings(ss []string) string {
	if len(ss) == 1 {
		return ss[0]
	}
	return strings.Join(ss, "")
}
