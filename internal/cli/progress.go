package cli

import (
	"fmt"
	"io"
	"time"

	"policyd-spf/internal/term"
	"policyd-spf/report"
)

const (
	// progressDelay is how long a report takes before it shows its progress.
	progressDelay = time.Second

	// progressInterval is how often the progress is shown.
	progressInterval = 200 * time.Millisecond
)

// progress shows on a terminal how far a report has come.
type progress struct {
	out       io.Writer // nil: not a terminal
	start     time.Time
	shown     time.Time
	now       func() time.Time
	done      int64
	total     int64 // bytes of all files
	unbounded bool  // total is not all: standard input, or a pipe
}

func (p *Program) newProgress(now time.Time) *progress {
	pr := &progress{start: now, now: time.Now}
	if term.IsTerminal(p.Stderr) {
		pr.out = p.Stderr
	}
	return pr
}

// read counts n bytes more.
func (p *progress) read(n int) {
	p.done += int64(n)
	if p.out == nil {
		return
	}
	if now := p.now(); p.due(now) {
		p.show(now, readingText(p.done, p.total, p.unbounded, now.Sub(p.start)))
	}
}

// rechecked shows how many checks were evaluated again.
func (p *progress) rechecked(r report.Progress) {
	if p.out == nil {
		return
	}
	now := p.now()
	if r.Done == 1 {
		p.start = now
	}
	if p.due(now) {
		elapsed := now.Sub(p.start)
		left := time.Duration(float64(elapsed) / float64(r.Done) * float64(r.Total-r.Done))
		p.show(now, fmt.Sprintf("evaluated again: %d of %d (%d%%), %s left", r.Done, r.Total, 100*r.Done/r.Total, left.Round(time.Second)))
	}
}

func (p *progress) due(now time.Time) bool {
	return now.Sub(p.start) >= progressDelay && now.Sub(p.shown) >= progressInterval
}

// readingText says how many bytes were read, how fast, and how long it takes.
func readingText(done, total int64, unbounded bool, elapsed time.Duration) string {
	const mega = 1e6
	rate := float64(done) / elapsed.Seconds()
	if unbounded || total <= 0 {
		return fmt.Sprintf("read: %.0f MB, %.0f MB/s", float64(done)/mega, rate/mega)
	}
	left := time.Duration(float64(total-done) / rate * float64(time.Second))
	return fmt.Sprintf("read: %.0f of %.0f MB (%d%%), %.0f MB/s, %s left", float64(done)/mega, float64(total)/mega, 100*done/total, rate/mega, left.Round(time.Second))
}

// eraseLine returns to the first column and erases the line (ECMA-48, EL).
const eraseLine = "\r\x1b[K"

func (p *progress) show(now time.Time, text string) {
	p.shown = now
	fmt.Fprint(p.out, eraseLine+text)
}

// clear removes what is shown.
func (p *progress) clear() {
	if p.out != nil && !p.shown.IsZero() {
		fmt.Fprint(p.out, eraseLine)
		p.shown = time.Time{}
	}
}
