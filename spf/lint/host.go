package lint

import (
	"context"
	"net/netip"

	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// Host is the result for one address, and the terms that lead to it.
type Host struct {
	IP      netip.Addr
	Verdict spf.Verdict
	Path    []Match // from the domain's own record to the term that decides; empty if no term matches
}

// Match is a term that matched, or the redirect that was followed.
type Match struct {
	Domain string // the name whose record has the term
	Term   spf.Term
}

// CheckAddress evaluates check_host() for mail of the postmaster of a domain from
// ip. The domain is in the form of dns.Question.Name. It returns soon after ctx is
// done.
func CheckAddress(ctx context.Context, r dns.Resolver, domain string, ip netip.Addr, limits spf.Limits) *Host {
	p := &matchPath{}
	c := spf.Checker{Resolver: r, Limits: limits, Observer: p}
	v := c.CheckHost(ctx, spf.Args{IP: ip, Domain: domain, Sender: "postmaster@" + domain, HELO: domain})
	return &Host{IP: ip, Verdict: v, Path: p.path}
}

// matchPath observes an evaluation. Terms that are nested in an include or
// redirect are evaluated between its TermEvent and its MatchEvent.
type matchPath struct {
	domains []string // of the records in evaluation, by depth
	open    []openTerm
	path    []Match
}

// openTerm is a term in evaluation.
type openTerm struct {
	domain string
	length int // of the path when it began
}

// Event implements spf.Observer.
func (p *matchPath) Event(e spf.Event) {
	switch e := e.(type) {
	case spf.RecordEvent:
		p.domains = append(p.domains[:e.Depth], e.Domain)
	case spf.TermEvent:
		p.open = append(p.open, openTerm{p.domains[e.Depth], len(p.path)})
	case spf.MatchEvent:
		last := len(p.open) - 1
		t := p.open[last]
		p.open = p.open[:last]
		if !e.Matched && e.Err == nil {
			p.path = p.path[:t.length]
			return
		}
		nested := append([]Match{{t.domain, e.Term}}, p.path[t.length:]...)
		p.path = append(p.path[:t.length], nested...)
	}
}
