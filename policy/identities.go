package policy

import (
	"net/netip"
	"strings"

	"policyd-spf/spf"
)

// identities checks HELO and then MAIL FROM, and gives the answer.
func (q *inquiry) identities() Action {
	shown := q.request.Sender
	if shown == "" {
		shown = "<>"
	}
	q.party = newParty(q.client, q.helo, shown, q.recipient)
	heloCheck := q.set.HELOReject != wordNoCheck
	mailFromCheck := q.set.MailFromReject != wordNoCheck && q.request.Sender != ""
	var ofHELO, ofMailFrom check
	if heloCheck {
		ofHELO = q.prepare(heloQuery(q.ip, q.helo), q.set.LookupTime)
	}
	if mailFromCheck {
		ofMailFrom = q.prepare(mailFromQuery(q.ip, q.request.Sender, q.helo), q.set.LookupTime)
		if heloCheck && ofHELO.waits() {
			q.start(&ofMailFrom) // meanwhile
		}
	}
	var h finding
	if heloCheck {
		var final bool
		if h, final = q.checkHELO(ofHELO); final {
			return h.action
		}
	}
	switch {
	case q.request.Sender == "":
		return q.withoutSender(h)
	case !mailFromCheck:
		return q.withoutMailFrom(h)
	}
	return q.checkMailFrom(ofMailFrom, h)
}

// finding is what the check of HELO came to. The zero value is that there was
// none.
type finding struct {
	checked bool
	result  spf.Result
	reason  string
	action  Action // without the header's text
}

// checkHELO checks the HELO identity (RFC 7208, 2.3). The answer may be final.
func (q *inquiry) checkHELO(c check) (h finding, final bool) {
	q.logPolicy(helo, q.request.HELOName)
	v, reason := q.verdict(helo, c)
	rule := decide(q.set, helo, v.Result, q.request.HELOName, q.request.Sender != "")
	reason = shownReason(v.Result, reason, rule.listed)
	q.logResult(helo, v.Result)
	h = finding{checked: true, result: v.Result, reason: reason}
	spare := q.spared(helo, rule.kind, v)
	observe(q, VerdictStep{helo.String(), v, reason})
	observe(q, RuleStep{helo.String(), rule.kind, rule.option, rule.value, spare})
	if (rule.kind == Reject || rule.kind == Defer) && !spare {
		h.action = q.refusal(rule.kind, helo, v.Result, reason)
		q.remember(h.action)
		return h, true
	}
	if spare && q.added {
		h.action = Action{Already: true}
		return h, true
	}
	if spare {
		rule.kind = Prepend
	}
	h.action = Action{Kind: rule.kind}
	if !spare {
		if restriction := q.restriction(q.set.HELOPassRestriction); restriction != "" && v.Result == spf.Pass {
			q.remember(Action{Kind: Restrict, Text: restriction})
		} else {
			q.remember(h.action)
		}
	}
	return h, false
}

// withoutSender gives the answer for the null reverse-path.
func (q *inquiry) withoutSender(h finding) Action {
	if !h.checked {
		observe(q, UncheckedStep{"there is no sender, and HELO_reject is No_Check"})
		return Action{}
	}
	if restriction := q.restriction(q.set.HELOPassRestriction); restriction != "" && h.result == spf.Pass {
		observe(q, RestrictionStep{"HELO_pass_restriction", restriction})
		return Action{Kind: Restrict, Text: restriction}
	}
	q.remember(h.action)
	if h.action.Kind == Prepend {
		h.action.Text = q.header(helo, h.result, h.reason)
		h.action.Error = isError(h.result) // for the log
	}
	return h.action
}

// withoutMailFrom gives the answer where Mail_From_reject is No_Check.
func (q *inquiry) withoutMailFrom(h finding) Action {
	switch {
	case !h.checked:
		observe(q, UncheckedStep{"HELO_reject and Mail_From_reject are No_Check"})
		return Action{}
	case q.added:
		return Action{Already: true}
	}
	return Action{Kind: Prepend, Text: q.header(helo, h.result, h.reason)}
}

