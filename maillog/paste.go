package maillog

import (
	"bytes"
	"errors"
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
)

// String returns the name of the form for people.
func (f Form) String() string {
	return [...]string{"", "policy request", "Received-SPF field", "Authentication-Results field",
		"log line of a policy server", "log line of Postfix", "bounce", "URL of a refusal"}[f]
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
	Time     time.Time // zero if the text does not have it
}

// ErrNothingUsable is returned by Paste for a text that does not name a client
// and a HELO name or sender in a form that it knows.
var ErrNothingUsable = errors.New("nothing usable found: expected a policy request, a Received-SPF or Authentication-Results field, " +
	"a log line of a policy server or of Postfix, a bounce, or the URL of a refusal")

// Paste returns the first usable Source of a text: of a request, of a log, of
// header fields, of a bounce or of the URL of a refusal. Of a whole message it
// takes the topmost field, and nothing from the body unless the message is a
// bounce. Time stamps without a year are read as of now.
func Paste(text []byte, now time.Time) (Source, error) {
	text = text[:min(len(text), maxPaste)]
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	p := &paste{parser: NewParser(now), now: now}
	for line := range bytes.Lines(text) {
		p.lines = append(p.lines, bytes.TrimRight(line, "\r\n"))
	}
	for p.first < len(p.lines) && len(bytes.TrimSpace(p.lines[p.first])) == 0 {
		p.first++
	}
	for _, read := range [...]func() (Source, bool){p.request, p.header} {
		if s, ok := read(); ok {
			return s, nil
		}
	}
	if p.isMessage {
		return Source{}, ErrNothingUsable
	}
	if p.isBounce {
		if s, ok := p.url(); ok {
			return s, nil
		}
		return Source{}, ErrNothingUsable
	}
	for _, read := range [...]func() (Source, bool){p.log, p.looseField, p.bareLine, p.url} {
		if s, ok := read(); ok {
			return s, nil
		}
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
}

// usable reports whether a Source is enough to repeat the check.
func (s *Source) usable() bool {
	return s.Known&HasClient != 0 && s.Known&(HasHELO|HasSender) != 0 && (s.HELO != "" || s.Sender != "")
}

// source returns what an Envelope and a Verdict say.
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
		{"SPF fail - not authorized", Fail},
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

// request reads a policy request: "name=value" lines up to an empty one.
func (p *paste) request() (Source, bool) {
	var e Envelope
	for _, line := range p.lines[p.first:] {
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			break
		}
		name, value, ok := cut(line, "=")
		if !ok || !isAttributeName(name) {
			return Source{}, false
		}
		switch string(name) {
		case "client_address":
			if e.Client, ok = parseAddr(value); ok {
				e.Known |= HasClient
			}
		case "helo_name":
			e.HELO, e.Known = value, e.Known|HasHELO
		case "sender":
			e.Sender, e.Known = value, e.Known|HasSender
		case "recipient":
			e.Recipient, e.Known = value, e.Known|HasRecipient
		}
	}
	s := source(Request, p.first, &e, &Verdict{})
	return s, s.usable()
}

// isAttributeName reports whether name could be that of an attribute of the
// policy protocol.
func isAttributeName(name []byte) bool {
	for _, c := range name {
		if c != '_' && (c < 'a' || c > 'z') && !isDigit(c) {
			return false
		}
	}
	return len(name) > 0
}

// log reads log lines: those of the first message of a policy server, or a
// refusal by Postfix.
func (p *paste) log() (Source, bool) {
	for i, line := range p.lines {
		rec := p.parser.Parse(line)
		switch rec.Kind {
		case Checked, Acted:
			if rec.Ambiguous && rec.Kind == Acted {
				continue
			}
			if s, ok := p.message(i); ok {
				return s, true
			}
		case Refused:
			s := p.refused(rec, i)
			if s.Time, _ = p.parser.Time(rec.Stamp); s.usable() {
				return s, true
			}
		}
	}
	return Source{}, false
}

// message reads the message whose first line is the one at i.
func (p *paste) message(i int) (s Source, ok bool) {
	r := NewReader(p.now)
	r.OnMessage = func(m *Message) {
		if s.Form == 0 {
			s = source(ServerLog, i, &m.Envelope, &m.Verdict)
			s.Time = m.Time
		}
	}
	first := p.parser.Parse(p.lines[i])
	host, pid := bytes.Clone(first.Host), first.PID
	const maxLines = 1000 // between the first and the last line of a message
	for _, line := range p.lines[i:min(i+maxLines, len(p.lines))] {
		if rec := p.parser.Parse(line); rec.PID == pid && bytes.Equal(rec.Host, host) {
			r.Line(line)
		}
	}
	r.Flush()
	return s, s.usable()
}

// refused returns what a refusal by Postfix says.
func (p *paste) refused(rec *Record, i int) Source {
	e, v := rec.Envelope, rec.Verdict
	reason := v.Reason
	if _, text, ok := cut(reason, " address rejected: "); ok {
		reason = text
	}
	v.Reason = reason
	s := source(PostfixReject, i, &e, &v)
	if u, ok := readURL(reason); ok {
		s.Identity = u.Identity
	}
	return s
}

// bareLine reads the text of a log line without what syslogd wrote before it.
func (p *paste) bareLine() (Source, bool) {
	for i, line := range p.lines {
		text := bytes.TrimSpace(line)
		if _, after, ok := cut(text, "policyd-spf["); ok { // a log line that begins in another form
			if _, after, ok = cut(after, "]: "); ok {
				text = after
			}
		}
		if j := index(text, "NOQUEUE: reject: "); j >= 0 {
			rec := p.parser.Parse(append([]byte("Jan  1 00:00:00 x postfix/smtpd[1]: "), text[j:]...))
			if s := p.refused(rec, i); rec.Kind == Refused && s.usable() {
				return s, true
			}
			continue
		}
		if len(text) == 0 {
			continue
		}
		rec := p.parser.Parse(append([]byte("Jan  1 00:00:00 x policyd-spf[1]: "), text...))
		if (rec.Kind != Checked && rec.Kind != Acted) || isRefusal(rec) { // a refusal is read by url
			continue
		}
		if s := source(ServerLog, i, &rec.Envelope, &rec.Verdict); s.usable() {
			return s, true
		}
	}
	return Source{}, false
}
