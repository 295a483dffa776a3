package e2e

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// A running process keeps its binary, and a new process runs the new one. All messages
// are checked.
func TestBinaryReplaced(t *testing.T) {
	configure(t)
	h := startHost(t)
	old := connect(t, "192.0.2.1", "client.test")
	h.delivered(t, old.send(message{sender: "a@pass.test"}))
	first := onlyPolicyProcess(t).pid

	data, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	if err := writeFile(binary, data, 0o755); err != nil { // by rename, as dpkg does
		t.Fatal(err)
	}

	h.delivered(t, old.send(message{sender: "a@pass.test"}))
	if got := onlyPolicyProcess(t).pid; got != first {
		t.Errorf("process %d serves the open connection, want %d still", got, first)
	}
	h.delivered(t, connect(t, "192.0.2.2", "client.test").send(message{sender: "a@pass.test"}))
	pids := processesOf(t, binary)
	if len(pids) != 2 || !slices.Contains(pids, first) {
		t.Fatalf("processes %d, want %d and a new one", pids, first)
	}
	for _, pid := range pids {
		exe := executable(t, pid)
		if got, want := strings.HasSuffix(exe, " (deleted)"), pid == first; got != want {
			t.Errorf("process %d runs %s", pid, exe)
		}
	}
	h.log.checkNoProblems(t)
}

// A running process keeps its settings, and a new process has the new ones. After
// `postfix reload`, each connection gets a new process.
func TestConfigurationChanged(t *testing.T) {
	configure(t)
	h := startHost(t)
	forged := message{sender: "a@softfail.test"}
	old := connect(t, "192.0.2.1", "client.test")
	h.delivered(t, old.send(forged))

	configure(t, "Mail_From_reject = Softfail")
	h.delivered(t, old.send(forged))
	other := connect(t, "192.0.2.2", "client.test")
	if reply := other.rcpt(forged)[0]; !strings.HasPrefix(reply, "550 5.7.23 ") {
		t.Errorf("a new process: got %q, want 550 5.7.23", reply)
	}
	other.command("QUIT", "221")

	h.reload(t)
	old.command("QUIT", "221")
	awaitNoProcess(t, binary)
	next := connect(t, "192.0.2.1", "client.test")
	if reply := next.rcpt(forged)[0]; !strings.HasPrefix(reply, "550 5.7.23 ") {
		t.Errorf("after the reload: got %q, want 550 5.7.23", reply)
	}
	h.log.checkNoProblems(t)
}
