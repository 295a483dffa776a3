package dmarc

import (
	"policyd-spf/spf/dns/dnsfake"
	"slices"
	"strings"
	"testing"
	"time"
)

// policies returns a resolver with the policy records of domains; "!" is a lookup that
// fails.
func policies(records map[string]string) *dnsfake.Resolver {
	var zone strings.Builder
	for domain, text := range records {
		zone.WriteString(prefix + domain + " TXT " + text + "\n")
	}
	return dnsfake.Lines(zone.String())
}

func TestDiscover(t *testing.T) {
	const (
		reject     = "v=DMARC1; p=reject"
		quarantine = "v=DMARC1; p=quarantine"
		none       = "v=DMARC1; p=none"
	)
	for _, test := range []struct {
		name, domain string
		records      map[string]string
		want         Discovery
		lookups      int
	}{
		{name: "no record", domain: "a.example.com", want: Discovery{OrganizationalDomain: "a.example.com"}, lookups: 3},
		{name: "its own record", domain: "example.com", records: map[string]string{"example.com": reject},
			want: Discovery{"example.com", "example.com", Reject}, lookups: 2},
		{name: "a parent's record", domain: "a.mail.example.com", records: map[string]string{"example.com": quarantine},
			want: Discovery{"example.com", "example.com", Quarantine}, lookups: 4},
		{name: "the shortest name counts", domain: "a.mail.example.com", records: map[string]string{"a.mail.example.com": reject, "mail.example.com": reject, "example.com": none},
			want: Discovery{"example.com", "example.com", None}, lookups: 4},
		{name: "psd=n ends the walk", domain: "a.mail.example.com", records: map[string]string{"mail.example.com": "v=DMARC1; p=reject; psd=n", "example.com": none},
			want: Discovery{"mail.example.com", "mail.example.com", Reject}, lookups: 2},
		{name: "psd=y, the domain below has a record", domain: "a.example.com", records: map[string]string{"example.com": reject, "com": "v=DMARC1; p=none; psd=y"},
			want: Discovery{"example.com", "example.com", Reject}, lookups: 3},
		{name: "psd=y, the domain below has none", domain: "a.example.com", records: map[string]string{"com": "v=DMARC1; p=none; sp=reject; psd=y"},
			want: Discovery{"example.com", "com", Reject}, lookups: 3},
		{name: "psd=y, a record below the domain below only", domain: "a.example.com", records: map[string]string{"a.example.com": reject, "com": "v=DMARC1; p=none; psd=y"},
			want: Discovery{"example.com", "com", None}, lookups: 3},
		{name: "psd=y of the domain itself", domain: "example.com", records: map[string]string{"example.com": "v=DMARC1; p=reject; psd=y", "com": none},
			want: Discovery{"example.com", "example.com", Reject}, lookups: 1},
		{name: "test mode of reject", domain: "example.com", records: map[string]string{"example.com": reject + "; t=y"},
			want: Discovery{"example.com", "example.com", Quarantine}, lookups: 2},
		{name: "test mode of quarantine", domain: "example.com", records: map[string]string{"example.com": quarantine + "; t=y"},
			want: Discovery{"example.com", "example.com", None}, lookups: 2},
		{name: "test mode of none", domain: "example.com", records: map[string]string{"example.com": none + "; t=y"},
			want: Discovery{"example.com", "example.com", None}, lookups: 2},
		{name: "a record that is not valid", domain: "a.example.com", records: map[string]string{"a.example.com": reject, "example.com": "v=DMARC1; p=x"},
			want: Discovery{"a.example.com", "a.example.com", Reject}, lookups: 3},
		{name: "eight lookups", domain: "a.b.c.d.e.f.g.h.i.j.mail.example.com", records: map[string]string{"example.com": reject},
			want: Discovery{"example.com", "example.com", Reject}, lookups: 8},
		{name: "psd=y below a name that is skipped", domain: "a.b.c.d.e.f.g.h.i", records: map[string]string{"c.d.e.f.g.h.i": "v=DMARC1; p=reject; psd=y"},
			want: Discovery{"b.c.d.e.f.g.h.i", "c.d.e.f.g.h.i", Reject}, lookups: 2},
		{name: "the longest name", domain: strings.Repeat("a", 59) + "." + strings.Repeat("b", 60) + "." + strings.Repeat("c", 60) + "." + strings.Repeat("d", 60) + ".com",
			want: Discovery{OrganizationalDomain: strings.Repeat("a", 59) + "." + strings.Repeat("b", 60) + "." + strings.Repeat("c", 60) + "." + strings.Repeat("d", 60) + ".com"}, lookups: 5},
		{name: "a name that is too long", domain: strings.Repeat("a", 60) + "." + strings.Repeat("b", 60) + "." + strings.Repeat("c", 60) + "." + strings.Repeat("d", 60) + ".com",
			records: map[string]string{"com": reject}, want: Discovery{"com", "com", Reject}, lookups: 4},
		{name: "a single label", domain: "com", want: Discovery{OrganizationalDomain: "com"}, lookups: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := policies(test.records)
			got, err := Discover(r, nil, test.domain, time.Time{})
			if err != nil || got != test.want || len(r.Asked) != test.lookups {
				t.Errorf("%+v, %v, looked up %q; want %+v, %d lookups", got, err, r.Asked, test.want, test.lookups)
			}
		})
	}
}

func TestDiscoverFails(t *testing.T) {
	r := policies(map[string]string{"a.example.com": "v=DMARC1; p=reject", "example.com": "!", "com": "v=DMARC1; p=none"})
	got, err := Discover(r, nil, "a.example.com", time.Time{})
	if err == nil || got.Policy != NoPolicy || len(r.Asked) != 2 {
		t.Errorf("%+v, %v, looked up %q", got, err, r.Asked)
	}
}

// TestTargets is the example of RFC 9989, 4.10.
func TestTargets(t *testing.T) {
	want := []string{"a.b.c.d.e.f.g.h.i.j.mail.example.com", "g.h.i.j.mail.example.com", "h.i.j.mail.example.com", "i.j.mail.example.com",
		"j.mail.example.com", "mail.example.com", "example.com", "com"}
	if got := targets("a.b.c.d.e.f.g.h.i.j.mail.example.com"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for labels := 1; labels < 20; labels++ {
		if n := len(targets(strings.Repeat("a.", labels-1) + "a")); n != min(labels, maxQueries) {
			t.Errorf("%d targets of a name of %d labels", n, labels)
		}
	}
}
