// Package postfixtest has a postconf(1) for tests: one that reads no files.
package postfixtest

import (
	"context"
	"fmt"
	"os"
	"strings"

	"policyd-spf/internal/postfix"
)

// Files are the files of a Postfix, as postconf(1) shows them.
type Files struct {
	Main      string // lines "name = value"; $name is expanded
	Master    string // what postconf -M prints
	Overrides string // what postconf -P prints; Master must have an -o for them to count
	Err       error  // of each call
}

// Postconf answers as postconf(1) does for these files: -M, -P, and -x with -o.
func (f Files) Postconf(_ context.Context, args ...string) (string, error) {
	switch {
	case f.Err != nil:
		return "", f.Err
	case args[0] == "-M":
		return f.Master, nil
	case args[0] == "-P":
		return f.Overrides, nil
	case args[0] != "-x":
		return "", fmt.Errorf("unknown option %s", args[0])
	}
	values := make(map[string]string)
	for _, p := range postfix.ParseParameters(f.Main) {
		values[p.Name] = p.Value
	}
	args = args[1:]
	for len(args) > 1 && args[0] == "-o" {
		name, value, _ := strings.Cut(args[1], "=")
		values[name] = value
		args = args[2:]
	}
	var b strings.Builder
	for _, name := range args {
		fmt.Fprintf(&b, "%s = %s\n", name, expand(values, values[name]))
	}
	return b.String(), nil
}

func expand(values map[string]string, text string) string {
	return os.Expand(text, func(name string) string { return expand(values, values[name]) })
}
