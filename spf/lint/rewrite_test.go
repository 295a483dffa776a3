package lint

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"policyd-spf/spf"
)

// audit audits a.example in a zone of lines below example.
func audit(t *testing.T, zone string) *Report {
	t.Helper()
	return Domain(context.Background(), testZone(t, zone), "a.example", spf.DefaultLimits())
}

const rewriteZone = `
b TXT "v=spf1 ip4:192.0.2.0/25 a:b.example ~all"
b A 192.0.2.200
c TXT "v=spf1 include:b.example ip4:198.51.100.0/24 ~all"
d TXT "v=spf1 -ip4:192.0.2.0/25 ip4:192.0.2.0/24 ~all"
e TXT "v=spf1 exists:%{i}.x.example ~all"
f TXT "v=spf1 exists:%{i}.y.example ~all"
h A 198.51.100.7
h AAAA 2001:db8::7
down NS ns.down
why TXT "%{i} at %{t} from %{s}"
`

func TestRewrite(t *testing.T) {
	for _, test := range []struct{ name, record, want string }{
		{name: "nothing to do", record: "v=spf1 include:b.example ip4:203.0.113.0/24 -all"},
		{name: "after all", record: "v=spf1 ip4:203.0.113.1 -all mx include:b.example", want: "v=spf1 ip4:203.0.113.1 -all"},
		{name: "redirect beside all", record: "v=spf1 redirect=b.example ~all", want: "v=spf1 ~all"},
		{name: "the same include twice", record: "v=spf1 include:b.example ip4:203.0.113.1 include:b.example -all", want: "v=spf1 include:b.example ip4:203.0.113.1 -all"},
		{name: "an include within another", record: "v=spf1 include:b.example include:c.example -all", want: "v=spf1 include:c.example -all"},
		{name: "an include that lets less pass is not within", record: "v=spf1 include:d.example include:b.example -all"},
		{name: "the same macro twice", record: "v=spf1 exists:%{i}.x.example a:h.example exists:%{i}.x.example -all", want: "v=spf1 exists:%{i}.x.example a:h.example -all"},
		{name: "two names of ptr", record: "v=spf1 ptr ptr:b.example -all"},
		{name: "the same ptr twice", record: "v=spf1 ptr ip4:203.0.113.1 ~ptr -all", want: "v=spf1 ptr ip4:203.0.113.1 -all"},
		{name: "a macro and its form for URLs", record: "v=spf1 exists:%{l}.x.example exists:%{L}.x.example -all"},
		{name: "two includes with macros", record: "v=spf1 include:e.example include:f.example -all"},
		{name: "a network before a macro that fails", record: "v=spf1 ip4:203.0.113.1 -exists:%{i}.x.example ip4:203.0.113.0/24 -all"},
		{name: "a network before a macro that passes", record: "v=spf1 -ip4:203.0.113.1 exists:%{i}.x.example -all"},
		{name: "a network after a macro", record: "v=spf1 exists:%{i}.x.example ip4:203.0.113.1 ip4:203.0.113.0/24 -all", want: "v=spf1 exists:%{i}.x.example ip4:203.0.113.0/24 -all"},
		{name: "macros that differ", record: "v=spf1 exists:%{i}.x.example exists:%{i}.y.example -all"},
		{name: "a name whose addresses are listed", record: "v=spf1 a:h.example ip4:198.51.100.0/24 ip6:2001:db8::7 -all", want: "v=spf1 ip4:198.51.100.0/24 ip6:2001:db8::7 -all"},
		{name: "a name without data", record: "v=spf1 a:gone.example ip4:203.0.113.1 -all", want: "v=spf1 ip4:203.0.113.1 -all"},
		{name: "a name that fails", record: "v=spf1 a:x.down.example ip4:203.0.113.1 -all"},
		{name: "after a name that fails", record: "v=spf1 a:x.down.example ip4:203.0.113.1 ip4:203.0.113.1 -all"},
		{name: "a network within another", record: "v=spf1 ip4:203.0.113.0/24 ip4:203.0.113.7 -all", want: "v=spf1 ip4:203.0.113.0/24 -all"},
		{name: "a network before a wider one", record: "v=spf1 ip4:203.0.113.7 a:h.example ip4:203.0.113.0/24 -all", want: "v=spf1 a:h.example ip4:203.0.113.0/24 -all"},
		{name: "a network that is excluded first", record: "v=spf1 -ip4:203.0.113.7 ip4:203.0.113.0/24 -all"},
		{name: "neighbors", record: "v=spf1 ip4:203.0.113.0/25 ip4:203.0.113.128/25 -all", want: "v=spf1 ip4:203.0.113.0/24 -all"},
		{name: "neighbors of another qualifier", record: "v=spf1 ~ip4:203.0.113.0/25 ~ip4:203.0.113.128/25 -all", want: "v=spf1 ~ip4:203.0.113.0/24 -all"},
		{name: "both families", record: "v=spf1 ip4:203.0.113.0 ip6:2001:db8::/33 ip4:203.0.113.1 ip6:2001:db8:8000::/33 -all", want: "v=spf1 ip4:203.0.113.0/31 ip6:2001:db8::/32 -all"},
		{name: "neighbors with a term between them", record: "v=spf1 ip4:203.0.113.0/25 ?a:h.example ip4:203.0.113.128/25 -all"},
		{name: "what fails like all", record: "v=spf1 ip4:203.0.113.1 -ip4:203.0.113.2 -all", want: "v=spf1 ip4:203.0.113.1 -all"},
		{name: "modifiers stay", record: "v=spf1 ra=x ip4:203.0.113.0/25 exp=why.example ip4:203.0.113.128/25 -all", want: "v=spf1 ra=x ip4:203.0.113.0/24 exp=why.example -all"},
		{name: "the explanation of a fail", record: "v=spf1 ip4:203.0.113.1 ip4:203.0.113.1 exp=why.example -all", want: "v=spf1 ip4:203.0.113.1 exp=why.example -all"},
		{name: "everybody passes in the end", record: "v=spf1 ip4:203.0.113.1 ip4:203.0.113.1 +all"},
		{name: "everybody passes by a term", record: "v=spf1 ip4:203.0.113.1 ip4:0.0.0.0/0 -all"},
		{name: "everybody passes by two terms", record: "v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all mx"},
		{name: "everybody of IPv6 passes", record: "v=spf1 ip4:203.0.113.1 ip6:2000::/4 ip6:3000::/4 -all mx"},
		{name: "a mechanism that is written as a modifier", record: "v=spf1 include=b.example ip4:203.0.113.1 ip4:203.0.113.1 -all"},
		{name: "two records in one", record: "v=spf1 ip4:203.0.113.1 -all v=spf1 mx -all"},
		{name: "a URL", record: "v=spf1 a:https://gone.example -all mx"},
		{name: "many terms after all", record: "v=spf1 -all" + strings.Repeat(" mx", 50), want: "v=spf1 -all"},
		{name: "a redirect", record: "v=spf1 ip4:192.0.2.1 include:b.example redirect=c.example", want: "v=spf1 redirect=c.example"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := audit(t, `a TXT "`+test.record+"\"\n"+rewriteZone)
			got := s.Rewrite(t.Context())
			switch {
			case got == nil && test.want != "":
				t.Fatalf("no rewriting; want %s", test.want)
			case got == nil:
			case got.Text != test.want:
				t.Errorf("got %s, want %s", got.Text, test.want)
			case got.Equality.Probes < randomProbes:
				t.Errorf("compared at %d addresses only", got.Equality.Probes)
			}
		})
	}
}

