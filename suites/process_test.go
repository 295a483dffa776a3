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

// build builds a program of the repository with the flags of a release.
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

// startProcess starts a program with the environment of spawn(8).
func startProcess(b testing.TB, program string, args ...string) *process {
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

// stop closes the connection and waits until the program has ended.
func (p *process) stop(b testing.TB) {
	p.socket.Close()
	if err := p.cmd.Wait(); err != nil {
		b.Fatal(err)
	}
}

// send sends a request and returns the reply and the time that it took.
func (p *process) send(b testing.TB, request string) (string, time.Duration) {
	start := time.Now()
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
	return string(p.answer[:n]), time.Since(start)
}

// proportionalSetSize returns the process's PSS in bytes (proc(5)).
func (p *process) proportionalSetSize(b testing.TB) float64 {
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

// requestText returns a request for a new message.
func requestText(instance int, client netip.Addr, helo, sender string) string {
	return fmt.Sprintf("request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\nclient_address=%v\n"+
		"client_name=unknown\nhelo_name=%s\nsender=%s\nrecipient=you@mx.example.net\nrecipient_count=0\n"+
		"queue_id=\ninstance=%x.1\nsize=0\n\n", client, helo, sender, instance)
}

// cpuTime returns the CPU time that all threads of the process have used.
func (p *process) cpuTime(b testing.TB) time.Duration {
	accounts, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", p.cmd.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	var sum time.Duration
	for _, account := range accounts {
		text, err := os.ReadFile(account)
		if err != nil {
			b.Fatal(err)
		}
		nanoseconds, _, _ := strings.Cut(string(text), " ")
		used, err := strconv.ParseInt(nanoseconds, 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		sum += time.Duration(used)
	}
	if sum == 0 {
		b.Skip("there is no schedstat to read")
	}
	return sum
}

// median returns the median.
func median(times []time.Duration) time.Duration {
	times = slices.Clone(times)
	slices.Sort(times)
	return times[len(times)/2]
}

// ratio reports the medians of our times and of the floor's, and their ratio.
func ratio(b *testing.B, ours, floor []time.Duration) {
	b.ReportMetric(float64(median(ours).Microseconds()), "µs")
	b.ReportMetric(float64(median(floor).Microseconds()), "floor-µs")
	b.ReportMetric(float64(median(ours))/float64(median(floor)), "x-floor")
	b.ReportMetric(0, "ns/op") // the time of both together, which is meaningless
}
