package checkconfig

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
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
	Zone       string         // the zone file that answers lookups; "" for DNS
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
