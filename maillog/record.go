package maillog

import "net/netip"

// Kind is the kind of a line.
type Kind uint8

// The kinds of lines.
const (
	Foreign    Kind = iota // of a program that is not read
	Unreadable             // not a log line, or one that is truncated or damaged
	Other                  // of a program that is read, but with nothing of interest
	Checked                // policy server: the result of one check
	Acted                  // policy server: the action
	Shadowed               // policy server: what the shadow configuration would do
	Client                 // Postfix smtpd: the client of a queue id
	Refused                // Postfix smtpd or cleanup: mail was refused
	Queued                 // Postfix qmgr: the sender of a queue id
	MessageID              // Postfix cleanup: the Message-ID of a queue id
	Delivered              // Postfix delivery agents: the status of a recipient
	DMARC                  // opendmarc or rspamd: the DMARC result of a queue id
	DKIM                   // opendkim: the DKIM result of a queue id
)

// Program is the program that wrote a line.
type Program uint8

// The programs whose lines are read.
const (
	NoProgram  Program = iota
	PolicydSPF         // policyd-spf, pypolicyd-spf or spf-engine
	PolicySPF          // postfix-policyd-spf-perl
	Postfix
	OpenDMARC
	OpenDKIM
	Rspamd
)

// Identity is what a check is about (RFC 7208, 2.3 and 2.4).
type Identity uint8

// The identities.
const (
	NoIdentity Identity = iota
	HELO
	MailFrom
)

// String returns the name that header fields use (RFC 7208, 9.1).
func (i Identity) String() string { return [...]string{"", "helo", "mailfrom"}[i] }

// Result is the result of a check (RFC 7208, 2.6), or of DMARC (RFC 7489, 11.2), which
// has only some of them. The zero value means that the result is unknown.
type Result uint8

// The results.
const (
	NoResult Result = iota
	None
	Neutral
	Pass
	Fail
	Softfail
	Temperror
	Permerror
)

// String returns the name in lower case, "" for NoResult.
func (r Result) String() string {
	return [...]string{"", "none", "neutral", "pass", "fail", "softfail", "temperror", "permerror"}[r]
}

// Action is what a policy server told Postfix to do.
type Action uint8

// The actions.
const (
	NoAction Action = iota // the log does not show it
	Dunno                  // nothing
	Prepend                // add a header field
	Reject                 // refuse for good
	Defer                  // refuse for now
	Restrict               // apply a restriction of the administrator's
)

// String returns the name that the log of policyd-spf uses.
func (a Action) String() string {
	return [...]string{"", "dunno", "prepend", "reject", "defer", "result_only"}[a]
}

// Fields is the set of known fields. It distinguishes an empty value, such as the null
// reverse-path, from an unknown one.
type Fields uint8

// The fields.
const (
	HasClient Fields = 1 << iota
	HasHELO
	HasSender
	HasRecipient
	HasCached // whether the verdict came from the cache
	HasCounts // Lookups, Voids and Millis
)

// Envelope is who sends to whom. Values are those in the log, without
// quoting. An unknown value is empty and not in Known.
type Envelope struct {
	Client    netip.Addr
	HELO      []byte
	Sender    []byte // empty and in Known: the null reverse-path
	Recipient []byte
	Known     Fields
}

// Verdict is what a policy server found and did.
type Verdict struct {
	Identity       Identity // that the header field or the refusal is about
	HELOResult     Result   // of the HELO check
	MailFromResult Result   // of the MAIL FROM check
	Action         Action
	Code           []byte // reply code of a refusal: "550 5.7.23", "defer_if_permit 4.7.24"
	Reason         []byte // comment of the header field, text of the refusal, or name of the restriction
	Exempt         string // option that exempted the client; for postfix-policyd-spf-perl the name of its handler
	Domain         []byte // domain that was checked, where the line says so
	Term           []byte // term that decided (Log_Format = kv)
	Lookups        int    // terms that cost a lookup (Log_Format = kv)
	Voids          int    // void lookups (Log_Format = kv)
	Millis         int    // milliseconds that the request took (Log_Format = kv)
	Cached         bool   // the verdict came from the cache (Log_Format = kv)
}

// Shadow is what a shadow configuration would have done.
type Shadow struct {
	Action Action // NoAction if the server could not know
	Code   []byte
	Text   []byte // the whole text
	Option []byte // that decides: "Mail_From_reject"
	Value  []byte // of Option: "Fail"
}

// Record is the content of a line. Its slices are parts of the line or of the Parser's
// memory, and are valid until the next call of Parse.
type Record struct {
	Kind      Kind
	Program   Program
	Stamp     []byte // time stamp, see Parser.Time
	Host      []byte
	PID       uint32 // 0 if the line has none
	QueueID   []byte // empty if there is none
	Text      []byte // what follows the ident
	Repeated  int    // how often syslogd received the same line, at least 1
	Ambiguous bool   // who sends to whom is uncertain: a sender may have written parts of the line

	Envelope
	Verdict
	Shadow Shadow

	ClientName        []byte // Postfix: verified name of the client, "unknown" if there is none
	OriginalRecipient []byte // Postfix: recipient before it was rewritten, if it was
	ID                []byte // Postfix: Message-ID with its angle brackets
	Status            []byte // Postfix: "sent", "bounced", "deferred"
	Result            Result // DMARC, DKIM: result; Checked: result of Identity
}

// setResult sets the result of an identity.
func (v *Verdict) setResult(id Identity, r Result) {
	switch id {
	case HELO:
		v.HELOResult = r
	case MailFrom:
		v.MailFromResult = r
	}
}

// resultNamed returns the result with a name, in any case, including the names of RFC
// 4408 and RFC 7001.
func resultNamed(name []byte) Result {
	if len(name) < 4 || len(name) > len("temperror") {
		return NoResult
	}
	switch {
	case equalFold(name, "pass"):
		return Pass
	case equalFold(name, "none"):
		return None
	case equalFold(name, "fail"), equalFold(name, "hardfail"):
		return Fail
	case equalFold(name, "softfail"):
		return Softfail
	case equalFold(name, "neutral"):
		return Neutral
	case equalFold(name, "temperror"), equalFold(name, "error"):
		return Temperror
	case equalFold(name, "permerror"), equalFold(name, "unknown"):
		return Permerror
	}
	return NoResult
}

// equalFold reports whether b is lower, which is in lower case, in any case of
// US-ASCII.
func equalFold(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
