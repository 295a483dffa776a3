package spf

import (
	"strings"
	"unicode"

	"policyd-spf/spf/dns"
)

// toALabels turns each label with characters beyond US-ASCII into its A-label
// (RFC 8616, 4; RFC 3490, 4.1). Beyond what mapIDNA does the text is not
// normalised, as mail software sends it normalised (RFC 6531, 3.3; RFC 5890,
// 2.3.2.1). It fails if a character cannot stand in a name.
func toALabels(text string) (string, bool) {
	labels := strings.Split(mapIDNA(text), ".")
	for i, label := range labels {
		if indexNonASCII(label) < 0 {
			continue
		}
		for _, c := range label {
			if c >= 0x80 && !inIDNA(c) {
				return "", false
			}
		}
		labels[i] = "xn--" + punycode([]rune(label))
	}
	return strings.Join(labels, "."), true
}

// aLabels is toALabels for a value of a macro: what has no A-labels stays as it
// is, and cannot be looked up.
func aLabels(text string) string {
	if indexNonASCII(text) >= 0 {
		if a, ok := toALabels(text); ok {
			return a
		}
	}
	return text
}

// mapIDNA maps what IDNA 2003 maps: case, the other full stops, and the letters
// and joiners that it does not keep (RFC 3490, 3.1; RFC 3491, 3).
func mapIDNA(text string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(text) {
		switch c {
		case '\u3002', '\uFF0E', '\uFF61':
			b.WriteByte('.')
		case 'ß':
			b.WriteString("ss")
		case 'ς':
			b.WriteRune('σ')
		case '\u00AD', '\u200B', '\u200C', '\u200D', '\u2060', '\uFEFF':
		default:
			if c >= 0x80 && unicode.Is(unicode.Zs, c) && c != '\u1680' {
				c = ' ' // whose compatibility forms they are, all but one
			}
			b.WriteRune(c)
		}
	}
	return b.String()
}

// inIDNA tells whether a character beyond US-ASCII may stand in a label: not a
// space, a control, a private or unassigned one, or the replacement character
// (RFC 3491, 5).
func inIDNA(c rune) bool {
	return c != unicode.ReplacementChar && unicode.In(c, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S)
}

// The parameters of Punycode for IDNA (RFC 3492, 5).
const (
	punyBase, punyTMin, punyTMax = 36, 1, 26
	punySkew, punyDamp           = 38, 700
	punyBias, punyN              = 72, 0x80
)

// punycode encodes a label (RFC 3492, 6.3). A label that could be looked up is
// short, and the work is bounded by that: it stops once the result is too long.
func punycode(label []rune) string {
	var out []byte
	for _, c := range label {
		if c < 0x80 {
			out = append(out, byte(c))
		}
	}
	basic := len(out)
	handled := basic
	if basic > 0 {
		out = append(out, '-')
	}
	n, delta, bias := rune(punyN), 0, punyBias
	for handled < len(label) && len(out) <= dns.MaxLabelLen {
		next := rune(unicode.MaxRune)
		for _, c := range label {
			if c >= n && c < next {
				next = c
			}
		}
		delta += int(next-n) * (handled + 1)
		n = next
		for _, c := range label {
			switch {
			case c < n:
				delta++
			case c == n:
				out = appendVariable(out, delta, bias)
				bias = adaptBias(delta, handled+1, handled == basic)
				delta = 0
				handled++
			}
		}
		delta++
		n++
	}
	return string(out)
}

// appendVariable writes a generalized variable-length integer (RFC 3492, 3.3).
func appendVariable(out []byte, q, bias int) []byte {
	for k := punyBase; ; k += punyBase {
		t := min(max(k-bias, punyTMin), punyTMax)
		if q < t {
			return append(out, punyDigit(q))
		}
		out = append(out, punyDigit(t+(q-t)%(punyBase-t)))
		q = (q - t) / (punyBase - t)
	}
}

func punyDigit(d int) byte { return "abcdefghijklmnopqrstuvwxyz0123456789"[d] }

// adaptBias is the bias adaptation of RFC 3492, 6.1.
func adaptBias(delta, points int, first bool) int {
	if first {
		delta /= punyDamp
	} else {
		delta /= 2
	}
	delta += delta / points
	k := 0
	for ; delta > (punyBase-punyTMin)*punyTMax/2; k += punyBase {
		delta /= punyBase - punyTMin
	}
	return k + (punyBase-punyTMin+1)*delta/(delta+punySkew)
}
