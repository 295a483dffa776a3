package dns

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

// named gives the good answer to whatever name is asked for, with that name as
// its text.
func named(query []byte) []byte {
	name := reply(query, 0).Question[0].Name
	return withRecords(name + ` 60 TXT "` + name + `"`)(query)
}

// asked is a query that a server has not answered yet.
type asked struct {
	query []byte
	from  netip.AddrPort
}

// landing collects the outcome of a Start.
type landing struct {
	answer Answer
	err    error
	landed atomic.Bool
}

func start(ctx context.Context, c *Client, name string) *landing {
	l := new(landing)
	c.Start(ctx, Question{name, TypeTXT}, func(a Answer, err error) {
		l.answer, l.err = a, err
		l.landed.Store(true)
	})
	return l
}

// Many goroutines with one client each get their own answers.
func TestClientGoroutines(t *testing.T) {
	s := newNameServer(t, "127.0.0.1", answering(named), nil)
	c := clientOf(ResolvConf{Timeout: plenty}, s)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			for j := range 20 {
				name := fmt.Sprintf("%d-%d.test", i, j)
				a, err := c.Lookup(t.Context(), Question{name, TypeTXT})
				if want := `["` + name + `."] 60`; show(a, err) != want {
					t.Errorf("got %s, want %s", show(a, err), want)
				}
			}
		})
	}
	all.Wait()
}

// Who waits for one lookup carries on the others.
func TestClientCarriesOthers(t *testing.T) {
	var first []byte
	var from1 netip.AddrPort
	s := newNameServer(t, "127.0.0.1", func(s *nameServer, query []byte, from netip.AddrPort) {
		if first == nil {
			first, from1 = named(query), from
			return
		}
		s.send(from1, first)
		s.send(from, named(query))
	}, nil)
	c := clientOf(ResolvConf{Timeout: plenty}, s)
	other := start(t.Context(), c, "other.test")
	if _, err := c.Lookup(t.Context(), theQuestion); err != nil {
		t.Fatal(err)
	}
	if !other.landed.Load() || other.err != nil {
		t.Errorf("landed: %v, %v", other.landed.Load(), other.err)
	}
}

// When the goroutine that waits for name servers has what it wants, another one
// takes its place.
func TestClientHandsOver(t *testing.T) {
	queries := make(chan asked, 2)
	s := newNameServer(t, "127.0.0.1", func(s *nameServer, query []byte, from netip.AddrPort) {
		queries <- asked{slices.Clone(query), from}
	}, nil)
	c := clientOf(ResolvConf{Timeout: plenty, Attempts: 1}, s)
	outcomes := make(chan string)
	look := func() {
		a, err := c.Lookup(t.Context(), theQuestion)
		outcomes <- inWords(a, err)
	}
	go look()
	first := <-queries
	go look()
	second := <-queries
	for _, q := range []asked{first, second} { // the second only when the first has returned
		s.send(q.from, good(q.query))
		if got := <-outcomes; got != theAnswer {
			t.Errorf("got %s, want %s", got, theAnswer)
		}
	}
}

// What was started on behalf of a context ends with it, when somebody waits.
func TestClientAbandons(t *testing.T) {
	s := newNameServer(t, "127.0.0.1", nil, nil)
	c := clientOf(ResolvConf{Timeout: plenty}, s)
	files := openFiles(t)
	ctx, cancel := context.WithCancel(t.Context())
	gone, kept := start(ctx, c, "gone.test"), start(t.Context(), c, "kept.test")
	cancel()
	c.Wait(ctx, new(atomic.Bool))
	wantDNSError(t, gone.err, Timeout)
	if kept.landed.Load() {
		t.Errorf("the other one has ended too: %v", kept.err)
	}
	if n := openFiles(t); n != files+1 {
		t.Errorf("%d descriptors for one lookup", n-files)
	}
}

// Many goroutines with a server that is dead each get to the other one.
func TestClientGoroutinesDeadServer(t *testing.T) {
	dead, alive := newNameServer(t, "127.0.0.1", nil, nil), newNameServer(t, "127.0.0.1", answering(named), nil)
	c := clientOf(ResolvConf{Timeout: patience, Attempts: 1}, dead, alive)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			name := fmt.Sprintf("%d.test", i)
			a, err := c.Lookup(t.Context(), Question{name, TypeTXT})
			if want := `["` + name + `."] 60`; show(a, err) != want {
				t.Errorf("got %s, want %s", show(a, err), want)
			}
		})
	}
	all.Wait()
}

// A panic of who is told does not keep the others from being told, nor from
// using the client.
func TestClientPanic(t *testing.T) {
	s := newNameServer(t, "127.0.0.1", answering(good), nil)
	c := clientOf(ResolvConf{Timeout: plenty}, s)
	ctx, cancel := context.WithCancel(t.Context())
	other := start(ctx, c, "other.test")
	c.Start(ctx, theQuestion, func(Answer, error) { panic("no") })
	last := start(ctx, c, "last.test")
	cancel()
	func() {
		defer func() {
			if recover() == nil {
				t.Error("no panic")
			}
		}()
		c.Wait(ctx, new(atomic.Bool))
	}()
	if !other.landed.Load() || !last.landed.Load() {
		t.Error("not all were told")
	}
	if got := inWords(c.Lookup(t.Context(), theQuestion)); got != theAnswer {
		t.Errorf("then: got %s, want %s", got, theAnswer)
	}
}
