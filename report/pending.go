package report

import (
	"bytes"
	"net/netip"
	"policyd-spf/maillog"
)

// pending is a message whose lines may not be complete.
type pending struct {
	seq   uint64 // 0: the slot is free
	older uint64 // the message before it in its bucket
	key   uint64 // of host and client

	at     int64 // nanoseconds
	client netip.Addr
	known  maillog.Fields
	helo   maillog.Result
	mfrom  maillog.Result
	action maillog.Action

	text        []byte // HELO name, sender and reason
	heloEnd     int
	senderEnd   int
	recipient   []byte // the first one
	rcptTo      bool   // recipient is as in RCPT TO, before aliases
	name        []byte // verified name of the client, empty if the log lacks it
	noMail      noMail
	exempt      bool
	joined      bool // with a queue id
	signed      bool // DKIM passed for the sender's domain
	blocklisted bool // another restriction refused it for being on a block list
	dmarc       dmarcClass
	unknown     int                          // recipients without a mailbox
	recipients  [maxMessageRecipients]uint64 // hashes
	nRecipients int

	host   *hostState
	inferM mailFromState
}

// class returns the DMARC result as far as it is known.
func (p *pending) class() dmarcClass {
	if p.dmarc == dmarcUnknown && p.signed {
		return dmarcSigned
	}
	return p.dmarc
}

func (p *pending) heloName() []byte { return p.text[:p.heloEnd] }

func (p *pending) sender() []byte { return p.text[p.heloEnd:p.senderEnd] }

func (p *pending) reason() []byte { return p.text[p.senderEnd:] }

// domain returns the domain of the sender in lower case.
func (p *pending) domain() []byte {
	s := p.sender()
	return bytes.TrimSuffix(s[bytes.LastIndexByte(s, '@')+1:], []byte("."))
}

// isError reports whether a check ended in an error.
func isError(r maillog.Result) bool { return r == maillog.Permerror || r == maillog.Temperror }

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
		p.action == maillog.Reject || p.action == maillog.Defer || p.action == maillog.NoAction {
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
