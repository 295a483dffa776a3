package maillog

import (
	"bytes"
	"hash/maphash"
	"io"
	"time"
)

// maxOpen bounds the processes whose last message is kept. Postfix runs a policy
// server for each smtpd process, 100 by default, so this serves a log of some
// twenty hosts. The process whose last line is oldest makes room.
const maxOpen = 2048

// Message is what the lines of one message say. Its slices are valid during the
// call that it is passed to.
type Message struct {
	Time    time.Time // of the first line
	Host    []byte
	PID     uint32
	QueueID []byte // empty if the log does not have it
	Program Program

	Envelope
	Verdict
	Shadow Shadow

	HasShadow bool // the log says what the shadow configuration would do
	Ambiguous bool // who sends to whom cannot be told from what they wrote
	Answers   int  // how often Postfix was told, once for each recipient that the log shows
}

// Stats counts what a Reader has read.
type Stats struct {
	Lines      int64
	Bytes      int64
	Ours       int64 // lines of policy servers
	Unreadable int64
	First      time.Time // of the lines of policy servers
	Last       time.Time
}

// Reader reads logs and assembles messages. It is not safe for concurrent use.
//
// One message is the run of lines of one process for the same client, HELO name
// and sender, up to the line of its action. The same action of that process
// again, without a check before it, is the answer to another recipient, if the
// process logs checks at all. The message is complete when the next line of the
// process shows that no more belongs to it.
type Reader struct {
	OnMessage func(*Message) // each message that a policy server answered
	OnRecord  func(*Record)  // each line of Postfix or a DMARC filter that says something
	Stats     Stats

	parser  *Parser
	scanner *Scanner

	seed      maphash.Seed
	index     map[processKey]int32 // in processes
	processes []process            // a ring by age: processes[0] links the latest and the oldest
}

// processKey names a process of a host. A hash stands for the host's name.
type processKey struct {
	host uint64
	pid  uint32
}

// process is what is kept of a process.
type process struct {
	key          processKey
	older, newer int32

	open    bool // msg has not been passed on
	done    bool // msg has its action
	checks  bool // the process logs checks before actions
	msg     Message
	claim   Envelope // that the line of the action claims
	storage []byte   // what the slices of msg are parts of
}

// NewReader returns a Reader, see NewParser about now.
func NewReader(now time.Time) *Reader {
	r := &Reader{
		parser:    NewParser(now),
		seed:      maphash.MakeSeed(),
		index:     make(map[processKey]int32),
		processes: make([]process, 1, 64),
	}
	return r
}

// Read reads a log to its end. It returns the error of in. Messages that are not
// complete go on in the next log; see Flush.
func (r *Reader) Read(in io.Reader) error {
	if r.scanner == nil {
		r.scanner = NewScanner(in)
	} else {
		r.scanner.Reset(in)
	}
	before := r.Stats.Bytes
	for r.scanner.Scan() {
		r.Line(r.scanner.Bytes())
		r.Stats.Bytes = before + r.scanner.Size()
	}
	return r.scanner.Err()
}

// Line reads a line without its line ending. It does not count its bytes.
func (r *Reader) Line(line []byte) {
	r.Stats.Lines++
	rec := r.parser.Parse(line)
	if rec.Kind == Foreign {
		return
	}
	if rec.Kind == Unreadable {
		if len(line) > 0 {
			r.Stats.Unreadable++
		}
		if rec.Program == PolicydSPF || rec.Program == PolicySPF {
			r.Stats.Ours++
		}
		return
	}
	if rec.Program != PolicydSPF && rec.Program != PolicySPF {
		if rec.Kind != Other && r.OnRecord != nil {
			r.OnRecord(rec)
		}
		return
	}
	r.Stats.Ours++
	t, _ := r.parser.Time(rec.Stamp)
	if r.Stats.First.IsZero() || t.Before(r.Stats.First) {
		r.Stats.First = t
	}
	if t.After(r.Stats.Last) {
		r.Stats.Last = t
	}
	if rec.Kind != Other {
		r.assemble(rec, t)
	}
}

// Time returns the time of a Record's Stamp.
func (r *Reader) Time(stamp []byte) time.Time {
	t, _ := r.parser.Time(stamp)
	return t
}

// Flush passes on the messages that are not complete. It is called after the
// last log.
func (r *Reader) Flush() {
	for i := r.processes[0].newer; i != 0; i = r.processes[i].newer { // from the oldest
		r.emit(&r.processes[i])
	}
}

