package report

import (
	"bytes"
	"net/netip"
	"slices"
	"unicode/utf8"

	"policyd-spf/internal/idn"
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
	held   int // bytes of the texts, as counted in joiner.held
}

// class returns the DMARC result as far as it is known.
func (p *pending) class() dmarcClass {
	if p.dmarc == dmarcUnknown && p.signed {
		return dmarcSigned
	}
	return p.dmarc
}

// senderState is whether a message has a sender.
type senderState uint8

const (
	senderUnknown senderState = iota
	senderNull                // the null reverse-path
	senderKnown
	senderStates int = iota
)

func (p *pending) senderState() senderState {
	switch {
	case p.senderEnd > p.heloEnd:
		return senderKnown
	case p.known&maillog.HasSender != 0:
		return senderNull
	}
	return senderUnknown
}

func (p *pending) heloName() []byte { return p.text[:p.heloEnd] }

func (p *pending) sender() []byte { return p.text[p.heloEnd:p.senderEnd] }

// addNames adds the sender and the HELO name in a refusal by Postfix, if the refusal by
// the policy server does not have them.
func (p *pending) addNames(r *maillog.Record) {
	missing := r.Known &^ p.known & (maillog.HasHELO | maillog.HasSender)
	if missing == 0 {
		return
	}
	helo, sender := p.heloName(), p.sender()
	if missing&maillog.HasHELO != 0 {
		helo = r.HELO
	}
	if missing&maillog.HasSender != 0 {
		sender = r.Sender
	}
	text := slices.Concat(helo, sender, p.reason())
	p.text, p.heloEnd, p.senderEnd = text, len(helo), len(helo)+len(sender)
	p.known |= missing
}

// isRefusal reports whether a policy server refuses a message, for good or for now.
func isRefusal(a maillog.Action) bool { return a == maillog.Reject || a == maillog.Defer }

func (p *pending) reason() []byte { return p.text[p.senderEnd:] }

// domain returns the domain of the sender, in A-labels (RFC 5890, 2.3.2.1).
func (p *pending) domain() []byte {
	s := p.sender()
	d := bytes.TrimSuffix(s[bytes.LastIndexByte(s, '@')+1:], []byte("."))
	for _, b := range d {
		if b >= utf8.RuneSelf {
			if ascii, ok := idn.ToASCII(string(d)); ok {
				return []byte(ascii)
			}
			break
		}
	}
	return d
}

// isError reports whether a check ended in an error.
func isError(r maillog.Result) bool { return r == maillog.Permerror || r == maillog.Temperror }
