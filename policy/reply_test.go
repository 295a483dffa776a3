package policy

import (
	"context"
	"io"
	"strings"
	"testing"

	"policyd-spf/conf"
)

func TestMakeReply(t *testing.T) {
	enhanced, plain := conf.Settings{EnhancedStatusCodes: true}, conf.Settings{}
	for _, test := range []struct {
		name     string
		settings conf.Settings
		decision Decision
		text     string
		want     string
	}{
		{name: "dunno", settings: enhanced, want: "dunno"},
		{name: "prepend", settings: enhanced, decision: Decision{Kind: Prepend}, text: "Received-SPF: Pass", want: "prepend Received-SPF: Pass"},
		{name: "reject", settings: enhanced, decision: Decision{Kind: Reject}, text: "no", want: "550 5.7.23 no"},
		{name: "reject an error", settings: enhanced, decision: Decision{Kind: Reject, Error: true}, text: "no", want: "550 5.7.24 no"},
		{name: "defer", settings: enhanced, decision: Decision{Kind: Defer, Error: true}, text: "later", want: "defer_if_permit 4.7.24 later"},
		{name: "reject without enhanced codes", settings: plain, decision: Decision{Kind: Reject, Error: true}, text: "no", want: "550 no"},
		{name: "defer without enhanced codes", settings: plain, decision: Decision{Kind: Defer}, text: "later", want: "defer_if_permit later"},
		{name: "digits alone would be OK", settings: plain, decision: Decision{Kind: Reject}, want: "550 SPF"},
		{name: "so would digits and white space", settings: plain, decision: Decision{Kind: Reject}, text: " \t", want: "550 SPF"},
		{name: "an enhanced code without text", settings: enhanced, decision: Decision{Kind: Reject}, want: "550 5.7.23 "},
		{name: "restriction class", settings: enhanced, decision: Decision{Kind: RestrictionClass}, text: "greylist", want: "greylist"},
		{name: "suppressed", settings: enhanced, decision: Decision{SuppressedBy: "TestOnly", Suppressed: Reject}, text: "no", want: "dunno"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := makeReply(&test.settings, test.decision, test.text).String(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestAfterWarmup: the callback runs once, after the tenth reply.
// A reply is no longer than the line that smtpd reads, its line feeds included.
func TestAppendReply_long(t *testing.T) {
	for _, action := range []string{"prepend", "550 5.7.23", "defer_if_permit 4.7.24"} {
		got := string(appendReply(nil, Reply{action, strings.Repeat("x", 2*maxReply)}))
		if len(got) != maxReply || !strings.HasPrefix(got, "action="+action+" xxx") || !strings.HasSuffix(got, "x...\n\n") {
			t.Errorf("%d bytes, want %d: %s", len(got), maxReply, got)
		}
	}
}

func TestAfterWarmup(t *testing.T) {
	for _, test := range []struct{ requests, want int }{
		{requests: 9, want: 0},
		{requests: 10, want: 1},
		{requests: 30, want: 1},
	} {
		s, _ := newServer(t, "", sameRecord())
		calls := 0
		s.AfterWarmup = func() { calls++ }
		if err := s.Serve(context.Background(), strings.NewReader(strings.Repeat(passRequest, test.requests)), io.Discard); err != nil {
			t.Fatal(err)
		}
		if calls != test.want {
			t.Errorf("%d calls after %d requests, want %d", calls, test.requests, test.want)
		}
	}
}

func TestActionKind(t *testing.T) {
	for _, test := range []struct {
		action string
		want   Kind
	}{
		{action: "550 5.7.1 no", want: Reject},
		{action: "554 no", want: Reject},
		{action: "reject", want: Reject},
		{action: "REJECT\tno", want: Reject},
		{action: "450 4.7.1 not now", want: Defer},
		{action: "DEFER_IF_PERMIT", want: Defer},
		{action: "defer not now", want: Defer},
		{action: "prepend X-A: b", want: Prepend},
		{action: "DUNNO", want: Dunno},
		{action: "", want: Dunno},
		{action: "550", want: RestrictionClass}, // OK
		{action: "5500 no", want: RestrictionClass},
		{action: "5x0 no", want: RestrictionClass},
		{action: "250 yes", want: RestrictionClass},
		{action: "defer_if_reject", want: RestrictionClass},
		{action: "greylist", want: RestrictionClass},
	} {
		t.Run(test.action, func(t *testing.T) {
			if got := ActionKind(test.action); got != test.want {
				t.Errorf("%v, want %v", got, test.want)
			}
		})
	}
}
