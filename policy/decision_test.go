package policy

import (
	"strings"
	"testing"

	"policyd-spf/conf"
	"policyd-spf/spf"
)

// TestDecide is the table of words and results, with and without rejection of
// Permerror and deferral of Temperror. Results are in the order of columns:
// pass, fail, softfail, neutral, none, permerror, temperror; an answer is its
// kind's first letter.
func TestDecide(t *testing.T) {
	columns := []spf.Result{spf.Pass, spf.Fail, spf.Softfail, spf.Neutral, spf.None, spf.Permerror, spf.Temperror}
	for _, test := range []struct {
		id     identity
		word   string
		sender bool
		listed bool
		errors bool // PermError_reject and TempError_Defer
		want   string
	}{
		{helo, "SPF_Not_Pass", true, false, false, "prrrppp"},
		{helo, "Softfail", true, false, false, "prrpppp"},
		{helo, "Fail", true, false, false, "prppppp"},
		{helo, "False", true, false, false, "ppppppp"},
		{helo, "fail", true, false, false, "ppppppp"},
		{helo, "", true, false, false, "ppppppp"},
		{helo, "Null", false, false, false, "prppppp"},
		{helo, "Null", true, false, false, "ddddddd"},
		{helo, "SPF_Not_Pass", true, false, true, "prrrprD"},
		{helo, "Fail", true, false, true, "prppprD"},
		{helo, "False", true, false, true, "ppppppp"},
		{helo, "anything", true, false, true, "ppppprD"},
		{helo, "Null", false, false, true, "prppprD"},
		{helo, "Null", true, false, true, "ddddddd"},
		{helo, "False", true, true, false, "prrrppp"},
		{helo, "False", true, true, true, "prrrprD"},
		{helo, "Null", true, true, true, "ddddddd"},
		{helo, "Null", false, true, true, "prrrprD"},
		{mailFrom, "SPF_Not_Pass", true, false, false, "prrrppp"},
		{mailFrom, "Softfail", true, false, false, "prrpppp"},
		{mailFrom, "Fail", true, false, false, "prppppp"},
		{mailFrom, "False", true, false, false, "ppppppp"},
		{mailFrom, "Null", true, false, false, "ppppppp"},
		{mailFrom, "Null", true, false, true, "ppppprD"},
		{mailFrom, "False", true, false, true, "ppppppp"},
		{mailFrom, "False", true, true, true, "prrrprD"},
	} {
		settings := conf.Settings{HELOReject: test.word, MailFromReject: test.word,
			PermErrorReject: test.errors, TempErrorDefer: test.errors}
		if test.listed {
			settings.RejectNotPassDomains = []string{"example.org"}
		}
		var got strings.Builder
		for _, r := range columns {
			rule := decide(&settings, test.id, r, "example.org", test.sender)
			got.WriteString(map[Kind]string{Dunno: "d", Prepend: "p", Reject: "r", Defer: "D"}[rule.kind])
			if rule.listed != (test.listed && (test.word != "Null" || !test.sender)) {
				t.Errorf("%+v: %v: listed = %t", test, r, rule.listed)
			}
		}
		if got.String() != test.want {
			t.Errorf("%+v: got %s", test, got.String())
		}
	}
}

func TestListed(t *testing.T) {
	for _, test := range []struct {
		name    string
		entries []string
		domain  string
		want    bool
	}{
		{"equal", []string{"a.example"}, "a.example", true},
		{"the entry is below", []string{"b.a.example"}, "a.example", true},
		{"the entry is above", []string{"a.example"}, "b.a.example", false},
		{"no label border", []string{"ba.example"}, "a.example", false},
		{"another", []string{"a.example"}, "b.example", false},
		{"one of several", []string{"x.example", "a.example"}, "a.example", true},
		{"no domain", []string{"a.example"}, "", false},
		{"no entries", nil, "a.example", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := listed(test.entries, test.domain); got != test.want {
				t.Errorf("listed(%q, %q) = %t", test.entries, test.domain, got)
			}
		})
	}
}
