package policy

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"policyd-spf/conf"
	"policyd-spf/spf"
	"policyd-spf/spf/dns"
	"policyd-spf/spf/dns/dnsfake"
)

// TestShadowLooksNothingUp: a shadow configuration with checks and whitelists that
// the server's own does not have costs no lookup.
func TestShadowLooksNothingUp(t *testing.T) {
	for _, config := range []string{"", "HELO_reject = No_Check\n", "Whitelist = 192.0.2.0/24\n", "Mail_From_reject = No_Check\n"} {
		var lookups [2]int
		for i := range lookups {
			resolver := dnsfake.Of(sameRecord(), 0)
			s, _ := newServer(t, config, resolver)
			if i == 1 {
				shadow := loadText(t, "Domain_Whitelist = a.example,b.example\nHELO_Whitelist = mail.example.org\nDomain_Whitelist_PTR = example.org\nLookup_Time = 3\n")
				s.Shadow = &shadow
			}
			s.Answer(context.Background(), Request{ClientAddress: "192.0.2.1", HELOName: "mail.example.org", Sender: "alice@example.org"})
			lookups[i] = len(resolver.Asked)
		}
		if lookups[0] != lookups[1] {
			t.Errorf("%q: %d lookups, %d with a shadow configuration", config, lookups[0], lookups[1])
		}
	}
}

// TestShadowUsesCachedVerdicts: a verdict of an earlier request is known also if
// this request's configuration does not check.
func TestShadowUsesCachedVerdicts(t *testing.T) {
	s, log := newServer(t, "", sameRecord())
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

// TestShadowPanic: a panic under the shadow configuration is logged, and has no other
// effect.
func TestShadowPanic(t *testing.T) {
	s, log := newServer(t, "", sameRecord())
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

// outcomeRecorder is an Observer that keeps the last Outcome.
type outcomeRecorder struct{ last Outcome }

func (r *outcomeRecorder) Evaluate(Subject)   {}
func (r *outcomeRecorder) Event(spf.Event)    {}
func (r *outcomeRecorder) Answered(o Outcome) { r.last = o }

// TestShadowIsWhatAServerDoes: the decision under a shadow configuration is that of a
// server with this configuration for the same requests.
func TestShadowIsWhatAServerDoes(t *testing.T) {
	zone, err := dns.ReadZone(transcripts+"/base.zone", "")
	if err != nil {
		t.Fatal(err)
	}
	users := filepath.Join(t.TempDir(), "users")
	writeFile(t, users, "carol@example.com,Mail_From_reject=False|HELO_reject=No_Check\ndave@example.com,Mail_From_softfail_restriction=greylist\n")
	for _, test := range []struct {
		name, config string
		unknown      bool // some decisions need what the server does not look up
	}{
		{name: "defaults"},
		{name: "header only", config: "HELO_reject = False\nMail_From_reject = False\n"},
		{name: "not pass", config: "HELO_reject = SPF_Not_Pass\nMail_From_reject = SPF_Not_Pass\n"},
		{name: "softfail", config: "HELO_reject = Softfail\nMail_From_reject = Softfail\n"},
		{name: "null", config: "HELO_reject = Null\n"},
		{name: "no check of HELO", config: "HELO_reject = No_Check\n"},
		{name: "no check of MAIL FROM", config: "Mail_From_reject = No_Check\n"},
		{name: "errors", config: "PermError_reject = True\nTempError_Defer = True\n"},
		{name: "no mail", config: "No_Mail = True\nMail_From_reject = Softfail\n"},
		{name: "not pass for some domains", config: "Reject_Not_Pass_Domains = softfail.example.org,neutral.example.net\n"},
		{name: "test mode", config: "TestOnly = 0\n"},
		{name: "no header", config: "Header_Type = None\n"},
		{name: "networks", config: "Whitelist = 198.51.100.0/24\nskip_addresses = 203.0.113.0/24\n"},
		{name: "pass restrictions", config: "HELO_pass_restriction = helo_ok\nMail_From_pass_restriction = from_ok\n"},
		{name: "other restrictions", config: "HELO_none_restriction = a\nMail_From_softfail_restriction = b\nMail_From_permerror_restriction = c\n"},
		{name: "skip", config: "Skip_Authenticated = Yes\nSkip_Private = Yes\nSkip_Sender_Domains = fail.example.org\n"},
		{name: "void limit", config: "Void_Limit = 1\nPermError_reject = True\n"},
		{name: "larger void limit", config: "Void_Limit = 4\nPermError_reject = True\n", unknown: true},
		{name: "per user", config: "Per_User = text," + users + "\n", unknown: true},
		{name: "whitelists by DNS", config: "Domain_Whitelist = pass.example.net\n", unknown: true},
		{name: "left to DMARC", config: "Leave_DMARC = All\n", unknown: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var main, other outcomeRecorder
			s, _ := newServer(t, "HELO_reject = False\nMail_From_reject = False\n", zone)
			s.Observer = &main
			shadow := loadText(t, test.config)
			s.Shadow = &shadow
			real, _ := newServer(t, test.config, zone)
			real.Observer = &other
			random := rand.New(rand.NewPCG(14, 8))
			unknown, differ := 0, 0
			for range 800 {
				r := randomShadowRequest(random)
				s.Answer(context.Background(), r)
				real.Answer(context.Background(), r)
				got, want := main.last.Shadow.Decision, other.last.Decision
				if got.Needs != NeedNothing {
					unknown++
					continue
				}
				if got.Kind != want.Kind || got.Kind == RestrictionClass && got.Text != want.Text {
					t.Fatalf("%+v: decided %+v, a server %+v", r, got, want)
				}
				if main.last.Shadow.Differs {
					differ++
				}
			}
			if unknown > 0 && !test.unknown || unknown > 750 {
				t.Errorf("%d decisions are unknown", unknown)
			}
			if differ == 0 && unknown == 0 && test.name != "header only" {
				t.Error("no decision differs from that of the server's own configuration")
			}
		})
	}
}

// randomShadowRequest returns a request, often for a further recipient of one of a few
// messages.
func randomShadowRequest(random *rand.Rand) Request {
	results := [...]string{"pass", "fail", "softfail", "neutral", "none", "permerror", "temperror"}
	senders := [...]string{"nomail", "void1", "void2", "void3"}
	message := random.IntN(150)
	of := rand.New(rand.NewPCG(uint64(message), 0)) // the same for all recipients of the message
	r := Request{
		ClientAddress: [...]string{"192.0.2.1", "198.51.100.1", "203.0.113.1", "10.0.0.1", "2001:db8::1"}[of.IntN(5)],
		HELOName:      results[of.IntN(len(results))] + ".example.net",
		Sender:        "alice@" + results[of.IntN(len(results))] + ".example.org",
		Instance:      strconv.Itoa(message),
		Recipient:     [...]string{"bob", "carol", "dave"}[random.IntN(3)] + "@example.com",
	}
	switch of.IntN(10) {
	case 0:
		r.Sender = ""
	case 1:
		r.HELOName = ""
	case 2:
		r.SASLUsername = "u"
	case 3, 4:
		r.Sender = "alice@" + senders[of.IntN(len(senders))] + ".example.org"
	}
	return r
}
