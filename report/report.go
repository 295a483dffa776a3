package report

import (
	"io"
	"net/netip"
	"time"

	"policyd-spf/internal/term"
	"policyd-spf/maillog"
)

// Report is the result of reading logs. Its JSON is described in docs/json.md.
// Counts are of messages unless their names say otherwise.
type Report struct {
	Version  int   `json:"version"`
	Logs     Logs  `json:"logs"`
	Messages int64 `json:"messages"` // that the policy server answered
	Exempt   int64 `json:"exempt"`   // that were not checked because of a whitelist
	Checks   struct {
		HELO     Results `json:"helo"`
		MailFrom Results `json:"mailfrom"`
	} `json:"checks"`
	Days     []Day `json:"days"`     // in the order of time
	Refused  int64 `json:"refused"`  // that the log shows
	Deferred int64 `json:"deferred"` // that the log shows

	// DMARC counts all messages, not only those that a setting would refuse.
	DMARC DMARC `json:"dmarc"`

	Settings []Setting `json:"settings"`
	WhatIf   []WhatIf  `json:"what_if"`
	Shadow   *Shadow   `json:"shadow,omitempty"` // nil if the log has no line of a shadow configuration
	Findings []Finding `json:"findings"`
	Advice   Advice    `json:"advice"`
	Recheck  *Recheck  `json:"recheck,omitempty"` // nil without --recheck
	Limits   Limits    `json:"limits"`

	Interrupted bool `json:"interrupted,omitempty"` // reading ended before the logs did
}

// Logs counts what was read.
type Logs struct {
	Files      []string  `json:"files"`
	Lines      int64     `json:"lines"`
	Bytes      int64     `json:"bytes"` // of text, after decompression
	Ours       int64     `json:"ours"`  // lines of policy servers
	Unreadable int64     `json:"unreadable"`
	First      time.Time `json:"first,omitzero"` // time of the first message
	Last       time.Time `json:"last,omitzero"`
}

// Results counts the results of a check (RFC 7208, 2.6).
type Results struct {
	Pass      int64 `json:"pass"`
	None      int64 `json:"none"`
	Neutral   int64 `json:"neutral"`
	Softfail  int64 `json:"softfail"`
	Fail      int64 `json:"fail"`
	Temperror int64 `json:"temperror"`
	Permerror int64 `json:"permerror"`
}

// Total returns the number of checks that have a result.
func (r *Results) Total() int64 {
	return r.Pass + r.None + r.Neutral + r.Softfail + r.Fail + r.Temperror + r.Permerror
}

func (r *Results) count(result maillog.Result) {
	switch result {
	case maillog.Pass:
		r.Pass++
	case maillog.None:
		r.None++
	case maillog.Neutral:
		r.Neutral++
	case maillog.Softfail:
		r.Softfail++
	case maillog.Fail:
		r.Fail++
	case maillog.Temperror:
		r.Temperror++
	case maillog.Permerror:
		r.Permerror++
	}
}

func (r *Results) add(o *Results) {
	r.Pass += o.Pass
	r.None += o.None
	r.Neutral += o.Neutral
	r.Softfail += o.Softfail
	r.Fail += o.Fail
	r.Temperror += o.Temperror
	r.Permerror += o.Permerror
}

// Day counts the messages of a day.
type Day struct {
	Day      string  `json:"day"` // "2026-11-01", in the local time zone
	Messages int64   `json:"messages"`
	HELO     Results `json:"helo"`
	MailFrom Results `json:"mailfrom"`
}

// DMARC counts messages by their DMARC result in the log.
type DMARC struct {
	Pass    int64 `json:"pass"`
	Fail    int64 `json:"fail"`
	None    int64 `json:"none"`    // the domain publishes no policy
	Unknown int64 `json:"unknown"` // no line: there is no filter, or the mail was refused before
}

// Total returns the number of messages.
func (d *DMARC) Total() int64 { return d.Pass + d.Fail + d.None + d.Unknown }

func (d *DMARC) add(class dmarcClass, n int64) {
	switch class {
	case dmarcPass:
		d.Pass += n
	case dmarcFail:
		d.Fail += n
	case dmarcNone:
		d.None += n
	default:
		d.Unknown += n
	}
}

func (d *DMARC) addAll(o DMARC) {
	d.Pass += o.Pass
	d.Fail += o.Fail
	d.None += o.None
	d.Unknown += o.Unknown
}

// Setting is what one option would refuse if no other option refused anything.
type Setting struct {
	Option   string `json:"option"`
	Value    string `json:"value"`
	Refused  int64  `json:"refused"` // rejected for good
	Deferred int64  `json:"deferred"`
	Unknown  int64  `json:"unknown"` // the log lacks the result of the check
	Clients  int64  `json:"clients"` // distinct ones of the refused and deferred; see Limits.Distinct
	Domains  int64  `json:"domains"` // distinct domains of senders of these
	DMARC    DMARC  `json:"dmarc"`   // of these
}

// WhatIf is what would have happened to the logged messages under another
// configuration.
type WhatIf struct {
	Config   string    `json:"config"` // the file's name, as given
	Refused  int64     `json:"refused"`
	Deferred int64     `json:"deferred"`
	Unknown  int64     `json:"unknown"`
	Needs    Needs     `json:"needs"`    // why they are unknown
	DMARC    DMARC     `json:"dmarc"`    // of the refused and deferred
	Messages []Message `json:"messages"` // the refused and deferred, with --list
}