// checkMailFrom checks the MAIL FROM identity (RFC 7208, 2.4), and gives the
// answer in the light of what was found for HELO.
func (q *inquiry) checkMailFrom(c check, h finding) Action {
	name := ""
	if strings.Contains(q.request.Sender, "@") {
		name = domainOf(q.request.Sender)
	}
	q.logPolicy(mailFrom, name)
	v, reason := q.verdict(mailFrom, c)
	rule := decide(q.set, mailFrom, v.Result, name, true)
	reason = shownReason(v.Result, reason, rule.listed)
	refused := rule.kind == Reject || rule.kind == Defer
	ownHeader := v.Result != spf.None || !h.checked || h.result == spf.None // else HELO's stays
	if ownHeader {
		q.logResult(mailFrom, v.Result)
		if !refused {
			if !q.perUser {
				q.log(4, Info, "not peruser")
			}
			q.remember(Action{Kind: rule.kind})
		}
	}
	spare := q.spared(mailFrom, rule.kind, v)
	observe(q, VerdictStep{mailFrom.String(), v, reason})
	observe(q, RuleStep{mailFrom.String(), rule.kind, rule.option, rule.value, spare})
	if a, ok := q.passRestriction(v.Result, h); ok {
		return a
	}
	if refused && !spare {
		a := q.refusal(rule.kind, mailFrom, v.Result, reason)
		q.remember(a)
		return a
	}
	if q.added {
		return Action{Already: true}
	}
	if ownHeader {
		return Action{Kind: Prepend, Text: q.header(mailFrom, v.Result, reason)}
	}
	return Action{Kind: Prepend, Text: q.header(helo, h.result, h.reason)}
}

// passRestriction gives the answer that the administrator wants for a Pass: of
// MAIL FROM, or else of HELO, whatever MAIL FROM's result is. (The latter is
// not remembered: the message's other recipients get what was remembered for
// the header.)
func (q *inquiry) passRestriction(r spf.Result, h finding) (Action, bool) {
	ofHELO, ofMailFrom := q.restriction(q.set.HELOPassRestriction), q.restriction(q.set.MailFromPassRestriction)
	if h.result != spf.Pass {
		ofHELO = ""
	}
	var a Action
	switch {
	case r == spf.Pass && ofMailFrom != "":
		a = Action{Kind: Restrict, Text: ofMailFrom}
		observe(q, RestrictionStep{"Mail_From_pass_restriction", ofMailFrom})
	case ofHELO != "":
		a = Action{Kind: Restrict, Text: ofHELO}
		observe(q, RestrictionStep{"HELO_pass_restriction", ofHELO})
	default:
		return Action{}, false
	}
	if r == spf.Pass {
		q.remember(a)
	}
	return a, true
}

// shownReason gives the reason as replies and headers show it.
func shownReason(r spf.Result, reason string, listed bool) string {
	switch {
	case r == spf.None:
		return noRecord
	case listed:
		return receiverPolicy + title(r)
	}
	return reason
}

// heloQuery is the check of a HELO name (RFC 7208, 2.3 and 4.3).
func heloQuery(ip netip.Addr, name string) spf.Args {
	return spf.Args{IP: ip, Domain: name, HELO: name}
}

// mailFromQuery is the check of a sender (RFC 7208, 2.4 and 4.3). Its domain is
// what follows the last "@", as a quoted local part may hold others. A sender
// without "@" is a domain.
func mailFromQuery(ip netip.Addr, sender, name string) spf.Args {
	at := strings.LastIndexByte(sender, '@')
	domain := sender[at+1:]
	if at <= 0 {
		sender = "postmaster@" + domain
	}
	return spf.Args{IP: ip, Domain: domain, Sender: sender, HELO: name}
}

// domainOf gives the domain of a sender without its final full stop. A sender
// without "@" is a domain.
func domainOf(sender string) string {
	if at := strings.LastIndexByte(sender, '@'); at >= 0 {
		return strings.TrimSuffix(sender[at+1:], ".")
	}
	return sender
}
