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

// fault is what the name server does instead of answering.
type fault int

const (
	servfail fault = iota + 1 // responds with SERVFAIL
	silence                   // does not respond
)

// nameServer is a name server with the records of test.zone.
type nameServer struct {
	t       *testing.T
	servers []*dns.Server
	delay   time.Duration // of each response

	mu      sync.Mutex
	records map[string][]dns.RR // by name
	faults  map[string]fault    // by name
	queries map[string]int      // queries, by name
	changed chan struct{}       // closed when queries changes
}

// startNameServer starts a name server for test.zone until the test ends.
func startNameServer(t *testing.T, addr string) *nameServer {
	t.Helper()
	n := &nameServer{
		t:       t,
		records: make(map[string][]dns.RR),
		faults:  map[string]fault{"temperror.test.": servfail},
		queries: make(map[string]int),
		changed: make(chan struct{}),
	}
	n.load(testZone)
	n.start(addr)
	t.Cleanup(n.stop)
	return n
}

func (n *nameServer) load(zone string) {
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

// replaceRecords replaces the records of a name by those of a zone text.
func (n *nameServer) replaceRecords(name, zone string) {
	n.t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.records, name)
	n.load(zone)
}

func (n *nameServer) start(addr string) {
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

// stop closes the port.
func (n *nameServer) stop() {
	for _, s := range n.servers {
		s.Shutdown()
	}
	n.servers = nil
}

// setFault sets the fault of a name. 0 is no fault.
func (n *nameServer) setFault(name string, f fault) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults[dns.CanonicalName(dns.Fqdn(name))] = f
}

// queryTotal returns the number of queries so far.
func (n *nameServer) queryTotal() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	total := 0
	for _, count := range n.queries {
		total += count
	}
	return total
}

// queryCount returns the number of queries for a name so far.
func (n *nameServer) queryCount(name string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.queries[dns.Fqdn(name)]
}

// awaitQueries waits until there have been count queries for name.
func (n *nameServer) awaitQueries(t *testing.T, name string, count int) {
	t.Helper()
	deadline := time.After(longTimeout)
	for {
		n.mu.Lock()
		got, changed := n.queries[dns.Fqdn(name)], n.changed
		n.mu.Unlock()
		if got >= count {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("%d queries for %s, want %d", got, name, count)
		}
	}
}

// ServeDNS responds to one query.
func (n *nameServer) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	name := dns.CanonicalName(q.Question[0].Name)
	n.mu.Lock()
	n.queries[name]++
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

// answer returns the response from the records.
func (n *nameServer) answer(q *dns.Msg, name string) *dns.Msg {
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
	if len(n.records[name]) == 0 && !n.hasSubdomain(name) {
		m.Rcode = dns.RcodeNameError
	}
	return m
}

// hasSubdomain reports whether there are names below this one. If so, it exists
// (RFC 4592, 2.2.2).
func (n *nameServer) hasSubdomain(name string) bool {
	for other := range n.records {
		if dns.IsSubDomain(name, other) {
			return true
		}
	}
	return false
}
