package explain

import (
	"errors"
	"slices"

	"policyd-spf/conf"
	"policyd-spf/policy"
	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// settings knows where the values of options come from.
type settings struct {
	loaded *conf.File
	path   string
	user   *User
}

// setting returns an option with a value that is in force.
func (s settings) setting(option, value string) Setting {
	return Setting{option, value, s.origin(option)}
}

func (s settings) origin(option string) Origin {
	if s.user != nil && s.user.Found {
		if slices.Contains(s.user.Options, option) {
			return Origin{File: s.user.File, Line: s.user.Line}
		}
	}
	if o, ok := s.loaded.Origins[option]; ok {
		return Origin{File: o.File, Line: o.Line}
	}
	return Origin{Default: true}
}

// add adds the outcome of a request to its report.
func (r *Report) add(o policy.Outcome) {
	q := o.Request
	r.Request = Request{q.ClientAddress, q.HELOName, q.Sender, q.Recipient, q.Instance, q.QueueID}
	if u := o.User; u != nil {
		r.User = &User{u.Found, u.File, u.Line, u.Names}
		r.settings.user = r.User
	}
	if a := o.Facts.Earlier; a.Known {
		r.Remembered = &Remembered{a.Kind.String(), a.Text}
	}
	if d := o.Decision; d.Basis == policy.Whitelisted {
		setting := r.settings.setting(d.Option, d.Value)
		r.Bypass = &setting
	}
	for _, c := range r.Checks {
		if c.Identity == policy.HELO.String() {
			r.addCheck(c, o.HELO, o.Decision.HELO, o.Settings)
		} else {
			r.addCheck(c, o.MailFrom, o.Decision.MailFrom, o.Settings)
		}
	}
	if l := r.policy; l != nil {
		r.DMARC = &DMARC{l.Entry, o.DMARC.OrganizationalDomain, o.DMARC.Domain, o.DMARC.Policy.String(), l.Lookups}
	}
	r.addDecision(o)
	if s := o.Shadow; s != nil {
		r.Shadow = &Shadow{o.Settings.ShadowConfig, s.Text, s.Decision.Needs != policy.NeedNothing, s.Differs}
	}
}

// addCheck adds a check's verdict, and what the settings make of it.
func (r *Report) addCheck(c *Check, done policy.Check, d policy.Disposition, s *conf.Settings) {
	args, v := done.Args, done.Verdict
	c.IP, c.Domain, c.Sender, c.HELO, c.Cached = args.IP.String(), args.Domain, args.Sender, args.HELO, done.Cached
	if c.Sender == "" {
		c.Sender = "postmaster@" + c.Domain // RFC 7208, 2.4
	}
	c.Verdict = Verdict{
		Result: v.Result.String(), Reason: done.Reason, Error: errorText(v.Err),
		Domain: v.Domain, Record: v.Record, Term: v.Term,
		Terms: v.Lookups, TermsLimit: spf.DefaultLimits().Lookups, Voids: v.VoidLookups, VoidsLimit: s.VoidLimit,
		TTL: seconds(v.TTL),
	}
	var failed *dns.Error
	if errors.As(v.Err, &failed) {
		c.failedName = failed.Question.Name
	}
	if v.Result == spf.Permerror {
		c.Fault = c.Record.errorLocation(v.Err)
	}
	c.Rule = &Rule{Action: d.Kind.String(), Setting: r.settings.setting(d.Option, d.Value), Downgraded: d.Downgraded, LeftToDMARC: d.LeftToDMARC}
	if d.PassByAll {
		setting := r.settings.setting("Pass_By_All", "No")
		c.Rule.PassByAll = &setting
	}
}

// addDecision adds what decided on the reply.
func (r *Report) addDecision(o policy.Outcome) {
	d := o.Decision
	switch {
	case d.Basis == policy.Mocked:
		r.override(d.Option, r.settings.loaded.Origins[d.Option].Value)
	case d.Basis == policy.Unchecked:
		r.Decision, r.Unchecked = ByNobody, uncheckedText(o)
	case d.Basis == policy.Cached:
		r.Decision = ByRemembered
	case d.SuppressedBy != "":
		r.override(d.SuppressedBy, d.SuppressedValue)
	case d.Basis == policy.Restriction:
		r.override(d.Option, d.Value)
	case d.Basis == policy.Whitelisted:
		r.Decision = ByList
	default:
		r.Decision = DecisionKind(d.Identity.String())
	}
	if d.Basis == policy.Checked || d.Basis == policy.Restriction {
		r.identity = d.Identity.String()
	}
}

// override records an option that has the last word.
func (r *Report) override(option, value string) {
	s := r.settings.setting(option, value)
	r.Decision, r.Override = ByOverride, &s
}

// uncheckedText says why nothing was checked.
func uncheckedText(o policy.Outcome) string {
	switch o.Decision.Unchecked {
	case policy.NoClientAddress:
		client := o.Settings.Prospective
		if client == "" {
			client = o.Request.ClientAddress
		}
		if client == "" {
			return "there is no client_address"
		}
		return `"` + client + `" is not an IP address`
	case policy.NoIdentity:
		return "there is neither HELO name nor sender"
	case policy.HELOUnchecked:
		return "there is no sender, and HELO_reject is No_Check"
	}
	return "HELO_reject and Mail_From_reject are No_Check"
}

// decider returns the check that decided, or that an overriding option is about;
// nil if there is none.
func (r *Report) decider() *Check {
	for _, c := range r.Checks {
		if c.Identity == r.identity {
			return c
		}
	}
	return nil
}
