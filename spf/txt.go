package spf

import (
	"strings"

	"policyd-spf/internal/lru"
	"policyd-spf/spf/dns"
)

// maxRecords and maxRecordBytes bound a RecordCache. A mail server sees the records
// of its frequent senders and their providers again and again: a few hundred.
const (
	maxRecords     = 512
	maxRecordBytes = 768 << 10

	// recordBytes, termBytes and macroBytes are the memory of a parsed record without
	// its terms, of a term and of a macro, as measured.
	recordBytes, termBytes, macroBytes = 200, 200, 80
)

// RecordCache keeps parsed records by their text. Evaluations of one goroutine may
// share it.
type RecordCache struct{ records *lru.Cache[string, *Record] }

// NewRecordCache returns an empty cache.
func NewRecordCache() *RecordCache {
	return &RecordCache{lru.New(maxRecords, maxRecordBytes, recordSize)}
}

// recordSize estimates the memory of a parsed record.
func recordSize(text string, r *Record) int {
	return recordBytes + len(text) + termBytes*len(r.Terms) + macroBytes*strings.Count(text, "%")
}

// parse returns the record with a text. Records are kept only if keep is set.
func (c *RecordCache) parse(text string, keep bool) (*Record, error) {
	if c == nil {
		return Parse(text)
	}
	if r, ok := c.records.Get(text); ok {
		return r, nil
	}
	r, err := Parse(text)
	if err == nil && keep {
		c.records.Put(text, r)
	}
	return r, err
}

// lookupRecord returns the SPF record of a name, nil if it has none (RFC 7208, 4.4
// and 4.5). A syntax error anywhere in it is an error before any term is evaluated
// (4.6).
func (e *Evaluation) lookupRecord(name, term string) (*Record, error) {
	a, err := e.lookup(dns.Question{Name: name, Type: dns.TypeTXT})
	if err != nil {
		return nil, err
	}
	r, n, err := e.Records.parseAnswer(a)
	if n > 1 {
		return nil, &RecordError{MultipleRecords, name, term}
	}
	if syntax, ok := err.(*SyntaxError); ok {
		syntax.Domain = name
	}
	return r, err
}

// parseAnswer returns the SPF record in a TXT answer. n is the number of SPF
// records; r is nil unless there is exactly one, and it is valid. A record is kept
// when its answer is used for the second time: most are used once.
func (c *RecordCache) parseAnswer(a dns.Answer) (r *Record, n int, err error) {
	text, n := SelectRecord(a)
	if n != 1 {
		return nil, n, nil
	}
	r, err = c.parse(text, a.Cached)
	return r, 1, err
}

// SelectRecord returns the first SPF record among TXT records, and their number
// (RFC 7208, 4.5).
func SelectRecord(a dns.Answer) (text string, n int) {
	for _, strs := range a.TXT {
		s := JoinStrings(strs)
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

// JoinStrings joins the strings of a TXT record without spaces (RFC 7208, 3.3).
func JoinStrings(strs []string) string {
	if len(strs) == 1 {
		return strs[0]
	}
	return strings.Join(strs, "")
}
