package maillog

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
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
	has, lacks := "the client's address", "the sender or the HELO name"
	if s.Known&HasClient == 0 {
		has, lacks = "the sender", "the client's address"
		switch {
		case s.Form != ReceivedSPF && s.Form != AuthResults:
		case s.InMessage:
			lacks += ", and no Received field of the same host has it"
		default:
			lacks += ": the Received field of the same message has it"
		}
	}
	if s.Result != NoResult {
		has = "the result " + s.Result.String()
	}
	return fmt.Sprintf("the %s in line %d has %s, but not %s", s.Form, s.Line, has, lacks)
}

// Unwrap returns ErrNothingUsable.
func (e *IncompleteError) Unwrap() error { return ErrNothingUsable }

// Paste returns the first usable Source in a text: a request, a log, header fields, a
// bounce or the URL of a refusal. In a whole message it uses the topmost field, and
// nothing from the body unless the message is a bounce. It reads the first 1 MiB. The
// error is ErrNothingUsable, or an IncompleteError. The text may be quoted with ">", in HTML, in
// quoted-printable, in base64 or in the JSON of journalctl. Time stamps without a year
// get the latest year that is not after now.
func Paste(text []byte, now time.Time) (Source, error) {
	decoded := []pastedLines{splitLines(text[:min(len(text), maxPaste)])}
	for _, decode := range decodings() {
		if t, changed := decode(decoded[len(decoded)-1]); changed {
			decoded = append(decoded, t)
		}
	}
	var incomplete Source
	for _, withURL := range [...]bool{false, true} { // everything else says more than a URL
		for _, t := range decoded {
			s, ok := readPaste(t, now, withURL)
			if ok {
				return s, nil
			}
			if incomplete.Form == 0 {
				incomplete = s
			}
		}
	}
	if incomplete.Form != 0 {
		return Source{}, &IncompleteError{incomplete}
	}
	return Source{}, ErrNothingUsable
}

// paste is a text being read.
type paste struct {
	parser    *Parser
	now       time.Time
	lines     [][]byte
	first     int  // line that is not empty
	isMessage bool // a whole message, whose body does not count
	isBounce  bool
	attempts  int // to read fields outside of a header, see maxAttempts

	incomplete Source // the first result that is not usable
}

// maxAttempts bounds how many fields outside of a header are read until one is
// usable.
const maxAttempts = 500

// readPaste returns the first usable Source of lines, or else false and the first
// incomplete one. Without withURL, the URL and the words of a refusal count only in a
// bounce.
func readPaste(t pastedLines, now time.Time, withURL bool) (Source, bool) {
	p := &paste{parser: NewParser(now), now: now, lines: t.lines}
	for p.first < len(p.lines) && len(bytes.TrimSpace(p.lines[p.first])) == 0 {
		p.first++
	}
	s, ok := p.source(withURL)
	if !ok {
		s = p.incomplete
	}
	if s.Form != 0 {
		s.Client = s.Client.Unmap()
		s.Line = t.numbers[s.Line-1] + 1
	}
	return s, ok
}

func (p *paste) source(withURL bool) (Source, bool) {
	if s, ok := p.request(p.first); ok {
		return s, true
	}
	if s, ok := p.header(p.first); ok || p.isMessage {
		return s, ok
	}
	if p.isBounce || p.mentionsBounce() {
		for _, read := range [...]func() (Source, bool){p.url, p.refusalText} {
			if s, ok := read(); ok {
				return s, true
			}
		}
		if p.isBounce {
			return Source{}, false
		}
	}
	for _, read := range [...]func() (Source, bool){p.log, p.wrappedLog, p.field, p.bareLine, p.bareValue} {
		if s, ok := read(); ok || p.isMessage {
			return s, ok
		}
	}
	if withURL {
		for _, read := range [...]func() (Source, bool){p.url, p.refusalText} {
			if s, ok := read(); ok {
				return s, true
			}
		}
	}
	return p.looseRequest()
}

// lacking records a Source that is not usable, if it is the first one.
func (p *paste) lacking(s *Source) {
	if p.incomplete.Form == 0 {
		p.incomplete = *s
		p.incomplete.InMessage = p.isMessage
	}
}

// usable reports whether a Source is enough to repeat the check.
func (s *Source) usable() bool {
	return s.Known&HasClient != 0 && s.Known&(HasHELO|HasSender) != 0 && (s.HELO != "" || s.Sender != "")
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
