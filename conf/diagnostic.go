package conf

import (
	"fmt"
	"math"
)

// Levels of diagnostics that do not depend on debugLevel.
const (
	Always = -1            // logged at every debugLevel
	Never  = math.MaxInt32 // not logged; for --check-config only
)

// maxDiagnostics is the number of diagnostics of one file, so that a file of junk
// does not fill the log each time a process starts.
const maxDiagnostics = 100

// Diagnostic describes what is wrong with a line of a file, or with the file.
type Diagnostic struct {
	Err   bool   // logged with syslog priority err, otherwise info
	Level int    // the lowest debugLevel that logs it, or Always or Never
	Text  string // the line of the log

	// For people. Line is 0, and Name and Value are empty, if it is about the
	// whole file. Name alone is empty if Value is a line that sets no option.
	File, Name, Value string
	Line              int
	What              string // what is wrong
	Want              string // what is expected
	Used              string // what is used or done instead
}

// report appends a diagnostic with a formatted text for the log. Logged and
// unlogged diagnostics are limited to maxDiagnostics each; one more says that
// there are others.
func (f *File) report(d Diagnostic, format string, args ...any) {
	count := &f.logged
	if d.Level == Never {
		count = &f.unlogged
	}
	*count++
	if *count > maxDiagnostics+1 {
		return
	}
	d.Text = fmt.Sprintf(format, args...)
	if *count == maxDiagnostics+1 {
		d = Diagnostic{Level: d.Level, File: f.path, Line: d.Line, What: "too many bad lines", Used: "the other bad lines are ignored, too",
			Text: fmt.Sprintf(`ERROR: more bad lines in file "%s", not logged`, f.path)}
	}
	f.Diagnostics = append(f.Diagnostics, d)
}
