// Package policy is a Postfix policy server: what Postfix asks, what SPF makes
// of it, and what Postfix is told.
//
// A request goes this way:
//
//	request.go     its attributes, up to the empty line
//	server.go      the loop: the next request, its answer, one write
//	inquiry.go     the order of the steps; the recipient's own settings (of
//	               package conf) come first
//	message.go     was another recipient of the message answered before?
//	bypass.go      is the client on a list of those that are not checked?
//	identities.go  HELO, then MAIL FROM; which of them decides
//	check.go       one of them: package spf's verdict within its time, which
//	               timelimit.go watches, or one that cache.go has kept
//	decision.go    what the settings make of a verdict: one table
//	reason.go      the verdict in the words that logs and filters look for
//	header.go      Received-SPF, Authentication-Results, X-Comment
//	reply.go       the action in bytes
//
// Beside it go log.go, which lines are logged and when, syslog.go, how they get
// to the local syslogd, text.go, how text is read and printed, and step.go, what
// an Observer is told when somebody asks why.
//
// # What is promised
//
// Each request gets one reply: a line "action=...", not empty, not digits only,
// of UTF-8 without control characters, and an empty line, written at once. That
// holds whatever a client, a sender or a name server sends. It comes within 90
// seconds. A fault in an SPF evaluation is that check's temperror; a fault
// elsewhere is "dunno", as nobody should lose mail by it. Both are logged.
//
// What is kept from one request to the next is bounded: the last 1000 messages,
// 1000 verdicts of 512 kB in all, 64 kB of log lines.
package policy
