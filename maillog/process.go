package maillog

import (
	"bytes"
	"slices"
	"time"
)

// process is the state of a logged process.
type process struct {
	key          processKey
	older, newer int32

	open   bool // msg has not been passed on
	done   bool // msg has its action
	checks bool // the process logs checks before actions

	answered time.Time // of the latest action

	msg     Message
	claim   Envelope // that the line of the action claims
	storage []byte   // what the slices of msg are parts of
	stored  int      // its size, as counted in Reader.stored
}

// continues reports whether the check of rec belongs to the open message: HELO
// comes first, and each identity is checked once.
func (p *process) continues(rec *Record) bool {
	if rec.Identity == HELO || p.msg.MailFromResult != NoResult {
		return false
	}
	return rec.Ambiguous && p.msg.Ambiguous || agree(&p.msg.Envelope, &rec.Envelope)
}

// agree reports whether the client, HELO name and sender are the same, as far as both
// envelopes have them.
func agree(a, b *Envelope) bool {
	switch both := a.Known & b.Known; {
	case both&HasClient != 0 && a.Client != b.Client,
		both&HasHELO != 0 && !bytes.Equal(a.HELO, b.HELO),
		both&HasSender != 0 && !bytes.Equal(a.Sender, b.Sender):
		return false
	}
	return true
}

// isRefusal reports whether rec is a refusal. The text of one may be the
// explanation of a domain (exp=) and claim anything, so next to the checks of a
// message it counts only as its action.
func isRefusal(rec *Record) bool { return rec.Action == Reject || rec.Action == Defer }

// refusedResult returns the result that a refusal without checks implies, unless a
// domain can forge it. Only fail has a domain's explanation (RFC 7208, 6.2), so that
// the default explanation can only mean fail.
func refusedResult(rec *Record) Result {
	switch {
	case rec.Action == Defer: // TempError_Defer is the only option that defers
		return Temperror
	case rec.Action != Reject:
		return NoResult
	case rec.Program == PolicySPF: // it rejects nothing else
		return Fail
	case string(rec.Reason) == failReason:
		return Fail
	}
	return NoResult
}

// recipientsTime is how soon after a refusal by postfix-policyd-spf-perl the same one is
// for another recipient of the message. Clients send all recipients at once, and rarely
// the next message of the same sender.
const recipientsTime = time.Second

// repeats reports whether rec is the same answer as the last one, for another
// recipient. The code may differ: an error's is 5.7.24 only once.
func (p *process) repeats(rec *Record, t time.Time) bool {
	if rec.Program == PolicySPF { // it logs no checks, and has nothing to say once the message has its header
		return rec.Action == Dunno || t.Sub(p.answered) <= recipientsTime && p.refusesAgain(rec)
	}
	return p.checks && (p.refusesAgain(rec) || rec.Action == Restrict && p.sameAnswer(rec))
}

// refusesAgain reports whether rec is the same refusal as the last answer.
func (p *process) refusesAgain(rec *Record) bool { return isRefusal(rec) && p.sameAnswer(rec) }

func (p *process) sameAnswer(rec *Record) bool {
	return rec.Action == p.msg.Action && agree(&p.claim, &rec.Envelope) && bytes.Equal(rec.Reason, p.msg.Reason)
}

// begin emits the message of a process and begins a new one with rec.
func (r *Reader) begin(p *process, rec *Record, t time.Time) {
	r.emit(p)
	p.open, p.done = true, false
	// The line of the action has most of it again. Growing later would keep former arrays.
	p.storage = slices.Grow(p.storage[:0], 2*(len(rec.HELO)+len(rec.Sender)+len(rec.Recipient)))
	m := &p.msg
	*m = Message{}
	m.Time, m.Line, m.PID, m.Program, m.Ambiguous = t, r.Stats.Lines, rec.PID, rec.Program, rec.Ambiguous
	m.Envelope, m.Verdict = rec.Envelope, rec.Verdict
	m.HELO, m.Sender, m.Recipient = p.store(rec.HELO), p.store(rec.Sender), p.store(rec.Recipient)
	m.Domain, m.Term = p.store(rec.Domain), p.store(rec.Term)
	m.Host, m.QueueID = p.store(rec.Host), p.store(rec.QueueID)
	m.Code, m.Reason, m.Identity = nil, nil, NoIdentity // those of an action, see act
}

// act adds an action to the message. What the log said of its checks stays.
func (p *process) act(rec *Record) {
	m := &p.msg
	p.done = true
	m.Action, m.Exempt, m.Identity = rec.Action, rec.Exempt, rec.Identity
	m.Answers = rec.Repeated
	p.claim = rec.Envelope
	p.claim.HELO, p.claim.Sender, p.claim.Recipient = p.store(rec.HELO), p.store(rec.Sender), nil
	if isRefusal(rec) && (m.HELOResult != NoResult || m.MailFromResult != NoResult) { // of the last check
		m.Identity = HELO
		if m.MailFromResult != NoResult {
			m.Identity = MailFrom
		}
	} else if !rec.Ambiguous && m.Ambiguous { // the checks were ambiguous
		m.Ambiguous = false
		m.Envelope = rec.Envelope
		m.HELO, m.Sender, m.Recipient = p.claim.HELO, p.claim.Sender, p.store(rec.Recipient)
	}
	if !rec.Ambiguous && m.HELOResult == NoResult && m.MailFromResult == NoResult {
		m.setResult(rec.Identity, refusedResult(rec))
	}
	if !isRefusal(rec) && m.Known&HasRecipient == 0 && rec.Known&HasRecipient != 0 {
		m.Recipient, m.Known = p.store(rec.Recipient), m.Known|HasRecipient
	}
	if len(m.QueueID) == 0 {
		m.QueueID = p.store(rec.QueueID)
	}
	m.Code, m.Reason = p.store(rec.Code), p.store(rec.Reason)
	if rec.HELOResult != NoResult {
		m.HELOResult = rec.HELOResult
	}
	if rec.MailFromResult != NoResult {
		m.MailFromResult = rec.MailFromResult
	}
	if rec.Shadow.Text != nil {
		p.shadow(rec)
	}
}

// shadow adds what a shadow configuration would do.
func (p *process) shadow(rec *Record) {
	s := rec.Shadow
	for _, field := range [...]*[]byte{&s.Code, &s.Text, &s.Option, &s.Value} {
		*field = p.store(*field)
	}
	p.msg.Shadow, p.msg.HasShadow = s, true
}

// store copies b to memory that stays valid until the message is emitted.
func (p *process) store(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	n := len(p.storage)
	p.storage = append(p.storage, b...) // slices of a former array stay valid
	return p.storage[n:len(p.storage):len(p.storage)]
}