func TestRewrite_savings(t *testing.T) {
	s := audit(t, "a TXT \"v=spf1 include:b.example include:c.example a:gone.example ip4:203.0.113.0/25 ip4:203.0.113.128/25 -all mx\"\n"+rewriteZone)
	got := s.Rewrite(t.Context())
	if got == nil || got.LookupsBefore != 6 || got.Lookups != 3 || got.VoidsBefore != 3 || got.VoidLookups != 1 || got.TermsBefore != 7 || got.Terms != 3 {
		t.Errorf("got %+v", got)
	}
}

// A record over the limit gets the result that it was meant to have.
func TestRewrite_overLimit(t *testing.T) {
	zone := "a TXT \"v=spf1" + strings.Repeat(" include:b.example", 6) + " -all\"\n" + rewriteZone + "b AAAA 2001:db8::1\n"
	s := audit(t, zone)
	if got := s.Rewrite(t.Context()); got == nil || got.Text != "v=spf1 include:b.example -all" || got.OverLimit {
		t.Errorf("got %+v", got)
	}
}

func TestFlatten(t *testing.T) {
	var zone strings.Builder
	zone.WriteString("a TXT \"v=spf1 include:p.example include:q.example include:e.example -all\"\n")
	zone.WriteString("p TXT \"v=spf1" + strings.Repeat(" a:h.example", 5) + " ip4:203.0.113.0/24 ~all\"\n")
	zone.WriteString("q TXT \"v=spf1" + strings.Repeat(" a:h.example", 4) + " ~all\"\n")
	s := audit(t, zone.String()+rewriteZone)
	got := s.Flatten()
	if s.Lookups != 13 || len(got) != 1 || got[0].Term.Target != "q.example" || got[0].Lookups != 5 || got[0].Networks != 2 {
		t.Errorf("%d lookups: %+v", s.Lookups, got)
	}
}

func TestCosts(t *testing.T) {
	s := audit(t, "a TXT \"v=spf1 a:gone.example include:c.example ip4:203.0.113.1 include:b.example -all\"\n"+rewriteZone)
	var got []string
	for _, c := range s.Costs() {
		got = append(got, c.Term.Term.Source(), string(rune('0'+c.Lookups)))
	}
	if text := strings.Join(got, " "); text != "include:c.example 3 include:b.example 2 a:gone.example 1" {
		t.Errorf("got %s", text)
	}
}

