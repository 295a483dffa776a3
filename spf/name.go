package spf

import "strings"

// Limits of names (RFC 1035, 2.3.4), and how many octets of a macro's
// expansion can matter: 253 are left of it, and what is cut off ends with the
// first full stop before those, at most a label further left (RFC 7208, 7.3).
const (
	labelLimit   = 63
	nameLimit    = 253
	maxExpansion = 2 * (nameLimit + labelLimit)
)

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
	if len(text) > nameLimit || !validLabels(text) {
		return "", nameMalformed
	}
	return lowerASCII(text), nameOK
}

func validLabels(name string) bool {
	for {
		label, rest, more := strings.Cut(name, ".")
		if label == "" || len(label) > labelLimit {
			return false
		}
		if !more {
			return true
		}
		name = rest
	}
}

// lowerASCII is strings.ToLower for names: octets beyond US-ASCII stay.
func lowerASCII(s string) string {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if 'A' <= b[i] && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

// truncateName removes labels from the left until the name fits, its final dot
// aside (RFC 7208, 7.3).
func truncateName(name string) string {
	for len(strings.TrimSuffix(name, ".")) > nameLimit {
		_, rest, ok := strings.Cut(name, ".")
		if !ok {
			break
		}
		name = rest
	}
	return name
}

// isBelow tells whether a name is another, or a subdomain of it.
func isBelow(name, domain string) bool {
	head, ok := strings.CutSuffix(name, domain)
	return ok && (head == "" || head[len(head)-1] == '.')
}
