package cli

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"time"

	"policyd-spf/internal/term"
	"policyd-spf/maillog"
	"policyd-spf/report"
)

// errInterrupted ends the reading of a log after Ctrl-C.
var errInterrupted = errors.New("interrupted")

// readLogs reads the logs and reports whether it was interrupted. What cannot be
// read is named on standard error; the other logs count.
func (p *Program) readLogs(ctx context.Context, o *Options, c *report.Collector, progress *progress, now time.Time) bool {
	logs := o.report.logs
	if len(logs) == 0 {
		logs = []string{stdinName}
	}
	logs = inOrderOfTime(logs, now)
	for _, name := range logs {
		if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
			progress.total += info.Size()
		} else {
			progress.unbounded = true
		}
	}
	for _, name := range logs {
		before := c.Ours()
		err := p.readLog(ctx, name, c, progress)
		switch {
		case errors.Is(err, errInterrupted):
			return true
		case err != nil:
			progress.clear()
			p.complain("%s: %v", name, err)
		case c.Ours() == before:
			progress.clear()
			p.complain("%s: no line of a policy server", name)
		}
	}
	return false
}

// readLog reads a log, which may be compressed.
func (p *Program) readLog(ctx context.Context, name string, c *report.Collector, progress *progress) error {
	var in io.Reader
	if name == stdinName {
		if term.IsTerminal(p.Stdin) {
			p.complain("waiting for a mail log; Ctrl-D ends")
		}
		in = newPump(p.Stdin)
	} else {
		f, err := os.Open(name)
		if err != nil {
			return reasonOf(err)
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil && info.IsDir() {
			return errors.New("is a directory; name the logs in it")
		}
		in = f
	}
	text, err := uncompressed(&meteredReader{ctx: ctx, in: in, progress: progress})
	if err != nil {
		return logError(err)
	}
	return logError(c.Read(name, text))
}

// logError returns an error of reading a log in words.
func logError(err error) error {
	switch {
	case err == nil, errors.Is(err, errInterrupted):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the compressed file is cut short; what could be read counts")
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader):
		return errors.New("the compressed file is damaged; what could be read counts")
	}
	return reasonOf(err)
}

// inOrderOfTime returns the logs with those that are regular files in the order of
// their first time stamps: sessions may go on in the next file.
func inOrderOfTime(logs []string, now time.Time) []string {
	type dated struct {
		name  string
		first time.Time
	}
	var files []dated
	parser := maillog.NewParser(now)
	for _, name := range logs {
		if first, ok := firstTime(name, parser); ok {
			files = append(files, dated{name, first})
		}
	}
	slices.SortStableFunc(files, func(a, b dated) int { return a.first.Compare(b.first) })
	ordered := slices.Clone(logs)
	next := 0
	isDated := make(map[string]bool)
	for _, f := range files {
		isDated[f.name] = true
	}
	for i, name := range ordered {
		if isDated[name] {
			ordered[i] = files[next].name
			next++
		}
	}
	return ordered
}

// firstTime returns the first time stamp of a regular file.
func firstTime(name string, parser *maillog.Parser) (time.Time, bool) {
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() {
		return time.Time{}, false
	}
	f, err := os.Open(name)
	if err != nil {
		return time.Time{}, false
	}
	defer f.Close()
	text, err := uncompressed(f)
	if err != nil {
		return time.Time{}, false
	}
	const maxLines = 100
	scanner := maillog.NewScanner(text)
	for n := 0; n < maxLines && scanner.Scan(); n++ {
		if t, ok := parser.LineTime(scanner.Bytes()); ok {
			return t, true
		}
	}
	return time.Time{}, false
}

// meteredReader is a log as it is read: it counts, and ends after Ctrl-C.
type meteredReader struct {
	ctx      context.Context
	in       io.Reader
	progress *progress
}

func (r *meteredReader) Read(b []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, errInterrupted
	}
	var n int
	var err error
	if pump, ok := r.in.(*pump); ok {
		n, err = pump.readContext(r.ctx, b)
	} else {
		n, err = r.in.Read(b)
	}
	r.progress.read(n)
	return n, err
}

// pump reads ahead in a goroutine, so that a Read that blocks does not keep Ctrl-C
// from ending the report.
type pump struct {
	full, free chan []byte
	rest       []byte
	buf        []byte
	err        error // valid once full is closed
}

func newPump(in io.Reader) *pump {
	const buffers, size = 2, 256 << 10
	p := &pump{full: make(chan []byte, buffers), free: make(chan []byte, buffers)}
	for range buffers {
		p.free <- make([]byte, size)
	}
	go func() {
		for buf := range p.free {
			n, err := in.Read(buf[:cap(buf)])
			if n > 0 {
				p.full <- buf[:n]
			} else {
				p.free <- buf
			}
			if err != nil {
				p.err = err
				close(p.full)
				return
			}
		}
	}()
	return p
}

// Read implements io.Reader.
func (p *pump) Read(b []byte) (int, error) { return p.readContext(context.Background(), b) }

func (p *pump) readContext(ctx context.Context, b []byte) (int, error) {
	if len(p.rest) == 0 {
		if p.buf != nil {
			p.free <- p.buf
			p.buf = nil
		}
		select {
		case buf, ok := <-p.full:
			if !ok {
				return 0, p.err
			}
			p.buf, p.rest = buf, buf
		case <-ctx.Done():
			return 0, errInterrupted
		}
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}
