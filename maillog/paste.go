package maillog

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// maxPaste bounds how much of a pasted text is read, in bytes: the header of a
// message is far shorter, and a bounce begins with its reason.
const maxPaste = 1 << 20

// Form is the kind of text that a Source was found in.
type Form uint8

// The forms.
const (
	Request       Form = iota + 1 // a policy request of Postfix
	ReceivedSPF                   // a Received-SPF field
	AuthResults                   // an Authentication-Results field
	ServerLog                     // the log line of a policy server
	PostfixReject                 // the log line of a refusal by Postfix
	Bounce                        // a bounce with the URL of a refusal
	RefusalURL                    // the URL of a refusal, or its text
	XComment                      // an X-Comment field: the client is exempt
)

// String returns the name of the form for people.
func (f Form) String() string {
	return [...]string{"", "policy request", "Received-SPF field", "Authentication-Results field",
		"log line of a policy server", "log line of Postfix", "bounce", "URL of a refusal", "X-Comment field"}[f]
}

// Source is what pasted text says about a message, and where it says so. It has
// a client, and a HELO name or a sender.
type Source struct {
	Form      Form
	Line      int  // of the text, counted from 1
	InMessage bool // the field is part of a whole message

	Client    netip.Addr
	HELO      string
	Sender    string // a domain alone where the text has no more
	Recipient string
	Known     Fields // a Sender that is known and empty is the null reverse-path

	Identity Identity  // that the result is about
	Result   Result    // as recorded
	Action   Action    // as recorded
	Other    string    // refusal by Postfix that is not about SPF, with its code; Action is then NoAction
	Time     time.Time // zero if the text does not have it
}

// ErrNothingUsable is returned by Paste for a text that does not name a client
// and a HELO name or sender in a form that it knows.
var ErrNothingUsable = errors.New("nothing usable found: expected a policy request, a Received-SPF or Authentication-Results field, " +
	"a log line of a policy server or of Postfix, a bounce, or the URL of a refusal")

// IncompleteError is returned by Paste for a text that has the result of a check, but
// not what it takes to repeat the check. It is an ErrNothingUsable.
type IncompleteError struct {
	Source Source // what the text has
}

// Error says what is missing, and where it may be.
func (e *IncompleteError) Error() string {
	s := &e.Source
	lacks := "the sender or the HELO name"
	if s.Known&HasClient == 0 {
		lacks = "the client's address"
		switch {
		case s.Form != ReceivedSPF && s.Form != AuthResults:
		case s.InMessage:
			lacks += ", and no Received field of the same host has it"
		default:
			lacks += ", which the Received field of the same message has"
		}
	}
	result := ""
	if s.Result != NoResult {
		result = " (" + s.Result.String() + ")"
	}
	return fmt.Sprintf("the %s in line %d%s does not have %s", s.Form, s.Line, result, lacks)
}

// Unwrap returns ErrNothingUsable.
func (e *IncompleteError) Unwrap() error { return ErrNothingUsable }

// Paste returns the first usable Source in a text: a request, a log, header fields, a
// bounce or the URL of a refusal. In a whole message it uses the topmost field, and
// nothing from the body unless the message is a bounce. It reads the first 1 MiB. The
// error is ErrNothingUsable or an IncompleteError. The text may be quoted with ">", in
// HTML, in quoted-printable, in base64, in JSON or in CSV. Time stamps without a year
// get the latest year that is not after now.
func Paste(text []byte, now time.Time) (Source, error) {
	t, _ := trimLinks(splitLines(text[:min(len(text), maxPaste)]))
	p := newPaste(t, now)
	if s, ok := p.exact(); ok {
		return p.located(s), nil
	}
	readers := []func(*paste) (Source, bool){(*paste).exact, (*paste).loose, (*paste).refusal}
	if p.isMessage { // its body does not count, however it is encoded
		t = pastedLines{t.lines[:p.body], t.numbers[:p.body]}
		readers = []func(*paste) (Source, bool){(*paste).fields}
	}
	texts := []*paste{p}
	for _, decode := range decodings() {
		var changed bool
		if t, changed = decode(t); changed {
			texts = append(texts, newPaste(t, now))
		}
	}
	for i, read := range readers {
		for _, p := range texts[b2i(i == 0):] { // the first text is read exactly above
			if s, ok := read(p); ok {
				return p.located(s), nil
			}
		}
	}
	for _, p := range texts {
		if p.incomplete.Form != 0 {
			return Source{}, &IncompleteError{p.located(p.incomplete)}
		}
	}
	return Source{}, ErrNothingUsable
}

// paste is a text being read.
type paste struct {
	parser    *Parser
	now       time.Time
	lines     [][]byte
	numbers   []int
	first     int  // line that is not empty
	isMessage bool // a whole message, whose body does not count
	body      int  // line that the body begins in
	isBounce  bool
	attempts  int // to read fields outside of a header, see maxAttempts

	incomplete Source // the first result that is not usable
}

// maxAttempts bounds how many fields outside of a header are read until one is
// usable.
const maxAttempts = 500

