package dns

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"syscall"
)

// ErrorKind is the kind of a lookup failure.
type ErrorKind uint8

// The kinds of lookup failures.
const (
	Timeout       ErrorKind = iota // no answer in time
	OutOfTime                      // not sent: the deadline had passed
	BadRcode                       // an RCODE other than 0 and 3
	Malformed                      // an answer that cannot be used
	Network                        // an error of the operating system
	TooManyCNAMEs                  // more than MaxCNAMEs aliases between a name and its data
)

// Error is the error of a failed lookup.
type Error struct {
	Kind     ErrorKind
	Question Question
	Server   netip.AddrPort // the server that failed; the zero value if none did
	Rcode    int            // with BadRcode
	Err      error          // the system's error with Network, the parser's with Malformed
}

func (e *Error) Error() string {
	var what string
	switch e.Kind {
	case Timeout:
		what = "no answer in time"
	case OutOfTime:
		what = "no time left"
	case BadRcode:
		what = "answered with " + RcodeName(e.Rcode)
	case Malformed:
		what = fmt.Sprintf("malformed answer: %v", e.Err)
	case TooManyCNAMEs:
		what = fmt.Sprintf("more than %d aliases of one name", MaxCNAMEs)
	default:
		what = fmt.Sprint(e.Err)
		if errno := syscall.Errno(0); errors.As(e.Err, &errno) {
			what = errno.Error() // without the sockets' addresses
		}
	}
	if e.Server.IsValid() {
		return fmt.Sprintf("%s: %s: %s", e.Question, e.Server, what)
	}
	return fmt.Sprintf("%s: %s", e.Question, what)
}

func (e *Error) Unwrap() error { return e.Err }

// RcodeName returns the mnemonic of an RCODE (RFC 1035, 4.1.1; RFC 2136, 2.2), or
// its number.
func RcodeName(rcode int) string {
	names := [...]string{"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED",
		"YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE"}
	if rcode >= 0 && rcode < len(names) {
		return names[rcode]
	}
	return strconv.Itoa(rcode)
}
