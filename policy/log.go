package policy

import (
	"math"
	"strconv"
	"unicode/utf8"

	"policyd-spf/conf"
)

// Priority is a severity of syslog (RFC 5424, 6.2.1).
type Priority uint8

// The severities in use.
const (
	Err  Priority = 3
	Info Priority = 6
)

// The log levels: a line appears if debugLevel is at least its level.
const (
	Always        = math.MinInt // at any debugLevel
	levelErrors   = 0           // what is wrong with a request or with the settings
	levelResults  = 1           // each result, and each reply
	levelVerdicts = 2           // verdicts in the original's words; from here on, lines precede the reply
	levelActions  = 3           // the configuration, the action, start and exit
	levelInput    = 4           // lines read, lists consulted, cached data
	levelTables   = 5           // what is done with each result
)

// The limits of the log. A hostile client can cause many lines, and long ones; an
// ordinary request causes a handful, even at level 5.
const (
	maxLogLine = 8000     // bytes; rsyslog truncates at 8192, the prefix included
	maxPending = 64 << 10 // bytes held back until the reply has been sent
)

// Line is a line of the log. Text is UTF-8 without control characters.
type Line struct {
	Priority Priority
	Text     []byte
}

// Sink takes lines. It must not block for long; it drops lines instead. It must
// not retain Text.
type Sink interface {
	Write(lines []Line)
}

// Log collects the lines of a request, to be written after its reply. Level is the
// process's debugLevel.
type Log struct {
	Level int
	Sink  Sink // nil: no log

	text    []byte // of the lines, one after the other
	lines   []pendingLine
	dropped int
	out     []Line // Flush's, kept for its memory
}

// pendingLine is a line that ends at end in Log.text.
type pendingLine struct {
	priority Priority
	end      int
}

// Line adds a line, made of parts, if the process's debugLevel is at least level.
func (l *Log) Line(level int, p Priority, parts ...string) {
	if level <= l.Level {
		l.add(p, parts...)
	}
}

// requestLog is the log of a request. Its lines follow the recipient's debugLevel,
// those of process the process's. Which of them a line follows is the original's
// choice.
type requestLog struct {
	process *Log
	level   int
	format  string // Log_Format
}

// Line adds a line if the recipient's debugLevel is at least level.
func (l *requestLog) Line(level int, p Priority, parts ...string) {
	if level <= l.level {
		l.process.add(p, parts...)
	}
}

// add adds a line at any debugLevel.
func (l *Log) add(p Priority, parts ...string) {
	if l.Sink == nil {
		return
	}
	if len(l.text) >= maxPending {
		l.dropped++
		return
	}
	start := len(l.text)
	for _, part := range parts {
		if len(l.text)-start > maxLogLine {
			break
		}
		if len(part) > maxLogLine {
			part = truncate(part, maxLogLine)
		}
		l.text = appendSanitized(l.text, part)
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

// LogDiagnostics adds the lines about a configuration file. The file's debugLevel
// does not apply: it is not in force while the file is read.
func (l *Log) LogDiagnostics(diagnostics []conf.Diagnostic) {
	for _, d := range diagnostics {
		if d.Level == conf.Always {
			l.Line(Always, priorityOf(d), d.Text)
		}
	}
}

func priorityOf(d conf.Diagnostic) Priority {
	if d.Err {
		return Err
	}
	return Info
}

// Flush writes the lines added since the last call.
func (l *Log) Flush() {
	if l.dropped > 0 {
		l.text = append(l.text, "ERROR: "...)
		l.text = strconv.AppendInt(l.text, int64(l.dropped), 10)
		l.text = append(l.text, " more log lines of this request dropped"...)
		l.lines = append(l.lines, pendingLine{Err, len(l.text)})
		l.dropped = 0
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
	if l.Level < levelInput {
		return
	}
	l.add(Info, `Read line: "`, string(line), `"`)
	if len(line) == 0 {
		l.add(Info, "Found the end of entry")
	}
}

// unmatched logs a line of a request that is not an attribute.
func (l *Log) unmatched(line []byte) {
	if l.Level >= levelErrors {
		l.add(Info, `ERROR: Could not match line "`, conf.DecodeUTF8(line), `"`)
	}
}
