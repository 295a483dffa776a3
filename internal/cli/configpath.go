package cli

import (
	"errors"
	"io/fs"
	"os"
)

// configFiles are the places where the original, or one of its packages, has
// its configuration file.
var configFiles = [...]string{
	"/etc/python-policyd-spf/policyd-spf.conf",
	"/etc/postfix-policyd-spf-python/policyd-spf.conf",
	"/etc/policyd-spf/policyd-spf.conf",
	"/usr/local/etc/python-policyd-spf/policyd-spf.conf",
}

// configPath returns the configuration file to read: the one on the command
// line, the distributor's, the first of configFiles that exists, or the first.
func (p *Program) configPath(o *Options) string {
	switch {
	case o.configFile != "":
		return o.configFile
	case p.ConfigFile != "":
		return p.ConfigFile
	}
	return firstExisting(configFiles[:])
}

// firstExisting returns the first of names that exists, or names[0] if none does.
// A name that cannot be examined, for example because a directory in its path may
// not be searched, counts as existing: reading it then reports the failure, where
// another file or the defaults could reject mail that this one accepts.
func firstExisting(names []string) string {
	for _, name := range names {
		if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) {
			return name
		}
	}
	return names[0]
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
