package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// check asks a new policy process on a machine about one message from 192.0.2.1
// and gives the action and how long it took.
func check(t *testing.T, machine, sender string) (string, time.Duration) {
	t.Helper()
	p, err := startPolicy(machine)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	action, err := p.ask("192.0.2.1", sender, "1")
	took := time.Since(start)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.end(); err != nil {
		t.Fatal(err)
	}
	return action, took
}

func wantResult(t *testing.T, action, result string) {
	t.Helper()
	if want := "action=prepend Received-SPF: " + result + " "; !strings.HasPrefix(action, want) {
		t.Errorf("got %s, want %s", action, want)
	}
}

// TestResolverDown: what a message gets, and how long it takes, when the resolver
// does not answer.
func TestResolverDown(t *testing.T) {
	const nobody = "203.0.113.99"
	for _, test := range []struct {
		name       string
		resolvConf string
		dead       bool // the world behind the resolver
		result     string
		most       time.Duration
	}{
		{"stopped", "nameserver 203.0.113.54\n", false, "Temperror", time.Second},
		{"unreachable", "nameserver " + nobody + "\n", false, "Temperror", 7 * time.Second},
		{"first of two stopped", "nameserver 203.0.113.54\nnameserver " + resolverIP + "\n", false, "Pass", time.Second},
		{"first of two unreachable", "nameserver " + nobody + "\nnameserver " + resolverIP + "\n", false, "Pass", 7 * time.Second},
		{"first of two unreachable, timeout:1", "nameserver " + nobody + "\nnameserver " + resolverIP + "\noptions timeout:1\n", false, "Pass", 3 * time.Second},
		{"running, but the world is gone", "nameserver " + resolverIP + "\n", true, "Temperror", 7 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			configure(t, "debugLevel = -1", "Lookup_Time = 3")
			names := world(t, fleetZone())
			machine(t, "resolver", resolverIP, "")
			machine(t, "idle", "203.0.113.54", "")
			startUnbound(t, "resolver", resolverIP, worldIP)
			machine(t, "host", "203.0.113.11", test.resolvConf)
			if test.dead {
				names.stop()
			}
			action, took := check(t, "host", "a@d1.test")
			wantResult(t, action, test.result)
			if took > test.most {
				t.Errorf("took %v, want at most %v", took, test.most)
			}
			t.Logf("%s after %v", test.result, took.Round(time.Millisecond))
		})
	}
}

// TestResolverServesExpired: with serve-expired a resolver gives out a record that
// its owner has replaced; without it, the new one.
func TestResolverServesExpired(t *testing.T) {
	const before, after = "$ORIGIN test.\n$TTL 1\nmoved TXT \"v=spf1 -all\"\n", "$ORIGIN test.\n$TTL 1\nmoved TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
	for _, test := range []struct{ option, result string }{
		{"serve-expired: no", "Pass"},
		{"serve-expired: yes", "Fail"},
	} {
		t.Run(test.option, func(t *testing.T) {
			configure(t, "debugLevel = -1", "Mail_From_reject = False")
			names := world(t, before)
			machine(t, "resolver", resolverIP, "")
			startUnbound(t, "resolver", resolverIP, worldIP, test.option)
			machine(t, "host", "203.0.113.11", "nameserver "+resolverIP+"\n")
			action, _ := check(t, "host", "a@moved.test")
			wantResult(t, action, "Fail")
			names.replace("moved.test.", after)
			<-time.After(2100 * time.Millisecond) // Unbound's clock has to pass the record's one second
			action, _ = check(t, "host", "a@moved.test")
			wantResult(t, action, test.result)
		})
	}
}

// TestResolverLargeAnswer: a record that does not fit a datagram of 1232 octets
// takes a TCP connection to a resolver on another host, none to one on loopback.
func TestResolverLargeAnswer(t *testing.T) {
	var record strings.Builder
	record.WriteString("$ORIGIN test.\n$TTL 300\nlarge TXT \"v=spf1 \"")
	for i := range 90 {
		fmt.Fprintf(&record, " \"ip4:198.51.100.%d \"", i)
	}
	record.WriteString(" \"ip4:192.0.2.1 -all\"\n")
	for _, test := range []struct {
		name, ip string
		tcp      int
	}{
		{"on another host", resolverIP, 1},
		{"on loopback", "127.0.0.1", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			configure(t, "debugLevel = -1")
			world(t, record.String())
			on := "host"
			if test.ip == resolverIP {
				on = "resolver"
				machine(t, on, resolverIP, "")
			}
			machine(t, "host", "203.0.113.11", "nameserver "+test.ip+"\n")
			u := startUnbound(t, on, test.ip, worldIP)
			action, _ := check(t, "host", "a@large.test")
			wantResult(t, action, "Pass")
			if got := u.counted(t, "num.query.tcp"); got != test.tcp {
				t.Errorf("%d queries over TCP, want %d", got, test.tcp)
			}
		})
	}
}

// TestResolverPrefetch: with prefetch a popular name is renewed before it expires,
// and no message waits for that.
func TestResolverPrefetch(t *testing.T) {
	if testing.Short() {
		t.Skip("with -short: it takes a few lifetimes of a record")
	}
	waited := make(map[string]int)
	for _, option := range []string{"prefetch: no", "prefetch: yes"} {
		t.Run(option, func(t *testing.T) {
			configure(t, "debugLevel = -1")
			names := world(t, "$ORIGIN test.\n$TTL 10\npopular TXT \"v=spf1 ip4:192.0.2.1 -all\"\n")
			names.delay = 500 * time.Millisecond // what no noise of the machine looks like
			machine(t, "resolver", resolverIP, "")
			startUnbound(t, "resolver", resolverIP, worldIP, option)
			machine(t, "host", "203.0.113.11", "nameserver "+resolverIP+"\n")
			tick := time.NewTicker(50 * time.Millisecond)
			defer tick.Stop()
			for range 32 * 20 { // 32 seconds
				action, took := check(t, "host", "a@popular.test")
				wantResult(t, action, "Pass")
				if took >= names.delay {
					waited[option]++
				}
				<-tick.C
			}
			names.mu.Lock()
			defer names.mu.Unlock()
			t.Logf("%d of 640 messages waited; %d queries for the record left", waited[option], names.asked[dns.Fqdn("popular.test")])
		})
	}
	if waited["prefetch: yes"] >= waited["prefetch: no"] {
		t.Errorf("messages that waited: %v; prefetch should save some", waited)
	}
}
