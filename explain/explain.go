package explain

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"policyd-spf/conf"
	"policyd-spf/internal/term"
	"policyd-spf/policy"
	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// maxRequests limits the requests that are read, in bytes: some thousand of
// Postfix's.
const maxRequests = 1 << 20

// inputError is what is wrong with the requests that were read.
type inputError string

func (e inputError) Error() string { return string(e) }

// IsInputError reports whether an error is about the input of Explain.
func IsInputError(err error) bool {
	_, ok := err.(inputError)
	return ok
}

// Server is a policy server that explains its replies.
type Server struct {
	Loaded     *conf.File
	Path       string // of the configuration file
	Resolver   dns.Resolver
	Prefetcher dns.Prefetcher // as in policy.Server
}

// Explain answers requests, in the form that Postfix sends, with the code that
// serves Postfix, and emits a report for each. The last request does not need its
// empty line.
func (s *Server) Explain(ctx context.Context, in io.Reader, emit func(*Report) error) error {
	requests, err := io.ReadAll(io.LimitReader(in, maxRequests+1))
	switch {
	case err != nil:
		return err
	case len(requests) > maxRequests:
		return inputError(fmt.Sprintf("more than %d bytes of requests; expected a few", maxRequests))
	}
	if requests = bytes.TrimSpace(requests); bytes.IndexByte(requests, '=') < 0 {
		return inputError("no request on standard input; expected lines name=value, as Postfix sends them")
	}
	requests = append(requests, "\n\n"...)

	c := &collector{settings: settings{loaded: s.Loaded, path: s.Path}, problems: countProblems(s.Loaded), emit: emit}
	server := policy.Server{
		Settings:   s.Loaded.Settings,
		Shadow:     shadowSettings(s.Loaded),
		ConfigFile: s.Path,
		Resolver:   &spf.TracingResolver{Resolver: s.Resolver, Observer: c},
		Prefetcher: s.Prefetcher,
		Log:        &policy.Log{Level: s.Loaded.Settings.DebugLevel},
		Observer:   c,
	}
	return server.Serve(ctx, bytes.NewReader(requests), c)
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

// shadowSettings returns the settings of Shadow_Config, nil if there are none. A file
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
