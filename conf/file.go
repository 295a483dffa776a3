package conf

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"

	"gopkg.in/ini.v1"
)

const (
	// maxConfigSize bounds the configuration file, in octets: some hundred
	// thousand networks. What is larger is another file by mistake.
	maxConfigSize = 16 << 20

	// maxComplaints bounds what is logged of one file, so that a file of junk
	// does not fill the log each time a process starts.
	maxComplaints = 100
)

// Levels of complaints that debugLevel does not decide.
const (
	Always = -1            // logged whatever debugLevel is
	Never  = math.MaxInt32 // not logged, of use to --check-config only
)

// Diagnostic is something that is wrong with a file of settings.
type Diagnostic struct {
	Err   bool   // syslog priority err, else info
	Level int    // the lowest debugLevel that shows it, or Always or Never
	Text  string // the line of the log

	// For people. Line is 0, and Name and Value are "", if it is about the file;
	// Name alone is "" if Value is a line that is no setting.
	File, Name, Value string
	Line              int
	What              string // what is wrong
	Want              string // what was expected
	Used              string // what is done instead
}

// Origin tells where an option got its value from.
type Origin struct {
	File  string
	Line  int    // counted from 1
	Value string // as it stands there
}

// File is what a configuration file says.
type File struct {
	Settings    Settings
	Diagnostics []Diagnostic      // in the order of the file
	Origins     map[string]Origin // of the options that the file sets; the others have their defaults

	path   string
	logged int // complaints that are for the log
	silent int // those that are not
}

// Load reads a configuration file. If there is no file at path, or something
// that is not a regular file, the settings are the defaults, and a diagnostic
// says so. Every other failure is an error, whose text is a line for the log: the
// file may exist and say something else than the defaults, which could reject
// mail that the administrator means to accept.
func Load(path string) (*File, error) {
	l := &File{Settings: Default(), Origins: make(map[string]Origin), path: path}
	info, err := os.Stat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return l, fmt.Errorf(`ERROR stating "%s": %s`, path, systemError(err))
	}
	if err != nil {
		l.report(Diagnostic{Err: true, Level: Always, File: path, What: systemError(err), Want: "a configuration file", Used: "the defaults"},
			`ERROR stating "%s": %s`, path, systemError(err))
		return l, nil
	}
	if !info.Mode().IsRegular() {
		l.report(Diagnostic{Err: true, Level: Always, File: path, What: "not a regular file", Want: "a regular file", Used: "the defaults"},
			`ERROR: is not a file: "%s", mode=0o%o`, path, systemMode(info))
		return l, nil
	}
	text, _, err := readText(path, maxConfigSize)
	if err != nil {
		return l, fmt.Errorf(`ERROR opening "%s": %s`, path, systemError(err))
	}
	l.readLines(text)
	return l, l.apply()
}

// readLines notes the last good value of each option, and complains of lines
// that are no good.
func (l *File) readLines(text string) {
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		if line = stripComment(line); line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		name, value = TrimSpace(name), TrimSpace(value)
		c := Diagnostic{Level: Always, File: l.path, Line: number, Name: name, Value: value, Used: "the line is passed over"}
		option, known := find(configName, name)
		switch {
		case !ok:
			c.Level, c.Name, c.Value = Never, "", line
			c.What, c.Want = "no =", "name = value"
			l.report(c, `Configuration item "%s" not defined in file "%s"`, line, l.path)
		case strings.Contains(value, "=") && name != "Reason_URL":
			c.What, c.Want = "more than one =", "a value without ="
			l.report(c, `ERROR parsing line "%s" from file "%s"`, line, l.path)
		case !known:
			c.What, c.Want = "unknown name", "a name of policyd-spf.conf(5)"
			l.report(c, `ERROR: Unknown name "%s" in file "%s"`, name, l.path)
		case !option.valid(value):
			c.Err, c.What, c.Want, c.Used = true, "bad "+option.noun(), option.expected(), l.currentValue(option)
			l.report(c, `ERROR: bad %s "%s" for "%s" in file "%s"`, option.noun(), value, name, l.path)
		default:
			if earlier, again := l.Origins[name]; again {
				c.Level, c.Line, c.Value = Never, earlier.Line, earlier.Value
				c.What, c.Want, c.Used = "set again below", "each option once", value
				l.report(c, `Configuration item "%s" set again in file "%s"`, name, l.path)
			}
			l.Origins[name] = Origin{l.path, number, value}
		}
	}
}

