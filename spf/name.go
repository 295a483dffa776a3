package spf

import (
	"strings"

	"policyd-spf/spf/dns"
)

// Limits of names (RFC 1035, 2.3.4), and how many octets of a macro's
// expansion can matter: 253 are left of it, and what is cut off ends with the
// first full stop before those, at most a label further left (RFC 7208, 7.3).
const maxExpansion = 2 * (dns.MaxNameLen + dns.MaxLabelLen)

// nameError tells why a text cannot be looked up.
type nameError uint8

const (
	nameOK        nameError = iota
	nameMalformed           // an empty label, a label over 63 octets, a name over 253
	nameUnencodable
)

// toName gives a text as a Question has it: lower case, no final dot, A-labels
// (RFC 8616, 4).
func toName(text string) (string, nameError) {
	text = strings.TrimSuffix(text, ".")
	if indexNonASCII(text) >= 0 {
		var ok bool
		if text, ok = toALabels(text); !ok {
			return "", nameUnencodable
		}
	}
	if !dns.IsName(text) {
		return "", nameMalformed
	}
	return dns.ToLower(text), nameOK
}

// truncateName removes labels from the left until the name fits, its final dot
// aside (RFC 7208, 7.3).
func truncateName(name string) string {
	for len(strings.TrimSuffix(name, ".")) > dns.MaxNameLen {
		_, rest, ok := strings.Cut(name, ".")
		if !ok {
			break
		}
		name = rest
	}
	return name
}
