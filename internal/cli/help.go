package cli

import (
	"fmt"
	"runtime/debug"
	"strings"

	"policyd-spf/internal/term"
)

// usage is the original's usage line, byte for byte.
const usage = "usage: policyd-spf [<configfilename>]\n"

// PrintUsage prints the original's usage line and returns its exit status.
func (p *Program) PrintUsage() int {
	fmt.Fprint(p.Stdout, usage)
	return StatusFailed // as the original
}

// PrintHelp prints help and returns the exit status.
func (p *Program) PrintHelp(o *Options) int {
	return p.write(helpText(p.style(o)))
}

// PrintVersion prints the version and returns the exit status.
func (p *Program) PrintVersion() int {
	return p.write("policyd-spf " + version(p.Version, debug.ReadBuildInfo) + "\n")
}

// version returns the linked version, or else what the build info knows: the
// module's version, or the commit.
func version(linked string, buildInfo func() (*debug.BuildInfo, bool)) string {
	if linked != "" {
		return linked
	}
	const unknown = "devel"
	info, ok := buildInfo()
	if !ok {
		return unknown
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	commit, modified := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value[:min(len(s.Value), 12)]
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = "+modified"
		}
	}
	if commit == "" {
		return unknown
	}
	return unknown + "-" + commit + modified
}

// helpText returns the text of --help, made from the table of flags.
func helpText(style term.Style) string {
	p := term.NewPrinter(style)
	p.Line(term.Span{Text: "usage: policyd-spf [FLAGS] [CONFIGFILE]", Color: term.Bold})
	p.Line()
	p.Text(term.Indent{}, "Without one of the modes below, policyd-spf is a policy server for Postfix: it answers requests on standard input, as spawn(8) starts it.", term.Plain)
	var titles []string
	rows := make(map[string][][]string)
	for _, s := range flags() {
		if s.hidden() {
			continue
		}
		title := helpSection(s)
		if rows[title] == nil {
			titles = append(titles, title)
		}
		rows[title] = append(rows[title], []string{strings.TrimSpace("--" + s.name + " " + s.placeholder), s.help})
	}
	for _, title := range titles {
		printSection(p, title, rows[title])
	}
	printSection(p, "Exit status", exitStatuses())
	p.Line()
	p.Text(term.Indent{}, "Values may also follow an equals sign (--ip=192.0.2.1), and -- ends the flags. See policyd-spf(1) and policyd-spf.conf(5).", term.Plain)
	return p.String()
}

// helpSection returns the title under which help lists a flag.
func helpSection(s flagSpec) string {
	const few = 2 // modes that fit in a title
	switch {
	case s.mode != Serve:
		return "Modes"
	case len(s.usedIn) > 0 && len(s.usedIn) <= few:
		return "With " + modeNames(s.usedIn)
	}
	return "Other flags"
}

func printSection(p *term.Printer, title string, rows [][]string) {
	p.Line()
	p.Line(term.Span{Text: title, Color: term.Bold})
	p.Table("  ", make([]term.Column, 2), rows)
}
