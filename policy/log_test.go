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
		{level: -5, want: "always"}, {level: -1, want: "always"}, {level: 0, want: "always 0"}, {level: 1, want: "always 0 1"}, {level: 3, want: "always 0 1 2 3"}, {level: 5, want: "always 0 1 2 3 4 5"},
	} {
		sink := &recordedLog{}
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
		{name: "parts", parts: []string{"a", "", "b"}, want: "info ab"},
		{name: "control characters", parts: []string{"a\nb", "\x1b[2J\u0085\u2028"}, want: "info a?b?[2J??"},
		{name: "broken UTF-8", parts: []string{"\xff"}, want: "info \ufffd"},
		{name: "a long line", parts: []string{strings.Repeat("x", 2*maxLogLine)}, want: "info " + strings.Repeat("x", maxLogLine-3) + "..."},
		{name: "the limit is within a character", parts: []string{strings.Repeat("x", maxLogLine-4), "ééé"}, want: "info " + strings.Repeat("x", maxLogLine-4) + "..."},
		{name: "many parts", parts: []string{strings.Repeat("x", maxLogLine-3), "éé", "yyy"}, want: "info " + strings.Repeat("x", maxLogLine-3) + "..."},
	} {
		t.Run(test.name, func(t *testing.T) {
			sink := &recordedLog{}
			l := &Log{Level: 1, Sink: sink}
			l.Line(1, Info, test.parts...)
			l.Flush()
			if !slices.Equal(sink.lines, []string{test.want}) {
				t.Errorf("got %q, want %q", sink.lines, test.want)
			}
		})
	}
}

// TestLogIsBounded: a request cannot make the log grow without limit, and the log
// says how much it dropped.
func TestLogIsBounded(t *testing.T) {
	sink := &recordedLog{}
	l := &Log{Level: 1, Sink: sink}
	for range 100_000 {
		l.Line(1, Info, "0123456789")
	}
	if len(l.text) > maxPending+maxLogLine {
		t.Errorf("%d bytes are held back", len(l.text))
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

// TestLog_noSink: without a Sink no lines are kept.
func TestLog_noSink(t *testing.T) {
	l := &Log{Level: 5}
	l.Line(1, Info, "x")
	l.Flush()
	if len(l.text) > 0 {
		t.Errorf("%d bytes are held back", len(l.text))
	}
}
