package spf

import "strings"

// ParseAll parses the text of an SPF record like Parse, but continues at the
// next term after an error. It returns a record of the valid terms and every
// syntax error in the order of the record, at most limit of them. An invalid
// record has the result permerror whatever its valid terms are (RFC 7208, 4.6).
//
// Non-ASCII bytes make one NonASCIIRecord error for each term that has them,
// with the bytes as Detail.
func ParseAll(text string, limit int) (*Record, []*SyntaxError) {
	r := &Record{Text: text}
	var errs []*SyntaxError
	for at := len(Version); at < len(text) && len(errs) < limit; {
		if text[at] == ' ' {
			at++
			continue
		}
		term := text[at:]
		if end := strings.IndexByte(term, ' '); end >= 0 {
			term = term[:end]
		}
		if t, bad := parseASCIITerm(source{term, at}, r); bad != nil {
			errs = append(errs, &SyntaxError{
				Kind: bad.kind, Record: text, Term: term, Detail: bad.detail, Offset: at + strings.Index(term, bad.detail),
			})
		} else {
			r.Terms = append(r.Terms, t)
		}
		at += len(term)
	}
	return r, errs
}

// parseASCIITerm parses a term that may have bytes beyond US-ASCII, which is an
// error (RFC 7208, 3.1).
func parseASCIITerm(src source, r *Record) (Term, *parseError) {
	start := indexNonASCII(src.text)
	if start < 0 {
		return parseTerm(src, r, new(Directive))
	}
	end := start
	for end < len(src.text) && src.text[end] >= 0x80 {
		end++
	}
	return nil, &parseError{NonASCIIRecord, src.text[start:end]}
}

// ExpandExplanation parses and expands the text that exp= names as for a fail of
// q at a host named receiver (RFC 7208, 6.2). domain is the name whose record
// has exp=. A client's validated name, %{p}, is "unknown". The error is a
// *SyntaxError for the first invalid macro.
func ExpandExplanation(text string, q Args, domain, receiver string) (string, error) {
	m, bad := parseExplainString(text)
	if bad != nil {
		return "", &SyntaxError{Kind: bad.kind, Domain: domain, Record: text, Detail: bad.detail, Offset: strings.Index(text, bad.detail)}
	}
	macros := newMacros(q, receiver)
	return macros.expandText(m, domain, func() string { return "unknown" }), nil
}
