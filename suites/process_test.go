package suites

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// build builds a program of the repository as releases are built.
func build(b testing.TB, dir string) string {
	program := filepath.Join(b.TempDir(), "program")
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", program, ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	return program
}

// process is a policy server on a socket, as spawn(8) starts it.
type process struct {
	cmd    *exec.Cmd
	socket *os.File
	answer [8192]byte
}

// start starts a program with the environment that spawn(8) gives.
func start(b testing.TB, program string, args ...string) *process {
	ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		b.Fatal(err)
	}
	service := os.NewFile(uintptr(ends[1]), "service")
	defer service.Close()
	p := &process{cmd: exec.Command(program, args...), socket: os.NewFile(uintptr(ends[0]), "smtpd")}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = service, service, service
	p.cmd.Env = []string{"PATH=/usr/bin:/bin"}
	if err := p.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	return p
}

// end closes the connection and waits until the program has ended.
func (p *process) end(b testing.TB) {
	p.socket.Close()
	if err := p.cmd.Wait(); err != nil {
		b.Fatal(err)
	}
}

// ask puts a request, and gives the answer and the time that it took.
func (p *process) ask(b testing.TB, request string) (string, time.Duration) {
	begun := time.Now()
	if _, err := p.socket.WriteString(request); err != nil {
		b.Fatal(err)
	}
	n := 0
	for !bytes.HasSuffix(p.answer[:n], []byte("\n\n")) {
		m, err := p.socket.Read(p.answer[n:])
		if err != nil {
			b.Fatal(err)
		}
		n += m
	}
	return string(p.answer[:n]), time.Since(begun)
}

// share gives the process's proportional share of memory, in bytes.
func (p *process) share(b testing.TB) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", p.cmd.Process.Pid))
	if err != nil {
		b.Skip("there is no smaps_rollup to read")
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); fields[0] == "Pss:" {
			kB, err := strconv.ParseFloat(fields[1], 64)
			if err != nil {
				b.Fatal(err)
			}
			return kB * 1024
		}
	}
	b.Fatal("no Pss in smaps_rollup")
	return 0
}

// message is a request of a message of its own.
func message(instance int, client netip.Addr, helo, sender string) string {
	return fmt.Sprintf("request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\nclient_address=%v\n"+
		"client_name=unknown\nhelo_name=%s\nsender=%s\nrecipient=you@mx.example.net\nrecipient_count=0\n"+
		"queue_id=\ninstance=%x.1\nsize=0\n\n", client, helo, sender, instance)
}

// middle gives the median.
func middle(times []time.Duration) time.Duration {
	times = slices.Clone(times)
	slices.Sort(times)
	return times[len(times)/2]
}

// ratio reports the medians of ours and of the floor's times, and theirs.
func ratio(b *testing.B, ours, floor []time.Duration) {
	b.ReportMetric(float64(middle(ours).Microseconds()), "µs")
	b.ReportMetric(float64(middle(floor).Microseconds()), "floor-µs")
	b.ReportMetric(float64(middle(ours))/float64(middle(floor)), "x-floor")
	b.ReportMetric(0, "ns/op") // of both together: it says nothing
}
