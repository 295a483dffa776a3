// Package policy is a Postfix policy server that checks SPF.
//
// A request passes through these files, in this order:
//
//	request.go     a request, up to its empty line
//	server.go      the loop: the next request, its reply, one write
//	answer.go      the steps between a request and its reply
//	settings.go    the recipient's settings
//	exempt.go      whitelists: clients that are not checked; skip.go, the others
//	evaluate.go    HELO and MAIL FROM, each within its time, or from the cache
//	dmarc.go       the DMARC policy of the sender's domain, if Leave_DMARC needs it
//	decide.go      what is done with the message: decision.go, the facts and the
//	               Decision; disposition.go, one result; needs.go, missing facts
//	reply.go       the reply; reason.go, its reasons; header.go, its header fields
//
// Two caches live as long as the process: verdictcache.go for verdicts,
// instancecache.go for the actions that a message's other recipients get.
//
// log.go holds back log lines until the reply is written, loglines.go has those
// of a request, logkv.go those of Log_Format = kv, and syslog.go sends them to
// syslogd. totals.go has the counts of the last line. text.go reads and prints text as
// the original does. fd.go has the descriptors that requests and replies use.
//
// shadow.go decides under Shadow_Config, outcome.go reports each answer to an
// Observer, and recheck.go has checks without a request, for --report.
//
// # Guarantees
//
// Each request gets one reply: a line "action=...", which is not empty, not only
// digits, and UTF-8 without control characters, and an empty line, in one write.
// That holds whatever a client, a sender or a name server sends. The reply comes
// within 90 seconds. A panic in an SPF evaluation is that check's temperror; a panic
// elsewhere is "dunno", because an internal error is no reason to refuse mail. Both
// are logged.
//
// What is kept between requests is limited: the last 1000 messages, 1000 verdicts
// of 512 kB in all, 64 kB of log lines.
package policy
