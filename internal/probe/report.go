package probe

import (
	"fmt"
	"io"
	"strings"

	"policyd-spf/internal/term"
)

// Version is the version of Report. It changes when a name is removed or changes its
// meaning, not when one is added.
const Version = 1

// Report is the result of a probe. Its names in JSON are stable.
type Report struct {
	Version  int      `json:"version"`
	Request  Request  `json:"request"`
	Services []Result `json:"services,omitempty"`
	Problem  *Problem `json:"problem,omitempty"` // why there is no service to probe
}

// Request is the request that is sent.
type Request struct {
	ClientAddress string `json:"client_address"`
	HELOName      string `json:"helo_name"`
	Sender        string `json:"sender"`
	Recipient     string `json:"recipient"`
}

// Result is the probe of one service.
type Result struct {
	Parameter    string   `json:"parameter"`         // the parameter that names the service
	Service      string   `json:"service"`           // as in main.cf: unix:private/policy-spf
	Socket       string   `json:"socket,omitempty"`  // path, or host and port
	Command      string   `json:"command,omitempty"` // the program that master.cf starts
	Timeout      float64  `json:"timeout_s"`         // how long smtpd waits, in seconds
	TimeoutFrom  string   `json:"timeout_from"`      // the parameter or attribute that says so
	Action       string   `json:"action,omitempty"`  // the answer without "action="
	Milliseconds float64  `json:"took_ms"`           // from connecting to the answer
	Problem      *Problem `json:"problem,omitempty"` // why there is no answer
}

// Problem is the reason why there is no answer, and what to do about it.
type Problem struct {
	Kind   Kind     `json:"kind"`
	Text   string   `json:"text"`
	Advice []string `json:"advice,omitempty"`
}

// OK reports whether every service has answered.
func (r *Report) OK() bool {
	if r.Problem != nil {
		return false
	}
	for _, s := range r.Services {
		if s.Problem != nil {
			return false
		}
	}
	return true
}

// JSON writes the report as JSON.
func (r *Report) JSON(w io.Writer) error { return term.WriteJSON(w, r) }

// Brief returns the report in one line.
func (r *Report) Brief(style term.Style) string {
	if r.Problem != nil {
		return "failed: " + style.Safe(r.Problem.Text)
	}
	var parts []string
	for _, s := range r.Services {
		parts = append(parts, s.headline(style))
	}
	return strings.Join(parts, "; ")
}

func (s *Result) headline(style term.Style) string {
	if s.Problem != nil {
		return style.Safe(s.Service) + ": failed: " + style.Safe(s.Problem.Text)
	}
	return fmt.Sprintf("%s answers in %s: %s", style.Safe(s.Service), milliseconds(s.Milliseconds), strings.TrimSpace(style.Safe(s.Action)))
}

func milliseconds(ms float64) string {
	if ms < 10 {
		return fmt.Sprintf("%.1f ms", ms)
	}
	return fmt.Sprintf("%.0f ms", ms)
}

// Text returns the report for people.
func (r *Report) Text(style term.Style) string {
	p := term.NewPrinter(style)
	if r.Problem != nil {
		printProblem(p, "", r.Problem)
		return p.String()
	}
	for i, s := range r.Services {
		if i > 0 {
			p.Line()
		}
		s.print(p, r.Request)
	}
	return p.String()
}

func (s *Result) print(p *term.Printer, request Request) {
	if s.Problem == nil {
		p.Text(term.Spaces(0, 2), p.Safe(s.Service)+" answers in "+milliseconds(s.Milliseconds), term.Green)
	} else {
		printProblem(p, p.Safe(s.Service)+": ", s.Problem)
	}
	rows := [][]string{{"main.cf", p.Safe(s.Parameter + ": check_policy_service " + s.Service)}}
	for _, row := range [][]string{
		{"master.cf", s.Command},
		{"socket", s.Socket},
		{"request", fmt.Sprintf("client %s, HELO %s, sender <%s>, recipient <%s>", request.ClientAddress, request.HELOName, request.Sender, request.Recipient)},
		{"timeout", fmt.Sprintf("%g s (%s)", s.Timeout, s.TimeoutFrom)},
		{"answer", s.Action},
	} {
		if row[1] != "" {
			rows = append(rows, []string{row[0], p.Safe(row[1])})
		}
	}
	p.Table("  ", make([]term.Column, 2), rows)
}

func printProblem(p *term.Printer, head string, problem *Problem) {
	p.Text(term.Spaces(0, 2), head+"failed: "+p.Safe(problem.Text), term.Red)
	for _, advice := range problem.Advice {
		p.Text(term.Indent{First: "  - ", Rest: "    "}, p.Safe(advice), term.Plain)
	}
}
