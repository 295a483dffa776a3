package report

import (
	"bytes"
	"hash/maphash"

	"policyd-spf/maillog"
)

// mailFromState is whether a host checks MAIL FROM.
type mailFromState uint8

const (
	stateUnknown mailFromState = iota
	checksMailFrom
	checksHELOOnly
)

// hostState is the state of a host that writes to the log.
type hostState struct {
	hash     uint64
	first    mailFromState
	mailFrom mailFromState
}

// maxHosts bounds the hosts with their own state; the others share one.
const maxHosts = 1024

// hostOf returns the state of a host. Lines of one host come in bursts.
func (j *joiner) hostOf(name []byte) *hostState {
	if j.host != nil && bytes.Equal(name, j.hostName) {
		return j.host
	}
	j.hostName = append(j.hostName[:0], name...)
	h := maphash.Bytes(j.seed, name)
	if j.host = j.hostTable[h]; j.host == nil {
		if len(j.hostTable) >= maxHosts {
			h = 0
		}
		if j.host = j.hostTable[h]; j.host == nil {
			j.host = &hostState{hash: h}
			j.hostTable[h] = j.host
		}
	}
	return j.host
}

// inferMailFrom records whether the host checks MAIL FROM. If HELO has a result other
// than none and MAIL FROM's is none, the server logs only HELO's. Only its other
// messages distinguish it from a server that does not check MAIL FROM.
func (p *pending) inferMailFrom(m *maillog.Message) {
	if m.Program != maillog.PolicydSPF || m.Known&maillog.HasSender == 0 || len(m.Sender) == 0 {
		return
	}
	h := p.host
	switch {
	case m.MailFromResult != maillog.NoResult:
		h.mailFrom = checksMailFrom
	case m.HELOResult == maillog.None && m.Action == maillog.Prepend:
		h.mailFrom = checksHELOOnly
	}
	if h.first == stateUnknown {
		h.first = h.mailFrom
	}
	p.inferM = h.mailFrom
}

// mailFromResult returns the result of MAIL FROM, even if the log does not show it
// because it is none.
func (p *pending) mailFromResult() maillog.Result {
	if p.mfrom != maillog.NoResult || p.helo == maillog.NoResult || p.helo == maillog.None || p.senderEnd == p.heloEnd ||
		isRefusal(p.action) || p.action == maillog.NoAction {
		return p.mfrom
	}
	state := p.inferM
	if state == stateUnknown {
		state = p.host.first
	}
	if state == checksMailFrom {
		return maillog.None
	}
	return maillog.NoResult
}
