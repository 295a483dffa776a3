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

// Machines are network namespaces, joined by a bridge with the world's name
// servers.

const (
	worldIP    = "203.0.113.1" // where the world's names are answered
	resolverIP = "203.0.113.53"
)

// ip runs ip(8), which must succeed.
func ip(t *testing.T, args ...string) {
	t.Helper()
	if err := run("ip", args...); err != nil {
		t.Fatal(err)
	}
}

// world connects namespaces by a bridge and answers names on it.
func world(t *testing.T, zone string) *names {
	t.Helper()
	ip(t, "link", "add", "world", "type", "bridge")
	t.Cleanup(func() { ip(t, "link", "del", "world") })
	ip(t, "addr", "add", worldIP+"/24", "dev", "world")
	ip(t, "link", "set", "world", "up")
	n := startNames(t, worldIP+":53")
	n.load(zone)
	return n
}

// machine makes a namespace with an address on the bridge, and the given
// resolv.conf.
func machine(t *testing.T, name, addr, resolvConf string) {
	t.Helper()
	ip(t, "netns", "add", name)
	t.Cleanup(func() { ip(t, "netns", "del", name) })
	ip(t, "link", "add", "b-"+name, "master", "world", "up", "type", "veth", "peer", "name", "eth0", "netns", name)
	// A namespace goes some time after its name; its end of the cable at once.
	t.Cleanup(func() { ip(t, "link", "del", "b-"+name) })
	ip(t, "-n", name, "link", "set", "lo", "up")
	ip(t, "-n", name, "addr", "add", addr+"/24", "dev", "eth0")
	ip(t, "-n", name, "link", "set", "eth0", "up")
	write(t, "/etc/netns/"+name+"/resolv.conf", resolvConf, 0o644)
}

// unbound is Unbound on a machine.
type unbound struct {
	config string
	cmd    *exec.Cmd
}

// startUnbound starts Unbound at an address of a machine, until the test ends;
// what it does not know it asks forward.
func startUnbound(t *testing.T, machine, addr, forward string, options ...string) *unbound {
	t.Helper()
	if _, err := exec.LookPath("unbound"); err != nil {
		skip(t, "no unbound")
	}
	u := &unbound{config: "/run/unbound." + machine + ".conf"}
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
`, addr, strings.Join(options, "\n    "), forward, "/run/unbound."+machine+".ctl"), 0o644)
	u.cmd = exec.Command("ip", "netns", "exec", machine, "unbound", "-d", "-c", u.config)
	out := new(strings.Builder)
	u.cmd.Stdout, u.cmd.Stderr = out, out
	if err := u.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		u.stop()
		if t.Failed() {
			t.Logf("unbound said:\n%s", out)
		}
	})
	u.await(t)
	return u
}

// await waits until Unbound takes orders.
func (u *unbound) await(t *testing.T) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
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

// counted gives a figure of Unbound's statistics.
func (u *unbound) counted(t *testing.T, name string) int {
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
	t.Fatalf("unbound does not count %s:\n%s", name, out)
	return 0
}

// policy is a policy process on a machine, asked directly.
type policy struct {
	in  *bufio.Writer
	out *bufio.Reader
	end func() error
}

func startPolicy(machine string) (*policy, error) {
	cmd := exec.Command("ip", "netns", "exec", machine, binary, configFile)
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
	return &policy{bufio.NewWriter(in), bufio.NewReader(out), end}, nil
}

// ask sends a request and gives the action.
func (p *policy) ask(client, sender, instance string) (string, error) {
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
