package explain

import (
	"bytes"
	"context"
	"flag"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"policyd-spf/conf"
	"policyd-spf/internal/html"
	"policyd-spf/internal/term"
	"policyd-spf/spf"
	"policyd-spf/spf/dns"
	"policyd-spf/spf/dns/dnsfake"
	"policyd-spf/spf/lint"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden is a file of testdata/explain: sections, each after a line "-- name --".
//
//	request  the request or other text to explain, or else domain: the domain to audit
//	config   policyd-spf.conf; peruser, shadow: the files "peruser" and
//	         "shadow.conf" beside it
//	zone     answers from a zone file, or else dns: the same from a slow name
//	         server, behind a cache that prefetches
//	ip       with domain: the address to check; new: a zone file to compare with
//	json     the reports as JSON; html: as HTML; text and others: as text, see styles
type golden struct {
	path     string
	names    []string
	sections map[string]string
}

// styles returns the sections of a golden file that have text, and its style.
func styles() map[string]term.Style {
	return map[string]term.Style{
		"text":       {UTF8: true, Width: 80},
		"ascii":      {Width: 80},
		"color":      {UTF8: true, Color: true, Width: 80},
		"wide":       {UTF8: true, Width: 120},
		"wide-ascii": {Width: 120},
		"wide-color": {Color: true, Width: 120},
	}
}

func readGolden(t *testing.T, path string) *golden {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	g := &golden{path: path, sections: make(map[string]string)}
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(line, "-- "); ok && strings.HasSuffix(name, " --\n") {
			g.names = append(g.names, strings.TrimSuffix(name, " --\n"))
			continue
		}
		if len(g.names) == 0 {
			continue // a description of the file
		}
		g.sections[g.names[len(g.names)-1]] += line
	}
	return g
}

// input returns the text to explain: the section as it is.
func (g *golden) input() string { return g.sections["request"] }

// goldenTime is when the golden files are from.
func goldenTime() time.Time { return time.Date(2026, time.November, 26, 12, 0, 0, 0, time.UTC) }

// compare compares the sections in got with the file, or rewrites them.
func (g *golden) compare(t *testing.T, got map[string]string) {
	t.Helper()
	if *update {
		text, err := os.ReadFile(g.path)
		if err != nil {
			t.Fatal(err)
		}
		about, _, _ := strings.Cut(string(text), "-- ")
		var b strings.Builder
		b.WriteString(about)
		for _, name := range g.names {
			section := g.sections[name]
			if s, ok := got[name]; ok {
				section = s
			}
			b.WriteString("-- " + name + " --\n" + section)
		}
		if err := os.WriteFile(g.path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for name, text := range got {
		if want, ok := g.sections[name]; ok && text != want {
			t.Errorf("%s of %s differs; got:\n%s\nwant:\n%s", name, filepath.Base(g.path), text, want)
		}
	}
}

// delayedResolver returns a resolver that answers from a zone as a name server would:
// late, and no two answers at the same time, so that the order of events is fixed.
func delayedResolver(zone *dns.Zone) dns.Resolver {
	return &dnsfake.Resolver{
		Answer: func(q dns.Question) (dns.Answer, error) {
			a, err := zone.Lookup(q, time.Time{})
			a.FromFile = false
			return a, err
		},
		Delay: func(q dns.Question) time.Duration {
			return time.Duration(len(q.Name)+int(q.Type)) * time.Millisecond
		},
	}
}

func TestGolden(t *testing.T) {
	files, err := filepath.Glob("../testdata/explain/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden files: ", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			path, err := filepath.Abs(file)
			if err != nil {
				t.Fatal(err)
			}
			g := readGolden(t, path)
			t.Chdir(t.TempDir())
			for name, section := range map[string]string{"policyd-spf.conf": "config", "peruser": "peruser", "shadow.conf": "shadow"} {
				if err := os.WriteFile(name, []byte(g.sections[section]), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			synctest.Test(t, func(t *testing.T) { g.compare(t, g.run(t)) })
		})
	}
}

// run makes the reports that a golden file is about, and renders them in all ways.
func (g *golden) run(t *testing.T) map[string]string {
	t.Helper()
	zone, err := dns.ParseZone(strings.NewReader(g.sections["zone"]+g.sections["dns"]), "", "zone")
	if err != nil {
		t.Fatal(err)
	}
	var resolver dns.Resolver = zone
	var prefetcher dns.Prefetcher
	if g.sections["dns"] != "" {
		cache := dns.NewCache(delayedResolver(zone))
		resolver, prefetcher = cache, cache
	}
	got := make(map[string]string)
	print := func(d interface {
		Text(term.Style) string
		HTML() *html.Element
	}, json func(*bytes.Buffer) error) {
		for name, style := range styles() {
			got[name] += strings.ReplaceAll(d.Text(style), "\x1b", "^[")
		}
		got["html"] += d.HTML().String()
		var b bytes.Buffer
		if err := json(&b); err != nil {
			t.Error(err)
		}
		got["json"] += b.String()
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if domain := strings.TrimSpace(g.sections["domain"]); domain != "" {
		d := g.domainReport(t, ctx, resolver, domain)
		print(d, func(b *bytes.Buffer) error { return d.JSON(b) })
		checkLines(t, got)
		return got
	}
	loaded, err := conf.Load("policyd-spf.conf")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Loaded: loaded, Path: "policyd-spf.conf", Resolver: resolver, Prefetcher: prefetcher}
	err = s.Explain(ctx, Text{In: strings.NewReader(g.sections["request"]), Now: goldenTime()}, func(d *Report) error {
		print(d, func(b *bytes.Buffer) error { return d.JSON(b) })
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	checkLines(t, got)
	return got
}

// domainReport is a report on a domain.
type domainReport interface {
	HTML() *html.Element
	Text(Style) string
	JSON(io.Writer) error
}

// domainReport returns the report on a domain: an audit, a check of an address, or
// a comparison with a new zone.
func (g *golden) domainReport(t *testing.T, ctx context.Context, resolver dns.Resolver, domain string) domainReport {
	t.Helper()
	now := lint.Domain(ctx, resolver, domain, spf.DefaultLimits())
	switch {
	case g.sections["ip"] != "":
		ip := netip.MustParseAddr(strings.TrimSpace(g.sections["ip"]))
		return NewAddress(domain, lint.CheckAddress(ctx, resolver, domain, ip, spf.DefaultLimits()))
	case g.sections["new"] != "":
		zone, err := dns.ParseZone(strings.NewReader(g.sections["new"]), "", "new")
		if err != nil {
			t.Fatal(err)
		}
		zone.Fallback = resolver
		return NewComparison(lint.Compare(now, lint.Domain(ctx, zone, domain, spf.DefaultLimits())))
	}
	d := NewAudit(now)
	d.AddRepair(ctx)
	return d
}

// checkLines checks that lines fit and that LANG=C gets US-ASCII.
func checkLines(t *testing.T, got map[string]string) {
	t.Helper()
	for name, style := range styles() {
		for line := range strings.Lines(got[name]) {
			isUnwrapped := strings.HasPrefix(line, "action=") || strings.HasPrefix(line, "    Whitelist = ")
			if !style.Color && !isUnwrapped && term.Columns(strings.TrimSuffix(line, "\n")) > style.Width {
				t.Errorf("%s: a line of more than %d columns: %q", name, style.Width, line)
			}
			if !style.UTF8 && strings.ContainsFunc(line, func(r rune) bool { return r > '~' }) {
				t.Errorf("%s: a line that is not US-ASCII: %q", name, line)
			}
		}
	}
}
