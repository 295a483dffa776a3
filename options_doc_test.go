package main

import (
	"os"
	"strings"
	"testing"

	"policyd-spf/conf"
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
	want := before + start + "\n" + optionsTable() + "\n" + end + after
	if text == want {
		return
	}
	if !*update {
		t.Fatalf("%s is not what package conf says; rewrite it with -update:\n%s", file, want)
	}
	if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
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
