package explain

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"policyd-spf/spf/dns/dnsfake"
)

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
		{reply: "action=550", want: LeftToPostfix}, // Postfix takes digits without text for OK
	} {
		if got := OutcomeOf(test.reply); got != test.want {
			t.Errorf("%q: %s, want %s", test.reply, got, test.want)
		}
	}
}

// The headline of a restriction says what Postfix does with it.
func TestHeadline_restriction(t *testing.T) {
	const config = "Mail_From_softfail_restriction = %s\n"
	zone := dnsfake.Zone(t, "a.example. TXT \"v=spf1 ~all\"\n")
	for _, test := range []struct{ name, action, want, again string }{
		{name: "class", action: "greylist", want: "Left to Postfix: it does what Mail_From_softfail_restriction says", again: "Left to Postfix: it does what the reply says"},
		{name: "code", action: "550 5.7.1 no", want: "Rejected, with code 550", again: "Rejected, with code 550"},
		{name: "word", action: "REJECT", want: "Rejected", again: "Rejected"},
		{name: "deferral", action: "DEFER_IF_PERMIT not now", want: "Deferred, if no other restriction rejects it", again: "Deferred, if no other restriction rejects it"},
	} {
		t.Run(test.name, func(t *testing.T) {
			loaded, path := load(t, fmt.Sprintf(config, test.action))
			s := &Server{Loaded: loaded, Path: path, Resolver: zone}
			const request = "client_address=192.0.2.1\nhelo_name=h.example\nsender=u@a.example\ninstance=1\n\n"
			var got []string
			err := s.Explain(t.Context(), Text{In: strings.NewReader(request + request)}, func(d *Report) error {
				headline, _ := d.headline()
				got = append(got, headline)
				return nil
			})
			if want := []string{test.want, test.again}; err != nil || !slices.Equal(got, want) {
				t.Errorf("%q, %v, want %q", got, err, want)
			}
		})
	}
}
