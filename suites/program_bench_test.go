package suites

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	spfdns "policyd-spf/spf/dns"
)

// These benchmarks measure the built program as Postfix runs it, with a name server on
// loopback, and compare it with a program that does nothing. On a busy machine only the
// ratios are meaningful.

// exemptRequest is a request that needs no lookups.
var exemptRequest = requestText(0, netip.MustParseAddr("127.0.0.1"), "localhost", "a@d0.example")

// BenchmarkStart measures the time from the start of a process to its first reply.
func BenchmarkStart(b *testing.B) {
	ours, floor := build(b, ".."), build(b, "testdata/floor")
	world := newTestbed(b, 0)
	for _, c := range []struct{ name, request string }{
		{name: "skip", request: exemptRequest},
		{name: "check", request: requestText(0, world.client(0), "mail.d0.example", "a@d0.example")},
	} {
		b.Run(c.name, func(b *testing.B) {
			var our, least []time.Duration
			for b.Loop() {
				our = append(our, timeToFirstReply(b, c.request, ours, world.args...))
				least = append(least, timeToFirstReply(b, c.request, floor))
			}
			ratio(b, our, least)
		})
	}
}

// timeToFirstReply returns the time from the start of a program to its first reply.
func timeToFirstReply(b *testing.B, request, program string, args ...string) time.Duration {
	start := time.Now()
	p := startProcess(b, program, args...)
	p.send(b, request)
	took := time.Since(start)
	p.stop(b)
	return took
}

// BenchmarkRoundTrip measures a request on a connection that has been used before.
func BenchmarkRoundTrip(b *testing.B) {
	ours, floor := build(b, ".."), build(b, "testdata/floor")
	world := newTestbed(b, 0)
	for _, c := range []struct {
		name    string
		request func(i int) string
	}{
		{name: "same", request: func(i int) string { return requestText(i, world.client(0), "mail.d0.example", "a@d0.example") }},
		{name: "mix", request: world.stream(1)},
		{name: "new", request: func(i int) string {
			return requestText(i, world.client(0), fmt.Sprintf("mail.n%d.any.example", i), fmt.Sprintf("a@n%d.any.example", i))
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			p, q := startProcess(b, ours, world.args...), startProcess(b, floor)
			var our, least []time.Duration
			n := 0
			for ; n < 100; n++ {
				p.send(b, c.request(n))
			}
			for b.Loop() {
				request := c.request(n)
				n++
				_, took := p.send(b, request)
				our = append(our, took)
				_, took = q.send(b, request)
				least = append(least, took)
			}
			p.stop(b)
			q.stop(b)
			ratio(b, our, least)
		})
	}
}

