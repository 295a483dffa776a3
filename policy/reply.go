package policy

import (
	"strings"

	"policyd-spf/conf"
)

// maxReply limits a reply, its two line feeds included, to what smtpd reads from a
// client in one line (line_length_limit). maxRejection limits a rejection's text.
const (
	maxReply     = 2048
	maxRejection = maxReply - len("action=defer_if_permit 4.7.24 \n\n")
)

// Reply is a reply to Postfix: an action of access(5) and what follows it.
type Reply struct{ Action, Text string }

// String returns the reply as it follows "action=".
func (r Reply) String() string {
	if r.Text == "" {
		return r.Action
	}
	return r.Action + " " + r.Text
}

// ActionKind returns the kind of an action of access(5), with its text. RestrictionClass
// stands for all actions that package policy does not make, and for restriction classes.
func ActionKind(action string) Kind {
	name, text, _ := strings.Cut(strings.ReplaceAll(conf.TrimSpace(action), "\t", " "), " ")
	switch strings.ToLower(name) {
	case "reject":
		return Reject
	case "defer", "defer_if_permit":
		return Defer
	case "prepend":
		return Prepend
	case "dunno", "":
		return Dunno
	}
	if len(name) != 3 || text == "" || strings.Trim(name, "0123456789") != "" {
		return RestrictionClass // digits without text are OK
	}
	switch name[0] {
	case '4':
		return Defer
	case '5':
		return Reject
	}
	return RestrictionClass
}

// mockText is the reply of a server with Mock = True.
const mockText = "mock header field that should be ignored"

// dunno returns the reply that lets Postfix go on.
func dunno() Reply { return Reply{Action: "dunno"} }

// appendReply appends a reply: one line, and the empty line that ends it.
func appendReply(b []byte, r Reply) []byte {
	b = append(b, "action="...)
	b = append(b, r.Action...)
	if r.Text != "" {
		b = append(b, ' ')
		b = append(b, truncate(r.Text, maxReply-len("action= \n\n")-len(r.Action))...)
	}
	return append(b, "\n\n"...)
}

// makeReply returns the reply for a decision. text is the decision's header field,
// rejection text or restriction class.
func makeReply(s *conf.Settings, d Decision, text string) Reply {
	switch d.Kind {
	case Prepend:
		return Reply{"prepend", text}
	case Reject, Defer:
		action := replyCode(s, d.Kind, d.Error)
		if conf.TrimSpace(text) == "" && !s.EnhancedStatusCodes {
			text = "SPF" // Postfix takes digits without text for "OK"
		}
		if text == "" {
			action += " "
		}
		return Reply{action, text}
	case RestrictionClass:
		return Reply{Action: text}
	}
	return dunno()
}

// rejectionText returns the text of a rejection or deferral. An error is about
// Reason_Message: the text is then made from the default one.
func rejectionText(s *conf.Settings, kind Kind, id Identity, reason string, e envelope) (string, error) {
	message, url, err := s.Reason()
	verb := "rejected"
	if kind == Defer {
		verb = "deferred"
	}
	text := fitLength(maxRejection, reason, e, func(reason string, e envelope) string {
		name := e.helo
		if id == MailFrom {
			name = e.sender
		}
		return message.Expand(verb, reason, url.Expand(id.scope(), name, e.client, e.recipient))
	})
	return sanitize(text), err
}

// replyCode returns the action and reply code of a rejection or deferral (RFC 7372,
// 3.1 and 3.2).
func replyCode(s *conf.Settings, kind Kind, isError bool) string {
	switch enhanced := s.EnhancedStatusCodes; {
	case kind == Defer && enhanced:
		return "defer_if_permit 4.7.24"
	case kind == Defer:
		return "defer_if_permit"
	case !enhanced:
		return "550"
	case isError:
		return "550 5.7.24"
	}
	return "550 5.7.23"
}

// ReplyCode returns the action and reply code of a rejection or deferral, such as
// "550 5.7.23".
func ReplyCode(s *conf.Settings, d Decision) string { return replyCode(s, d.Kind, d.Error) }
