// Policyd-spf is a policy server for Postfix that checks the SPF records of
// HELO names and senders (RFC 7208). It replaces pypolicyd-spf.
package main

import (
	"os"

	"policyd-spf/internal/cli"
)

// version is set by the linker when a release is built.
var version = ""

// configFile is the configuration file that is read if the command line names
// none. A distributor may set it with the linker; otherwise the usual places
// are searched.
var configFile = ""

func main() {
	os.Exit(run(os.Args))
}

// run executes the selected mode and returns the exit status.
func run(args []string) int {
	program := cli.New(args[0], version, configFile)
	o, err := program.Parse(args[1:])
	if err != nil {
		return program.UsageError(err)
	}
	switch o.Mode {
	case cli.Usage:
		return program.PrintUsage()
	case cli.Help:
		return program.PrintHelp(o)
	case cli.Version:
		return program.PrintVersion()
	case cli.Completion:
		return program.PrintCompletion(o)
	case cli.Explain:
		return program.Explain(o)
	case cli.CheckConfig:
		return program.CheckConfig(o)
	case cli.ShowConfig:
		return program.ShowConfig(o)
	case cli.Probe:
		return program.Probe(o)
	case cli.Report:
		return program.Report(o)
	}
	return program.Serve(o)
}
