package policy

import (
	"policyd-spf/conf"
	"policyd-spf/dmarc"
	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// The values of Leave_DMARC with an effect.
const (
	leaveEnforced = "Enforced" // mail of domains whose policy is quarantine or reject
	leaveAll      = "All"      // mail of domains with any policy
)

// DMARC is what is known about the DMARC policy of a sender's organizational
// domain. The zero value means that nothing is known.
type DMARC struct {
	Known  bool
	Policy dmarc.Policy
}

// asksDMARC reports whether the settings leave a MAIL FROM Fail of any domain to DMARC.
func asksDMARC(s *conf.Settings) bool {
	return s.LeaveDMARC == leaveEnforced || s.LeaveDMARC == leaveAll
}

// leavesToDMARC reports whether the settings leave a MAIL FROM Fail of a domain with
// this policy to DMARC.
func leavesToDMARC(s *conf.Settings, p dmarc.Policy) bool {
	switch s.LeaveDMARC {
	case leaveEnforced:
		return p >= dmarc.Quarantine
	case leaveAll:
		return p != dmarc.NoPolicy
	}
	return false
}

// lookupDMARC looks up the DMARC policy of a sender's organizational domain. A failed
// lookup counts as no policy, and is logged.
func lookupDMARC(e *evaluator, sender string, log *requestLog) (DMARC, dmarc.Discovery) {
	none := DMARC{Known: true}
	domain := domainOf(sender)
	q, ok := spf.NewQuestion(domain, dns.TypeTXT)
	if !ok {
		return none, dmarc.Discovery{}
	}
	e.observe(Subject{Option: "Leave_DMARC", Entry: q.Name})
	found, err := dmarc.Discover(e.resolver, e.prefetcher, q.Name, e.within(conf.DMARCTimeout))
	if err != nil {
		log.process.Line(levelErrors, Err, "ERROR: DMARC policy of ", q.Name, " not found: ", err.Error())
		return none, found
	}
	log.Line(levelVerdicts, Info, "DMARC policy of ", found.OrganizationalDomain, ": ", found.Policy.String())
	return DMARC{Known: true, Policy: found.Policy}, found
}
