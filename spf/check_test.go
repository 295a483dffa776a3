package spf

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"policyd-spf/spf/dns"
)

// book is a Resolver that answers from a list of lines "name TYPE data"; what
// is not in it does not exist. Data "!" is a SERVFAIL, "?" never comes. It
// notes what it is asked.
type book struct {
	lines []string
	asked []string
}

func newBook(lines string) *book { return &book{lines: strings.Split(strings.TrimSpace(lines), "\n")} }

func (b *book) Lookup(ctx context.Context, q dns.Question) (dns.Answer, error) {
	b.asked = append(b.asked, q.String())
	a := dns.Answer{TTL: time.Hour, NXDomain: true}
	for _, line := range b.lines {
		f := strings.SplitN(strings.TrimSpace(line), " ", 3)
		if f[0] != q.Name {
			continue
		}
		a.NXDomain = false
		if f[1] != q.Type.String() {
			continue
		}
		switch {
		case f[2] == "!":
			return dns.Answer{}, &dns.Error{Kind: dns.BadRcode, Question: q, Rcode: 2}
		case f[2] == "?":
			<-ctx.Done()
			return dns.Answer{}, &dns.Error{Kind: dns.Timeout, Question: q}
		case q.Type == dns.TypeTXT:
			a.TXT = append(a.TXT, []string{f[2]})
		case q.Type == dns.TypeA, q.Type == dns.TypeAAAA:
			a.Addrs = append(a.Addrs, netip.MustParseAddr(f[2]))
		default:
			a.Names = append(a.Names, f[2])
		}
	}
	return a, nil
}

func (b *book) check(sender string) Verdict {
	return b.checkFrom("192.0.2.1", sender)
}

func (b *book) checkFrom(ip, sender string) Verdict {
	c := &Checker{Resolver: b, Limits: DefaultLimits()}
	return c.CheckHost(context.Background(), query(ip, sender))
}

func query(ip, sender string) Args {
	_, domain, _ := strings.Cut(sender, "@")
	return Args{IP: netip.MustParseAddr(ip), Domain: domain, Sender: sender, HELO: "helo.example"}
}

