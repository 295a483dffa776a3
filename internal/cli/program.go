package cli

import (
	"fmt"
	"os"
)

// Program is the running program: what was built into it and what it was
// started with.
type Program struct {
	Name       string // as in argv[0]; it names the process in the log
	Version    string // "" if none was linked in
	ConfigFile string // the distributor's default; "" for the usual places
	Stdin      *os.File
	Stdout     *os.File
	Stderr     *os.File
	Getenv     func(string) string
}

// New returns the Program for this process.
func New(name, version, configFile string) *Program {
	return &Program{
		Name: name, Version: version, ConfigFile: configFile,
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv,
	}
}

// complain writes one line to standard error.
func (p *Program) complain(format string, args ...any) {
	fmt.Fprintf(p.Stderr, "policyd-spf: "+format+"\n", args...)
}
