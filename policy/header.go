package policy

import (
	"strings"

	"policyd-spf/conf"
	"policyd-spf/spf"
)

// A header field is printed as one line. Nobody folds it later, so it is limited to
// the 998 bytes of RFC 5322, 2.1.1. Control characters in values have been replaced
// by "?" before. Values of Received-SPF are quoted where RFC 7208, 9.1 requires it,
// values of Authentication-Results where RFC 8601, 2.2 does, and comments are escaped
// where RFC 5322, 3.2.2 does: no text from a client or a domain owner can end a value
// or a comment.

const (
	maxHeader  = 998 // bytes of a header field (RFC 5322, 2.1.1)
	minComment = 80  // bytes of a reason that remain when values are truncated: its first words

	// unknown stands for a recipient that is not shown, and for an attribute that
	// Postfix did not send.
	unknown = "<UNKNOWN>"
)

// Identity is an identity that SPF checks. The zero value is not one.
type Identity uint8

// The identities.
const (
	HELO     Identity = iota + 1 // RFC 7208, 2.3
	MailFrom                     // RFC 7208, 2.4
)

// String returns the name in headers and log lines.
func (i Identity) String() string { return [...]string{"", "helo", "mailfrom"}[i] }

// scope returns the name in a rejection's URL (openspf's s=).
func (i Identity) scope() string { return [...]string{"", "helo", "mfrom"}[i] }

// envelope is the client, sender and recipient of a message as they are shown: without
// control characters.
type envelope struct {
	client, helo, sender, recipient string

	domain string // of sender
}

// newEnvelope returns the values of a request as they are shown.
func newEnvelope(client, helo, sender, recipient string) envelope {
	e := envelope{client: sanitize(client), helo: sanitize(helo), sender: sanitize(sender), recipient: sanitize(recipient)}
	e.domain = domainOf(e.sender)
	return e
}

// truncate returns e with values of at most limit bytes.
func (e envelope) truncate(limit int) envelope {
	return envelope{
		client: truncate(e.client, limit), helo: truncate(e.helo, limit), sender: truncate(e.sender, limit),
		recipient: truncate(e.recipient, limit), domain: truncate(e.domain, limit),
	}
}

// fitLength returns the longest text that limit allows: all of it; or else with a
// truncated comment; or else with truncated values too. Values of legal length
// (RFC 5321, 4.5.3.1) leave room for minComment, so they are never truncated,
// unless Authentication-Results has the recipient's as well as the sender's.
func fitLength(limit int, comment string, e envelope, text func(comment string, e envelope) string) string {
	whole := text(comment, e)
	if len(whole) <= limit {
		return whole
	}
	first := truncate(comment, minComment)
	if len(text(first, e)) <= limit {
		for n := min(len(comment), limit); n > minComment; n-- {
			if t := text(truncate(comment, n), e); len(t) <= limit {
				return t
			}
		}
		return text(first, e)
	}
	for n := limit; n > 0; n-- { // quoting may double a value, so each length is tried
		if t := text(first, e.truncate(n)); len(t) <= limit {
			return t
		}
	}
	return truncate(whole, limit) // the administrator's own text is too long
}

// receivedSPF returns the header field of RFC 7208, 9.1.
func receivedSPF(id Identity, r spf.Result, reason string, e envelope) string {
	return fitLength(maxHeader, reason, e, func(reason string, e envelope) string {
		var b strings.Builder
		b.Grow(len(reason) + len(e.client) + len(e.helo) + len(e.sender) + len(e.recipient) + 128)
		b.WriteString("Received-SPF: ")
		b.WriteString(resultName(r))
		b.WriteString(" (")
		b.WriteString(comment(reason))
		b.WriteString(") ")
		writePairs(&b, id, e)
		return b.String()
	})
}

