package explain

import (
	"fmt"
	"io"
	"strings"

	"policyd-spf/conf"
	"policyd-spf/internal/term"
)

// ShownConfig is the options in force. Its JSON names are stable.
type ShownConfig struct {
	Version  int           `json:"version"`
	File     string        `json:"file"`
	Problems int           `json:"problems"` // that --check-config would report, without hints
	Options  []ShownOption `json:"options"`
}

// ShownOption is an option with its value in force.
type ShownOption struct {
	Name    string `json:"name"`
	Value   string `json:"value"` // "" if it is unset or empty
	Origin  Origin `json:"origin"`
	Meaning string `json:"meaning"`
}

// ShowConfig returns the value and the origin of every option. Options without
// effect are left out unless the file sets them.
func ShowConfig(loaded *conf.File, path string) *ShownConfig {
	d := &ShownConfig{Version: Version, File: path, Problems: countProblems(loaded), Options: []ShownOption{}}
	s := settings{loaded: loaded, path: path}
	for _, o := range conf.Options() {
		shown := ShownOption{o.Name, o.Default, s.origin(o.Name), o.Help}
		if !shown.Origin.Default {
			shown.Value = loaded.Origins[o.Name].Value
		} else if o.Ignored {
			continue
		}
		d.Options = append(d.Options, shown)
	}
	return d
}

// JSON writes the options as JSON.
func (d *ShownConfig) JSON(w io.Writer) error { return term.WriteJSON(w, d) }

// Text returns the options as text for people.
func (d *ShownConfig) Text(style Style) string {
	p := newPrinter(style)
	p.Line(span(p.Safe(d.File), term.Bold))
	longest := 0
	for _, o := range d.Options {
		longest = max(longest, len(o.Name))
	}
	for _, o := range d.Options {
		origin, c := "default", term.Dim
		if !o.Origin.Default {
			origin, c = fmt.Sprintf("line %d", o.Origin.Line), term.Bold
		}
		head := fmt.Sprintf("%-9s %-*s = ", origin, longest, o.Name)
		p.Text(indent(head, strings.Repeat(" ", len(head))), p.Safe(o.Value), c)
	}
	if d.Problems > 0 {
		p.Line(span(count(d.Problems, "problem")+": see --check-config", term.Red))
	}
	return p.String()
}
