package report

import (
	"bytes"
	"hash/maphash"
	"time"

	"policyd-spf/maillog"
)

const (
	// maxPending is how many messages, and how many queue ids, are held for lines
	// that may still come: at 100 messages a second those of the last 160 s, and
	// on most servers those of a day.
	maxPending = 1 << 14

	// maxHeld bounds the memory for the texts of these messages, in bytes. Those of
	// usual length take two thirds of it; a sender may choose names of 2 kB.
	maxHeld = 8 << 20

	// maxSearch bounds the search among messages of one client.
	maxSearch = 64

	// sessionTime is how long after the policy server's line a queue id may be
	// assigned: other policy servers and lookup tables may be slow.
	sessionTime = 10 * time.Minute

	// maxMessageRecipients bounds the distinct recipients of a message.
	maxMessageRecipients = 8
)

// dmarcClass is the DMARC result of a message.
type dmarcClass uint8

const (
	dmarcUnknown dmarcClass = iota
	dmarcPass
	dmarcFail
	dmarcNone
	dmarcSigned      // unknown, but DKIM passed for the sender's domain
	dmarcClasses int = iota
)

// noMail is whether the record of the sender's domain is "v=spf1 -all".
type noMail uint8

const (
	noMailUnknown noMail = iota
	noMailFalse
)

// joiner adds to messages what Postfix and DMARC filters log about them. The policy
// server answers before there is a queue id, so its lines are joined to a queue id
// by host, client and sender: smtpd logs the client of a queue id, qmgr its sender.
type joiner struct {
	done func(*pending) // called with each message, in the order of the log

	seed     maphash.Seed
	size     uint64    // of the rings
	messages []pending // a ring by seq
	next     uint64    // seq of the next message
	oldest   uint64    // no message before it is held
	held     int       // bytes of the texts of messages
	heads    []uint64  // by hash of key: the latest message
	queue    []queued  // a ring by seq
	nextID   uint64
	idHeads  []uint64

	now      int64 // time of the latest message; parsing that of other lines is not worth the time
	knownIDs bool  // the policy server logs queue ids

	hostName  []byte
	host      *hostState
	hostTable map[uint64]*hostState
}

// newJoiner returns a joiner that holds size messages, a power of two.
func newJoiner(done func(*pending), size int) *joiner {
	return &joiner{
		done: done, seed: maphash.MakeSeed(), next: 1, oldest: 1, nextID: 1, size: uint64(size),
		messages: make([]pending, size), heads: make([]uint64, 2*size),
		queue: make([]queued, size), idHeads: make([]uint64, 2*size),
		hostTable: make(map[uint64]*hostState),
	}
}

// add holds a message.
func (j *joiner) add(m *maillog.Message) {
	p := &j.messages[j.next&(j.size-1)]
	if p.seq != 0 {
		j.done(p)
	}
	text, recipient, name := p.text[:0], p.recipient[:0], p.name[:0]
	*p = pending{
		seq: j.next, at: m.Time.UnixNano(), client: m.Client, known: m.Known, helo: m.HELOResult, mfrom: m.MailFromResult,
		action: m.Action, exempt: m.Exempt != "", name: name, held: p.held,
	}
	j.next++
	j.now = p.at
	p.text = append(text, m.HELO...)
	p.heloEnd = len(p.text)
	p.text = append(p.text, m.Sender...)
	p.senderEnd = len(p.text)
	if isError(p.mfrom) || isError(p.helo) {
		p.text = append(p.text, m.Reason...)
	}
	p.host = j.hostOf(m.Host)
	p.key = p.host.hash
	if m.Client.IsValid() {
		p.key = hashAddr(p.key, m.Client)
	}
	head := &j.heads[p.key&(2*j.size-1)]
	p.older, *head = *head, p.seq
	p.recipient = recipient
	// spf-engine logs only the recipient's domain, which is no recipient.
	if m.Known&maillog.HasRecipient != 0 && bytes.IndexByte(m.Recipient, '@') > 0 {
		j.addRecipient(p, m.Recipient)
		p.rcptTo = p.nRecipients > 0
	}
	if m.Identity == maillog.MailFrom && len(m.Term) > 0 && string(m.Term) != "-all" {
		p.noMail = noMailFalse
	}
	p.inferMailFrom(m)
	if len(m.QueueID) > 0 {
		j.knownIDs = true
		q := j.queueID(p.host, m.QueueID)
		if q == nil {
			q = j.addQueueID(p.host, m.QueueID)
		}
		j.join(q, p)
	}
	j.makeRoom(p)
}

// makeRoom completes the oldest messages while the texts of all take too much memory.
// Call it when those of p have changed.
func (j *joiner) makeRoom(p *pending) {
	held := cap(p.text) + cap(p.recipient) + cap(p.name)
	j.held += held - p.held
	p.held = held
	for ; j.held > maxHeld && j.oldest < j.next; j.oldest++ {
		p := &j.messages[j.oldest&(j.size-1)]
		if p.seq != j.oldest {
			continue
		}
		j.done(p)
		j.held -= p.held
		*p = pending{}
	}
}

// addRecipient adds a recipient, unless the message has it already.
func (j *joiner) addRecipient(p *pending, recipient []byte) {
	if len(recipient) == 0 {
		return
	}
	h := nameHash(recipient)
	for _, r := range p.recipients[:p.nRecipients] {
		if r == h {
			return
		}
	}
	if p.nRecipients == len(p.recipients) {
		return
	}
	if p.nRecipients == 0 {
		p.recipient = append(p.recipient[:0], recipient...)
	}
	p.recipients[p.nRecipients] = h
	p.nRecipients++
}

