package dmarc

import (
	"strings"
	"time"

	"policyd-spf/spf/dns"
)

const (
	// maxQueries is the number of lookups of a tree walk: the domain itself, and its
	// ancestors of 7 labels and fewer (RFC 9989, 4.10).
	maxQueries = 8

	// prefix is the label below which a domain's record is (RFC 9989, 4.5).
	prefix = "_dmarc."

	// maxName is the length of the longest name without its final dot (RFC 1035,
	// 2.3.4). A longer one has no record.
	maxName = 253
)

// Discovery is what a tree walk finds.
type Discovery struct {
	// OrganizationalDomain is the one to which the domain belongs: itself if no
	// record was found (RFC 9989, 4.10.2).
	OrganizationalDomain string

	// Domain is the name whose record applies to the organizational domain: its own
	// or its public suffix domain's; "" if there is none.
	Domain string

	// Policy is the organizational domain's. In test mode it is the one that
	// applies, not the one published.
	Policy Policy
}

// finding is a record found in a tree walk.
type finding struct {
	domain string
	record Record
}

// Discover finds the policy of the organizational domain to which a domain belongs, by
// the DNS tree walk of RFC 9989, 4.10. The domain is in lower case, with A-labels and
// without a final dot. All lookups are prefetched by p, which may be nil. The first
// lookup that fails ends the walk; the error is a *dns.Error.
func Discover(r dns.Resolver, p dns.Prefetcher, domain string, deadline time.Time) (Discovery, error) {
	names := targets(domain)
	prefetch(p, names, deadline)
	var found []finding // from the longest name to the shortest
	for _, name := range names {
		if len(prefix)+len(name) > maxName {
			continue
		}
		a, err := r.Lookup(question(name), deadline)
		if err != nil {
			return Discovery{OrganizationalDomain: domain}, err
		}
		record, ok := selectRecord(a)
		if !ok {
			continue
		}
		found = append(found, finding{name, record})
		if record.PSD != PSDUnknown {
			break
		}
	}
	return selectPolicy(domain, found), nil
}

// question returns the lookup of a domain's record.
func question(domain string) dns.Question {
	return dns.Question{Name: prefix + domain, Type: dns.TypeTXT}
}

// prefetch starts the lookups of all names.
func prefetch(p dns.Prefetcher, names []string, deadline time.Time) {
	if p == nil {
		return
	}
	for i, name := range names {
		switch {
		case len(prefix)+len(name) > maxName:
		case i == 0:
			p.Start(question(name), deadline)
		case !p.Prefetch(question(name), deadline):
			return
		}
	}
}

// targets returns the names whose records a tree walk looks up, from the longest to
// the shortest (RFC 9989, 4.10).
func targets(domain string) []string {
	names := []string{domain}
	labels := strings.Split(domain, ".")
	for n := min(len(labels), maxQueries) - 1; n > 0; n-- {
		names = append(names, suffix(labels, n))
	}
	return names
}

// suffix returns the name made of the last n labels.
func suffix(labels []string, n int) string { return strings.Join(labels[len(labels)-n:], ".") }

// selectPolicy selects the organizational domain (RFC 9989, 4.10.2) and its policy
// (RFC 9989, 4.10.1).
func selectPolicy(domain string, found []finding) Discovery {
	if len(found) == 0 {
		return Discovery{OrganizationalDomain: domain}
	}
	last := found[len(found)-1]
	if last.record.PSD != PSDYes || last.domain == domain {
		return discovered(last.domain, last, last.record.Policy)
	}
	labels := strings.Split(domain, ".")
	organizational := suffix(labels, strings.Count(last.domain, ".")+2) // one label more
	for _, f := range found {
		if f.domain == organizational {
			return discovered(organizational, f, f.record.Policy)
		}
	}
	return discovered(organizational, last, last.record.SubdomainPolicy)
}

// discovered returns the policy of an organizational domain by the record that applies
// to it.
func discovered(organizational string, by finding, p Policy) Discovery {
	if by.record.Testing {
		p = p.testing()
	}
	return Discovery{OrganizationalDomain: organizational, Domain: by.domain, Policy: p}
}
