package policy

import (
	"fmt"
	"strings"
	"testing"

	"policyd-spf/conf"
	"policyd-spf/spf"
)

// TestDispose is the table of values and results, with and without rejection of
// Permerror and deferral of Temperror. Results are in the order Pass, Fail,
// Softfail, Neutral, None, Permerror, Temperror; p is Prepend, r Reject, D Defer, d
// Dunno.
func TestDispose(t *testing.T) {
	columns := []spf.Result{spf.Pass, spf.Fail, spf.Softfail, spf.Neutral, spf.None, spf.Permerror, spf.Temperror}
	for _, test := range []struct {
		id         Identity
		value      string
		nullSender bool
		listed     bool // in Reject_Not_Pass_Domains
		errors     bool // PermError_reject and TempError_Defer
		want       string
	}{
		{id: HELO, value: "SPF_Not_Pass", want: "prrrppp"},
		{id: HELO, value: "Softfail", want: "prrpppp"},
		{id: HELO, value: "Fail", want: "prppppp"},
		{id: HELO, value: "False", want: "ppppppp"},
		{id: HELO, value: "fail", want: "ppppppp"},
		{id: HELO, value: "", want: "ppppppp"},
		{id: HELO, value: "Null", nullSender: true, want: "prppppp"},
		{id: HELO, value: "Null", want: "ddddddd"},
		{id: HELO, value: "SPF_Not_Pass", errors: true, want: "prrrprD"},
		{id: HELO, value: "Fail", errors: true, want: "prppprD"},
		{id: HELO, value: "False", errors: true, want: "ppppppp"},
		{id: HELO, value: "anything", errors: true, want: "ppppprD"},
		{id: HELO, value: "Null", nullSender: true, errors: true, want: "prppprD"},
		{id: HELO, value: "Null", errors: true, want: "ddddddd"},
		{id: HELO, value: "False", listed: true, want: "prrrppp"},
		{id: HELO, value: "False", listed: true, errors: true, want: "prrrprD"},
		{id: HELO, value: "Null", listed: true, errors: true, want: "ddddddd"},
		{id: HELO, value: "Null", nullSender: true, listed: true, errors: true, want: "prrrprD"},
		{id: MailFrom, value: "SPF_Not_Pass", want: "prrrppp"},
		{id: MailFrom, value: "Softfail", want: "prrpppp"},
		{id: MailFrom, value: "Fail", want: "prppppp"},
		{id: MailFrom, value: "False", want: "ppppppp"},
		{id: MailFrom, value: "Null", want: "ppppppp"},
		{id: MailFrom, value: "Null", errors: true, want: "ppppprD"},
		{id: MailFrom, value: "False", errors: true, want: "ppppppp"},
		{id: MailFrom, value: "False", listed: true, errors: true, want: "prrrprD"},
	} {
		t.Run(fmt.Sprintf("%+v", test), func(t *testing.T) {
			s := conf.Settings{HELOReject: test.value, MailFromReject: test.value,
				PermErrorReject: test.errors, TempErrorDefer: test.errors}
			if test.listed {
				s.RejectNotPassDomains = []string{"example.org"}
			}
			var got strings.Builder
			for _, r := range columns {
				d := dispose(&s, test.id, r, "example.org", !test.nullSender)
				got.WriteString(map[Kind]string{Dunno: "d", Prepend: "p", Reject: "r", Defer: "D"}[d.Kind])
				if d.Listed != (test.listed && !strings.HasPrefix(test.want, "d")) {
					t.Errorf("%v: Listed = %t", r, d.Listed)
				}
			}
			if got.String() != test.want {
				t.Errorf("got %s, want %s", got.String(), test.want)
			}
		})
	}
}

