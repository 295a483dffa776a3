package e2e

import (
	"bufio"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Hosts are network namespaces. A bridge connects them with the name server of
// the internet.

const (
	internetIP = "203.0.113.1" // the name server of the internet
	resolverIP = "203.0.113.53"
)

// ip runs ip(8) and fails the test if that fails.
func ip(t *testing.T, args ...string) {
	t.Helper()
	if err := run("ip", args...); err != nil {
		t.Fatal(err)
	}
}

// startInternet makes a bridge with a name server on it.
func startInternet(t *testing.T, zone string) *nameServer {
	t.Helper()
	ip(t, "link", "add", "internet", "type", "bridge")
	t.Cleanup(func() { ip(t, "link", "del", "internet") })
	ip(t, "addr", "add", internetIP+"/24", "dev", "internet")
	ip(t, "link", "set", "internet", "up")
	n := startNameServer(t, internetIP+":53")
	n.load(zone)
	return n
}

// addHost adds a namespace with an address on the bridge and the given
// resolv.conf.
func addHost(t *testing.T, name, addr, resolvConf string) {
	t.Helper()
	ip(t, "netns", "add", name)
	t.Cleanup(func() { ip(t, "netns", "del", name) })
	ip(t, "link", "add", "b-"+name, "master", "internet", "up", "type", "veth", "peer", "name", "eth0", "netns", name)
	// The kernel removes a namespace some time after its name. Remove its link now.
	t.Cleanup(func() { ip(t, "link", "del", "b-"+name) })
	ip(t, "-n", name, "link", "set", "lo", "up")
	ip(t, "-n", name, "addr", "add", addr+"/24", "dev", "eth0")
	ip(t, "-n", name, "link", "set", "eth0", "up")
	write(t, "/etc/netns/"+name+"/resolv.conf", resolvConf, 0o644)
}

// unbound is an Unbound on a host.
type unbound struct {
	config string
	cmd    *exec.Cmd
}

// startUnbound starts Unbound at an address of a host until the test ends. It
// forwards queries to the address forward.
func startUnbound(t *testing.T, host, addr, forward string, options ...string) *unbound {
	t.Helper()
	if _, err := exec.LookPath("unbound"); err != nil {
		skip(t, "no unbound")
	}
	u := &unbound{config: "/run/unbound." + host + ".conf"}
	write(t, u.config, fmt.Sprintf(`server:
    interface: %s
    access-control: 0.0.0.0/0 allow
    chroot: ""
    username: ""
    pidfile: ""
    directory: "/run"
    use-syslog: no
    do-daemonize: no
    module-config: "iterator"
    extended-statistics: yes
    domain-insecure: "test"
    local-zone: "test." nodefault
    %s
forward-zone:
    name: "."
    forward-addr: %s
remote-control:
    control-enable: yes
    control-interface: %s
    control-use-cert: no
`, addr, strings.Join(options, "\n    "), forward, "/run/unbound."+host+".ctl"), 0o644)
	u.cmd = exec.Command("ip", "netns", "exec", host, "unbound", "-d", "-c", u.config)
	out := new(strings.Builder)
	u.cmd.Stdout, u.cmd.Stderr = out, out
	if err := u.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		u.stop()
		if t.Failed() {
			t.Logf("the output of unbound:\n%s", out)
		}
	})
	u.await(t)
	return u
}

// await waits until Unbound is ready.
func (u *unbound) await(t *testing.T) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(longTimeout)
	for exec.Command("unbound-control", "-c", u.config, "status").Run() != nil {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("unbound does not start")
		}
	}
}

func (u *unbound) stop() {
	u.cmd.Process.Kill()
	u.cmd.Wait()
}

// statistic returns a number of Unbound's statistics.
func (u *unbound) statistic(t *testing.T, name string) int {
	t.Helper()
	out, err := exec.Command("unbound-control", "-c", u.config, "stats_noreset").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), name+"="); ok {
			n, err := strconv.Atoi(value)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatalf("unbound has no statistic %s:\n%s", name, out)
	return 0
}

// policyServer is a policy process on a host, without Postfix.
type policyServer struct {
	in   *bufio.Writer
	out  *bufio.Reader
	stop func() error
}

func startPolicyServer(host string) (*policyServer, error) {
	cmd := exec.Command("ip", "netns", "exec", host, binary, configFile)
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	end := func() error { in.Close(); return cmd.Wait() }
	return &policyServer{in: bufio.NewWriter(in), out: bufio.NewReader(out), stop: end}, nil
}

// send sends a request and returns the action.
func (p *policyServer) send(client, sender, instance string) (string, error) {
	fmt.Fprintf(p.in, "request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address=%s\nhelo_name=client.test\n"+
		"sender=%s\nrecipient=user@rcpt.test\ninstance=%s\n\n", client, sender, instance)
	if err := p.in.Flush(); err != nil {
		return "", err
	}
	action, err := p.out.ReadString('\n')
	if err != nil {
		return "", err
	}
	_, err = p.out.ReadString('\n')
	return strings.TrimSpace(action), err
}
