// Package cli is the command line of policyd-spf: its flags, its modes and its
// exit statuses.
//
//	flags.go        the table of flags; parse.go, how arguments are parsed
//	postfixargs.go  the arguments in master.cf, where nothing is an error
//	suggest.go      "did you mean"
//	help.go         --help and --version; completion.go, --completion
//	serve.go        the policy server for Postfix
//	modes.go        --explain, --check-config and --show-config; probe.go, --probe
//	exitstatus.go   what the exit status says
//	configpath.go   where the configuration file is
//	resolver.go     DNS servers, the cache and the zone file
//	stdio.go        the three standard descriptors
package cli
