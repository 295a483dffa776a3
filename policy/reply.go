package policy

import (
	"policyd-spf/conf"
	"policyd-spf/spf"
)

// maxReply bounds a reply, its two line feeds included: smtpd reads no longer
// line from a client either (line_length_limit). maxRefusal bounds a refusal's
// text.
const (
	maxReply   = 2048
	maxRefusal = maxReply - len("action=defer_if_permit 4.7.24 \n\n")
)

// Kind is what is to be done with a message.
type Kind uint8

// The kinds of actions.
const (
	Dunno    Kind = iota // nothing: Postfix goes on with its next restriction
	Prepend              // add a header
	Reject               // refuse for good
	Defer                // refuse for now
	Restrict             // what the administrator wrote as a pass restriction
)

// String gives the original's names, as its log shows them.
func (k Kind) String() string {
	return [...]string{"dunno", "prepend", "reject", "defer", "result_only"}[k]
}

// Action is the answer to a request.
type Action struct {
	Kind    Kind
	Text    string // the header, the text of a refusal, or the restriction
	Error   bool   // a refusal because of an error, which has a code of its own (RFC 7372, 3.2)
	Already bool   // dunno because the message has its header
}

// mockText is all that a server with Mock says.
const mockText = "mock header field that should be ignored"

// appendReply appends a reply: one line, and the empty line that ends it.
func appendReply(b []byte, r Reply) []byte {
	b = append(b, "action="...)
	b = append(b, r.Action...)
	if r.Text != "" {
		b = append(b, ' ')
		b = append(b, cut(r.Text, maxReply-len("action= \n\n")-len(r.Action))...)
	}
	return append(b, "\n\n"...)
}

// refusal gives a rejection or deferral with its text.
func (q *inquiry) refusal(kind Kind, id identity, r spf.Result, reason string) Action {
	message, url, err := q.set.Reason()
	if err != nil && q.set.ReasonMessage != q.server.Settings.ReasonMessage {
		q.server.logBadReason(q.set.ReasonMessage)
	}
	verb := "rejected"
	if kind == Defer {
		verb = "deferred"
	}
	text := fit(maxRefusal, reason, q.party, func(reason string, p party) string {
		name := p.helo
		if id == mailFrom {
			name = p.sender
		}
		return message.Expand(verb, reason, url.Expand(id.short(), name, p.client, p.recipient))
	})
	return Action{Kind: kind, Text: clean(text), Error: isError(r)}
}

// isError tells whether a check came to no result.
func isError(r spf.Result) bool { return r == spf.Permerror || r == spf.Temperror }

// restriction gives a pass restriction as it may be printed, "" if it is unset.
func (q *inquiry) restriction(value string) string {
	if conf.TrimSpace(value) == "" {
		return ""
	}
	return clean(value)
}

// reply gives the reply for an action, and logs it.
func (q *inquiry) reply(a Action) Reply {
	if q.server.Settings.TestOnly == 0 && a.Kind != Prepend {
		a = Action{Error: a.Error}
	}
	q.logAction(a)
	code := q.code(a)
	switch a.Kind {
	case Prepend:
		if q.set.Prospective != "" {
			return dunno
		}
		if q.set.HeaderType == "None" {
			q.logReply("Header field not prepended: ", a.Text)
			return dunno
		}
		q.logReply("prepend ", a.Text)
		return Reply{"prepend", a.Text}
	case Reject, Defer:
		if conf.TrimSpace(a.Text) == "" && !q.set.EnhancedStatusCodes {
			a.Text = "SPF" // Postfix takes digits without text for "OK"
		}
		q.logReply(code, " ", a.Text)
		if a.Text == "" {
			code += " "
		}
		return Reply{code, a.Text}
	case Restrict:
		q.logReply("result_only ", a.Text)
		return Reply{Action: a.Text}
	}
	return dunno
}

// code gives the reply code for a refusal (RFC 7372, 3.1 and 3.2).
func (q *inquiry) code(a Action) string {
	switch enhanced := q.set.EnhancedStatusCodes; {
	case a.Kind == Defer && enhanced:
		return "defer_if_permit 4.7.24"
	case a.Kind == Defer:
		return "defer_if_permit"
	case !enhanced:
		return "550"
	case a.Error:
		return "550 5.7.24"
	}
	return "550 5.7.23"
}

// logAction logs an action as the original names it.
func (q *inquiry) logAction(a Action) {
	if q.server.Log.Level < 3 {
		return
	}
	kind, text := a.Kind.String(), a.Text
	switch {
	case a.Already:
		text = "Header already pre-pended"
	case a.Kind == Dunno:
		kind, text = "None", "None"
	}
	reject := q.code(Action{Kind: Reject, Error: a.Error})
	q.server.Log.Line(3, Info, "Action: ", kind, ": Text: ", text, " Reject action: ", reject)
}

// logReply logs the line of a reply.
func (q *inquiry) logReply(parts ...string) {
	if q.server.Settings.QueueID && q.request.QueueID != "" {
		parts = append([]string{q.request.QueueID, ": "}, parts...)
	}
	q.server.Log.Line(1, Info, parts...)
}
