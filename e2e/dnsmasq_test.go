package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// startDnsmasq starts dnsmasq at an address of a host until the test ends. It forwards
// queries to the address forward.
func startDnsmasq(t *testing.T, host, addr, forward string, options ...string) {
	t.Helper()
	if _, err := exec.LookPath("dnsmasq"); err != nil {
		skip(t, "no dnsmasq")
	}
	pidFile := "/run/dnsmasq." + host + ".pid" // written when its sockets are there
	os.Remove(pidFile)
	args := append([]string{"netns", "exec", host, "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=root",
		"--pid-file=" + pidFile, "--listen-address=" + addr, "--bind-interfaces", "--no-resolv", "--no-hosts", "--server=" + forward}, options...)
	cmd := exec.Command("ip", args...)
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("the output of dnsmasq:\n%s", said.String())
		}
	})
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(longTimeout)
	for {
		if _, err := os.Stat(pidFile); err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("dnsmasq does not start")
		}
	}
}

// dnsmasq responds with REFUSED when it forwards as many queries as it may at a time.
// A record of ten includes is still evaluated.
func TestDnsmasqForwardsFew(t *testing.T) {
	var zone strings.Builder
	zone.WriteString("$ORIGIN test.\n$TTL 300\nten TXT \"v=spf1")
	for i := range 10 {
		fmt.Fprintf(&zone, " include:i%d.test", i)
	}
	zone.WriteString(" -all\"\n")
	for i := range 10 {
		fmt.Fprintf(&zone, "i%d TXT \"v=spf1 ip4:192.0.2.%d -all\"\n", i, 1+9-i) // the last one is the client's
	}
	for _, max := range []int{2, 5, 8, 150} {
		t.Run(fmt.Sprint("dns-forward-max=", max), func(t *testing.T) {
			configure(t, "debugLevel = -1")
			names := startInternet(t, zone.String())
			names.delay = 20 * time.Millisecond
			addHost(t, "resolver", resolverIP, "")
			addHost(t, "host", "203.0.113.11", "nameserver "+resolverIP+"\n")
			startDnsmasq(t, "resolver", resolverIP, internetIP, fmt.Sprint("--dns-forward-max=", max))
			action, took := checkOnce(t, "host", "a@ten.test")
			checkResult(t, action, "Pass")
			t.Logf("after %v", took.Round(time.Millisecond))
		})
	}
}

// One connection whose records have ten mx of ten silent hosts does not use up the 150
// queries that dnsmasq forwards at a time, and spoofed mail of other domains is still
// rejected.
func TestDnsmasqHostileConnection(t *testing.T) {
	const messages = 60
	var zone strings.Builder
	zone.WriteString("$ORIGIN test.\n$TTL 300\na TXT \"v=spf1 ip4:198.51.100.1 -all\"\na A 198.51.100.1\n")
	for m := range messages {
		fmt.Fprintf(&zone, "evil%d TXT \"v=spf1", m)
		for i := range 10 {
			fmt.Fprintf(&zone, " mx:m%d.evil%d.test", i, m)
		}
		zone.WriteString(" -all\"\n")
		for i := range 10 {
			for j := range 10 {
				fmt.Fprintf(&zone, "m%d.evil%d MX 1 h%d-%d-%d.test.\n", i, m, m, i, j)
			}
		}
		fmt.Fprintf(&zone, "v%d TXT \"v=spf1 include:a.test mx -all\"\nv%d MX 1 a.test.\n", m, m)
	}
	configure(t, "debugLevel = -1", "Lookup_Time = 3", "Mail_From_reject = False", "HELO_reject = No_Check")
	names := startInternet(t, zone.String())
	for m := range messages {
		for i := range 10 {
			for j := range 10 {
				names.setFault(fmt.Sprintf("h%d-%d-%d.test.", m, i, j), silence)
			}
		}
	}
	addHost(t, "resolver", resolverIP, "")
	addHost(t, "host", "203.0.113.11", "nameserver "+resolverIP+"\n")
	startDnsmasq(t, "resolver", resolverIP, internetIP)
	evil, err := startPolicyServer("host")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for m := range 3 {
			evil.send("192.0.2.1", fmt.Sprintf("a@evil%d.test", m), fmt.Sprint("evil", m))
		}
	}()
	names.awaitQueries(t, "m0.evil1.test.", 1) // the second message: the first one is still forwarded
	results := map[string]int{}
	for m := range messages {
		action, _ := checkOnce(t, "host", fmt.Sprintf("a@v%d.test", m))
		result, _, _ := strings.Cut(strings.TrimPrefix(action, "action=prepend Received-SPF: "), " ")
		results[result]++
	}
	if results["Fail"] != messages {
		t.Errorf("results of %d spoofed messages: %v, want all to be Fail", messages, results)
	}
	<-done
	evil.stop()
}
