package explain

import (
	"strings"

	"policyd-spf/internal/term"
	"policyd-spf/policy"
)

// Outcome is what a reply does to a message.
type Outcome string

// The outcomes.
const (
	NotRefused    Outcome = "not-refused"
	Rejected      Outcome = "rejected"
	Deferred      Outcome = "deferred"
	LeftToPostfix Outcome = "left-to-postfix" // a restriction class of Postfix decides
)

// OutcomeOf returns the outcome of a reply.
func OutcomeOf(reply string) Outcome {
	switch policy.ActionKind(actionText(reply)) {
	case policy.Reject:
		return Rejected
	case policy.Defer:
		return Deferred
	case policy.RestrictionClass:
		return LeftToPostfix
	}
	return NotRefused
}

// actionText returns the action of a reply with its text.
func actionText(reply string) string {
	return strings.TrimSpace(strings.TrimPrefix(reply, "action="))
}

// actionName returns the action of a reply: "550", "prepend".
func actionName(reply string) string {
	name, _, _ := strings.Cut(actionText(reply), " ")
	return strings.ToLower(name)
}

// text returns the outcome in words.
func (o Outcome) text() string {
	switch o {
	case Rejected:
		return "rejected"
	case Deferred:
		return "deferred"
	case LeftToPostfix:
		return "left to Postfix"
	}
	return "not refused"
}

// Brief returns the outcome and the results that led to it, in one line without
// its line feed.
func (d *Report) Brief(style term.Style) string {
	line := d.Outcome.text()
	separator := ": "
	for _, c := range d.Checks {
		line += separator + c.title() + " " + c.Verdict.Result
		separator = ", "
	}
	if d.Source != nil {
		if d.Source.Other != "" {
			line += "; " + style.Safe(d.Source.otherText())
		}
		for _, difference := range d.Source.Differences {
			line += "; " + style.Safe(difference.text())
		}
	}
	return line + " (" + style.Safe(actionText(d.Reply)) + ")"
}

// text returns the difference in words.
func (d Difference) text() string {
	return "recorded: " + d.Recorded + "; today: " + d.Today + ": " + d.Cause
}
