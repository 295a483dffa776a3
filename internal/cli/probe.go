package cli

import (
	"bufio"
	"context"

	"policyd-spf/internal/probe"
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
	report := probe.Run(context.Background(), probe.RunPostconf, request)
	status := StatusOK
	if !report.OK() {
		status = StatusFailed
	}
	out := bufio.NewWriter(p.Stdout)
	var err error
	switch style := p.style(o); {
	case o.json:
		err = report.JSON(out)
	case o.brief:
		_, err = out.WriteString(report.Brief(style) + "\n")
	default:
		_, err = out.WriteString(report.Text(style))
	}
	if flushErr := out.Flush(); err == nil {
		err = flushErr
	}
	if err != nil {
		return p.Fail(err)
	}
	return status
}
