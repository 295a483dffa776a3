package checkconfig

import (
	"net/netip"
	"slices"
	"strings"

	"policyd-spf/conf"
	"policyd-spf/dmarc"
	"policyd-spf/policy"
	"policyd-spf/spf"
)

// Outcome is what happens to mail with one result of one check.
type Outcome struct {
	Identity string `json:"identity"` // helo or mailfrom
	Result   string `json:"result"`   // of the check; empty if the identity is not checked
	Text     string `json:"text"`     // "rejected, 550 5.7.23"
	Refused  bool   `json:"refused,omitempty"`
}

// outcomes returns what happens to mail for each result of HELO and MAIL FROM, if
// the other identity has no SPF record, for a client without an exemption.
func outcomes(s *conf.Settings) []Outcome {
	var all []Outcome
	for _, id := range []policy.Identity{policy.HELO, policy.MailFrom} {
		for _, r := range results() {
			o := outcome(s, id, r)
			all = append(all, o)
			if o.Result == "" {
				break // not checked
			}
		}
	}
	return all
}

// results returns the results of RFC 7208, 2.6, best first.
func results() []spf.Result {
	return []spf.Result{spf.Pass, spf.Neutral, spf.None, spf.Softfail, spf.Fail, spf.Temperror, spf.Permerror}
}

// outcome returns what happens to mail for one result.
func outcome(s *conf.Settings, id policy.Identity, r spf.Result) Outcome {
	o := Outcome{Identity: "helo", Result: r.String()}
	with, option, value := withHELO, "HELO_reject", s.HELOReject
	if id == policy.MailFrom {
		o.Identity = "mailfrom"
		with, option, value = withMailFrom, "Mail_From_reject", s.MailFromReject
	}
	if value == "No_Check" {
		return Outcome{Identity: o.Identity, Text: "not checked, because " + option + " = No_Check"}
	}
	text, refused := with(s, policy.CheckResult{Known: true, Result: r})
	if r == spf.Fail { // the only result of the record that No_Mail = True rejects
		noMail, noMailRefused := with(s, policy.CheckResult{Known: true, Result: r, NoMail: true})
		const record = `the record is "v=spf1 -all"; otherwise `
		if condition, ok := strings.CutSuffix(noMail, "; otherwise "+text); ok {
			text = condition + " and " + record + text
		} else if noMail != text {
			text = noMail + ", if " + record + text
		}
		refused = refused || noMailRefused
	}
	o.Text, o.Refused = text, refused
	return o
}

// withHELO returns what happens with a HELO result: to mail with a sender that has
// no SPF record and, if that differs, to mail without one.
func withHELO(s *conf.Settings, r policy.CheckResult) (text string, refused bool) {
	alone := *s
	alone.MailFromRestrictions = conf.Restrictions{} // those for None are MAIL FROM's
	facts := policy.Facts{Client: exampleClient(), HELOName: exampleName, HELO: r}
	without := policy.Decide(&alone, facts)
	facts.Sender, facts.MailFrom = exampleSender, policy.CheckResult{Known: true, Result: spf.None}
	with := policy.Decide(&alone, facts)
	text = describe(s, with)
	if other := describe(s, without); other != text {
		text = other + ", if the sender is empty; otherwise " + text
	}
	return text, mayRefuse(with) || mayRefuse(without)
}

// withMailFrom returns what happens with a MAIL FROM result, if the HELO name has no
// SPF record.
func withMailFrom(s *conf.Settings, r policy.CheckResult) (text string, refused bool) {
	alone := *s
	alone.HELORestrictions = conf.Restrictions{} // those for None are HELO's
	facts := policy.Facts{Client: exampleClient(), HELOName: exampleName, Sender: exampleSender,
		HELO: policy.CheckResult{Known: true, Result: spf.None}, MailFrom: r}
	if d := policy.Decide(&alone, facts); d.Needs != policy.NeedDMARC {
		return describe(s, d), mayRefuse(d)
	}
	texts := make(map[string][]string) // descriptions, with the policies that lead to them
	for p := dmarc.NoPolicy; p <= dmarc.Reject; p++ {
		facts.DMARC = policy.DMARC{Known: true, Policy: p}
		d := policy.Decide(&alone, facts)
		text = describe(s, d)
		texts[text] = append(texts[text], p.String())
		refused = refused || mayRefuse(d)
	}
	for other := range texts { // text is what happens with the strictest policy
		if other != text {
			text += ", if the DMARC policy is " + strings.Join(texts[text], " or ") + "; otherwise " + other
			break
		}
	}
	return text, refused
}

