package spf

import (
	"errors"
	"net/netip"
	"slices"

	"policyd-spf/spf/dns"
)

// matches reports whether the mechanism of a directive matches (RFC 7208, 5).
func (e *Evaluation) matches(d *Directive, domain string, depth int) (bool, error) {
	var limit error
	if d.Mechanism.CausesLookup() {
		e.budget.beginTerm()
		limit = e.budget.countLookup() // RFC 7208, 4.6.4
	}
	target, nameErr := domain, nameOK
	if d.Domain != nil && limit == nil {
		target, nameErr, limit = e.target(d.Domain, domain) // RFC 7208, 4.8
	}
	e.termEvent(depth, d, d.eventTarget(target))
	if limit != nil {
		return false, limit
	}
	switch d.Mechanism {
	case All:
		return true, nil // RFC 7208, 5.1
	case IP4, IP6:
		return d.contains(d.Addr, e.macros.ip), nil // RFC 7208, 5.6
	case Include:
		return e.include(d, domain, target, nameErr, depth)
	}
	if nameErr != nameOK {
		return false, nil // no such name can exist (RFC 7208, 4.3 and 4.8)
	}
	switch d.Mechanism {
	case A:
		return e.addressMatches(d, target) // RFC 7208, 5.3
	case MX:
		return e.mxMatches(d, target)
	case PTR:
		return e.ptrMatches(target)
	default:
		a, err := e.lookup(dns.Question{Name: target, Type: dns.TypeA}) // RFC 7208, 5.7: A for IPv6 clients as well
		return len(a.Addrs) > 0, err
	}
}

// eventTarget returns the target-name for an event, "" for a mechanism without.
func (d *Directive) eventTarget(target string) string {
	if d.Mechanism.CausesLookup() {
		return target
	}
	return ""
}

// include reports whether the record of another name results in pass (RFC 7208,
// 5.2).
func (e *Evaluation) include(d *Directive, domain, target string, nameErr nameError, depth int) (bool, error) {
	if nameErr == nameUnencodable {
		return false, nil // RFC 8616, 4
	}
	if target == domain {
		// Recursion would only end at the limits (RFC 7208, 4.6.4).
		return false, &RecordError{SelfInclude, target, d.Source()}
	}
	o := evalResult{result: None}
	if nameErr == nameOK {
		o = e.checkHost(target, d.Source(), depth+1)
	}
	switch o.result {
	case Pass:
		e.includeByAll = o.byAll
		return true, nil
	case Temperror, Permerror:
		return false, o.err
	case None:
		return false, &RecordError{IncludeNoRecord, e.expandForError(d.Domain, domain), d.Source()}
	}
	return false, nil
}

// Networks with shorter prefixes than these contain nearly every host: one of IPv4
// has at least a 128th of all addresses, one of IPv6 at least half of a regional
// registry's.
const (
	minIP4CIDR = 8
	minIP6CIDR = 16
)

// matchesNearlyAll reports whether a directive that has matched also matches nearly
// every other client.
func (e *Evaluation) matchesNearlyAll(d *Directive) bool {
	switch d.Mechanism {
	case All:
		return true
	case Include:
		return e.includeByAll
	case IP4, IP6, A, MX:
		if e.macros.ip.Is4() {
			return d.IP4CIDRLen != NoCIDR && d.IP4CIDRLen < minIP4CIDR
		}
		return d.IP6CIDRLen != NoCIDR && d.IP6CIDRLen < minIP6CIDR
	}
	return false
}

// addressType returns the type of the address records to look up for the client
// (RFC 7208, 5).
func (m *macros) addressType() dns.Type {
	if m.ip.Is4() {
		return dns.TypeA
	}
	return dns.TypeAAAA
}

// addresses looks up the addresses of a name of the client's address family.
func (e *Evaluation) addresses(name string) ([]netip.Addr, error) {
	a, err := e.lookup(dns.Question{Name: name, Type: e.macros.addressType()})
	return a.Addrs, err
}

// addressMatches reports whether the client is in the network of an address of one
// of the names (RFC 7208, 5.3 and 5.4). All names are looked up first, as in 5.4:
// a DNS error or a void lookup counts even after a match.
func (e *Evaluation) addressMatches(d *Directive, names ...string) (matched bool, err error) {
	for _, name := range names {
		if !IsHostName(name) {
			continue
		}
		addrs, err := e.addresses(name)
		if err != nil {
			return false, err
		}
		for _, addr := range addrs {
			matched = matched || d.contains(addr, e.macros.ip)
		}
	}
	return matched, nil
}

// contains reports whether ip is in the network of addr with the directive's
// prefix length for its address family.
func (d *Directive) contains(addr, ip netip.Addr) bool {
	length := d.IP6CIDRLen
	if addr.Is4() {
		length = d.IP4CIDRLen
	}
	if length == NoCIDR {
		return addr == ip
	}
	p, err := addr.Prefix(length)
	return err == nil && p.Contains(ip)
}

