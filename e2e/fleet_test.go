package e2e

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// The measurements of docs/fleet.md: mail hosts with an Unbound each, or one for
// all, and the name server of the internet. `make fleet` prints the figures.

const (
	fleetDomains  = 300 // sender domains, with Zipf-distributed popularity
	perProcess    = 100 // messages for each policy process: Postfix's max_use
	internetDelay = 10 * time.Millisecond
)

// fleetZone returns a zone of sender domains that include one of thirty providers.
// Each provider includes two more names.
func fleetZone() string {
	var b strings.Builder
	b.WriteString("$ORIGIN test.\n$TTL 3600\n")
	for i := range fleetDomains {
		fmt.Fprintf(&b, "d%d TXT \"v=spf1 include:p%d.test -all\"\n", i, i%30)
	}
	for i := range 30 {
		fmt.Fprintf(&b, "p%d TXT \"v=spf1 include:a.p%d.test include:b.p%d.test -all\"\n", i, i, i)
		fmt.Fprintf(&b, "a.p%d TXT \"v=spf1 ip4:198.51.100.0/24 ip6:2001:db8:a::/48 -all\"\n", i)
		fmt.Fprintf(&b, "b.p%d TXT \"v=spf1 ip4:192.0.2.0/24 ip6:2001:db8:b::/48 -all\"\n", i)
	}
	return b.String()
}

// fleetMessages returns the number of messages for each host.
func fleetMessages() int {
	if testing.Short() {
		return 300
	}
	return 3000
}

// sendStream sends a host's messages and returns the mean time of a check.
func sendStream(host string, messages int, seed uint64) (time.Duration, error) {
	random := rand.New(rand.NewPCG(seed, 0))
	popularity := rand.NewZipf(random, 1.2, 4, fleetDomains-1)
	var took time.Duration
	for done := 0; done < messages; {
		p, err := startPolicyServer(host)
		if err != nil {
			return 0, err
		}
		for range perProcess {
			done++
			client := fmt.Sprintf("192.0.2.%d", 1+random.IntN(254))
			sender := fmt.Sprintf("user%d@d%d.test", done, popularity.Uint64())
			start := time.Now()
			action, err := p.send(client, sender, fmt.Sprint(host, done))
			took += time.Since(start)
			if err == nil && !strings.HasPrefix(action, "action=prepend Received-SPF: Pass ") {
				err = fmt.Errorf("%s from %s: %s", sender, client, action)
			}
			if err != nil {
				return 0, err
			}
		}
		if err := p.stop(); err != nil {
			return 0, err
		}
	}
	return took / time.Duration(messages), nil
}

// The setups of resolvers.
const (
	noUnbound   = "no Unbound"
	unboundEach = "an Unbound each"
	oneUnbound  = "one Unbound"
	unboundBoth = "an Unbound each before one"
)

// With one resolver for all hosts, the queries for each message that leave the site
// fall as hosts are added. With one on each host they do not.
func TestFleet(t *testing.T) {
	configure(t, "debugLevel = -1")
	type fleet struct {
		hosts int
		setup string
	}
	left := make(map[fleet]float64)
	setups, sizes := []string{noUnbound, unboundEach, oneUnbound, unboundBoth}, []int{1, 2, 3}
	if testing.Short() {
		sizes = []int{1, 3}
	}
	for _, setup := range setups {
		for _, hosts := range sizes {
			t.Run(fmt.Sprintf("%d with %s", hosts, setup), func(t *testing.T) {
				left[fleet{hosts, setup}] = measureFleet(t, hosts, setup)
			})
		}
	}
	if len(left) < len(setups)*len(sizes) {
		return // some were skipped or failed
	}
	for _, setup := range []string{oneUnbound, unboundBoth} {
		if one, three := left[fleet{1, setup}], left[fleet{3, setup}]; three > 0.6*one {
			t.Errorf("%s: %.3f queries a message leave with 3 hosts, %.3f with 1: little is shared", setup, three, one)
		}
	}
	if one, three := left[fleet{1, unboundEach}], left[fleet{3, unboundEach}]; three < 0.9*one {
		t.Errorf("%s: %.3f queries a message leave with 3 hosts, %.3f with 1: nothing should be shared", unboundEach, three, one)
	}
	if none, each := left[fleet{1, noUnbound}], left[fleet{1, unboundEach}]; none < 1.5*each {
		t.Errorf("%.3f queries a message leave without Unbound, %.3f with it: it should save more", none, each)
	}
}

// measureFleet runs a fleet and returns the number of queries for each message that
// leave the site.
func measureFleet(t *testing.T, hosts int, setup string) (leaving float64) {
	t.Helper()
	messages := fleetMessages()
	names := startInternet(t, fleetZone())
	names.delay = internetDelay
	nameserver := map[string]string{
		noUnbound: internetIP, unboundEach: "127.0.0.1", oneUnbound: resolverIP, unboundBoth: "127.0.0.1",
	}[setup]
	forward := internetIP
	if setup == oneUnbound || setup == unboundBoth {
		addHost(t, "resolver", resolverIP, "")
		startUnbound(t, "resolver", resolverIP, internetIP)
		forward = resolverIP
	}
	for i := range hosts {
		host := fmt.Sprintf("host%d", i)
		addHost(t, host, fmt.Sprintf("203.0.113.%d", 11+i), "nameserver "+nameserver+"\n")
		if nameserver == "127.0.0.1" {
			startUnbound(t, host, nameserver, forward)
		}
	}
	type result struct {
		mean time.Duration
		err  error
	}
	results := make(chan result)
	for i := range hosts {
		go func() {
			mean, err := sendStream(fmt.Sprintf("host%d", i), messages, uint64(i))
			results <- result{mean, err}
		}()
	}
	var mean time.Duration
	for range hosts {
		r := <-results
		if r.err != nil {
			t.Error(r.err)
		}
		mean += r.mean / time.Duration(hosts)
	}
	leaving = float64(names.queryTotal()) / float64(hosts*messages)
	t.Logf("%d messages: %.3f queries a message leave, a check takes %v", hosts*messages, leaving, mean.Round(10*time.Microsecond))
	return leaving
}