// writePairs writes the key-value-list of RFC 7208, 9.1.
func writePairs(b *strings.Builder, id Identity, e envelope) {
	for _, s := range [...]string{
		"identity=", id.String(),
		"; client-ip=", e.client,
		"; helo=", pairValue(e.helo),
		"; envelope-from=", pairValue(e.sender),
		"; receiver=", pairValue(e.recipient),
		" ",
	} {
		b.WriteString(s)
	}
}

// resultName returns a result's name as in Received-SPF and the log.
func resultName(r spf.Result) string {
	return [...]string{"None", "Neutral", "Pass", "Fail", "Softfail", "Temperror", "Permerror"}[r]
}

// authenticationResults returns the header field of RFC 8601 for a check.
func authenticationResults(server string, id Identity, r spf.Result, reason string, e envelope) string {
	return fitLength(maxHeader, reason, e, func(reason string, e envelope) string {
		property, value := "smtp.helo=", e.helo
		if id == MailFrom {
			property, value = "smtp.mailfrom=", e.domain
		}
		return "Authentication-Results: " + server + "; spf=" + r.String() + " (" + comment(reason) + ") " +
			property + pvalue(value) + " (" + comment(values(e)) + ")"
	})
}

// exemptionComment returns the header field that says why nothing was checked.
func exemptionComment(phrase string, e envelope) string {
	return fitLength(maxHeader, "", e, func(_ string, e envelope) string {
		return "X-Comment: " + phrase + " - " + values(e) + " "
	})
}

// exemptionResults is exemptionComment as a header field of RFC 8601.
func exemptionResults(server, phrase string, e envelope) string {
	return fitLength(maxHeader, "", e, func(_ string, e envelope) string {
		return "Authentication-Results: " + server + "; none (" + comment(phrase+" -  "+values(e)) + ")"
	})
}

// values returns the envelope for people to read.
func values(e envelope) string {
	return "client-ip=" + e.client + "; helo=" + e.helo + "; envelope-from=" + e.sender +
		"; receiver=" + e.recipient
}

// pairValue returns the value of a key in Received-SPF: as a quoted-string if a
// character in it has a meaning there (RFC 7208, 9.1; RFC 5322, 3.2.4).
func pairValue(v string) string {
	if v == "<>" || v == unknown {
		return v
	}
	for _, r := range v {
		switch r {
		case ';', '"', '\\', '(', ')', '<', '>', ',', '=':
			return quote(v)
		}
		if conf.IsSpace(r) {
			return quote(v)
		}
	}
	return v
}

// pvalue returns the value of a property in Authentication-Results: a token, an
// address of tokens, or else a quoted-string (RFC 8601, 2.2).
func pvalue(v string) string {
	special := "!#$%&'*+.^_`{|}~-"
	if strings.Contains(v, "@") {
		special += "/=?@"
	}
	for i := range len(v) {
		c := v[i]
		if ('0' > c || c > '9') && ('A' > c || c > 'Z') && ('a' > c || c > 'z') &&
			strings.IndexByte(special, c) < 0 {
			return quote(v)
		}
	}
	if v == "" {
		return `""`
	}
	return v
}

// quote returns text as a quoted-string (RFC 5322, 3.2.4).
func quote(text string) string {
	return `"` + escape(text, `"\`) + `"`
}

// comment returns text as it may stand between parentheses (RFC 5322, 3.2.2): as
// it is if its own parentheses balance, or else with all of them escaped.
func comment(text string) string {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth < 0 {
				return escape(text, `()\`)
			}
		case '\\':
			if i++; i == len(text) {
				return escape(text, `()\`)
			}
		}
	}
	if depth != 0 {
		return escape(text, `()\`)
	}
	return text
}

// escape returns text with a backslash before each of the characters.
func escape(text, characters string) string {
	if !strings.ContainsAny(text, characters) {
		return text
	}
	b := make([]byte, 0, len(text)+8)
	for i := range len(text) {
		if strings.IndexByte(characters, text[i]) >= 0 {
			b = append(b, '\\')
		}
		b = append(b, text[i])
	}
	return string(b)
}
