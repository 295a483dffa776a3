package explain

import (
	"slices"
	"strings"
	"time"

	"policyd-spf/maillog"
	"policyd-spf/policy"
	"policyd-spf/spf"
)

// Source is the text that an explained message was found in, and what the text
// records about it.
type Source struct {
	Form        string       `json:"form"`
	File        string       `json:"file,omitempty"`       // empty for standard input
	Line        int          `json:"line"`                 // of the file, counted from 1
	InMessage   bool         `json:"in_message,omitempty"` // the topmost usable field of a whole message
	Matches     int          `json:"matches,omitempty"`    // messages of the log that match; this one is the last
	Time        string       `json:"time,omitempty"`       // RFC 3339
	Unknown     []string     `json:"unknown,omitempty"`    // attributes of a request that the text does not have
	Recorded    *Recorded    `json:"recorded,omitempty"`
	Other       string       `json:"other_refusal,omitempty"` // by Postfix, for another reason than SPF
	Differences []Difference `json:"differences,omitempty"`   // between what is recorded and today

	form maillog.Form
}

// Recorded is what the text says happened.
type Recorded struct {
	Identity string `json:"identity,omitempty"` // that the result is about: helo, mailfrom
	Result   string `json:"result,omitempty"`
	Action   string `json:"action,omitempty"` // reject, defer, prepend, dunno, result_only
}

// Difference is something that was recorded otherwise than it is today.
type Difference struct {
	Recorded string `json:"recorded"`
	Today    string `json:"today"`
	Cause    string `json:"cause"`
}

// Names of a request's attributes, and of a part of one, in Source.Unknown.
const (
	unknownHELO      = "helo_name"
	unknownSender    = "sender"
	unknownLocalPart = "local_part" // of the sender
)

// newSource returns a maillog.Source as plain data.
func newSource(found maillog.Source, file string) *Source {
	s := &Source{Form: formName(found.Form), File: file, Line: found.Line, InMessage: found.InMessage, Other: found.Other, form: found.Form}
	if !found.Time.IsZero() {
		s.Time = found.Time.Format(time.RFC3339)
	}
	if found.Known&maillog.HasHELO == 0 {
		s.Unknown = append(s.Unknown, unknownHELO)
	}
	switch {
	case found.Known&maillog.HasSender == 0:
		s.Unknown = append(s.Unknown, unknownSender)
	case found.Sender != "" && !strings.Contains(found.Sender, "@"):
		s.Unknown = append(s.Unknown, unknownLocalPart)
	}
	if found.Result != maillog.NoResult || found.Action != maillog.NoAction {
		s.Recorded = &Recorded{found.Identity.String(), found.Result.String(), found.Action.String()}
	}
	return s
}

// formName returns the name of a form in JSON.
func formName(form maillog.Form) string {
	return map[maillog.Form]string{
		maillog.Request: "request", maillog.ReceivedSPF: "received-spf", maillog.AuthResults: "authentication-results",
		maillog.ServerLog: "policy-log", maillog.PostfixReject: "postfix-log", maillog.Bounce: "bounce", maillog.RefusalURL: "url", maillog.XComment: "x-comment",
	}[form]
}

func (s *Source) lacks(attribute string) bool {
	return s != nil && slices.Contains(s.Unknown, attribute)
}

// request returns a found message as a request in the form of the policy
// protocol. Control characters, which would begin another attribute, become
// question marks.
func request(found maillog.Source) string {
	client := ""
	if found.Client.IsValid() {
		client = found.Client.String()
	}
	var b strings.Builder
	for _, attribute := range [...][2]string{
		{"request", "smtpd_access_policy"},
		{"protocol_state", "RCPT"},
		{"client_address", client},
		{"helo_name", found.HELO},
		{"sender", found.Sender},
		{"recipient", found.Recipient},
	} {
		b.WriteString(attribute[0] + "=" + strings.Map(func(r rune) rune {
			if r < ' ' || r == 0x7f {
				return '?'
			}
			return r
		}, attribute[1]) + "\n")
	}
	return b.String() + "\n"
}

