package report

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"policyd-spf/internal/golden"
	"policyd-spf/internal/mailstream"
	"policyd-spf/internal/term"
)

// compare compares a text with a golden file, or rewrites the file.
func compare(t *testing.T, name, got string) {
	t.Helper()
	golden.Compare(t, filepath.Join("testdata", name), got)
}

// sampleReport returns the report of a small stream with everything in it.
func sampleReport(t *testing.T) *Report {
	t.Helper()
	p := mailstream.Typical(5)
	p.Days, p.DirectPerDay, p.Forwarders, p.Misconfigureds, p.BotnetDay = 8, 40, 2, 2, 20
	s := mailstream.Generate(p)
	var log bytes.Buffer
	if err := s.WriteLog(&log, mailstream.LogOptions{DMARC: true, RFC3339: true}); err != nil {
		t.Fatal(err)
	}
	log.WriteString("2026-11-05T12:00:00Z mx policyd-spf[9]: None; identity=helo; client-ip=203.0.113.9; helo=h; envelope-from=\"\xff\x1b[2J=\"@\u202e.example; receiver=<UNKNOWN> \n")
	log.WriteString("2026-11-05T12:00:00Z mx policyd-spf[9]: shadow: 550 5.7.23 Message rejected due to: SPF fail - not authorized (Mail_From_reject = Fail)\n")
	c := New(Options{
		Now: p.Start.AddDate(0, 1, 0), Own: mailstream.OwnDomains(), Whitelist: "192.0.2.1",
		WhatIf: []Config{{Name: "strict.conf", Settings: loadConfig(t, "Mail_From_reject = Softfail\nNo_Mail = True\n")}},
	})
	if err := c.Read("mail.log", &log); err != nil {
		t.Fatal(err)
	}
	return c.Report(context.Background())
}

func TestText(t *testing.T) {
	r := sampleReport(t)
	for _, style := range []term.Style{
		{Width: 80}, {Width: 80, UTF8: true}, {Width: 120, UTF8: true}, {Width: 80, Color: true}, {Width: 120, UTF8: true, Color: true},
	} {
		name := fmt.Sprintf("text-%d", style.Width)
		if style.UTF8 {
			name += "-utf8"
		}
		if style.Color {
			name += "-color"
		}
		text := r.Text(style)
		compare(t, name+".txt", text)
		for line := range strings.Lines(text) {
			line = strings.TrimSuffix(line, "\n")
			pasted := strings.Contains(line, "Whitelist = ")
			if !style.Color && !pasted && utf8.RuneCountInString(line) > style.Width {
				t.Errorf("%s: a line of %d columns: %s", name, utf8.RuneCountInString(line), line)
			}
			if strings.TrimRight(line, " ") != line {
				t.Errorf("%s: spaces at the end of %q", name, line)
			}
		}
	}
}

func TestJSON(t *testing.T) {
	var b strings.Builder
	if err := sampleReport(t).JSON(&b); err != nil {
		t.Fatal(err)
	}
	compare(t, "report.json", b.String())
}
