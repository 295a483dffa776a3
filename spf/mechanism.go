package spf

import (
	"errors"
	"net/netip"
	"slices"
	"strings"

	"policyd-spf/spf/dns"
)

// matches evaluates a directive's mechanism (RFC 7208, 5).
func (e *Evaluation) matches(d *Directive, domain string, depth int) (bool, error) {
	var limit error
	if d.Mechanism.CausesLookup() {
		limit = e.budget.countLookup() // RFC 7208, 4.6.4
	}
	target, flaw := domain, nameOK
	if d.Domain != nil && limit == nil {
		target, flaw = e.target(d.Domain, domain) // RFC 7208, 4.8
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
		return e.include(d, domain, target, flaw, depth)
	}
	if flaw != nameOK {
		return false, nil // a name that cannot exist (RFC 7208, 4.3 and 4.8)
	}
	switch d.Mechanism {
	case A:
		return e.addressMatches(d, target) // RFC 7208, 5.3
	case MX:
		return e.mxMatches(d, target)
	case PTR:
		return e.ptrMatches(target)
	default:
		a, err := e.lookup(dns.Question{Name: target, Type: dns.TypeA}) // RFC 7208, 5.7: A also for an IPv6 client
		return len(a.Addrs) > 0, err
	}
}

// eventTarget is the target for an event: none for a mechanism that has none.
func (d *Directive) eventTarget(target string) string {
	if d.Mechanism.CausesLookup() {
		return target
	}
	return ""
}

// include evaluates another name's record; only its pass matches (RFC 7208, 5.2).
func (e *Evaluation) include(d *Directive, domain, target string, flaw nameError, depth int) (bool, error) {
	if flaw == nameUnencodable {
		return false, nil // RFC 8616, 4
	}
	if target == domain {
		// It would only run into the limits (RFC 7208, 4.6.4).
		return false, &RecordError{SelfInclude, target, d.Source()}
	}
	o := evalResult{result: None}
	if flaw == nameOK {
		o = e.checkHost(target, d.Source(), depth+1)
	}
	switch o.result {
	case Pass:
		return true, nil
	case Temperror, Permerror:
		return false, o.err
	case None:
		return false, &RecordError{IncludeNoRecord, e.expandForError(d.Domain, domain), d.Source()}
	}
	return false, nil
}

// addressType is the type of the client's addresses: only one is ever asked
// for (RFC 7208, 5).
func (m *macros) addressType() dns.Type {
	if m.ip.Is4() {
		return dns.TypeA
	}
	return dns.TypeAAAA
}

// addresses looks up the client's type of addresses of a name.
func (e *Evaluation) addresses(name string) ([]netip.Addr, error) {
	a, err := e.lookup(dns.Question{Name: name, Type: e.macros.addressType()})
	return a.Addrs, err
}

// addressMatches compares the addresses of the names (RFC 7208, 5.3 and 5.4).
// All are looked up before any is compared, as section 5.4 has it: a DNS error
// or a void lookup counts also behind a match.
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

// contains tells whether ip is in the network of addr and the directive's
// prefix length for that family.
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

// mxMatches compares the addresses of a name's mail hosts (RFC 7208, 5.4). A
// name without MX records has none: its own addresses do not count.
func (e *Evaluation) mxMatches(d *Directive, name string) (bool, error) {
	a, err := e.lookup(dns.Question{Name: name, Type: dns.TypeMX})
	if err != nil {
		return false, err
	}
	if len(a.Names) > MaxMXHosts {
		return false, &LimitError{MXLimit, MaxMXHosts} // RFC 7208, 4.6.4
	}
	defer e.pop(e.push(frame{hosts: a.Names}))
	return e.addressMatches(d, a.Names...)
}

// isHostName tells whether a name out of an answer can be looked up. Octets
// beyond US-ASCII are in no host name (RFC 1123, 2.1).
func IsHostName(name string) bool {
	return name != "" && indexNonASCII(name) < 0
}

// ptrMatches tells whether a validated name of the client is the target or
// below it (RFC 7208, 5.5).
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

// validatedNames gives the client's names that lead back to its address. They
// are looked up once in a check. A DNS error on the PTR lookup is no match, and
// one on a name's addresses leaves that name out (RFC 7208, 5.5). The error is
// a limit exceeded.
func (e *Evaluation) validatedNames() ([]string, error) {
	if e.validatedDone {
		return e.validated, nil
	}
	e.validatedDone = true
	a, err := e.lookup(dns.Question{Name: dns.ReverseName(e.macros.ip), Type: dns.TypePTR})
	if err != nil {
		return nil, e.ignoreDNSError(err)
	}
	defer e.pop(e.push(frame{hosts: a.Names}))
	for i, name := range a.Names {
		if i == maxPTR {
			break // RFC 7208, 4.6.4
		}
		if !IsHostName(name) {
			continue
		}
		addrs, err := e.addresses(name)
		if err != nil {
			if err := e.ignoreDNSError(err); err != nil {
				return nil, err
			}
			continue
		}
		if slices.Contains(addrs, e.macros.ip) {
			e.validated = append(e.validated, name)
		}
	}
	return e.validated, nil
}

// ignoreDNSError drops a DNS error, also that the time is up or that there are too
// many aliases: a client that owns its reverse zone must not turn a fail into
// an error. A verdict that a DNS error had a part in is not kept.
func (e *Evaluation) ignoreDNSError(err error) error {
	var dns *dns.Error
	var limit *LimitError
	aliases := errors.As(err, &limit) && limit.Kind == CNAMELimit
	if !aliases && !errors.As(err, &dns) {
		return err
	}
	e.ttl = 0
	return nil
}

// validatedName gives %{p} for a domain: a validated name that is the domain, or
// else one below it, or else any, or else "unknown" (RFC 7208, 7.3).
func (e *Evaluation) validatedName(domain string) func() string {
	return func() string {
		names, err := e.validatedNames()
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
		return strings.TrimSuffix(best, ".")
	}
}
