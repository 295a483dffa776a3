package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"policyd-spf/conf"
	"policyd-spf/internal/postfix"
	"policyd-spf/report"
	"policyd-spf/spf/dns"
)

const (
	// reportMemory is how much memory the run-time system may use before it collects
	// garbage as often as it takes. The tables of a report take at most half of it.
	reportMemory = 72 << 20

	// reportGCPercent is how much garbage there may be beside the tables.
	reportGCPercent = 40

	// prometheusWindow is the period of --prometheus without --since: each run of a
	// timer sees a whole day, with its hours of little mail.
	prometheusWindow = 24 * time.Hour

	// postconfTimeout bounds postconf(1), which says which domains are ours.
	postconfTimeout = 5 * time.Second
)

// reportOptions are the flags of --report.
type reportOptions struct {
	logs    []string
	config  string   // --config
	whatIf  []string // --what-if
	own     []string // --own
	since   string   // --since
	until   string   // --until
	list    bool     // --list
	recheck report.RecheckMode
}

// reportFlags returns the flags of --report.
func reportFlags() []flagSpec {
	modes := []Mode{Report}
	return []flagSpec{
		{name: "config", placeholder: "FILE", want: "the name of a policyd-spf.conf", isFile: true, usedIn: modes,
			help: "the configuration in force; the proposed Whitelist begins with its entries",
			set:  func(o *Options, value string) error { o.report.config = value; return nil }},
		{name: "what-if", placeholder: "FILE", want: "the name of a policyd-spf.conf", isFile: true, usedIn: modes,
			help: "report what this configuration would have refused; may be repeated",
			set:  func(o *Options, value string) error { o.report.whatIf = append(o.report.whatIf, value); return nil }},
		{name: "list", usedIn: modes, help: "list each message that a --what-if refuses",
			set: func(o *Options, _ string) error { o.report.list = true; return nil }},
		{name: "own", placeholder: "DOMAIN,...", want: "domain names with commas between them", usedIn: modes,
			help: "the domains that you receive mail for; otherwise postconf(1) names them", set: setOwn},
		{name: "since", placeholder: "TIME", want: wantTime, usedIn: modes,
			help: "leave out what is earlier: a date, a time (RFC 3339), or how long ago, such as 24h or 7d",
			set:  func(o *Options, value string) error { o.report.since = value; return checkTime(value) }},
		{name: "until", placeholder: "TIME", want: wantTime, usedIn: modes,
			help: "leave out what is later; a date includes its day",
			set:  func(o *Options, value string) error { o.report.until = value; return checkTime(value) }},
		{name: "recheck", values: []string{"all"}, usedIn: modes,
			help: "evaluate over DNS what the log does not contain; --recheck=all: every check of the log, to compare the results", set: setRecheck},
	}
}

func setOwn(o *Options, value string) error {
	o.report.own = append(o.report.own, strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })...)
	if len(o.report.own) == 0 {
		return errWant
	}
	return nil
}

func setRecheck(o *Options, value string) error {
	o.report.recheck = report.RecheckMissing
	if value == "all" {
		o.report.recheck = report.RecheckAll
	}
	return nil
}

