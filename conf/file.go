package conf

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"gopkg.in/ini.v1"
)

// maxConfigSize limits the configuration file, in bytes. It leaves room for
// several hundred thousand networks; a larger file is the wrong file.
const maxConfigSize = 16 << 20

// Origin is the place where an option is set.
type Origin struct {
	File  string
	Line  int    // counted from 1
	Value string // as written there
}

// File is the content of a configuration file.
type File struct {
	Settings    Settings
	Diagnostics []Diagnostic      // in the order of the file
	Origins     map[string]Origin // by the names of the options that the file sets

	path     string
	options  []Option
	logged   int // number of diagnostics for the log
	unlogged int // number of the others
}

// Load reads a configuration file. If there is no file at path, or something
// that is not a regular file, the settings are the defaults, and a diagnostic
// says so. Every other failure is an error, whose text is a line for the log: the
// file may exist and differ from the defaults, which could reject mail that the
// administrator means to accept.
func Load(path string) (*File, error) {
	f := &File{Origins: make(map[string]Origin), path: path, options: Options()}
	f.Settings = defaults(f.options)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.report(Diagnostic{Err: true, Level: Always, File: path, What: systemError(err), Want: "a configuration file", Used: "the defaults"},
			`ERROR stating "%s": %s`, path, systemError(err))
		return f, nil
	case err != nil:
		return f, fmt.Errorf(`ERROR stating "%s": %s`, path, systemError(err))
	case !info.Mode().IsRegular():
		f.report(Diagnostic{Err: true, Level: Always, File: path, What: "not a regular file", Want: "a regular file", Used: "the defaults"},
			`ERROR: is not a file: "%s", mode=0o%o`, path, systemMode(info))
		return f, nil
	}
	text, _, err := readText(path, maxConfigSize)
	if err != nil {
		return f, fmt.Errorf(`ERROR opening "%s": %s`, path, systemError(err))
	}
	f.parse(text)
	return f, f.apply()
}

// parse records the last valid value of each option in Origins, and reports all
// other lines.
func (f *File) parse(text string) {
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		if line = stripComment(line); line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		name, value = TrimSpace(name), TrimSpace(value)
		d := Diagnostic{Level: Always, File: f.path, Line: number, Name: name, Value: value, Used: "the line is ignored"}
		option, known := find(f.options, configName, name)
		switch {
		case !ok:
			d.Level, d.Name, d.Value = Never, "", line
			d.What, d.Want = "no =", "name = value"
			f.report(d, `Configuration item "%s" not defined in file "%s"`, line, f.path)
		case strings.Contains(value, "=") && name != "Reason_URL":
			d.What, d.Want = "more than one =", "a value without ="
			f.report(d, `ERROR parsing line "%s" from file "%s"`, line, f.path)
		case !known:
			d.What, d.Want = "unknown name", "an option of policyd-spf.conf(5)"
			f.report(d, `ERROR: Unknown name "%s" in file "%s"`, name, f.path)
		case !option.valid(value):
			d.Err, d.What, d.Want, d.Used = true, "bad "+option.noun(), option.expected(), f.currentValue(option)
			f.report(d, `ERROR: bad %s "%s" for "%s" in file "%s"`, option.noun(), value, name, f.path)
		default:
			if earlier, again := f.Origins[name]; again {
				d.Level, d.Line, d.Value = Never, earlier.Line, earlier.Value
				d.What, d.Want, d.Used = "set again below", "each option once", orNothing(value)
				f.report(d, `Configuration item "%s" set again in file "%s"`, name, f.path)
			}
			f.Origins[name] = Origin{f.path, number, value}
		}
	}
}

// currentValue describes the value that a bad line leaves in place.
func (f *File) currentValue(o *Option) string {
	if origin, ok := f.Origins[o.Name]; ok {
		return fmt.Sprintf("%s, from line %d", orNothing(origin.Value), origin.Line)
	}
	if o.Default == "" {
		return orNothing("")
	}
	return o.Default + ", the default"
}

// orNothing returns a value as it is shown to people: "nothing" for an empty one.
func orNothing(value string) string { return cmp.Or(value, "nothing") }

// apply sets the options in Origins.
//
// ini reads the values. The original's lines are not those of ini files, which
// have sections, quotes, continued lines and comments of other kinds; so parse
// selects the lines, and each value is passed in quotes, which ini takes
// literally.
func (f *File) apply() error {
	var lines []byte
	for name, origin := range f.Origins {
		lines = fmt.Appendf(lines, "%s = \"\"\"%s\"\"\"\n", name, origin.Value)
	}
	file, err := ini.Load(lines)
	if err != nil {
		return err
	}
	for _, key := range file.Section(ini.DefaultSection).Keys() {
		if option, known := find(f.options, configName, key.Name()); known {
			option.apply(&f.Settings, key.Value())
		}
	}
	return nil
}
