package explain

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"policyd-spf/internal/term"
	"policyd-spf/spf"
	"policyd-spf/spf/dns/dnsfake"
	"policyd-spf/spf/lint"
)

func TestChangesText(t *testing.T) {
	audit := func(zone string) *Audit {
		z := dnsfake.Zone(t, "$ORIGIN example.\n"+zone)
		return NewAudit(lint.Domain(context.Background(), z, "a.example", spf.DefaultLimits()))
	}
	const before = "a TXT \"v=spf1 include:b.example -all\"\nb TXT \"v=spf1 ip4:192.0.2.0/24 -all\"\n"
	for _, test := range []struct{ name, zone, want string }{
		{name: "nothing", zone: before, want: "a.example: nothing has changed\n"},
		{name: "an included record", zone: strings.Replace(before, "/24", "/25", 1),
			want: "a.example: the effect has changed\n  b.example\n    was:  v=spf1 ip4:192.0.2.0/24 -all\n    now:  v=spf1 ip4:192.0.2.0/25 -all\n"},
		{name: "the text alone", zone: strings.Replace(before, "/24", "/25 ip4:192.0.2.128/25", 1),
			want: "a.example: a record has changed, but its effect has not\n  b.example\n    was:  v=spf1 ip4:192.0.2.0/24 -all\n    now:  v=spf1 ip4:192.0.2.0/25 ip4:192.0.2.128/25 -all\n"},
		{name: "no include any more", zone: "a TXT \"v=spf1 ip4:192.0.2.0/24 -all\"\n",
			want: "a.example: a record has changed, but its effect has not\n  a.example\n    was:  v=spf1 include:b.example -all\n    now:  v=spf1 ip4:192.0.2.0/24 -all\n" +
				"  b.example\n    was:  v=spf1 ip4:192.0.2.0/24 -all\n    now:  not looked up\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var stored bytes.Buffer
			if err := audit(before).JSONLine(&stored); err != nil {
				t.Fatal(err)
			}
			earlier, err := ReadAudits(&stored, "audits")
			if err != nil {
				t.Fatal(err)
			}
			now := audit(test.zone)
			now.SetChanges(earlier["a.example"])
			if got := now.ChangesText(term.Style{Width: 80}); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}
