package report

import (
	"bytes"
	"context"
	"strings"
	"syscall"
	"testing"
	"time"

	"policyd-spf/internal/mailstream"
)

func BenchmarkReport(b *testing.B) {
	var log strings.Builder
	if err := mailstream.WriteLargeLog(&log, 32<<20); err != nil {
		b.Fatal(err)
	}
	text := []byte(log.String())
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	start, rounds := cpuTime(b), 0
	for b.Loop() {
		rounds++
		c := New(Options{Now: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)})
		if err := c.Read("log", bytes.NewReader(text)); err != nil {
			b.Fatal(err)
		}
		r := c.Report(context.Background())
		if share := float64(r.Logs.Ours) / float64(r.Logs.Lines); share < 0.3 || share > 0.5 {
			b.Fatalf("%.2f of the lines are ours", share)
		}
	}
	b.ReportMetric(float64(rounds*len(text))/1e6/(cpuTime(b)-start).Seconds(), "MB/cpu-s")
}

// cpuTime returns how long this process has used a CPU. Unlike the time that has
// passed it does not depend on what else the machine does.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
