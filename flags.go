package main

import (
	"errors"
	"slices"
)

// options are what the command line says.
type options struct {
	help, version bool
	zone          string // --zone: the file that answers in place of name servers
	configFile    string // "" if none is named
}

// parseArguments reads the arguments behind the program's name. Flags come
// first; what is none of them is the configuration file's name, also if it
// begins with a hyphen. What comes behind that is not looked at.
func parseArguments(args []string) (o options, err error) {
	if len(args) > 0 && slices.Contains([]string{"-h", "--help", "-?"}, args[0]) {
		return options{help: true}, nil
	}
	for len(args) > 0 {
		switch args[0] {
		case "--version":
			o.version = true
		case "--zone":
			if len(args) < 2 {
				return o, errors.New("--zone wants the name of a zone file")
			}
			o.zone, args = args[1], args[1:]
		default:
			o.configFile = args[0]
			return o, nil
		}
		args = args[1:]
	}
	return o, nil
}
