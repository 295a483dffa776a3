package cli

import (
	"bufio"
	"context"
	"io"

	"policyd-spf/internal/postfix"
	"policyd-spf/internal/probe"
	"policyd-spf/internal/term"
)

// Probe sends a request through Postfix's socket, reports the answer and
// returns the exit status.
func (p *Program) Probe(o *Options) int {
	request := probe.DefaultRequest()
	for _, identity := range []struct {
		name  string
		value string
		field *string
	}{
		{"ip", o.ip, &request.ClientAddress},
		{"helo", o.helo, &request.HELOName},
		{"sender", o.sender, &request.Sender},
		{"recipient", o.recipient, &request.Recipient},
	} {
		if o.has(identity.name) {
			*identity.field = identity.value
		}
	}
	r := probe.Run(context.Background(), postfix.RunPostconf, request)
	return p.printReport(o, r, r.OK())
}

// rendered is a result as data, with its renderings.
type rendered interface {
	JSON(io.Writer) error
	Text(term.Style) string
	Brief(term.Style) string // one line
}

// printReport prints a report in the form that the flags ask for, and returns the
// exit status.
func (p *Program) printReport(o *Options, r rendered, ok bool) int {
	status := StatusOK
	if !ok {
		status = StatusFailed
	}
	out := bufio.NewWriter(p.Stdout)
	var err error
	switch style := p.style(o); {
	case o.json:
		err = r.JSON(out)
	case o.brief:
		_, err = out.WriteString(r.Brief(style) + "\n")
	default:
		_, err = out.WriteString(r.Text(style))
	}
	if flushErr := out.Flush(); err == nil {
		err = flushErr
	}
	if err != nil {
		return p.Fail(err)
	}
	return status
}
