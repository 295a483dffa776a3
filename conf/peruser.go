package conf

import (
	"fmt"
	"os"
	"strings"
	"time"
)

const (
	// maxPerUserSize bounds the per-user file, in octets: some million users.
	// What is larger is another file by mistake.
	maxPerUserSize = 64 << 20
)

// PerUser is the table of single recipients' settings that Per_User names. It
// reads the file when it is first asked, and again when the file's size or the
// time of its last change is another. It is for one goroutine at a time.
type PerUser struct {
	value      string // of Per_User
	understood bool
	path       string

	version fileVersion // of the file that the table is made from; zero if a change would not show in it
	table   *userTable
	bad     []Diagnostic // of table.bad, in their order
}

// UserSettings are the settings for one request.
type UserSettings struct {
	Settings   Settings     // those of all users, changed by those of this one
	Found      bool         // the user has a line
	File       string       // where it is
	Line       int          // its number, counted from 1
	Names      []string     // the options that it sets, by their names in the configuration file
	Values     []string     // theirs, in the same order
	Complaints []Diagnostic // of the file, in its order
}

// NewPerUser makes the table that a value of Per_User names. The value is
// checked at each request, as the file is.
func NewPerUser(value string) *PerUser {
	p := &PerUser{value: value}
	if kind, path, ok := strings.Cut(value, ","); ok && kind == "text" && !strings.Contains(path, ",") {
		p.path, p.understood = path, true
	}
	return p
}

// Lookup gives the settings for a request whose recipient is user. Lines and
// settings that are no good are complained of and passed over. If the file is
// no good, global holds.
func (p *PerUser) Lookup(user string, global Settings) UserSettings {
	u := UserSettings{Settings: global, File: p.path}
	if c, ok := p.reload(); !ok {
		u.Complaints = []Diagnostic{c}
		return u
	}
	settings, number := p.table.find(user)
	u.Found, u.Line = number > 0, number
	u.Complaints = p.bad[:len(p.bad):len(p.bad)]
	for i, c := range p.bad {
		if u.Found && c.Line > number { // the search ends at the user's line
			u.Complaints = p.bad[:i:i]
			break
		}
	}
	if u.Found {
		p.apply(&u, settings)
	}
	return u
}

// refresh sees to it that the table is the file's.
func (p *PerUser) reload() (c Diagnostic, ok bool) {
	if !p.understood {
		return Diagnostic{Err: true, Name: "Per_User", Value: p.value, What: "not understood", Want: "text,PATH", Used: "the settings of all users",
			Text: fmt.Sprintf(`ERROR: Per_User "%s" not understood`, p.value)}, false
	}
	info, err := os.Stat(p.path)
	if err != nil {
		return p.unusable("stating", err), false
	}
	if versionOf(info) == p.version {
		return Diagnostic{}, true
	}
	if !info.IsDir() && !info.Mode().IsRegular() { // not to be opened: that can have effects
		return p.unusable("opening", errNotRegular), false
	}
	before := time.Now()
	text, info, err := readText(p.path, maxPerUserSize)
	if err != nil {
		return p.unusable("opening", err), false
	}
	p.version, p.table, p.bad = versionOf(info), makeUserTable(text), nil
	if !p.version.changeShows(before) {
		p.version = fileVersion{}
	}
	for _, number := range p.table.bad {
		line := p.table.line(number)
		p.bad = append(p.bad, Diagnostic{Err: true, File: p.path, Line: number, Value: line,
			What: "no comma", Want: "user,settings", Used: "the line is passed over",
			Text: fmt.Sprintf(`ERROR parsing line "%s" from file "%s" in per user settings`, line, p.path)})
	}
	if p.table.moreBad > 0 {
		p.bad = append(p.bad, Diagnostic{Err: true, File: p.path, Line: p.table.moreBad,
			What: "too many bad lines", Used: "the lines are passed over",
			Text: fmt.Sprintf(`ERROR: more bad lines in file "%s" in per user settings, not logged`, p.path)})
	}
	return Diagnostic{}, true
}

// unusable forgets the table, and complains of the file.
func (p *PerUser) unusable(doing string, err error) Diagnostic {
	p.version, p.table, p.bad = fileVersion{}, nil, nil
	return Diagnostic{Err: true, File: p.path, What: systemError(err), Want: "a readable file", Used: "the settings of all users",
		Text: fmt.Sprintf(`ERROR %s "%s": %s`, doing, p.path, systemError(err))}
}

// apply changes the settings by those of the user's line. White space counts,
// as in the original.
func (p *PerUser) apply(u *UserSettings, settings string) {
	for setting := range strings.SplitSeq(settings, "|") {
		name, value, ok := strings.Cut(setting, "=")
		option, known := find(perUserName, name)
		c := Diagnostic{Err: true, File: p.path, Line: u.Line, Name: name, Value: value, Used: "it is passed over"}
		switch {
		case !ok || strings.Contains(value, "="):
			c.What, c.Want = "not a name, one = and a value", "name=value"
			c.Text = fmt.Sprintf(`ERROR parsing "%s" from file "%s" in per user settings`, setting, p.path)
		case !known:
			c.What, c.Want = "unknown name", "a name of policyd-spf.peruser(5)"
			c.Text = fmt.Sprintf(`ERROR: Unknown name "%s" in file "%s" in per user settings`, name, p.path)
		case !option.valid(value):
			c.What, c.Want = "bad value", option.expected()
			c.Text = fmt.Sprintf(`ERROR: bad value "%s" for "%s" in file "%s" in per user settings`, value, name, p.path)
		default:
			if !option.PerUserIgnored {
				option.apply(&u.Settings, value)
			}
			u.Names, u.Values = append(u.Names, option.Name), append(u.Values, value)
			continue
		}
		u.Complaints = append(u.Complaints, c)
	}
}
