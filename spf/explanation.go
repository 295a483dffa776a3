package spf

import (
	"errors"

	"policyd-spf/spf/dns"
)

// explanationError is the reason why an explanation is not used (RFC 7208, 6.2).
type explanationError string

func (e explanationError) Error() string { return string(e) }

const (
	errNoName       explanationError = "exp= does not expand to a valid name"
	errNotSingleTXT explanationError = "not exactly one TXT record"
	errNotASCII     explanationError = "not US-ASCII"
	errBadMacro     explanationError = "bad macro"
)

// explain returns the domain owner's explanation of a fail, "" if it cannot be
// used. An error here does not change the result (RFC 7208, 6.2).
func (e *Evaluation) explain(exp *Modifier, domain string) string {
	ev := ExplanationEvent{}
	ev.Target, ev.Text, ev.Value, ev.Err = e.explanation(exp, domain)
	if ev.Err != nil {
		ev.Value = ""
		var dns *dns.Error
		if errors.As(ev.Err, &dns) {
			e.ttl = 0 // the explanation may be available next time
		}
	}
	if e.Observer != nil {
		e.Observer.Event(ev)
	}
	return ev.Value
}

// explanation looks up and expands an explanation (RFC 7208, 6.2).
func (e *Evaluation) explanation(exp *Modifier, domain string) (target, text, value string, err error) {
	target, nameErr, err := e.target(exp.Value, domain)
	if err != nil {
		return "", "", "", err
	}
	if nameErr != nameOK {
		return target, "", "", errNoName
	}
	a, err := e.lookupUnlimited(dns.Question{Name: target, Type: dns.TypeTXT}) // counts toward no limit (RFC 7208, 4.6.4)
	if err != nil {
		return target, "", "", err
	}
	if len(a.TXT) != 1 {
		return target, "", "", errNotSingleTXT
	}
	text = JoinStrings(a.TXT[0])
	if indexNonASCII(text) >= 0 {
		return target, text, "", errNotASCII
	}
	m, bad := parseExplainString(text)
	if bad != nil {
		return target, text, "", errBadMacro
	}
	e.recordVary(m)
	if m.Uses("t") {
		e.ttl = 0 // the text contains the time
	}
	return target, text, e.macros.expandText(m, domain, e.validatedName(domain)), nil
}