// compare fills in the differences between what is recorded and the report.
func (r *Report) compare() {
	s := r.Source
	if s == nil || s.Recorded == nil {
		return
	}
	recorded := s.Recorded
	check := r.decider()
	for _, c := range r.Checks {
		if c.Identity == recorded.Identity {
			check = c
		}
	}
	isSame := check != nil && (recorded.Identity == "" || check.Identity == recorded.Identity)
	switch {
	case recorded.Result == "":
	case !isSame:
		s.differ(recorded.Result, "not checked", r.uncheckedCause(recorded.Identity))
	case check.Verdict.Result != recorded.Result:
		s.differ(recorded.Result, check.Verdict.Result, s.cause(recorded.Result, check))
	}
	was, today := actionOutcome(recorded.Action), r.Outcome
	if recorded.Action == "" || was == LeftToPostfix || today == LeftToPostfix || was == today || len(s.Differences) > 0 {
		return // the other result is the reason
	}
	cause := "the options have changed since"
	switch {
	case was != NotRefused && recorded.Result == "" && isSame && check.Verdict.Result == spf.Pass.String():
		cause = "the record has changed since"
	case s.form == maillog.Bounce || s.form == maillog.RefusalURL:
		cause = "the options here are not those of the server that refused it, or something has changed since"
	case recorded.Result == "":
		cause = "the record or the options have changed since"
	}
	s.differ(was.text(), today.text(), cause)
}

func (s *Source) differ(recorded, today, cause string) {
	s.Differences = append(s.Differences, Difference{recorded, today, cause})
}

// cause returns the most likely reason for another result than the recorded one.
func (s *Source) cause(recorded string, check *Check) string {
	today := check.Verdict.Result
	switch {
	case today == spf.Temperror.String():
		return "a lookup fails now"
	case recorded == spf.Temperror.String():
		return "a lookup failed then"
	case s.lacks(unknownLocalPart) && check.Record.hasMacro("slo"):
		return "the record has changed since, or depends on the sender's local part, which is not known"
	case s.lacks(unknownHELO) && check.Record.hasMacro("h"):
		return "the record has changed since, or depends on the HELO name, which is not known"
	}
	return "the record has changed since"
}

// hasMacro reports whether a term that was evaluated has one of the macros
// (RFC 7208, 7.2).
func (r *Record) hasMacro(letters string) bool {
	if r == nil {
		return false
	}
	for _, t := range r.Terms {
		for text := strings.ToLower(t.Text); ; {
			_, after, found := strings.Cut(text, "%{")
			if !found {
				break
			}
			if after != "" && strings.IndexByte(letters, after[0]) >= 0 {
				return true
			}
			text = after
		}
		if t.Record.hasMacro(letters) {
			return true
		}
	}
	return false
}

// uncheckedCause says why an identity is not checked today.
func (r *Report) uncheckedCause(identity string) string {
	switch {
	case identity == policy.HELO.String() && r.Source.lacks(unknownHELO):
		return "the HELO name is not known"
	case identity == policy.MailFrom.String() && r.Source.lacks(unknownSender):
		return "the sender is not known"
	case r.Bypass != nil:
		return r.Bypass.Option + " holds the client"
	case r.Unchecked != "":
		return r.Unchecked
	case len(r.Checks) > 0 && identity == policy.MailFrom.String():
		return "the check of HELO decides"
	}
	return "the options have changed since"
}

// actionOutcome returns the outcome of a recorded action.
func actionOutcome(action string) Outcome {
	switch action {
	case maillog.Reject.String():
		return Rejected
	case maillog.Defer.String():
		return Deferred
	case maillog.Restrict.String():
		return LeftToPostfix
	}
	return NotRefused
}
