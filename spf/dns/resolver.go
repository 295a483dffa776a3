package dns

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

// Type is a DNS record type that SPF asks for.
type Type uint16

// The types that check_host() uses (RFC 7208, 4.4 and 5), by their numbers on
// the wire.
const (
	TypeA    Type = 1
	TypePTR  Type = 12
	TypeMX   Type = 15
	TypeTXT  Type = 16
	TypeAAAA Type = 28
)

// String gives the type's name as master files write it.
func (t Type) String() string {
	switch t {
	case TypeA:
		return "A"
	case TypePTR:
		return "PTR"
	case TypeMX:
		return "MX"
	case TypeTXT:
		return "TXT"
	case TypeAAAA:
		return "AAAA"
	}
	return "TYPE" + strconv.Itoa(int(t))
}

// Question is what a lookup asks. Name is absolute, in lower case, without the
// final dot, its labels' octets as they are on the wire (no escapes), A-labels
// where the name is internationalised. A Question can be a map key.
type Question struct {
	Name string
	Type Type
}

func (q Question) String() string { return q.Name + " " + q.Type.String() }

// Answer is a name server's answer of RCODE 0 or 3, aliases followed: the data
// of the type asked for, or none (NODATA, or NXDOMAIN). The slices are shared
// with caches and must not be changed.
type Answer struct {
	TXT      [][]string    // the strings of each TXT record
	Addrs    []netip.Addr  // of an A or AAAA answer, in the answer's order
	Names    []string      // MX hosts by preference, or PTR names in the answer's order; "" is a name that Question cannot hold
	NXDomain bool          // the name does not exist
	TTL      time.Duration // how long it may be used from now on; 0 if it may not be kept
	Size     int           // octets of the message
	TCP      bool          // it came over TCP
	Cached   bool          // it came from a cache, not from a name server just now
	Ahead    bool          // it had been asked for before the evaluation needed it
	File     bool          // it is from a Zone's file
}

// Void tells whether the answer has no data of the type asked for, which makes
// a void lookup (RFC 7208, 4.6.4).
func (a Answer) Void() bool { return len(a.TXT)+len(a.Addrs)+len(a.Names) == 0 }

// Resolver looks names up. An error it returns is a *Error, or a *LimitError
// of kind CNAMELimit; NODATA and NXDOMAIN are answers. Lookup returns soon
// after ctx is done. Resolvers wrap one another (a cache around a client, a tracer
// around a cache), and may be used by several goroutines.
type Resolver interface {
	Lookup(ctx context.Context, q Question) (Answer, error)
}

// Starter is a Resolver that carries on many lookups at once.
//
// Prefetch begins a Lookup and returns at once. done is called exactly once, with
// the outcome, by Start itself or by a Wait, of whichever goroutine; it must not
// wait for anything. Wait carries on what was started, by others too, until
// landed is set, by some done, or ctx is done; what was started with a ctx that
// is done, it ends.
type Starter interface {
	Resolver
	Start(ctx context.Context, q Question, done func(Answer, error))
	Wait(ctx context.Context, landed *atomic.Bool)
}

// Asker is a cache that can be asked ahead. Ask begins a lookup for an answer
// that may never be needed, and returns at once; the answer to a Lookup that
// waits for it, or finds it, is marked so. then is called with the answer, if
// there is one, at once or by whoever waits for answers; it must not wait for
// anything. Abandon gives up what was asked on behalf of ctx, which is done.
// Stale gives the last known answer, though it may have expired, as a hint of
// what is going to be asked.
type Asker interface {
	Ask(ctx context.Context, q Question, then func(Answer))
	Abandon(ctx context.Context)
	Stale(q Question) (Answer, bool)
}

// ErrorKind tells in which way a lookup failed.
type ErrorKind uint8

// The ways in which a lookup fails.
const (
	Timeout       ErrorKind = iota // no answer in time
	OutOfTime                      // not asked: the time for the check was used up before
	BadRcode                       // an RCODE other than 0 and 3
	Malformed                      // no answer could be read
	Network                        // the system refused to send or receive
	TooManyCNAMEs                  // more than MaxCNAMEs aliases between a name and its data
)

// Error is a failed lookup; check_host() makes it temperror (RFC 7208, 2.6.6).
type Error struct {
	Kind     ErrorKind
	Question Question
	Server   netip.AddrPort // whose failure it was; the zero value if nobody's
	Rcode    int            // with BadRcode
	Err      error          // the system's error with Network, the codec's with Malformed
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

// RcodeName gives the mnemonic of an RCODE (RFC 1035, 4.1.1; RFC 2136, 2.2), or
// its number.
func RcodeName(rcode int) string {
	names := [...]string{"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED",
		"YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE"}
	if rcode >= 0 && rcode < len(names) {
		return names[rcode]
	}
	return strconv.Itoa(rcode)
}
