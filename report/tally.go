package report

import "policyd-spf/maillog"

// outcome is a result of MAIL FROM that some setting refuses.
type outcome uint8

const (
	outcomeFail outcome = iota
	outcomeSoftfail
	outcomeNeutral
	outcomePermerror
	outcomes int = iota
)

// outcomeOf returns the outcome of a result, and whether a setting refuses it for
// good.
func outcomeOf(r maillog.Result) (outcome, bool) {
	switch r {
	case maillog.Fail:
		return outcomeFail, true
	case maillog.Softfail:
		return outcomeSoftfail, true
	case maillog.Neutral:
		return outcomeNeutral, true
	case maillog.Permerror:
		return outcomePermerror, true
	}
	return 0, false
}

// tally counts messages by outcome and DMARC result.
type tally [outcomes][dmarcClasses]uint32

func (t *tally) merge(o *tally) {
	for i := range t {
		for d := range t[i] {
			t[i][d] += o[i][d]
		}
	}
}

// refused counts the messages with an outcome up to strict.
func (t *tally) refused(strict outcome) DMARC {
	var n [dmarcClasses]uint32
	for i := range strict + 1 {
		for class, m := range t[i] {
			n[class] += m
		}
	}
	return DMARC{
		Pass: int64(n[dmarcPass]), Fail: int64(n[dmarcFail]), None: int64(n[dmarcNone]), Unknown: int64(n[dmarcUnknown]) + int64(n[dmarcSigned]),
	}
}

// wanted counts the messages up to strict that passed DMARC, or DKIM for the sender's
// domain: legitimate mail, whatever its client looks like.
func (t *tally) wanted(strict outcome) int64 {
	n := int64(0)
	for i := range strict + 1 {
		n += int64(t[i][dmarcPass]) + int64(t[i][dmarcSigned])
	}
	return n
}

// total counts the messages that Mail_From_reject can refuse: all but permerror.
func (t *tally) total() int64 {
	n := uint32(0)
	for i := range outcomePermerror {
		for _, m := range t[i] {
			n += m
		}
	}
	return int64(n)
}
