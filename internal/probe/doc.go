// Package probe sends one policy request through the socket that Postfix's
// main.cf names, as smtpd(8) does, and reports the answer and the time it
// takes, or why there is no answer.
//
//	probe.go     the probe of one service
//	dial.go      a connection to its socket
//	postfix.go   the services that main.cf and master.cf name
//	problem.go   the usual reasons why there is no answer
//	report.go    the result as data, text and JSON
package probe
