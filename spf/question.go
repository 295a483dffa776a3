package spf

import "net/netip"

// NewQuestion gives the question for a name as people write it: capitals,
// U-labels and a final dot are welcome. It is false for a name that cannot be
// looked up; no such name exists.
func NewQuestion(name string, t Type) (Question, bool) {
	name, flaw := toName(name)
	return Question{name, t}, flaw == nameOK
}

// ReverseQuestion gives the question for the names of an address. An
// IPv4-mapped one is asked for as the IPv6 address that it is written as.
func ReverseQuestion(ip netip.Addr) Question {
	return Question{reverseName(ip), TypePTR}
}