func TestDispose_option(t *testing.T) {
	for _, test := range []struct {
		name          string
		id            Identity
		settings      conf.Settings
		result        spf.Result
		option, value string
	}{
		{name: "HELO", id: HELO, settings: conf.Settings{HELOReject: "Softfail"}, result: spf.Fail, option: "HELO_reject", value: "Softfail"},
		{name: "HELO, Null with a sender", id: HELO, settings: conf.Settings{HELOReject: "Null"}, result: spf.Fail, option: "HELO_reject", value: "Null"},
		{name: "MAIL FROM", id: MailFrom, settings: conf.Settings{MailFromReject: "Fail"}, result: spf.Pass, option: "Mail_From_reject", value: "Fail"},
		{name: "MAIL FROM, Null has no meaning", id: MailFrom, settings: conf.Settings{MailFromReject: "Null"}, result: spf.Fail, option: "Mail_From_reject", value: ""},
		{name: "listed", id: MailFrom, settings: conf.Settings{MailFromReject: "Fail", RejectNotPassDomains: []string{"a.example"}},
			result: spf.Neutral, option: "Reject_Not_Pass_Domains", value: "a.example"},
		{name: "Permerror rejected", id: MailFrom, settings: conf.Settings{MailFromReject: "Fail", PermErrorReject: true}, result: spf.Permerror, option: "PermError_reject", value: "True"},
		{name: "Permerror not rejected", id: MailFrom, settings: conf.Settings{MailFromReject: "Fail"}, result: spf.Permerror, option: "PermError_reject", value: "False"},
		{name: "Permerror, all off", id: MailFrom, settings: conf.Settings{MailFromReject: "False", PermErrorReject: true}, result: spf.Permerror, option: "Mail_From_reject", value: "False"},
		{name: "Temperror deferred", id: HELO, settings: conf.Settings{HELOReject: "Fail", TempErrorDefer: true}, result: spf.Temperror, option: "TempError_Defer", value: "True"},
		{name: "Temperror not deferred", id: HELO, settings: conf.Settings{HELOReject: "Fail"}, result: spf.Temperror, option: "TempError_Defer", value: "False"},
		{name: "Temperror, all off", id: HELO, settings: conf.Settings{HELOReject: "False", TempErrorDefer: true}, result: spf.Temperror, option: "HELO_reject", value: "False"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := dispose(&test.settings, test.id, test.result, "a.example", true)
			if d.Option != test.option || d.Value != test.value {
				t.Errorf("%s = %q decided, want %s = %q", d.Option, d.Value, test.option, test.value)
			}
		})
	}
}

func TestInRejectNotPassDomains(t *testing.T) {
	for _, test := range []struct {
		name    string
		entries []string
		domain  string
		want    bool
	}{
		{name: "equal", entries: []string{"a.example"}, domain: "a.example", want: true},
		{name: "the entry is a subdomain", entries: []string{"b.a.example"}, domain: "a.example", want: true},
		{name: "the entry is a parent", entries: []string{"a.example"}, domain: "b.a.example"},
		{name: "not at a label boundary", entries: []string{"ba.example"}, domain: "a.example"},
		{name: "another", entries: []string{"a.example"}, domain: "b.example"},
		{name: "one of several", entries: []string{"x.example", "a.example"}, domain: "a.example", want: true},
		{name: "no domain", entries: []string{"a.example"}, domain: ""},
		{name: "no entries", domain: "a.example"},
		{name: "entry with U-label, name with A-label", entries: []string{"bücher.example"}, domain: "xn--bcher-kva.example", want: true},
		{name: "entry with A-label, name with U-label", entries: []string{"xn--bcher-kva.example"}, domain: "bücher.example", want: true},
		{name: "subdomain with U-label of A-label", entries: []string{"a.bücher.example"}, domain: "xn--bcher-kva.example", want: true},
		{name: "U-labels in different forms", entries: []string{"bücher.example"}, domain: "bu\u0308cher.example", want: true},
		{name: "sharp s is not ss", entries: []string{"faß.example"}, domain: "fass.example"},
		{name: "no A-label", entries: []string{"\ufffd.example"}, domain: "\ufffd.example", want: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := inRejectNotPassDomains(test.entries, test.domain); got != test.want {
				t.Errorf("inRejectNotPassDomains(%q, %q) = %t", test.entries, test.domain, got)
			}
		})
	}
}
