package cli

import (
	"context"
	"io"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"

	"policyd-spf/conf"
	"policyd-spf/internal/term"
	"policyd-spf/policy"
)

// Serve answers Postfix's requests until standard input ends and returns the
// exit status. Under spawn(8) the three standard descriptors are one socket, so
// it writes nothing but replies there.
func (p *Program) Serve(o *Options) int {
	resolver, prefetcher, err := newResolver(o)
	if err != nil && !StdinIsSocket() {
		return p.Fail(err)
	}
	if p.canNote() {
		p.printNotes(o)
	} else {
		redirectStderr()
	}
	signal.Ignore(syscall.SIGPIPE) // a reply that nobody reads must not end the process
	log := &policy.Log{Sink: policy.NewSyslog(p.Name)}
	defer log.Flush()
	if err != nil {
		log.Line(policy.Always, policy.Err, "ERROR: ", err.Error())
		return StatusFailed
	}
	path := p.configPath(o)
	loaded, err := conf.Load(path)
	log.LogDiagnostics(loaded.Diagnostics)
	if err != nil {
		log.Line(policy.Always, policy.Err, err.Error())
		if p.canNote() {
			p.complain("%v", err)
		}
		return StatusFailed
	}
	log.Level = loaded.Settings.DebugLevel
	shadow := loadShadow(loaded, log)
	server := &policy.Server{
		Settings: loaded.Settings, Shadow: shadow, ConfigFile: path, Origins: loaded.Origins,
		Resolver: resolver, Prefetcher: prefetcher, Log: log, AfterWarmup: tuneRuntime,
	}
	in := io.Reader(policy.FD(0))
	if policy.LogsTotals(&server.Settings) {
		if in, err = newUntilTerminated(policy.FD(0)); err != nil {
			in = policy.FD(0)
		}
	}
	server.Serve(context.Background(), in, policy.FD(1)) // an error means that Postfix is gone
	return StatusOK
}

// loadShadow returns the settings of Shadow_Config. A file that cannot be used is
// logged and ignored: it only tries out settings.
func loadShadow(loaded *conf.File, log *policy.Log) *conf.Settings {
	shadow, err := loaded.LoadShadow()
	switch {
	case err != nil:
		log.Line(policy.Always, policy.Err, err.Error(), " (Shadow_Config ignored)")
		return nil
	case shadow == nil:
		return nil
	}
	log.LogDiagnostics(shadow.Diagnostics)
	return &shadow.Settings
}

// printNotes prints what people may not expect: that arguments are ignored, that the
// configuration file does not exist, and, on a terminal, that the program waits for
// input.
func (p *Program) printNotes(o *Options) {
	for _, note := range o.notes {
		p.complain("%s", note)
	}
	if note := p.missingConfig(o); note != "" {
		p.complain("%s", note)
	}
	if term.IsTerminal(p.Stdin) {
		p.complain("waiting for a policy request: lines name=value, then an empty line; Ctrl-D ends (see policyd-spf --help)")
	}
}

// tuneRuntime limits the process to one CPU and GOGC=50: it serves one
// connection, beside a hundred others of its kind. Less garbage saves a quarter
// of the memory. The call costs a millisecond and 80 pages, so only long-lived
// processes make it (docs/performance.md).
func tuneRuntime() {
	const garbagePercent = 50
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(garbagePercent)
}
