package conf

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// LoadShadow reads the file of Shadow_Config. It returns nil if that is unset. A
// file that does not exist, or cannot be read, is an error, whose text is a line for
// the log.
func (f *File) LoadShadow() (*File, error) {
	path := f.Settings.ShadowConfig
	if path == "" {
		return nil, nil
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf(`ERROR stating "%s": %s`, path, systemError(err))
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf(`ERROR opening "%s": Not a regular file`, path)
	}
	return Load(path)
}

// checkShadow returns the problems of the file of Shadow_Config. A relative path is
// a problem itself, and is not read.
func (f *File) checkShadow() []Problem {
	if !filepath.IsAbs(f.Settings.ShadowConfig) {
		return nil
	}
	shadow, err := f.LoadShadow()
	if err != nil {
		what := err.Error()
		if _, reason, ok := strings.Cut(what, `"`+f.Settings.ShadowConfig+`": `); ok {
			what = reason
		}
		return []Problem{f.Place("Shadow_Config", Problem{Severity: Faulty,
			What: what, Expected: "a configuration file", Used: "no shadow configuration"})}
	}
	problems := shadow.checkOptions()
	if shadow.Settings.ShadowConfig != "" {
		problems = append(problems, shadow.Place("Shadow_Config", Problem{Severity: Hint,
			What: "this file is a shadow configuration itself", Used: "nothing"}))
	}
	return problems
}
