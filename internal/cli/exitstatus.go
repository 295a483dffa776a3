package cli

import "policyd-spf/explain"

// Exit statuses.
const (
	StatusOK       = 0 // all is well
	StatusFailed   = 1 // a problem was found, or the task cannot be done
	StatusUsage    = 2 // the command line or the input is wrong
	StatusRejected = 3 // --exit-code: the message is rejected
	StatusDeferred = 4 // --exit-code: it is deferred
	StatusPostfix  = 5 // --exit-code: a restriction class of Postfix decides
)

// exitStatuses is the table in --help and in policyd-spf(1).
func exitStatuses() [][]string {
	return [][]string{
		{"0", "no problem was found; with --exit-code: the message is not refused"},
		{"1", "a problem was found, or the mode failed; with --report: rejecting is not safe yet"},
		{"2", "the command line or the input is wrong; with --report: the logs have no message"},
		{"3", "with --exit-code: the message is rejected"},
		{"4", "with --exit-code: it is deferred"},
		{"5", "with --exit-code: it is left to a restriction class of Postfix"},
	}
}

// outcomeStatus returns the exit status for an outcome.
func outcomeStatus(o explain.Outcome) int {
	switch o {
	case explain.Rejected:
		return StatusRejected
	case explain.Deferred:
		return StatusDeferred
	case explain.LeftToPostfix:
		return StatusPostfix
	}
	return StatusOK
}

// worse returns the more severe of two exit statuses for several messages: a rejection
// comes first.
func worse(a, b int) int {
	rank := [...]int{StatusRejected: 3, StatusDeferred: 2, StatusPostfix: 1}
	if a < len(rank) && b < len(rank) && rank[b] > rank[a] {
		return b
	}
	return a
}