// assemble adds a line of a policy server to its message.
func (r *Reader) assemble(rec *Record, t time.Time) {
	p := r.process(processKey{maphash.Bytes(r.seed, rec.Host), rec.PID})
	switch rec.Kind {
	case Checked:
		p.checks = true
		if !p.open || p.done || !p.continues(rec) {
			r.begin(p, rec, t)
			return
		}
		p.msg.setResult(rec.Identity, rec.Result)
	case Acted:
		switch {
		case p.open && !p.done && (isRefusal(rec) || rec.Ambiguous || p.msg.Ambiguous || agree(&p.msg.Envelope, &rec.Envelope)):
			p.act(rec)
		case p.open && p.done && p.checks && p.repeats(rec):
			p.msg.Answers += rec.Repeated
		default:
			r.begin(p, rec, t)
			p.act(rec)
		}
	case Shadowed:
		if !p.open || p.msg.HasShadow {
			r.begin(p, rec, t)
			p.done = true
		}
		p.shadow(rec)
	}
}

// continues reports whether the check of rec belongs to the open message: HELO
// comes first, and each identity is checked once.
func (p *process) continues(rec *Record) bool {
	if rec.Identity == HELO || p.msg.MailFromResult != NoResult {
		return false
	}
	return rec.Ambiguous && p.msg.Ambiguous || agree(&p.msg.Envelope, &rec.Envelope)
}

// agree reports whether what both know about client, HELO name and sender is the
// same.
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

// repeats reports whether rec tells Postfix about another recipient what it was
// told about the last one. The code may differ: an error's is 5.7.24 only once.
func (p *process) repeats(rec *Record) bool {
	if rec.Action != p.msg.Action || !isRefusal(rec) && rec.Action != Restrict {
		return false
	}
	return agree(&p.claim, &rec.Envelope) && bytes.Equal(rec.Reason, p.msg.Reason)
}

// begin passes on the message of a process and begins the one of rec.
func (r *Reader) begin(p *process, rec *Record, t time.Time) {
	r.emit(p)
	p.open, p.done = true, false
	p.storage = p.storage[:0]
	m := &p.msg
	*m = Message{Time: t, PID: rec.PID, Program: rec.Program, Envelope: rec.Envelope, Verdict: rec.Verdict, Ambiguous: rec.Ambiguous}
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
	} else if !rec.Ambiguous && m.Ambiguous { // the checks did not tell
		m.Ambiguous = false
		m.Envelope = rec.Envelope
		m.HELO, m.Sender, m.Recipient = p.claim.HELO, p.claim.Sender, p.store(rec.Recipient)
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

// store copies b to where it stays until the message is passed on.
func (p *process) store(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	n := len(p.storage)
	p.storage = append(p.storage, b...) // slices of a former array stay valid
	return p.storage[n:len(p.storage):len(p.storage)]
}

// emit passes on the message of a process, if there is one.
func (r *Reader) emit(p *process) {
	if !p.open {
		return
	}
	p.open = false
	if r.OnMessage != nil {
		r.OnMessage(&p.msg)
	}
	if cap(p.storage) > maxValue { // a rare one: maxOpen of them would be too much
		p.storage = nil
	}
}

// process returns what is kept of a process, and makes it the latest one.
func (r *Reader) process(key processKey) *process {
	i, ok := r.index[key]
	switch {
	case ok:
		r.unlink(i)
	case len(r.processes) <= maxOpen:
		i = int32(len(r.processes))
		r.processes = append(r.processes, process{key: key})
		r.index[key] = i
	default:
		i = r.processes[0].newer // the oldest
		p := &r.processes[i]
		r.emit(p)
		delete(r.index, p.key)
		r.unlink(i)
		*p = process{key: key, storage: p.storage[:0]}
		r.index[key] = i
	}
	r.linkLatest(i)
	return &r.processes[i]
}

// unlink takes a process out of the ring.
func (r *Reader) unlink(i int32) {
	p := &r.processes[i]
	r.processes[p.older].newer = p.newer
	r.processes[p.newer].older = p.older
}

// linkLatest puts a process into the ring as the latest one.
func (r *Reader) linkLatest(i int32) {
	ring := r.processes
	latest := ring[0].older
	ring[i].older, ring[i].newer = latest, 0
	ring[latest].newer = i
	ring[0].older = i
}
