package explain

import (
	"bytes"
	"context"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"policyd-spf/conf"
	"policyd-spf/internal/golden"
	"policyd-spf/internal/html"
	"policyd-spf/internal/term"
	"policyd-spf/spf"
	"policyd-spf/spf/dns"
	"policyd-spf/spf/dns/dnsfake"
	"policyd-spf/spf/lint"
)

// scenario is a file of testdata/explain: sections, each after a line "-- name --".
//
//	request  the request or other text to explain, or else domain: the domain to audit
//	config   policyd-spf.conf; peruser, shadow: the files "peruser" and
//	         "shadow.conf" beside it
//	zone     answers from a zone file, or else dns: the same from a slow name
//	         server, behind a cache that prefetches
//	ip       with domain: the address to check; new: a zone file to compare with
//	json     the reports as JSON; html: as HTML; text and others: as text, see styles
type scenario struct {
	golden.File
	path string
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

// goldenTime is when the golden files are from.
func goldenTime() time.Time { return time.Date(2026, time.November, 26, 12, 0, 0, 0, time.UTC) }

// compare compares the sections in got with the file, or rewrites them.
func (s scenario) compare(t *testing.T, got map[string]string) {
	t.Helper()
	for i, section := range s.Sections {
		if text, ok := got[section.Name]; ok {
			s.Sections[i].Text = text
		}
	}
	golden.Compare(t, s.path, s.String())
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
			s := scenario{File: golden.Read(t, path), path: path}
			t.Chdir(t.TempDir())
			for name, section := range map[string]string{"policyd-spf.conf": "config", "peruser": "peruser", "shadow.conf": "shadow"} {
				if err := os.WriteFile(name, []byte(s.Text(section)), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			synctest.Test(t, func(t *testing.T) { s.compare(t, s.run(t)) })
		})
	}
}

// run makes the reports that a golden file is about, and renders them in all ways.
func (s scenario) run(t *testing.T) map[string]string {
	t.Helper()
	zone := dnsfake.Zone(t, s.Text("zone")+s.Text("dns"))
	var resolver dns.Resolver = zone
	var prefetcher dns.Prefetcher
	if s.Text("dns") != "" {
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
	if domain := strings.TrimSpace(s.Text("domain")); domain != "" {
		d := s.domainReport(t, ctx, resolver, domain)
		print(d, func(b *bytes.Buffer) error { return d.JSON(b) })
		checkLines(t, got)
		return got
	}
	loaded, err := conf.Load("policyd-spf.conf")
	if err != nil {
		t.Fatal(err)
	}
	server := &Server{Loaded: loaded, Path: "policyd-spf.conf", Resolver: resolver, Prefetcher: prefetcher}
	err = server.Explain(ctx, Text{In: strings.NewReader(s.Text("request")), Now: goldenTime()}, func(d *Report) error {
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
func (s scenario) domainReport(t *testing.T, ctx context.Context, resolver dns.Resolver, domain string) domainReport {
	t.Helper()
	now := lint.Domain(ctx, resolver, domain, spf.DefaultLimits())
	switch {
	case s.Text("ip") != "":
		ip := netip.MustParseAddr(strings.TrimSpace(s.Text("ip")))
		return NewAddress(domain, lint.CheckAddress(ctx, resolver, domain, ip, spf.DefaultLimits()))
	case s.Text("new") != "":
		zone := dnsfake.Zone(t, s.Text("new"))
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
