package cli

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"policyd-spf/conf"
	"policyd-spf/explain"
	"policyd-spf/internal/term"
	"policyd-spf/maillog"
)

// stdinName names standard input on the command line.
const stdinName = "-"

// Explain explains the replies to messages, or audits a domain, and returns the exit
// status.
func (p *Program) Explain(o *Options) int {
	resolver, prefetcher, err := newResolver(o)
	if err != nil {
		return p.Fail(err)
	}
	p.noteOrigin(resolver)
	if o.domain != "" {
		return p.domain(o, resolver)
	}
	p.takeConfigFile(o)
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
	e := &explainer{
		program: p, options: o, printer: printer, status: StatusOK,
		server: &explain.Server{Loaded: loaded, Path: path, Resolver: resolver, Prefetcher: prefetcher},
	}
	err = e.run()
	return p.finish(e.printer, e.status, err)
}

// takeConfigFile decides whether the first file on the command line of --explain
// is the configuration file, or holds a message to explain. One that is missing is to
// be explained, unless flags say what is or it is named like a configuration file.
func (p *Program) takeConfigFile(o *Options) {
	if o.configFile == "" {
		return
	}
	isMissing := !strings.HasSuffix(o.configFile, ".conf") && !exists(o.configFile) && o.log == "" && len(o.givenIdentities()) == 0
	if isMissing || o.configFile == stdinName || holdsMessage(o.configFile, len(o.files) == 0) {
		o.files, o.configFile = append([]string{o.configFile}, o.files...), ""
	}
}

// explainer explains the messages that the command line names.
type explainer struct {
	program *Program
	options *Options
	server  *explain.Server
	printer *documentPrinter
	status  int
}

func (e *explainer) run() error {
	o, ctx := e.options, context.Background()
	switch {
	case o.log != "":
		return e.open(o.log, func(text explain.Text) error { return e.server.ExplainLog(ctx, text, o.find, e.report) })
	case len(o.givenIdentities()) > 0:
		return e.server.ExplainRequest(ctx, "request=smtpd_access_policy\nclient_address="+o.ip+"\nhelo_name="+o.helo+
			"\nsender="+o.sender+"\nrecipient="+o.recipient+"\n\n", e.report)
	}
	files := o.files
	if len(files) == 0 {
		files = []string{stdinName}
	}
	for _, file := range files {
		if err := e.open(file, func(text explain.Text) error { return e.server.Explain(ctx, text, e.report) }); err != nil {
			return err
		}
	}
	return nil
}

// report prints a report.
func (e *explainer) report(d *explain.Report) error {
	if e.options.exitCode {
		e.status = worse(e.status, outcomeStatus(d.Outcome))
	}
	return e.printer.printBrief(d)
}

// open opens a file, plain or compressed with gzip, and calls read with it.
func (e *explainer) open(file string, read func(explain.Text) error) error {
	text := explain.Text{In: e.program.Stdin, Now: time.Now()}
	if file != stdinName {
		f, err := os.Open(file)
		if err != nil {
			return explain.InputError(err.Error())
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil && info.IsDir() {
			return explain.InputError(file + " is a directory; expected a file to explain")
		}
		text.In, text.File = f, file
	} else if term.IsTerminal(e.program.Stdin) {
		e.program.complain("waiting for what is to be explained: a request, a header field, a log line, a bounce or a message; Ctrl-D ends")
	}
	in, err := uncompressed(text.In)
	if err != nil {
		return explain.InputError(fmt.Sprintf("%s: %v", file, err))
	}
	text.In = in
	return read(text)
}

// uncompressed returns the content of in, decompressed if it is gzip (RFC 1952).
func uncompressed(in io.Reader) (io.Reader, error) {
	const gzipMagic = "\x1f\x8b"
	buffered := bufio.NewReader(in)
	switch start, err := buffered.Peek(len(gzipMagic)); {
	case err == io.EOF:
		return bytes.NewReader(start), nil // a terminal would have to end once more
	case err != nil || string(start) != gzipMagic:
		return buffered, nil // an error of Peek comes back with the next read
	}
	return gzip.NewReader(buffered)
}

// holdsMessage reports whether the first file on the command line is one to explain
// rather than a configuration file: it has something to explain, or is the only
// file and does not look like a configuration file at all.
func holdsMessage(file string, isOnly bool) bool {
	const maxSize = 1 << 20 // of a configuration file
	if strings.HasSuffix(file, ".conf") {
		return false
	}
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer f.Close()
	in, err := uncompressed(f)
	if err != nil {
		return true // it begins as a compressed file
	}
	content, err := io.ReadAll(io.LimitReader(in, maxSize))
	switch {
	case len(maillog.Requests(content)) > 0:
		return true
	case isConfig(content): // which may have a log line in a comment
		return err != nil
	case isOnly:
		return true
	}
	_, err = maillog.Paste(content, time.Now())
	return err == nil
}

// isConfig reports whether each line of a text is empty, a comment, or
// "Option = value".
func isConfig(content []byte) bool {
	for line := range strings.Lines(string(content)) {
		line = strings.TrimSpace(line)
		name, _, ok := strings.Cut(line, "=")
		if line == "" || line[0] == '#' || line[0] == ';' {
			continue
		}
		if name = strings.TrimSpace(name); !ok || strings.ContainsFunc(name, func(r rune) bool {
			return r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
		}) {
			return false
		}
	}
	return true
}
