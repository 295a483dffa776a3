package policy

import (
	"slices"
	"strings"
	"testing"
)

func TestLogLevels(t *testing.T) {
	for _, test := range []struct {
		level int
		want  string
	}{
		{-5, "always"}, {-1, "always"}, {0, "always 0"}, {1, "always 0 1"}, {3, "always 0 1 2 3"}, {5, "always 0 1 2 3 4 5"},
	} {
		sink := &logged{}
		l := &Log{Level: test.level, Sink: sink}
		l.Line(Always, Err, "always")
		for i, text := range []string{"0", "1", "2", "3", "4", "5"} {
			l.Line(i, Err, text)
		}
		l.Flush()
		if got := strings.ReplaceAll(strings.Join(sink.lines, " "), "err ", ""); got != test.want {
			t.Errorf("debugLevel %d: %q, want %q", test.level, got, test.want)
		}
	}
}

func TestLogLines(t *testing.T) {
	for _, test := range []struct {
		name  string
		parts []string
		want  string
	}{
		{"parts", []string{"a", "", "b"}, "info ab"},
		{"control characters", []string{"a\nb", "\x1b[2J\u0085\u2028"}, "info a?b?[2J??"},
		{"broken UTF-8", []string{"\xff"}, "info \ufffd"},
		{"a long line", []string{strings.Repeat("x", 2*maxLogLine)}, "info " + strings.Repeat("x", maxLogLine-3) + "..."},
		{"many parts", []string{strings.Repeat("x", maxLogLine-3), "éé", "yyy"}, "info " + strings.Repeat("x", maxLogLine-3) + "..."},
	} {
		t.Run(test.name, func(t *testing.T) {
			sink := &logged{}
			l := &Log{Level: 1, Sink: sink}
			l.Line(1, Info, test.parts...)
			l.Flush()
			if !slices.Equal(sink.lines, []string{test.want}) {
				t.Errorf("got %q, want %q", sink.lines, test.want)
			}
		})
	}
}

// TestLogBound: a request cannot make the log grow without limit, and what is
// lost is said.
func TestLogBound(t *testing.T) {
	sink := &logged{}
	l := &Log{Level: 1, Sink: sink}
	for range 100_000 {
		l.Line(1, Info, "0123456789")
	}
	if len(l.text) > maxPending+maxLogLine {
		t.Errorf("%d octets are held back", len(l.text))
	}
	l.Flush()
	want := "err ERROR: 93446 more log lines of this request dropped"
	if got := sink.lines[len(sink.lines)-1]; got != want || len(sink.lines) != 100_000-93446+1 {
		t.Errorf("%d lines, the last one %q, want %q", len(sink.lines), got, want)
	}
	sink.lines = nil
	l.Line(1, Info, "next")
	l.Flush()
	if !slices.Equal(sink.lines, []string{"info next"}) {
		t.Errorf("afterwards: %q", sink.lines)
	}
}

// TestLogOff: without a Sink nothing is kept.
func TestLogOff(t *testing.T) {
	l := &Log{Level: 5}
	l.Line(1, Info, "x")
	l.Flush()
	if len(l.text) > 0 {
		t.Errorf("%d octets are kept", len(l.text))
	}
}
