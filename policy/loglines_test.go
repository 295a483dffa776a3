package policy

import (
	"slices"
	"testing"

	"policyd-spf/conf"
)

// TestActionLine: the line is the original's, which names a suppressed action, but
// in test mode not one that is no header.
func TestActionLine(t *testing.T) {
	suppressed := func(option string, kind Kind) Decision { return Decision{SuppressedBy: option, Suppressed: kind} }
	for _, test := range []struct {
		name     string
		testMode bool
		decision Decision
		want     string
	}{
		{name: "header", decision: Decision{Kind: Prepend}, want: "Action: prepend: Text: the text Reject action: 550 5.7.23"},
		{name: "rejection", decision: Decision{Kind: Reject, Error: true}, want: "Action: reject: Text: the text Reject action: 550 5.7.24"},
		{name: "deferral", decision: Decision{Kind: Defer, Error: true}, want: "Action: defer: Text: the text Reject action: 550 5.7.24"},
		{name: "restriction class", decision: Decision{Kind: RestrictionClass}, want: "Action: result_only: Text: the text Reject action: 550 5.7.23"},
		{name: "no action", want: "Action: None: Text: None Reject action: 550 5.7.23"},
		{name: "the header is there", decision: Decision{HeaderPresent: true}, want: "Action: dunno: Text: Header already pre-pended Reject action: 550 5.7.23"},
		{name: "suppressed header", decision: suppressed("Header_Type", Prepend), want: "Action: prepend: Text: the text Reject action: 550 5.7.23"},
		{name: "test mode, header", testMode: true, decision: Decision{Kind: Prepend}, want: "Action: prepend: Text: the text Reject action: 550 5.7.23"},
		{name: "test mode, suppressed header", testMode: true, decision: suppressed("Prospective", Prepend), want: "Action: prepend: Text: the text Reject action: 550 5.7.23"},
		{name: "test mode, rejection", testMode: true, decision: suppressed("TestOnly", Reject), want: "Action: None: Text: None Reject action: 550 5.7.23"},
		{name: "test mode, the header is there", testMode: true, decision: Decision{HeaderPresent: true}, want: "Action: None: Text: None Reject action: 550 5.7.23"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := conf.Default()
			if test.testMode {
				s.TestOnly = 0
			}
			sink := &recordedLog{}
			l := requestLog{process: &Log{Level: levelActions, Sink: sink}}
			l.action(&s, test.decision, "the text")
			l.process.Flush()
			if want := []string{"info " + test.want}; !slices.Equal(sink.lines, want) {
				t.Errorf("logged %q, want %q", sink.lines, want)
			}
		})
	}
}
