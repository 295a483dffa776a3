package spf

import "policyd-spf/spf/dns"

// NewQuestion gives the question for a name as people write it: capitals,
// U-labels and a final dot are welcome. It is false for a name that cannot be
// looked up; no such name exists.
func NewQuestion(name string, t dns.Type) (dns.Question, bool) {
	name, flaw := toName(name)
	return dns.Question{Name: name, Type: t}, flaw == nameOK
}
