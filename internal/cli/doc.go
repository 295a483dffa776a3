// Package cli is the command line of policyd-spf: its flags, its modes and its
// exit statuses.
//
//	options.go      what the arguments say; parse.go, how they are parsed
//	flags.go        the table of flags; flagvalue.go, their values
//	validate.go     flags that do not go together
//	postfixargs.go  the arguments in master.cf, where nothing is an error
//	program.go      what all modes share: name, version, descriptors
//	suggest.go      "did you mean"
//	help.go         --help and --version; completion.go, --completion
//	serve.go        the policy server for Postfix; terminate.go, SIGTERM
//	explain.go      --explain of a message; domain.go, --explain --domain
//	modes.go        --check-config and --show-config; probe.go, --probe
//	report.go       --report; readlogs.go, its input; progress.go, its progress
//	output.go       the file of --output
//	exitstatus.go   the exit statuses
//	configpath.go   where the configuration file is
//	resolver.go     DNS servers, the cache and the zone file
//	stdio.go        the three standard descriptors
package cli
