package policy

import (
	"time"

	"policyd-spf/conf"
	"policyd-spf/dmarc"
	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// LookupExemption returns the whitelist that contains the client of f, with the lookups
// that a Server with these settings makes. The zero value means that there is none.
func LookupExemption(r dns.Resolver, s *conf.Settings, f Facts) Exemption {
	e := detachedEvaluator(r, s)
	defer e.close()
	return findExemption(e, s, &f, f.Client.String(), &requestLog{process: e.log, level: e.log.Level})
}

// EvaluateIdentity evaluates SPF for an identity of f, as a Server with these
// settings does.
func EvaluateIdentity(r dns.Resolver, s *conf.Settings, id Identity, f Facts) (spf.Verdict, CheckResult) {
	e := detachedEvaluator(r, s)
	defer e.close()
	args := heloArgs(f.Client, heloDomain(f.HELOName, f.Sender))
	if id == MailFrom {
		args = mailFromArgs(f.Client, f.Sender, heloDomain(f.HELOName, f.Sender))
	}
	v := e.run(e.prepare(args, s.LookupTime), s.LookupTime)
	return v, checkResult(v)
}

// LookupDMARC looks up the DMARC policy of the sender's organizational domain, as a
// Server with Leave_DMARC does. The error is a *dns.Error; a Server takes it for no
// policy.
func LookupDMARC(r dns.Resolver, sender string) (DMARC, error) {
	none := DMARC{Known: true}
	q, ok := spf.NewQuestion(domainOf(sender), dns.TypeTXT)
	if !ok {
		return none, nil
	}
	found, err := dmarc.Discover(r, nil, q.Name, time.Now().Add(conf.DMARCTimeout))
	if err != nil {
		return none, err
	}
	return DMARC{Known: true, Policy: found.Policy}, nil
}

// detachedEvaluator returns an evaluator that belongs to no Server: without a log
// and with a verdict cache that only it uses.
func detachedEvaluator(r dns.Resolver, s *conf.Settings) *evaluator {
	return &evaluator{
		resolver: r, verdicts: &verdictCache{}, log: &Log{Level: levelErrors - 1}, limits: limitsOf(s),
	}
}
