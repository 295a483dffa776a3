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

// These benchmarks measure the built program as Postfix runs it, against a name
// server on loopback and beside a program that does nothing. Single times say
// little on a machine that does other things; the ratios do.

// unchecked is a request that needs no lookup.
var unchecked = message(0, netip.MustParseAddr("127.0.0.1"), "localhost", "a@d0.example")

// BenchmarkStart is from the start of a process to its first answer.
func BenchmarkStart(b *testing.B) {
	ours, floor := build(b, ".."), build(b, "testdata/floor")
	world := newWorld(b, 0)
	for _, c := range []struct{ name, request string }{
		{"skip", unchecked},
		{"check", message(0, world.client(0), "mail.d0.example", "a@d0.example")},
	} {
		b.Run(c.name, func(b *testing.B) {
			var our, least []time.Duration
			for b.Loop() {
				our = append(our, firstAnswer(b, c.request, ours, world.args...))
				least = append(least, firstAnswer(b, c.request, floor))
			}
			ratio(b, our, least)
		})
	}
}

// firstAnswer gives the time from the start of a program to its first answer.
func firstAnswer(b *testing.B, request, program string, args ...string) time.Duration {
	begun := time.Now()
	p := start(b, program, args...)
	p.ask(b, request)
	took := time.Since(begun)
	p.end(b)
	return took
}

// BenchmarkRoundTrip is a request on a connection that has been used before.
func BenchmarkRoundTrip(b *testing.B) {
	ours, floor := build(b, ".."), build(b, "testdata/floor")
	world := newWorld(b, 0)
	for _, c := range []struct {
		name    string
		request func(i int) string
	}{
		{"same", func(i int) string { return message(i, world.client(0), "mail.d0.example", "a@d0.example") }},
		{"mix", world.stream(1)},
		{"new", func(i int) string {
			return message(i, world.client(0), fmt.Sprintf("mail.n%d.any.example", i), fmt.Sprintf("a@n%d.any.example", i))
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			p, q := start(b, ours, world.args...), start(b, floor)
			var our, least []time.Duration
			n := 0
			for ; n < 100; n++ {
				p.ask(b, c.request(n))
			}
			for b.Loop() {
				request := c.request(n)
				n++
				_, took := p.ask(b, request)
				our = append(our, took)
				_, took = q.ask(b, request)
				least = append(least, took)
			}
			p.end(b)
			q.end(b)
			ratio(b, our, least)
		})
	}
}

// BenchmarkLatency is the first check of a process where each lookup takes 20
// ms: by the lookups of which each needs the one before.
func BenchmarkLatency(b *testing.B) {
	const lookup = 20 * time.Millisecond
	ours := build(b, "..")
	world := newWorld(b, lookup)
	for _, c := range []struct {
		name, domain string
		path         int // lookups one after the other
	}{
		{"ip4", "d0.example", 1},
		{"includes", "includes.example", 2},
		{"chain", "chain.example", 4},
		{"redirect", "redirect.example", 2},
		{"mx", "mx.example", 3},
		{"mixed", "mixed.example", 3},
	} {
		b.Run(c.name, func(b *testing.B) {
			request := message(1, netip.MustParseAddr("192.0.2.77"), "mail."+c.domain, "a@"+c.domain)
			unit := world.lookup(b)
			var times []time.Duration
			world.queries.Store(0)
			for b.Loop() {
				p := start(b, ours, world.args...)
				p.ask(b, unchecked) // it is started up, but has not asked yet
				_, took := p.ask(b, request)
				times = append(times, took)
				p.end(b)
			}
			b.ReportMetric(float64(middle(times))/float64(time.Duration(c.path)*unit), "x-path")
			b.ReportMetric(float64(world.queries.Load())/float64(len(times)), "queries")
		})
	}
}

// BenchmarkMemory is what each of 50 processes takes up.
func BenchmarkMemory(b *testing.B) {
	const processes = 50
	ours, floor := build(b, ".."), build(b, "testdata/floor")
	world := newWorld(b, 0)
	for _, c := range []struct {
		name, program string
		args          []string
		messages      int
	}{
		{"floor", floor, nil, 1},
		{"idle", ours, world.args, 1},
		{"busy", ours, world.args, 1000},
	} {
		b.Run(c.name, func(b *testing.B) {
			var total float64
			for b.Loop() {
				total = 0
				var all [processes]*process
				for i := range all {
					all[i] = start(b, c.program, c.args...)
					request := world.stream(uint64(i))
					for m := range c.messages {
						all[i].ask(b, request(m))
					}
				}
				for _, p := range all {
					total += p.share(b)
				}
				for _, p := range all {
					p.end(b)
				}
			}
			b.ReportMetric(total/processes/1e6, "MB")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkQueries is the stream, with processes of 100 messages each.
func BenchmarkQueries(b *testing.B) {
	const messages = 100
	ours := build(b, "..")
	world := newWorld(b, 0)
	request := world.stream(2)
	n := 0
	for b.Loop() {
		p := start(b, ours, world.args...)
		for range messages {
			p.ask(b, request(n))
			n++
		}
		p.end(b)
	}
	b.ReportMetric(float64(world.queries.Load())/float64(n), "queries/message")
}

// world is a zone of senders and the name server for it.
type world struct {
	at      netip.AddrPort
	args    []string // that name the server, and no configuration
	queries atomic.Int64
}

// senders is how many sender domains have mail in the stream.
const senders = 200

// newWorld serves a made zone in which each lookup takes some time.
func newWorld(b *testing.B, lookup time.Duration) *world {
	z := zone{}
	add := func(name string, records ...record) { z[name] = &node{records: records} }
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

	w := new(world)
	w.at = serveFunc(b, func(rw dns.ResponseWriter, m *dns.Msg) {
		w.queries.Add(1)
		time.Sleep(lookup)
		z.serve(rw, m)
	})
	w.args = []string{"--dns", w.at.String(), os.DevNull}
	return w
}

// lookup gives the time that a lookup takes.
func (w *world) lookup(b *testing.B) time.Duration {
	client := newClient(w.at)
	var times []time.Duration
	for range 9 {
		begun := time.Now()
		if _, err := client.Lookup(spfdns.Question{Name: "d0.example", Type: spfdns.TypeTXT}, time.Time{}); err != nil {
			b.Fatal(err)
		}
		times = append(times, time.Since(begun))
	}
	return middle(times)
}

// client gives an address that a provider sends from.
func (*world) client(i uint64) netip.Addr {
	return netip.AddrFrom4([4]byte{10, byte(i % 30), byte(i / 30 % 2), byte(1 + i%250)})
}

// stream gives a realistic stream of messages: sender domains in Zipf
// popularity, few clients that come back, a tenth with a second recipient.
func (w *world) stream(seed uint64) func(i int) string {
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
		last = message(i, client, helo, fmt.Sprintf("u%d@d%d.example", random.IntN(1000), domain))
		return last
	}
}