func newPaste(t pastedLines, now time.Time) *paste {
	p := &paste{parser: NewParser(now), now: now, lines: t.lines, numbers: t.numbers}
	for p.first < len(p.lines) && len(bytes.TrimSpace(p.lines[p.first])) == 0 {
		p.first++
	}
	return p
}

// located returns a Source with its line in the original text.
func (p *paste) located(s Source) Source {
	s.Client = s.Client.Unmap()
	s.Line = p.numbers[s.Line-1] + 1
	return s
}

// reader reads one form.
type reader func() (Source, bool)

// firstOf returns the first usable Source of some readers. One of them may find out that
// the text is a message, whose body does not count.
func (p *paste) firstOf(readers ...reader) (Source, bool) {
	for _, read := range readers {
		if s, ok := read(); ok || p.isMessage {
			return s, ok
		}
	}
	return Source{}, false
}

// exact reads what is in one of the forms, without anything around it. A bounce counts
// before the fields that it quotes.
func (p *paste) exact() (Source, bool) {
	if s, ok := p.firstOf(p.requestAtTop, p.headerAtTop); ok || p.isMessage {
		return s, ok
	}
	if p.isBounce || p.mentionsBounce() {
		if s, ok := p.firstOf(p.url, p.refusalText); ok || p.isBounce {
			return s, ok
		}
	}
	return p.firstOf(p.log, p.field)
}

// fields reads header fields.
func (p *paste) fields() (Source, bool) { return p.firstOf(p.headerAtTop, p.field) }

// loose reads what is in parts, or has something around it.
func (p *paste) loose() (Source, bool) {
	if p.isBounce {
		return Source{}, false
	}
	return p.firstOf(p.wrappedLog, p.bareLine, p.bareValue, p.fieldInLine)
}

// refusal reads what says less than all else, and a request that stands in other text.
func (p *paste) refusal() (Source, bool) {
	if p.isBounce {
		return Source{}, false
	}
	return p.firstOf(p.url, p.refusalText, p.looseRequest)
}

func (p *paste) requestAtTop() (Source, bool) { return p.request(p.first) }
func (p *paste) headerAtTop() (Source, bool)  { return p.header(p.first) }

// lacking records a Source without a client, or without a HELO name and a sender, if it
// is the first one.
func (p *paste) lacking(s *Source) {
	if p.incomplete.Form == 0 && !s.isComplete() {
		p.incomplete = *s
		p.incomplete.InMessage = p.isMessage
	}
}

// isComplete reports whether a Source has what a check needs.
func (s *Source) isComplete() bool {
	return s.Known&HasClient != 0 && s.Known&(HasHELO|HasSender) != 0 && (s.HELO != "" || s.Sender != "")
}

// usable reports whether a Source is enough to repeat the check, and has nothing after its
// last value.
func (s *Source) usable() bool {
	return s.isComplete() && !strings.HasPrefix(s.Recipient, unknownValue)
}

// Source returns the message as a Source, and false if it is not enough to repeat
// the check.
func (m *Message) Source() (Source, bool) {
	s := source(ServerLog, int(m.Line)-1, &m.Envelope, &m.Verdict)
	s.Time = m.Time
	return s, !m.Ambiguous && s.usable()
}

// Source returns a refusal by Postfix, which stands in a line counted from 1, as a
// Source, and false if it is not enough to repeat the check.
func (r *Record) Source(line int64, at time.Time) (Source, bool) {
	s := refused(r, int(line)-1)
	s.Time = at
	return s, !r.Ambiguous && s.usable()
}

// source returns an Envelope and a Verdict as a Source.
func source(form Form, line int, e *Envelope, v *Verdict) Source {
	s := Source{
		Form: form, Line: line + 1,
		Client: e.Client, HELO: string(e.HELO), Sender: string(e.Sender), Recipient: string(e.Recipient), Known: e.Known &^ (HasCached | HasCounts),
		Identity: v.Identity, Action: v.Action,
	}
	switch {
	case v.Identity == HELO || v.Identity == NoIdentity && v.MailFromResult == NoResult:
		s.Result = v.HELOResult
	default:
		s.Result = v.MailFromResult
	}
	if s.Identity == NoIdentity && s.Result != NoResult {
		s.Identity = HELO
		if v.MailFromResult != NoResult {
			s.Identity = MailFrom
		}
	}
	if s.Result == NoResult {
		s.Result = reasonResult(v.Reason)
	}
	return s
}

// reasonResult returns the result that the reason of a refusal stands for.
func reasonResult(reason []byte) Result {
	reason = refusalReason(reason)
	for _, known := range [...]struct {
		phrase string
		result Result
	}{
		{failReason, Fail},
		{"domain owner discourages use of this host", Softfail},
		{"access neither permitted nor denied", Neutral},
		{"SPF Permanent Error: ", Permerror},
		{"SPF Temporary Error: ", Temperror},
	} {
		if bytes.HasPrefix(reason, []byte(known.phrase)) {
			return known.result
		}
	}
	if rest, ok := cutPrefix(reason, "Receiver policy for SPF "); ok {
		name, _, _ := cut(rest, ".")
		return resultNamed(name)
	}
	return NoResult
}
