package spf

import (
	"context"
	"net/netip"
)

// Query is what check_host() is asked (RFC 7208, 4.1).
type Query struct {
	IP     netip.Addr // of the SMTP client; an IPv4-mapped IPv6 address counts as IPv4
	Domain string     // the domain checked: of MAIL FROM, or the HELO name; U-labels are welcome
	Sender string     // MAIL FROM, or postmaster@ and the HELO name (RFC 7208, 2.4 and 4.3)
	HELO   string     // the HELO name, for %{h}
}

// Checker evaluates check_host(). Its fields are not to be changed while it is
// in use; it may be used by several goroutines.
type Checker struct {
	Resolver Resolver
	Limits   Limits
	Receiver string   // %{r}: the host that checks; "" expands to "unknown"
	Ahead    bool     // ask ahead what a record is going to ask, if Resolver is a Prefetcher
	Observer Observer // is told of every step; nil when nobody asks why
}

// Check evaluates check_host() for q. It returns when ctx is done at the
// latest, with temperror. It always gives a verdict.
func (c *Checker) Check(ctx context.Context, q Query) Verdict {
	return Verdict{} // being written
}

// Limits are the processing limits of RFC 7208, 4.6.4.
type Limits struct {
	Terms int // terms that cause lookups; exceeding it is permerror
	Voids int // void lookups; exceeding it is permerror
}

// DefaultLimits are those of the RFC: 10 terms and 2 void lookups.
func DefaultLimits() Limits { return Limits{Terms: 10, Voids: 2} }

// Observer is told of the steps of an evaluation.
type Observer interface{ Event(Event) }

// Event is one of the step types of trace.go.
type Event interface{ event() }
