package spf

import "policyd-spf/spf/dns"

// NewQuestion returns the question for a name as people write it, possibly
// with capitals, U-labels and a final dot. ok is false if the name is not a
// valid DNS name and so cannot exist: an empty label, a label over 63 bytes, a
// name over 253, or a label without A-label form (RFC 8616, 4).
func NewQuestion(name string, t dns.Type) (q dns.Question, ok bool) {
	name, nameErr := toName(name)
	return dns.Question{Name: name, Type: t}, nameErr == nameOK
}
