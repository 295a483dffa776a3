package dns

import (
	"errors"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"policyd-spf/spf/dns/dnstest"
)

// Without descriptors a lookup fails, and the client works when there are some again.
func TestClientNoDescriptors(t *testing.T) {
	s := dnstest.Start(t, "127.0.0.1", dnstest.Respond(dnstest.Good), nil)
	c := newClient(ResolvConf{Timeout: longTimeout, Attempts: 2}, s)
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
		t.Skip(err)
	}
	none := old
	none.Cur = 0
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &none); err != nil {
		t.Skip(err)
	}
	_, err := c.Lookup(testQuestion, noTime)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	wantKind(t, err, Network)
	if !errors.Is(err, syscall.EMFILE) {
		t.Errorf("got %v, want EMFILE", err)
	}
	if got := describe(c.Lookup(testQuestion, noTime)); got != wantAnswer {
		t.Errorf("then: got %s, want %s", got, wantAnswer)
	}
}

// A server that the system refuses to connect to counts as down, and the next one is
// queried.
func TestClientConnectError(t *testing.T) {
	broadcast := netip.MustParseAddrPort("255.255.255.255:53")
	for _, transport := range []string{"UDP", "TCP"} {
		t.Run(transport, func(t *testing.T) {
			conf := ResolvConf{Servers: []netip.AddrPort{broadcast}, Timeout: longTimeout, Attempts: 1, UseTCP: transport == "TCP"}
			files := openFiles(t)
			_, err := NewClient(conf).Lookup(testQuestion, noTime)
			wantKind(t, err, Network)
			var e *Error
			if errors.As(err, &e) && (e.Server != broadcast || e.Question != testQuestion) {
				t.Errorf("the failure is of %v at %v", e.Question, e.Server)
			}
			if n := openFiles(t); n != files {
				t.Errorf("%d descriptors are left", n-files)
			}
			s := dnstest.Start(t, "127.0.0.1", dnstest.Respond(dnstest.Good), dnstest.RespondTCP(dnstest.Good))
			c := newClient(conf, s)
			if got := describe(c.Lookup(testQuestion, noTime)); got != wantAnswer {
				t.Errorf("with another server: got %s, want %s", got, wantAnswer)
			}
			if !time.Now().Before(c.servers[0].downUntil) || !c.servers[1].downUntil.IsZero() {
				t.Error("the wrong server counts as down")
			}
		})
	}
}

func TestSockaddrOf(t *testing.T) {
	for text, want := range map[string]unix.Sockaddr{
		"192.0.2.1:53":            &unix.SockaddrInet4{Port: 53, Addr: [4]byte{192, 0, 2, 1}},
		"[::ffff:192.0.2.1]:5353": &unix.SockaddrInet4{Port: 5353, Addr: [4]byte{192, 0, 2, 1}},
		"[fe80::1%7]:53":          &unix.SockaddrInet6{Port: 53, Addr: [16]byte{0: 0xfe, 1: 0x80, 15: 1}, ZoneId: 7},
		"[fe80::1%lo]:53":         &unix.SockaddrInet6{Port: 53, Addr: [16]byte{0: 0xfe, 1: 0x80, 15: 1}, ZoneId: zoneID("lo")},
		"[2001:db8::1]:53":        &unix.SockaddrInet6{Port: 53, Addr: [16]byte{0: 0x20, 1: 1, 2: 0x0d, 3: 0xb8, 15: 1}},
	} {
		switch got := sockaddrOf(netip.MustParseAddrPort(text)).(type) {
		case *unix.SockaddrInet4:
			if want, ok := want.(*unix.SockaddrInet4); !ok || got.Port != want.Port || got.Addr != want.Addr {
				t.Errorf("%s: got %+v", text, got)
			}
		case *unix.SockaddrInet6:
			if want, ok := want.(*unix.SockaddrInet6); !ok || got.Port != want.Port || got.Addr != want.Addr || got.ZoneId != want.ZoneId {
				t.Errorf("%s: got %+v", text, got)
			}
		}
	}
	if zoneID("lo") == 0 {
		t.Skip("there is no interface lo")
	}
}
