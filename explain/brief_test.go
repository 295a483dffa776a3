package explain

import "testing"

func TestOutcomeOf(t *testing.T) {
	for _, test := range []struct {
		reply string
		want  Outcome
	}{
		{reply: "action=550 5.7.23 Message rejected", want: Rejected},
		{reply: "action=REJECT", want: Rejected},
		{reply: "action=450 4.7.24 Message deferred", want: Deferred},
		{reply: "action=defer_if_permit Message deferred", want: Deferred},
		{reply: "action=dunno\n\n", want: NotRefused},
		{reply: "action=prepend Received-SPF: Pass", want: NotRefused},
		{reply: "action=check_more", want: LeftToPostfix},
	} {
		if got := OutcomeOf(test.reply); got != test.want {
			t.Errorf("%q: %s, want %s", test.reply, got, test.want)
		}
	}
}
