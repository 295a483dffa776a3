package term

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Limits of a line, in columns. Below MinWidth trees and carets become
// unreadable; above MaxWidth the eye loses the line.
const (
	DefaultWidth = 80
	MinWidth     = 60
	MaxWidth     = 120
)

// Style is how text is rendered.
type Style struct {
	Color bool // with ECMA-48 escape sequences
	UTF8  bool // otherwise in US-ASCII
	Width int  // columns of a line; DefaultWidth if it is 0
}

// ColorMode is when to use colors.
type ColorMode string

// The values of --color.
const (
	ColorAuto   ColorMode = "auto" // on a terminal that has colors, unless NO_COLOR is set
	ColorAlways ColorMode = "always"
	ColorNever  ColorMode = "never"
)

// Detect returns the style for text written to out.
func Detect(out *os.File, mode ColorMode, getenv func(string) string) Style {
	columns, isTerminal := size(out)
	if n, err := strconv.Atoi(getenv("COLUMNS")); err == nil {
		columns = n
	}
	if columns <= 0 {
		columns = DefaultWidth
	}
	return Style{
		Color: useColor(mode, isTerminal, getenv),
		UTF8:  isUTF8(getenv),
		Width: min(max(columns, MinWidth), MaxWidth),
	}
}

// IsTerminal reports whether f is a terminal.
func IsTerminal(f *os.File) bool {
	_, ok := size(f)
	return ok
}

// size returns the number of columns of a terminal, 0 if it is unknown, and
// whether f is a terminal at all.
func size(f *os.File) (columns int, isTerminal bool) {
	ws, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0, false
	}
	return int(ws.Col), true
}

// useColor follows no-color.org: NO_COLOR turns colors off if it is not empty,
// but what the command line asks for comes first.
func useColor(mode ColorMode, isTerminal bool, getenv func(string) string) bool {
	switch mode {
	case ColorAlways:
		return true
	case ColorNever:
		return false
	}
	return isTerminal && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
}

// isUTF8 reports whether the locale's character encoding is UTF-8. The first
// variable that is set decides (POSIX.1-2017, 8.2).
func isUTF8(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := strings.ToUpper(getenv(name)); value != "" {
			return strings.Contains(value, "UTF-8") || strings.Contains(value, "UTF8")
		}
	}
	return false
}