// TestVerdict holds what a verdict says beside the result; the results
// themselves are what the suites are for.
func TestVerdict(t *testing.T) {
	tests := []struct {
		name, zone, sender string
		want               Verdict // Err is compared apart
	}{
		{"the term that matched", `
			a.example TXT v=spf1 ip4:198.51.100.1 +a -all
			a.example A 192.0.2.1`, "u@a.example",
			Verdict{Result: Pass, Domain: "a.example", Record: "v=spf1 ip4:198.51.100.1 +a -all", Root: "v=spf1 ip4:198.51.100.1 +a -all", Term: "+a", Lookups: 1, TTL: time.Hour}},
		{"no term matched", `a.example TXT v=spf1 ip4:198.51.100.1`, "u@a.example",
			Verdict{Result: Neutral, Domain: "a.example", Record: "v=spf1 ip4:198.51.100.1", Root: "v=spf1 ip4:198.51.100.1", TTL: time.Hour}},
		{"no record", `a.example TXT hello`, "u@a.example",
			Verdict{Result: None, Domain: "a.example", TTL: time.Hour}},
		{"a void lookup", `a.example TXT v=spf1 mx -all`, "u@a.example",
			Verdict{Result: Fail, Domain: "a.example", Record: "v=spf1 mx -all", Root: "v=spf1 mx -all", Term: "-all", Lookups: 1, VoidLookups: 1, TTL: time.Hour}},
		{"after a redirect", `
			a.example TXT v=spf1 redirect=b.example
			b.example TXT v=spf1 ~all`, "u@a.example",
			Verdict{Result: Softfail, Domain: "b.example", Record: "v=spf1 ~all", Root: "v=spf1 redirect=b.example", Term: "~all", Lookups: 1, TTL: time.Hour}},
		{"an include", `
			a.example TXT v=spf1 include:b.example -all
			b.example TXT v=spf1 +all`, "u@a.example",
			Verdict{Result: Pass, Domain: "a.example", Record: "v=spf1 include:b.example -all", Root: "v=spf1 include:b.example -all", Term: "include:b.example", Lookups: 1, TTL: time.Hour}},
		{"the local part used", `
			a.example TXT v=spf1 exists:%{l}.a.example -all
			u.a.example A 127.0.0.2`, "u@a.example",
			Verdict{Result: Pass, Domain: "a.example", Record: "v=spf1 exists:%{l}.a.example -all", Root: "v=spf1 exists:%{l}.a.example -all", Term: "exists:%{l}.a.example", Lookups: 1, TTL: time.Hour, Vary: VaryLocalPart}},
		{"HELO used", `
			a.example TXT v=spf1 exists:%{h}.a.example -all`, "u@a.example",
			Verdict{Result: Fail, Domain: "a.example", Record: "v=spf1 exists:%{h}.a.example -all", Root: "v=spf1 exists:%{h}.a.example -all", Term: "-all", Lookups: 1, VoidLookups: 1, TTL: time.Hour, Vary: VaryHELO}},
		{"an explanation that uses the local part", `
			a.example TXT v=spf1 -all exp=e.a.example
			e.a.example TXT %{s} may not`, "u@a.example",
			Verdict{Result: Fail, Domain: "a.example", Record: "v=spf1 -all exp=e.a.example", Root: "v=spf1 -all exp=e.a.example", Term: "-all", Explanation: "u@a.example may not", TTL: time.Hour, Vary: VaryLocalPart}},
		{"an explanation that tells the time", `
			a.example TXT v=spf1 -all exp=e.a.example
			e.a.example TXT now%{t1.}`, "u@a.example",
			Verdict{Result: Fail, Domain: "a.example", Record: "v=spf1 -all exp=e.a.example", Root: "v=spf1 -all exp=e.a.example", Term: "-all", Explanation: "now946684800"}},
		{"an explanation that cannot be had now", `
			a.example TXT v=spf1 -all exp=e.a.example
			e.a.example TXT !`, "u@a.example",
			Verdict{Result: Fail, Domain: "a.example", Record: "v=spf1 -all exp=e.a.example", Root: "v=spf1 -all exp=e.a.example", Term: "-all"}},
		{"an explanation that does not exist is no void lookup", `
			a.example TXT v=spf1 -all exp=e.a.example`, "u@a.example",
			Verdict{Result: Fail, Domain: "a.example", Record: "v=spf1 -all exp=e.a.example", Root: "v=spf1 -all exp=e.a.example", Term: "-all", TTL: time.Hour}},
		{"a PTR lookup that fails", `
			a.example TXT v=spf1 ptr -all
			1.2.0.192.in-addr.arpa PTR !`, "u@a.example",
			Verdict{Result: Fail, Domain: "a.example", Record: "v=spf1 ptr -all", Root: "v=spf1 ptr -all", Term: "-all", Lookups: 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // for %{t}
				if got := newBook(test.zone).check(test.sender); got != test.want {
					t.Errorf("got  %+v\nwant %+v", got, test.want)
				}
			})
		})
	}
}

