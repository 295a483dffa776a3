package report

import (
	"hash/maphash"
	"time"
)

// queued is a queue id.
type queued struct {
	seq       uint64
	older     uint64
	key       uint64 // hash of the queue id
	host      *hostState
	clientKey uint64
	before    uint64 // the last message before the queue id was assigned
	message   uint64 // that it belongs to; 0 if it is not joined
	at        int64  // nanoseconds
	name      []byte
	signedBy  uint64 // hash of the organizational domain of a valid DKIM signature
	dmarc     dmarcClass
}

// queueID returns a queue id of a host, nil if it is unknown or was replaced.
func (j *joiner) queueID(h *hostState, id []byte) *queued {
	return j.findID(id, func(q *queued) bool { return q.host == h })
}

// onlyQueueID returns the queue id of that name if only one host has it: a DMARC filter
// may run on another host than Postfix.
func (j *joiner) onlyQueueID(id []byte) *queued {
	first := j.findID(id, func(*queued) bool { return true })
	if first == nil || j.findID(id, func(q *queued) bool { return q.host != first.host }) != nil {
		return nil
	}
	return first
}

// findID returns the latest queue id of a name that ok accepts.
func (j *joiner) findID(id []byte, ok func(*queued) bool) *queued {
	key := maphash.Bytes(j.seed, id)
	seq := j.idHeads[key&(2*j.size-1)]
	for range maxSearch {
		q := &j.queue[seq&(j.size-1)]
		if seq == 0 || q.seq != seq {
			return nil
		}
		if q.key == key && ok(q) {
			return q
		}
		seq = q.older
	}
	return nil
}

// hashFold returns the hash of b in lower case.
func (j *joiner) hashFold(b []byte) uint64 {
	var buf [128]byte
	return maphash.Bytes(j.seed, appendLower(buf[:0], b))
}

// addQueueID adds a queue id of a host. It replaces the oldest one.
func (j *joiner) addQueueID(h *hostState, id []byte) *queued {
	q := &j.queue[j.nextID&(j.size-1)]
	name := q.name[:0]
	*q = queued{seq: j.nextID, key: maphash.Bytes(j.seed, id), host: h, name: name}
	j.nextID++
	head := &j.idHeads[q.key&(2*j.size-1)]
	q.older, *head = *head, q.seq
	return q
}

// join assigns a queue id to a message.
func (j *joiner) join(q *queued, p *pending) {
	q.message, p.joined = p.seq, true
	if len(q.name) > 0 {
		p.name = append(p.name[:0], q.name...)
	}
	if q.dmarc != dmarcUnknown {
		p.dmarc = q.dmarc
	}
	j.checkSignature(q, p)
}

// joinBySender joins a queue id with the message of its client and sender. The policy
// server may have logged the message after smtpd logged the queue id, since it replies
// first. A sender that cleanup has rewritten does not match, but if the client has only
// one candidate message, it is that one.
func (j *joiner) joinBySender(q *queued, sender []byte) {
	if q.message != 0 || q.clientKey == 0 {
		return
	}
	inSession := func(p *pending) bool {
		age := time.Duration(q.at - p.at)
		return !p.joined && age < sessionTime && age > -time.Minute
	}
	hasSender := func(p *pending) bool { return !p.joined && equalFold(p.sender(), sender) }
	p := j.find(q.clientKey, q.before, func(p *pending) bool { return inSession(p) && hasSender(p) })
	if p == nil {
		if p = j.find(q.clientKey, j.next-1, hasSender); p != nil && p.seq <= q.before {
			p = nil
		}
	}
	if p == nil {
		p = j.find(q.clientKey, q.before, inSession)
		if p == nil || j.find(q.clientKey, p.seq-1, inSession) != nil {
			return
		}
	}
	j.join(q, p)
}
