package policy

import (
	"policyd-spf/conf"
	"policyd-spf/spf"
)

// Observer follows how requests are answered. It is called by the goroutine that
// answers. Event is called with the steps of SPF evaluations.
type Observer interface {
	spf.Observer

	// Evaluate is called before a check or a whitelist lookup. The events that
	// follow belong to it.
	Evaluate(Subject)

	// Answered is called with the outcome, before the reply is written.
	Answered(Outcome)
}

// Subject is what an evaluation is for: the check of an identity, or a whitelist
// lookup.
type Subject struct {
	Identity Identity // of a check; 0 for a whitelist lookup
	Option   string   // of a whitelist lookup
	Entry    string   // of Option; "" for Domain_Whitelist_PTR, where one lookup is for all entries
}

// Outcome is a reply and all that led to it.
type Outcome struct {
	Request  Request
	Settings *conf.Settings     // in force for the recipient
	User     *conf.UserSettings // what the per-user file has for the recipient; nil without Per_User
	Facts    Facts
	HELO     Check // the zero value if HELO was not checked
	MailFrom Check // the zero value if MAIL FROM was not checked
	Decision Decision
	Reply    Reply
	Shadow   *Shadow // nil without Shadow_Config
}

// Check is the check of one identity.
type Check struct {
	Identity Identity
	Args     spf.Args
	Cached   bool // the verdict is an earlier request's
	Verdict  spf.Verdict
	Reason   string // for the verdict, as replies and headers show it
}