// The comparison notices what is not equal.
func TestCompareText_difference(t *testing.T) {
	for _, test := range []struct{ name, before, after string }{
		{name: "an address", before: "v=spf1 ip4:203.0.113.0/24 -all", after: "v=spf1 ip4:203.0.113.0/25 ip4:203.0.113.128/26 ip4:203.0.113.192/27 ip4:203.0.113.224/28 ip4:203.0.113.240/29 ip4:203.0.113.248/30 ip4:203.0.113.252/31 ip4:203.0.113.254 -all"},
		{name: "an IPv6 address", before: "v=spf1 ip6:2001:db8::1 -all", after: "v=spf1 -all"},
		{name: "a result", before: "v=spf1 ip4:203.0.113.1 -all", after: "v=spf1 ip4:203.0.113.1 ~all"},
		{name: "a macro", before: "v=spf1 exists:%{i}.x.example -all", after: "v=spf1 exists:%{l}.x.example -all"},
		{name: "a macro less", before: "v=spf1 exists:%{i}.x.example -all", after: "v=spf1 -all"},
		{name: "ptr", before: "v=spf1 ptr -all", after: "v=spf1 -all"},
		{name: "another name of ptr", before: "v=spf1 ptr ptr:b.example -all", after: "v=spf1 ptr -all"},
		{name: "an explanation", before: "v=spf1 exp=why.example -all", after: "v=spf1 -all"},
		{name: "an error", before: "v=spf1 a:x.down.example -all", after: "v=spf1 -all"},
		{name: "another kind of error", before: "v=spf1 include:a.example -all", after: "v=spf1 include:gone.example -all"},
		{name: "the order of terms", before: "v=spf1 -include:b.example include:c.example ?all", after: "v=spf1 include:c.example -include:b.example ?all"},
		{name: "more lookups than the limit", before: "v=spf1 include:b.example -all", after: "v=spf1 include:b.example" + strings.Repeat(" include:b.example", 5) + " -all"},
		{name: "a syntax error", before: "v=spf1 -all", after: "v=spf1 –all"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := audit(t, `a TXT "`+test.before+"\"\n"+rewriteZone)
			if e := s.CompareText(t.Context(), test.after); e.Difference == nil {
				t.Errorf("no difference at %d addresses", e.Probes)
			}
		})
	}
}

func TestCompareText_canceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if e := audit(t, `a TXT "v=spf1 -all"`).CompareText(ctx, "v=spf1 -all"); !e.Incomplete {
		t.Errorf("got %+v", e)
	}
}

// FuzzRewrite: a record and its rewriting are equal for every address of the
// networks in them, by an evaluation that does not go through CompareText.
func FuzzRewrite(f *testing.F) {
	f.Add("include:b.example a:h.example ip4:192.0.2.0/26 -ip4:192.0.2.7 ~all", byte(7))
	f.Add("ip4:192.0.2.0/26 ?ip4:192.0.2.64/26 include:d.example redirect=b.example", byte(200))
	f.Fuzz(func(t *testing.T, terms string, host byte) {
		text := "v=spf1 " + terms
		if _, err := spf.Parse(text); err != nil || len(text) > 200 || strings.ContainsAny(text, "\"\\\n") {
			return
		}
		zone := "a TXT \"" + text + "\"\n" + rewriteZone
		s := audit(t, zone)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		got := s.Rewrite(ctx)
		if got == nil {
			return
		}
		after := audit(t, "a TXT \""+got.Text+"\"\n"+rewriteZone)
		for _, clientTerms := range []bool{false, true} {
			x, y := effectOf(s.Records[0], clientTerms), effectOf(after.Records[0], clientTerms)
			for result := range x {
				if !x[result].Equal(y[result]) {
					t.Errorf("%s\n%s\n%v: %v and %v", text, got.Text, spf.Result(result), x[result].Prefixes(), y[result].Prefixes())
				}
			}
		}
		if got.Lookups > got.LookupsBefore || got.Terms > got.TermsBefore {
			t.Errorf("%s\n%s: more lookups or terms: %+v", text, got.Text, got)
		}
	})
}

// A hostile tree does not make the search for a shorter record long.
func TestRewrite_bounded(t *testing.T) {
	var zone strings.Builder
	zone.WriteString("a TXT \"v=spf1\"")
	for i := range maxRewriteTerms - 1 {
		zone.WriteString(" \" include:h" + string(rune('a'+i%20)) + ".example\"")
	}
	zone.WriteString(" \" -all\"\n")
	for i := range 20 {
		zone.WriteString("h" + string(rune('a'+i)) + " TXT \"v=spf1\"")
		for k := range 1000 {
			zone.WriteString(" \" " + []string{"+", "-"}[k%2] + "ip4:10." + strconv.Itoa(i) + "." + strconv.Itoa(k/250) + "." + strconv.Itoa(k%250) + "\"")
		}
		zone.WriteString("\n")
	}
	s := audit(t, zone.String())
	b := newRewriter(s)
	b.dropRedundant()
	if work := b.tracer.effects.work; work > 2*maxEffectWork {
		t.Errorf("work %d, want at most about %d", work, maxEffectWork)
	}
}