// TestErrors holds why a verdict is an error.
func TestErrors(t *testing.T) {
	terms := func(n int) string {
		s := "a.example TXT v=spf1"
		for i := range n {
			s += fmt.Sprintf(" a:h%d.a.example", i)
		}
		for i := range n {
			s += fmt.Sprintf("\nh%d.a.example A 198.51.100.1", i)
		}
		return s
	}
	mx := func(n int) string {
		s := "a.example TXT v=spf1 mx -all"
		for i := range n {
			s += fmt.Sprintf("\na.example MX h%d.a.example\nh%d.a.example A 198.51.100.1", i, i)
		}
		return s
	}
	tests := []struct {
		name, zone string
		result     Result
		want       error // nil for none
	}{
		{"ten terms", terms(10), Neutral, nil},
		{"eleven terms", terms(11), Permerror, &LimitError{LookupLimit, 10}},
		{"two void lookups", "a.example TXT v=spf1 a:x.example mx:x.example -all", Fail, nil},
		{"three void lookups", "a.example TXT v=spf1 a:x.example mx:x.example a:y.example -all", Permerror, &LimitError{VoidLookupLimit, 2}},
		{"ten MX hosts", mx(10), Fail, nil},
		{"eleven MX hosts", mx(11), Permerror, &LimitError{MXLimit, 10}},
		{"two records", "a.example TXT v=spf1 a\na.example TXT v=spf1 mx", Permerror, &RecordError{MultipleRecords, "a.example", ""}},
		{"an include without record", "a.example TXT v=spf1 include:b.example", Permerror, &RecordError{IncludeNoRecord, "b.example", "include:b.example"}},
		{"an include without record, in capitals", "a.example TXT v=spf1 include:B.%{d2}.C.", Permerror, &RecordError{IncludeNoRecord, "B.a.example.C", "include:B.%{d2}.C."}},
		{"an include of no name", "a.example TXT v=spf1 include:b..example", Permerror, &RecordError{IncludeNoRecord, "b..example", "include:b..example"}},
		{"a redirect to no name", "a.example TXT v=spf1 redirect=b..example", Permerror, &RecordError{RedirectNoRecord, "b..example", "redirect=b..example"}},
		{"a redirect without record", "a.example TXT v=spf1 redirect=b.example", Permerror, &RecordError{RedirectNoRecord, "b.example", "redirect=b.example"}},
		{"an include of itself", "a.example TXT v=spf1 include:%{d}", Permerror, &RecordError{SelfInclude, "a.example", "include:%{d}"}},
		{"an error in an include", "a.example TXT v=spf1 include:b.example\nb.example TXT v=spf1 moo", Permerror,
			&SyntaxError{Kind: UnknownMechanism, Domain: "b.example", Record: "v=spf1 moo", Term: "moo", Offset: 7}},
		{"SERVFAIL", "a.example TXT !", Temperror, &dns.Error{Kind: dns.BadRcode, Question: dns.Question{Name: "a.example", Type: dns.TypeTXT}, Rcode: 2}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v := newBook(test.zone).check("u@a.example")
			if v.Result != test.result {
				t.Errorf("result %v, want %v", v.Result, test.result)
			}
			if got, want := fmt.Sprintf("%#v", v.Err), fmt.Sprintf("%#v", test.want); got != want && (v.Err != nil || test.want != nil) {
				if gs, ws := fmt.Sprint(v.Err), fmt.Sprint(test.want); gs != ws {
					t.Errorf("error %v, want %v", v.Err, test.want)
				}
			}
		})
	}
}

// TestOutOfTime holds that a check ends with its context, and how it tells.
func TestOutOfTime(t *testing.T) {
	tests := []struct {
		name, zone string
		time       time.Duration
		result     Result
		kind       dns.ErrorKind
	}{
		{"during a lookup", "a.example TXT ?", time.Second, Temperror, dns.Timeout},
		{"before a lookup", "a.example TXT v=spf1 -all", -1, Temperror, dns.OutOfTime},
		{"a PTR lookup does not spare a fail", "a.example TXT v=spf1 ptr -all\n1.2.0.192.in-addr.arpa PTR ?", time.Second, Fail, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(context.Background(), test.time)
				defer cancel()
				c := &Checker{Resolver: newBook(test.zone), Limits: DefaultLimits()}
				v := c.CheckHost(ctx, query("192.0.2.1", "u@a.example"))
				if v.Result != test.result {
					t.Errorf("result %v, want %v", v.Result, test.result)
				}
				var dns *dns.Error
				if test.result == Temperror && (!errors.As(v.Err, &dns) || dns.Kind != test.kind) {
					t.Errorf("error %v, want kind %d", v.Err, test.kind)
				}
			})
		})
	}
}

