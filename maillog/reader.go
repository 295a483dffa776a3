package maillog

import (
	"hash/maphash"
	"io"
	"time"
)

// maxOpen bounds the processes whose last message is kept. Postfix runs a policy
// server for each smtpd process, 100 by default, so this serves a log of some
// twenty hosts. The process whose last line is oldest makes room.
const maxOpen = 2048

// maxStored bounds the memory for the texts of these messages, in bytes. Usual ones take
// half of it; a sender may choose names of 2 kB.
const maxStored = 2 << 20

// Message is the information in the log lines of one message. Its slices are valid
// only during the call of OnMessage.
type Message struct {
	Time    time.Time // of the first line
	Line    int64     // number of the first line among those that were read, counted from 1
	Host    []byte
	PID     uint32
	QueueID []byte // empty if the log does not have it
	Program Program

	Envelope
	Verdict
	Shadow Shadow

	HasShadow bool // the log says what the shadow configuration would do
	Ambiguous bool // who sends to whom is uncertain: a sender may have written parts of the lines
	Answers   int  // number of replies: one for each recipient that the log shows
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
// process logs checks at all or if it is postfix-policyd-spf-perl, at once. The message
// is complete when the next line of the process shows that no more belongs to it.
type Reader struct {
	OnMessage func(*Message) // each message that a policy server answered, once it is complete

	// OnAnswer is called with each message that has an action, as soon as the
	// line of the action is read: before the lines in which Postfix goes on with
	// the message. OnMessage is called with the same message later, and also with
	// messages whose Action is NoAction.
	OnAnswer func(*Message)

	OnRecord func(*Record) // each line of Postfix or a DMARC filter that says something
	Stats    Stats

	parser  *Parser
	scanner *Scanner

	seed      maphash.Seed
	index     map[processKey]int32 // in processes
	processes []process            // a ring by age: processes[0] links the latest and the oldest
	stored    int                  // bytes of their texts
}

// processKey names a process of a host. A hash stands for the host's name.
type processKey struct {
	host uint64
	pid  uint32
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
// complete continue in the next log; see Flush.
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

// Flush emits the messages that are not complete. Call it after the last log.
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
		} else {
			p.msg.setResult(rec.Identity, rec.Result)
		}
	case Acted:
		switch {
		case p.open && !p.done && (isRefusal(rec) || rec.Ambiguous || p.msg.Ambiguous || agree(&p.msg.Envelope, &rec.Envelope)):
			p.act(rec)
			r.answered(p)
		case p.open && p.done && p.repeats(rec, t):
			p.msg.Answers += rec.Repeated
		default:
			messages := 1
			if !p.checks && rec.Action == Prepend { // a message has one header
				messages, rec.Repeated = rec.Repeated, 1
			}
			for range messages {
				r.begin(p, rec, t)
				p.act(rec)
				r.answered(p)
			}
		}
		p.answered = t
	case Shadowed:
		if !p.open || p.msg.HasShadow {
			r.begin(p, rec, t)
			p.done = true
		}
		p.shadow(rec)
	}
	r.makeRoom(p)
}

// makeRoom emits the messages of the oldest processes while the texts of all take too
// much memory. Call it when those of p have changed.
func (r *Reader) makeRoom(p *process) {
	r.stored += cap(p.storage) - p.stored
	p.stored = cap(p.storage)
	for r.stored > maxStored {
		i := r.processes[0].newer
		old := &r.processes[i]
		if old == p {
			return
		}
		r.emit(old)
		r.stored -= old.stored
		old.stored, old.storage, old.msg, old.claim = 0, nil, Message{}, Envelope{}
		r.unlink(i)
		r.linkLatest(i) // it is empty; the next oldest may have more
	}
}

// answered calls OnAnswer when the message of a process has its action.
func (r *Reader) answered(p *process) {
	if r.OnAnswer != nil {
		r.OnAnswer(&p.msg)
	}
}

// emit calls OnMessage with the message of a process, if there is one.
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

// process returns the state of a process, and makes it the latest one.
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
		*p = process{key: key, storage: p.storage[:0], stored: p.stored}
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
