package e2e

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestHardening follows docs/hardening.md, with the paths of the tests instead of
// those of the packages.
func TestHardening(t *testing.T) {
	guide, err := os.ReadFile(docs + "/hardening.md")
	if err != nil {
		t.Fatal(err)
	}
	section := func(t *testing.T, heading string) string {
		t.Helper()
		_, text, ok := strings.Cut(string(guide), "\n## "+heading+"\n")
		if !ok {
			t.Fatalf("the guide has no section %s", heading)
		}
		text, _, _ = strings.Cut(text, "\n## ")
		for from, to := range map[string]string{
			"/usr/bin/policyd-spf": binary, "/etc/python-policyd-spf/policyd-spf.conf": configFile, "/var/spool/postfix": "/var/spool/e2e",
		} {
			text = strings.ReplaceAll(text, from, to)
			text = strings.ReplaceAll(text, " "+from[1:], " "+to[1:])
		}
		return text
	}
	service := func(t *testing.T, text string) string {
		t.Helper()
		lines := regexp.MustCompile(`(?m)^    (policy-spf .*)\n    (    user=.*)$`).FindStringSubmatch(text)
		if lines == nil {
			t.Fatal("the section has no line for master.cf")
		}
		others, _, _ := strings.Cut(masterCF, "policy-spf unix")
		return others + lines[1] + "\n" + lines[2] + "\n"
	}
	serves := func(t *testing.T, h *host) {
		t.Helper()
		c := connect(t, "2001:db8::1", "client.test")
		if reply := c.rcpt(message{sender: "a@fail.test"})[0]; !strings.HasPrefix(reply, "550 5.7.23 ") {
			t.Errorf("got %q, want 550 5.7.23", reply)
		}
		c.reset()
		got := spfHeader(t, h.delivered(t, c.send(message{sender: "a@pass.test"}))[0])
		if !strings.HasPrefix(got, "Received-Spf: Pass ") {
			t.Errorf("got %s, want Pass", got)
		}
	}

	t.Run("chroot", func(t *testing.T) {
		configure(t, "Reason_Message = from inside: {spf}")
		text := section(t, "chroot")
		block := regexp.MustCompile(`(?m)^    cd .*\n(?:    .*\n)+`).FindString(text)
		if block == "" {
			t.Fatal("the section has no commands")
		}
		if err := os.MkdirAll("/var/spool/e2e", 0o755); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("sh", "-ec", block).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		configure(t) // the file outside the chroot, which must not be read
		h := startHostWith(t, strictCF, service(t, text))
		c := connect(t, "192.0.2.1", "client.test")
		if reply := c.rcpt(message{sender: "a@fail.test"})[0]; !strings.Contains(reply, "from inside: ") {
			t.Errorf("got %q, want the message of the configuration inside", reply)
		}
		serves(t, h)
		// Postfix warns that the copies differ, and of nothing else.
		for _, line := range h.log.all() {
			if problems.MatchString(line) && !strings.HasSuffix(line, " differ") {
				t.Errorf("the mail log has: %s", line)
			}
		}
		for _, dir := range []string{"etc", "usr"} {
			if err := os.RemoveAll("/var/spool/e2e/" + dir); err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Run("a resolver on another port", func(t *testing.T) {
		configure(t)
		h := startHostWith(t, strictCF, service(t, section(t, "A resolver on another port")))
		h.nameServer.stop()
		startNameServer(t, "127.0.0.1:5353")
		serves(t, h)
		h.log.checkNoProblems(t)
	})
	t.Run("a resolver on another port, IPv6", func(t *testing.T) {
		configure(t)
		master := strings.Replace(service(t, section(t, "A resolver on another port")), "127.0.0.1:5353", "[::1]:5353", 1)
		h := startHostWith(t, strictCF, master)
		h.nameServer.stop()
		startNameServer(t, "[::1]:5353")
		serves(t, h)
		h.log.checkNoProblems(t)
	})
	t.Run("IPv6 only", func(t *testing.T) {
		configure(t)
		before, err := os.ReadFile("/etc/resolv.conf")
		if err != nil {
			t.Fatal(err)
		}
		line := regexp.MustCompile(`(?m)^    (nameserver .*\n)`).FindStringSubmatch(section(t, "IPv6 only"))
		if line == nil {
			t.Fatal("the section has no name server")
		}
		write(t, "/etc/resolv.conf", line[1], 0o644)
		t.Cleanup(func() { write(t, "/etc/resolv.conf", string(before), 0o644) })
		main := strings.NewReplacer("inet_protocols = all", "inet_protocols = ipv6", "198.51.100.25, ", "").Replace(strictCF)
		h := startHostWith(t, main, masterCF)
		h.nameServer.stop()
		startNameServer(t, "[::1]:53")
		serves(t, h)
		h.log.checkNoProblems(t)
	})
}
