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

// names is the room's name server, at 127.0.0.1:53.
type names struct {
	t       *testing.T
	servers []*dns.Server

	mu      sync.Mutex
	records map[string][]dns.RR // by name
	faults  map[string]fault    // by name
	asked   map[string]int      // queries, by name
	changed chan struct{}       // closed when asked changes
}

// startNames serves test.zone until the test ends.
func startNames(t *testing.T) *names {
	t.Helper()
	n := &names{
		t:       t,
		records: make(map[string][]dns.RR),
		faults:  map[string]fault{"temperror.test.": servfail},
		asked:   make(map[string]int),
		changed: make(chan struct{}),
	}
	n.load(testZone)
	n.start("127.0.0.1:53")
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
	n.mu.Unlock()
	if f == silence {
		return
	}
	m := new(dns.Msg)
	m.SetReply(q)
	m.RecursionAvailable = true
	if f == servfail {
		m.Rcode = dns.RcodeServerFailure
	} else {
		n.fill(m, name, q.Question[0].Qtype)
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

func (n *names) fill(m *dns.Msg, name string, qtype uint16) {
	for _, rr := range n.records[name] {
		if rr.Header().Rrtype == qtype {
			m.Answer = append(m.Answer, rr)
		}
	}
	if len(m.Answer) > 0 {
		return
	}
	for _, rr := range n.records["test."] {
		if rr.Header().Rrtype == dns.TypeSOA {
			m.Ns = append(m.Ns, rr)
		}
	}
	if len(n.records[name]) == 0 && !n.above(name) {
		m.Rcode = dns.RcodeNameError
	}
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
