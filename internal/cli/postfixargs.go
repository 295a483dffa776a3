package cli

import (
	"strings"
	"unicode"

	"policyd-spf/internal/checkconfig"
)

// parsePostfixArgs parses the arguments in master.cf. There a mistake cannot be
// reported, and parsing adds to the start-up time of every process: three flags are
// known, and any other first argument is the name of the configuration file, as for
// the original. Arguments after that are ignored.
func parsePostfixArgs(args []string) Options {
	if len(args) > 0 && isHelp(args[0]) {
		return Options{Mode: Usage}
	}
	o, rest := parsePostfixFlags(args)
	if len(rest) > 0 {
		o.configFile = rest[0]
	}
	return o
}

// serviceArgs parses the arguments of a service in master.cf.
func serviceArgs(args []string) checkconfig.Arguments {
	o, rest := parsePostfixFlags(args)
	parsed := checkconfig.Arguments{Zone: o.zone, NameServer: o.dnsServer}
	if len(rest) > 0 {
		parsed.File, parsed.Ignored = rest[0], rest[1:]
	}
	return parsed
}

// parsePostfixFlags parses the flags before the configuration file. It returns the
// remaining arguments.
func parsePostfixFlags(args []string) (o Options, rest []string) {
	for len(args) > 0 {
		name, value, joined := strings.Cut(args[0], "=")
		used := 1
		switch {
		case args[0] == "--zone-fallback":
			o.zoneFallback = true
		case name != "--zone" && name != "--dns":
			used = 0
		default:
			if !joined && len(args) > 1 && !strings.HasPrefix(args[1], "--") {
				value, joined, used = args[1], true, 2
			}
			if !joined || strings.ContainsFunc(value, unicode.IsControl) || !o.setPostfix(name, value) {
				used = 0
			}
		}
		if used == 0 {
			return o, args
		}
		args = args[used:]
	}
	return o, nil
}

// setPostfix sets --zone or --dns and reports whether the value is valid.
func (o *Options) setPostfix(name, value string) bool {
	before := *o
	set := setZone
	if name == "--dns" {
		set = setDNS
	}
	if set(o, value) != nil {
		*o = before
		return false
	}
	return true
}

// isHelp reports whether an argument asks for help, as in the original.
func isHelp(arg string) bool { return arg == "-h" || arg == "--help" || arg == "-?" }
