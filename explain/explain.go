package explain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"policyd-spf/conf"
	"policyd-spf/internal/term"
	"policyd-spf/maillog"
	"policyd-spf/policy"
	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// maxText limits the text that is read, in bytes: a message with its attachments,
// or some thousand requests.
const maxText = 64 << 20

// InputError is an error in a text to be explained.
type InputError string

func (e InputError) Error() string { return string(e) }

// IsInputError reports whether an error is about the text to be explained.
func IsInputError(err error) bool {
	var input InputError
	return errors.As(err, &input)
}

// Server is a policy server that explains its replies.
type Server struct {
	Loaded     *conf.File
	Path       string // of the configuration file
	Resolver   dns.Resolver
	Prefetcher dns.Prefetcher // as in policy.Server
}

// Text is a text to be explained.
type Text struct {
	In   io.Reader
	File string    // where In is from; empty for standard input
	Now  time.Time // supplies the year and the zone of time stamps that have none
}

// name returns the name of the text for messages.
func (t Text) name() string {
	if t.File == "" {
		return "standard input"
	}
	return t.File
}

// Explain explains the requests in a text, in the form that Postfix sends, or
// else the message that maillog.Paste finds in it, and emits a report for each.
// The last request does not need its empty line.
func (s *Server) Explain(ctx context.Context, text Text, emit func(*Report) error) error {
	content, err := io.ReadAll(io.LimitReader(text.In, maxText+1))
	switch {
	case err != nil:
		return InputError(text.name() + ": " + errorWithoutPath(err))
	case len(content) > maxText:
		return InputError(fmt.Sprintf("%s: more than %d bytes; expected a message, a few lines of a log or a few requests", text.name(), maxText))
	}
	if requests := maillog.Requests(content); len(requests) > 0 {
		var b bytes.Buffer
		var sources []*Source
		for _, r := range requests {
			b.Write(r.Attributes)
			b.WriteByte('\n')
			sources = append(sources, &Source{Form: formName(maillog.Request), File: text.File, Line: r.Line, form: maillog.Request})
		}
		return s.serve(ctx, &b, s.Loaded, sources, emit)
	}
	found, err := maillog.Paste(content, text.Now)
	var incomplete *maillog.IncompleteError
	switch {
	case errors.As(err, &incomplete):
		return InputError(fmt.Sprintf("%s: %v; use --ip, --helo and --sender if you know it", text.name(), err))
	case err != nil:
		return InputError(text.name() + ": " + err.Error())
	}
	return s.explainSource(ctx, found, newSource(found, text.File), emit)
}

// ExplainRequest explains a request in the form that Postfix sends, and emits its
// report.
func (s *Server) ExplainRequest(ctx context.Context, request string, emit func(*Report) error) error {
	return s.serve(ctx, strings.NewReader(strings.TrimSpace(request)+"\n\n"), s.Loaded, nil, emit)
}

// explainSource explains a message that was found.
func (s *Server) explainSource(ctx context.Context, found maillog.Source, source *Source, emit func(*Report) error) error {
	loaded := s.Loaded
	if source.lacks(unknownHELO) { // without a HELO name, the server checks the sender's domain as one
		without := *loaded
		without.Settings.HELOReject = "No_Check"
		loaded = &without
	}
	return s.serve(ctx, strings.NewReader(request(found)), loaded, []*Source{source}, emit)
}

// serve answers requests with the code that serves Postfix, and emits a report for
// each. The sources are those of the requests, in their order.
func (s *Server) serve(ctx context.Context, requests io.Reader, loaded *conf.File, sources []*Source, emit func(*Report) error) error {
	c := &collector{settings: settings{loaded: loaded, path: s.Path}, problems: countProblems(s.Loaded), sources: sources, emit: emit}
	server := policy.Server{
		Settings:   loaded.Settings,
		Shadow:     shadowSettings(loaded),
		ConfigFile: s.Path,
		Resolver:   &spf.TracingResolver{Resolver: s.Resolver, Observer: c},
		Prefetcher: s.Prefetcher,
		Log:        &policy.Log{Level: loaded.Settings.DebugLevel},
		Observer:   c,
	}
	return server.Serve(ctx, requests, c)
}

// countProblems returns the number of problems in a configuration, without hints.
func countProblems(loaded *conf.File) int {
	n := 0
	for _, p := range loaded.Check() {
		if p.Severity == conf.Faulty {
			n++
		}
	}
	return n
}

// shadowSettings returns the settings of Shadow_Config, or nil without that option. A file
// that cannot be used is one of the problems.
func shadowSettings(loaded *conf.File) *conf.Settings {
	shadow, err := loaded.LoadShadow()
	if err != nil || shadow == nil {
		return nil
	}
	return &shadow.Settings
}

// JSON writes the report as JSON.
func (d *Report) JSON(w io.Writer) error { return term.WriteJSON(w, d) }
