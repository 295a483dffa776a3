package policy

import (
	"math"
	"strconv"
	"unicode/utf8"

	"policyd-spf/conf"
)

// Priority is a severity of syslog (RFC 5424, 6.2.1).
type Priority uint8

// The severities of our lines.
const (
	Err  Priority = 3
	Info Priority = 6
)

// Always is the level of the lines that are logged at any debugLevel.
const Always = math.MinInt

// The limits of the log. What a client sends can make many lines, and long
// ones; a request of Postfix's makes a handful, even at level 5.
const (
	maxLogLine = 8000     // octets; rsyslog cuts at 8192, the prefix included
	maxPending = 64 << 10 // octets held back until the reply has been sent
)

// Line is a line of the log. Text is UTF-8 without control characters.
type Line struct {
	Priority Priority
	Text     []byte
}

// Sink takes lines. It must not wait for anybody for long, and has to lose
// lines rather than do so. It must not keep Text.
type Sink interface {
	Write(lines []Line)
}

// Log collects the lines of a request, so that they can be written when it has
// been answered. Level is the global debugLevel.
type Log struct {
	Level int
	Sink  Sink // nil: no log

	text  []byte // of the lines, one after the other
	lines []pendingLine
	lost  int
	out   []Line // Flush's, kept for its memory
}

// pendingLine is a line that ends at end in Log.text.
type pendingLine struct {
	priority Priority
	end      int
}

// Line adds a line, made of parts, if the debugLevel is at least level.
func (l *Log) Line(level int, p Priority, parts ...string) {
	if level <= l.Level {
		l.add(p, parts...)
	}
}

// add adds a line at any debugLevel.
func (l *Log) add(p Priority, parts ...string) {
	if l.Sink == nil {
		return
	}
	if len(l.text) >= maxPending {
		l.lost++
		return
	}
	start := len(l.text)
	for _, part := range parts {
		if len(l.text)-start > maxLogLine {
			break
		}
		if len(part) > maxLogLine {
			part = cut(part, maxLogLine)
		}
		l.text = appendClean(l.text, part)
	}
	if len(l.text)-start > maxLogLine {
		end := start + maxLogLine - len("...")
		for !utf8.RuneStart(l.text[end]) {
			end--
		}
		l.text = append(l.text[:end], "..."...)
	}
	l.lines = append(l.lines, pendingLine{p, len(l.text)})
}

// Complain adds the lines about a configuration file. The file's debugLevel is
// not in force while it is read.
func (l *Log) Complain(complaints []conf.Diagnostic) {
	for _, c := range complaints {
		if c.Level == conf.Always {
			l.Line(Always, Severity(c), c.Text)
		}
	}
}

// Severity gives the priority of a complaint about a file.
func Severity(c conf.Diagnostic) Priority {
	if c.Err {
		return Err
	}
	return Info
}

// Flush writes the lines added since the last time.
func (l *Log) Flush() {
	if l.lost > 0 {
		l.text = append(l.text, "ERROR: "...)
		l.text = strconv.AppendInt(l.text, int64(l.lost), 10)
		l.text = append(l.text, " more log lines of this request dropped"...)
		l.lines = append(l.lines, pendingLine{Err, len(l.text)})
		l.lost = 0
	}
	if len(l.lines) == 0 {
		return
	}
	start := 0
	for _, line := range l.lines {
		l.out = append(l.out, Line{line.priority, l.text[start:line.end]})
		start = line.end
	}
	l.Sink.Write(l.out)
	l.text, l.lines, l.out = l.text[:0], l.lines[:0], l.out[:0]
}

// readLine logs a line of a request, as read.
func (l *Log) readLine(line []byte) {
	if l.Level < 4 {
		return
	}
	l.add(Info, `Read line: "`, string(line), `"`)
	if len(line) == 0 {
		l.add(Info, "Found the end of entry")
	}
}

// unmatched logs a line of a request that is no attribute.
func (l *Log) unmatched(line []byte) {
	if l.Level >= 0 {
		l.add(Info, `ERROR: Could not match line "`, string(line), `"`)
	}
}
