// Policyd-spf is a policy server for Postfix that checks the SPF records of
// HELO names and senders (RFC 7208). It takes the place of pypolicyd-spf.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"

	"policyd-spf/conf"
	"policyd-spf/policy"
	"policyd-spf/spf/dns"
)

// version is set when a release is built.
var version = "devel"

// configFile is the configuration file if none is named on the command line.
// It is empty unless a distributor sets it; then those of configFiles are
// looked for.
var configFile = ""

// usage is what the original prints, to the octet.
const usage = "usage: policyd-spf [<configfilename>]\n"

// moreHelp tells who sits at a terminal where the rest is.
const moreHelp = "policyd-spf: for the flags, see policyd-spf --explain --help\n"

func main() {
	os.Exit(run(os.Args))
}

// run does what the command line asks for, and gives the exit status.
func run(args []string) int {
	parsed, err := parseArguments(args[1:], servesPostfix())
	o := &parsed
	switch {
	case err != nil:
		fmt.Fprintf(os.Stderr, "policyd-spf: %v\n", err)
		return 2
	case o.mode == modeUsage:
		fmt.Print(usage)
		if terminal(os.Stderr) {
			fmt.Fprint(os.Stderr, moreHelp)
		}
		return 1 // as the original does
	case o.mode == modeVersion:
		fmt.Println("policyd-spf " + version)
		return 0
	case o.mode != modeServe:
		return people(o)
	}
	names, ahead, err := resolver(o)
	if err != nil && !servesPostfix() {
		fmt.Fprintf(os.Stderr, "policyd-spf: %v\n", err)
		return 1
	}
	silence()
	signal.Ignore(syscall.SIGPIPE) // a reply that nobody reads is no reason to die
	log := &policy.Log{Sink: policy.NewSyslog(args[0])}
	defer log.Flush()
	if err != nil {
		log.Line(policy.Always, policy.Err, "ERROR: ", err.Error())
		return 1
	}
	return serve(log, o, names, ahead)
}

// serve answers Postfix until the end of its requests. Not a word is printed
// but the answers: under spawn(8) all three descriptors are the same socket.
func serve(log *policy.Log, o *options, names dns.Resolver, ahead dns.Asker) int {
	path := o.configFile
	if path == "" {
		path = findConfigFile()
	}
	loaded, err := conf.Load(path)
	log.LogDiagnostics(loaded.Diagnostics)
	if err != nil {
		log.Line(policy.Always, policy.Err, err.Error())
		return 1
	}
	log.Level = loaded.Settings.DebugLevel
	server := &policy.Server{Settings: loaded.Settings, ConfigFile: path, Origins: loaded.Origins, Resolver: names, Ahead: ahead, Log: log, AfterWarmup: settle}
	server.Serve(context.Background(), policy.FD(0), policy.FD(1)) // its error is that Postfix has gone
	return 0
}

// settle fits the run-time system to a process that serves one connection, a
// request at a time, beside a hundred others of its kind. A second processor is
// woken for the collection of garbage only; garbage of half of what is in use,
// rather than as much again, and of 2 MB rather than 4 at least, saves a quarter
// of the memory. To do so takes a millisecond and 80 pages, which a process
// that answers only once or twice should not pay. (Measured:
// docs/performance.md.)
func settle() {
	const garbagePercent = 50
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(garbagePercent)
}
