package dns

import (
	"net/netip"
	"strconv"
	"time"
)

// Type is a DNS record type (RFC 1035, 3.2.2).
type Type uint16

// The types that SPF uses (RFC 7208, 4.4 and 5).
const (
	TypeA    Type = 1
	TypePTR  Type = 12
	TypeMX   Type = 15
	TypeTXT  Type = 16
	TypeAAAA Type = 28
	TypeSPF  Type = 99 // obsolete (RFC 7208, 3.1); its data are those of TXT
)

// String returns the type's name as in zone files.
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
	case TypeSPF:
		return "SPF"
	}
	return "TYPE" + strconv.Itoa(int(t)) // RFC 3597, 5
}

// Question is what a lookup asks for. Name is absolute and in lower case, without
// the final dot, its bytes as on the wire (no escapes), internationalized labels as
// A-labels. A Question can be a map key.
type Question struct {
	Name string
	Type Type
}

func (q Question) String() string { return q.Name + " " + q.Type.String() }

// Answer is a name server's answer of RCODE 0 or 3 after following CNAMEs: data of
// the type asked for, or none (NODATA or NXDOMAIN). Its slices are shared with
// caches and must not be changed.
type Answer struct {
	TXT        [][]string    // the strings of each TXT record
	Addrs      []netip.Addr  // of an A or AAAA answer, in the answer's order
	Names      []string      // MX hosts by preference, or PTR names in the answer's order; "" is a name that Question cannot hold
	NXDomain   bool          // the name does not exist
	TTL        time.Duration // how long the answer may be used from now on; 0 if it may not be cached
	Size       int           // bytes of the message
	TCP        bool          // it came over TCP
	Alias      bool          // the name is an alias: CNAME records were followed
	Cached     bool          // it came from a Cache, not from a name server
	Prefetched bool          // Cache.Prefetch had started the lookup
	FromFile   bool          // it came from a Zone
	Duration   time.Duration // how long a Cache's caller waited for it
}

// Void reports whether the answer has no data of the type asked for.
func (a Answer) Void() bool { return len(a.TXT)+len(a.Addrs)+len(a.Names) == 0 }

// Resolver looks up names. Each error it returns is an *Error; NODATA and NXDOMAIN
// are answers. Lookup returns soon after the deadline; the zero time is no deadline.
// Resolvers wrap one another: a Cache a Client, or a Zone a Cache.
type Resolver interface {
	Lookup(q Question, deadline time.Time) (Answer, error)
}

// AsyncResolver is a Resolver that has several lookups in progress at once. *Client
// implements it. It belongs to one goroutine.
type AsyncResolver interface {
	Resolver

	// Start starts a lookup and returns at once.
	Start(q Question, deadline time.Time) *Call

	// StartOnce is Start for a lookup that fails instead of being repeated.
	StartOnce(q Question, deadline time.Time) *Call

	// Progress waits until a call in progress ends, or until a point in time. It
	// sets Call.Done and the outcome of calls that have ended.
	Progress(until time.Time)

	// Cancel ends a call.
	Cancel(call *Call)
}

// Prefetcher starts lookups before their answers are needed.
// *Cache implements it.
type Prefetcher interface {
	// Peek returns the last known answer to q, even if it has expired: its TTL
	// is then 0, and it is no more than a hint.
	Peek(q Question) (Answer, bool)

	// Prefetch starts a lookup whose answer may be needed soon, and returns at
	// once. It returns false if no more lookups may be started now.
	Prefetch(q Question, deadline time.Time) bool

	// Start starts the lookup that Lookup is called for next, so that it leaves
	// before the prefetches that follow.
	Start(q Question, deadline time.Time)

	// Next waits for the answer to q. Until it arrives, Next returns the answers
	// of prefetches, each once. ok is false when Lookup can return the answer to
	// q without waiting, or the deadline has passed.
	Next(q Question, deadline time.Time) (prefetched Question, a Answer, ok bool)

	// Cancel ends all prefetches and the request that they were made for.
	Cancel()
}
