package policy

import (
	"strings"

	"policyd-spf/conf"
	"policyd-spf/spf"
)

// The words of HELO_reject and Mail_From_reject that mean something. Any other
// word rejects nothing.
const (
	wordNotPass  = "SPF_Not_Pass"
	wordSoftfail = "Softfail"
	wordFail     = "Fail"
	wordNull     = "Null" // of HELO_reject: only where there is no sender
	wordFalse    = "False"
	wordNoCheck  = "No_Check"
)

// nullRecord is the record of a domain that sends no mail, which alone No_Mail
// lets be rejected.
const nullRecord = "v=spf1 -all"

// rejected is the table of words and results.
//
//	              Fail  Softfail  Neutral
//	SPF_Not_Pass   x       x        x
//	Softfail       x       x
//	Fail           x
//	Null           x
func rejected(word string, r spf.Result) bool {
	switch r {
	case spf.Fail:
		return word == wordNotPass || word == wordSoftfail || word == wordFail || word == wordNull
	case spf.Softfail:
		return word == wordNotPass || word == wordSoftfail
	case spf.Neutral:
		return word == wordNotPass
	}
	return false
}

// ruling is what is to be done with a result, and why.
type ruling struct {
	kind   Kind
	listed bool   // the domain is in Reject_Not_Pass_Domains
	option string // what decided
	value  string // its value
}

// decide gives the ruling on a result under settings. name is what
// Reject_Not_Pass_Domains is asked for; sender tells whether there is one.
func decide(set *conf.Settings, id identity, r spf.Result, name string, sender bool) ruling {
	rule, word := policyFor(set, id, name)
	if rule.value == wordNull && sender {
		return ruling{kind: Dunno, option: rule.option, value: wordNull}
	}
	if rule.listed {
		rule.option, rule.value = "Reject_Not_Pass_Domains", name
	}
	switch {
	case rejected(word, r):
		rule.kind = Reject
	case r == spf.Permerror && set.PermErrorReject && word != wordFalse:
		rule = ruling{Reject, rule.listed, "PermError_reject", "True"}
	case r == spf.Temperror && set.TempErrorDefer && word != wordFalse:
		rule = ruling{Defer, rule.listed, "TempError_Defer", "True"}
	}
	return rule
}

// policyFor gives what holds for the check of a name, as long as its result asks
// for nothing else: a header, the option that is about the identity, and the
// word that counts.
func policyFor(set *conf.Settings, id identity, name string) (rule ruling, word string) {
	rule = ruling{kind: Prepend, option: "HELO_reject", value: set.HELOReject, listed: listed(set.RejectNotPassDomains, name)}
	if id == mailFrom {
		rule.option, rule.value = "Mail_From_reject", set.MailFromReject
		if rule.value == wordNull {
			rule.value = "" // no word of this option
		}
	}
	if rule.listed {
		return rule, wordNotPass
	}
	return rule, rule.value
}

// logPolicy logs what is done with each result under these settings.
func (q *inquiry) logPolicy(id identity, name string) {
	log := q.server.Log
	if log.Level < 5 {
		return
	}
	domains := strings.Join(q.set.RejectNotPassDomains, ",")
	if domains == "" {
		domains = "None"
	}
	rule, word := policyFor(q.set, id, name)
	var unused []string
	var results [Restrict][]string
	for _, r := range [...]spf.Result{spf.Pass, spf.None, spf.Neutral, spf.Softfail, spf.Fail, spf.Temperror, spf.Permerror} {
		if !rejected(word, r) {
			unused = append(unused, title(r))
		}
		kind := decide(q.set, id, r, name, false).kind
		results[kind] = append(results[kind], title(r))
	}
	scope, active := id.short(), "true"
	if word == wordFalse {
		active = "false"
	}
	log.Line(5, Info, "_get_resultcodes: scope: ", scope, ", Reject_Not_Pass_Domains: ", domains,
		", helo_policy: ", q.set.HELOReject, ", mfrom_policy: ", q.set.MailFromReject)
	log.Line(5, Info, "Scope ", scope, " unused results: ", quoteList(unused))
	log.Line(5, Info, scope, " policy ", active, " results: actions: {'defer': ", quoteList(results[Defer]),
		", 'reject': ", quoteList(results[Reject]), ", 'prepend': ", quoteList(results[Prepend]), "} local {'local_helo': ", pythonTruth(rule.listed && id == helo),
		", 'local_mfrom': ", pythonTruth(rule.listed && id == mailFrom), "}")
}

// listed tells whether an entry of Reject_Not_Pass_Domains is name or below
// it. (Not the other way round: an entry does not list what is below itself.)
func listed(entries []string, name string) bool {
	for _, entry := range entries {
		if head, ok := strings.CutSuffix(entry, name); ok && (head == "" || strings.HasSuffix(head, ".")) {
			return true
		}
	}
	return false
}

// spared tells whether No_Mail turns a rejection into a header: the domain's
// record is another than that of a domain without mail.
func (q *inquiry) spared(id identity, kind Kind, v spf.Verdict) bool {
	if kind != Reject || !q.set.NoMail {
		return false
	}
	if q.set.DebugLevel >= 5 {
		scope := "HELO"
		if id == mailFrom {
			scope = "mfrom"
		}
		q.log(5, Info, "Pyspf Cached SPF record before ", scope, " No_Mail check: ", quotePythonBytes(v.Root))
	}
	return v.Root != nullRecord
}