// TestAsked holds that nothing is asked that is not needed.
func TestAsked(t *testing.T) {
	tests := []struct {
		name, ip, zone string
		want           []string
	}{
		{"only A for IPv4", "192.0.2.1", "a.example TXT v=spf1 a -all", []string{"a.example TXT", "a.example A"}},
		{"only AAAA for IPv6", "2001:db8::1", "a.example TXT v=spf1 a -all", []string{"a.example TXT", "a.example AAAA"}},
		{"A for a mapped address", "::ffff:192.0.2.1", "a.example TXT v=spf1 a -all", []string{"a.example TXT", "a.example A"}},
		{"A for exists", "2001:db8::1", "a.example TXT v=spf1 exists:e.example -all", []string{"a.example TXT", "e.example A"}},
		{"no exp for softfail", "192.0.2.1", "a.example TXT v=spf1 ~all exp=e.example", []string{"a.example TXT"}},
		{"PTR once", "192.0.2.1", "a.example TXT v=spf1 ptr:x.example ptr:%{p}.example exists:%{p} -all",
			[]string{"a.example TXT", "1.2.0.192.in-addr.arpa PTR", "unknown A"}},
		{"nothing for a redirect over the limit", "192.0.2.1", "a.example TXT v=spf1" + strings.Repeat(" a", 10) + " redirect=%{p}\na.example A 192.0.2.9",
			append([]string{"a.example TXT"}, slices.Repeat([]string{"a.example A"}, 10)...)},
		{"nothing before a syntax error", "192.0.2.1", "a.example TXT v=spf1 a moo", []string{"a.example TXT"}},
		{"no names that cannot be", "192.0.2.1", "a.example TXT v=spf1 a:a..example -all", []string{"a.example TXT"}},
		{"a validated name is one that leads back", "192.0.2.1", "a.example TXT v=spf1 exists:%{p} -all\n" +
			"1.2.0.192.in-addr.arpa PTR h1.example\n1.2.0.192.in-addr.arpa PTR h2.example\nh1.example A 192.0.2.9\nh2.example A 192.0.2.1",
			[]string{"a.example TXT", "1.2.0.192.in-addr.arpa PTR", "h1.example A", "h2.example A", "h2.example A"}},
		{"ten PTR names", "192.0.2.1", "a.example TXT v=spf1 ptr -all" +
			strings.Repeat("\n1.2.0.192.in-addr.arpa PTR h.example", 12) + "\nh.example A 192.0.2.9",
			append([]string{"a.example TXT", "1.2.0.192.in-addr.arpa PTR"}, slices.Repeat([]string{"h.example A"}, 10)...)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBook(test.zone)
			b.checkFrom(test.ip, "u@a.example")
			if !slices.Equal(b.asked, test.want) {
				t.Errorf("got  %q\nwant %q", b.asked, test.want)
			}
		})
	}
	for _, domain := range []string{"example", "", ".", "a..example", "[192.0.2.1]", strings.Repeat("a", 64) + ".example"} {
		t.Run("no record of "+domain, func(t *testing.T) {
			b := newBook("")
			if v := b.check("u@" + domain); v.Result != None || len(b.asked) > 0 {
				t.Errorf("%v, asked %q", v.Result, b.asked)
			}
		})
	}
}

// steps notes events in short.
type steps []string

func (s *steps) Event(ev Event) {
	switch ev := ev.(type) {
	case RecordEvent:
		*s = append(*s, fmt.Sprintf("%d record %s %q", ev.Depth, ev.Domain, ev.Text))
	case TermEvent:
		*s = append(*s, fmt.Sprintf("%d term %s %q %d", ev.Depth, ev.Term, ev.Target, ev.Lookups))
	case MatchEvent:
		*s = append(*s, fmt.Sprintf("%d match %v %v", ev.Depth, ev.Matched, ev.Result))
	case VoidEvent:
		*s = append(*s, fmt.Sprintf("void %s %d", ev.Question, ev.VoidLookups))
	case LookupEvent:
		*s = append(*s, fmt.Sprintf("lookup %s", ev.Question))
	case ExplanationEvent:
		*s = append(*s, fmt.Sprintf("explanation %s %q", ev.Target, ev.Value))
	}
}

func TestEvents(t *testing.T) {
	b := newBook(`
		a.example TXT v=spf1 include:%{d1}.b.example mx -all exp=e.example
		example.b.example TXT v=spf1 ip4:198.51.100.1 redirect=c.example
		c.example TXT v=spf1 ?all
		e.example TXT no`)
	var got steps
	c := &Checker{Resolver: &TracingResolver{b, &got}, Limits: DefaultLimits(), Observer: &got}
	c.CheckHost(context.Background(), query("192.0.2.1", "u@a.example"))
	want := steps{
		`lookup a.example TXT`,
		`0 record a.example "v=spf1 include:%{d1}.b.example mx -all exp=e.example"`,
		`0 term include:%{d1}.b.example "example.b.example" 1`,
		`lookup example.b.example TXT`,
		`1 record example.b.example "v=spf1 ip4:198.51.100.1 redirect=c.example"`,
		`1 term ip4:198.51.100.1 "" 1`,
		`1 match false none`,
		`1 term redirect=c.example "c.example" 2`,
		`lookup c.example TXT`,
		`1 record c.example "v=spf1 ?all"`,
		`1 term ?all "" 2`,
		`1 match true neutral`,
		`1 match true neutral`,
		`0 match false none`,
		`0 term mx "a.example" 3`,
		`lookup a.example MX`,
		`void a.example MX 1`,
		`0 match false none`,
		`0 term -all "" 3`,
		`0 match true fail`,
		`lookup e.example TXT`,
		`explanation e.example "no"`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
