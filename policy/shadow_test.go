package policy

import (
	"context"
	"strings"
	"testing"

	"policyd-spf/conf"
	"policyd-spf/spf"
)

// TestShadowLooksNothingUp: a shadow configuration with checks and whitelists that
// the server's own does not have costs no lookup.
func TestShadowLooksNothingUp(t *testing.T) {
	for _, config := range []string{"", "HELO_reject = No_Check\n", "Whitelist = 192.0.2.0/24\n", "Mail_From_reject = No_Check\n"} {
		var lookups [2]int64
		for i := range lookups {
			resolver := &countingResolver{}
			s, _ := newServer(t, config, resolver)
			if i == 1 {
				shadow := loadText(t, "Domain_Whitelist = a.example,b.example\nHELO_Whitelist = mail.example.org\nDomain_Whitelist_PTR = example.org\nLookup_Time = 3\n")
				s.Shadow = &shadow
			}
			s.Answer(context.Background(), Request{ClientAddress: "192.0.2.1", HELOName: "mail.example.org", Sender: "alice@example.org"})
			lookups[i] = resolver.lookups.Load()
		}
		if lookups[0] != lookups[1] {
			t.Errorf("%q: %d lookups, %d with a shadow configuration", config, lookups[0], lookups[1])
		}
	}
}

// TestShadowUsesCachedVerdicts: a verdict of an earlier request is known also if
// this request's configuration does not check.
func TestShadowUsesCachedVerdicts(t *testing.T) {
	s, log := newServer(t, "", sameRecord{})
	request := Request{ClientAddress: "198.51.100.1", HELOName: "mail.example.org", Sender: "alice@example.net"}
	s.Settings.HELOReject = "False"
	s.Answer(context.Background(), request)
	s.Settings.HELOReject, s.Settings.MailFromReject = "No_Check", "False"
	shadow := loadText(t, "Mail_From_reject = False\n")
	s.Shadow = &shadow
	s.Answer(context.Background(), request)
	s.Log.Flush()
	if last := log.lines[len(log.lines)-1]; !strings.HasPrefix(last, "info shadow: 550 5.7.23 ") || !strings.HasSuffix(last, " (HELO_reject = Fail)") {
		t.Errorf("logged %q", log.lines)
	}
}

// TestShadowPanic: a panic under the shadow configuration is logged, and does not
// get out.
func TestShadowPanic(t *testing.T) {
	s, log := newServer(t, "", sameRecord{})
	shadow := conf.Default()
	s.Shadow = &shadow
	withoutCache := &evaluator{}
	o := Outcome{Settings: &s.Settings, Request: Request{ClientAddress: "192.0.2.1", HELOName: "mail.example.org"}}
	text := s.shadow(withoutCache, &o)
	s.Log.Flush()
	if text != "" || o.Shadow != nil || len(log.lines) != 1 || !strings.HasPrefix(log.lines[0], "err ERROR: internal error: ") {
		t.Errorf("%q, %v, logged %q", text, o.Shadow, log.lines)
	}
}

func TestUnderLimits(t *testing.T) {
	exceeded := &spf.LimitError{Kind: spf.VoidLookupLimit, Limit: 2}
	terms := spf.Limits{VoidLookups: 2, VoidTerms: true}
	dualStack := spf.Limits{VoidLookups: 2, DualStack: true}
	for _, test := range []struct {
		name        string
		verdict     spf.Verdict
		made, other spf.Limits
		want        spf.Result
		known       bool
	}{
		{name: "the same limit", verdict: spf.Verdict{Result: spf.Permerror, Err: exceeded, VoidLookups: 3}, made: voidLimit(2), other: voidLimit(2), want: spf.Permerror, known: true},
		{name: "a larger limit, not exceeded", verdict: spf.Verdict{Result: spf.Fail, VoidLookups: 2}, made: voidLimit(2), other: voidLimit(5), want: spf.Fail, known: true},
		{name: "a larger limit, exceeded", verdict: spf.Verdict{Result: spf.Permerror, Err: exceeded, VoidLookups: 3}, made: voidLimit(2), other: voidLimit(3), want: spf.Permerror},
		{name: "a smaller limit, not exceeded", verdict: spf.Verdict{Result: spf.Fail, VoidLookups: 1}, made: voidLimit(2), other: voidLimit(1), want: spf.Fail, known: true},
		{name: "a smaller limit, exceeded", verdict: spf.Verdict{Result: spf.Fail, VoidLookups: 2}, made: voidLimit(2), other: voidLimit(1), want: spf.Permerror, known: true},
		{name: "terms instead of lookups, not exceeded", verdict: spf.Verdict{Result: spf.Fail, VoidLookups: 2}, made: voidLimit(2), other: terms, want: spf.Fail, known: true},
		{name: "terms instead of lookups, exceeded", verdict: spf.Verdict{Result: spf.Permerror, Err: exceeded, VoidLookups: 3}, made: voidLimit(2), other: terms, want: spf.Permerror},
		{name: "lookups instead of terms", verdict: spf.Verdict{Result: spf.Fail, VoidLookups: 1}, made: terms, other: voidLimit(2), want: spf.Fail},
		{name: "dual stack, not exceeded", verdict: spf.Verdict{Result: spf.Fail, VoidLookups: 2}, made: voidLimit(2), other: dualStack, want: spf.Fail, known: true},
		{name: "dual stack instead of terms", verdict: spf.Verdict{Result: spf.Fail, VoidLookups: 1}, made: terms, other: dualStack, want: spf.Fail},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got, known := underLimits(test.verdict, test.made, test.other); got.Result != test.want || known != test.known {
				t.Errorf("%v, known %t; want %v, %t", got.Result, known, test.want, test.known)
			}
		})
	}
}
