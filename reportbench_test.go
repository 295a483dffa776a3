package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"policyd-spf/internal/mailstream"
)

// BenchmarkReportProgram measures --report and pflogsumm on a log of 300 MB, each
// pinned to one CPU, in turn; medians of five.
func BenchmarkReportProgram(b *testing.B) {
	const size, rounds = 300 << 20, 5
	folder := b.TempDir()
	program, log := filepath.Join(folder, "policyd-spf"), filepath.Join(folder, "mail.log")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	f, err := os.Create(log)
	if err != nil {
		b.Fatal(err)
	}
	if err := mailstream.WriteLargeLog(f, size); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	// run returns the CPU time of a command and its largest memory in kB. The time
	// that passes is the same on an idle machine, and says nothing on a busy one.
	run := func(args ...string) (time.Duration, int64) {
		cmd := exec.Command("taskset", append([]string{"-c", "0"}, args...)...)
		err := cmd.Run()
		if _, ok := err.(*exec.ExitError); err != nil && !ok {
			b.Skipf("taskset: %v", err)
		}
		took := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		return took, int64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)
	}
	pflogsumm, err := exec.LookPath("pflogsumm")
	if err != nil {
		b.Log("pflogsumm is not installed: no ratio")
	}
	for b.Loop() {
		var ours, theirs []time.Duration
		var memory int64
		for range rounds {
			took, kB := run(program, "--report", "--own", "dest.example", log)
			ours, memory = append(ours, took), max(memory, kB)
			if pflogsumm != "" {
				took, _ := run(pflogsumm, log)
				theirs = append(theirs, took)
			}
		}
		b.ReportMetric(size/1e6/median(ours).Seconds(), "MB/cpu-s")
		b.ReportMetric(float64(memory)/1000, "MB-memory")
		if pflogsumm != "" {
			b.ReportMetric(median(theirs).Seconds()/median(ours).Seconds(), "x-pflogsumm")
		}
	}
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}
