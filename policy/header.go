package policy

import (
	"strings"

	"policyd-spf/conf"
	"policyd-spf/spf"
)

// Rules of what is printed here. A header field is one line: nobody folds it
// on its way, so it keeps to RFC 5322's 998 octets (2.1.1), and control
// characters have become "?" before a value gets here. Values of Received-SPF
// are quoted where RFC 7208's grammar asks for it (9.1), values of
// Authentication-Results where RFC 8601's does (2.2), comments are escaped
// where RFC 5322's does (3.2.2). Nobody's words can end a value or a comment.

const (
	maxHeader  = 998 // octets of a header field, RFC 5322, 2.1.1
	minComment = 80  // octets of a reason that stay when values are cut: its first words

	// unknown stands for a recipient that is not shown, and for an attribute
	// that Postfix did not send.
	unknown = "<UNKNOWN>"
)

// identity is what SPF checks (RFC 7208, 2.3 and 2.4).
type identity uint8

const (
	helo identity = iota
	mailFrom
)

// String gives the name that headers and log lines have.
func (i identity) String() string { return [...]string{"helo", "mailfrom"}[i] }

// short gives the name that a refusal's URL has.
func (i identity) short() string { return [...]string{"helo", "mfrom"}[i] }

// party is who sends to whom, as it is shown: without control characters.
type party struct {
	client, helo, sender, recipient string

	domain string // of sender
}

// newParty gives the values of a request as they are shown.
func newParty(client, helo, sender, recipient string) party {
	p := party{client: clean(client), helo: clean(helo), sender: clean(sender), recipient: clean(recipient)}
	p.domain = domainOf(p.sender)
	return p
}

// cut gives p with values of at most limit octets.
func (p party) cut(limit int) party {
	return party{
		client: cut(p.client, limit), helo: cut(p.helo, limit), sender: cut(p.sender, limit),
		recipient: cut(p.recipient, limit), domain: cut(p.domain, limit),
	}
}

// fit gives the longest text that limit allows: whole if it can be; else with
// as much of the comment as fits; else with cut values too. Values of legal
// length (RFC 5321, 4.5.3.1) leave room for minComment, so they are never cut,
// unless Authentication-Results has the recipient's beside the sender's.
func fit(limit int, comment string, p party, text func(comment string, p party) string) string {
	whole := text(comment, p)
	if len(whole) <= limit {
		return whole
	}
	first := cut(comment, minComment)
	if len(text(first, p)) <= limit {
		for n := min(len(comment), limit); n > minComment; n-- {
			if t := text(cut(comment, n), p); len(t) <= limit {
				return t
			}
		}
		return text(first, p)
	}
	for n := limit; n > 0; n-- { // quoting may double a value, so each length is tried
		if t := text(first, p.cut(n)); len(t) <= limit {
			return t
		}
	}
	return cut(whole, limit) // by the administrator's own words alone
}

// receivedSPF gives the header field of RFC 7208, 9.1.
func receivedSPF(id identity, r spf.Result, reason string, p party) string {
	return fit(maxHeader, reason, p, func(reason string, p party) string {
		var b strings.Builder
		b.Grow(len(reason) + len(p.client) + len(p.helo) + len(p.sender) + len(p.recipient) + 128)
		b.WriteString("Received-SPF: ")
		b.WriteString(title(r))
		b.WriteString(" (")
		b.WriteString(comment(reason))
		b.WriteString(") ")
		writePairs(&b, id, p)
		return b.String()
	})
}

// writePairs writes the key-value-list of RFC 7208, 9.1.
func writePairs(b *strings.Builder, id identity, p party) {
	for _, s := range [...]string{
		"identity=", id.String(),
		"; client-ip=", p.client,
		"; helo=", pairValue(p.helo),
		"; envelope-from=", pairValue(p.sender),
		"; receiver=", pairValue(p.recipient),
		" ",
	} {
		b.WriteString(s)
	}
}

// title gives a result's name as Received-SPF and the log have it.
func title(r spf.Result) string {
	return [...]string{"None", "Neutral", "Pass", "Fail", "Softfail", "Temperror", "Permerror"}[r]
}

// authenticationResults gives the header field of RFC 8601 for a check.
func authenticationResults(server string, id identity, r spf.Result, reason string, p party) string {
	return fit(maxHeader, reason, p, func(reason string, p party) string {
		property, value := "smtp.helo=", p.helo
		if id == mailFrom {
			property, value = "smtp.mailfrom=", p.domain
		}
		return "Authentication-Results: " + server + "; spf=" + r.String() + " (" + comment(reason) + ") " +
			property + resultValue(value) + " (" + comment(values(p)) + ")"
	})
}

// bypassComment gives the header field that says why nothing was checked.
func bypassComment(phrase string, p party) string {
	return fit(maxHeader, "", p, func(_ string, p party) string {
		return "X-Comment: " + phrase + " - " + values(p) + " "
	})
}

// bypassResults is bypassComment as a header field of RFC 8601.
func bypassResults(server, phrase string, p party) string {
	return fit(maxHeader, "", p, func(_ string, p party) string {
		return "Authentication-Results: " + server + "; none (" + comment(phrase+" -  "+values(p)) + ")"
	})
}

// values gives the values for people to read.
func values(p party) string {
	return "client-ip=" + p.client + "; helo=" + p.helo + "; envelope-from=" + p.sender +
		"; receiver=" + p.recipient
}

// pairValue gives the value of a key in Received-SPF: as a quoted-string if it
// holds a character that has a meaning there (RFC 7208, 9.1; RFC 5322, 3.2.4).
func pairValue(v string) string {
	if v == "<>" || v == unknown {
		return v
	}
	if strings.ContainsAny(v, `;"\()<>,=`) || strings.ContainsFunc(v, conf.IsSpace) {
		return quote(v)
	}
	return v
}

// resultValue gives the value of a property in Authentication-Results: a
// token, an address of tokens, or else a quoted-string (RFC 8601, 2.2).
func resultValue(v string) string {
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

// quote gives text as a quoted-string (RFC 5322, 3.2.4).
func quote(text string) string {
	return `"` + escape(text, `"\`) + `"`
}

// comment gives text as it may stand between parentheses (RFC 5322, 3.2.2):
// as it is if its own parentheses balance, else with all of them escaped.
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

// escape gives text with a backslash before each of the characters.
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