// mxMatches reports whether an address of the MX hosts of a name matches (RFC
// 7208, 5.4). The addresses of a name without MX records do not count.
func (e *Evaluation) mxMatches(d *Directive, name string) (bool, error) {
	q := dns.Question{Name: name, Type: dns.TypeMX}
	a, err := e.lookup(q)
	if err != nil {
		return false, err
	}
	if len(a.Names) > MaxMXHosts {
		return false, &LimitError{MXLimit, MaxMXHosts} // RFC 7208, 4.6.4
	}
	defer e.pop(e.push(frame{question: q, hosts: a.Names}))
	return e.addressMatches(d, a.Names...)
}

// IsHostName reports whether a name from an answer is looked up. Host names have
// no bytes beyond US-ASCII (RFC 1123, 2.1).
func IsHostName(name string) bool {
	return name != "" && indexNonASCII(name) < 0
}

// ptrMatches reports whether a validated name of the client is target or a
// subdomain of it (RFC 7208, 5.5).
func (e *Evaluation) ptrMatches(target string) (bool, error) {
	names, err := e.validatedNames()
	if err != nil {
		return false, err
	}
	for _, name := range names {
		if dns.IsSubdomain(name, target) {
			return true, nil
		}
	}
	return false, nil
}

// validatedNames returns the validated names of the client: the PTR names of its
// address that resolve to that address. They are looked up once in a check, but
// each term repeats the void lookups among these, which count. The error is a
// *LimitError.
func (e *Evaluation) validatedNames() ([]string, error) {
	if !e.validatedDone {
		e.validatedDone = true
		if err := e.lookupNames(); err != nil {
			e.validated = nil
			return nil, err
		}
		return e.validated, nil
	}
	for _, q := range e.validatedVoids {
		a, err := e.lookupUnlimited(q)
		if err == nil && a.Void() {
			err = e.countVoid(q)
		}
		if err := e.ignoreDNSError(err); err != nil {
			return nil, err
		}
	}
	return e.validated, nil
}

// macroNames is validatedNames for %{p}, for which void lookups count once in a
// check, as in the original.
func (e *Evaluation) macroNames() ([]string, error) {
	if e.macroNamesDone {
		return e.validated, nil
	}
	e.macroNamesDone = true
	return e.validatedNames()
}

// lookupNames looks up the client's validated names. A DNS error in the PTR lookup
// results in no names, one in an address lookup excludes that name (RFC 7208, 5.5).
// The error is a *LimitError.
func (e *Evaluation) lookupNames() error {
	lookup := func(q dns.Question) (dns.Answer, error) {
		voids := e.budget.voidLookups
		a, err := e.lookup(q)
		if e.budget.voidLookups > voids {
			e.validatedVoids = append(e.validatedVoids, q)
		}
		return a, e.ignoreDNSError(err)
	}
	q := dns.Question{Name: dns.ReverseName(e.macros.ip), Type: dns.TypePTR}
	a, err := lookup(q)
	if err != nil {
		return err
	}
	names := a.Names[:min(len(a.Names), maxPTR)] // RFC 7208, 4.6.4
	defer e.pop(e.push(frame{question: q, hosts: a.Names}))
	for _, name := range names {
		if !IsHostName(name) {
			continue
		}
		a, err := lookup(dns.Question{Name: name, Type: e.macros.addressType()})
		if err != nil {
			return err
		}
		if slices.Contains(a.Addrs, e.macros.ip) {
			e.validated = append(e.validated, name)
		}
	}
	return nil
}

// ignoreDNSError returns nil for no error and for a DNS error, including timeouts and too long a
// CNAME chain, so that a client cannot turn fail into an error by its reverse
// zone. It returns other errors unchanged. The verdict after a DNS error is not reused.
func (e *Evaluation) ignoreDNSError(err error) error {
	var dns *dns.Error
	var limit *LimitError
	aliases := errors.As(err, &limit) && limit.Kind == CNAMELimit
	if err == nil || !aliases && !errors.As(err, &dns) {
		return err
	}
	e.ttl = 0
	return nil
}

// validatedName returns a function for the value of %{p}: the validated name that
// is domain, or else the first subdomain of it, or else the first name, or else
// "unknown" (RFC 7208, 7.3).
func (e *Evaluation) validatedName(domain string) func() string {
	return func() string {
		names, err := e.macroNames()
		if err != nil || len(names) == 0 {
			return "unknown"
		}
		best := names[0]
		for _, name := range names {
			if name == domain {
				return name
			}
			if dns.IsSubdomain(name, domain) && !dns.IsSubdomain(best, domain) {
				best = name
			}
		}
		return best
	}
}
