package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// checkOnce sends a request about a message from 192.0.2.1 to a new policy process on
// a host. It returns the action and the time until the reply.
func checkOnce(t *testing.T, host, sender string) (string, time.Duration) {
	t.Helper()
	p, err := startPolicyServer(host)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	action, err := p.send("192.0.2.1", sender, "1")
	took := time.Since(start)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	return action, took
}

func checkResult(t *testing.T, action, result string) {
	t.Helper()
	if want := "action=prepend Received-SPF: " + result + " "; !strings.HasPrefix(action, want) {
		t.Errorf("got %s, want %s", action, want)
	}
}

// The result of a message, and the time, when the resolver does not respond. The limits
// leave 2 seconds for a busy machine, and stay below the next timeout: a resolver that
// refuses is detected at once, a silent one after 3 seconds, or after the timeout
// option. One of three processes must meet the limit: load only adds to the time.
func TestResolverDown(t *testing.T) {
	const nobody = "203.0.113.99"
	for _, test := range []struct {
		name       string
		resolvConf string
		dead       bool // the name server of the internet is down
		result     string
		most       time.Duration
	}{
		{name: "stopped", resolvConf: "nameserver 203.0.113.54\n", result: "Temperror", most: 2 * time.Second},
		{name: "unreachable", resolvConf: "nameserver " + nobody + "\n", result: "Temperror", most: 8 * time.Second},
		{name: "first of two stopped", resolvConf: "nameserver 203.0.113.54\nnameserver " + resolverIP + "\n", result: "Pass", most: 2 * time.Second},
		{name: "first of two unreachable", resolvConf: "nameserver " + nobody + "\nnameserver " + resolverIP + "\n", result: "Pass", most: 5 * time.Second},
		{name: "first of two unreachable, timeout:1", resolvConf: "nameserver " + nobody + "\nnameserver " + resolverIP + "\noptions timeout:1\n", result: "Pass", most: 3 * time.Second},
		{name: "running, but the internet is down", resolvConf: "nameserver " + resolverIP + "\n", dead: true, result: "Temperror", most: 8 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			configure(t, "debugLevel = -1", "Lookup_Time = 3")
			names := startInternet(t, fleetZone())
			addHost(t, "resolver", resolverIP, "")
			addHost(t, "idle", "203.0.113.54", "")
			startUnbound(t, "resolver", resolverIP, internetIP)
			addHost(t, "host", "203.0.113.11", test.resolvConf)
			if test.dead {
				names.stop()
			}
			var times []time.Duration
			for range 3 {
				action, took := checkOnce(t, "host", "a@d1.test")
				checkResult(t, action, test.result)
				times = append(times, took.Round(time.Millisecond))
				if took <= test.most {
					t.Logf("%s after %v", test.result, times)
					return
				}
			}
			t.Errorf("took %v, want at most %v", times, test.most)
		})
	}
}

// With serve-expired a resolver returns a record that its owner has replaced. Without
// it, it returns the new record.
func TestResolverServesExpired(t *testing.T) {
	const before, after = "$ORIGIN test.\n$TTL 1\nmoved TXT \"v=spf1 -all\"\n", "$ORIGIN test.\n$TTL 1\nmoved TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
	for _, test := range []struct{ option, result string }{
		{option: "serve-expired: no", result: "Pass"},
		{option: "serve-expired: yes", result: "Fail"},
	} {
		t.Run(test.option, func(t *testing.T) {
			configure(t, "debugLevel = -1", "Mail_From_reject = False")
			names := startInternet(t, before)
			addHost(t, "resolver", resolverIP, "")
			startUnbound(t, "resolver", resolverIP, internetIP, test.option)
			addHost(t, "host", "203.0.113.11", "nameserver "+resolverIP+"\n")
			action, _ := checkOnce(t, "host", "a@moved.test")
			checkResult(t, action, "Fail")
			names.replaceRecords("moved.test.", after)
			<-time.After(2100 * time.Millisecond) // Unbound counts whole seconds; the record's TTL is 1
			action, _ = checkOnce(t, "host", "a@moved.test")
			checkResult(t, action, test.result)
		})
	}
}

// A record that does not fit a datagram of 1232 bytes needs a TCP connection to a
// resolver on another host, but none to one on loopback.
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
		{name: "on another host", ip: resolverIP, tcp: 1},
		{name: "on loopback", ip: "127.0.0.1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			configure(t, "debugLevel = -1")
			startInternet(t, record.String())
			on := "host"
			if test.ip == resolverIP {
				on = "resolver"
				addHost(t, on, resolverIP, "")
			}
			addHost(t, "host", "203.0.113.11", "nameserver "+test.ip+"\n")
			u := startUnbound(t, on, test.ip, internetIP)
			action, _ := checkOnce(t, "host", "a@large.test")
			checkResult(t, action, "Pass")
			if got := u.statistic(t, "num.query.tcp"); got != test.tcp {
				t.Errorf("%d queries over TCP, want %d", got, test.tcp)
			}
		})
	}
}

// With prefetch, Unbound renews a popular name before it expires, and no message waits
// for that.
func TestResolverPrefetch(t *testing.T) {
	if testing.Short() {
		t.Skip("with -short: the test waits for several TTLs of a record")
	}
	waited := make(map[string]int)
	for _, option := range []string{"prefetch: no", "prefetch: yes"} {
		t.Run(option, func(t *testing.T) {
			configure(t, "debugLevel = -1")
			names := startInternet(t, "$ORIGIN test.\n$TTL 10\npopular TXT \"v=spf1 ip4:192.0.2.1 -all\"\n")
			names.delay = 500 * time.Millisecond // longer than any delay of a busy machine
			addHost(t, "resolver", resolverIP, "")
			startUnbound(t, "resolver", resolverIP, internetIP, option)
			addHost(t, "host", "203.0.113.11", "nameserver "+resolverIP+"\n")
			tick := time.NewTicker(50 * time.Millisecond)
			defer tick.Stop()
			for range 32 * 20 { // 32 seconds
				action, took := checkOnce(t, "host", "a@popular.test")
				checkResult(t, action, "Pass")
				if took >= names.delay {
					waited[option]++
				}
				<-tick.C
			}
			names.mu.Lock()
			defer names.mu.Unlock()
			t.Logf("%d of 640 messages waited; %d queries for the record left", waited[option], names.queries[dns.Fqdn("popular.test")])
		})
	}
	if waited["prefetch: yes"] >= waited["prefetch: no"] {
		t.Errorf("messages that waited: %v; prefetch should save some", waited)
	}
}