// Needs counts undecided messages by the fact that is missing in the log.
type Needs struct {
	HELO           int64 `json:"helo"`           // the HELO result
	MailFrom       int64 `json:"mailfrom"`       // the MAIL FROM result
	NoMail         int64 `json:"no_mail"`        // whether a record is "v=spf1 -all", for No_Mail
	ByAll          int64 `json:"pass_by_all"`    // whether nearly every client passes, for Pass_By_All
	Authentication int64 `json:"authentication"` // whether the client has authenticated, for Skip_Authenticated
	DMARC          int64 `json:"dmarc"`          // whether the sender's domain has a DMARC policy, for Leave_DMARC
	Recipient      int64 `json:"recipient"`      // for Per_User
	Envelope       int64 `json:"envelope"`       // client, HELO name or sender
	Whitelist      int64 `json:"whitelist"`      // a lookup for a whitelist
}

// Message is a message that a configuration refuses.
type Message struct {
	Time      time.Time `json:"time"`
	Client    string    `json:"client"`
	HELO      string    `json:"helo"`
	Sender    string    `json:"sender"`
	Recipient string    `json:"recipient"` // "" if the log lacks it
	Action    string    `json:"action"`    // "reject" or "defer"
	Option    string    `json:"option"`    // that decides
	Value     string    `json:"value"`
}

// Shadow counts the lines that a server with Shadow_Config logs where its shadow
// configuration decides differently.
type Shadow struct {
	Refused  int64 `json:"refused"`  // the shadow configuration would reject
	Deferred int64 `json:"deferred"` // it would defer
	Accepted int64 `json:"accepted"` // it would not refuse
	Unknown  int64 `json:"unknown"`  // the server lacked a result that it needs
}

// The kinds of findings.
const (
	Forwarder     = "forwarder"     // forwards other senders' mail to few recipients: a forwarder or a list
	Misconfigured = "misconfigured" // a server of the domain that its record does not list
	Permerror     = "permerror"     // a domain whose record is broken
	ForgedOwn     = "forged-own"    // our own domain, from clients that its record does not allow
	OwnHost       = "own-host"      // a client with a private address
	Undecided     = "undecided"     // a client about which the log shows too little
	Forger        = "forger"        // the rest of what would be refused
)

// Finding is something that the log shows about clients or a domain.
type Finding struct {
	Kind       string    `json:"kind"`
	Clients    []string  `json:"clients"`        // addresses; at most maxShownClients for kinds about domains
	Name       string    `json:"name,omitempty"` // of the client: its verified name, else its HELO name
	Domain     string    `json:"domain,omitempty"`
	Messages   int64     `json:"messages"`   // whose MAIL FROM result is fail, softfail, neutral or permerror
	Refused    int64     `json:"refused"`    // of these, by the setting that Advice names
	Domains    int64     `json:"domains"`    // distinct organizational domains of their senders
	Recipients int64     `json:"recipients"` // distinct, as far as the log shows them
	First      time.Time `json:"first,omitzero"`
	Last       time.Time `json:"last,omitzero"`
	DMARC      DMARC     `json:"dmarc"`            // of Refused; of Messages for Permerror, which PermError_reject refuses
	Option     string    `json:"option,omitempty"` // with Value: the line to paste into policyd-spf.conf
	Value      string    `json:"value,omitempty"`
	Evidence   []string  `json:"evidence"` // sentences

	clients []netip.Addr // all of them, in order
}

// Advice is the answer to whether rejecting is safe, and what to do.
type Advice struct {
	Option    string  `json:"option"`
	Value     string  `json:"value"`     // the strictest that is safe with Whitelist, or else "Fail"
	Whitelist []Line  `json:"whitelist"` // lines to add first
	Merged    string  `json:"merged"`    // value of the option Whitelist: the one in force, and all lines
	Refused   int64   `json:"refused"`   // by the setting, after Whitelist
	Share     float64 `json:"share"`     // Refused of all messages
	DMARC     DMARC   `json:"dmarc"`     // of Refused
	Period    float64 `json:"days"`      // that the log covers
	Safe      bool    `json:"safe"`
	Text      string  `json:"text"`  // one sentence
	Steps     []Step  `json:"steps"` // what to do, in order
	// Blockers say why rejecting is not safe, in sentences.
	Blockers []string `json:"blockers"`
}

// Step is something to do.
type Step struct {
	Text string `json:"text"`           // sentences
	Line string `json:"line,omitempty"` // to put into policyd-spf.conf
}

// Line is a line to add to policyd-spf.conf.
type Line struct {
	Option   string `json:"option"`
	Value    string `json:"value"`
	Messages int64  `json:"messages"` // that it saves from the setting that Advice names
}

// Limits is what was lost because memory is bounded.
type Limits struct {
	Clients        int   `json:"clients"`         // that the table of clients holds
	EvictedClients int64 `json:"evicted_clients"` // evicted, perhaps more than once each: no finding is about them
	EvictedCount   int64 `json:"evicted_messages"`
	Domains        int   `json:"domains"` // that the table of broken domains holds
	EvictedDomains int64 `json:"evicted_domains"`
	Unresolved     int64 `json:"unresolved"` // messages that could not be decided after the logs for lack of room
	Distinct       int   `json:"distinct"`   // the largest number of distinct clients or domains that is exact; larger ones have an error of 1 %
}

// JSON writes the report as JSON.
func (r *Report) JSON(w io.Writer) error { return term.WriteJSON(w, r) }

// Usable reports whether the logs had any message.
func (r *Report) Usable() bool { return r.Messages > 0 }
