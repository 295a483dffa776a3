package policy

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"policyd-spf/conf"
	"policyd-spf/spf/dns"
	"policyd-spf/spf/dns/dnsfake"
)

// dmarcZone has a domain without DMARC records, and others with one.
const dmarcZone = `
$ORIGIN example.
$TTL 300
@               SOA ns hostmaster 1 3600 600 86400 300
none            TXT "no record"
a.b.c.d.reject  TXT "v=spf1 -all"
_dmarc.reject   TXT "v=DMARC1; p=reject"
pass            TXT "v=spf1 ip4:192.0.2.0/24 -all"
`

// TestLookupDMARC: the lookups of a tree walk are made at once, only for mail that would
// be rejected, and once.
func TestLookupDMARC(t *testing.T) {
	const reject = "a.b.c.d.reject.example"
	for _, test := range []struct {
		name, config, sender string
		took                 time.Duration
		lookups              int // for _dmarc names
	}{
		{name: "prefetched", config: "Leave_DMARC = Enforced\n", sender: reject, took: 2 * time.Second, lookups: 6},
		{name: "one after the other", config: "Leave_DMARC = Enforced\nLookups_Ahead = No\n", sender: reject, took: 7 * time.Second, lookups: 6},
		{name: "off", sender: reject, took: time.Second},
		{name: "nothing is rejected", config: "Leave_DMARC = All\nMail_From_reject = False\n", sender: reject, took: time.Second},
		{name: "pass", config: "Leave_DMARC = All\n", sender: "pass.example", took: time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				resolver := dnsfake.Of(dnsfake.Zone(t, dmarcZone), time.Second)
				cache := dns.NewCache(resolver)
				s, _ := newServer(t, "HELO_reject = No_Check\n"+test.config, cache)
				s.Prefetcher = cache
				start := time.Now()
				for i := range 2 { // the second request is answered from the caches
					s.Answer(context.Background(), Request{ClientAddress: "192.0.2.1", Sender: "alice@" + test.sender, Instance: fmt.Sprint(i)})
				}
				lookups := 0
				for _, q := range resolver.Asked {
					if strings.HasPrefix(q.Name, "_dmarc.") {
						lookups++
					}
				}
				if took := time.Since(start); took != test.took || lookups != test.lookups {
					t.Errorf("took %v, %d lookups; want %v, %d", took, lookups, test.took, test.lookups)
				}
			})
		})
	}
}

// TestLookupDMARC_timeout: a policy that cannot be looked up in time counts as no
// policy, and is logged.
func TestLookupDMARC_timeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zone := dnsfake.Zone(t, dmarcZone)
		r := dnsfake.Func(func(q dns.Question, deadline time.Time) (dns.Answer, error) {
			if strings.HasPrefix(q.Name, "_dmarc.") {
				time.Sleep(time.Until(deadline))
				return dns.Answer{}, &dns.Error{Kind: dns.Timeout, Question: q}
			}
			return zone.Lookup(q, deadline)
		})
		s, log := newServer(t, "Leave_DMARC = All\n", r)
		start := time.Now()
		reply := s.Answer(context.Background(), Request{ClientAddress: "192.0.2.1", HELOName: "none.example", Sender: "alice@a.b.c.d.reject.example"}).String()
		s.Log.Flush()
		if took := time.Since(start); took != conf.DMARCTimeout || !strings.HasPrefix(reply, "550 5.7.23 ") ||
			!strings.Contains(strings.Join(log.lines, "\n"), "err ERROR: DMARC policy of a.b.c.d.reject.example not found: ") {
			t.Errorf("%s after %v, logged %q", reply, took, log.lines)
		}
	})
}
