package conf

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// maxPerUserSize limits the per-user file, in bytes. It leaves room for about a
// million users; a larger file is the wrong file.
const maxPerUserSize = 64 << 20

// PerUser holds the settings of single recipients, from the file that Per_User names.
// It reads the file at the first request, and again at a request after a change. It
// is not safe for concurrent use.
type PerUser struct {
	value      string // of Per_User
	understood bool   // value is a type and a path
	path       string
	options    []Option

	version fileVersion // of the file that was read; zero if later changes need not show in it
	table   *userTable
	bad     []Diagnostic // of table.bad, in the same order
}

// UserSettings are the settings for one request.
type UserSettings struct {
	Settings    Settings     // the global settings, modified by the user's line
	Found       bool         // the user has a line
	File        string       // the per-user file
	Line        int          // the number of the user's line, counted from 1
	Names       []string     // the options that the line sets, as the configuration file names them
	Values      []string     // their values, in the same order
	Diagnostics []Diagnostic // of the file, in its order
}

// NewPerUser returns the settings of single recipients for a value of Per_User.
// Neither the value nor the file is an error: Lookup reports both for each request.
func NewPerUser(value string) *PerUser {
	p := &PerUser{value: value, options: Options()}
	if kind, path, ok := strings.Cut(value, ","); ok && kind == "text" && !strings.Contains(path, ",") {
		p.path, p.understood = path, true
	}
	return p
}

// Lookup returns the settings for a request with the recipient user. Invalid lines
// and settings are reported and ignored. If the file cannot be used, the settings
// are the global ones.
func (p *PerUser) Lookup(user string, global Settings) UserSettings {
	u := UserSettings{Settings: global, File: p.path}
	if d, ok := p.reload(); !ok {
		u.Diagnostics = []Diagnostic{d}
		return u
	}
	settings, number := p.table.find(user)
	u.Found, u.Line = number > 0, number
	u.Diagnostics = p.bad[:len(p.bad):len(p.bad)]
	for i, d := range p.bad {
		if u.Found && d.Line > number { // the original stops reading at the user's line
			u.Diagnostics = p.bad[:i:i]
			break
		}
	}
	if u.Found {
		p.apply(&u, settings)
	}
	return u
}

// reload reads the file if it has changed. If it cannot be used, reload returns
// false and the reason.
func (p *PerUser) reload() (d Diagnostic, ok bool) {
	if !p.understood {
		return Diagnostic{Err: true, Name: "Per_User", Value: p.value, What: "not a type and a path", Want: "text,PATH", Used: "the settings of all users",
			Text: fmt.Sprintf(`ERROR: Per_User "%s" not understood`, p.value)}, false
	}
	info, err := os.Stat(p.path)
	if err != nil {
		return p.unusable("stating", err), false
	}
	if versionOf(info) == p.version {
		return Diagnostic{}, true
	}
	if !info.IsDir() && !info.Mode().IsRegular() { // opening a device can have effects
		return p.unusable("opening", errNotRegular), false
	}
	before := time.Now()
	text, info, err := readText(p.path, maxPerUserSize)
	if err != nil {
		return p.unusable("opening", err), false
	}
	p.version, p.table, p.bad = versionOf(info), makeUserTable(text), nil
	if !p.version.showsChangeAfter(before) {
		p.version = fileVersion{}
	}
	for _, number := range p.table.bad {
		line := p.table.line(number)
		p.bad = append(p.bad, Diagnostic{Err: true, File: p.path, Line: number, Value: line,
			What: "no comma", Want: "user,settings", Used: "the line is ignored",
			Text: fmt.Sprintf(`ERROR parsing line "%s" from file "%s" in per user settings`, line, p.path)})
	}
	if p.table.moreBad > 0 {
		p.bad = append(p.bad, Diagnostic{Err: true, File: p.path, Line: p.table.moreBad,
			What: "too many bad lines", Used: "the lines are ignored",
			Text: fmt.Sprintf(`ERROR: more bad lines in file "%s" in per user settings, not logged`, p.path)})
	}
	return Diagnostic{}, true
}

// unusable forgets what was read, and returns the reason why the file cannot be
// used.
func (p *PerUser) unusable(doing string, err error) Diagnostic {
	p.version, p.table, p.bad = fileVersion{}, nil, nil
	return Diagnostic{Err: true, File: p.path, What: systemError(err), Want: "a readable file", Used: "the settings of all users",
		Text: fmt.Sprintf(`ERROR %s "%s": %s`, doing, p.path, systemError(err))}
}

// apply modifies u by the settings of the user's line. White space is part of
// names and values, as in the original.
func (p *PerUser) apply(u *UserSettings, settings string) {
	for setting := range strings.SplitSeq(settings, "|") {
		name, value, ok := strings.Cut(setting, "=")
		option, known := find(p.options, perUserName, name)
		d := Diagnostic{Err: true, File: p.path, Line: u.Line, Name: name, Value: value, Used: "the setting is ignored"}
		switch {
		case !ok || strings.Contains(value, "="):
			d.What, d.Want = "not a name, one = and a value", "name=value"
			d.Text = fmt.Sprintf(`ERROR parsing "%s" from file "%s" in per user settings`, setting, p.path)
		case !known:
			d.What, d.Want = "unknown name", "a setting of policyd-spf.peruser(5)"
			d.Text = fmt.Sprintf(`ERROR: Unknown name "%s" in file "%s" in per user settings`, name, p.path)
		case !option.valid(value):
			d.What, d.Want = "bad value", option.expected()
			d.Text = fmt.Sprintf(`ERROR: bad value "%s" for "%s" in file "%s" in per user settings`, value, name, p.path)
		default:
			if !option.PerUserIgnored {
				option.apply(&u.Settings, value)
			}
			u.Names, u.Values = append(u.Names, option.Name), append(u.Values, value)
			continue
		}
		u.Diagnostics = append(u.Diagnostics, d)
	}
}
