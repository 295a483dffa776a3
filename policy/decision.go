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
	option, word := "HELO_reject", set.HELOReject
	if id == mailFrom {
		option, word = "Mail_From_reject", set.MailFromReject
	}
	if word == wordNull {
		if id == mailFrom {
			word = "" // no word of Mail_From_reject
		} else if sender {
			return ruling{kind: Dunno, option: option, value: wordNull}
		}
	}
	rule := ruling{kind: Prepend, option: option, value: word, listed: listed(set.RejectNotPassDomains, name)}
	if rule.listed {
		word = wordNotPass
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
func spared(set *conf.Settings, kind Kind, v spf.Verdict) bool {
	return kind == Reject && set.NoMail && v.Root != nullRecord
}
