package policy

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
