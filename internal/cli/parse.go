package cli

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"unicode"

	"policyd-spf/internal/term"
)

// Parse parses the arguments after the program's name. Its errors are for
// people, in one line; under spawn(8) there are none.
func (p *Program) Parse(args []string) (*Options, error) {
	if StdinIsSocket() {
		o := parsePostfixArgs(args)
		return &o, nil
	}
	o, err := parseArgs(args, p.atTerminal())
	return &o, err
}

// parseArgs parses the arguments of a command that people or scripts start.
// Flags and the configuration file may come in any order, except that the
// server ignores what follows its configuration file, as the original does.
// Arguments after "--" are not flags.
func parseArgs(args []string, atTerminal bool) (Options, error) {
	if len(args) > 0 && isHelp(args[0]) && !atTerminal {
		return Options{Mode: Usage}, nil // a script that expects the original
	}
	p := newParser(args)
	for rest := args; len(rest) > 0; {
		var err error
		if rest, err = p.next(rest); err != nil {
			return p.options, err
		}
	}
	return p.options, p.options.validate()
}

// parser fills in Options from the table of flags, by package flag.
type parser struct {
	args       []string
	set        *flag.FlagSet
	options    Options
	err        error // of the last flag's value
	terminated bool  // by "--"
}

func newParser(args []string) *parser {
	p := &parser{args: args, options: Options{color: term.ColorAuto}}
	p.set = flag.NewFlagSet("policyd-spf", flag.ContinueOnError)
	p.set.SetOutput(io.Discard)
	p.set.Usage = func() {}
	for _, spec := range flags() {
		set := func(value string) error {
			p.err = p.setFlag(spec, value)
			return p.err
		}
		if spec.isBool() {
			p.set.BoolFunc(spec.name, "", set)
		} else {
			p.set.Func(spec.name, "", set)
		}
	}
	return p
}

// next parses flags up to the next argument that is not one, and that argument.
// It returns what is left.
func (p *parser) next(args []string) (rest []string, err error) {
	if p.terminated {
		return p.word(args[0], args[1:])
	}
	p.err = nil
	err = p.set.Parse(args)
	rest = p.set.Args()
	last := args[max(len(args)-len(rest)-1, 0)]
	switch {
	case err == nil && len(rest) == 0:
		return nil, nil
	case err == nil:
		p.terminated = len(rest) < len(args) && last == "--"
		return p.word(rest[0], rest[1:])
	case p.err != nil:
		return nil, p.err
	case p.isKnown(last):
		spec := p.spec(last)
		return nil, fmt.Errorf("--%s needs a value; expected %s", spec.name, spec.want)
	case exists(last): // a configuration file whose name begins with a hyphen
		return p.word(last, rest)
	}
	return nil, unknownFlag(last)
}

// word takes an argument that is not a flag: the configuration file, or with
// --explain a file to explain.
func (p *parser) word(arg string, rest []string) ([]string, error) {
	o := &p.options
	switch {
	case p.isReport():
		o.report.logs = append(o.report.logs, arg)
		return rest, nil
	case o.configFile != "" && o.Mode == Explain:
		o.files = append(o.files, arg)
		return rest, nil
	case o.configFile != "":
		return nil, fmt.Errorf("unexpected argument %q after the configuration file %q; expected one file", arg, o.configFile)
	case o.Mode == Help:
		return nil, nil
	case o.Mode == Explain && arg == stdinName:
	case exists(arg) || strings.ContainsAny(arg, "/."):
	case p.terminated && strings.HasPrefix(arg, "-"):
		return nil, fmt.Errorf("no file has the name %q; what follows -- is not a flag", arg)
	default:
		return nil, unknownWord(arg)
	}
	o.configFile = arg
	if o.Mode == Serve && len(rest) > 0 && !p.terminated {
		o.notes = append(o.notes, fmt.Sprintf("ignored after the configuration file: %q; put flags before it", strings.Join(rest, " ")))
		return nil, nil
	}
	return rest, nil
}

// isReport reports whether the arguments are names of logs: --report may follow
// them.
func (p *parser) isReport() bool {
	return p.options.Mode == Report || slices.Contains(p.args, "--report") || slices.Contains(p.args, "-report")
}

// setFlag sets a flag to its value, which is "true" for a boolean flag.
func (p *parser) setFlag(spec flagSpec, value string) error {
	name := "--" + spec.name
	switch {
	case spec.isBool() && value != "true" && !slices.Contains(spec.values, value):
		if len(spec.values) > 0 {
			return fmt.Errorf("%s=%s: %s takes no value, or %s", name, value, name, strings.Join(spec.values, " or "))
		}
		return fmt.Errorf("%s=%s: %s takes no value", name, value, name)
	case spec.isBool():
	case strings.HasPrefix(value, "--") && !slices.Contains(p.args, name+"="+value):
		return fmt.Errorf("%s needs a value before %q; expected %s", name, value, spec.want)
	case strings.ContainsFunc(value, unicode.IsControl):
		return fmt.Errorf("%s %q has a control character in it; expected %s", name, value, spec.want)
	case len(spec.values) > 0 && !slices.Contains(spec.values, value):
		return fmt.Errorf("%s %q; expected %s%s", name, value, spec.want, didYouMean(value, spec.values, ""))
	}
	if err := p.setMode(spec); err != nil {
		return err
	}
	p.options.given = append(p.options.given, spec.name)
	if spec.set == nil {
		return nil
	}
	if err := spec.set(&p.options, value); errors.Is(err, errWant) {
		return fmt.Errorf("%s %q; expected %s", name, value, spec.want)
	} else if err != nil {
		return fmt.Errorf("%s %q: %w", name, value, err)
	}
	return nil
}

// setMode selects the mode of a flag. --help comes before all others.
func (p *parser) setMode(spec flagSpec) error {
	o := &p.options
	switch {
	case spec.mode == Serve || spec.mode == o.Mode || o.Mode == Help:
	case o.Mode == Serve || spec.mode == Help:
		o.Mode = spec.mode
	default:
		return fmt.Errorf("--%s and %s cannot be combined; give one of them", spec.name, modeNames([]Mode{o.Mode}))
	}
	return nil
}

func (p *parser) isKnown(arg string) bool { return p.spec(arg).name != "" }

// spec returns the entry of the table for an argument, or an empty one.
func (p *parser) spec(arg string) flagSpec {
	name := strings.TrimPrefix(strings.TrimPrefix(arg, "-"), "-")
	for _, s := range flags() {
		if s.name == name {
			return s
		}
	}
	return flagSpec{}
}

// missingConfig returns a note about a configuration file that does not exist or
// is a directory, "" otherwise. A file that cannot be examined is an error, which
// conf.Load returns.
func (p *Program) missingConfig(o *Options) string {
	path := p.configPath(o)
	const instead = "using the defaults (see --show-config)"
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return fmt.Sprintf("the configuration file %q is a directory; %s", path, instead)
	case !errors.Is(err, fs.ErrNotExist):
		return ""
	case o.configFile == "":
		return "there is no configuration file " + path + "; " + instead
	}
	return fmt.Sprintf("the configuration file %q cannot be found (%v); %s", path, errors.Unwrap(err), instead)
}
