package suites

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"

	blitiri "blitiri.com.ar/go/spf"

	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// probe is a client and a sender to check against published records.
type probe struct {
	ip     netip.Addr
	sender string
	helo   string
	note   string // what the record is, and the result by the RFC
}

// readProbes returns the probes that the header of a zone file lists, as
// comments of an address, a sender, perhaps "helo NAME", and a note.
func readProbes(tb testing.TB, path string) []probe {
	tb.Helper()
	f, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	var probes []probe
	for lines := bufio.NewScanner(f); lines.Scan(); {
		words := strings.Fields(strings.TrimPrefix(lines.Text(), "#"))
		if !strings.HasPrefix(lines.Text(), "#") || len(words) < 3 || !strings.Contains(words[1], "@") {
			continue
		}
		ip, err := netip.ParseAddr(words[0])
		if err != nil {
			continue
		}
		p := probe{ip: ip, sender: words[1], helo: "mail.example.net", note: strings.Join(words[2:], " ")}
		if words[2] == "helo" {
			p.helo, p.note = words[3], strings.Join(words[4:], " ")
		}
		probes = append(probes, p)
	}
	if len(probes) < 15 {
		tb.Fatalf("%s lists %d probes, want at least 15", path, len(probes))
	}
	return probes
}

func (p probe) args() spf.Args {
	return spf.Args{IP: p.ip, Domain: p.sender[strings.LastIndexByte(p.sender, '@')+1:], Sender: p.sender, HELO: p.helo}
}

// BenchmarkEvaluate compares evaluators on the same work: all probes of
// published records, answered from memory. One operation is all probes. "cold"
// parses every record anew; "cached" keeps answers and parsed records, as the
// server does.
func BenchmarkEvaluate(b *testing.B) {
	path := publishedZone(b)
	probes, z := readProbes(b, path), readZone(b, path)
	perProbe := func(b *testing.B) {
		b.ReportMetric(float64(b.N*len(probes))/b.Elapsed().Seconds(), "checks/s")
	}
	b.Run("cold", func(b *testing.B) {
		b.ReportAllocs()
		answers := answersOf(z)
		for b.Loop() {
			c := spf.Checker{Resolver: answers, Limits: spf.DefaultLimits()}
			for _, p := range probes {
				c.CheckHost(context.Background(), p.args())
			}
		}
		perProbe(b)
	})
	b.Run("cached", func(b *testing.B) {
		b.ReportAllocs()
		c := spf.Checker{Resolver: dns.NewCache(answersOf(z)), Limits: spf.DefaultLimits(), Records: spf.NewRecordCache()}
		for b.Loop() {
			for _, p := range probes {
				c.CheckHost(context.Background(), p.args())
			}
		}
		perProbe(b)
	})
	b.Run("blitiri.com.ar/go/spf", func(b *testing.B) {
		b.ReportAllocs()
		r := netResolver{answersOf(z)}
		for b.Loop() {
			for _, p := range probes {
				blitiri.CheckHostWithSender(net.IP(p.ip.AsSlice()), p.helo, p.sender, blitiri.WithResolver(r))
			}
		}
		perProbe(b)
	})
}

// answersOf returns a resolver that answers from memory at once, so that what is
// measured is the evaluation.
func answersOf(z zone) *zoneResolver {
	return &zoneResolver{zone: z, cache: map[dns.Question]dns.Answer{}}
}

// TestEvaluateAgainstOther compares the results of the probes with those of
// another library. Where they differ, the table says why, by the RFC.
func TestEvaluateAgainstOther(t *testing.T) {
	path := publishedZone(t)
	z := readZone(t, path)
	decided := map[string]string{ // our result, and why the other library has another one
		"x@void-ipv6.example.net from 2a01:111:f403:c000::1": "permerror: three hosts of one mx have no AAAA record, and void lookups are counted " +
			"one by one, as in the original; RFC 7208, 4.6.4 counts terms, and lets this pass. The other library counts neither for hosts of an mx",
		"foo@kruisecloud.com from 107.175.172.4": "permerror: a syntax error anywhere in the record is permerror (RFC 7208, 4.6); " +
			"the other library parses no further than the term that matches",
	}
	for _, p := range readProbes(t, path) {
		c := spf.Checker{Resolver: answersOf(z), Limits: spf.DefaultLimits()}
		ours := c.CheckHost(context.Background(), p.args())
		theirs, err := blitiri.CheckHostWithSender(net.IP(p.ip.AsSlice()), p.helo, p.sender, blitiri.WithResolver(netResolver{answersOf(z)}))
		key := fmt.Sprint(p.sender, " from ", p.ip)
		right, differs := decided[key]
		if ours.Result.String() != string(theirs) && !differs {
			t.Errorf("%s (%s): %s (%v), the other library: %s (%v)", key, p.note, ours.Result, ours.Err, theirs, err)
		}
		if differs && !strings.HasPrefix(right, ours.Result.String()+":") {
			t.Errorf("%s: %s, decided: %s", key, ours.Result, right)
		}
	}
}
