package policy

import (
	"policyd-spf/dmarc"
	"policyd-spf/spf"
)

// Need is a fact that a decision depends on, but that is not known.
type Need uint8

// The facts that can be missing.
const (
	NeedNothing Need = iota
	NeedWhitelist
	NeedHELO
	NeedMailFrom
	NeedAuthentication
	NeedDMARC
)

// String returns the name for people: "HELO", "MAIL FROM", "whitelist lookup",
// "authentication", "DMARC policy".
func (n Need) String() string {
	return [...]string{"nothing", "whitelist lookup", "HELO", "MAIL FROM", "authentication", "DMARC policy"}[n]
}

// alternatives returns the facts with each value that a missing one can have.
func (f *Facts) alternatives(n Need) []Facts {
	var all []Facts
	switch n {
	case NeedWhitelist:
		for _, e := range [...]Exemption{{}, {Option: f.ExemptionNeeds}} {
			g := *f
			g.Exemption, g.ExemptionNeeds = e, ""
			all = append(all, g)
		}
	case NeedAuthentication:
		for _, authenticated := range [...]bool{false, true} {
			g := *f
			g.Authenticated, g.AuthenticatedUnknown = authenticated, false
			all = append(all, g)
		}
	case NeedDMARC:
		for p := dmarc.NoPolicy; p <= dmarc.Reject; p++ {
			g := *f
			g.DMARC = DMARC{Known: true, Policy: p}
			all = append(all, g)
		}
	case NeedHELO:
		for _, c := range f.HELO.alternatives() {
			g := *f
			g.HELO = c
			all = append(all, g)
		}
	case NeedMailFrom:
		for _, c := range f.MailFrom.alternatives() {
			g := *f
			g.MailFrom = c
			all = append(all, g)
		}
	}
	return all
}

func (c CheckResult) alternatives() []CheckResult {
	var all []CheckResult
	for r := spf.None; r <= spf.Permerror; r++ {
		if c.Known && r != c.Result {
			continue
		}
		all = append(all, CheckResult{Known: true, Result: r}, CheckResult{Known: true, Result: r, NoMail: true})
		if r == spf.Pass {
			all = append(all, CheckResult{Known: true, Result: r, ByAll: true})
		}
	}
	return all
}

// commonDecision returns what two decisions of the same kind have in common.
func commonDecision(a, b Decision) Decision {
	c := Decision{
		Needs: a.Needs, Kind: a.Kind,
		HeaderPresent: a.HeaderPresent && b.HeaderPresent, Error: a.Error && b.Error,
	}
	if a.Basis == b.Basis && a.Identity == b.Identity && a.Unchecked == b.Unchecked && a.Option == b.Option && a.Value == b.Value {
		c.Basis, c.Identity, c.Unchecked, c.Option, c.Value = a.Basis, a.Identity, a.Unchecked, a.Option, a.Value
	}
	if a.HELO == b.HELO {
		c.HELO = a.HELO
	}
	if a.MailFrom == b.MailFrom {
		c.MailFrom = a.MailFrom
	}
	if a.Text == b.Text {
		c.Text = a.Text
	}
	if a.SuppressedBy == b.SuppressedBy && a.Suppressed == b.Suppressed {
		c.SuppressedBy, c.SuppressedValue, c.Suppressed = a.SuppressedBy, a.SuppressedValue, a.Suppressed
	}
	if a.Cache == b.Cache {
		c.Cache = a.Cache
	}
	return c
}
