package report

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"policyd-spf/spf/dns"
	"policyd-spf/spf/dns/dnsfake"
)

// message returns the log lines of a message, as policyd-spf writes them.
func logLines(pid int, client, helo, sender, heloResult, mailFromResult string) string {
	pairs := fmt.Sprintf("client-ip=%s; helo=%s; envelope-from=%s; receiver=<UNKNOWN> ", client, helo, sender)
	const stamp = "2026-11-02T10:00:00Z mx policyd-spf"
	comment := "some comment"
	if mailFromResult == "Temperror" {
		comment = "SPF Temporary Error: DNS Timeout"
	}
	return fmt.Sprintf("%s[%d]: %s; identity=helo; %s\n", stamp, pid, heloResult, pairs) +
		fmt.Sprintf("%s[%d]: %s; identity=mailfrom; %s\n", stamp, pid, mailFromResult, pairs) +
		fmt.Sprintf("%s[%d]: prepend Received-SPF: %s (%s) identity=mailfrom; %s\n", stamp, pid, mailFromResult, comment, pairs)
}

// slowResolver times out for a name, and counts what is in flight.
type slowResolver struct {
	dns.Resolver
	inFlight, most *atomic.Int64
}

func (r slowResolver) Lookup(q dns.Question, deadline time.Time) (dns.Answer, error) {
	n := r.inFlight.Add(1)
	defer r.inFlight.Add(-1)
	for m := r.most.Load(); n > m && !r.most.CompareAndSwap(m, n); m = r.most.Load() {
	}
	if strings.HasPrefix(q.Name, "slow.") {
		return dns.Answer{}, &dns.Error{Kind: dns.Timeout, Question: q}
	}
	return r.Resolver.Lookup(q, deadline)
}

func TestRecheck(t *testing.T) {
	var log strings.Builder
	for i, m := range []struct{ sender, result string }{
		{sender: "a@softfail.example", result: "Softfail"},  // the same
		{sender: "a@softfail.example", result: "Softfail"},  // the same question again
		{sender: "a@fail.example", result: "Softfail"},      // record changed
		{sender: "a@temperror.example", result: "Pass"},     // SERVFAIL
		{sender: "a@slow.example", result: "Pass"},          // time-out now
		{sender: "a@neutral.example", result: "Temperror"},  // time-out then
		{sender: "a@xn--bcher-kva.example", result: "Pass"}, // IDN
		{sender: "a@permerror.example", result: "Fail"},     // other
		{sender: "a@none.example", result: "Pass"},          // record changed
	} {
		log.WriteString(logLines(100+i, "198.51.100.99", "none.example", m.sender, "None", m.result))
	}
	// An exempt message has no results.
	log.WriteString("2026-11-02T10:00:00Z mx policyd-spf[99]: prepend X-Comment: SPF skipped for whitelisted relay - client-ip=192.0.2.1; helo=h.example; envelope-from=x@pass.example; receiver=<UNKNOWN> \n")
	var inFlight, most atomic.Int64
	progress := 0
	c := New(Options{
		Now: time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC), Recheck: RecheckAll,
		NewResolver: func() dns.Resolver { return slowResolver{dnsfake.Zone(t, whatIfZone), &inFlight, &most} },
		Progress: func(p Progress) {
			if p.Done != progress+1 || p.Total != 9 {
				t.Errorf("progress %+v after %d", p, progress)
			}
			progress = p.Done
		},
	})
	if err := c.Read("log", strings.NewReader(log.String())); err != nil {
		t.Fatal(err)
	}
	got := c.Report(context.Background()).Recheck
	if got == nil || got.Questions != 9 || got.Same != 2 || got.Different != 7 || got.LeftOut != 0 {
		t.Fatalf("%+v", got)
	}
	var causes []string
	for _, cause := range got.Causes {
		for _, d := range cause.Differences {
			causes = append(causes, cause.Cause+": "+d.Sender+" "+d.Logged+" "+d.Now)
		}
	}
	want := `record changed: a@fail.example softfail fail
record changed: a@none.example pass none
SERVFAIL: a@temperror.example pass temperror
IDN: a@xn--bcher-kva.example pass none
time-out: a@neutral.example temperror neutral
time-out: a@slow.example pass temperror
other: a@permerror.example fail permerror`
	if s := strings.Join(causes, "\n"); s != want {
		t.Errorf("got\n%s\nwant\n%s", s, want)
	}
	if most.Load() > recheckWorkers || progress != 9 {
		t.Errorf("%d queries in flight, progress %d", most.Load(), progress)
	}
}

// An interruption leaves the rest out and says so.
func TestRecheck_interrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	c := New(Options{
		Now: time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC), Recheck: RecheckAll,
		NewResolver: func() dns.Resolver { return dnsfake.Zone(t, whatIfZone) },
	})
	if err := c.Read("log", strings.NewReader(logLines(1, "198.51.100.99", "none.example", "a@softfail.example", "None", "Softfail"))); err != nil {
		t.Fatal(err)
	}
	if got := c.Report(ctx).Recheck; got.LeftOut != 2 || got.Questions != 0 {
		t.Errorf("%+v", got)
	}
}
