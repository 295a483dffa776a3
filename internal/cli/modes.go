package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"policyd-spf/conf"
	"policyd-spf/explain"
	"policyd-spf/internal/checkconfig"
	"policyd-spf/internal/postfix"
	"policyd-spf/internal/term"
)

// document is a result as data, with its renderings.
type document interface {
	Text(explain.Style) string
	JSON(io.Writer) error
}

// documentPrinter prints documents in the form that the flags ask for.
type documentPrinter struct {
	out     *bufio.Writer
	style   explain.Style
	json    bool
	brief   func(text string) string // of a document's text; nil for all of it
	printed int
}

func (p *Program) newPrinter(o *Options, brief func(string) string) *documentPrinter {
	s := p.style(o)
	d := &documentPrinter{out: bufio.NewWriter(p.Stdout), style: explain.Style{Color: s.Color, UTF8: s.UTF8}, json: o.json}
	if o.brief {
		d.brief = brief
	}
	return d
}

// print prints a document. Full texts are separated by a rule.
func (p *documentPrinter) print(d document) error {
	if p.json {
		return d.JSON(p.out)
	}
	text := d.Text(p.style)
	switch {
	case p.brief != nil:
		text = p.brief(text) + "\n"
	case p.printed > 0:
		fmt.Fprintf(p.out, "\n%s\n\n", strings.Repeat("=", 72))
	}
	p.printed++
	_, err := p.out.WriteString(text)
	return err
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// Fail prints an error and returns the exit status for it.
func (p *Program) Fail(err error) int {
	p.complain("%v", err)
	if explain.IsInputError(err) {
		return StatusUsage
	}
	return StatusFailed
}

// UsageError prints an error of the command line and returns the exit status.
func (p *Program) UsageError(err error) int {
	p.complain("%v", err)
	return StatusUsage
}

// write writes text to standard output and returns the exit status.
func (p *Program) write(text string) int {
	if _, err := io.WriteString(p.Stdout, text); err != nil {
		return p.Fail(err)
	}
	return StatusOK
}

// finish flushes what was printed and returns the exit status.
func (p *Program) finish(printer *documentPrinter, status int, err error) int {
	if flushErr := printer.out.Flush(); err == nil {
		err = flushErr
	}
	if err != nil {
		return p.Fail(err)
	}
	return status
}

// Explain says why requests are answered as they are, or audits a domain, and
// returns the exit status.
func (p *Program) Explain(o *Options) int {
	resolver, prefetcher, err := newResolver(o)
	if err != nil {
		return p.Fail(err)
	}
	p.noteOrigin(resolver)
	if o.domain != "" {
		return p.domain(o, resolver)
	}
	path := p.configPath(o)
	loaded, err := conf.Load(path)
	if err != nil {
		return p.Fail(err)
	}
	p.noteMissing(o)
	server := &explain.Server{Loaded: loaded, Path: path, Resolver: resolver, Prefetcher: prefetcher}
	printer := p.newPrinter(o, nil)
	status := StatusOK
	err = server.Explain(context.Background(), p.requests(o), func(d *explain.Report) error {
		result := outcomeOf(d.Reply)
		if o.exitCode {
			status = worse(status, result.status)
		}
		if o.brief {
			printer.brief = func(string) string { return briefExplanation(d, result, p.style(o)) }
		}
		return printer.print(d)
	})
	return p.finish(printer, status, err)
}

// briefExplanation returns the outcome and the results that led to it, in one
// line.
func briefExplanation(d *explain.Report, result outcome, style term.Style) string {
	line := result.text
	for i, c := range d.Checks {
		separator := ", "
		if i == 0 {
			separator = ": "
		}
		identity := "MAIL FROM"
		if c.Identity == "helo" {
			identity = "HELO"
		}
		line += separator + identity + " " + c.Verdict.Result
	}
	action := strings.TrimSpace(strings.TrimPrefix(d.Reply, "action="))
	return line + " (" + style.Safe(action) + ")"
}

// CheckConfig prints the problems of the configuration and returns the exit
// status.
func (p *Program) CheckConfig(o *Options) int {
	if _, _, err := newResolver(o); err != nil { // a zone file that cannot be read
		return p.Fail(err)
	}
	servers, source, ignored := dnsServers(o)
	report := checkconfig.Run(context.Background(), checkconfig.Input{
		File: o.configFile, DefaultFile: p.configPath(new(Options)), ParseArgs: serviceConfig,
		Servers: servers, ServerFile: source, Ignored: ignored,
		Postconf: postfix.RunPostconf, Host: checkconfig.System{},
	})
	return p.printReport(o, report, report.Clean())
}

// ShowConfig prints the options in force and returns the exit status.
func (p *Program) ShowConfig(o *Options) int {
	path := p.configPath(o)
	loaded, err := conf.Load(path)
	if err != nil {
		return p.Fail(err)
	}
	p.noteMissing(o)
	printer := p.newPrinter(o, nil)
	return p.finish(printer, StatusOK, printer.print(explain.ShowConfig(loaded, path)))
}

// noteMissing tells that a configuration file named on the command line does
// not exist.
func (p *Program) noteMissing(o *Options) {
	if o.configFile == "" {
		return
	}
	if note := p.missingConfig(o); note != "" {
		p.complain("%s", note)
	}
}

// requests returns the requests to explain.
func (p *Program) requests(o *Options) io.Reader {
	if len(o.givenIdentities()) > 0 {
		return strings.NewReader("request=smtpd_access_policy\nclient_address=" + o.ip + "\nhelo_name=" + o.helo +
			"\nsender=" + o.sender + "\nrecipient=" + o.recipient + "\n\n")
	}
	if term.IsTerminal(p.Stdin) {
		p.complain("waiting for a policy request: lines name=value; Ctrl-D ends")
	}
	return p.Stdin
}