// currentValue tells which value a bad line leaves in force.
func (l *File) currentValue(o *Option) string {
	if origin, ok := l.Origins[o.Name]; ok {
		return fmt.Sprintf("%s, of line %d", origin.Value, origin.Line)
	}
	if o.Default == "" {
		return "nothing"
	}
	return o.Default + ", the default"
}

// apply gives the settings the values that readLines noted. They pass through
// ini, which sees nothing that it would read in another way than the original:
// known names only, and values that are quoted whatever is in them.
func (l *File) apply() error {
	const before, behind = ` = """`, `"""` + "\n"
	size := 0
	for name, origin := range l.Origins {
		size += len(name) + len(before) + len(origin.Value) + len(behind)
	}
	lines := make([]byte, 0, size)
	for name, origin := range l.Origins {
		lines = append(append(append(append(lines, name...), before...), origin.Value...), behind...)
	}
	file, err := ini.LoadSources(ini.LoadOptions{KeyValueDelimiters: "=", IgnoreContinuation: true}, lines)
	if err != nil {
		return err
	}
	for _, key := range file.Section(ini.DefaultSection).Keys() {
		if option, known := find(configName, key.Name()); known {
			option.apply(&l.Settings, key.Value())
		}
	}
	return nil
}

// complain notes a complaint with this text for the log. Those over the limit
// it notes as a single one.
func (l *File) report(c Diagnostic, format string, args ...any) {
	count := &l.logged
	if c.Level == Never {
		count = &l.silent
	}
	*count++
	if *count > maxComplaints+1 {
		return
	}
	c.Text = fmt.Sprintf(format, args...)
	if *count == maxComplaints+1 {
		c = Diagnostic{Level: c.Level, File: l.path, Line: c.Line, What: "too many bad lines", Used: "the rest of them is passed over",
			Text: fmt.Sprintf(`ERROR: more bad lines in file "%s", not logged`, l.path)}
	}
	l.Diagnostics = append(l.Diagnostics, c)
}

var (
	errNotRegular = errors.New("not a regular file")
	errTooLarge   = errors.New("file too large")
)

// readText reads a regular file of at most limit octets, whose lines then end
// at LF. It never waits for the other end of a pipe. The info is of the file before it is read.
func readText(path string, limit int64) (string, os.FileInfo, error) {
	f, err := open(path)
	if err != nil {
		return "", nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return "", nil, err
	case info.IsDir():
		return "", nil, syscall.EISDIR
	case !info.Mode().IsRegular():
		return "", nil, errNotRegular
	case info.Size() > limit:
		return "", nil, errTooLarge
	}
	size := info.Size()
	var text strings.Builder
	text.Grow(int(size))
	n, err := io.CopyBuffer(&text, io.LimitReader(f, limit+1), make([]byte, min(size+1, 4<<10)))
	switch {
	case err != nil:
		return "", nil, err
	case n > limit: // it has grown, or its size was not known, as in /proc
		return "", nil, errTooLarge
	case !utf8.ValidString(text.String()):
		return universalNewlines(DecodeUTF8([]byte(text.String()))), info, nil
	}
	return universalNewlines(text.String()), info, nil
}

// open opens a file to be read. os.Open would first set up the run-time's poller
// for it, which takes longer than the rest.
func open(path string) (*os.File, error) {
	for {
		fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
		switch err {
		case nil:
			if err := syscall.SetNonblock(fd, false); err != nil {
				syscall.Close(fd)
				return nil, err
			}
			return os.NewFile(uintptr(fd), path), nil
		case syscall.EINTR:
		default:
			return nil, err
		}
	}
}

// systemError gives the reason of an error without operation and path, with a
// capital as the C library has it.
func systemError(err error) string {
	if errno := syscall.Errno(0); errors.As(err, &errno) {
		err = errno
	}
	first, size := utf8.DecodeRuneInString(err.Error())
	return string(unicode.ToUpper(first)) + err.Error()[size:]
}

// systemMode gives the type and the permissions of a file as stat(2) does.
func systemMode(info os.FileInfo) uint32 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint32(st.Mode)
	}
	return uint32(info.Mode().Perm())
}