// BenchmarkSparse measures the CPU time of a message from a known sender where processes
// mostly wait: 20 of them get a message in turn, with a pause after each. In
// BenchmarkRoundTrip's closed loop the caches of the processor and the threads of the
// process stay awake.
func BenchmarkSparse(b *testing.B) {
	const (
		processes = 20
		pause     = 700 * time.Microsecond
		warmup    = 15 // messages of each process that are not counted
		messages  = 60 // messages of each process that are
	)
	world := newTestbed(b, 0)
	for _, c := range []struct {
		name, program string
		args          []string
	}{
		{name: "floor", program: build(b, "testdata/floor")},
		{name: "known", program: build(b, ".."), args: world.args},
	} {
		b.Run(c.name, func(b *testing.B) {
			var used time.Duration
			for b.Loop() {
				var all [processes]*process
				for i := range all {
					all[i] = startProcess(b, c.program, c.args...)
				}
				for m := range warmup + messages {
					if m == warmup {
						for _, p := range all {
							used -= p.cpuTime(b)
						}
					}
					for i, p := range all {
						p.send(b, requestText(m*processes+i, world.client(0), "mail.d0.example", "a@d0.example"))
						time.Sleep(pause)
					}
				}
				for _, p := range all {
					used += p.cpuTime(b)
					p.stop(b)
				}
			}
			b.ReportMetric(float64(used.Microseconds())/float64(b.N*processes*messages), "cpu-µs")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkLatency measures the first check of a process if each lookup takes 20 ms. Its
// unit is the longest chain of lookups that depend on each other.
func BenchmarkLatency(b *testing.B) {
	const lookup = 20 * time.Millisecond
	ours := build(b, "..")
	world := newTestbed(b, lookup)
	for _, c := range []struct {
		name, domain string
		path         int // the longest chain of lookups
	}{
		{name: "ip4", domain: "d0.example", path: 1},
		{name: "includes", domain: "includes.example", path: 2},
		{name: "chain", domain: "chain.example", path: 4},
		{name: "redirect", domain: "redirect.example", path: 2},
		{name: "mx", domain: "mx.example", path: 3},
		{name: "mixed", domain: "mixed.example", path: 3},
	} {
		b.Run(c.name, func(b *testing.B) {
			request := requestText(1, netip.MustParseAddr("192.0.2.77"), "mail."+c.domain, "a@"+c.domain)
			unit := world.lookup(b)
			var times []time.Duration
			world.queries.Store(0)
			for b.Loop() {
				p := startProcess(b, ours, world.args...)
				p.send(b, exemptRequest) // the process has started, but has sent no query
				_, took := p.send(b, request)
				times = append(times, took)
				p.stop(b)
			}
			b.ReportMetric(float64(median(times))/float64(time.Duration(c.path)*unit), "x-path")
			b.ReportMetric(float64(world.queries.Load())/float64(len(times)), "queries")
		})
	}
}

// BenchmarkMemory measures the memory of each of 50 processes.
func BenchmarkMemory(b *testing.B) {
	const processes = 50
	ours, floor := build(b, ".."), build(b, "testdata/floor")
	world := newTestbed(b, 0)
	for _, c := range []struct {
		name, program string
		args          []string
		messages      int
	}{
		{name: "floor", program: floor, messages: 1},
		{name: "idle", program: ours, args: world.args, messages: 1},
		{name: "busy", program: ours, args: world.args, messages: 1000},
	} {
		b.Run(c.name, func(b *testing.B) {
			var total float64
			for b.Loop() {
				total = 0
				var all [processes]*process
				for i := range all {
					all[i] = startProcess(b, c.program, c.args...)
					request := world.stream(uint64(i))
					for m := range c.messages {
						all[i].send(b, request(m))
					}
				}
				for _, p := range all {
					total += p.proportionalSetSize(b)
				}
				for _, p := range all {
					p.stop(b)
				}
			}
			b.ReportMetric(total/processes/1e6, "MB")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkQueries counts queries, with 100 messages for each process.
func BenchmarkQueries(b *testing.B) {
	const messages = 100
	ours := build(b, "..")
	world := newTestbed(b, 0)
	request := world.stream(2)
	n := 0
	for b.Loop() {
		p := startProcess(b, ours, world.args...)
		for range messages {
			p.send(b, request(n))
			n++
		}
		p.stop(b)
	}
	b.ReportMetric(float64(world.queries.Load())/float64(n), "queries/message")
}

// testbed is a zone of senders and its name server.
type testbed struct {
	at      netip.AddrPort
	args    []string // arguments for the name server and no configuration
	queries atomic.Int64
}

// senders is the number of sender domains in the stream.
const senders = 200

// newTestbed starts a name server whose lookups take some time.
func newTestbed(b *testing.B, lookup time.Duration) *testbed {
	z := zone{}
	add := func(name string, records ...record) { z[name] = &zoneNode{records: records} }
	txt := func(s string) record { return record{typ: "TXT", ttl: 3600, strings: []string{s}} }
	const providers = 30
	for i := range providers {
		add(fmt.Sprintf("p%d.example", i), txt(fmt.Sprintf("v=spf1 include:a.p%d.example include:b.p%d.example ~all", i, i)))
		add(fmt.Sprintf("a.p%d.example", i), txt(fmt.Sprintf("v=spf1 ip4:10.%d.0.0/24 ~all", i)))
		add(fmt.Sprintf("b.p%d.example", i), txt(fmt.Sprintf("v=spf1 ip4:10.%d.1.0/24 ~all", i)))
	}
	add("d0.example", txt("v=spf1 ip4:192.0.2.0/24 ip4:10.0.0.0/8 -all"))
	for i := 1; i < senders; i++ {
		add(fmt.Sprintf("d%d.example", i), txt(fmt.Sprintf("v=spf1 include:p%d.example -all", i%providers)))
	}
	add("*.any.example", txt("v=spf1 ip4:192.0.2.0/24 ip4:10.0.0.0/8 -all"))
	add("includes.example", txt("v=spf1 include:a.p1.example include:a.p2.example include:a.p3.example include:a.p4.example -all"))
	add("chain.example", txt("v=spf1 include:c1.example -all"))
	add("c1.example", txt("v=spf1 include:c2.example -all"))
	add("c2.example", txt("v=spf1 include:d0.example -all"))
	add("redirect.example", txt("v=spf1 redirect=d0.example"))
	add("mx.example", txt("v=spf1 mx -all"), record{typ: "MX", ttl: 3600, pref: 10, name: "m1.example"}, record{typ: "MX", ttl: 3600, pref: 20, name: "m2.example"})
	for i, host := range []string{"m1.example", "m2.example"} {
		add(host, record{typ: "A", ttl: 3600, addr: netip.AddrFrom4([4]byte{192, 0, 2, byte(76 + i)})})
	}
	add("mixed.example", txt("v=spf1 a:m1.example include:p1.example include:p2.example mx:mx.example -all"))

	w := new(testbed)
	w.at = serveFunc(b, func(rw dns.ResponseWriter, m *dns.Msg) {
		w.queries.Add(1)
		time.Sleep(lookup)
		z.serve(rw, m)
	})
	w.args = []string{"--dns", w.at.String(), os.DevNull}
	return w
}

// lookup returns the time that a lookup takes.
func (w *testbed) lookup(b *testing.B) time.Duration {
	client := newClient(w.at)
	var times []time.Duration
	for range 9 {
		start := time.Now()
		if _, err := client.Lookup(spfdns.Question{Name: "d0.example", Type: spfdns.TypeTXT}, time.Time{}); err != nil {
			b.Fatal(err)
		}
		times = append(times, time.Since(start))
	}
	return median(times)
}

// client returns an address that a provider sends from.
func (*testbed) client(i uint64) netip.Addr {
	return netip.AddrFrom4([4]byte{10, byte(i % 30), byte(i / 30 % 2), byte(1 + i%250)})
}

// stream returns a function for a realistic stream of messages: sender domains with
// Zipf-distributed popularity, few clients that return, one message in ten with a second
// recipient.
func (w *testbed) stream(seed uint64) func(i int) string {
	random := rand.New(rand.NewPCG(seed, 1))
	popularity := rand.NewZipf(random, 1.2, 4, senders-1)
	var last string
	return func(i int) string {
		if last != "" && random.IntN(10) == 0 {
			return last
		}
		domain := popularity.Uint64()
		client := netip.AddrFrom4([4]byte{10, byte(domain % 30), byte(random.IntN(2)), byte(1 + random.IntN(250))})
		helo := fmt.Sprintf("out%s.example", strings.ReplaceAll(client.String(), ".", "-"))
		last = requestText(i, client, helo, fmt.Sprintf("u%d@d%d.example", random.IntN(1000), domain))
		return last
	}
}