// flush passes all held messages to done.
func (j *joiner) flush() {
	for seq := max(j.next, j.size+1) - j.size; seq < j.next; seq++ {
		if p := &j.messages[seq&(j.size-1)]; p.seq == seq {
			j.done(p)
			p.seq = 0
		}
	}
}

func (j *joiner) message(seq uint64) *pending {
	if p := &j.messages[seq&(j.size-1)]; seq != 0 && p.seq == seq {
		return p
	}
	return nil
}

// record adds the information in a line of Postfix or a DMARC filter.
func (j *joiner) record(r *maillog.Record) {
	if r.Kind == maillog.MessageID {
		return
	}
	h := j.hostOf(r.Host)
	switch r.Kind {
	case maillog.Client:
		if r.Known&maillog.HasClient != 0 {
			j.addClient(h, r)
		}
		return
	case maillog.Refused:
		j.refused(h, r)
		return
	}
	q := j.queueID(h, r.QueueID)
	if q == nil && (r.Kind == maillog.DMARC || r.Kind == maillog.DKIM) {
		q = j.onlyQueueID(r.QueueID)
	}
	if q == nil {
		return
	}
	p := j.message(q.message)
	switch r.Kind {
	case maillog.Queued:
		j.joinBySender(q, r.Sender)
	case maillog.DMARC:
		q.addDMARC(p, r.Result)
	case maillog.DKIM:
		if r.Result == maillog.Pass && len(r.Domain) > 0 {
			q.signedBy = j.hashFold(orgDomain(r.Domain))
			j.checkSignature(q, p)
		}
	case maillog.Delivered:
		if p != nil {
			j.delivered(p, r)
		}
	}
}

// addClient adds the client of a queue id.
func (j *joiner) addClient(h *hostState, r *maillog.Record) {
	var q *queued
	if j.knownIDs { // the policy server may have had the id before
		q = j.queueID(h, r.QueueID)
	}
	if q == nil || j.message(q.message) == nil {
		q = j.addQueueID(h, r.QueueID)
	}
	q.clientKey, q.before, q.at = hashAddr(h.hash, r.Client), j.next-1, j.now
	q.name = append(q.name[:0], r.ClientName...)
	if p := j.message(q.message); p != nil {
		p.name = append(p.name[:0], r.ClientName...)
	}
}

// addDMARC adds the DMARC result of a queue id, and of its message unless p is nil. A
// pass of one filter counts, whatever another one says.
func (q *queued) addDMARC(p *pending, result maillog.Result) {
	if q.dmarc == dmarcPass {
		return
	}
	switch result {
	case maillog.Pass:
		q.dmarc = dmarcPass
	case maillog.Fail:
		q.dmarc = dmarcFail
	case maillog.None, maillog.Permerror: // RFC 7489, 6.6.3: a broken policy counts as no policy
		q.dmarc = dmarcNone
	}
	if p != nil && q.dmarc != dmarcUnknown {
		p.dmarc = q.dmarc
	}
}

// checkSignature records whether the signature of a queue id is one of the domain of the
// message's sender.
func (j *joiner) checkSignature(q *queued, p *pending) {
	if p != nil && q.signedBy != 0 && q.signedBy == j.hashFold(orgDomain(p.domain())) {
		p.signed = true
	}
}

// delivered adds a recipient of a message.
func (j *joiner) delivered(p *pending, r *maillog.Record) {
	n := p.nRecipients
	j.addRecipient(p, r.Recipient)
	if p.nRecipients > n && string(r.Status) == "bounced" && isUnknownMailbox(r.Reason) {
		p.unknown++
	}
	j.makeRoom(p)
}

// refused adds a refusal by Postfix: of a recipient, or by a milter of a message.
func (j *joiner) refused(h *hostState, r *maillog.Record) {
	if r.Known&maillog.HasClient == 0 || r.Known&maillog.HasSender == 0 {
		return
	}
	var p *pending
	if q := j.queueID(h, r.QueueID); len(r.QueueID) > 0 && q != nil {
		j.joinBySender(q, r.Sender)
		p = j.message(q.message)
	} else {
		p = j.find(hashAddr(h.hash, r.Client), j.next-1, func(p *pending) bool {
			return equalFold(p.sender(), r.Sender) || p.known&maillog.HasSender == 0 && isRefusal(p.action)
		})
	}
	if p == nil {
		return
	}
	p.addNames(r)
	if len(p.name) == 0 {
		p.name = append(p.name, r.ClientName...)
	}
	j.addRecipient(p, r.Recipient)
	p.rcptTo = p.rcptTo || p.nRecipients == 1
	if r.Action == maillog.Reject && (isUnknownMailbox(r.Code) || isUnknownMailbox(r.Reason)) {
		p.unknown++
	}
	if bytes.Contains(r.Reason, []byte("blocked using ")) { // reject_rbl_client
		p.blocklisted = true
	}
	j.makeRoom(p)
}

// isUnknownMailbox reports whether the text of a refusal or bounce says that there
// is no such mailbox (RFC 3463, 3.2: X.1.1).
func isUnknownMailbox(text []byte) bool {
	for _, sign := range [...]string{"5.1.1", "User unknown", "user unknown", "unknown user"} {
		if bytes.Contains(text, []byte(sign)) {
			return true
		}
	}
	return false
}

// find returns the latest message of a host and client, none after the one with
// the sequence number before, that ok accepts.
func (j *joiner) find(key, before uint64, ok func(*pending) bool) *pending {
	seq := j.heads[key&(2*j.size-1)]
	for range maxSearch {
		p := j.message(seq)
		if p == nil {
			return nil
		}
		if p.key == key && p.seq <= before && ok(p) {
			return p
		}
		seq = p.older
	}
	return nil
}
