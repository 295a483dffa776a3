package cli

import "os"

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
	for _, name := range configFiles {
		if exists(name) {
			return name
		}
	}
	return configFiles[0]
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
