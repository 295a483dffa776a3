package cli

import (
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"policyd-spf/internal/probe"
)

// --probe reaches the server through a socket, which starts it as spawn(8)
// does.
func TestProbe(t *testing.T) {
	queue, bin := t.TempDir(), t.TempDir()
	if err := os.Mkdir(filepath.Join(queue, "private"), 0o700); err != nil {
		t.Fatal(err)
	}
	writeScript(t, filepath.Join(bin, "postconf"), `case $1 in
-M) echo 'policy-spf unix - n n - 0 spawn user=nobody argv=/usr/bin/policyd-spf' ;;
-x) echo 'queue_directory = `+queue+`'
    echo 'smtpd_recipient_restrictions = reject_unauth_destination, check_policy_service unix:private/policy-spf' ;;
esac
`)
	spawn(t, filepath.Join(queue, "private", "policy-spf"), "--zone", tempFile(t, "zone", zone), os.DevNull)
	probeCommand := func(args ...string) *exec.Cmd {
		cmd := command(t, append([]string{"--probe"}, args...)...)
		cmd.Env = append(cmd.Env, "PATH="+bin+":/bin:/usr/bin")
		return cmd
	}

	stdout, stderr, status := execute(t, probeCommand("--ip", "192.0.2.1", "--helo", "mx.pass.example", "--sender", "alice@a.pass.example"), "")
	if status != 0 || stderr != "" || !strings.Contains(stdout, "unix:private/policy-spf answers in ") || !strings.Contains(stdout, "Received-SPF: Pass") {
		t.Errorf("exit status %d, %q, %s", status, stderr, stdout)
	}

	stdout, _, status = execute(t, probeCommand("--json"), "")
	var report probe.Report
	if err := json.Unmarshal([]byte(stdout), &report); err != nil || status != 0 || len(report.Services) != 1 || !strings.HasPrefix(report.Services[0].Action, "prepend Received-SPF: None") {
		t.Errorf("%v, exit status %d, %s", err, status, stdout)
	}

	if err := os.Remove(filepath.Join(queue, "private", "policy-spf")); err != nil {
		t.Fatal(err)
	}
	stdout, _, status = execute(t, probeCommand("--brief"), "")
	if status != 1 || strings.Count(stdout, "\n") != 1 || !strings.Contains(stdout, "does not exist") {
		t.Errorf("exit status %d, %q", status, stdout)
	}
}

func writeScript(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// spawn starts the program for each connection to a socket, which becomes its
// three standard descriptors, as spawn(8) does.
func spawn(t *testing.T, path string, args ...string) {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: path})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	done := make(chan struct{})
	t.Cleanup(func() { l.Close(); <-done })
	go func() {
		defer close(done)
		for {
			conn, err := l.AcceptUnix()
			if errors.Is(err, net.ErrClosed) {
				return
			} else if err != nil {
				t.Error(err)
				return
			}
			file, err := conn.File()
			conn.Close()
			if err != nil {
				t.Error(err)
				return
			}
			cmd := command(t, args...)
			cmd.Stdin, cmd.Stdout, cmd.Stderr = file, file, file
			if err := cmd.Run(); err != nil {
				t.Error(err)
			}
			file.Close()
		}
	}()
}
