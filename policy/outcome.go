package policy

import (
	"policyd-spf/conf"
	"policyd-spf/dmarc"
	"policyd-spf/spf"
)

// Observer receives the steps by which requests are answered, from the goroutine that
// answers. Event receives the steps of SPF evaluations.
type Observer interface {
	spf.Observer

	// Evaluate is called before a check or a whitelist lookup. The events that
	// follow belong to it.
	Evaluate(Subject)

	// Answered is called with the outcome, before the reply is written.
	Answered(Outcome)
}

// Subject is what an evaluation is for: the check of an identity, a whitelist
// lookup, or the lookup of a DMARC policy.
type Subject struct {
	Identity Identity // of a check; 0 for the others
	Option   string   // of a whitelist lookup, or Leave_DMARC
	Entry    string   // of Option, or the sender's domain; "" for Domain_Whitelist_PTR, where one lookup is for all entries
}

// Outcome is a reply and everything that led to it.
type Outcome struct {
	Request  Request
	Settings *conf.Settings     // in force for the recipient
	User     *conf.UserSettings // what the per-user file has for the recipient; nil without Per_User
	Facts    Facts
	HELO     Check           // the zero value if HELO was not checked
	MailFrom Check           // the zero value if MAIL FROM was not checked
	DMARC    dmarc.Discovery // the zero value if it was not looked up
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
