package suites

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	blitiri "blitiri.com.ar/go/spf"

	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// TestCrosscheck compares the results for random records with those of another SPF
// library. The records contain no errors, because that library does not parse beyond the
// term that matches. Void lookups are not limited, because it looks up both types of
// addresses at once and counts neither those of mail hosts nor of the client's names.
func TestCrosscheck(t *testing.T) {
	const voids = 1000
	limits := spf.DefaultLimits()
	limits.VoidLookups = voids
	results := map[spf.Result]int{}
	for seed := range uint64(30) {
		s := randomScenario(1000+seed, 100, true)
		ours := s.verdicts(t, &spf.Checker{Resolver: &zoneResolver{zone: s.zone}, Limits: limits})
		for i, c := range s.cases {
			theirs, err := blitiri.CheckHostWithSender(net.ParseIP(c.host), c.helo, c.mailFrom,
				blitiri.WithResolver(netResolver{&zoneResolver{zone: s.zone}}), blitiri.OverrideVoidLookupLimit(voids))
			if ours[i].Result.String() != string(theirs) {
				t.Errorf("%s: %s: %s (%v; term %q), the other library: %s (%v)\n%v",
					s.suite, c.name, ours[i].Result, ours[i].Err, ours[i].Term, theirs, err, c)
			}
			results[ours[i].Result]++
		}
	}
	for _, r := range []spf.Result{spf.Neutral, spf.Pass, spf.Fail, spf.Softfail, spf.Permerror} {
		if results[r] < 50 {
			t.Errorf("only %d random records have the result %s", results[r], r)
		}
	}
	t.Logf("results: %v", results)
}

// netResolver is a zoneResolver with the interface of the other library.
type netResolver struct{ *zoneResolver }

func (r netResolver) lookup(name string, typ dns.Type) (dns.Answer, error) {
	a, err := r.Lookup(dns.Question{Name: normalizeName(name), Type: typ}, time.Time{})
	if err != nil {
		return a, &net.DNSError{Err: err.Error(), Name: name, IsTemporary: true}
	}
	if a.NXDomain {
		return a, &net.DNSError{Err: "no such name", Name: name, IsNotFound: true}
	}
	return a, nil
}

func (r netResolver) LookupTXT(_ context.Context, name string) ([]string, error) {
	a, err := r.lookup(name, dns.TypeTXT)
	var texts []string
	for _, ss := range a.TXT {
		texts = append(texts, strings.Join(ss, ""))
	}
	return texts, err
}

func (r netResolver) LookupMX(_ context.Context, name string) ([]*net.MX, error) {
	a, err := r.lookup(name, dns.TypeMX)
	var hosts []*net.MX
	for _, h := range a.Names {
		hosts = append(hosts, &net.MX{Host: h + "."})
	}
	return hosts, err
}

func (r netResolver) LookupIPAddr(_ context.Context, name string) ([]net.IPAddr, error) {
	var addrs []net.IPAddr
	for _, typ := range []dns.Type{dns.TypeA, dns.TypeAAAA} {
		a, err := r.lookup(name, typ)
		if err != nil {
			return nil, err
		}
		for _, addr := range a.Addrs {
			addrs = append(addrs, net.IPAddr{IP: addr.AsSlice()})
		}
	}
	return addrs, nil
}

func (r netResolver) LookupAddr(_ context.Context, addr string) ([]string, error) {
	name, err := reverseName(addr)
	if err != nil {
		return nil, err
	}
	a, err := r.lookup(name, dns.TypePTR)
	return a.Names, err
}

// reverseName returns the name of an address's PTR records.
func reverseName(addr string) (string, error) {
	ip := net.ParseIP(addr)
	if v4 := ip.To4(); v4 != nil {
		return fmt.Sprintf("%d.%d.%d.%d.in-addr.arpa", v4[3], v4[2], v4[1], v4[0]), nil
	}
	if ip == nil {
		return "", fmt.Errorf("not an address: %q", addr)
	}
	var b strings.Builder
	for i := range ip {
		c := ip[len(ip)-1-i]
		fmt.Fprintf(&b, "%x.%x.", c&15, c>>4)
	}
	return b.String() + "ip6.arpa", nil
}