// Report prints the report on mail logs and returns the exit status: 0 if rejecting is
// safe.
func (p *Program) Report(o *Options) int {
	debug.SetGCPercent(reportGCPercent)
	debug.SetMemoryLimit(reportMemory)
	now := time.Now()
	options, ok := p.reportOptions(o, now)
	if !ok {
		return StatusUsage
	}
	printer, err := p.newPrinter(o)
	if err != nil {
		return p.Fail(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	progress := p.newProgress(now)
	options.Progress = progress.rechecked
	c := report.New(options)
	interrupted := p.readLogs(ctx, o, c, progress, now)
	if interrupted { // a second Ctrl-C ends the program
		stop()
	}
	r := c.Report(ctx)
	progress.clear()
	r.Interrupted = r.Interrupted || interrupted
	// Gauges that are 0 say more than those of yesterday, if a log could be read.
	if gauges := o.prometheus && len(r.Logs.Files) > 0; !r.Usable() && !gauges {
		printer.close(false)
		p.complain("no message of a policy server was found%s; --report needs a log that policyd-spf, pypolicyd-spf, spf-engine or postfix-policyd-spf-perl writes to", inPeriod(o))
		return StatusUsage
	}
	if r.Interrupted && o.prometheus { // gauges of a part of the log are wrong
		printer.close(false)
		p.complain("interrupted: nothing is written")
		return StatusFailed
	}
	if r.Interrupted && (o.json || o.brief) {
		p.complain("interrupted: this is what is known so far")
	}
	if o.prometheus {
		until := options.Until
		if until.IsZero() {
			until = now
		}
		return p.finish(printer, StatusOK, r.Prometheus(printer.out, options.Since, until))
	}
	return p.finish(printer, failedIf(!r.Advice.Safe), printer.printBrief(r))
}

func inPeriod(o *Options) string {
	if o.report.since == "" && o.report.until == "" {
		return ""
	}
	return " in the period of --since and --until"
}

// reportOptions returns what the flags ask for. It returns false, and prints the
// reason, if a file cannot be used.
func (p *Program) reportOptions(o *Options, now time.Time) (report.Options, bool) {
	f := &o.report
	options := report.Options{Now: now, Own: f.own, List: f.list, Recheck: f.recheck}
	switch {
	case f.since != "":
		options.Since, _ = parseTime(f.since, now, false)
	case o.prometheus:
		options.Since = now.Add(-prometheusWindow)
	}
	if f.until != "" {
		options.Until, _ = parseTime(f.until, now, true)
	}
	if !options.Since.IsZero() && !options.Until.IsZero() && options.Until.Before(options.Since) {
		p.complain("--until %s is before --since %s", f.until, f.since)
		return options, false
	}
	for _, path := range f.whatIf {
		loaded, ok := p.loadWhatIf(path)
		if !ok {
			return options, false
		}
		options.WhatIf = append(options.WhatIf, report.Config{Name: path, Settings: loaded.Settings})
	}
	if path := p.currentConfig(o); path != "" {
		loaded, err := conf.Load(path)
		if err != nil {
			p.complain("%v", err)
			return options, false
		}
		options.Whitelist = loaded.Origins["Whitelist"].Value
	}
	if options.Own == nil {
		options.Own = ownDomains()
	}
	if _, _, err := newResolver(o); err != nil { // a zone file that cannot be read
		p.complain("%v", err)
		return options, false
	}
	options.NewResolver = func() dns.Resolver {
		r, _, _ := newResolver(o)
		return r
	}
	return options, true
}

// currentConfig returns the configuration file in force, "" if there is none.
func (p *Program) currentConfig(o *Options) string {
	if o.report.config != "" {
		return o.report.config
	}
	if path := p.configPath(o); exists(path) {
		return path
	}
	return ""
}

// loadWhatIf loads a configuration file to try. It does not guess what a faulty file
// means: it prints the problems that --check-config finds, and returns false unless they
// are about options without effect.
func (p *Program) loadWhatIf(path string) (*conf.File, bool) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		p.complain("--what-if %s cannot be read: %v", path, reasonOf(err))
		return nil, false
	case !info.Mode().IsRegular():
		p.complain("--what-if %s is not a regular file", path)
		return nil, false
	}
	loaded, err := conf.Load(path)
	if err != nil {
		p.complain("--what-if: %v", err)
		return nil, false
	}
	ok := true
	for _, problem := range loaded.Check() {
		if problem.Severity == conf.Faulty {
			p.complain("--what-if: %s", problem)
			ok = ok && problem.NoEffect
		}
	}
	return loaded, ok
}

// reasonOf returns what is wrong with a file, without its name.
func reasonOf(err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}

// ownDomains returns the domains that Postfix receives mail for, as far as main.cf
// names them itself.
func ownDomains() []string {
	ctx, cancel := context.WithTimeout(context.Background(), postconfTimeout)
	defer cancel()
	text, err := postfix.RunPostconf(ctx, "-x", "mydestination", "relay_domains", "virtual_mailbox_domains", "virtual_alias_domains")
	if err != nil {
		return nil
	}
	return parseOwnDomains(text)
}

// parseOwnDomains returns the domains in the output of postconf(1): not the tables
// that have others.
func parseOwnDomains(text string) []string {
	var domains []string
	for line := range strings.Lines(text) {
		_, value, _ := strings.Cut(line, "=")
		for _, d := range strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' }) {
			if strings.Contains(d, ".") && !strings.ContainsAny(d, ":/$") {
				domains = append(domains, d)
			}
		}
	}
	return domains
}

const wantTime = "a date (2026-11-01), a time (2026-11-01T10:00:00+01:00), or how long ago (24h, 7d)"

func checkTime(value string) error {
	if _, ok := parseTime(value, time.Now(), false); !ok {
		return errWant
	}
	return nil
}

// parseTime returns the time that a value of --since or --until means. A date is
// the beginning of its day, or its end.
func parseTime(value string, now time.Time, end bool) (time.Time, bool) {
	if t, err := time.ParseInLocation(time.DateOnly, value, now.Location()); err == nil {
		if end {
			t = t.AddDate(0, 0, 1).Add(-1)
		}
		return t, true
	}
	for _, layout := range [...]string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateTime, "2006-01-02 15:04"} {
		if t, err := time.ParseInLocation(layout, value, now.Location()); err == nil {
			return t, true
		}
	}
	if days, ok := strings.CutSuffix(value, "d"); ok {
		var n int
		if _, err := fmt.Sscanf(days+"\n", "%d\n", &n); err == nil && n >= 0 {
			return now.AddDate(0, 0, -n), true
		}
	}
	if d, err := time.ParseDuration(value); err == nil && d >= 0 {
		return now.Add(-d), true
	}
	return time.Time{}, false
}
