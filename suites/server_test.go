package suites

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// serve runs a name server for the zone on loopback, over UDP and TCP on the
// same port, until the test ends.
func serve(t testing.TB, z zone) netip.AddrPort {
	return serveFunc(t, z.serve)
}

// serveFunc is serve for a function that responds to queries.
func serveFunc(t testing.TB, answer dns.HandlerFunc) netip.AddrPort {
	tcp, udp := listen(t)
	at := tcp.Addr().(*net.TCPAddr).AddrPort()
	for _, s := range []*dns.Server{{PacketConn: udp}, {Listener: tcp}} {
		s.Handler = answer
		done := make(chan error, 1)
		started := make(chan struct{})
		s.NotifyStartedFunc = func() { close(started) }
		go func() { done <- s.ActivateAndServe() }()
		<-started
		t.Cleanup(func() {
			if err := s.Shutdown(); err != nil {
				t.Error(err)
			}
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
	return at
}

// listen finds a port that is free for both UDP and TCP.
func listen(t testing.TB) (net.Listener, net.PacketConn) {
	const tries = 20 // another process may use the port for UDP
	var last error
	for range tries {
		tcp, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		udp, err := net.ListenPacket("udp", tcp.Addr().String())
		if err == nil {
			return tcp, udp
		}
		tcp.Close()
		last = err
	}
	t.Fatal(last)
	return nil, nil
}

// serve responds to one query.
func (z zone) serve(w dns.ResponseWriter, m *dns.Msg) {
	q := m.Question[0]
	r := z.answer(fromPresentation(q.Name), dns.TypeToString[q.Qtype])
	if r.rcode == noReply {
		return
	}
	a := new(dns.Msg).SetRcode(m, r.rcode)
	owner := q.Name
	for _, c := range r.aliases {
		a.Answer = append(a.Answer, c.rr(owner))
		owner = toPresentation(c.name)
	}
	for _, rr := range r.records {
		a.Answer = append(a.Answer, rr.rr(owner))
	}
	if _, udp := w.RemoteAddr().(*net.UDPAddr); udp {
		size := dns.MinMsgSize
		if opt := m.IsEdns0(); opt != nil {
			size = int(opt.UDPSize())
			a.SetEdns0(1232, false)
		}
		a.Truncate(size)
	}
	if err := w.WriteMsg(a); err != nil {
		panic(fmt.Sprintf("%s: %v", q.Name, err)) // the zone has data that does not fit a message
	}
}

// rr returns the record as miekg/dns represents it.
func (r record) rr(owner string) dns.RR {
	h := dns.RR_Header{Name: owner, Class: dns.ClassINET, Rrtype: dns.StringToType[r.typ], Ttl: r.ttl}
	switch r.typ {
	case "TXT":
		txt := &dns.TXT{Hdr: h}
		for _, s := range r.strings {
			txt.Txt = append(txt.Txt, escape(s))
		}
		return txt
	case "A":
		return &dns.A{Hdr: h, A: r.addr.AsSlice()}
	case "AAAA":
		return &dns.AAAA{Hdr: h, AAAA: r.addr.AsSlice()}
	case "MX":
		return &dns.MX{Hdr: h, Preference: r.pref, Mx: toPresentation(r.name)}
	case "PTR":
		return &dns.PTR{Hdr: h, Ptr: toPresentation(r.name)}
	default:
		return &dns.CNAME{Hdr: h, Target: toPresentation(r.name)}
	}
}

// toPresentation returns a name in presentation format (RFC 1035, 5.1).
func toPresentation(name string) string {
	labels := strings.Split(name, ".")
	for i, l := range labels {
		labels[i] = escape(l)
	}
	return strings.TrimSuffix(strings.Join(labels, "."), ".") + "."
}

// fromPresentation is the inverse of toPresentation, in lower case.
func fromPresentation(name string) string {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c == '\\' && i+3 < len(name) && '0' <= name[i+1] && name[i+1] <= '9' {
			c = (name[i+1]-'0')*100 + (name[i+2]-'0')*10 + name[i+3] - '0'
			i += 3
		} else if c == '\\' {
			i++
			c = name[i]
		}
		b.WriteByte(c)
	}
	return normalizeName(b.String())
}

// escape returns a label or character string in presentation format.
func escape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, "\\%03d", c)
		case strings.IndexByte(`\"().;@$ `, c) >= 0:
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
