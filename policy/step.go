package policy

import (
	"policyd-spf/conf"
	"policyd-spf/spf"
)

// Observer is told how an answer comes about, step by step. Event is called
// with the steps of an SPF evaluation.
type Observer interface {
	spf.Observer
	Step(Step)
}

// Step is one of the types below.
type Step interface{ step() }

// RequestStep is a request that is going to be answered.
type RequestStep struct{ Request Request }

// UserStep is that the recipient's own settings were looked for.
type UserStep struct{ conf.UserSettings }

// RememberedStep is that another recipient of the same message was answered
// before. Action is what is remembered of it.
type RememberedStep struct{ Action Action }

// UncheckedStep is why nothing is checked, without that a list said so.
type UncheckedStep struct{ Why string }

// ListStep is that an entry of an option, a list of clients that are not
// checked, is going to be looked up.
type ListStep struct{ Option, Entry string }

// BypassStep is that a list of clients that are not checked holds this one:
// by this entry of this option.
type BypassStep struct{ Option, Entry string }

// CheckStep is that an identity, "helo" or "mailfrom", is going to be checked.
// Cached tells whether its verdict is known from an earlier request.
type CheckStep struct {
	Identity string
	Query    spf.Args
	Cached   bool
}

// VerdictStep is what a check came to. Reason is as headers show it.
type VerdictStep struct {
	Identity string
	Verdict  spf.Verdict
	Reason   string
}

// RuleStep is what the settings make of a verdict: Option is the one that
// decides, with its Value. Spared is that No_Mail turned a rejection into a
// header.
type RuleStep struct {
	Identity      string
	Kind          Kind
	Option, Value string
	Spared        bool
}

// RestrictionStep is that a pass restriction is the answer.
type RestrictionStep struct{ Option, Value string }

func (RequestStep) step()     {}
func (UserStep) step()        {}
func (RememberedStep) step()  {}
func (UncheckedStep) step()   {}
func (ListStep) step()        {}
func (BypassStep) step()      {}
func (CheckStep) step()       {}
func (VerdictStep) step()     {}
func (RuleStep) step()        {}
func (RestrictionStep) step() {}
