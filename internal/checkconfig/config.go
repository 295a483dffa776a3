package checkconfig

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"policyd-spf/conf"
	"policyd-spf/internal/postfix"
)

// config is a configuration file and the services that read it.
type config struct {
	path     string
	file     *conf.File
	err      error // why the file cannot be read; no process starts then
	services []*postfix.Service
}

// findConfigs finds the configurations to check.
func (c *checker) findConfigs() {
	var ours []*config
	if c.postfix != nil {
		for i := range c.postfix.Services {
			if s := &c.postfix.Services[i]; s.IsOurs() {
				ours = addService(ours, c.configPath(s), s)
			}
		}
	}
	switch {
	case c.File != "":
		c.configs = []*config{{path: c.File}}
		for _, other := range ours {
			if sameFile(other.path, c.File) {
				c.configs[0].services = append(c.configs[0].services, other.services...)
			} else {
				c.addOtherConfig(other)
			}
		}
	case len(ours) > 0:
		c.configs = ours
	default:
		c.configs = []*config{{path: c.DefaultFile}}
	}
	for _, config := range c.configs {
		config.file, config.err = conf.Load(config.path)
	}
}

func addService(configs []*config, path string, s *postfix.Service) []*config {
	for _, known := range configs {
		if known.path == path {
			known.services = append(known.services, s)
			return configs
		}
	}
	return append(configs, &config{path: path, services: []*postfix.Service{s}})
}

// configPath returns the path of the configuration file that a service reads.
func (c *checker) configPath(s *postfix.Service) string {
	return c.locate(s, cmp.Or(c.parseArgs(s).File, c.DefaultFile))
}

// parseArgs parses the arguments after the program.
func (c *checker) parseArgs(s *postfix.Service) Arguments {
	at := slices.IndexFunc(s.Argv, postfix.IsProgram)
	if at < 0 || c.ParseArgs == nil {
		return Arguments{}
	}
	return c.ParseArgs(s.Argv[at+1:])
}

// locate returns the path of a file that a service names, as seen from outside: its
// processes start in the queue directory, and a chroot changes their root.
func (c *checker) locate(s *postfix.Service, path string) string {
	if !filepath.IsAbs(path) || c.isChrooted(s) {
		return filepath.Join(c.postfix.Main["queue_directory"], path)
	}
	return path
}

func sameFile(a, b string) bool {
	if a == b {
		return true
	}
	first, err := os.Stat(a)
	second, otherErr := os.Stat(b)
	return err == nil && otherErr == nil && os.SameFile(first, second)
}

// addOtherConfig adds that services read another configuration than the one that
// is checked: the other problems are not about them.
func (c *checker) addOtherConfig(other *config) {
	for _, s := range other.services {
		c.add(conf.Problem{Severity: conf.Hint, File: c.postfix.File("master.cf"), Line: s.Line(), Name: s.Name + " argv", Value: strings.Join(s.Argv, " "),
			What: "this service reads another configuration than " + c.File, Expected: "--check-config " + other.path + " to check that one"})
	}
}

// checkConfig checks a configuration.
func (c *checker) checkConfig(config *config) {
	switch {
	case config.err != nil && c.lacksRight(config):
		c.add(conf.Problem{Severity: conf.Hint, File: config.path, What: "not checked: " + config.err.Error(), Expected: "--check-config as root"})
		return
	case config.err != nil:
		c.add(conf.Problem{Severity: conf.Faulty, File: config.path, What: config.err.Error(),
			Expected: "a readable file", Used: "nothing: no process starts, and Postfix defers all mail"})
		return
	}
	c.problems = append(c.problems, config.file.Check()...)
	c.checkReasonURL(config)
	c.checkDMARC(config)
}

// lacksRight reports whether only the user who runs the check may not read a
// configuration. Whether the services may is checked with their other files.
func (c *checker) lacksRight(config *config) bool {
	f, err := os.Open(config.path)
	if err == nil {
		f.Close()
	}
	return errors.Is(err, fs.ErrPermission) && slices.ContainsFunc(config.services, func(s *postfix.Service) bool {
		name, _, _ := strings.Cut(s.User, ":")
		uid, _, found, _ := c.Host.User(name)
		return found && int(uid) != os.Geteuid()
	})
}

// checkReasonURL adds a hint if rejections point to a site that is gone, such as the
// default, which is the original's.
func (c *checker) checkReasonURL(config *config) {
	s := &config.file.Settings
	if _, err := os.Stat(config.path); err != nil {
		return // conf reports that
	}
	gone := []string{"openspf.net", "openspf.org", "open-spf.org"}
	url := strings.ToLower(s.ReasonURL)
	isGone := slices.ContainsFunc(gone, func(host string) bool { return strings.Contains(url, host) })
	if isGone && strings.Contains(s.ReasonMessage, "{url}") && refuses(s, outcomes(s)) {
		c.add(config.file.Place("Reason_URL", conf.Problem{Severity: conf.Hint, What: "rejections point to a site that no longer exists",
			Expected: "Reason_URL without a value, or the address of a page of your own"}))
	}
}

// report returns what a Report has about a configuration.
func (g *config) report() Configuration {
	r := Configuration{File: g.path}
	for _, s := range g.services {
		r.Services = append(r.Services, s.Name)
	}
	if g.err == nil {
		r.Mail = outcomes(&g.file.Settings)
		r.Notes = notes(&g.file.Settings, r.Mail)
	}
	return r
}
