package explain

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"policyd-spf/conf"
	"policyd-spf/internal/term"
	"policyd-spf/spf/dns"
)

// ConfigCheck is what is wrong with a configuration, with the name servers and on
// Postfix's side. Its JSON names are stable.
type ConfigCheck struct {
	Version     int            `json:"version"`
	File        string         `json:"file"`
	NameServers []NameServer   `json:"name_servers"`
	Postfix     string         `json:"postfix"` // what was checked there, or why nothing was
	Problems    []conf.Problem `json:"problems"`
}

// NameServer is a name server that was queried.
type NameServer struct {
	Address string  `json:"address"`
	Took    float64 `json:"took_ms"`
	Error   string  `json:"error,omitempty"`
}

const (
	// probeName exists for tests (RFC 6761, 6.5). Any answer about it will do.
	probeName = "example.com"

	// probeTimeout is how long a name server may take to answer: as long as the C
	// library waits.
	probeTimeout = 5 * time.Second
)

// CheckConfig checks a configuration, the name servers, and Postfix if its
// postconf(1) is found. From is the file that names the servers, "" if no file
// does.
//
// Unread is why the configuration file cannot be read; nil if it can.
func CheckConfig(ctx context.Context, loaded *conf.File, path string, unread error, servers []netip.AddrPort, from string) *ConfigCheck {
	d := &ConfigCheck{Version: Version, File: path, NameServers: []NameServer{}, Problems: []conf.Problem{}}
	if unread != nil {
		d.Problems = append(d.Problems, conf.Problem{Severity: conf.Faulty, File: path, What: unread.Error(),
			Expected: "a readable file", Used: "nothing: no process starts, and Postfix defers all mail"})
	} else {
		d.Problems = append(d.Problems, loaded.Check()...)
		slices.SortStableFunc(d.Problems, func(a, b conf.Problem) int {
			return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
		})
	}
	for _, server := range servers {
		d.probe(ctx, server, from)
	}
	p, found, err := readPostfix(ctx)
	switch {
	case !found:
		d.Postfix = "postconf was not found: Postfix's side was not checked"
	case err != nil:
		d.Postfix = err.Error()
		d.Problems = append(d.Problems, conf.Problem{Severity: conf.Hint, File: "Postfix", What: d.Postfix})
	default:
		d.Postfix = "main.cf and master.cf in " + p.folder
		d.Problems = append(d.Problems, p.check()...)
		d.Problems = append(d.Problems, p.checkOtherConfig(path)...)
		if unread == nil {
			d.Problems = append(d.Problems, p.checkDMARC(loaded, path)...)
		}
	}
	return d
}

// probe queries a name server for a name that it must know.
func (d *ConfigCheck) probe(ctx context.Context, server netip.AddrPort, from string) {
	client := dns.NewClient(dns.ResolvConf{Servers: []netip.AddrPort{server}, Timeout: probeTimeout, Attempts: 1})
	start := time.Now()
	deadline, _ := ctx.Deadline()
	_, err := client.Lookup(dns.Question{Name: probeName, Type: dns.TypeTXT}, deadline)
	n := NameServer{Address: server.String(), Took: float64(time.Since(start).Microseconds()) / 1000}
	if n.Error = errorText(err); err != nil {
		d.Problems = append(d.Problems, conf.Problem{Severity: conf.Faulty, File: from, Name: "nameserver", Value: n.Address,
			What: n.Error, Expected: "a name server that answers", Used: "the other ones; without any, each check is temperror"})
	}
	d.NameServers = append(d.NameServers, n)
}

// Clean reports whether there are no problems. Hints may be intended.
func (d *ConfigCheck) Clean() bool {
	for _, p := range d.Problems {
		if p.Severity == conf.Faulty {
			return false
		}
	}
	return true
}

// excerpt returns as much of a value as is needed to find it in its file.
func excerpt(value string) string {
	const enough = 200
	if len(value) <= enough {
		return value
	}
	return strings.ToValidUTF8(value[:enough], "") + "..."
}

// JSON writes the check as JSON.
func (d *ConfigCheck) JSON(w io.Writer) error { return term.WriteJSON(w, d) }

// Text returns the check as text for people.
func (d *ConfigCheck) Text(style Style) string {
	p := &printer{term.NewPrinter(style)}
	problems, hints := 0, 0
	for _, problem := range d.Problems {
		c, place := term.Red, problem.File
		if problem.Line > 0 {
			place += fmt.Sprintf(":%d", problem.Line)
		}
		problems++
		if problem.Severity == conf.Hint {
			c = term.Yellow
			problems, hints = problems-1, hints+1
		}
		p.Line(span(p.Safe(place)+": ", term.Bold), span(string(problem.Severity), c))
		in := indent("  ", "    ")
		if problem.Name != "" {
			p.Text(in, p.Safe(problem.Name+" = "+excerpt(problem.Value)), term.Plain)
		} else if problem.Value != "" {
			p.Text(in, p.Safe(excerpt(problem.Value)), term.Plain)
		}
		p.Text(in, p.Safe(problem.What), c)
		if problem.Expected != "" {
			p.Text(in, "expected: "+p.Safe(problem.Expected), term.Plain)
		}
		if problem.Used != "" {
			p.Text(in, "used: "+p.Safe(problem.Used), term.Plain)
		}
	}
	if len(d.Problems) > 0 {
		p.Line()
	}
	p.Text(indent("Configuration: ", "               "), p.Safe(d.File), term.Plain)
	for _, n := range d.NameServers {
		said := "answers, in " + milliseconds(n.Took)
		if n.Error != "" {
			said = "does not answer correctly"
		}
		p.Text(indent("Name server:   ", "               "), n.Address+" "+said, term.Plain)
	}
	p.Text(indent("Postfix:       ", "               "), p.Safe(d.Postfix), term.Plain)
	c := term.Green
	if problems > 0 {
		c = term.Red
	}
	p.Line(span(count(problems, "problem")+", "+count(hints, "hint"), c))
	return p.String()
}
