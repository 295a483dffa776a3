package checkconfig

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"policyd-spf/conf"
	"policyd-spf/internal/postfix"
	"policyd-spf/internal/term"
	"policyd-spf/spf/dns"
)

// Version is the version of Report. It changes when a name is removed or changes its
// meaning, not when one is added.
const Version = 1

// Report is the result of a check. Its names in JSON are stable.
type Report struct {
	Version        int             `json:"version"`
	File           string          `json:"file"` // of the first configuration
	Configurations []Configuration `json:"configurations"`
	NameServers    []NameServer    `json:"name_servers"`
	Postfix        string          `json:"postfix"` // what was checked there, or why nothing was
	Problems       []conf.Problem  `json:"problems"`
}

// Configuration is a configuration file that was checked.
type Configuration struct {
	File     string    `json:"file"`
	Services []string  `json:"services,omitempty"` // of master.cf that read it
	Mail     []Outcome `json:"mail,omitempty"`     // what happens to mail; nothing if the file cannot be read
	Notes    []string  `json:"notes,omitempty"`    // remarks for people
}

// Arguments are the arguments of the program in master.cf.
type Arguments struct {
	File       string         // the configuration; "" if they name none
	Zone       string         // the zone file that answers lookups; "" if there is none
	NameServer netip.AddrPort // the only one to query; the zero value for those in resolv.conf
	Ignored    []string       // what follows the configuration
}

// Input is what a check needs from elsewhere.
type Input struct {
	// File is the configuration to check. If it is empty, the configurations of
	// master.cf's services are checked, or DefaultFile if there are none.
	File        string
	DefaultFile string

	ParseArgs func(args []string) Arguments // parses those of the program in master.cf

	Servers    []netip.AddrPort // the name servers to query
	ServerFile string           // the file or flag that names them
	Ignored    []dns.IgnoredLine

	Postconf postfix.Postconf
	Host     Host
}

// postconfTimeout limits the time for postconf(1), which reads two files.
const postconfTimeout = 10 * time.Second

// checker collects the problems of a check.
type checker struct {
	Input
	postfix  *postfix.Config // nil if Postfix's files cannot be read
	configs  []*config
	problems []conf.Problem
	unclear  bool // a list names a service that cannot be found: perhaps one of ours is meant
}

// config is a configuration file and the services that read it.
type config struct {
	path     string
	file     *conf.File
	err      error // why the file cannot be read; no process starts then
	services []*postfix.Service
}

// Run runs all checks.
func Run(ctx context.Context, in Input) *Report {
	c := &checker{Input: in}
	r := &Report{Version: Version, NameServers: []NameServer{}, Problems: []conf.Problem{}}
	r.Postfix = c.readPostfix(ctx)
	c.findConfigs()
	for _, config := range c.configs {
		c.checkConfig(config)
		r.Configurations = append(r.Configurations, config.report())
	}
	r.File = r.Configurations[0].File
	slices.SortStableFunc(c.problems, func(a, b conf.Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	c.checkIgnoredLines()
	r.NameServers = append(r.NameServers, c.checkNameServers(ctx)...)
	if c.postfix != nil {
		c.checkPostfix()
	}
	c.checkActions()
	for _, p := range c.problems {
		if !slices.Contains(r.Problems, p) {
			r.Problems = append(r.Problems, p)
		}
	}
	return r
}

// add adds a problem.
func (c *checker) add(p conf.Problem) { c.problems = append(c.problems, p) }

// readPostfix reads Postfix's configuration and returns what was read, or why it
// was not.
func (c *checker) readPostfix(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, postconfTimeout)
	defer cancel()
	p, err := postfix.Read(ctx, c.Postconf)
	switch {
	case errors.Is(err, postfix.ErrNoPostconf):
		return "postconf was not found: Postfix's side was not checked"
	case err != nil:
		severity := conf.Faulty
		if strings.Contains(err.Error(), "main.cf: No such file") {
			severity = conf.Hint // Postfix is installed, but not in use
		}
		file, line, what := postfix.ErrorPlace(err)
		c.add(conf.Problem{Severity: severity, File: cmp.Or(file, "Postfix"), Line: line, What: what,
			Expected: "main.cf and master.cf that Postfix can read", Used: "nothing on Postfix's side was checked"})
		return "its files cannot be read"
	}
	c.postfix = p
	return "main.cf and master.cf in " + p.Main["config_directory"]
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

// Clean reports whether there are no problems. Hints may be intended.
func (r *Report) Clean() bool {
	return !slices.ContainsFunc(r.Problems, func(p conf.Problem) bool { return p.Severity == conf.Faulty })
}

// count returns the numbers of problems and hints as text.
func (r *Report) count() string {
	problems, hints := 0, 0
	for _, p := range r.Problems {
		if p.Severity == conf.Hint {
			hints++
		} else {
			problems++
		}
	}
	return plural(problems, "problem") + ", " + plural(hints, "hint")
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// JSON writes the report as JSON.
func (r *Report) JSON(w io.Writer) error { return term.WriteJSON(w, r) }

// Brief returns the report in one line.
func (r *Report) Brief(term.Style) string { return r.count() }
