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
	// run returns the time that a command takes, its CPU time, and its largest memory
	// in kB. The two times are the same on an idle machine; on a busy one, only the
	// CPU time says something.
	run := func(args ...string) (wall, cpu time.Duration, kB int64) {
		cmd := exec.Command("taskset", append([]string{"-c", "0"}, args...)...)
		start := time.Now()
		err := cmd.Run()
		wall = time.Since(start)
		if _, ok := err.(*exec.ExitError); err != nil && !ok {
			b.Skipf("taskset: %v", err)
		}
		cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		return wall, cpu, int64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)
	}
	pflogsumm, err := exec.LookPath("pflogsumm")
	if err != nil {
		b.Log("pflogsumm is not installed: no ratio")
	}
	for b.Loop() {
		var walls, ours, theirs []time.Duration
		var memory int64
		for range rounds {
			wall, cpu, kB := run(program, "--report", "--own", "dest.example", log)
			walls, ours, memory = append(walls, wall), append(ours, cpu), max(memory, kB)
			if pflogsumm != "" {
				_, cpu, _ := run(pflogsumm, log)
				theirs = append(theirs, cpu)
			}
		}
		b.ReportMetric(size/1e6/median(walls).Seconds(), "MB/s")
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
