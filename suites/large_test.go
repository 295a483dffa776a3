package suites

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// The limits of a process whose answers all have 64 kB and come over TCP.
const (
	maxLargeMemory = 32 << 20
	maxLargeCPU    = 800 * time.Millisecond // a message
)

// A sender whose answers are as large as DNS allows cannot make a process large or
// slow: ten mx of ten hosts for HELO and for MAIL FROM, all answers over TCP.
func TestLargeAnswers(t *testing.T) {
	ours := build(t, "..")
	at := serveFunc(t, func(w dns.ResponseWriter, m *dns.Msg) {
		if _, ok := w.RemoteAddr().(*net.UDPAddr); ok {
			r := new(dns.Msg).SetReply(m)
			r.Truncated = true
			w.WriteMsg(r)
			return
		}
		w.Write(largeAnswer(m))
	})
	p := startProcess(t, ours, "--dns", at.String(), os.DevNull)
	const messages = 3
	for i := range messages {
		answer, took := p.send(t, requestText(i, netip.MustParseAddr("192.0.2.1"), fmt.Sprintf("helo%d.test", i), fmt.Sprintf("a@s%d.test", i)))
		t.Logf("%.70q after %v", answer, took)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Skip(err)
	}
	var peak int
	for line := range strings.Lines(string(status)) {
		fmt.Sscanf(line, "VmHWM: %d kB", &peak)
	}
	p.stop(t)
	cpu := (p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()) / messages
	t.Logf("at most %d kB of memory, %v of CPU a message", peak, cpu)
	if peak<<10 > maxLargeMemory || peak == 0 {
		t.Errorf("%d kB of memory, want at most %d", peak, maxLargeMemory>>10)
	}
	if cpu > maxLargeCPU {
		t.Errorf("%v of CPU a message, want at most %v", cpu, maxLargeCPU)
	}
}

// largeAnswer returns a response of 64 kB to any question: a record of ten mx, ten hosts
// for each, and an address that is not the client's. Useless records fill the rest.
func largeAnswer(m *dns.Msg) []byte {
	q := m.Question[0]
	r := new(dns.Msg).SetReply(m)
	r.RecursionAvailable, r.Compress = true, true
	head := dns.RR_Header{Name: q.Name, Rrtype: q.Qtype, Class: dns.ClassINET, Ttl: 3600}
	switch q.Qtype {
	case dns.TypeTXT:
		var terms strings.Builder
		for i := range 10 {
			fmt.Fprintf(&terms, " mx:m%d.%s", i, q.Name)
		}
		text := "v=spf1" + terms.String() + " -all"
		r.Answer = append(r.Answer, &dns.TXT{Hdr: head, Txt: []string{text}})
	case dns.TypeMX:
		for i := range 10 {
			r.Answer = append(r.Answer, &dns.MX{Hdr: head, Mx: fmt.Sprintf("h%d.%s", i, q.Name)})
		}
	case dns.TypeA:
		r.Answer = append(r.Answer, &dns.A{Hdr: head, A: net.IPv4(203, 0, 113, 1)})
	}
	wire, err := r.Pack()
	if err != nil {
		panic(err)
	}
	// Of the question's name for A and else of the root: each record has a TTL of an
	// hour, and four bytes of data.
	filler := []byte{0, 0, 1, 0, 1, 0, 0, 14, 16, 0, 4, 203, 0, 113, 2}
	if q.Qtype == dns.TypeA {
		filler = append([]byte{0xc0, 12}, filler[1:]...)
	}
	n := len(r.Answer)
	for len(wire)+len(filler) <= dns.MaxMsgSize-1 {
		wire = append(wire, filler...)
		n++
	}
	wire[6], wire[7] = byte(n>>8), byte(n)
	return wire
}
