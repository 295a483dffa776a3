package main

import (
	"strings"
	"testing"

	"policyd-spf/conf"
	"policyd-spf/internal/golden"
)

// The table in docs/options.md is that of package conf. -update rewrites it.
func TestOptionsDocument(t *testing.T) {
	const file, start, end = "docs/options.md", "<!-- options -->\n", "<!-- /options -->\n"
	text := read(t, file)
	before, rest, ok := strings.Cut(text, start)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no table between %q and %q", file, start, end)
	}
	golden.Compare(t, file, before+start+"\n"+optionsTable()+"\n"+end+after)
}

// optionsTable returns a Markdown table of the options that have an effect.
func optionsTable() string {
	var b strings.Builder
	b.WriteString("| option | default | values | what it does |\n|---|---|---|---|\n")
	cell := strings.NewReplacer("|", `\|`, "<", "&lt;")
	code := func(s string) string {
		if s == "" {
			return ""
		}
		return "`" + s + "`"
	}
	for _, o := range conf.Options() {
		if o.Ignored {
			continue
		}
		mark := ""
		if o.PerUser != "" && !o.PerUserIgnored {
			mark = " *"
		}
		var values []string
		for _, v := range o.Values {
			values = append(values, code(v))
		}
		b.WriteString("| " + code(o.Name) + mark + " | " + code(o.Default) + " | " + strings.Join(values, ", ") + " | " + cell.Replace(o.Help) + " |\n")
	}
	return b.String()
}
