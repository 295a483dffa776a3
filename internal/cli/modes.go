package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"time"

	"policyd-spf/conf"
	"policyd-spf/explain"
	"policyd-spf/internal/checkconfig"
	"policyd-spf/internal/html"
	"policyd-spf/internal/postfix"
	"policyd-spf/internal/term"
)

// document is a result as data, with its renderings.
type document interface {
	Text(term.Style) string
	JSON(io.Writer) error
}

// briefDocument is a document that --brief is for.
type briefDocument interface {
	document
	Brief(term.Style) string
}

// pageDocument is a document that --html is for.
type pageDocument interface {
	document
	Title() string
	HTML() *html.Element
}

// documentPrinter prints documents in the form that the flags ask for.
type documentPrinter struct {
	out         *bufio.Writer
	file        *outputFile // of --output; nil for standard output
	style       term.Style
	json, brief bool
	page        *html.Page // of --html: the documents so far
	printed     int
}

func (p *Program) newPrinter(o *Options) (*documentPrinter, error) {
	d := &documentPrinter{out: bufio.NewWriter(p.Stdout), style: p.style(o), json: o.json, brief: o.brief}
	if o.output != "" {
		file, err := createOutput(o.output)
		if err != nil {
			return nil, err
		}
		d.file = file
		d.out.Reset(file)
		d.style.Color = o.color == term.ColorAlways
	}
	if o.html {
		d.page = &html.Page{Footer: "Written by policyd-spf " + version(p.Version, debug.ReadBuildInfo) + ", " + time.Now().Format("2006-01-02 15:04 MST") + "."}
	}
	return d, nil
}

// close writes what is left. The file of --output gets its name only if the
// document in it is complete.
func (p *documentPrinter) close(complete bool) error {
	var err error
	if p.page != nil && complete {
		err = p.page.Write(p.out)
	}
	if flushErr := p.out.Flush(); err == nil {
		err = flushErr
	}
	if p.file == nil {
		return err
	}
	if err != nil || !complete {
		p.file.discard()
		return err
	}
	return p.file.commit()
}

// printBrief prints a document, as one line with --brief.
func (p *documentPrinter) printBrief(d briefDocument) error {
	if p.brief && !p.json {
		_, err := p.out.WriteString(d.Brief(p.style) + "\n")
		return err
	}
	return p.print(d)
}

// print prints a document. Full texts are separated by a rule; documents in HTML
// become one page, which close writes.
func (p *documentPrinter) print(d document) error {
	if part, ok := d.(pageDocument); ok && p.page != nil {
		if p.page.Title == "" {
			p.page.Title = part.Title()
		}
		p.page.Body = append(p.page.Body, part.HTML())
		return nil
	}
	if p.json {
		return d.JSON(p.out)
	}
	if p.printed > 0 {
		fmt.Fprintf(p.out, "\n%s\n\n", strings.Repeat("=", p.style.Width))
	}
	p.printed++
	_, err := p.out.WriteString(d.Text(p.style))
	return err
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
	if closeErr := printer.close(err == nil); err == nil {
		err = closeErr
	}
	if err != nil {
		return p.Fail(err)
	}
	return status
}

// CheckConfig prints the problems of the configuration and returns the exit
// status.
func (p *Program) CheckConfig(o *Options) int {
	if _, _, err := newResolver(o); err != nil { // a zone file that cannot be read
		return p.Fail(err)
	}
	servers, source, ignored := dnsServers(o)
	r := checkconfig.Run(context.Background(), checkconfig.Input{
		File: o.configFile, DefaultFile: p.configPath(new(Options)), ParseArgs: serviceArgs,
		Servers: servers, ServerFile: source, Ignored: ignored,
		Postconf: postfix.RunPostconf, Host: checkconfig.System{},
	})
	return p.printReport(o, r, r.Clean())
}

// ShowConfig prints the options in force and returns the exit status.
func (p *Program) ShowConfig(o *Options) int {
	path := p.configPath(o)
	loaded, err := conf.Load(path)
	if err != nil {
		return p.Fail(err)
	}
	p.noteMissing(o)
	printer, err := p.newPrinter(o)
	if err != nil {
		return p.Fail(err)
	}
	return p.finish(printer, StatusOK, printer.print(explain.ShowConfig(loaded, path)))
}

// noteMissing prints a note if the configuration file named on the command line does
// not exist.
func (p *Program) noteMissing(o *Options) {
	if o.configFile == "" {
		return
	}
	if note := p.missingConfig(o); note != "" {
		p.complain("%s", note)
	}
}