// mayRefuse reports whether a message is rejected or deferred, or can be if that
// depends on something else.
func mayRefuse(d policy.Decision) bool { return d.Refuses() || d.Needs != policy.NeedNothing }

// leftToPostfix begins the description of an action of access(5) in an option.
const leftToPostfix = "left to Postfix: "

// Names that no list of a configuration has (RFC 6761, 6.4).
const (
	exampleName   = "checkconfig.invalid"
	exampleSender = "sender@checkconfig.invalid"
)

// exampleClient returns an address for documentation (RFC 5737).
func exampleClient() netip.Addr { return netip.AddrFrom4([4]byte{192, 0, 2, 1}) }

// describe returns a decision in a few words.
func describe(s *conf.Settings, d policy.Decision) string {
	if d.Needs != policy.NeedNothing {
		return "depends on " + d.Needs.String()
	}
	if d.SuppressedBy != "" {
		if d.Suppressed == policy.Prepend {
			return "accepted, without a header field"
		}
		suppressed := d
		suppressed.Kind, suppressed.SuppressedBy = d.Suppressed, ""
		return "accepted, because " + d.SuppressedBy + " = " + d.SuppressedValue + "; otherwise " + describe(s, suppressed)
	}
	switch d.Kind {
	case policy.Reject:
		return "rejected, " + policy.ReplyCode(s, d)
	case policy.Defer:
		return "deferred, " + policy.ReplyCode(s, d)
	case policy.RestrictionClass:
		return leftToPostfix + d.Text
	case policy.Prepend:
		if strings.Contains(s.HeaderType, "AR") && !strings.Contains(s.HeaderType, "SPF") {
			return "accepted, with Authentication-Results"
		}
		return "accepted, with Received-SPF"
	}
	return "accepted"
}

// listed returns the decision on a softfail of a domain in Reject_Not_Pass_Domains.
// It returns false if there is none.
func listed(s *conf.Settings) (policy.Decision, bool) {
	if len(s.RejectNotPassDomains) == 0 || s.MailFromReject == "No_Check" {
		return policy.Decision{}, false
	}
	return policy.Decide(s, policy.Facts{Client: exampleClient(), HELOName: exampleName, Sender: "sender@" + s.RejectNotPassDomains[0],
		HELO:     policy.CheckResult{Known: true, Result: spf.None},
		MailFrom: policy.CheckResult{Known: true, Result: spf.Softfail}}), true
}

// refuses reports whether the settings reject or defer any mail.
func refuses(s *conf.Settings, mail []Outcome) bool {
	d, _ := listed(s)
	return mayRefuse(d) || slices.ContainsFunc(mail, func(o Outcome) bool { return o.Refused })
}

// notes returns what holds for some mail only, and whether all of it is accepted.
func notes(s *conf.Settings, mail []Outcome) []string {
	var notes []string
	if d, ok := listed(s); ok {
		notes = append(notes, "softfail of a sender in Reject_Not_Pass_Domains: "+describe(s, d))
	}
	if !refuses(s, mail) {
		note := "nothing is ever rejected"
		if leavesToPostfix(mail) {
			note += " by SPF alone"
		}
		notes = append(notes, note)
	}
	if s.PerUser != "" {
		notes = append(notes, "recipients in the per-user file may have other settings")
	}
	return notes
}

func leavesToPostfix(mail []Outcome) bool {
	return slices.ContainsFunc(mail, func(o Outcome) bool { return strings.Contains(o.Text, leftToPostfix) })
}
