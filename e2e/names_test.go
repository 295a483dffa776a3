package e2e

import (
	_ "embed"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
)

//go:embed testdata/test.zone
var testZone string

// fault is a way in which the name server does not answer a name.
type fault int

const (
	servfail fault = iota + 1 // it says SERVFAIL
	silence                   // it says nothing
)

// names is the room's name server.
type names struct {
	t       *testing.T
	servers []*dns.Server
	delay   time.Duration // of each answer

	mu      sync.Mutex
	records map[string][]dns.RR // by name
	faults  map[string]fault    // by name
	asked   map[string]int      // queries, by name
	changed chan struct{}       // closed when asked changes
}

// startNames serves test.zone at an address until the test ends.
func startNames(t *testing.T, addr string) *names {
	t.Helper()
	n := &names{
		t:       t,
		records: make(map[string][]dns.RR),
		faults:  map[string]fault{"temperror.test.": servfail},
		asked:   make(map[string]int),
		changed: make(chan struct{}),
	}
	n.load(testZone)
	n.start(addr)
	t.Cleanup(n.stop)
	return n
}

func (n *names) load(zone string) {
	n.t.Helper()
	p := dns.NewZoneParser(strings.NewReader(zone), "", "test.zone")
	for rr, ok := p.Next(); ok; rr, ok = p.Next() {
		name := dns.CanonicalName(rr.Header().Name)
		n.records[name] = append(n.records[name], rr)
	}
	if err := p.Err(); err != nil {
		n.t.Fatal(err)
	}
}

// replace puts the records of a zone text in place of a name's.
func (n *names) replace(name, zone string) {
	n.t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.records, name)
	n.load(zone)
}

func (n *names) start(addr string) {
	n.t.Helper()
	conn, err := net.ListenPacket("udp", addr)
	if err != nil {
		n.t.Fatal(err)
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		n.t.Fatal(err)
	}
	n.servers = []*dns.Server{{PacketConn: conn, Handler: n}, {Listener: ln, Handler: n}}
	for _, s := range n.servers {
		started := make(chan struct{})
		s.NotifyStartedFunc = func() { close(started) }
		go s.ActivateAndServe()
		<-started
	}
}

// stop ends the service: queries find a closed port.
func (n *names) stop() {
	for _, s := range n.servers {
		s.Shutdown()
	}
	n.servers = nil
}

// set gives a name a fault, or none.
func (n *names) set(name string, f fault) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults[dns.CanonicalName(dns.Fqdn(name))] = f
}

// total gives the number of queries so far.
func (n *names) total() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	total := 0
	for _, count := range n.asked {
		total += count
	}
	return total
}

// count returns the number of queries for a name so far.
func (n *names) count(name string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.asked[dns.Fqdn(name)]
}

// await waits until name has been asked for count times.
func (n *names) await(t *testing.T, name string, count int) {
	t.Helper()
	deadline := time.After(patience)
	for {
		n.mu.Lock()
		got, changed := n.asked[dns.Fqdn(name)], n.changed
		n.mu.Unlock()
		if got >= count {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("%s was asked for %d times, want %d", name, got, count)
		}
	}
}

// ServeDNS answers one query.
func (n *names) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	name := dns.CanonicalName(q.Question[0].Name)
	n.mu.Lock()
	n.asked[name]++
	close(n.changed)
	n.changed = make(chan struct{})
	f := n.faults[name]
	m := n.answer(q, name)
	n.mu.Unlock()
	if f == silence {
		return
	}
	time.Sleep(n.delay)
	if f == servfail {
		m = new(dns.Msg).SetRcode(q, dns.RcodeServerFailure)
	}
	if _, udp := w.LocalAddr().(*net.UDPAddr); udp {
		size := dns.MinMsgSize
		if opt := q.IsEdns0(); opt != nil {
			size = int(opt.UDPSize())
		}
		m.Truncate(size)
	}
	w.WriteMsg(m)
}

// answer answers a query from the records.
func (n *names) answer(q *dns.Msg, name string) *dns.Msg {
	m := new(dns.Msg).SetReply(q)
	m.RecursionAvailable = true
	for _, rr := range n.records[name] {
		if rr.Header().Rrtype == q.Question[0].Qtype {
			m.Answer = append(m.Answer, rr)
		}
	}
	if len(m.Answer) > 0 {
		return m
	}
	for _, rr := range n.records["test."] {
		if rr.Header().Rrtype == dns.TypeSOA {
			m.Ns = append(m.Ns, rr)
		}
	}
	if len(n.records[name]) == 0 && !n.above(name) {
		m.Rcode = dns.RcodeNameError
	}
	return m
}

// above tells whether there are names below this one, which makes it exist.
func (n *names) above(name string) bool {
	for other := range n.records {
		if dns.IsSubDomain(name, other) {
			return true
		}
	}
	return false
}
