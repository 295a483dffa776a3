package dns

import (
	"net/netip"
	"os"
	"slices"
	"testing"
	"time"

	"policyd-spf/spf/dns/dnstest"
)

// Waiting for one call advances the others.
func TestClientAdvancesAllCalls(t *testing.T) {
	var first []byte
	var firstFrom netip.AddrPort
	s := dnstest.Start(t, "127.0.0.1", func(s *dnstest.Server, query []byte, from netip.AddrPort) {
		if first == nil {
			first, firstFrom = dnstest.NameAsText(query), from
			return
		}
		s.Send(firstFrom, first)
		s.Send(from, dnstest.NameAsText(query))
	}, nil)
	c := newClient(ResolvConf{Timeout: longTimeout}, s)
	other := c.Start(Question{"other.test", TypeTXT}, noTime)
	if _, err := c.Lookup(testQuestion, noTime); err != nil {
		t.Fatal(err)
	}
	if got := describe(c.Wait(other)); got != `["other.test."] 60` || len(s.Queries()) != 2 {
		t.Errorf("got %s after %q", got, s.Queries())
	}
}

// Each call in progress gets its own answer, over UDP and TCP.
func TestClientManyCalls(t *testing.T) {
	s := dnstest.Start(t, "127.0.0.1", func(s *dnstest.Server, query []byte, from netip.AddrPort) {
		if query[headerSize+1]%2 == 0 {
			s.Send(from, dnstest.Truncated(query))
		} else {
			s.Send(from, dnstest.NameAsText(query))
		}
	}, dnstest.RespondTCP(dnstest.NameAsText))
	c := newClient(ResolvConf{Timeout: longTimeout}, s)
	var calls []*Call
	for i := range 20 {
		calls = append(calls, c.Start(Question{string(rune('a'+i)) + ".test", TypeTXT}, noTime))
	}
	for _, call := range slices.Backward(calls) {
		if got, want := describe(c.Wait(call)), `["`+call.Question.Name+`."] 60`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if n := len(s.Queries()); n != 20+10 {
		t.Errorf("%d queries, want 20 of which 10 are repeated over TCP", n)
	}
}

// A call that is cancelled has closed its socket; others are not affected.
func TestClientCancel(t *testing.T) {
	s := dnstest.Start(t, "127.0.0.1", nil, nil)
	c := newClient(ResolvConf{Timeout: longTimeout}, s)
	files := openFiles(t)
	canceled, kept := c.Start(Question{"canceled.test", TypeTXT}, noTime), c.Start(Question{"kept.test", TypeTXT}, noTime)
	c.Cancel(canceled)
	wantKind(t, canceled.Err, Timeout)
	if kept.Done {
		t.Errorf("the other call has ended too: %v", kept.Err)
	}
	if n := openFiles(t); n != files+1 {
		t.Errorf("%d descriptors for one call", n-files)
	}
	c.Cancel(kept)
	c.Cancel(kept) // no effect
	if n := openFiles(t); n != files {
		t.Errorf("%d descriptors are left", n-files)
	}
}

// StartOnce tries one server once, and its failure does not count against the server.
func TestClientStartOnce(t *testing.T) {
	for _, test := range []struct {
		name    string
		handler dnstest.UDPHandler
		want    string
	}{
		{name: "silent", want: "timeout"},
		{name: "failing", handler: dnstest.Respond(dnstest.Rcode(2)), want: "SERVFAIL"},
		{name: "good", handler: dnstest.Respond(dnstest.Good), want: wantAnswer},
	} {
		t.Run(test.name, func(t *testing.T) {
			first, second := dnstest.Start(t, "127.0.0.1", test.handler, nil), dnstest.Start(t, "127.0.0.1", nil, nil)
			c := newClient(ResolvConf{Timeout: shortTimeout, Attempts: 3}, first, second)
			if got := describe(c.Wait(c.StartOnce(testQuestion, noTime))); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if len(first.Queries()) != 1 || len(second.Queries()) != 0 {
				t.Errorf("queries %q and %q", first.Queries(), second.Queries())
			}
			if !c.servers[0].downUntil.IsZero() {
				t.Error("the server counts as down")
			}
		})
	}
}

// LastAttempt is when the query was sent for the last time.
func TestClientLastAttempt(t *testing.T) {
	t.Parallel()
	s := dnstest.Start(t, "127.0.0.1", nil, nil)
	c := newClient(ResolvConf{Timeout: shortTimeout, Attempts: 2}, s)
	start := time.Now()
	call := c.Start(testQuestion, noTime)
	if first := call.LastAttempt; first.Before(start) || first.After(time.Now()) {
		t.Errorf("after %v, want at once", first.Sub(start))
	}
	c.Wait(call)
	if last := call.LastAttempt.Sub(start); last < shortTimeout || last > time.Since(start)-shortTimeout {
		t.Errorf("after %v, want between %v and %v", last, shortTimeout, time.Since(start)-shortTimeout)
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip(err)
	}
	return len(list)
}
