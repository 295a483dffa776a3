package dmarc

import (
	"strings"

	"policyd-spf/spf/dns"
)

// Policy is what a domain owner asks receivers to do with mail that fails DMARC (RFC
// 9989, 4.7).
type Policy uint8

// The policies. The zero value means that DMARC does not apply to the domain.
const (
	NoPolicy Policy = iota
	None
	Quarantine
	Reject
)

// String returns the policy's name in records, and "no policy".
func (p Policy) String() string {
	return [...]string{"no policy", "none", "quarantine", "reject"}[p]
}

// testing returns the policy that applies in test mode: one level below (RFC 9989,
// 4.7, "t").
func (p Policy) testing() Policy {
	if p > None {
		return p - 1
	}
	return p
}

// PSD says whether a domain is a public suffix domain (RFC 9989, 4.7, "psd").
type PSD byte

// The values of the psd tag.
const (
	PSDUnknown PSD = 'u' // the default
	PSDYes     PSD = 'y'
	PSDNo      PSD = 'n' // and the organizational domain for itself and its subdomains
)

// Record is a DMARC policy record.
type Record struct {
	Policy          Policy // p; None if there is no p
	SubdomainPolicy Policy // sp; Policy if there is no sp
	PSD             PSD    // psd
	Testing         bool   // t=y
}

// version is the first tag of a record (RFC 9989, 4.7, "v").
const version = "DMARC1"

// isRecord reports whether text begins with the version of a DMARC policy record. Its
// value is case-sensitive, unlike names of tags (RFC 9989, 4.8).
func isRecord(text string) bool {
	tag, _, _ := strings.Cut(text, ";")
	name, value, ok := strings.Cut(tag, "=")
	return ok && strings.EqualFold(strings.TrimRight(name, " \t"), "v") && trimWSP(value) == version
}

// Parse parses a DMARC policy record. It returns false if text is not one, or if DMARC
// does not apply because of what it says: a p, sp or np that is not valid, without a
// URI for reports (RFC 9989, 4.10.1). Other syntax errors and unknown tags are ignored
// (RFC 9989, 4.8).
func Parse(text string) (r Record, ok bool) {
	if !isRecord(text) {
		return Record{}, false
	}
	r = Record{Policy: None, PSD: PSDUnknown}
	sp, bad, reports := NoPolicy, false, false
	_, rest, _ := strings.Cut(text, ";")
	for tag := range strings.SplitSeq(rest, ";") {
		name, value, ok := strings.Cut(tag, "=")
		if !ok {
			continue
		}
		value = trimWSP(value)
		switch lower := strings.ToLower(value); strings.ToLower(trimWSP(name)) {
		case "p":
			r.Policy = parsePolicy(lower)
			bad = bad || r.Policy == NoPolicy
		case "sp":
			sp = parsePolicy(lower)
			bad = bad || sp == NoPolicy
		case "np":
			bad = bad || parsePolicy(lower) == NoPolicy
		case "psd":
			if lower == "y" || lower == "n" {
				r.PSD = PSD(lower[0])
			}
		case "t":
			r.Testing = lower == "y"
		case "rua":
			reports = hasURI(value)
		}
	}
	if bad {
		r.Policy, sp = None, None
	}
	if r.SubdomainPolicy = sp; sp == NoPolicy {
		r.SubdomainPolicy = r.Policy
	}
	return r, !bad || reports
}

// parsePolicy returns the policy with a name in lower case, NoPolicy if there is none.
func parsePolicy(name string) Policy {
	for p := None; p <= Reject; p++ {
		if name == p.String() {
			return p
		}
	}
	return NoPolicy
}

// hasURI reports whether a list holds something with the form of a URI: a scheme and
// more (RFC 3986, 3).
func hasURI(list string) bool {
	for uri := range strings.SplitSeq(list, ",") {
		scheme, rest, ok := strings.Cut(trimWSP(uri), ":")
		if ok && rest != "" && isScheme(scheme) && !strings.ContainsAny(rest, " \t<>\"") {
			return true
		}
	}
	return false
}

// isScheme reports whether text is the scheme of a URI (RFC 3986, 3.1).
func isScheme(text string) bool {
	for i := range len(text) {
		c := text[i] | 0x20 // in lower case
		if 'a' <= c && c <= 'z' || i > 0 && ('0' <= text[i] && text[i] <= '9' || strings.IndexByte("+-.", text[i]) >= 0) {
			continue
		}
		return false
	}
	return text != ""
}

func trimWSP(text string) string { return strings.Trim(text, " \t") }

// selectRecord returns the only DMARC policy record among TXT records. If there are
// several, all are discarded (RFC 9989, 4.10).
func selectRecord(a dns.Answer) (Record, bool) {
	found := ""
	for _, parts := range a.TXT {
		text := strings.Join(parts, "") // RFC 7208, 3.3
		if !isRecord(text) {
			continue
		}
		if found != "" {
			return Record{}, false
		}
		found = text
	}
	return Parse(found)
}
